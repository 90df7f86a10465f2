//! Names of hosts, and patterns of them: `*.shop.example` as configs have them, `{tenant}.shop.example` as specifications do.

/// Whether a host of a config, which may have a `*` at one of its ends, is that of a request.
pub(crate) fn covers(known: &str, host: &str) -> bool {
    let host = host.rsplit_once(':').map_or(host, |(name, port)| match port.parse::<u16>() {
        Ok(_) => name,
        Err(_) => host,
    });
    let host = host.to_ascii_lowercase();
    match (known.strip_prefix('*'), known.strip_suffix('*')) {
        (Some(end), _) => host.len() > end.len() && host.ends_with(end),
        (None, Some(begin)) => host.len() > begin.len() && host.starts_with(begin),
        (None, None) => known == host || host == format!("*.{known}") || known == "*",
    }
}

/// How closely a host of a config names those of requests: as a whole, by its end, by its beginning, or any; of several the
/// longest does.
pub(crate) fn closeness(known: &str) -> (u8, usize) {
    let rank = match (known.starts_with('*'), known.ends_with('*')) {
        (true, true) => 0,
        (false, true) => 1,
        (true, false) => 2,
        (false, false) => 3,
    };
    (rank, known.len())
}

/// Whether a host of a specification, in lower case and maybe with variables, is that of a request.
pub(crate) fn names(known: &str, host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    known == host || known.contains('{') && fits(known, &host)
}

/// Whether `host` is `pattern` with something in the place of each variable.
fn fits(pattern: &str, host: &str) -> bool {
    let Some((before, rest)) = pattern.split_once('{') else { return pattern == host };
    let Some((_, after)) = rest.split_once('}') else { return false };
    let Some(value) = host.strip_prefix(before) else { return false };
    let ends = value.char_indices().skip(1).map(|(at, _)| at).chain([value.len()]);
    ends.filter_map(|end| value.get(end..))
        .filter(|rest| rest.len() < value.len())
        .any(|rest| fits(after, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_configs_may_have_a_star_at_an_end_and_requests_a_port() {
        for (known, host, expected) in [
            ("shop.example", "Shop.example:8443", true),
            ("*.shop.example", "api.shop.example", true),
            ("*.shop.example", "shop.example", false),
            ("www.shop.*", "www.shop.example", true),
            ("shop.example", "shop.example.org", false),
            ("*", "shop.example", true),
        ] {
            assert_eq!(covers(known, host), expected, "{known} {host}");
        }
    }

    #[test]
    fn the_closest_host_of_a_config_is_a_whole_one() {
        let mut hosts = ["*.shop.example", "*", "www.shop.*", "*.example", "a.example"];
        hosts.sort_by_key(|host| closeness(host));
        assert_eq!(hosts, ["*", "www.shop.*", "*.example", "*.shop.example", "a.example"]);
    }

    #[test]
    fn hosts_of_specifications_may_have_variables() {
        for (known, host, expected) in [
            ("shop.example", "Shop.example", true),
            ("shop.example", "shop.example:8443", false),
            ("{tenant}.shop.example", "acme.shop.example", true),
            ("{tenant}.shop.example", ".shop.example", false),
            ("{tenant}.shop.example", "shop.example", false),
            ("{tenant}.shop.example", "acme.shop.example.org", false),
            ("{tenant}.{region}.example:{port}", "acme.eu.example:8443", true),
            ("{tenant}.{region}.example:{port}", "acme.eu.example", false),
            ("{host}", "any.example", true),
            ("{host}", "", false),
        ] {
            assert_eq!(names(known, host), expected, "{known} {host}");
        }
    }
}
