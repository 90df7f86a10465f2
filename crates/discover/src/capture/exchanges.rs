//! Requests of one connection, each with the answer that belongs to it: answers come in the order of the requests.

use std::collections::VecDeque;

use super::head::{self, AnswerHead};
use super::messages::{Event, Framing};
use super::stream::At;
use crate::body::Body;
use crate::line::Line;
use crate::message;
use crate::tally::Position;
use crate::traffic::{Tell, Told};

/// The most requests of one connection that wait for their answers; before more, the first is told without one.
const WAITING_MAX: usize = 256;

/// What a request costs that waits, in bytes, beside its texts.
const REQUEST_BYTES: usize = 512;

/// A protocol that a connection goes over to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Switched {
    /// HTTP/2 in clear text (RFC 7540, section 3.2).
    Http2,
    /// A tunnel to another server.
    Tunnel,
    /// One that is not looked into, as that of WebSockets.
    Other,
}

/// Requests and answers of one connection.
#[derive(Debug, Default)]
pub(crate) struct Exchanges {
    waiting: VecDeque<Exchange>,
    /// Whether an answer is read for the first that waits, and whether it is one that comes before the real one.
    answering: Answering,
    pub(crate) switched: Option<Switched>,
    /// Whether answers were lost, so that the next may not be for the first that waits.
    lost_answers: bool,
    cost: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Answering {
    #[default]
    Nothing,
    Interim,
    Final,
    /// An answer to a request that was not seen.
    Unasked,
}

#[derive(Debug)]
struct Exchange {
    line: Line<'static>,
    packet: u64,
    /// How many bytes the client had sent before the request, and with its end.
    start: u64,
    end: u64,
    cost: usize,
    is_head: bool,
    is_connect: bool,
    is_bare: bool,
    asks_h2c: bool,
    is_asked: bool,
    is_answered: bool,
}

impl Exchanges {
    /// What the waiting requests cost, in bytes.
    pub(crate) fn cost(&self) -> usize {
        self.cost
    }

    /// Whether no request waits for its answer.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether the next answer may have no head.
    pub(crate) fn may_be_bare(&self) -> bool {
        self.waiting.iter().find(|exchange| !exchange.is_answered).is_some_and(|exchange| exchange.is_bare)
    }

    /// Something happened in what the client sends.
    pub(crate) fn asked(&mut self, event: Event<'_>, at: At, tell: &mut Tell<'_>) -> Framing {
        match event {
            Event::Head(head, began) => return self.ask(head, began, at, tell),
            Event::Body(_) | Event::Missing(_) => {
                if let Some(last) = self.waiting.back_mut().filter(|last| !last.is_asked) {
                    let body = &mut last.line.request_body;
                    let (count, more) = take(body, event);
                    last.line.request_bytes =
                        Some(last.line.request_bytes.unwrap_or(0).saturating_add(count));
                    last.cost += more;
                    self.cost += more;
                }
            }
            Event::End | Event::Lost => {
                if let Some(last) = self.waiting.back_mut() {
                    if matches!(event, Event::Lost) {
                        last.line.request_body.cut();
                    }
                    last.is_asked = true;
                    last.end = at.end;
                }
                self.tell_whole(tell);
            }
            Event::Nonsense => tell(Told::Nothing),
        }
        Framing::UntilClose
    }

    fn ask(&mut self, head: &[u8], began: At, at: At, tell: &mut Tell<'_>) -> Framing {
        if self.waiting.len() >= WAITING_MAX {
            self.tell_first(tell);
        }
        let mut line = Line { time: began.time, request_bytes: Some(0), ..Line::default() };
        let said = head::request(head, &mut line);
        message::all_was_seen(&mut line);
        let cost = REQUEST_BYTES + head.len();
        self.cost += cost;
        self.waiting.push_back(Exchange {
            line,
            packet: began.packet,
            start: began.start,
            end: at.end,
            cost,
            is_head: said.is_head,
            is_connect: said.is_connect,
            is_bare: said.is_bare,
            asks_h2c: said.body.is_h2c,
            is_asked: false,
            is_answered: false,
        });
        if said.body.is_chunked { Framing::Chunked } else { Framing::Length(said.body.length.unwrap_or(0)) }
    }

    /// Something happened in what the server sends.
    pub(crate) fn answered(&mut self, event: Event<'_>, at: At, tell: &mut Tell<'_>) -> Framing {
        match event {
            Event::Head(head, began) => return self.answer(head, began, tell),
            Event::Body(_) | Event::Missing(_) => {
                if self.answering == Answering::Final
                    && let Some(first) = self.waiting.front_mut()
                {
                    let (count, more) = take(&mut first.line.answer_body, event);
                    first.line.bytes = Some(first.line.bytes.unwrap_or(0).saturating_add(count));
                    first.cost += more;
                    self.cost += more;
                }
            }
            Event::End | Event::Lost => {
                let is_lost = matches!(event, Event::Lost);
                self.lost_answers |= is_lost;
                if self.answering == Answering::Final
                    && let Some(first) = self.waiting.front_mut()
                {
                    if is_lost {
                        first.line.answer_body.cut();
                    }
                    first.is_answered = true;
                    let began = first.line.time.map(model::Timestamp::as_micros);
                    let ended = at.time.map(model::Timestamp::as_micros);
                    first.line.duration_us =
                        ended.zip(began).and_then(|(ended, began)| ended.checked_sub(began));
                }
                self.answering = Answering::Nothing;
                self.tell_whole(tell);
            }
            Event::Nonsense => {
                self.lost_answers = true;
                tell(Told::Nothing);
            }
        }
        Framing::UntilClose
    }

    fn answer(&mut self, head: &[u8], began: At, tell: &mut Tell<'_>) -> Framing {
        // An answer that is there before its request was over leaves that as far as it is.
        while self.waiting.front().is_some_and(|first| first.is_answered) {
            self.tell_first(tell);
        }
        if self.lost_answers {
            // Who asks one after the other has had the answers to all but the last request that the server had seen.
            while self.waiting.get(1).is_some_and(|next| next.is_asked && next.end <= began.seen) {
                self.tell_first(tell);
            }
            self.lost_answers = false;
        }
        // What the server had not seen when it answered is not what it answers.
        let is_of = |first: &&mut Exchange| began.seen == 0 || began.seen > first.start;
        let Some(first) = self.waiting.front_mut().filter(is_of) else {
            let said = head::answer(head, &mut Line::default());
            self.answering = Answering::Unasked;
            tell(Told::Nothing);
            return framing(&said, false);
        };
        if head.is_empty() {
            self.answering = Answering::Final;
            return Framing::UntilClose;
        }
        let said = head::answer(head, &mut first.line);
        match said.status {
            Some(101) => {
                let is_http2 = first.asks_h2c && said.body.is_h2c;
                first.line.status = Some(101);
                self.switched = Some(if is_http2 { Switched::Http2 } else { Switched::Other });
                // The real answer to what asked for HTTP/2 comes there, and tells of the same request.
                if is_http2 {
                    first.line.status = None;
                } else {
                    first.is_answered = true;
                    self.tell_first(tell);
                }
                Framing::Switch
            }
            Some(100..200) => {
                self.answering = Answering::Interim;
                Framing::Length(0)
            }
            status => {
                self.answering = Answering::Final;
                first.line.status = status;
                first.line.bytes = Some(0);
                if first.is_connect && status.is_some_and(|status| (200..300).contains(&status)) {
                    self.switched = Some(Switched::Tunnel);
                    self.tell_first(tell);
                    return Framing::Switch;
                }
                framing(&said, first.is_head)
            }
        }
    }

    /// The request that still waits when the protocol is switched: its answer comes in the other one.
    pub(crate) fn take_first(&mut self) -> Option<(Line<'static>, u64)> {
        let first = self.waiting.pop_front()?;
        self.cost -= first.cost;
        Some((first.line, first.packet))
    }

    /// Tells everything that waits: nothing more comes.
    pub(crate) fn finish(&mut self, tell: &mut Tell<'_>) {
        while !self.waiting.is_empty() {
            self.tell_first(tell);
        }
    }

    fn tell_whole(&mut self, tell: &mut Tell<'_>) {
        while self.waiting.front().is_some_and(|first| first.is_asked && first.is_answered) {
            self.tell_first(tell);
        }
    }

    fn tell_first(&mut self, tell: &mut Tell<'_>) {
        if let Some(first) = self.waiting.pop_front() {
            self.cost -= first.cost;
            tell(Told::Request(first.line, Position::Packet(first.packet)));
        }
    }
}

/// Takes in a part of a body: how many bytes it had, and how many more are held now.
fn take(body: &mut Body, event: Event<'_>) -> (u64, usize) {
    let before = body.cost();
    let count = match event {
        Event::Body(bytes) => {
            body.push(bytes);
            bytes.len() as u64
        }
        Event::Missing(count) => {
            body.cut();
            count
        }
        _ => 0,
    };
    (count, body.cost().saturating_sub(before))
}

/// How the body of an answer is framed (RFC 9112, section 6.3).
fn framing(said: &AnswerHead, is_head: bool) -> Framing {
    match said.status {
        _ if is_head => Framing::Length(0),
        Some(100..200 | 204 | 304) => Framing::Length(0),
        _ if said.body.is_chunked => Framing::Chunked,
        _ => said.body.length.map_or(Framing::UntilClose, Framing::Length),
    }
}
