//! Anything as frames of HTTP/2 from both sides: nothing panics, and the same is told however they are cut into segments.
#![no_main]

use fuzz::{capture, told};
use libfuzzer_sys::fuzz_target;

/// What a client says first.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

fuzz_target!(|bytes: &[u8]| {
    let Some((share, frames)) = bytes.split_first() else { return };
    let (client, server) = frames.split_at(frames.len() * usize::from(*share) / 255);
    let client = [PREFACE, client].concat();
    let turns = [(true, &client[..]), (false, server)];
    assert_eq!(told(&capture(&turns, 1400)), told(&capture(&turns, 7)));
});
