//! What a disk that is full or failing does to the log.

use std::fs;
use std::process::Command;
use std::thread;

use model::Record;

use super::sample::{SEGMENT_BYTES, append, exchange, later, numbers, quiet, settings};
use crate::record::{Log, LogError, Settings};

/// Appends from `first` on until the log refuses; returns the number that was refused, and why.
fn append_until_refused(writer: &mut crate::record::Writer, first: u64) -> (u64, LogError) {
    let refused = (first..).find_map(|number| {
        let refusal = writer.append(Record::Exchange(&exchange(number))).err();
        refusal.map(|error| (number, error))
    });
    refused.unwrap()
}

#[test]
fn two_processes_are_refused_one_directory() {
    let directory = tempfile::tempdir().unwrap();
    let _first = Log::open(directory.path(), settings(), 1).unwrap();
    let error = Log::open(directory.path(), settings(), 1).unwrap_err();
    let expected =
        format!("the exchange log in `{}` is in use by another process", directory.path().display());
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_log_that_was_closed_is_sealed_and_can_be_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    for run in 0..3 {
        let mut opened = Log::open(directory.path(), settings(), 2).unwrap();
        assert_eq!(opened.repairs, []);
        assert_eq!(opened.log.health().segments, 2 * run as usize);
        append(&mut opened.writers[0], [2 * run]);
        append(&mut opened.writers[1], [2 * run + 1]);
        opened.writers.clear();
        drop(opened.log);
    }
    assert_eq!(numbers(directory.path()), [0, 1, 2, 3, 4, 5]);
    // Six segments and the lock: reserves are gone.
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 7);
}

#[test]
fn a_writer_is_refused_until_the_next_segment_is_ready_and_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let mut log = quiet(directory.path(), settings(), 1);
    let (refused, error) = append_until_refused(&mut log.writers[0], 0);
    assert!(matches!(error, LogError::NotReady), "{error}");
    assert!(refused > 100);
    log.shared.supply().unwrap();
    append(&mut log.writers[0], refused..refused + 5);
    assert_eq!(numbers(directory.path()), (0..refused + 5).collect::<Vec<_>>());
}

#[test]
fn a_disk_that_cannot_be_written_is_said_and_its_recovery_noticed() {
    let parent = tempfile::tempdir().unwrap();
    let (directory, away) = (parent.path().join("log"), parent.path().join("away"));
    let mut log = quiet(&directory, settings(), 1);
    // The directory goes away, as a file system that is unmounted does.
    fs::rename(&directory, &away).unwrap();
    append(&mut log.writers[0], [0]);
    *log.shared.supply_failure.lock().unwrap() = Some(log.shared.supply().unwrap_err().to_string());
    let (refused, error) = append_until_refused(&mut log.writers[0], 1);
    let text = error.to_string();
    assert!(matches!(error, LogError::Failing { .. }), "{text}");
    assert!(
        text.starts_with("the exchange log cannot be written: cannot prepare the log segment `"),
        "{text}"
    );
    fs::rename(&away, &directory).unwrap();
    log.shared.supply().unwrap();
    assert_eq!(log.shared.failure(), None);
    append(&mut log.writers[0], [refused]);
    assert_eq!(numbers(&directory), (0..=refused).collect::<Vec<_>>());
}

#[test]
fn a_segment_whose_sync_failed_takes_no_more() {
    let directory = tempfile::tempdir().unwrap();
    let mut log = quiet(directory.path(), settings(), 1);
    append(&mut log.writers[0], [0]);
    log.shared.supply().unwrap();
    let live = log.shared.stations[0].live.lock().unwrap().clone().unwrap();
    live.failed.store(true, std::sync::atomic::Ordering::Relaxed);
    append(&mut log.writers[0], [1]);
    log.shared.sync(later());
    assert_eq!(log.shared.sealed.lock().unwrap().len(), 1, "the failed segment was given up");
    assert_eq!(numbers(directory.path()), [0, 1]);
}

#[test]
fn everything_appended_is_synced_by_the_next_sync_even_across_a_rotation() {
    let directory = tempfile::tempdir().unwrap();
    let mut log = quiet(directory.path(), settings(), 1);
    append(&mut log.writers[0], 0..10);
    let first = log.shared.stations[0].live.lock().unwrap().clone().unwrap();
    assert!(first.is_dirty());
    log.shared.sync(later());
    assert!(!first.is_dirty());
    log.shared.supply().unwrap();
    append(&mut log.writers[0], 10..1000);
    let second = log.shared.stations[0].live.lock().unwrap().clone().unwrap();
    assert!(first.is_dirty() && second.is_dirty() && first.path != second.path);
    log.shared.sync(later());
    assert!(!second.is_dirty());
    // Sealed, and therefore synced.
    assert!(first.file.metadata().unwrap().len() < SEGMENT_BYTES as u64);
}

#[test]
fn retention_deletes_the_oldest_segments() {
    let directory = tempfile::tempdir().unwrap();
    let settings = Settings { bytes_max: 2 * SEGMENT_BYTES as u64, ..settings() };
    let mut log = quiet(directory.path(), settings, 1);
    for number in 0..2000 {
        log.shared.supply().unwrap();
        append(&mut log.writers[0], [number]);
        if number % 50 == 0 {
            log.shared.sync(later());
        }
    }
    log.shared.sync(later());
    let kept = numbers(directory.path());
    assert!(kept[0] > 500 && *kept.last().unwrap() == 1999, "{} to {:?}", kept[0], kept.last());
    assert_eq!(kept, (kept[0]..2000).collect::<Vec<_>>());
    let sealed: u64 = log.shared.sealed.lock().unwrap().iter().map(|segment| segment.bytes).sum();
    assert!(sealed <= 2 * SEGMENT_BYTES as u64, "{sealed}");
}

/// Not a test of its own: what [`a_full_disk_is_an_error_and_not_the_death_of_the_process`] runs on a small disk.
#[test]
fn child_fills_a_disk() {
    let Some(directory) = std::env::var_os("PALISADE_TEST_FULL_DISK") else { return };
    let mut opened = Log::open(directory.as_ref(), settings(), 1).unwrap();
    let writer = &mut opened.writers[0];
    let mut next = 0;
    let cause = loop {
        let (refused, error) = append_until_refused(writer, next);
        next = refused;
        match error {
            LogError::Failing { cause } => break cause,
            LogError::NotReady => thread::yield_now(),
            other => panic!("{other}"),
        }
    };
    assert!(cause.contains("No space left on device"), "{cause}");
    // It is tried again in the background, with a segment of another name each time.
    let failure = opened.log.health().failure.unwrap_or_default();
    assert!(failure.contains("No space left on device"), "{failure}");
    assert_eq!(numbers(directory.as_ref()), (0..next).collect::<Vec<_>>());
    // Somebody makes room.
    fs::remove_file(std::path::Path::new(&directory).join("ballast")).unwrap();
    while writer.append(Record::Exchange(&exchange(next))).is_err() {
        thread::yield_now();
    }
    assert_eq!(numbers(directory.as_ref()).len() as u64, next + 1);
    println!("filled after {next} records");
}

#[test]
fn a_full_disk_is_an_error_and_not_the_death_of_the_process() {
    let mount = tempfile::tempdir().unwrap();
    // A disk of 2 MB in a mount namespace of its own: it needs no privilege and is gone with the child.
    let script = "mount -t tmpfs -o size=2m tmpfs \"$0\" && head -c 700000 /dev/zero > \"$0/ballast\" && \
         echo mounted && exec \"$1\" --exact --nocapture record::tests::disk::child_fills_a_disk";
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
        .arg(mount.path())
        .arg(std::env::current_exe().unwrap())
        .env("PALISADE_TEST_FULL_DISK", mount.path())
        .output();
    let Ok(output) = output else { return println!("skipped: no `unshare` here") };
    let printed = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    if !printed.contains("mounted") {
        return println!("skipped: no small disk can be mounted here: {errors}");
    }
    assert!(output.status.success() && printed.contains("filled after"), "{printed}{errors}");
}
