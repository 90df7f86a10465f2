//! Any bytes as a log of keys and, behind a zero, the capture that they are for: nothing panics, and keys bring to light no more
//! requests than there are bytes for.
#![no_main]

use discover::KeyLog;
use discover::traffic::{Recording, Told};
use libfuzzer_sys::fuzz_target;

/// The shortest request: `A /\n` with a version of a few letters.
const REQUEST_BYTES_MIN: usize = 4;

fuzz_target!(|bytes: &[u8]| {
    let Some(end) = bytes.iter().position(|byte| *byte == 0) else { return };
    let mut keys = KeyLog::default();
    keys.add(&String::from_utf8_lossy(&bytes[..end]));
    let capture = &bytes[end + 1..];
    let Some(recording) = Recording::open(capture).expect("memory can be read") else { return };
    let mut requests = 0;
    drop(recording.read(&keys, &mut |told| requests += usize::from(matches!(told, Told::Request(..)))));
    // Of HTTP/2 a few bytes can be a request that was packed; elsewhere each has its own.
    assert!(requests * REQUEST_BYTES_MIN <= capture.len().max(REQUEST_BYTES_MIN) * 8, "{requests}");
});
