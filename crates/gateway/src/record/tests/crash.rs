//! Records survive the death of the process.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::thread;

use model::Record;

use super::sample::{exchange, numbers, settings};
use crate::record::Log;

const WORKERS: usize = 2;

/// Not a test of its own: the process that [`every_record_that_was_acknowledged_survives_a_kill`] kills.
#[test]
fn child_appends_until_it_is_killed() {
    let Some(directory) = std::env::var_os("PALISADE_TEST_CRASH") else { return };
    let opened = Log::open(directory.as_ref(), settings(), WORKERS).unwrap();
    thread::scope(|scope| {
        for (worker, mut writer) in opened.writers.into_iter().enumerate() {
            scope.spawn(move || {
                for number in (worker as u64..).step_by(WORKERS) {
                    while writer.append(Record::Exchange(&exchange(number))).is_err() {
                        thread::yield_now();
                    }
                    let mut out = std::io::stdout().lock();
                    writeln!(out, "appended {number}").unwrap();
                    out.flush().unwrap();
                }
            });
        }
    });
}

#[test]
fn every_record_that_was_acknowledged_survives_a_kill() {
    for kill_after in [1, 100, 2500] {
        let directory = tempfile::tempdir().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", "record::tests::crash::child_appends_until_it_is_killed"])
            .env("PALISADE_TEST_CRASH", directory.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut acknowledged = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            if let Some(number) = line.unwrap().strip_prefix("appended ") {
                acknowledged.push(number.parse::<u64>().unwrap());
            }
            if acknowledged.len() == kill_after {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(acknowledged.len() >= kill_after);
        // The kill may have cut digits off the last line.
        acknowledged.pop();
        check(directory.path(), &acknowledged);
        // The next run repairs, and what survived stays.
        drop(Log::open(directory.path(), settings(), WORKERS).unwrap());
        check(directory.path(), &acknowledged);
    }
}

fn check(directory: &std::path::Path, acknowledged: &[u64]) {
    let kept = numbers(directory);
    assert!(kept.is_sorted_by(|a, b| a < b), "in order, none twice");
    for number in acknowledged {
        assert!(kept.binary_search(number).is_ok(), "{number} is lost");
    }
}
