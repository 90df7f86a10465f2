//! From byte offsets to file, line and column.

use std::sync::Arc;

use model::Position;

/// The texts that a document was made from, one after the other, so that an offset alone names a place.
#[derive(Debug, Clone)]
pub(crate) struct Texts {
    all: String,
    /// Offsets at which lines begin, over all texts; each text begins a line.
    lines: Vec<u32>,
    /// How many characters begin before each multiple of [`MARK_BYTES`]. Minified documents are one line of megabytes,
    /// whose columns would else be counted from its beginning each time.
    marks: Vec<u32>,
    parts: Vec<Part>,
}

/// Bytes between two marks.
const MARK_BYTES: usize = 512;

#[derive(Debug, Clone)]
struct Part {
    file: Arc<str>,
    start: usize,
    /// How many lines come before it.
    lines_before: usize,
}

impl Texts {
    pub(crate) fn one(file: Arc<str>, text: String) -> Texts {
        let parts = vec![Part { file, start: 0, lines_before: 0 }];
        Texts { lines: line_starts(&text, 0), marks: marks(&text), all: text, parts }
    }

    /// Appends the texts of `other` and returns how far its offsets have moved.
    pub(crate) fn append(&mut self, other: &Texts) -> usize {
        let moved = self.all.len();
        let lines = self.lines.len();
        self.lines.extend(line_starts(&other.all, moved));
        self.all.push_str(&other.all);
        self.marks = marks(&self.all);
        self.parts.extend(other.parts.iter().map(|part| Part {
            file: Arc::clone(&part.file),
            start: part.start + moved,
            lines_before: part.lines_before + lines,
        }));
        moved
    }

    pub(crate) fn all(&self) -> &str {
        &self.all
    }

    pub(crate) fn first(&self) -> &str {
        self.text(0)
    }

    pub(crate) fn first_file(&self) -> &str {
        self.parts.first().map_or("", |part| &part.file)
    }

    pub(crate) fn text_of(&self, file: &str) -> Option<&str> {
        self.parts.iter().position(|part| &*part.file == file).map(|number| self.text(number))
    }

    /// The place of a span of [`Texts::all`]; offsets and lines are those of its file.
    pub(crate) fn position(&self, span: (usize, usize), pointer: String) -> Position {
        let number = self.parts.partition_point(|part| part.start <= span.0).saturating_sub(1);
        let (file, start, lines_before) = match self.parts.get(number) {
            Some(part) => (Arc::clone(&part.file), part.start, part.lines_before),
            None => (Arc::from(""), 0, 0),
        };
        let line = self.lines.partition_point(|line| *line as usize <= span.0).saturating_sub(1);
        let line_start = self.lines.get(line).map_or(0, |line| *line as usize);
        // The mark at the beginning of a file is no character of its text, though it takes bytes.
        let has_mark = self.all.get(line_start..).is_some_and(|line| line.starts_with('\u{feff}'));
        let before = self.characters_before(span.0) - self.characters_before(line_start);
        let column = before.saturating_sub(usize::from(has_mark)) + 1;
        let span = (span.0 - start, span.1.saturating_sub(start));
        Position { file, span, line: line.saturating_sub(lines_before) + 1, column, pointer }
    }

    fn characters_before(&self, offset: usize) -> usize {
        let mark = (offset / MARK_BYTES).min(self.marks.len().saturating_sub(1));
        let counted = self.marks.get(mark).map_or(0, |count| *count as usize);
        counted + characters(self.all.as_bytes().get(mark * MARK_BYTES..offset).unwrap_or_default())
    }

    fn text(&self, number: usize) -> &str {
        let start = self.parts.get(number).map_or(0, |part| part.start);
        let end = self.parts.get(number + 1).map_or(self.all.len(), |part| part.start);
        self.all.get(start..end).unwrap_or_default()
    }
}

fn marks(text: &str) -> Vec<u32> {
    let mut counted = 0;
    let chunks = text.as_bytes().chunks(MARK_BYTES);
    let ends = chunks.map(|chunk| {
        counted += characters(chunk);
        u32::try_from(counted).unwrap_or(u32::MAX)
    });
    std::iter::once(0).chain(ends).collect()
}

/// How many characters begin in `bytes`.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| !matches!(byte, 0x80..=0xbf)).count()
}

/// Where lines begin; a carriage return alone does not end one.
fn line_starts(text: &str, moved: usize) -> Vec<u32> {
    let place = |offset: usize| u32::try_from(offset + moved).unwrap_or(u32::MAX);
    let mut lines = vec![place(0)];
    lines.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| place(at + 1)));
    lines
}
