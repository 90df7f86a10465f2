//! How many bytes of captures are read a second, beside tshark, on one core.

mod speech;
mod tape;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use super::beside::{self, Input, Reader};
use super::chance::Chance;
use super::request::Requests;
use super::{Arguments, machine, write};
use crate::failure::{Outcome, because};
use crate::say;
use crate::tools;
use tape::Packet;

/// Connections that are open at a time.
const OPEN: usize = 64;
/// Of a hundred connections those that speak HTTP/2.
const HTTP2_PERCENT: u64 = 30;
/// The most requests of one connection.
const REQUESTS_MAX: u64 = 24;

/// What tshark prints of each request and each answer.
const FIELDS: &[&str] = &[
    "frame.time_epoch",
    "ip.src",
    "ip.dst",
    "http.request.method",
    "http2.headers.method",
    "http.host",
    "http2.headers.authority",
    "http.request.uri",
    "http2.headers.path",
    "http.response.code",
    "http2.headers.status",
    "http.content_type",
    "http2.headers.content_type",
    "http.content_length",
    "http.user_agent",
    "http2.headers.user_agent",
    "http.authorization",
    "http2.headers.authorization",
    "http.cookie",
];

/// Where the methods stand among [`FIELDS`].
const METHODS: std::ops::Range<usize> = 3..5;

const MESSAGES: &str = "http.request or http.response or http2.headers";

pub(super) fn run(arguments: &Arguments, program: &Path) -> Outcome<()> {
    let path = beside::folder()?.join("traffic.pcap");
    let bytes =
        generate(&path, arguments.requests).map_err(because(format!("cannot write `{}`", path.display())))?;
    let input = Input { name: "pcap", bytes, amount: bytes as f64 / 1e6 };
    let rows = beside::rows(&input, &mut readers(program, &path)?, arguments.rounds)?;
    std::fs::remove_file(&path).map_err(because(format!("cannot remove `{}`", path.display())))?;
    let head = beside::head("capture", "MB/s", "requests");
    let report = format!("{head}{rows}\n{}", beside::circumstances(arguments, &notes(arguments.requests)));
    say::result(&report);
    if arguments.write { write("traffic", report.trim_end()) } else { Ok(()) }
}

fn readers(program: &Path, capture: &Path) -> Outcome<[Reader; 2]> {
    let own = ["discover", "traffic", "--dry-run", "--workers", "1", "--format", "json"];
    let mut palisade = beside::command(program, &own);
    palisade.arg(capture);
    let options = ["-n", "-o", "tcp.reassemble_out_of_order:TRUE", "-Y", MESSAGES, "-T", "fields"];
    let mut tshark = beside::command(&tools::debian("tshark", "tshark")?, &options);
    tshark.args(FIELDS.iter().flat_map(|field| ["-e", field])).arg("-r").arg(capture);
    Ok([
        Reader { name: "palisade discover traffic", command: palisade, found: beside::requests_of_palisade },
        Reader { name: "tshark", command: tshark, found: of_tshark },
    ])
}

/// Methods in what it printed: of several messages in one packet they stand behind each other, with commas between.
fn of_tshark(printed: &str) -> Option<u64> {
    let methods = printed.lines().flat_map(|line| line.split('\t').take(METHODS.end).skip(METHODS.start));
    Some(methods.map(|methods| methods.split(',').filter(|method| !method.is_empty()).count() as u64).sum())
}

/// Writes a capture with so many requests; how many bytes it has.
fn generate(path: &Path, requests: usize) -> std::io::Result<u64> {
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(&tape::head())?;
    let mut written = 0_u64;
    each_packet(requests, |packet| {
        written += 1;
        file.write_all(&packet.record(written))
    })?;
    file.flush()?;
    Ok(file.get_ref().metadata()?.len())
}

/// The packets of as many connections as so many requests take, of which some are open at a time.
fn each_packet(requests: usize, mut put: impl FnMut(&Packet) -> std::io::Result<()>) -> std::io::Result<()> {
    let mut chance = Chance::of(11);
    let (mut all, mut left) = (Requests::default(), requests);
    let mut open: Vec<std::vec::IntoIter<Packet>> = Vec::new();
    let mut number = 0;
    loop {
        while open.len() < OPEN && left > 0 {
            let count = left.min(1 + chance.below(REQUESTS_MAX) as usize);
            let asked: Vec<_> = all.by_ref().take(count).collect();
            let is_http2 = chance.percent(HTTP2_PERCENT);
            open.push(speech::connection(number, &asked, is_http2, &mut chance).into_iter());
            number += 1;
            left -= count;
        }
        if open.is_empty() {
            return Ok(());
        }
        let turn = chance.below(open.len() as u64) as usize;
        match open.get_mut(turn).and_then(Iterator::next) {
            Some(packet) => put(&packet)?,
            None => drop(open.swap_remove(turn)),
        }
    }
}

fn notes(requests: usize) -> Vec<String> {
    vec![
        format!(
            "the file has {requests} requests with their answers, generated, the same in each run: {OPEN} connections of TCP at a time, \
             of a hundred {HTTP2_PERCENT} with HTTP/2 in clear text and the rest with HTTP/1.1, bodies in JSON; {}",
            tape::DISTURBANCES
        ),
        "palisade discover traffic: puts connections together, takes in both messages of each request, learns templates of paths and \
         the fields of bodies, and counts by operation; `--dry-run`, one worker"
            .to_owned(),
        format!(
            "tshark: {}; `-n`, puts connections together in order (`tcp.reassemble_out_of_order`), and prints {} fields of each request \
             and each answer, a line a packet; pairs, learns and counts nothing",
            machine::said("tshark", &["--version"]).trim_end_matches('.'),
            FIELDS.len()
        ),
    ]
}

#[test]
fn a_capture_has_each_request_once_and_in_both_protocols() {
    let (mut http1, mut http2) = (0, 0);
    each_packet(500, |packet| {
        let text = String::from_utf8_lossy(packet.payload());
        http1 += u64::from(text.contains(" HTTP/1.1\r\n"));
        http2 += u64::from(text.starts_with("PRI * HTTP/2.0"));
        Ok(())
    })
    .expect("written");
    assert!((250..600).contains(&http1) && http2 > 5, "{http1} {http2}");
}

#[test]
fn requests_are_read_from_what_tshark_prints() {
    assert_eq!(of_tshark("1\ta\tb\tGET\t\th\n2\ta\tb\t\tGET,POST\n3\tb\ta\t\t\t\n"), Some(3));
}
