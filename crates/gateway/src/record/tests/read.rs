//! What was appended is read back, in order, while it is written and after.

use std::fs::File;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, UNIX_EPOCH};

use model::{Completion, Record, Timestamp};

use super::sample::{append, completion, entries, exchange, later, number, numbers, quiet, settings, time};
use crate::record::frame::{Kind, prefix};
use crate::record::header::{Header, list};
use crate::record::{Log, Reader};

#[test]
fn an_exchange_reads_back_whole_with_its_completion() {
    let directory = tempfile::tempdir().unwrap();
    let mut log = quiet(directory.path(), settings(), 1);
    append(&mut log.writers[0], 1..=2);
    log.writers[0].append(Record::Completion(&completion(1))).unwrap();
    let entries = entries(directory.path());
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0].exchange().unwrap(), exchange(1));
    assert_eq!(entries[0].completion, Some(completion(1)));
    assert_eq!((entries[1].exchange().unwrap(), entries[1].completion), (exchange(2), None));
}

#[test]
fn records_of_versions_that_wrote_names_are_read_too() {
    let directory = tempfile::tempdir().unwrap();
    let header = Header { worker: 0, sequence: 1, capacity: 1 << 20, created: time(0) };
    let mut bytes = header.to_bytes().to_vec();
    for number in [1, 2] {
        let payload = serde_json::to_vec(&exchange(number)).unwrap();
        bytes.extend(prefix(Kind::Exchange, &payload).to_le_bytes());
        bytes.extend(payload);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
    }
    std::fs::write(directory.path().join(header.file_name()), bytes).unwrap();
    let read = entries(directory.path());
    let read: Vec<_> = read.iter().map(|entry| entry.exchange().unwrap()).collect();
    assert_eq!(read, [exchange(1), exchange(2)]);
}

#[test]
fn a_record_stands_in_the_file_as_soon_as_append_returns() {
    let directory = tempfile::tempdir().unwrap();
    let mut log = quiet(directory.path(), settings(), 1);
    for last in 0..50 {
        append(&mut log.writers[0], [last]);
        assert_eq!(numbers(directory.path()).len() as u64, last + 1);
    }
}

#[test]
fn workers_are_merged_by_the_time_of_the_request() {
    let directory = tempfile::tempdir().unwrap();
    let mut log = quiet(directory.path(), settings(), 3);
    // Worker 0 answers its first request last of all.
    append(&mut log.writers[0], [3, 6, 9, 0]);
    append(&mut log.writers[1], [1, 4, 7, 8]);
    append(&mut log.writers[2], [2, 5]);
    assert_eq!(numbers(directory.path()), (0..10).collect::<Vec<_>>());
}

#[test]
fn a_reader_goes_on_over_rotation_and_later_runs() {
    let directory = tempfile::tempdir().unwrap();
    let mut log = quiet(directory.path(), settings(), 2);
    let mut reader = Reader::open(directory.path()).unwrap();
    assert!(reader.next().is_none());
    let mut next = 0;
    for round in 0..6 {
        for number in next..next + 150 {
            let worker = (number % 2) as usize;
            append(&mut log.writers[worker], [number]);
            log.shared.supply().unwrap();
        }
        if round % 2 == 0 {
            log.shared.sync(later());
        }
        reader.refresh().unwrap();
        let seen: Vec<u64> = reader.by_ref().map(|entry| number(&entry.unwrap())).collect();
        assert_eq!(seen, (next..next + 150).collect::<Vec<_>>());
        next += 150;
        if round == 3 {
            log.die();
            log = quiet(directory.path(), settings(), 2);
        }
    }
    assert_eq!(reader.bytes_damaged(), 0);
    assert!(std::fs::read_dir(directory.path()).unwrap().count() > 5, "segments rotated");
}

#[test]
fn a_reader_sees_only_whole_records_of_a_running_writer() {
    const COUNT: u64 = 4000;
    let directory = tempfile::tempdir().unwrap();
    let mut log = Log::open(directory.path(), settings(), 1).unwrap();
    let mut writer = log.writers.remove(0);
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..COUNT {
                while writer.append(Record::Exchange(&exchange(number))).is_err() {
                    thread::yield_now();
                }
            }
            is_done.store(true, Ordering::Release);
        });
        let mut reader = Reader::open(directory.path()).unwrap();
        let mut expected = 0;
        loop {
            let is_last = is_done.load(Ordering::Acquire);
            reader.refresh().unwrap();
            for entry in reader.by_ref() {
                assert_eq!(entry.unwrap().exchange().unwrap(), exchange(expected));
                expected += 1;
            }
            if is_last {
                break;
            }
        }
        assert_eq!(expected, COUNT);
        assert_eq!((reader.bytes_damaged(), reader.records_unreadable()), (0, 0));
    });
}

#[test]
fn a_record_too_large_is_refused_and_leaves_no_trace() {
    let directory = tempfile::tempdir().unwrap();
    let mut log = quiet(directory.path(), settings(), 1);
    append(&mut log.writers[0], [1]);
    let mut large = exchange(2);
    large.request.path = "x".repeat(crate::record::RECORD_BYTES_MAX).into();
    let error = log.writers[0].append(Record::Exchange(&large)).unwrap_err();
    assert_eq!(error.to_string(), "an exchange record is larger than 65536 bytes");
    append(&mut log.writers[0], [3]);
    log.writers.clear();
    log.shared.sync(later());
    assert_eq!(numbers(directory.path()), [1, 3]);
    let reader = &mut Reader::open(directory.path()).unwrap();
    assert_eq!((reader.by_ref().count(), reader.bytes_damaged()), (2, 0));
}

#[test]
fn an_end_that_comes_after_its_exchange_brings_it_once_more() {
    let directory = tempfile::tempdir().unwrap();
    let mut log = quiet(directory.path(), settings(), 1);
    append(&mut log.writers[0], [1, 2]);
    let mut refused = exchange(3);
    refused.verdict = model::Verdict::Refused;
    log.writers[0].append(Record::Exchange(&refused)).unwrap();
    let mut reader = Reader::open(directory.path()).unwrap();
    let first: Vec<_> = reader.by_ref().map(|entry| entry.unwrap()).collect();
    assert!(first.iter().all(|entry| entry.completion.is_none() && !entry.is_late));
    assert_eq!(first.len(), 3);
    let end = Completion { aborted: true, ..completion(1) };
    for end in [end, end, completion(3), completion(7)] {
        log.writers[0].append(Record::Completion(&end)).unwrap();
    }
    reader.refresh().unwrap();
    let late: Vec<_> = reader.by_ref().map(|entry| entry.unwrap()).collect();
    assert_eq!(late.len(), 1, "neither twice, nor for what has no end, nor for what was never seen");
    assert_eq!(
        (late[0].exchange().unwrap(), late[0].completion, late[0].is_late),
        (exchange(1), Some(end), true)
    );
}

#[test]
fn what_is_held_back_comes_in_order_with_what_was_recorded_later() {
    let directory = tempfile::tempdir().unwrap();
    let mut log = quiet(directory.path(), settings(), 2);
    append(&mut log.writers[0], [1, 3, 5]);
    let mut reader = Reader::open(directory.path()).unwrap();
    let seen = |reader: &mut Reader, until| {
        reader.refresh().unwrap();
        reader.hold_after(time(until));
        reader.by_ref().map(|entry| number(&entry.unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(seen(&mut reader, 1), [1]);
    append(&mut log.writers[1], [2, 4]);
    log.writers[0].append(Record::Completion(&completion(5))).unwrap();
    assert_eq!(seen(&mut reader, 4), [2, 3, 4]);
    assert_eq!(seen(&mut reader, 5), [5]);
}

#[test]
fn old_segments_are_not_read_for_what_is_young() {
    let directory = tempfile::tempdir().unwrap();
    let mut log = quiet(directory.path(), settings(), 1);
    for number in 0..2000 {
        log.shared.supply().unwrap();
        append(&mut log.writers[0], [number]);
    }
    log.shared.sync(later());
    let segments = list(directory.path()).unwrap();
    let old = segments.len() - 3;
    for segment in &segments[..old] {
        let file = File::options().write(true).open(&segment.path).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs(1000)).unwrap();
    }
    let since = |seconds| {
        let reader = Reader::open_since(directory.path(), Timestamp::from_secs(seconds)).unwrap();
        reader.map(|entry| number(&entry.unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(since(1060), (0..2000).collect::<Vec<_>>());
    let young = since(1061);
    assert!(young[0] > 200, "{}", young[0]);
    assert_eq!(young, (young[0]..2000).collect::<Vec<_>>());
}
