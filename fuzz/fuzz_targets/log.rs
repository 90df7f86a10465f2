//! Any lines as a log: nothing panics, and what a line says does not depend on the lines before it, but for columns.
#![no_main]

use discover::logs::{ALL, Entry, Formats, LineReader};
use discover::unwrap;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static FORMATS: LazyLock<Formats> = LazyLock::new(|| Formats::of(ALL));

fuzz_target!(|text: &str| {
    let mut reader = LineReader::new(&FORMATS);
    let has_columns = text.contains('#');
    for raw in text.lines() {
        let line = unwrap(raw);
        let after_others = says(&reader.read(&line));
        assert!(has_columns || after_others == says(&LineReader::new(&FORMATS).read(&line)));
    }
});

/// Whether an entry tells of a request, which can be written as text.
fn says(entry: &Entry<'_>) -> bool {
    match entry {
        Entry::Request(_, line) => !line.to_string().is_empty() || line.time.is_none(),
        Entry::Nothing | Entry::Unknown => false,
    }
}
