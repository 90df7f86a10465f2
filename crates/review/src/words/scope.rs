//! What the words of a scope say that it opens.

use super::words;

const WRITES: &[&str] = &["write", "edit", "delete", "update", "modify", "create", "writer", "editor"];
const READS: &[&str] =
    &["read", "reader", "readonly", "readwrite", "rw", "view", "viewer", "get", "list", "manage", "all"];

/// Whether the words of `scope` say that it writes, and none that it reads too: `orders:write`.
pub(crate) fn is_scope_of_writing(scope: &str) -> bool {
    let words = words(scope);
    let says = |known: &[&str]| words.iter().any(|word| known.contains(&&**word));
    says(WRITES) && !says(READS)
}

/// Whether `scope` says that it opens everything, and nothing of what that is: `*`, `full_access`, `admin`.
pub(crate) fn is_scope_of_everything(scope: &str) -> bool {
    const ALL: &[&str] = &["admin", "administrator", "all", "everything", "full", "root", "superuser"];
    const EMPTY: &[&str] = &["access", "api", "scope", "control"];
    let words = words(scope);
    let is = |known: &[&str], word: &String| known.contains(&word.as_str());
    scope.trim() == "*"
        || words.iter().any(|word| is(ALL, word)) && words.iter().all(|word| is(ALL, word) || is(EMPTY, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_of_everything_are_told_from_those_of_all_of_something() {
        for scope in ["*", "all", "full_access", "api:admin", "FullControl"] {
            assert!(is_scope_of_everything(scope), "{scope}");
        }
        for scope in ["orders:all", "admin:org", "access", "", "api", "full-name"] {
            assert!(!is_scope_of_everything(scope), "{scope}");
        }
    }

    #[test]
    fn scopes_of_writing_are_told_from_those_of_both() {
        for scope in ["orders:write", "user.edit", "DeleteOrders"] {
            assert!(is_scope_of_writing(scope), "{scope}");
        }
        for scope in ["orders:read", "read-write", "orders", "rewrites", "write:all"] {
            assert!(!is_scope_of_writing(scope), "{scope}");
        }
    }
}
