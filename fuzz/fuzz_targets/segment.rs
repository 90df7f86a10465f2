//! Any bytes as a log segment: reading ends, invents nothing, and a file cut at its last record reads alike.
#![no_main]

use std::io::Write;

use gateway::record::{Inspection, inspect};
use libfuzzer_sys::fuzz_target;

/// Bytes of a segment's header.
const HEADER_BYTES: u64 = 48;
/// Bytes of the smallest frame: its prefix and a payload, padded.
const FRAME_BYTES_MIN: u64 = 16;

fuzz_target!(|bytes: &[u8]| {
    let whole = inspected(bytes);
    assert!(whole.end >= HEADER_BYTES);
    let room = (bytes.len() as u64 + 7).saturating_sub(HEADER_BYTES);
    assert!(whole.records * FRAME_BYTES_MIN <= room);
    assert!(whole.bytes_damaged + whole.bytes_torn <= room);
    let kept = bytes.get(..whole.end as usize).unwrap_or(bytes);
    assert_eq!(inspected(kept), Inspection { bytes_torn: 0, ..whole });
});

fn inspected(bytes: &[u8]) -> Inspection {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(bytes).expect("a temporary file takes the bytes");
    inspect(file).expect("a file that can be read is inspected")
}
