//! Two processes write one log while the second takes over from the first.

use super::sample::{append, later, numbers, quiet, settings};
use crate::record::header::list;
use crate::record::{Log, LogError, Opened};

#[test]
fn a_log_that_is_taken_over_keeps_what_both_write_and_is_taken_up_when_the_first_ends() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let Opened { log: first, writers: mut of_first, .. } = Log::open(directory, settings(), 2).unwrap();
    append(&mut of_first[0], 0..2);
    let lock = first.lock().unwrap();
    let opened = Log::open_beside(directory, settings(), 2, lock).unwrap();
    let Opened { log: second, writers: mut of_second, repairs } = opened;
    assert_eq!(repairs, [], "what the first writes is not repaired");
    append(&mut of_second[0], [2]);
    append(&mut of_first[0], [3]);
    append(&mut of_second[1], [4]);
    append(&mut of_first[1], [5]);
    assert_eq!(numbers(directory), [0, 1, 2, 3, 4, 5]);
    let mut workers: Vec<u32> = list(directory).unwrap().iter().map(|segment| segment.worker).collect();
    workers.dedup();
    assert_eq!(workers, [0, 1, 2, 3], "no worker of one is a worker of the other");
    assert_eq!(second.adopt().unwrap(), [], "nothing is taken from a writer");
    assert_eq!(second.health().segments, 0);

    drop((of_first, first));
    assert!(matches!(Log::open(directory, settings(), 1), Err(LogError::Busy { .. })), "the lock is held on");
    assert_eq!(second.adopt().unwrap(), [], "the first has sealed what it wrote");
    assert_eq!(second.health().segments, 2);
    drop((of_second, second));
    assert_eq!(numbers(directory), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn what_a_process_that_was_killed_wrote_beside_another_is_repaired_by_it() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let mut first = quiet(directory, settings(), 1);
    append(&mut first.writers[0], 0..2);
    let lock = first.lock.try_clone().unwrap().into();
    let Opened { log: second, mut writers, .. } = Log::open_beside(directory, settings(), 1, lock).unwrap();
    append(&mut writers[0], [2]);
    first.shared.sync(later());
    first.die();
    let repairs: Vec<u64> = second.adopt().unwrap().iter().map(|repair| repair.records_kept).collect();
    assert_eq!(repairs, [2]);
    assert_eq!(second.health().segments, 1);
    assert_eq!(numbers(directory), [0, 1, 2]);
}
