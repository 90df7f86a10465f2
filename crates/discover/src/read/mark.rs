//! Tells whether a file was read before, as a whole or up to where it has grown, whatever it is called and packed in now.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};
use std::sync::atomic::AtomicU64;

use aws_lc_rs::digest::{Context, SHA256};
use model::inventory::FileMark;

use super::Source;

/// How much is read at once.
const BUFFER_BYTES: usize = 1 << 18;

/// What is known of a file before it is counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// Up to where it was counted before, in bytes of its text.
    pub counted: u64,
    /// What is to be remembered of it. It is nothing for standard input, which comes once.
    pub marks: Vec<FileMark>,
}

/// Compares a file with those of `known`. Of a log that has grown since only what is new counts; a recording counts as one.
/// What is read is counted in `bytes`.
pub fn marks<'m>(
    source: &Source,
    is_log: bool,
    known: impl IntoIterator<Item = &'m FileMark>,
    bytes: &AtomicU64,
) -> Marks {
    if source.is_stream() {
        return Marks::default();
    }
    let mut digests: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
    for mark in known {
        digests.entry(mark.bytes).or_default().push(&mark.digest);
    }
    let Ok(mut stream) = source.open(0, bytes) else { return Marks::default() };
    let mut marker = Marker { whole: Context::new(&SHA256), bytes: 0, line: None, counted: 0 };
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => marker.add(buffer.get(..count).unwrap_or_default(), &digests),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // What is broken ends here for whoever reads it, too.
            Err(_) => break,
        }
    }
    marker.finish(&source.name, is_log)
}

struct Marker {
    whole: Context,
    bytes: u64,
    /// Up to the end of the last line, without the byte that ends it.
    line: Option<(u64, Context)>,
    counted: u64,
}

impl Marker {
    fn add(&mut self, chunk: &[u8], known: &BTreeMap<u64, Vec<&str>>) {
        let start = self.bytes;
        let line_end = memchr::memrchr(b'\n', chunk).map(|at| start + at as u64);
        let end = start + chunk.len() as u64;
        let mut stops: Vec<u64> = known.range(start + 1..=end).map(|(bytes, _)| *bytes).collect();
        stops.extend(line_end.into_iter().chain([end]));
        stops.sort_unstable();
        stops.dedup();
        for stop in stops {
            let from = usize::try_from(self.bytes - start).unwrap_or(usize::MAX);
            let to = usize::try_from(stop - start).unwrap_or(usize::MAX);
            self.whole.update(chunk.get(from..to).unwrap_or_default());
            self.bytes = stop;
            if line_end == Some(stop) {
                self.line = Some((stop, self.whole.clone()));
            }
            let is_known = |digests: &Vec<&str>| digests.contains(&hex(self.whole.clone()).as_str());
            if known.get(&stop).is_some_and(is_known) {
                self.counted = stop;
            }
        }
    }

    fn finish(self, name: &str, is_log: bool) -> Marks {
        let Marker { whole, bytes, line, counted } = self;
        let ends_with_line = line.as_ref().is_some_and(|(at, _)| at + 1 == bytes);
        let mark = |bytes, context| FileMark { name: name.to_owned(), bytes, digest: hex(context) };
        let line = line.filter(|(at, _)| is_log && *at > 0).map(|(at, context)| mark(at, context));
        let is_whole = counted == bytes || is_log && ends_with_line && counted + 1 == bytes;
        let whole = (!(is_log && ends_with_line) && bytes > 0).then(|| mark(bytes, whole));
        let counted = match is_whole && counted > 0 {
            true => u64::MAX,
            false if is_log => counted,
            false => 0,
        };
        Marks { counted, marks: line.into_iter().chain(whole).collect() }
    }
}

pub(super) fn hex(context: Context) -> String {
    context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::read::sources;

    fn marked(name: &str, bytes: &[u8], is_log: bool, known: &[FileMark]) -> Marks {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let (sources, problems) = sources(&[path]);
        assert_eq!(problems, []);
        marks(&sources[0], is_log, known, &AtomicU64::default())
    }

    #[test]
    fn a_log_is_known_up_to_where_it_has_grown() {
        let check = |old: &str, new: &str, expected: u64| {
            let before = marked("a.log", old.as_bytes(), true, &[]);
            assert_eq!(before.counted, 0);
            assert_eq!(
                marked("b.log", new.as_bytes(), true, &before.marks).counted,
                expected,
                "{old:?} {new:?}"
            );
        };
        check("one\ntwo\n", "one\ntwo\n", u64::MAX);
        check("one\ntwo\n", "one\ntwo\nthree\n", 7);
        check("one\ntwo", "one\ntwo", u64::MAX);
        // The line that was not at its end was counted as it was.
        check("one\ntwo", "one\ntwo\nthree\n", 7);
        check("one\ntwo", "one\ntwo and more\n", 7);
        check("one\ntwo\n", "two\none\n", 0);
        check("one\ntwo\n", "one\n", 0);
        check("", "", 0);
        check("\n", "\n", 0);
    }

    #[test]
    fn a_log_is_known_whatever_it_is_packed_in_and_a_recording_as_a_whole_alone() {
        let text = "a line of a log\n".repeat(50_000);
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(text.as_bytes()).unwrap();
        let packed = packed.finish().unwrap();
        let before = marked("a.log", text.as_bytes(), true, &[]);
        assert_eq!(marked("a.log.1.gz", &packed, true, &before.marks).counted, u64::MAX);
        let cut = &packed[..packed.len() - 9];
        let of_cut = marked("cut.gz", cut, true, &[]);
        assert_eq!(
            marked("cut.gz", cut, true, &of_cut.marks).counted,
            u64::MAX,
            "what is broken is known as it is"
        );

        let recording = marked("a.har", text.as_bytes(), false, &[]);
        assert_eq!(marked("b.har", text.as_bytes(), false, &recording.marks).counted, u64::MAX);
        assert_eq!(marked("b.har", format!("{text}x").as_bytes(), false, &recording.marks).counted, 0);
    }
}
