//! A damaged segment loses the damaged record and nothing else.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::sample::{append, numbers, quiet, settings};
use crate::record::frame::{FRAME_BYTES_MAX, Found, read, stride};
use crate::record::header::{HEADER_BYTES, Header, list};
use crate::record::{Reader, inspect};

/// A directory with one segment of `count` records whose writer was killed, and the ends of its frames.
fn killed(count: u64) -> (tempfile::TempDir, PathBuf, Vec<usize>) {
    let directory = tempfile::tempdir().unwrap();
    let mut log = quiet(directory.path(), settings(), 1);
    append(&mut log.writers[0], 0..count);
    log.die();
    let path = list(directory.path()).unwrap().remove(0).path;
    let bytes = fs::read(&path).unwrap();
    let mut ends = vec![HEADER_BYTES];
    while let Found::Frame { payload, .. } = read(&bytes[*ends.last().unwrap()..]) {
        ends.push(ends.last().unwrap() + stride(payload.len()));
    }
    assert_eq!(ends.len() as u64, count + 1);
    (directory, path, ends)
}

fn overwrite(path: &Path, at: usize, bytes: &[u8]) {
    OpenOptions::new().write(true).open(path).unwrap().write_all_at(bytes, at as u64).unwrap();
}

/// Opens the log as the next run does, and returns what it says it repaired.
fn reopened(directory: &Path) -> Vec<(u64, u64, u64)> {
    let log = quiet(directory, settings(), 1);
    log.repairs
        .iter()
        .map(|repair| (repair.records_kept, repair.bytes_dropped, repair.bytes_damaged))
        .collect()
}

#[test]
fn a_killed_run_is_sealed_and_said() {
    let (directory, path, ends) = killed(3);
    assert_eq!(reopened(directory.path()), [(3, 0, 0)]);
    assert_eq!(fs::metadata(path).unwrap().len() as usize, ends[3]);
    assert_eq!(numbers(directory.path()), [0, 1, 2]);
    assert_eq!(reopened(directory.path()), [], "once");
}

#[test]
fn a_last_frame_torn_at_any_byte_is_dropped_and_all_before_it_kept() {
    let (directory, path, ends) = killed(3);
    let whole = fs::read(&path).unwrap();
    for torn_at in ends[2]..ends[3] {
        // The bytes from here on never reached the disk; the file has its full size.
        let mut torn = whole.clone();
        torn[torn_at..ends[3]].fill(0);
        fs::write(&path, &torn).unwrap();
        let is_whole = torn == whole;
        let kept: &[u64] = if is_whole { &[0, 1, 2] } else { &[0, 1] };
        assert_eq!(numbers(directory.path()), kept, "unrepaired, torn at {torn_at}");
        let content = torn[ends[2]..ends[3]].iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let dropped = if is_whole { 0 } else { content.next_multiple_of(8) as u64 };
        let found = inspect(File::open(&path).unwrap()).unwrap();
        assert_eq!((found.records, found.bytes_torn), (kept.len() as u64, dropped), "torn at {torn_at}");
        // The repair itself syncs, so a few places stand for all.
        if torn_at % 97 != 0 {
            continue;
        }
        assert_eq!(reopened(directory.path()), [(kept.len() as u64, dropped, 0)], "torn at {torn_at}");
        assert_eq!(numbers(directory.path()), kept, "repaired, torn at {torn_at}");
    }
}

#[test]
fn a_file_cut_at_any_byte_keeps_every_whole_record() {
    let (directory, path, ends) = killed(3);
    let whole = fs::read(&path).unwrap();
    for cut_at in HEADER_BYTES..ends[3] {
        fs::write(&path, &whole[..cut_at]).unwrap();
        // The padding of a frame may be cut off without harm.
        let kept: Vec<u64> = (0..3)
            .filter(|n| {
                matches!(read(&whole[ends[*n as usize]..cut_at.max(ends[*n as usize])]), Found::Frame { .. })
            })
            .collect();
        assert_eq!(numbers(directory.path()), kept, "cut at {cut_at}");
    }
}

#[test]
fn a_payload_on_the_disk_without_its_prefix_is_no_record() {
    let (directory, path, ends) = killed(2);
    overwrite(&path, ends[1], &[0; 8]);
    assert_eq!(numbers(directory.path()), [0]);
    let dropped = (ends[2] - ends[1]) as u64;
    assert_eq!(reopened(directory.path()), [(1, dropped, 0)]);
    assert_eq!(numbers(directory.path()), [0]);
}

#[test]
fn records_behind_damage_are_kept() {
    let (directory, path, ends) = killed(5);
    // A power cut lost the page of record 1, prefix and all, and one byte of record 3 rotted.
    overwrite(&path, ends[1], &vec![0; ends[2] - ends[1]]);
    overwrite(&path, ends[3] + 100, &[0xff]);
    let damaged = (ends[2] - ends[1] + ends[4] - ends[3]) as u64;
    assert_eq!(reopened(directory.path()), [(3, 0, damaged)]);
    let mut reader = Reader::open(directory.path()).unwrap();
    assert_eq!(reader.by_ref().count(), 3);
    assert_eq!(reader.bytes_damaged(), damaged);
    assert_eq!(numbers(directory.path()), [0, 2, 4]);
}

#[test]
fn a_segment_without_its_header_is_read_all_the_same() {
    let (directory, path, _) = killed(2);
    overwrite(&path, 0, &[0; HEADER_BYTES]);
    assert_eq!(numbers(directory.path()), [0, 1]);
    reopened(directory.path());
    assert_eq!(numbers(directory.path()), [0, 1]);
}

#[test]
fn files_that_are_no_segments_are_left_alone() {
    let (directory, _, _) = killed(1);
    fs::write(directory.path().join("notes.txt"), "mine").unwrap();
    fs::write(directory.path().join("exchanges-x-000-0000000007.log"), "").unwrap();
    reopened(directory.path());
    assert_eq!(fs::read_to_string(directory.path().join("notes.txt")).unwrap(), "mine");
    assert_eq!(numbers(directory.path()), [0]);
}

/// The reader's rule, without windows and without hurry: a frame starts where the last ended, or, after damage, at the
/// next multiple of eight where one reads whole.
fn naive(bytes: &[u8]) -> (u64, usize) {
    let mut records = 0;
    let mut end = HEADER_BYTES;
    let mut at = HEADER_BYTES;
    while at < bytes.len() {
        if let Found::Frame { payload, .. } = read(&bytes[at..]) {
            records += 1;
            at += stride(payload.len());
            end = at;
        } else {
            at += 8;
        }
    }
    (records, end)
}

#[test]
fn every_seed_of_the_fuzzer_reads_as_the_naive_reader_does() {
    let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/seeds/segment");
    let mut count = 0;
    for seed in fs::read_dir(seeds).unwrap() {
        let path = seed.unwrap().path();
        let found = inspect(File::open(&path).unwrap()).unwrap();
        assert_eq!(
            (found.records, found.end as usize),
            naive(&fs::read(&path).unwrap()),
            "{}",
            path.display()
        );
        count += 1;
    }
    assert!(count >= 4);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn the_reader_agrees_with_a_naive_one(
        payloads in prop::collection::vec((1usize..40, any::<u8>(), 0usize..4), 0..40),
        large in prop::option::of(1usize..FRAME_BYTES_MAX - 8),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 1usize..40), 0..6),
        cut in 0usize..64,
    ) {
        let header = Header { worker: 0, sequence: 0, capacity: 1 << 30, created: Default::default() };
        let mut bytes = header.to_bytes().to_vec();
        let sizes = payloads.iter().map(|(size, fill, gap)| (*size, *fill, *gap));
        for (size, fill, gap) in sizes.chain(large.map(|size| (size, b'x', 20_000))) {
            let payload = vec![fill; size];
            bytes.extend(crate::record::frame::prefix(crate::record::frame::Kind::Exchange, &payload).to_le_bytes());
            bytes.extend(&payload);
            bytes.resize(bytes.len().next_multiple_of(8) + gap * 8, 0);
        }
        for (index, value, length) in damage {
            let at = HEADER_BYTES + index.index(bytes.len() - HEADER_BYTES + 1);
            bytes.iter_mut().skip(at).take(length).for_each(|byte| *byte = value);
        }
        bytes.truncate((bytes.len() - cut.min(bytes.len())).max(HEADER_BYTES));
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(&bytes, 0).unwrap();
        let found = inspect(file).unwrap();
        let (records, end) = naive(&bytes);
        prop_assert_eq!((found.records, found.end as usize), (records, end));
    }
}
