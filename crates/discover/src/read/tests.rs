//! Files of all kinds, read by several workers.

use std::io::Write;
use std::path::PathBuf;

use super::*;
use crate::logs::ALL;

fn line(number: usize) -> String {
    format!(
        "203.0.113.{} - - [10/Oct/2025:13:55:36 +0000] \"GET /orders/{number} HTTP/1.1\" 200 12 \"-\" \"curl/8.5\"\n",
        number % 200
    )
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn zstandard(text: &str) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(text.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest)
}

fn read(paths: &[PathBuf]) -> (Read, Vec<Source>) {
    let (sources, problems) = sources(paths);
    assert_eq!(problems, []);
    let formats = Formats::of(ALL);
    let reading = Reading {
        written: Written::Lines(&formats),
        contracts: &[],
        limits: LearnLimits::default(),
        workers: 3,
        counted: &[],
    };
    (reading.read(&sources, &Progress::default()), sources)
}

#[test]
fn a_folder_is_read_whatever_its_files_are_packed_in() {
    let folder = tempfile::tempdir().unwrap();
    let text: String = (0..1000).map(line).collect();
    let more = folder.path().join("old");
    std::fs::create_dir(&more).unwrap();
    std::fs::write(folder.path().join("a.log"), format!("# a comment\n\n{text}nonsense\n")).unwrap();
    std::fs::write(more.join("b.log.gz"), [gzip(&text), gzip(&text)].concat()).unwrap();
    std::fs::write(more.join("c.log.zst"), [zstandard(&text), zstandard(&text)].concat()).unwrap();
    let (read, sources) = read(&[folder.path().to_owned()]);
    assert_eq!(sources.len(), 3);
    let [a, b, c] = &read.files[..] else { panic!("{:?}", read.files) };
    assert_eq!((a.lines, a.nothing, a.unknown), (1003, 2, 1));
    assert_eq!(a.shown, [(1003, "nonsense".to_owned())]);
    assert_eq!((b.lines, b.fault.as_deref()), (2000, None));
    assert_eq!((c.lines, c.fault.as_deref()), (2000, None));
    let [operation] = &read.findings.lesson.operations[..] else { panic!("{:?}", read.findings) };
    assert_eq!((operation.path.as_str(), operation.tally.count), ("/orders/{orderId}", 5000));
    assert_eq!(operation.tally.clients.count(), 200);
    assert_eq!(operation.tally.place, Place { file: 0, position: Position::Line(3) });
}

#[test]
fn a_file_that_breaks_off_says_so_and_what_came_before_counts() {
    let folder = tempfile::tempdir().unwrap();
    let whole = gzip(&(0..1000).map(line).collect::<String>());
    std::fs::write(folder.path().join("cut.gz"), &whole[..whole.len() / 2]).unwrap();
    let (read, _) = read(&[folder.path().join("*.gz")]);
    assert!(read.files[0].fault.is_some());
    assert!(read.files[0].lines > 0);
}

#[test]
fn what_is_not_there_is_a_problem() {
    let folder = tempfile::tempdir().unwrap();
    let (found, problems) = sources(&[folder.path().join("none.log"), folder.path().join("*.gz")]);
    assert!(found.is_empty());
    assert_eq!(problems.len(), 2);
}

#[test]
fn what_was_counted_before_is_told_and_not_counted_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.log");
    let before: String = (0..100).map(line).collect();
    std::fs::write(&path, &before).unwrap();
    let known = marks(&sources(std::slice::from_ref(&path)).0[0], true, &[], &AtomicU64::default());
    std::fs::write(&path, before + &(0..7).map(line).collect::<String>()).unwrap();
    let (sources, _) = sources(&[path]);
    let counted = [marks(&sources[0], true, &known.marks, &AtomicU64::default()).counted];
    let formats = Formats::of(ALL);
    let reading = Reading {
        written: Written::Lines(&formats),
        contracts: &[],
        limits: LearnLimits::default(),
        workers: 2,
        counted: &counted,
    };
    let read = reading.read(&sources, &Progress::default());
    let count = |findings: &Findings| {
        findings.lesson.operations.iter().map(|learned| learned.tally.count).sum::<u64>()
    };
    assert_eq!(count(&read.findings), 107);
    assert_eq!(read.fresh.as_ref().map(count), Some(7));
    assert_eq!(read.files[0].lines, 107);
}
