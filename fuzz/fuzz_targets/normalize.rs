//! Any bytes as a request target and a host: normalising twice is the same as once, and the result is a target again.
#![no_main]

use gateway::normalize::{self, Scheme, TARGET_BYTES_MAX};
use http::{HeaderMap, HeaderValue, Method, Uri, Version};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(uri) = Uri::try_from(bytes)
        && let Ok(once) = normalize::target(&Method::GET, &uri, TARGET_BYTES_MAX)
    {
        let text = match &once.query {
            Some(query) => format!("{}?{query}", once.path),
            None => once.path.to_string(),
        };
        let path = &*once.path;
        assert!(text.is_ascii() && !path.contains("//") && !path.contains("/../") && !path.ends_with("/.."));
        let again: Uri = text.parse().expect("a normal target is a target");
        // Encoding what browsers leave as it is makes a target longer.
        let twice = normalize::target(&Method::GET, &again, 3 * TARGET_BYTES_MAX).expect("and stays one");
        assert_eq!(twice, once);
    }
    let Ok(value) = HeaderValue::from_bytes(bytes) else { return };
    let root = Uri::default();
    let headers = HeaderMap::from_iter([(http::header::HOST, value)]);
    if let Ok(Some(once)) = normalize::host(Version::HTTP_11, &root, &headers, Scheme::Http) {
        let value = once.as_str().parse().expect("a normal host is a field value");
        let headers = HeaderMap::from_iter([(http::header::HOST, value)]);
        let twice = normalize::host(Version::HTTP_11, &root, &headers, Scheme::Http);
        assert_eq!(twice.ok().flatten().as_ref(), Some(&once));
    }
});
