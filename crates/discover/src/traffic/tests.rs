//! Every format reads its own examples as its page says, and refuses those of all others.

use super::*;

/// What the blocks of a page after `mark` hold.
fn blocks(format: &Format, mark: &str) -> Vec<&'static str> {
    let parts = format.doc.split(mark).skip(1);
    parts.filter_map(|part| part.split("\n~~~").next()).map(|block| block.trim_start_matches('\n')).collect()
}

/// What `file` tells, a line each.
fn told(file: &[u8]) -> Option<(&'static str, Vec<String>)> {
    let mut lines = Vec::new();
    let recording = Recording::open(file).unwrap()?;
    let id = recording.format().id;
    let read = recording.read(&KeyLog::default(), &mut |told| match told {
        Told::Next => {}
        Told::Request(line, at) => lines.push(format!("{}: {line}", at.number())),
        Told::Host(host, at) => lines.push(format!("{}: {host:?}", at.number())),
        Told::Nothing => lines.push("nothing".to_owned()),
        Told::Unknown(at, _) => lines.push(format!("{}: unknown", at.number())),
    });
    read.unwrap();
    Some((id, lines))
}

#[test]
fn every_format_reads_its_own_examples() {
    for format in ALL {
        let (files, says) = (blocks(format, "~~~file"), blocks(format, "~~~says"));
        // Packets are no text: the tests of captures write them.
        assert!(!files.is_empty() || matches!(format.mark, Mark::Bytes(_)), "{}", format.id);
        assert_eq!(files.len(), says.len(), "{}", format.id);
        for (file, says) in files.into_iter().zip(says) {
            assert_eq!(told(file.as_bytes()), Some((format.id, says.lines().map(str::to_owned).collect())));
        }
    }
}

#[test]
fn every_format_is_documented_and_they_stand_in_order() {
    assert!(ALL.is_sorted_by_key(|format| format.id));
    for format in ALL {
        assert!(format.source.starts_with("https://"), "{}", format.id);
        assert!(!format.product.is_empty() && format.doc.len() > 80, "{}", format.id);
    }
}

#[test]
fn what_is_no_recording_is_none() {
    for file in ["", "{", "[]", "{\"logs\":{}}", "<html>", "GET / HTTP/1.1\r\n\r\n", "\u{0}"] {
        assert_eq!(told(file.as_bytes()), None, "{file}");
    }
}
