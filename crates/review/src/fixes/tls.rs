//! Writes the scheme with TLS in addresses that have the one without.

use serde_json::{Value, json};
use spec::{Format, Spot};

use super::{Fixer, Mend};
use crate::view::View;

pub(super) const PLAIN_HTTP: Fixer = Fixer {
    rule: "plain-http",
    what: "writes `https:` or `wss:` where the address has no port of its own and is not listed with TLS already",
    fix: server,
};

pub(super) const PLAIN_HTTP_TOKENS: Fixer = Fixer {
    rule: "plain-http-tokens",
    what: "writes `https:` where the address has no port of its own",
    fix: |_, spot| secured(spot.node.as_str()?).map(|url| Mend::replacing(spot, json!(url))),
};

fn server(view: &View<'_>, spot: Spot<'_>) -> Option<Mend> {
    let text = spot.node.as_str()?;
    let with_tls = match (view.format, text) {
        (Format::Swagger20, "http") => "https".to_owned(),
        (Format::Swagger20, "ws") => "wss".to_owned(),
        (Format::Swagger20, _) => return None,
        _ => secured(text)?,
    };
    let is_listed = view.servers.iter().any(|server| server.node.as_str() == Some(&with_tls));
    let has_port =
        view.format == Format::Swagger20 && view.root.text("host").is_some_and(|host| host.contains(':'));
    (!is_listed && !has_port).then(|| Mend::replacing(spot, Value::String(with_tls)))
}

/// The address with TLS. What listens on another port than the scheme's is not known to speak TLS there.
fn secured(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let has_port = host.rsplit(']').next()?.contains(':');
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "http" => "https",
        "ws" => "wss",
        _ => return None,
    };
    // A variable may hold a port as well.
    (!has_port && !authority.contains('{')).then(|| format!("{scheme}://{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_with_a_port_or_variables_is_left_to_people() {
        assert_eq!(secured("http://a.example/v1").as_deref(), Some("https://a.example/v1"));
        assert_eq!(secured("WS://u@a.example").as_deref(), Some("wss://u@a.example"));
        assert_eq!(secured("http://[2001:db8::1]/").as_deref(), Some("https://[2001:db8::1]/"));
        for url in ["http://a.example:80", "http://{host}/", "https://a.example", "/v1", "http://[::2]:8080"]
        {
            assert_eq!(secured(url), None, "{url}");
        }
    }
}
