//! HTTP/2 in clear text (RFC 9113): frames of both sides, and the requests that streams are.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::dialogue::Side;
use super::hpack::Decoder;
use super::stream::At;
use crate::line::Line;
use crate::message;
use crate::tally::Position;
use crate::traffic::{Tell, Told};

/// What a client says first (section 3.4).
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The longest block of fields, in bytes, with all its continuations.
const BLOCK_BYTES_MAX: usize = 1 << 18;

/// The most streams of one connection at a time; before more, the first is told as it is.
const STREAMS_MAX: usize = 256;

/// What a stream costs beside its texts, in bytes.
const STREAM_BYTES: usize = 512;

const HEAD_BYTES: usize = 9;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const PUSH_PROMISE: u8 = 5;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 0x01;
const END_HEADERS: u8 = 0x04;
const PADDED: u8 = 0x08;
const PRIORITY: u8 = 0x20;

/// A connection.
#[derive(Debug)]
pub(crate) struct Http2 {
    client: Frames,
    server: Frames,
    streams: BTreeMap<u32, Stream>,
    cost: usize,
}

/// The frames of one side.
#[derive(Debug, Default)]
struct Frames {
    /// What is there of a frame that is held until it is whole, and of the preface.
    held: Vec<u8>,
    preface_left: usize,
    /// How much of the frame is left that is not held, and the stream whose body it is.
    left: usize,
    of_stream: Option<u32>,
    ends: bool,
    /// How much of its end is no body.
    padding: usize,
    /// The block of fields that is not whole.
    block: Option<Block>,
    decoder: Decoder,
    /// Whether bytes are missing without which the rest is not understood.
    is_lost: bool,
}

#[derive(Debug)]
struct Block {
    stream: u32,
    is_promise: bool,
    ends: bool,
    bytes: Vec<u8>,
}

/// A request and its answer.
#[derive(Debug)]
struct Stream {
    line: Line<'static>,
    packet: u64,
    cost: usize,
    is_answered: bool,
}

/// Bytes of a frame that is not held.
#[derive(Clone, Copy)]
enum Passed<'b> {
    Bytes(&'b [u8]),
    /// So many that were not captured.
    Lost(usize),
}

/// A frame that is whole, or the head of one whose rest is passed over.
struct Frame<'f> {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: &'f [u8],
}

impl Http2 {
    /// A connection whose client says the preface first.
    pub(crate) fn new() -> Http2 {
        let client = Frames { preface_left: PREFACE.len(), ..Frames::default() };
        Http2 { client, server: Frames::default(), streams: BTreeMap::new(), cost: 0 }
    }

    /// A connection that began as HTTP/1, with a request whose answer comes on the first stream.
    pub(crate) fn upgraded(line: Line<'static>, packet: u64) -> Http2 {
        let mut http = Http2::new();
        http.cost = STREAM_BYTES;
        http.streams.insert(1, Stream { line, packet, cost: STREAM_BYTES, is_answered: false });
        http
    }

    /// What it holds, in bytes.
    pub(crate) fn cost(&self) -> usize {
        self.cost + self.client.cost() + self.server.cost()
    }

    /// Takes in what one side says.
    pub(crate) fn bytes(&mut self, side: Side, mut bytes: &[u8], at: At, tell: &mut Tell<'_>) {
        while !bytes.is_empty() {
            let frames = self.frames(side);
            if frames.is_lost {
                return;
            }
            if frames.preface_left > 0 {
                let used = frames.preface_left.min(bytes.len());
                frames.preface_left -= used;
                bytes = bytes.get(used..).unwrap_or_default();
                continue;
            }
            if frames.left > 0 {
                let (passed, rest) = bytes.split_at_checked(frames.left).unwrap_or((bytes, &[]));
                bytes = rest;
                self.pass_over(side, Passed::Bytes(passed), at, tell);
                continue;
            }
            let wanted = frames.wanted();
            let used = wanted.saturating_sub(frames.held.len()).min(bytes.len());
            frames.held.extend_from_slice(bytes.get(..used).unwrap_or_default());
            bytes = bytes.get(used..).unwrap_or_default();
            if frames.held.len() >= frames.wanted() {
                self.frame(side, at, tell);
            }
        }
    }

    /// Passes over bytes that were not captured.
    pub(crate) fn lost(&mut self, side: Side, count: u64, at: At, tell: &mut Tell<'_>) {
        let frames = self.frames(side);
        match usize::try_from(count) {
            Ok(count) if count <= frames.left && frames.held.is_empty() => {
                self.pass_over(side, Passed::Lost(count), at, tell)
            }
            // Which fields come next depends on what was said before.
            _ => frames.is_lost = true,
        }
    }

    /// Nothing more comes.
    pub(crate) fn finish(&mut self, tell: &mut Tell<'_>) {
        for (_, stream) in std::mem::take(&mut self.streams) {
            tell(stream.told());
        }
        self.cost = 0;
    }

    fn frames(&mut self, side: Side) -> &mut Frames {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    /// Goes over so many bytes of a frame that is not held: a body, or what is of no interest.
    fn pass_over(&mut self, side: Side, passed: Passed<'_>, at: At, tell: &mut Tell<'_>) {
        let count = match passed {
            Passed::Bytes(bytes) => bytes.len(),
            Passed::Lost(count) => count,
        };
        let frames = self.frames(side);
        let body = count.min(frames.left.saturating_sub(frames.padding));
        frames.left -= count;
        let (stream, is_over, ends) = (frames.of_stream, frames.left == 0, frames.ends);
        let Some(stream) = stream else { return };
        if let Some(known) = self.streams.get_mut(&stream) {
            let line = &mut known.line;
            let (bytes, gathered) = match side {
                Side::Client => (&mut line.request_bytes, &mut line.request_body),
                Side::Server => (&mut line.bytes, &mut line.answer_body),
            };
            *bytes = Some(bytes.unwrap_or(0).saturating_add(body as u64));
            let before = gathered.cost();
            match passed {
                Passed::Bytes(bytes) => gathered.push(bytes.get(..body).unwrap_or_default()),
                Passed::Lost(_) => gathered.cut(),
            }
            let more = gathered.cost().saturating_sub(before);
            known.cost += more;
            self.cost += more;
        }
        if is_over && ends {
            self.ended(side, stream, at, tell);
        }
    }

    /// A frame, or its head, is there.
    fn frame(&mut self, side: Side, at: At, tell: &mut Tell<'_>) {
        let frames = self.frames(side);
        let held = std::mem::take(&mut frames.held);
        let Some(frame) = Frame::of(&held) else { return };
        match frame.kind {
            DATA => {
                let is_padded = frame.flags & PADDED != 0;
                frames.padding =
                    frame.payload.first().filter(|_| is_padded).map_or(0, |count| usize::from(*count));
                frames.left = frame_length(&held).saturating_sub(frame.payload.len());
                frames.of_stream = Some(frame.stream);
                frames.ends = frame.flags & END_STREAM != 0;
                if frames.left == 0 && frames.ends {
                    self.ended(side, frame.stream, at, tell);
                }
            }
            HEADERS | PUSH_PROMISE | CONTINUATION if frame.payload.len() < frame_length(&held) => {
                frames.lose()
            }
            HEADERS | PUSH_PROMISE => {
                let Some(fragment) = frame.fragment() else { return frames.lose() };
                let is_promise = frame.kind == PUSH_PROMISE;
                let ends = frame.flags & END_STREAM != 0 && !is_promise;
                frames.block =
                    Some(Block { stream: frame.stream, is_promise, ends, bytes: fragment.to_vec() });
                self.continued(side, frame.flags, at, tell);
            }
            CONTINUATION => {
                let Some(block) = &mut frames.block else { return frames.lose() };
                if block.bytes.len() + frame.payload.len() > BLOCK_BYTES_MAX {
                    return frames.lose();
                }
                block.bytes.extend_from_slice(frame.payload);
                self.continued(side, frame.flags, at, tell);
            }
            _ => {
                frames.left = frame_length(&held);
                frames.of_stream = None;
                if frame.kind == RESET
                    && let Some(known) = self.streams.remove(&frame.stream)
                {
                    self.cost -= known.cost;
                    tell(known.told());
                }
            }
        }
    }

    /// A part of a block of fields is there; perhaps it was the last.
    fn continued(&mut self, side: Side, flags: u8, at: At, tell: &mut Tell<'_>) {
        if flags & END_HEADERS == 0 {
            return;
        }
        let frames = self.frames(side);
        let Some(block) = frames.block.take() else { return };
        let mut fields = Vec::new();
        let decoded = frames.decoder.decode(&block.bytes, &mut |name, value| {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            fields.push((text(name), text(value)));
        });
        if decoded.is_err() {
            return frames.lose();
        }
        if !block.is_promise {
            match side {
                Side::Client => self.asked(block.stream, &fields, at, tell),
                Side::Server => self.answered(block.stream, &fields),
            }
        }
        if block.ends {
            self.ended(side, block.stream, at, tell);
        }
    }

    fn asked(&mut self, stream: u32, fields: &[(String, String)], at: At, tell: &mut Tell<'_>) {
        // Fields that come after the body are no request.
        if self.streams.contains_key(&stream) {
            return;
        }
        if self.streams.len() >= STREAMS_MAX
            && let Some((_, first)) = self.streams.pop_first()
        {
            self.cost -= first.cost;
            tell(first.told());
        }
        let mut line = Line { time: at.time, request_bytes: Some(0), ..Line::default() };
        line.protocol = Some(Cow::Borrowed("HTTP/2"));
        for (name, value) in fields {
            match name.as_str() {
                ":method" => message::method(&mut line, value),
                ":path" => {
                    message::url(&mut line, value);
                }
                _ => message::request_field(&mut line, name, value),
            }
        }
        message::all_was_seen(&mut line);
        let cost = STREAM_BYTES + fields.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        self.cost += cost;
        self.streams.insert(stream, Stream { line, packet: at.packet, cost, is_answered: false });
    }

    fn answered(&mut self, stream: u32, fields: &[(String, String)]) {
        let Some(known) = self.streams.get_mut(&stream).filter(|known| !known.is_answered) else { return };
        let status =
            fields.iter().find(|(name, _)| name == ":status").and_then(|(_, value)| value.parse().ok());
        let Some(status) = status.filter(|status| (200..1000).contains(status)) else { return };
        known.is_answered = true;
        known.line.status = Some(status);
        known.line.bytes = Some(0);
        fields.iter().for_each(|(name, value)| message::answer_field(&mut known.line, name, value));
    }

    /// One side has said all on a stream; after the server there is nothing more of interest.
    fn ended(&mut self, side: Side, stream: u32, at: At, tell: &mut Tell<'_>) {
        if side == Side::Client {
            return;
        }
        if let Some(mut known) = self.streams.remove(&stream) {
            self.cost -= known.cost;
            let micros = |time: Option<model::Timestamp>| time.map(model::Timestamp::as_micros);
            let ends = micros(at.time).zip(micros(known.line.time));
            known.line.duration_us = ends.and_then(|(ended, began)| ended.checked_sub(began));
            tell(known.told());
        }
    }
}

impl Stream {
    fn told(self) -> Told<'static> {
        Told::Request(self.line, Position::Packet(self.packet))
    }
}

impl Frames {
    fn cost(&self) -> usize {
        self.held.capacity()
            + self.decoder.cost()
            + self.block.as_ref().map_or(0, |block| block.bytes.capacity())
    }

    fn lose(&mut self) {
        *self = Frames { is_lost: true, ..Frames::default() };
    }

    /// How many bytes of the frame that begins in what is held must be there: all of fields, and only the head of others.
    fn wanted(&self) -> usize {
        let Some(kind) = self.held.get(3).filter(|_| self.held.len() >= HEAD_BYTES) else {
            return HEAD_BYTES;
        };
        match *kind {
            HEADERS | PUSH_PROMISE | CONTINUATION if frame_length(&self.held) <= BLOCK_BYTES_MAX => {
                HEAD_BYTES + frame_length(&self.held)
            }
            // The length of the padding stands first.
            DATA if self.held.get(4).is_some_and(|flags| flags & PADDED != 0)
                && frame_length(&self.held) > 0 =>
            {
                HEAD_BYTES + 1
            }
            _ => HEAD_BYTES,
        }
    }
}

/// How long the payload of a frame is (section 4.1).
fn frame_length(held: &[u8]) -> usize {
    held.get(..3).unwrap_or_default().iter().fold(0, |length, byte| (length << 8) | usize::from(*byte))
}

impl<'f> Frame<'f> {
    fn of(held: &'f [u8]) -> Option<Frame<'f>> {
        let stream = u32::from_be_bytes(*held.get(5..)?.first_chunk()?) & 0x7fff_ffff;
        Some(Frame { kind: *held.get(3)?, flags: *held.get(4)?, stream, payload: held.get(HEAD_BYTES..)? })
    }

    /// The part of a block of fields in it, without padding and what stands before.
    fn fragment(&self) -> Option<&'f [u8]> {
        let mut rest = self.payload;
        let mut padding = 0;
        if self.flags & PADDED != 0 {
            padding = usize::from(*rest.first()?);
            rest = rest.get(1..)?;
        }
        if self.kind == PUSH_PROMISE {
            rest = rest.get(4..)?;
        } else if self.flags & PRIORITY != 0 {
            rest = rest.get(5..)?;
        }
        rest.get(..rest.len().checked_sub(padding)?)
    }
}
