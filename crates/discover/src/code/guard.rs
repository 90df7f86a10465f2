//! Which names are those of authentication and authorisation.

use std::collections::BTreeSet;

use model::inventory::Authentication;

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
    "superuser",
    "currentactive",
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
const OTHERS: &[&str] = &[
    "author.",
    "authors",
    "anonymous",
    "tokenize",
    "csrf",
    "optional",
    "permittedparam",
    "apibearerauth",
    "apisecurity",
    "apicookieauth",
    "apibasicauth",
    "apioauth",
    "maybe",
];

/// What only keeps sessions or gets ready to look at them.
const SESSIONS: &[&str] =
    &["session", "passportsession", "passportinitialize", "sessiondep", "cookiesession", "expresssession"];

/// Whether something of this name may stand guard.
pub(crate) fn is_guard(name: &str) -> bool {
    let plain = plain(name);
    if SESSIONS.contains(&plain.as_str()) {
        return false;
    }
    // `can:update` is a permission of Laravel.
    name.starts_with("can:")
        || WORDS.iter().any(|word| plain.contains(word)) && !OTHERS.iter().any(|word| plain.contains(word))
}

/// Parts of names that say how callers prove who they are; the first that a name has counts.
const WAYS: &[(&str, Authentication)] = &[
    ("jwt", Authentication::BearerJwt),
    ("apikey", Authentication::ApiKey),
    ("basicauth", Authentication::Basic),
    ("httpbasic", Authentication::Basic),
    ("bearer", Authentication::Bearer),
    ("oauth", Authentication::Bearer),
    ("oidc", Authentication::Bearer),
    ("session", Authentication::Cookie),
    ("cookie", Authentication::Cookie),
    ("mtls", Authentication::Mtls),
    ("clientcert", Authentication::Mtls),
];

/// How callers prove who they are, by what guards are called; something, where the names do not say what.
pub(crate) fn ways(guards: &[String]) -> BTreeSet<Authentication> {
    let way = |name: &String| {
        let plain = plain(name);
        WAYS.iter().find(|(part, _)| plain.contains(part)).map(|(_, way)| *way)
    };
    let known: BTreeSet<Authentication> = guards.iter().filter_map(way).collect();
    match known.is_empty() && !guards.is_empty() {
        true => BTreeSet::from([Authentication::Other]),
        false => known,
    }
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
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
        for name in [
            "express.json",
            "cors",
            "logger",
            "csrfToken",
            "AllowAnonymous",
            "listAuthors",
            "upload",
            "session",
        ] {
            assert!(!is_guard(name), "{name}");
        }
    }

    #[test]
    fn a_way_is_known_where_a_guard_is_called_after_it() {
        let check = |guards: &[&str], expected: &[Authentication]| {
            let guards: Vec<String> = guards.iter().map(ToString::to_string).collect();
            assert_eq!(ways(&guards).into_iter().collect::<Vec<_>>(), expected, "{guards:?}");
        };
        check(&[], &[]);
        check(&["requireAuth", "requireRole(admin)"], &[Authentication::Other]);
        check(&["passport.authenticate(jwt)", "requireRole(admin)"], &[Authentication::BearerJwt]);
        check(&["api_key_auth", "basicAuth"], &[Authentication::ApiKey, Authentication::Basic]);
    }
}
