//! Cuts a stream into lines, of which none is copied.

use std::io::{self, Read};

/// How much is read at once, and so the longest line that is looked at.
const BUFFER_BYTES: usize = 1 << 20;

/// The next line.
pub(super) enum Piece<'b> {
    /// A line without its end.
    Line(&'b [u8]),
    /// One that is longer than the buffer, which was passed over.
    TooLong,
}

/// A stream and the lines that begin in a part of it.
pub(super) struct Lines<R> {
    stream: R,
    buffer: Vec<u8>,
    /// What of the buffer is not told yet.
    from: usize,
    to: usize,
    /// Where in the whole file the line at `from` begins, and where the part ends.
    at: u64,
    end: u64,
    is_at_end: bool,
    /// Whether the line that `stream` stands in belongs to the part before.
    is_within: bool,
}

impl<R: Read> Lines<R> {
    /// Lines of `stream`, which stands at byte `start` of the file, that begin before byte `end`. Where `start` is not the
    /// beginning of the file, the line it stands in is told by whoever reads the part before.
    pub(super) fn new(stream: R, start: u64, end: u64) -> Lines<R> {
        Lines {
            stream,
            buffer: vec![0; BUFFER_BYTES],
            from: 0,
            to: 0,
            at: start,
            end,
            is_at_end: false,
            is_within: start > 0,
        }
    }

    /// The next line and the byte that it begins at, until the part ends.
    pub(super) fn next(&mut self) -> io::Result<Option<(u64, Piece<'_>)>> {
        if self.is_within {
            self.is_within = false;
            // A line that begins exactly here is told as one of the part before, too: it ends where that began.
            self.skip_line()?;
        }
        // The line that begins at the end of a part is still of that part.
        if self.at > self.end {
            return Ok(None);
        }
        let (at, mut searched) = (self.at, self.from);
        loop {
            let unseen = self.buffer.get(searched..self.to).unwrap_or_default();
            if let Some(length) = memchr::memchr(b'\n', unseen) {
                let line_end = searched + length;
                return Ok(Some((at, Piece::Line(self.take(line_end, 1)))));
            }
            if self.is_at_end {
                let (from, to) = (self.from, self.to);
                return Ok((from < to).then(|| (at, Piece::Line(self.take(to, 0)))));
            }
            if self.to - self.from == BUFFER_BYTES {
                self.skip_line()?;
                return Ok(Some((at, Piece::TooLong)));
            }
            let before = self.to - self.from;
            self.fill()?;
            searched = self.from + before;
        }
    }

    /// What is told up to `line_end`, behind which an end of line of so many bytes stands.
    fn take(&mut self, line_end: usize, end_bytes: usize) -> &[u8] {
        let from = self.from;
        self.from = line_end + end_bytes;
        self.at += (self.from - from) as u64;
        self.buffer.get(from..line_end).unwrap_or_default()
    }

    /// Reads more behind what is not told yet, which moves to the beginning of the buffer.
    fn fill(&mut self) -> io::Result<()> {
        if self.from > 0 {
            self.buffer.copy_within(self.from..self.to, 0);
            (self.from, self.to) = (0, self.to - self.from);
        }
        let free = self.buffer.get_mut(self.to..).unwrap_or_default();
        let count = loop {
            match self.stream.read(free) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.to += count;
        self.is_at_end = count == 0;
        Ok(())
    }

    /// Passes over everything up to the end of the line.
    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let unseen = self.buffer.get(self.from..self.to).unwrap_or_default();
            let end = memchr::memchr(b'\n', unseen).map(|length| self.from + length + 1);
            self.take(end.unwrap_or(self.to), 0);
            if end.is_some() || self.is_at_end {
                return Ok(());
            }
            self.fill()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream that gives so many bytes at a time.
    struct Slow<'b>(&'b [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn told(mut lines: Lines<impl Read>) -> Vec<String> {
        let mut told = Vec::new();
        while let Some((_, piece)) = lines.next().unwrap() {
            told.push(match piece {
                Piece::Line(line) => String::from_utf8_lossy(line).into_owned(),
                Piece::TooLong => "too long".to_owned(),
            });
        }
        told
    }

    #[test]
    fn lines_are_the_same_however_they_come_and_are_parted() {
        let text = b"one\ntwo\n\nthree\r\nfour";
        let expected = ["one", "two", "", "three\r", "four"];
        for step in 1..text.len() {
            assert_eq!(told(Lines::new(Slow(text, step), 0, u64::MAX)), expected);
        }
        for part in 1..=text.len() {
            let starts = (0..text.len()).step_by(part);
            let parts = starts.flat_map(|start| {
                told(Lines::new(Slow(&text[start..], 3), start as u64, (start + part) as u64))
            });
            assert_eq!(parts.collect::<Vec<_>>(), expected, "{part}");
        }
    }

    #[test]
    fn a_line_without_end_is_passed_over() {
        let text = format!("a\n{}\nb\n", "x".repeat(3 * BUFFER_BYTES));
        assert_eq!(told(Lines::new(text.as_bytes(), 0, u64::MAX)), ["a", "too long", "b"]);
    }
}
