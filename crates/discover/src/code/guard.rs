//! Which names are those of authentication and authorisation.

/// Parts of names that guards have.
const WORDS: &[&str] = &[
    "auth",
    "jwt",
    "login",
    "signedin",
    "loggedin",
    "session",
    "token",
    "guard",
    "permission",
    "permit",
    "role",
    "protect",
    "secure",
    "apikey",
    "bearer",
    "oauth",
    "oidc",
    "currentuser",
    "userrequired",
    "requireuser",
    "admin",
    "scope",
    "acl",
    "rbac",
    "verifyuser",
    "identity",
    "principal",
    "claims",
    "tenant",
    "policy",
    "ability",
    "granted",
];

/// Parts of names that say that there is no guard, or that mean something else.
const OTHERS: &[&str] = &["author.", "authors", "anonymous", "tokenize", "csrf", "rolesguardless"];

/// Whether something of this name may stand guard.
pub(crate) fn is_guard(name: &str) -> bool {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    // `can:update` is a permission of Laravel.
    name.starts_with("can:")
        || WORDS.iter().any(|word| plain.contains(word)) && !OTHERS.iter().any(|word| plain.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guards_are_known_by_their_names() {
        for name in
            ["requireAuth", "passport.authenticate", "login_required", "jwtVerify", "get_current_user"]
        {
            assert!(is_guard(name), "{name}");
        }
        for name in ["express.json", "cors", "logger", "csrfToken", "AllowAnonymous", "listAuthors", "upload"]
        {
            assert!(!is_guard(name), "{name}");
        }
    }
}
