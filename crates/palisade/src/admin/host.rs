//! Which `Host` fields name the admin listener.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::http::uri::Authority;

/// The hosts that the listener answers to.
#[derive(Debug, Clone)]
pub(super) struct Hosts {
    own: IpAddr,
    names: Arc<[String]>,
}

impl Hosts {
    /// The hosts of a listener on `address` that is called by `names` as well.
    pub(super) fn of(address: SocketAddr, names: &[String]) -> Hosts {
        Hosts { own: address.ip(), names: names.into() }
    }

    /// Whether `host`, a `Host` field (RFC 9110 section 7.2), names the listener. Its port does not matter: a forwarded
    /// port has another number, and a rebound name is refused for what it is.
    pub(super) fn contains(&self, host: &str) -> bool {
        let Ok(authority) = host.parse::<Authority>() else { return false };
        let name = authority.host();
        if authority.as_str().contains('@') {
            return false;
        }
        let is_named = |known: &String| name.eq_ignore_ascii_case(known);
        if name.eq_ignore_ascii_case("localhost") || self.names.iter().any(is_named) {
            return true;
        }
        let literal = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        match literal.parse::<IpAddr>() {
            // An address is not a name that can be pointed elsewhere; on every interface, each of them is ours.
            Ok(ip) => ip.is_loopback() || ip == self.own || self.own.is_unspecified(),
            Err(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, accepted: &[&str], refused: &[&str]) {
        let hosts = Hosts::of(address.parse().unwrap(), &["palisade.internal".to_owned()]);
        for host in accepted {
            assert!(hosts.contains(host), "{host} at {address}");
        }
        for host in refused {
            assert!(!hosts.contains(host), "{host} at {address}");
        }
    }

    #[test]
    fn loopback_and_the_own_address_are_answered_and_no_other_name() {
        let names = ["localhost", "LOCALHOST:1", "127.0.0.1:9901", "127.9.9.9", "[::1]:9901"];
        let foreign = [
            "",
            "evil.example",
            "evil.example:9901",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "a@localhost",
        ];
        check("127.0.0.1:9901", &names, &foreign);
        check("127.0.0.1:9901", &[], &["10.0.0.7", "[2001:db8::1]", "localhost evil", "[::1", "::1"]);
        check("10.0.0.7:9901", &["10.0.0.7", "10.0.0.7:80"], &["10.0.0.8"]);
        check("10.0.0.7:9901", &names, &foreign);
        check("0.0.0.0:9901", &["10.0.0.7", "[2001:db8::1]:1"], &foreign);
    }

    #[test]
    fn a_name_of_the_config_is_answered_with_any_port_and_no_name_around_it() {
        let named = ["palisade.internal", "Palisade.Internal:9901"];
        let around = ["palisade.internal.evil.example", "a.palisade.internal", "a@palisade.internal"];
        check("10.0.0.7:9901", &named, &around);
        assert!(!Hosts::of("10.0.0.7:1".parse().unwrap(), &[]).contains("palisade.internal"));
    }
}
