//! Any bytes as a connection: what is released does not depend on how they are cut, and nothing follows a fault.
#![no_main]

use gateway::wire::{Framing, WireLimits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // The first byte says how the others are cut.
    let Some((&step, input)) = bytes.split_first() else { return };
    let step = usize::from(step).max(1);
    let whole = Framing::new(WireLimits::default()).advance(input);
    assert!(whole.released <= input.len());
    let mut framing = Framing::new(WireLimits::default());
    let (mut released, mut fault) = (0, None);
    for end in (0..input.len()).step_by(step).chain([input.len()]) {
        let advance = framing.advance(&input[released..end.max(released)]);
        assert!(fault.is_none() || advance.released == 0);
        released += advance.released;
        fault = fault.or(advance.fault);
    }
    // A bare return is refused before its line has ended, so only the words for the log depend on the cuts.
    assert_eq!((released, fault.is_some()), (whole.released, whole.fault.is_some()));
});
