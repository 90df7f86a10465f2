//! What names and addresses mean: words of a field's vocabulary, however they are joined.

mod flow;
mod personal;
mod scope;
mod trace;

pub(crate) use flow::ends_in_flow;
pub(crate) use personal::{is_personal_name, is_special_name};
pub(crate) use scope::{is_scope_of_everything, is_scope_of_writing};
pub(crate) use trace::{is_trace, is_trace_name};

/// The words of a name, in lower case: of `orderId`, `order_id` and `Order-ID` alike.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for character in name.chars() {
        let begins = !before.is_alphanumeric()
            || (character.is_uppercase() && !before.is_uppercase())
            || (character.is_numeric() != before.is_numeric());
        if character.is_alphanumeric() {
            match words.last_mut().filter(|_| !begins) {
                Some(word) => word.extend(character.to_lowercase()),
                None => words.push(character.to_lowercase().collect()),
            }
        }
        before = character;
    }
    words
}

/// `names` in a message: the first few, and how many more.
pub(crate) fn shown(names: &[&str]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Whether a parameter of this name says which object is meant.
pub(crate) fn is_id(name: &str) -> bool {
    words(name).last().is_some_and(|word| word == "id")
}

/// Whether what has this name is a credential.
pub(crate) fn is_credential(name: &str) -> bool {
    let words = words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ends_with = |tail: &[&str]| words.ends_with(tail);
    let joined = words.concat();
    let whole = [
        "token",
        "apikey",
        "apisecret",
        "clientsecret",
        "accesstoken",
        "refreshtoken",
        "idtoken",
        "authtoken",
    ];
    whole.contains(&joined.as_str())
        || ["password", "passwd", "secret", "pwd"].iter().any(|word| ends_with(&[word]))
        || [
            ["api", "key"],
            ["access", "token"],
            ["refresh", "token"],
            ["id", "token"],
            ["auth", "token"],
            ["session", "token"],
        ]
        .iter()
        .any(|pair| ends_with(pair))
        || [["secret", "key"], ["private", "key"], ["access", "key"]].iter().any(|pair| ends_with(pair))
}

/// Whether a parameter of this name is an address.
pub(crate) fn is_url_name(name: &str) -> bool {
    let words = words(name);
    let is = |word: &&str| words.iter().any(|known| known == word);
    words.last().is_some_and(|word| matches!(word.as_str(), "url" | "uri" | "webhook"))
        || ["callback", "redirect", "callbackurl", "redirecturl"]
            .iter()
            .any(|word| is(word) && words.len() <= 2)
}

/// Whether the words of a path say that something is fetched for the caller, or called later.
pub(crate) fn is_of_fetching(words: &[String]) -> bool {
    const FETCHING: &[&str] = &[
        "import",
        "imports",
        "fetch",
        "preview",
        "previews",
        "webhook",
        "webhooks",
        "hook",
        "hooks",
        "callback",
        "callbacks",
        "crawl",
        "scrape",
        "proxy",
        "screenshot",
        "screenshots",
        "unfurl",
        "mirror",
        "feed",
        "feeds",
        "subscription",
        "subscriptions",
    ];
    words.iter().any(|word| FETCHING.contains(&&**word))
}

/// Whether a property of this name is an address that whoever gets it calls: `webhookUrl`, `callback_uri`; not one to which a
/// browser is sent back after a login.
pub(crate) fn is_called_url_name(name: &str) -> bool {
    const CALLED: &[&str] = &[
        "webhook",
        "callback",
        "hook",
        "postback",
        "notification",
        "notify",
        "import",
        "fetch",
        "feed",
        "proxy",
        "crawl",
        "scrape",
        "image",
        "picture",
        "avatar",
        "photo",
        "file",
        "document",
        "source",
        "download",
        "remote",
        "media",
        "attachment",
    ];
    let words = words(name);
    let Some((last, before)) = words.split_last() else { return false };
    let is = |known: &[&str]| before.iter().any(|word| known.contains(&&**word));
    matches!(last.as_str(), "url" | "uri" | "endpoint")
        && is(CALLED)
        && !is(&["auth", "oauth", "oidc", "login"])
}

/// Whether the server makes what has this name: when something came to be, and by whom.
pub(crate) fn is_made_by_server(name: &str) -> bool {
    let words = words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    matches!(
        words[..],
        ["created" | "updated" | "modified" | "deleted", "at" | "on" | "by"]
            | [
                "created" | "updated" | "modified" | "creation" | "modification",
                "date" | "time" | "timestamp"
            ]
            | ["date", "created" | "updated" | "modified"]
            | ["last", "modified" | "updated"]
    )
}

/// Whether `part` of an address names a version: `v1`, `v2beta1`, `2024-01-31`.
pub(crate) fn is_version(part: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let after = part.strip_prefix(['v', 'V']).unwrap_or_default();
    let dated: Vec<&str> = part.split('-').collect();
    after.starts_with(|first: char| first.is_ascii_digit())
        || part.to_ascii_lowercase().contains("version")
        || matches!(dated[..], [year, month, ..] if digits(year) && year.len() == 4 && digits(month))
}

/// What a property decides for its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Privilege {
    /// Whether the owner is above others.
    Rank,
    /// What the owner may do, or has.
    Share,
}

/// What a property of this name decides for its owner.
pub(crate) fn privilege(name: &str) -> Option<Privilege> {
    match words(name).concat().as_str() {
        "isadmin" | "admin" | "issuperuser" | "superuser" | "isstaff" | "isowner" | "isroot"
        | "isverified" | "emailverified" => Some(Privilege::Rank),
        "role" | "roles" | "userrole" | "userroles" | "permissions" | "privileges" | "accesslevel"
        | "balance" | "accountbalance" | "creditlimit" => Some(Privilege::Share),
        _ => None,
    }
}

/// Whether what has this name is a password.
pub(crate) fn is_password(name: &str) -> bool {
    words(name)
        .last()
        .is_some_and(|word| matches!(word.as_str(), "password" | "passwd" | "pwd" | "passphrase"))
}

/// Whether what has this name is sent and never returned: a password, its hash, the code of a card (PCI DSS 4.0, 3.3.1).
pub(crate) fn is_only_sent(name: &str) -> bool {
    let words = words(name);
    let Some((last, before)) = words.split_last() else { return false };
    let is_hash = matches!(last.as_str(), "hash" | "digest" | "salt")
        && before.last().is_some_and(|word| is_password(word));
    is_hash || is_password(name) || matches!(last.as_str(), "cvv" | "cvc" | "cvv2" | "cvc2")
}

/// Whether a parameter of this name is the size of a page.
pub(crate) fn is_page_size(name: &str) -> bool {
    let joined = words(name).concat();
    matches!(
        joined.as_str(),
        "limit"
            | "pagesize"
            | "perpage"
            | "maxresults"
            | "pagelimit"
            | "maxitems"
            | "resultsperpage"
            | "top"
            | "maxresult"
    )
}

/// Whether `text` has the form in which a service hands out credentials, and is not one of its documentation.
pub(crate) fn is_secret(text: &str) -> bool {
    const FORMS: &[(&str, usize)] = &[
        ("AKIA", 16),
        ("ASIA", 16),
        ("ghp_", 36),
        ("gho_", 36),
        ("ghs_", 36),
        ("github_pat_", 82),
        ("glpat-", 20),
        ("sk_live_", 24),
        ("rk_live_", 24),
        ("xoxb-", 40),
        ("xoxp-", 40),
        ("AIza", 35),
        ("SG.", 66),
        ("npm_", 36),
        ("dop_v1_", 64),
    ];
    let text = text.trim();
    if text.contains("-----BEGIN") && text.contains("PRIVATE KEY-----") {
        return text.len() > 200;
    }
    if text.to_ascii_lowercase().contains("example") {
        return false;
    }
    if text.len() > 200 || is_signed_token(text) {
        return is_signed_token(text);
    }
    FORMS.iter().any(|(prefix, rest)| {
        text.strip_prefix(prefix).is_some_and(|after| {
            let is_form =
                after.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
            let kinds: std::collections::HashSet<u8> = after.bytes().collect();
            is_form && after.len() >= *rest && kinds.len() >= 8
        })
    })
}

/// Whether `text` is a JWT (RFC 7519) with a signature, and not the one that every page on JWTs shows.
fn is_signed_token(text: &str) -> bool {
    const SHOWN: &str = "eyJzdWIiOiIxMjM0NTY3ODkw";
    let token = text.strip_prefix("Bearer ").unwrap_or(text);
    let parts: Vec<&str> = token.split('.').collect();
    let is_encoded =
        |part: &&str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    match parts[..] {
        [header, claims, signature] => {
            let begins = header.starts_with("eyJ") && claims.starts_with("eyJ") && !claims.starts_with(SHOWN);
            let kinds: std::collections::HashSet<u8> = signature.bytes().collect();
            begins && signature.len() >= 43 && kinds.len() >= 16 && parts.iter().all(is_encoded)
        }
        _ => false,
    }
}

/// The host of a URL, without its port.
pub(crate) fn host_of(url: &str) -> Option<&str> {
    host_of_authority(url.split_once("://")?.1)
}

/// The host of `host:port/path`, without a scheme.
pub(crate) fn host_of_authority(address: &str) -> Option<&str> {
    let authority = address.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    Some(host.split(':').next().unwrap_or(host)).filter(|host| !host.is_empty())
}

/// The last two labels of a name; nothing of an address, of this machine, or of what a variable decides.
pub(crate) fn domain_of(host: &str) -> Option<String> {
    let is_address = host.parse::<std::net::IpAddr>().is_ok() || host.contains(['{', '[']);
    let labels: Vec<&str> = host.rsplit('.').take(2).collect();
    match labels.as_slice() {
        [top, name] if !is_address => Some(format!("{name}.{top}").to_ascii_lowercase()),
        _ => None,
    }
}

/// Whether a host is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let name = host.split(':').next().unwrap_or_default();
    host.starts_with("[::1]")
        || name == "localhost"
        || name.ends_with(".localhost")
        || name.starts_with("127.")
}

/// Whether a host is one of the inside: by its address, its last name, or a word of it.
pub(crate) fn is_internal_host(host: &str) -> bool {
    let host = host.split(':').next().unwrap_or(host).to_ascii_lowercase();
    if let Ok(address) = host.parse::<std::net::Ipv4Addr>() {
        return address.is_private() || address.is_link_local();
    }
    let labels: Vec<&str> = host.split('.').collect();
    // The last two are what is registered: `dev.to` is a name like any other.
    let own = labels.get(..labels.len().saturating_sub(2)).unwrap_or_default();
    let inside = [".internal", ".local", ".corp", ".lan", ".intranet", ".home", ".test"];
    let words = ["staging", "stage", "dev", "qa", "uat", "preprod", "internal", "intranet"];
    inside.iter().any(|end| host.ends_with(end))
        || own.iter().flat_map(|label| label.split('-')).any(|word| words.contains(&word))
}

/// Whether `url` is without TLS, on a host that is not this machine.
pub(crate) fn is_plain_http(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let is_plain = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("ws");
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    is_plain && !is_loopback(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_where_their_words_are_joined() {
        assert_eq!(words("orderID"), ["order", "id"]);
        assert_eq!(words("order_id"), ["order", "id"]);
        assert_eq!(words("X-Api-Key2"), ["x", "api", "key", "2"]);
        assert_eq!(words(""), [""; 0]);
    }

    #[test]
    fn credentials_are_told_from_words_beside_them() {
        for name in ["access_token", "apiKey", "api-key", "PASSWORD", "client_secret", "token", "newPassword"]
        {
            assert!(is_credential(name), "{name}");
        }
        for name in
            ["page_token", "tokenType", "passwordPolicy", "keyword", "filter", "nextToken", "secretId"]
        {
            assert!(!is_credential(name), "{name}");
        }
    }

    #[test]
    fn addresses_and_ids_are_known_by_their_names() {
        for name in
            ["callback", "callbackUrl", "callback_url", "redirect", "redirect-url", "imageUrl", "return_uri"]
        {
            assert!(is_url_name(name), "{name}");
        }
        assert!(!is_url_name("not-a-redirect") && !is_url_name("curl") && !is_url_name("id"));
        assert!(is_id("id") && is_id("orderId") && is_id("ORDER_ID") && !is_id("paid") && !is_id("identity"));
    }

    #[test]
    fn versions_and_what_the_server_makes_are_known_by_their_names() {
        for part in ["v1", "V2beta1", "2024-01-31", "apiVersion"] {
            assert!(is_version(part), "{part}");
        }
        for part in ["vault", "v", "2024", "api", "20-01-31"] {
            assert!(!is_version(part), "{part}");
        }
        for name in ["createdAt", "updated_by", "creationDate", "last_modified"] {
            assert!(is_made_by_server(name), "{name}");
        }
        for name in ["created", "updateAt", "dueDate", "creator"] {
            assert!(!is_made_by_server(name), "{name}");
        }
        assert!(is_called_url_name("webhookUrl") && is_called_url_name("callback_uri"));
        assert!(
            !is_called_url_name("website")
                && !is_called_url_name("homepageUrl")
                && !is_called_url_name("webhook")
        );
    }

    #[test]
    fn hosts_of_the_inside_are_known() {
        for host in [
            "10.0.0.7",
            "api.staging.example.com",
            "orders.internal",
            "dev-api.example.com",
            "192.168.1.1:80",
        ] {
            assert!(is_internal_host(host), "{host}");
        }
        for host in ["api.example.com", "8.8.8.8", "device.example.com", "web.dev", "dev", "dev.to"] {
            assert!(!is_internal_host(host), "{host}");
        }
        assert_eq!(host_of("https://u@a.example:80/x"), Some("a.example"));
        assert_eq!(host_of("/v1"), None);
    }

    #[test]
    fn this_machine_needs_no_tls() {
        assert!(
            is_plain_http("http://a.example/")
                && is_plain_http("ws://a.example")
                && is_plain_http("HTTP://u@a.example:80")
        );
        for url in ["https://a.example", "/v1", "http://localhost:80/", "http://127.0.0.1", "http://[::1]:80"]
        {
            assert!(!is_plain_http(url), "{url}");
        }
    }
}
