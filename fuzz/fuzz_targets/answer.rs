//! Any bytes of a backend: a head is whole or not there, the same whatever follows, and says once where its body ends.
#![no_main]

use gateway::answer_head;
use http::{Method, header};
use libfuzzer_sys::fuzz_target;

/// Fields that end with the connection they came over (RFC 9110 7.6.1).
const OF_THE_CONNECTION: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

fuzz_target!(|bytes: &[u8]| {
    // The first byte says what was asked.
    let Some((&asked, input)) = bytes.split_first() else { return };
    let method = if asked % 2 == 0 { Method::GET } else { Method::HEAD };
    let Some((length, headers)) = answer_head(input, &method) else { return };
    let head = &input[..length];
    assert!(head.starts_with(b"HTTP/1.") && head.ends_with(b"\r\n\r\n"));
    assert_eq!(answer_head(head, &method), Some((length, headers.clone())));
    assert!((0..length).all(|end| answer_head(&head[..end], &method).is_none()));
    assert!(OF_THE_CONNECTION.iter().all(|name| !headers.contains_key(*name)));
    assert!(headers.get_all(header::CONTENT_LENGTH).iter().count() <= 1);
});
