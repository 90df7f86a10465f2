//! Any bytes as Envoy's question: what is read of it is one request, whose body is whole only where Envoy has said so.
#![no_main]

use gateway::config::Bodies;
use gateway::decisions::{Described, envoy};
use gateway::wire::WireLimits;
use http::header::HOST;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = WireLimits::default();
    for bodies in [Bodies::Sent, Bodies::Withheld, Bodies::Unseen] {
        let Ok(question) = envoy::question(bytes, bodies, &limits) else { continue };
        let parts = &question.parts;
        assert!(matches!(parts.uri.path().as_bytes().first(), Some(b'/' | b'*')));
        assert!(parts.uri.authority().is_none());
        assert_eq!(parts.headers.get_all(HOST).iter().count(), 1);
        assert!(parts.headers.len() <= limits.headers_max);
        assert!(parts.headers.keys().all(|name| !name.as_str().starts_with(':')));
        match &question.body {
            Described::Whole(body) => assert!(body.len() <= bytes.len()),
            Described::Enclosed => panic!("nothing comes after a question of Envoy"),
            Described::Nothing | Described::Kept | Described::Partial => {}
        }
    }
});
