//! Messages of HTTP/1 in one direction: where heads and bodies begin and end, also behind bytes that are lost.
//!
//! It is no gate but a witness: what a peer may have understood is told, however it is written.

use super::stream::At;

/// The longest head, in bytes.
const HEAD_BYTES_MAX: usize = 1 << 16;

/// The longest line that says how long a chunk is, in bytes.
const SIZE_LINE_BYTES_MAX: usize = 1 << 10;

/// What a reader finds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Event<'e> {
    /// The head of a message, and where it began. The answer says how the body is framed.
    Head(&'e [u8], At),
    /// Bytes of the body.
    Body(&'e [u8]),
    /// So many bytes of the body are lost.
    Missing(u64),
    /// The message is over.
    End,
    /// The rest of the message is lost, and perhaps others behind it.
    Lost,
    /// Bytes that are no message.
    Nonsense,
}

/// How the body of a message is framed (RFC 9112, section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// So many bytes.
    Length(u64),
    Chunked,
    UntilClose,
    /// There is no further message: what follows is of another protocol.
    Switch,
}

/// Which messages stand in a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Request,
    Answer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Head,
    Body(u64),
    ChunkSize,
    Chunk(u64),
    /// The line end behind a chunk.
    ChunkEnd,
    Trailer,
    UntilClose,
    /// Where messages begin is not known.
    Lost,
    Switched,
}

/// A reader of one direction.
#[derive(Debug)]
pub(crate) struct Messages {
    kind: Kind,
    state: State,
    /// The line or the head that is not whole yet.
    held: Vec<u8>,
    /// Where the held began.
    began: At,
    /// How long the lines of the head are that are whole.
    lines: usize,
    /// Whether what comes may be an answer without head, as HTTP/0.9 has it.
    may_be_bare: bool,
}

impl Messages {
    /// A reader that stands before a message, or somewhere in the middle of one.
    pub(crate) fn new(kind: Kind, is_at_start: bool) -> Messages {
        let state = if is_at_start { State::Head } else { State::Lost };
        Messages { kind, state, held: Vec::new(), began: At::default(), lines: 0, may_be_bare: false }
    }

    /// What it holds, in bytes.
    pub(crate) fn cost(&self) -> usize {
        self.held.capacity()
    }

    /// Says whether the next answer may have no head.
    pub(crate) fn expect_bare(&mut self, may_be_bare: bool) {
        self.may_be_bare = may_be_bare;
    }

    /// Reads on. What is left belongs to the protocol that was switched to.
    pub(crate) fn feed<'b>(
        &mut self,
        mut bytes: &'b [u8],
        at: At,
        tell: &mut dyn FnMut(Event<'_>) -> Framing,
    ) -> &'b [u8] {
        while !bytes.is_empty() && self.state != State::Switched {
            let used = match self.state {
                State::Head => self.head(bytes, at, tell),
                State::Body(left) => self.body(bytes, left, tell),
                State::ChunkSize => self.chunk_size(bytes, tell),
                State::Chunk(left) => self.chunk(bytes, left, tell),
                State::ChunkEnd => self.chunk_end(bytes, tell),
                State::Trailer => self.trailer(bytes, tell),
                State::UntilClose => {
                    tell(Event::Body(bytes));
                    bytes.len()
                }
                State::Lost => self.search(bytes),
                State::Switched => 0,
            };
            bytes = bytes.get(used..).unwrap_or_default();
        }
        bytes
    }

    /// Passes over bytes that were not captured.
    pub(crate) fn lose(&mut self, count: u64, tell: &mut dyn FnMut(Event<'_>) -> Framing) {
        match self.state {
            State::Body(left) if count <= left => {
                tell(Event::Missing(count));
                self.go_on(left - count, tell);
            }
            State::Chunk(left) if count <= left => {
                tell(Event::Missing(count));
                self.state = if count == left { State::ChunkEnd } else { State::Chunk(left - count) };
            }
            State::UntilClose => {
                tell(Event::Missing(count));
            }
            State::Switched | State::Lost => {}
            _ => self.get_lost(tell),
        }
    }

    /// Says that nothing more comes.
    pub(crate) fn end(&mut self, tell: &mut dyn FnMut(Event<'_>) -> Framing) {
        match self.state {
            State::UntilClose => {
                tell(Event::End);
            }
            // A head that was not ended was sent all the same, and answered by some.
            State::Head if self.lines > 0 => self.whole_head(tell),
            State::Head | State::Lost | State::Switched => return,
            _ => {}
        }
        if !matches!(self.state, State::Head | State::UntilClose) {
            tell(Event::Lost);
        }
        self.state = State::Lost;
    }

    fn get_lost(&mut self, tell: &mut dyn FnMut(Event<'_>) -> Framing) {
        self.held.clear();
        self.lines = 0;
        self.state = State::Lost;
        tell(Event::Lost);
    }

    /// Takes a line, or what is there of one, into what is held: how much was used, and whether the line is whole.
    fn line(&mut self, bytes: &[u8], bytes_max: usize) -> (usize, Option<bool>) {
        let end = memchr::memchr(b'\n', bytes).map(|end| end + 1);
        let used = end.unwrap_or(bytes.len());
        if self.held.len() + used > bytes_max {
            return (used, None);
        }
        self.held.extend_from_slice(bytes.get(..used).unwrap_or_default());
        (used, Some(end.is_some()))
    }

    fn head(&mut self, bytes: &[u8], at: At, tell: &mut dyn FnMut(Event<'_>) -> Framing) -> usize {
        if self.held.is_empty() {
            self.began = at;
            if self.may_be_bare && !may_be_version(bytes) {
                tell(Event::Head(b"", at));
                self.state = State::UntilClose;
                return 0;
            }
        }
        let (used, is_whole) = self.line(bytes, HEAD_BYTES_MAX);
        match is_whole {
            None => self.get_lost(tell),
            Some(false) if self.lines == 0 && !self.may_begin() => self.nonsense(tell),
            Some(false) => {}
            Some(true) => {
                let line = self.held.get(self.lines..).unwrap_or_default();
                let is_empty = line.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
                match (self.lines, is_empty) {
                    // Line ends before a message are passed over (RFC 9112, section 2.2).
                    (0, true) => self.held.clear(),
                    (0, false) if !self.is_first_line(line, false) => self.nonsense(tell),
                    (0, false) if self.kind == Kind::Request && !self.is_first_line(line, true) => {
                        self.lines = self.held.len();
                        self.whole_head(tell);
                    }
                    (_, true) => self.whole_head(tell),
                    (_, false) => self.lines = self.held.len(),
                }
            }
        }
        used
    }

    fn nonsense(&mut self, tell: &mut dyn FnMut(Event<'_>) -> Framing) {
        tell(Event::Nonsense);
        self.held.clear();
        self.lines = 0;
        self.state = State::Lost;
    }

    fn whole_head(&mut self, tell: &mut dyn FnMut(Event<'_>) -> Framing) {
        let framing = tell(Event::Head(&self.held, self.began));
        self.held = Vec::new();
        self.lines = 0;
        match framing {
            Framing::Length(length) => self.go_on(length, tell),
            Framing::Chunked => self.state = State::ChunkSize,
            Framing::UntilClose => self.state = State::UntilClose,
            Framing::Switch => self.state = State::Switched,
        }
    }

    /// So many bytes of a body are left.
    fn go_on(&mut self, left: u64, tell: &mut dyn FnMut(Event<'_>) -> Framing) {
        if left > 0 {
            self.state = State::Body(left);
        } else {
            self.state = State::Head;
            tell(Event::End);
        }
    }

    fn body(&mut self, bytes: &[u8], left: u64, tell: &mut dyn FnMut(Event<'_>) -> Framing) -> usize {
        let used = left.min(bytes.len() as u64);
        tell(Event::Body(bytes.get(..used as usize).unwrap_or_default()));
        self.go_on(left - used, tell);
        used as usize
    }

    fn chunk_size(&mut self, bytes: &[u8], tell: &mut dyn FnMut(Event<'_>) -> Framing) -> usize {
        let (used, is_whole) = self.line(bytes, SIZE_LINE_BYTES_MAX);
        if is_whole == Some(false) {
            return used;
        }
        let line = String::from_utf8_lossy(&self.held).into_owned();
        let digits = line.split([';', '\r', '\n']).next().unwrap_or_default().trim();
        let size = u64::from_str_radix(digits, 16).ok().filter(|_| is_whole.is_some());
        self.held.clear();
        match size {
            Some(0) => self.state = State::Trailer,
            Some(size) => self.state = State::Chunk(size),
            None => self.get_lost(tell),
        }
        used
    }

    fn chunk(&mut self, bytes: &[u8], left: u64, tell: &mut dyn FnMut(Event<'_>) -> Framing) -> usize {
        let used = left.min(bytes.len() as u64);
        tell(Event::Body(bytes.get(..used as usize).unwrap_or_default()));
        self.state = if used == left { State::ChunkEnd } else { State::Chunk(left - used) };
        used as usize
    }

    fn chunk_end(&mut self, bytes: &[u8], tell: &mut dyn FnMut(Event<'_>) -> Framing) -> usize {
        match bytes.first() {
            Some(b'\n') => self.state = State::ChunkSize,
            Some(b'\r') => {}
            _ => {
                self.get_lost(tell);
                return 0;
            }
        }
        1
    }

    fn trailer(&mut self, bytes: &[u8], tell: &mut dyn FnMut(Event<'_>) -> Framing) -> usize {
        let (used, is_whole) = self.line(bytes, HEAD_BYTES_MAX);
        match is_whole {
            None => self.get_lost(tell),
            Some(false) => {}
            Some(true) => {
                let is_empty = self.held.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
                self.held.clear();
                if is_empty {
                    self.go_on(0, tell);
                }
            }
        }
        used
    }

    /// Passes over everything up to the first line of a message, which begins with these bytes or behind a line end.
    fn search(&mut self, bytes: &[u8]) -> usize {
        let mut from = 0;
        while let Some(rest) = bytes.get(from..).filter(|rest| !rest.is_empty()) {
            let Some(length) = memchr::memchr(b'\n', rest) else { break };
            if self.is_first_line(rest.get(..=length).unwrap_or_default(), true) {
                self.state = State::Head;
                return from;
            }
            from += length + 1;
        }
        bytes.len()
    }

    /// Whether what is held of the first line may become one.
    fn may_begin(&self) -> bool {
        let start = self.held.get(..5.min(self.held.len())).unwrap_or_default();
        match self.kind {
            Kind::Answer => may_be_version(start) || start.iter().all(|byte| matches!(byte, b'\r' | b'\n')),
            Kind::Request => {
                let method =
                    self.held.trim_ascii_start().split(|byte| *byte == b' ').next().unwrap_or_default();
                method.len() <= METHOD_BYTES_MAX && method.iter().all(is_method)
            }
        }
    }

    /// Whether `line` is the first of a message, with a version of HTTP/1 if that must be there.
    fn is_first_line(&self, line: &[u8], with_version: bool) -> bool {
        // Some servers pass over spaces before a request.
        let line = line.trim_ascii();
        if self.kind == Kind::Answer {
            let status = line.get(5..).and_then(|rest| rest.split(|byte| *byte == b' ').nth(1));
            return is_version(line)
                && status.is_some_and(|status| status.first().is_some_and(u8::is_ascii_digit));
        }
        let Some(space) = memchr::memchr(b' ', line) else { return false };
        let (method, rest) = line.split_at(space);
        if version_of(rest).is_some() {
            return is_like_method(method);
        }
        let is_path = rest.get(1..).is_some_and(|target| target.starts_with(b"/"));
        !with_version && is_path && BARE_METHODS.contains(&method)
    }
}

/// Methods of requests without version: HTTP/0.9 has the first, and some clients leave the version out.
const BARE_METHODS: &[&[u8]] = &[b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"PATCH", b"OPTIONS"];

/// Whether this begins as an answer does, or may once more of it is there.
fn may_be_version(bytes: &[u8]) -> bool {
    bytes.iter().zip(b"HTTP/").all(|(byte, wanted)| byte.eq_ignore_ascii_case(wanted))
}

/// Whether this begins as an answer does.
pub(crate) fn is_version(bytes: &[u8]) -> bool {
    bytes.len() >= 5 && may_be_version(bytes)
}

/// Where the version stands in what is behind the method of a request: after the last space.
pub(crate) fn version_of(rest: &[u8]) -> Option<usize> {
    let last = memchr::memrchr(b' ', rest.trim_ascii_end())?;
    is_version(rest.get(last + 1..)?).then_some(last)
}

/// The longest method, in bytes.
const METHOD_BYTES_MAX: usize = 24;

fn is_method(byte: &u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_')
}

/// Whether this may be a method.
pub(crate) fn is_like_method(word: &[u8]) -> bool {
    (1..=METHOD_BYTES_MAX).contains(&word.len()) && word.iter().all(is_method)
}
