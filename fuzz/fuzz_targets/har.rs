//! Anything as the entries of an HTTP Archive: nothing panics, and what is told has a path and a place.
#![no_main]

use discover::KeyLog;
use discover::traffic::{Recording, Told};
use libfuzzer_sys::fuzz_target;

const BEFORE: &[u8] = b"{\"log\":{\"entries\":[";

fuzz_target!(|bytes: &[u8]| {
    let file = [BEFORE, bytes].concat();
    let recording = Recording::open(&file[..]).expect("memory can be read").expect("the mark is there");
    assert_eq!(recording.format().id, "har");
    // It may be damaged, and then says so.
    drop(recording.read(&KeyLog::default(), &mut |told| {
        if let Told::Request(line, at) = told {
            assert!(line.path.is_some() && at.number() > 0);
        }
    }));
});
