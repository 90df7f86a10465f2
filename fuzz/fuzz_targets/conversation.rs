//! Anything as what a client and a server say in turn, of HTTP/1, TLS or neither: nothing panics, however it is cut into
//! segments, and what is told twice is the same.
#![no_main]

use fuzz::{capture, told};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((size, said)) = bytes.split_first() else { return };
    // Turns are parted by a byte that text does not have.
    let turns: Vec<(bool, &[u8])> = said
        .split(|byte| *byte == 0xff)
        .take(64)
        .enumerate()
        .map(|(turn, said)| (turn % 2 == 0, said))
        .collect();
    let whole = capture(&turns, 1400);
    assert_eq!(told(&whole), told(&whole));
    told(&capture(&turns, usize::from(*size).max(1)));
});
