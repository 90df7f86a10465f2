//! YAML 1.2 with the core schema into a [`Tree`], aliases and merge keys expanded under a budget.

mod merge;
mod scalar;

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle, Tag, options};

use crate::document::{Fault, Limits};
use crate::json::JsonLimits;
use crate::tree::{Builder, Form, Kind, Record, Tree};

/// Faults noted in one file; what comes after them is not read.
const FAULTS_MAX: usize = 100;

/// Reads the first YAML document of `source`, as far as it can be understood, with what is wrong with it.
pub(crate) fn parse(source: &str, limits: &Limits) -> (Tree, Vec<Fault>) {
    let depth_max = limits.depth_max.min(JsonLimits::DEPTH_CEILING);
    let options = options! {
        emit_unresolved_aliases: true,
        emit_comments: false,
        flow_nesting_limit: depth_max,
        block_nesting_limit: depth_max,
    };
    let mut reader = Reader {
        source,
        limits: Limits { depth_max, ..*limits },
        builder: Builder::new(source.len()),
        faults: Vec::new(),
        anchors: HashMap::new(),
        opened: Vec::new(),
        expanded: 0,
        last_end: 0,
        begun: false,
    };
    for event in Parser::new_from_str_with_options(source, options) {
        let next = match event {
            Ok((event, span)) => reader.event(&event, reader.bytes_of(&span)),
            Err(error) => {
                let at = reader.clamped(error.marker().byte_offset().unwrap_or(source.len()));
                reader.fault(Fault::error((at, at), error.info()));
                Flow::Stop
            }
        };
        if matches!(next, Flow::Stop) {
            break;
        }
    }
    reader.finish()
}

/// Whether reading goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Go,
    Stop,
}

struct Reader<'s> {
    source: &'s str,
    limits: Limits,
    builder: Builder,
    faults: Vec<Fault>,
    /// The finished node of each anchor.
    anchors: HashMap<usize, u32>,
    /// The open collections, innermost last.
    opened: Vec<Opened>,
    /// Aliases and merge keys expanded so far.
    expanded: usize,
    /// Where the last token that is more than an indentation ended.
    last_end: usize,
    /// Whether a document began.
    begun: bool,
}

/// An open collection.
struct Opened {
    anchor: usize,
    style: StructureStyle,
    /// The record where it begins.
    record: u32,
    /// Where it stands as the key of a member, which nothing but YAML can say.
    is_key: bool,
    /// Members that came by `<<`.
    merges: Vec<u32>,
}

impl Reader<'_> {
    fn event(&mut self, event: &Event<'_>, span: (usize, usize)) -> Flow {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(text, *style, tag.as_deref(), span);
                self.anchor(*anchor);
            }
            Event::MappingStart(style, anchor, tag) => {
                self.tag_of_collection(tag.as_deref(), "map", span);
                return self.open(Kind::Object, *style, *anchor, span);
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.tag_of_collection(tag.as_deref(), "seq", span);
                return self.open(Kind::Array, *style, *anchor, span);
            }
            Event::MappingEnd | Event::SequenceEnd => self.close(span.1),
            Event::Alias(anchor) => self.alias(*anchor, span),
            Event::UnresolvedAlias(name) => {
                self.fault(Fault::error(span, format!("alias `*{name}` names no anchor before it")));
                self.nothing(span);
            }
            Event::DocumentStart(..) if self.begun => {
                self.fault(Fault::warning(span, "only the first document of a file is used"));
                return Flow::Stop;
            }
            Event::DocumentStart(..) => self.begun = true,
            _ => {}
        }
        if span.0 < span.1 && !matches!(event, Event::MappingEnd | Event::SequenceEnd) {
            self.last_end = span.1;
        }
        let full = self.builder.len() >= self.limits.nodes_max;
        if full {
            self.fault(Fault::error(span, format!("more than {} values", self.limits.nodes_max)));
        }
        if full || self.faults.len() >= FAULTS_MAX { Flow::Stop } else { Flow::Go }
    }

    /// Whether the next node is the key of a member.
    fn at_key(&self) -> bool {
        self.builder.container() == Some(Kind::Object) && !self.builder.key_waits()
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: (usize, usize)) {
        let quoted = style != ScalarStyle::Plain;
        if self.at_key() {
            let record = self.text_record(text, span);
            self.builder.key(record);
            if !quoted && text == "<<" {
                self.merge_key();
            }
            return;
        }
        let read = scalar::read(text, quoted, tag);
        if let Some((severity, message)) = read.fault {
            self.fault(Fault { severity, ..Fault::error(span, message) });
        }
        let record = match read.normalised {
            Some(number) => {
                let place = self.builder.decoding().len();
                self.builder.decoding().push_str(&number);
                self.builder.decoded(read.kind, narrow(span), place)
            }
            None => Record { kind: read.kind, ..self.text_record(text, span) },
        };
        self.builder.scalar(record);
    }

    /// A string or key with this text, which is kept only where the source does not spell it so.
    fn text_record(&mut self, text: &str, span: (usize, usize)) -> Record {
        let written = self.source.get(span.0..span.1).unwrap_or_default();
        let unquoted = written.get(1..written.len().saturating_sub(1)).unwrap_or_default();
        if written == text {
            return Record::new(Kind::String, Form::Verbatim, narrow(span));
        }
        if written.starts_with(['"', '\'']) && written.len() >= 2 && unquoted == text {
            return Record::new(Kind::String, Form::Quoted, narrow(span));
        }
        let place = self.builder.decoding().len();
        self.builder.decoding().push_str(text);
        self.builder.decoded(Kind::String, narrow(span), place)
    }

    fn open(&mut self, kind: Kind, style: StructureStyle, anchor: usize, span: (usize, usize)) -> Flow {
        if self.builder.depth() >= self.limits.depth_max {
            self.fault(Fault::error(span, format!("nested deeper than {}", self.limits.depth_max)));
            return Flow::Stop;
        }
        let is_key = self.at_key();
        let record = u32::try_from(self.builder.len()).unwrap_or(u32::MAX);
        if is_key {
            self.fault(Fault::error(span, "a key that is a list or a mapping has no meaning in JSON"));
            self.builder.key(Record::new(Kind::String, Form::Verbatim, narrow((span.0, span.0))));
            self.builder.hide_key();
        }
        self.opened.push(Opened { anchor, style, record, is_key, merges: Vec::new() });
        self.builder.open(kind, narrow(span).0);
        Flow::Go
    }

    fn close(&mut self, end: usize) {
        let Some(opened) = self.opened.pop() else { return };
        self.leave_out_value(end);
        // The end of a block is only noticed at what follows it, so it is taken to end with its last token.
        let end = if opened.style == StructureStyle::Flow { end } else { self.last_end };
        self.last_end = self.last_end.max(end);
        if !opened.merges.is_empty() {
            self.merge(&opened.merges);
        }
        let index = self.builder.open_index();
        for key in self.builder.close(narrow((end, end)).0, self.source) {
            if let Some(record) = self.builder.tree().record(key) {
                let span = (record.start as usize, record.end as usize);
                let fault = Fault::error(span, "key that the mapping already has");
                self.fault(Fault { help: Some("only the first is used; remove one of them"), ..fault });
            }
        }
        if opened.is_key {
            self.builder.truncate(opened.record + 1);
            self.builder.await_value();
        } else if opened.anchor != 0 {
            self.anchors.insert(opened.anchor, index);
        }
    }

    /// Remembers the scalar just added under its anchor.
    fn anchor(&mut self, anchor: usize) {
        if anchor != 0
            && let Some(last) = self.builder.len().checked_sub(1).and_then(|last| u32::try_from(last).ok())
        {
            self.anchors.insert(anchor, last);
        }
    }

    fn alias(&mut self, anchor: usize, span: (usize, usize)) {
        let Some(index) = self.anchors.get(&anchor).copied() else {
            self.fault(Fault::error(span, "alias of a node that contains it"));
            return self.nothing(span);
        };
        let Some(target) = self.builder.tree().record(index).copied() else { return self.nothing(span) };
        if self.at_key() {
            if matches!(target.kind, Kind::Array | Kind::Object) {
                self.fault(Fault::error(span, "a key that is a list or a mapping has no meaning in JSON"));
                return self.nothing(span);
            }
            return self.builder.key(target);
        }
        if self.expands(index, span) {
            self.builder.copy(index);
        } else {
            self.nothing(span);
        }
    }

    /// Whether the budget allows one more copy of the subtree at `index`; if not, that is noted once.
    fn expands(&mut self, index: u32, span: (usize, usize)) -> bool {
        let size = self.builder.tree().record(index).map_or(0, |record| record.size as usize);
        self.expanded += 1;
        if self.expanded > self.limits.aliases_max {
            if self.expanded == self.limits.aliases_max + 1 {
                self.fault(Fault::error(span, format!("more than {} aliases", self.limits.aliases_max)));
            }
            return false;
        }
        if self.builder.len() + size > self.limits.nodes_max {
            self.fault(Fault::error(
                span,
                format!("aliases make more than {} values", self.limits.nodes_max),
            ));
            return false;
        }
        if self.builder.depth() + self.builder.tree().node(self.source, index).height()
            > self.limits.depth_max
        {
            self.fault(Fault::error(span, format!("aliases nest deeper than {}", self.limits.depth_max)));
            return false;
        }
        true
    }

    /// Stands in for a node that cannot be had: `null`, or a key that nobody sees.
    fn nothing(&mut self, span: (usize, usize)) {
        let record = Record::new(Kind::Null, Form::Verbatim, narrow((span.0, span.0)));
        if self.at_key() {
            self.builder.key(record);
            self.builder.hide_key();
        } else {
            self.builder.scalar(record);
        }
    }

    /// Gives a key whose value never came one that nobody sees.
    fn leave_out_value(&mut self, end: usize) {
        if self.builder.key_waits() {
            self.builder.hide_key();
            self.nothing((end, end));
        }
    }

    fn tag_of_collection(&mut self, tag: Option<&Tag>, expected: &str, span: (usize, usize)) {
        if let Some(tag) = tag.filter(|tag| !tag.is_yaml_core_schema_tag(expected) && tag.original() != "!") {
            self.fault(Fault::warning(span, format!("tag `{}` is ignored", tag.original())));
        }
    }

    fn fault(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    fn bytes_of(&self, span: &Span) -> (usize, usize) {
        let range = span.byte_range().unwrap_or(0..0);
        let start = self.clamped(range.start);
        (start, self.clamped(range.end).max(start))
    }

    /// The nearest place at or before `offset` that is in the source and between characters.
    fn clamped(&self, offset: usize) -> usize {
        self.source.floor_char_boundary(offset)
    }

    fn finish(mut self) -> (Tree, Vec<Fault>) {
        while !self.opened.is_empty() {
            self.close(self.last_end);
        }
        (self.builder.finish(), self.faults)
    }
}

/// Offsets fit: a file is refused above 2^31 bytes.
fn narrow(span: (usize, usize)) -> (u32, u32) {
    (u32::try_from(span.0).unwrap_or(u32::MAX), u32::try_from(span.1).unwrap_or(u32::MAX))
}
