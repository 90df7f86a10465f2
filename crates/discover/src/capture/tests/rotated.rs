//! Captures that were rotated: a connection goes on in the next file, and each file is known by itself.

use std::path::Path;

use super::tape::{Client, Server, Talk, file_from};
use crate::keys::KeyLog;
use crate::learn::LearnLimits;
use crate::read::{Progress, Read, Reading, Written, sources};
use crate::survey::Findings;

/// A connection on which two things are asked for and answered.
fn talk() -> Talk {
    let mut talk = Talk::new();
    talk.segment_bytes = 30;
    for path in ["/one", "/two"] {
        talk.say(Client, format!("GET {path} HTTP/1.1\r\nHost: shop.example\r\n\r\n"));
        talk.say(Server, "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}");
    }
    talk.close(Client).close(Server);
    talk
}

fn read(folder: &Path, counted: &[u64]) -> Read {
    let (sources, problems) = sources(&[folder.to_owned()]);
    assert_eq!(problems, []);
    let keys = KeyLog::default();
    let (written, limits) = (Written::Traffic(&keys), LearnLimits::default());
    let reading = Reading { written, contracts: &[], limits, workers: 2, counted };
    reading.read(&sources, &Progress::default())
}

/// What was asked for, as `path count answered`, with the file and the packet.
fn told(findings: &Findings) -> Vec<String> {
    let operations = findings.lesson.operations.iter();
    let line = |learned: &crate::learn::Learned| {
        let tally = &learned.tally;
        let answered: u64 = tally.statuses.iter().filter(|(status, _)| *status == 201).map(|(_, n)| n).sum();
        let place = tally.place;
        format!("{} {} {answered} {}:{}", learned.path, tally.count, place.file, place.position.number())
    };
    operations.map(line).collect()
}

#[test]
fn a_connection_that_goes_on_in_the_next_file_is_one() {
    let packets = talk().packets;
    let whole = tempfile::tempdir().unwrap();
    std::fs::write(whole.path().join("a.pcap"), file_from(0, &packets)).unwrap();
    let of_whole = told(&read(whole.path(), &[]).findings);
    assert_eq!(of_whole.len(), 2, "{of_whole:?}");
    let packet = |line: &String| line.rsplit_once(':').unwrap().1.parse::<usize>().unwrap();
    for cut in 1..packets.len() {
        // The names say nothing of the order.
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("b.pcap"), file_from(0, &packets[..cut])).unwrap();
        std::fs::write(folder.path().join("a.pcap"), file_from(cut, &packets[cut..])).unwrap();
        std::fs::write(folder.path().join("c.har"), r#"{"log":{"entries":[]}}"#).unwrap();
        let read = read(folder.path(), &[]);
        let expected: Vec<String> = of_whole
            .iter()
            .map(|line| {
                let (begin, number) = (line.rsplit_once(' ').unwrap().0, packet(line));
                let place = if number <= cut { format!("1:{number}") } else { format!("0:{}", number - cut) };
                format!("{begin} {place}")
            })
            .collect();
        assert_eq!(told(&read.findings), expected, "{cut}");
        let lines: Vec<u64> = read.files.iter().map(|file| file.lines).collect();
        assert_eq!(lines, [(packets.len() - cut) as u64, cut as u64, 0]);
    }
}

#[test]
fn captures_of_the_same_time_are_not_put_together() {
    let packets = talk().packets;
    let folder = tempfile::tempdir().unwrap();
    // More than are put together side by side, each with the same connection.
    for number in 0..6 {
        std::fs::write(folder.path().join(format!("{number}.pcap")), file_from(number, &packets)).unwrap();
    }
    let told = told(&read(folder.path(), &[]).findings);
    assert!(told.iter().all(|line| line.contains(" 6 6 ")), "{told:?}");
}

#[test]
fn a_capture_that_was_counted_is_not_counted_again_with_the_next() {
    let packets = talk().packets;
    let folder = tempfile::tempdir().unwrap();
    let cut = packets.len() / 2 + 1;
    std::fs::write(folder.path().join("a.pcap"), file_from(0, &packets[..cut])).unwrap();
    std::fs::write(folder.path().join("b.pcap"), file_from(cut, &packets[cut..])).unwrap();
    let read = read(folder.path(), &[u64::MAX, 0]);
    assert_eq!(told(&read.findings).len(), 2);
    let fresh = told(read.fresh.as_ref().unwrap());
    assert_eq!(fresh.len(), 1, "{fresh:?}");
    assert!(fresh[0].starts_with("/two 1 1 1:"), "{fresh:?}");
}
