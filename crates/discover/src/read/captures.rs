//! Captures of one run are read as one, in the order of their first packets: a connection may go on in the next file.

use std::io;

use model::Timestamp;

use super::{FileReport, Progress, Sink, Source, Surveys, Target};
use crate::capture::{self, Capture};
use crate::keys::KeyLog;
use crate::tally::Position;
use crate::traffic::{Recording, Told};

/// The most streams that are put together side by side, since they are of the same time; before more, the one that ended
/// first is finished.
const STREAMS_MAX: usize = 4;

/// How far packets may be behind the last one of the file before, which several queues of a card make them.
const DISORDER_US: u64 = 1_000;

/// What captures are told to be in.
const CAPTURE: &str = "pcap";

/// The captures among several sources, in the order of their first packets, and when those came; those without a time are last.
pub(super) fn ordered(sources: &[Source]) -> Vec<(usize, Option<Timestamp>)> {
    let progress = Progress::default();
    let begin = |source: &Source| -> io::Result<Option<Option<Timestamp>>> {
        let recording = Recording::open(source.open(0, &progress.bytes)?)?;
        let capture = recording.filter(|recording| recording.format().id == CAPTURE);
        Ok(capture.map(|capture| capture::begins_at(capture.head())))
    };
    let sources = sources.iter().enumerate().filter(|(_, source)| !source.is_stream());
    // What cannot be read says so when it is read by itself.
    let begun = sources.filter_map(|(file, source)| Some((file, begin(source).ok().flatten()?)));
    let mut captures: Vec<(usize, Option<Timestamp>)> = begun.collect();
    captures.sort_by_key(|(file, time)| (time.is_none(), *time, *file));
    captures
}

/// Captures of one stream of packets.
struct Stream {
    capture: Capture,
    /// The files in order, and how many packets came before each.
    files: Vec<(u64, usize)>,
}

/// Where goes what they tell.
pub(super) struct Heard<'t, 'c> {
    pub(super) surveys: &'t mut Surveys<'c>,
    /// Up to where each source was counted before.
    pub(super) counted: &'t [u64],
    pub(super) progress: &'t Progress,
    /// What was in each, by number.
    pub(super) reports: Vec<FileReport>,
}

impl Heard<'_, '_> {
    /// Reads captures in this order. What is said in one and answered in the next is of the first.
    pub(super) fn read(
        &mut self,
        captures: &[(usize, Option<Timestamp>)],
        sources: &[Source],
        keys: &KeyLog,
    ) {
        let mut streams: Vec<Stream> = Vec::new();
        for (file, begin) in captures {
            let Some(source) = sources.get(*file) else { continue };
            let mut stream = self.stream_before(*begin, &mut streams, keys);
            let Stream { capture, files } = &mut stream;
            files.push((capture.packets(), *file));
            let opened = source.open(0, &self.progress.bytes);
            let read =
                opened.and_then(|mut bytes| capture.read(&mut bytes, &mut |told| self.hear(files, told)));
            if let Some(report) = self.reports.get_mut(*file) {
                report.fault = read.err().map(|error| error.to_string());
            }
            streams.push(stream);
        }
        streams.into_iter().for_each(|stream| self.finish(stream));
    }

    /// The stream that ended last before a capture begins; a new one where all go on meanwhile.
    fn stream_before(
        &mut self,
        begin: Option<Timestamp>,
        streams: &mut Vec<Stream>,
        keys: &KeyLog,
    ) -> Stream {
        let micros = |time: Option<Timestamp>| time.map(Timestamp::as_micros);
        let latest = micros(begin).map(|begin| begin.saturating_add(DISORDER_US));
        let ended = streams.iter().enumerate().filter_map(|(at, stream)| {
            let until = micros(stream.capture.until())?;
            latest.is_some_and(|latest| until <= latest).then_some((until, at))
        });
        if let Some((_, at)) = ended.max() {
            return streams.swap_remove(at);
        }
        if streams.len() >= STREAMS_MAX {
            let first = streams.iter().enumerate().min_by_key(|(_, stream)| stream.capture.until());
            if let Some(at) = first.map(|(at, _)| at) {
                let stream = streams.swap_remove(at);
                self.finish(stream);
            }
        }
        Stream { capture: Capture::new(keys), files: Vec::new() }
    }

    fn finish(&mut self, stream: Stream) {
        let Stream { mut capture, files } = stream;
        capture.end(&mut |told| self.hear(&files, told));
    }

    /// Takes in what is told of packets that are numbered through all `files`.
    fn hear(&mut self, files: &[(u64, usize)], told: Told<'_>) {
        let last = files.last().map_or(0, |(_, file)| *file);
        let (file, told) = match told {
            Told::Next | Told::Nothing => (last, told),
            Told::Request(line, position) => {
                let (file, position) = located(files, position);
                (file, Told::Request(line, position))
            }
            Told::Host(host, position) => {
                let (file, position) = located(files, position);
                (file, Told::Host(host, position))
            }
            Told::Unknown(position, what) => {
                let (file, position) = located(files, position);
                (file, Told::Unknown(position, what))
            }
        };
        let Some(report) = self.reports.get_mut(file) else { return };
        let counted = self.counted.get(file).copied().unwrap_or_default();
        let sink = Sink::Own { surveys: self.surveys, counted };
        let file = u32::try_from(file).unwrap_or(u32::MAX);
        Target { file, sink, report, progress: self.progress }.hear(CAPTURE, told);
    }
}

/// The file that a packet is in, and its number there.
fn located(files: &[(u64, usize)], position: Position) -> (usize, Position) {
    let number = position.number();
    let at = files.partition_point(|(before, _)| *before < number);
    let found = at.checked_sub(1).and_then(|at| files.get(at));
    found.map_or((0, position), |(before, file)| (*file, Position::Packet(number - before)))
}
