//! Logs that grow, are renamed, emptied, copied and packed: each whole line counts once.

use std::convert::Infallible;
use std::io::Write;

use spec::Contract;
use tempfile::TempDir;

use super::*;
use crate::learn::LearnLimits;
use crate::logs::ALL;

const NONE: &[Contract] = &[];

/// A folder whose logs are followed, and how many requests they told of.
struct Stage<'f> {
    folder: &'f TempDir,
    follower: Follower<'f>,
    gathered: Gathered<'f>,
    known: Vec<FileMark>,
    count: u64,
}

impl<'f> Stage<'f> {
    fn new(folder: &'f TempDir, formats: &'f Formats, names: &[&str]) -> Stage<'f> {
        let paths = names.iter().map(|name| folder.path().join(name)).collect();
        Stage {
            folder,
            follower: Follower::new(paths, formats, 0),
            gathered: Gathered::new(NONE, LearnLimits::default()),
            known: Vec::new(),
            count: 0,
        }
    }

    /// Looks once; how many requests were told of until now.
    fn look(&mut self) -> u64 {
        let known = self.known.clone();
        let looked =
            self.follower.look::<Infallible>(&self.gathered, &Progress::default(), &mut || Ok(known.clone()));
        looked.unwrap();
        let operations = self.gathered.take().finish().lesson.operations;
        self.count += operations.iter().map(|learned| learned.tally.count).sum::<u64>();
        self.count
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn append(&self, name: &str, text: &str) {
        let mut options = fs::OpenOptions::new();
        options.create(true).append(true).open(self.path(name)).unwrap().write_all(text.as_bytes()).unwrap();
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }
}

/// Lines with these numbers.
fn lines(numbers: std::ops::Range<u32>) -> String {
    let line = |number| {
        format!(
            "192.0.2.7 - - [27/Nov/2026:10:00:00 +0000] \"GET /orders/{number} HTTP/1.1\" 200 15 \"-\" \"curl/8\"\n"
        )
    };
    numbers.map(line).collect()
}

fn packed(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_line_counts_once_it_is_whole() {
    let (folder, formats) = (tempfile::tempdir().unwrap(), Formats::of(ALL));
    let mut stage = Stage::new(&folder, &formats, &["access.log"]);
    stage.append("access.log", &lines(0..3));
    assert_eq!(stage.look(), 3);
    assert_eq!(stage.look(), 3);
    let line = lines(3..4);
    let (begin, end) = line.split_at(40);
    stage.append("access.log", begin);
    assert_eq!(stage.look(), 3);
    stage.append("access.log", &(end.to_owned() + &lines(4..6)));
    assert_eq!(stage.look(), 6);
    let (names, reports, left_out) = stage.follower.files();
    assert_eq!((names.len(), reports[0].lines, reports[0].unknown, left_out), (1, 6, 0, 0));
}

#[test]
fn a_log_that_is_renamed_is_read_on_and_so_is_the_one_in_its_place() {
    let (folder, formats) = (tempfile::tempdir().unwrap(), Formats::of(ALL));
    let mut stage = Stage::new(&folder, &formats, &["access.log"]);
    stage.append("access.log", &lines(0..3));
    assert_eq!(stage.look(), 3);
    stage.rename("access.log", "elsewhere");
    // Its program goes on to write until it is told.
    stage.append("elsewhere", &lines(3..5));
    stage.append("access.log", &lines(5..6));
    assert_eq!(stage.look(), 6);
    stage.append("elsewhere", &lines(6..7));
    stage.append("access.log", &lines(7..8));
    assert_eq!(stage.look(), 8);
    for _ in 0..=DEPARTED_LOOKS {
        stage.look();
    }
    stage.append("elsewhere", &lines(8..9));
    assert_eq!(stage.look(), 8, "it was let go");
    assert_eq!(stage.follower.open, 1);
}

#[test]
fn what_appears_in_a_folder_or_under_a_pattern_is_read_and_its_copies_are_not() {
    let (folder, formats) = (tempfile::tempdir().unwrap(), Formats::of(ALL));
    let mut stage = Stage::new(&folder, &formats, &["a*.log", "."]);
    assert_eq!(stage.follower.problems(), []);
    assert_eq!(stage.look(), 0);
    stage.append("a1.log", &lines(0..100));
    assert_eq!(stage.look(), 100);
    // A copy that is being made, of what goes on to grow.
    let text = lines(0..100);
    let (begun, rest) = text.split_at(3000);
    stage.append("copy", begun);
    assert_eq!(stage.look(), 100);
    stage.append("a1.log", &lines(100..110));
    stage.append("copy", rest);
    for _ in 0..4 {
        assert_eq!(stage.look(), 110);
    }
    // It is emptied, and what came just before is in a copy alone.
    let all = lines(0..112);
    stage.append("second", &all);
    fs::write(stage.path("a1.log"), lines(200..205)).unwrap();
    for _ in 0..4 {
        stage.look();
    }
    assert_eq!(stage.look(), 110 + 2 + 5);
    // Packed, and not whole at first.
    let bytes = packed(&(all + &lines(300..301)));
    fs::write(stage.path("second.gz"), &bytes[..bytes.len() / 2]).unwrap();
    for _ in 0..4 {
        assert_eq!(stage.look(), 117);
    }
    fs::write(stage.path("second.gz"), &bytes).unwrap();
    for _ in 0..4 {
        stage.look();
    }
    assert_eq!(stage.look(), 118);
}

#[test]
fn who_starts_again_goes_on_where_the_inventory_was_told_to() {
    let (folder, formats) = (tempfile::tempdir().unwrap(), Formats::of(ALL));
    let mut stage = Stage::new(&folder, &formats, &["."]);
    stage.append("access.log", &lines(0..10));
    assert_eq!(stage.look(), 10);
    let told = stage.follower.marks();
    stage.append("access.log", &(lines(10..15) + "half a line"));
    assert_eq!(stage.look(), 15, "which nobody is told of");
    for (known, expected) in [(told, 5), (stage.follower.marks(), 0)] {
        let mut again = Stage::new(&folder, &formats, &["."]);
        again.known = known;
        assert_eq!(again.look(), expected);
        assert_eq!(again.follower.marks().len(), usize::from(expected > 0));
    }
}

#[test]
fn more_logs_than_may_be_open_are_all_followed() {
    let (folder, formats) = (tempfile::tempdir().unwrap(), Formats::of(ALL));
    let mut stage = Stage::new(&folder, &formats, &["."]);
    let count = OPEN_MAX as u32 + 40;
    for round in 0..3 {
        for number in 0..count {
            let text = lines(round * count + number..round * count + number + 1);
            stage.append(&format!("{number}.log"), &text);
        }
        assert_eq!(stage.look(), u64::from(count * (round + 1)));
        assert_eq!(stage.follower.open, OPEN_MAX);
    }
}

#[test]
fn what_is_not_there_is_a_problem_unless_it_may_come() {
    let (folder, formats) = (tempfile::tempdir().unwrap(), Formats::of(ALL));
    let stage = Stage::new(&folder, &formats, &["none.log", "*.log", "no/*.log"]);
    assert_eq!(stage.follower.problems().len(), 2);
}
