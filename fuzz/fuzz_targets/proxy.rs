//! Any bytes at the front of a connection: a PROXY header is found in the same place however it arrives, and never
//! beyond what has.
#![no_main]

use gateway::wire::{Announced, announced};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let whole = announced(bytes);
    if let Announced::Header { bytes: length, .. } = whole {
        assert!(length <= bytes.len());
        assert_eq!(announced(&bytes[..length]), whole);
    }
    for end in 0..bytes.len().min(256) {
        let partial = announced(&bytes[..end]);
        assert!(partial == Announced::Partial || partial == whole || whole == Announced::Malformed);
        assert!(partial != Announced::Malformed || whole == Announced::Malformed);
    }
});
