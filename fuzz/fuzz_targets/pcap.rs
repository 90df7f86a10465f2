//! Any bytes as a capture file, of either kind: nothing panics, and no more requests are told than there can be.
#![no_main]

use discover::KeyLog;
use discover::traffic::{Recording, Told};
use libfuzzer_sys::fuzz_target;

/// The shortest request: `A /\n` with a version of a few letters.
const REQUEST_BYTES_MIN: usize = 4;

fuzz_target!(|bytes: &[u8]| {
    let Some(recording) = Recording::open(bytes).expect("memory can be read") else { return };
    let mut requests = 0;
    drop(
        recording
            .read(&KeyLog::default(), &mut |told| requests += usize::from(matches!(told, Told::Request(..)))),
    );
    // Of HTTP/2 a few bytes can be a request that was packed; elsewhere each has its own.
    assert!(requests * REQUEST_BYTES_MIN <= bytes.len().max(REQUEST_BYTES_MIN) * 8, "{requests}");
});
