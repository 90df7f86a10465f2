//! Real captures: the requests that are told, held against what Zeek saw in the same packets. Skipped with a word where they are absent.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use discover::KeyLog;
use discover::traffic::{Recording, Told};

const TRAFFIC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/traffic");

/// How the two agree, capture by capture, and why they differ where they do.
const AGREEMENT: &str = include_str!("zeek.txt");

/// What Zeek calls what a request says, as far as both tell it.
const FIELDS: [&str; 6] = ["method", "host", "uri", "request_body_len", "response_body_len", "status_code"];

type Request = BTreeMap<&'static str, String>;

fn folder(name: &str) -> Option<Vec<PathBuf>> {
    let path = Path::new(TRAFFIC).join(name);
    let Ok(entries) = std::fs::read_dir(&path) else {
        println!("skipped: no `{}`", path.display());
        return None;
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    Some(paths)
}

/// The requests in a capture, how many packets it has, and whether it was read to its end.
fn read(path: &Path) -> (Vec<Request>, u64, bool) {
    let file = File::open(path).unwrap();
    let is_packed = path.extension().is_some_and(|extension| extension == "gz");
    let stream: Box<dyn Read> =
        if is_packed { Box::new(flate2::read::MultiGzDecoder::new(file)) } else { Box::new(file) };
    let (mut requests, mut packets) = (Vec::new(), 0);
    let recording = Recording::open(stream).unwrap().unwrap();
    assert_eq!(recording.format().id, "pcap");
    let result = recording.read(&KeyLog::default(), &mut |told| match told {
        Told::Next => packets += 1,
        Told::Request(line, _) => {
            let text = |value: &Option<std::borrow::Cow<'_, str>>| value.as_deref().unwrap_or("-").to_owned();
            let query = line.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
            let status = line.status.map_or("-".to_owned(), |status| status.to_string());
            requests.push(Request::from([
                ("method", text(&line.method)),
                ("host", text(&line.host)),
                ("uri", text(&line.path) + &query),
                ("request_body_len", line.request_bytes.unwrap_or(0).to_string()),
                ("response_body_len", line.bytes.unwrap_or(0).to_string()),
                ("status_code", status),
            ]));
        }
        Told::Host(..) | Told::Nothing | Told::Unknown(..) => {}
    });
    (requests, packets, result.is_ok())
}

/// The rows of a log of Zeek, with the columns that are compared.
fn rows(log: &Path) -> Vec<Request> {
    let text = String::from_utf8_lossy(&std::fs::read(log).unwrap()).into_owned();
    let mut names: Vec<&str> = Vec::new();
    let mut rows = Vec::new();
    for line in text.lines() {
        if let Some(columns) = line.strip_prefix("#fields\t") {
            names = columns.split('\t').collect();
        } else if line.starts_with('#') || line.is_empty() {
        } else if names.is_empty() {
            names = line.split('\t').collect();
        } else {
            let values = names.iter().zip(line.split('\t'));
            let known = values.filter_map(|(name, value)| {
                Some((*FIELDS.iter().find(|known| *known == name)?, value.to_owned()))
            });
            rows.push(known.collect());
        }
    }
    rows
}

/// Whether both tell the same, but for how it is written.
fn is_same(zeek: &Request, ours: &Request) -> bool {
    zeek.iter().all(|(name, value)| {
        let ours = &ours[name];
        match *name {
            // Of HTTP/0.9 there is no status.
            "status_code" => value == ours || (value == "0" && ours == "-"),
            "host" => value.strip_suffix(":80").unwrap_or(value) == ours,
            // Zeek takes the percents off.
            "uri" => value == ours || *value == unescaped(ours),
            _ => value == ours,
        }
    })
}

/// A path without percents.
fn unescaped(path: &str) -> String {
    let mut parts = path.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        bytes.extend(u8::from_str_radix(digits, 16).ok());
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// How many rows have a request that says the same, and how many requests are left.
fn compared(rows: &[Request], mut ours: Vec<Request>) -> (usize, usize) {
    let mut agree = 0;
    for row in rows {
        match ours.iter().position(|ours| is_same(row, ours)) {
            Some(at) => {
                ours.remove(at);
                agree += 1;
            }
            None => println!("    zeek {row:?}"),
        }
    }
    ours.iter().for_each(|ours| println!("    ours {ours:?}"));
    (agree, ours.len())
}

#[test]
fn every_capture_is_read_to_its_end() {
    let Some(paths) = folder("zeek-http") else { return };
    let (mut requests, mut packets) = (0, 0);
    for path in &paths {
        let (found, count, is_whole) = read(path);
        assert!(is_whole && count > 0, "{}", path.display());
        requests += found.len();
        packets += count;
    }
    println!("{} captures, {packets} packets, {requests} requests", paths.len());
    assert_eq!((paths.len(), requests), (79, 1221));
}

#[test]
fn requests_are_those_that_zeek_saw() {
    let (Some(captures), Some(logs)) = (folder("zeek-http"), folder("zeek-http-expected")) else { return };
    let mut found = String::new();
    let (mut all, mut all_asked, mut all_agree) = (0, 0, 0);
    for line in AGREEMENT.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (facts, why) = line.split_once(" | ").unwrap_or((line, ""));
        let words: Vec<&str> = facts.split_whitespace().collect();
        let named = |paths: &[PathBuf], name: &str| {
            paths.iter().find(|path| path.file_name().unwrap() == name).unwrap().clone()
        };
        let rows = rows(&named(&logs, &format!("scripts.base.protocols.http.{}.log", words[0])));
        println!("{} {}", words[0], words[1]);
        let (agree, more) = compared(&rows, read(&named(&captures, words[1])).0);
        let is_explained = !why.trim().is_empty();
        assert_eq!(agree < rows.len() || more > 0, is_explained, "{line}");
        let end = if is_explained { format!(" | {why}") } else { String::new() };
        writeln!(found, "{} {} {} {agree} {more}{end}", words[0], words[1], rows.len()).unwrap();
        (all, all_agree) = (all + rows.len(), all_agree + agree);
        all_asked += rows.iter().filter(|row| row.get("method").is_none_or(|method| method != "-")).count();
    }
    println!("{all_agree} of {all} rows agree, {all_asked} of which tell of a request");
    print!("{found}");
    let expected: Vec<&str> =
        AGREEMENT.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    assert_eq!(found.lines().collect::<Vec<_>>(), expected);
}
