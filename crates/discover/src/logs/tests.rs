//! Every format reads its own examples as its page says, and refuses those of all others.

use super::*;

/// An example of a page: the lines, of which the last one tells of a request, and what that says.
struct Example {
    lines: &'static str,
    says: &'static str,
}

fn examples(format: &Format) -> Vec<Example> {
    let blocks = |mark: &str| -> Vec<&'static str> {
        let parts = format.doc.split(mark).skip(1);
        parts
            .filter_map(|part| part.split("\n~~~").next())
            .map(|block| block.trim_start_matches('\n'))
            .collect()
    };
    let (lines, says) = (blocks("~~~line"), blocks("~~~says"));
    assert_eq!(lines.len(), says.len(), "{}", format.id);
    lines.into_iter().zip(says).map(|(lines, says)| Example { lines, says }).collect()
}

/// What the last of `lines` says in one of `formats`, and which of them that is.
fn read(formats: &Formats, lines: &str) -> Option<(&'static str, String)> {
    let mut reader = LineReader::new(formats);
    match lines.lines().map(|line| reader.read(line)).last()? {
        Entry::Request(id, line) => Some((id, line.to_string())),
        Entry::Nothing | Entry::Unknown => None,
    }
}

#[test]
fn every_format_reads_its_own_examples_and_no_other_does() {
    for format in ALL {
        assert!(!examples(format).is_empty(), "{}", format.id);
        for Example { lines, says } in examples(format) {
            for other in ALL {
                let read = read(&Formats::of(&[other]), lines);
                let expected = (other.id == format.id).then(|| (format.id, says.to_owned()));
                assert_eq!(read, expected, "{} reads an example of {}: {lines}", other.id, format.id);
            }
            assert_eq!(read(&Formats::of(ALL), lines), Some((format.id, says.to_owned())));
        }
    }
}

#[test]
fn every_format_is_documented_and_they_stand_in_order() {
    assert!(ALL.is_sorted_by_key(|format| format.id));
    for format in ALL {
        assert!(format.source.starts_with("https://"), "{}", format.id);
        assert!(!format.product.is_empty() && format.doc.len() > 80, "{}", format.id);
        if let Syntax::Text(patterns) = format.syntax {
            patterns.iter().for_each(|text| assert!(Pattern::parse(text).is_ok(), "{}: {text}", format.id));
        }
    }
}

#[test]
fn lines_of_several_formats_may_stand_in_one_file() {
    let formats = Formats::of(ALL);
    let mut reader = LineReader::new(&formats);
    for _ in 0..2 {
        for format in ALL {
            let lines = examples(format).swap_remove(0).lines;
            let last = lines
                .lines()
                .map(|line| matches!(reader.read(line), Entry::Request(id, _) if id == format.id));
            assert_eq!(last.last(), Some(true), "{}", format.id);
        }
    }
}
