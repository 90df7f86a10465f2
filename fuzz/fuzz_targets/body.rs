//! Any bytes as a JSON body: judged as a second parser judges them, but for repeated names, and read to the same value.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use spec::{JsonErrorKind, JsonLimits, parse_json};

fuzz_target!(|bytes: &[u8]| {
    // The twin recurses, and stops at 128.
    let limits = JsonLimits { depth_max: 100, ..JsonLimits::default() };
    match (parse_json(bytes, &limits), serde_json::from_slice::<Value>(bytes)) {
        (Ok(json), Ok(twin)) => {
            assert_eq!(json.root().to_value(), twin);
            let text = json.root().to_value().to_string();
            assert_eq!(
                parse_json(text.as_bytes(), &limits).expect("what is printed is read").root().to_value(),
                twin
            );
        }
        (Ok(_), Err(error)) => panic!("accepted what the twin refuses: {error}"),
        (Err(error), Ok(_)) => {
            assert!(error.kind == JsonErrorKind::DuplicateName || error.kind.is_limit(), "{error}");
        }
        (Err(error), Err(_)) => assert!(error.offset <= bytes.len()),
    }
});
