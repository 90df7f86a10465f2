//! Any text as a URL or a reference: what is let through leads a browser to the same place, and to no other.
#![no_main]

use gateway::destination::{Reference, Rules, is_public};
use gateway::normalize::Scheme;
use libfuzzer_sys::fuzz_target;
use url::{Host, Url};

fuzz_target!(|text: &str| {
    let rules = Rules {
        schemes: vec!["https".to_owned(), "http".to_owned()],
        ports: Vec::new(),
        hosts: Vec::new(),
        internal: Vec::new(),
        refused: Vec::new(),
        relative: false,
    };
    if let Ok(name) = rules.judge(text) {
        // What a browser does not read leads nowhere, as a name of digits that punycode does not make.
        if let Ok(url) = Url::parse(text) {
            assert!(url.username().is_empty() && url.password().is_none() && url.port().is_none(), "{url}");
            match (url.host(), name) {
                (Some(Host::Domain(host)), Some(name)) => assert!(host.eq_ignore_ascii_case(name), "{url}"),
                (Some(Host::Ipv4(address)), None) => assert!(is_public(address.into()), "{url}"),
                (Some(Host::Ipv6(address)), None) => assert!(is_public(address.into()), "{url}"),
                (host, name) => panic!("{host:?} is not {name:?}"),
            }
        }
    }
    let origin = Url::parse("https://api.example/a/b").expect("a URL");
    let Ok(leads) = origin.join(text) else { return };
    match Reference::read(text, Scheme::Https, "api.example") {
        Ok(Reference::Relative) => assert_eq!(leads.origin(), origin.origin(), "{leads}"),
        Ok(Reference::Own(path)) => {
            let own = origin.join(&path).expect("a path");
            assert_eq!(own.origin(), origin.origin(), "{own}");
            let host = leads.host_str().map(|host| host.trim_end_matches('.'));
            assert_eq!((host, own.path()), (Some("api.example"), leads.path()), "{leads}");
        }
        Ok(Reference::Foreign) | Err(_) => {}
    }
});
