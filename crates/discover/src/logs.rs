//! Every log format, and how the lines of one file are read in whichever of them each is.

mod alb;
mod api_gateway;
mod api_gateway_clf;
mod apisix;
mod apisix_nginx;
mod azure_gateway;
mod caddy;
mod cloudflare;
mod cloudfront;
mod combined;
mod common;
mod envoy;
mod envoy_json;
mod fastly;
mod gcp_load_balancer;
mod haproxy;
mod ingress_nginx;
mod json_lines;
mod kong;
mod kong_nginx;
mod nginx_proxy_manager;
mod s3;
#[cfg(test)]
mod tests;
mod traefik;
mod traefik_json;
mod virtual_host;
mod w3c;
mod zoraxy;

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::columns::Columns;
use crate::json;
use crate::line::{Field, Line};
use crate::pattern::Pattern;

/// One way in which servers and gateways write down what they did. A leaf: its page holds the examples that prove it.
#[derive(Debug)]
pub struct Format {
    /// Its stable name in kebab case.
    pub id: &'static str,
    /// What writes it.
    pub product: &'static str,
    /// Where it is defined.
    pub source: &'static str,
    /// How a line is made.
    pub(crate) syntax: Syntax,
    /// What it is, with lines (`~~~line`) and what each of them says (`~~~says`).
    pub doc: &'static str,
}

/// How the lines of a format are made.
#[derive(Debug)]
pub(crate) enum Syntax {
    /// Text, in one of these [`Pattern`]s.
    Text(&'static [&'static str]),
    /// One JSON object a line.
    Json {
        /// Members of which one is there, and that no other format has. One without them takes what has none of the others'.
        marks: &'static [&'static str],
        /// What the members say.
        members: &'static [(&'static str, Field)],
    },
    /// Columns, which a line `#Fields:` before them names.
    Columns {
        /// Columns of which one is there, as with the members of JSON.
        marks: &'static [&'static str],
    },
}

/// Every format, alphabetical.
pub const ALL: &[&Format] = &[
    &alb::FORMAT,
    &api_gateway::FORMAT,
    &api_gateway_clf::FORMAT,
    &apisix::FORMAT,
    &apisix_nginx::FORMAT,
    &azure_gateway::FORMAT,
    &caddy::FORMAT,
    &cloudflare::FORMAT,
    &cloudfront::FORMAT,
    &combined::FORMAT,
    &common::FORMAT,
    &envoy::FORMAT,
    &envoy_json::FORMAT,
    &fastly::FORMAT,
    &gcp_load_balancer::FORMAT,
    &haproxy::FORMAT,
    &ingress_nginx::FORMAT,
    &json_lines::FORMAT,
    &kong::FORMAT,
    &kong_nginx::FORMAT,
    &nginx_proxy_manager::FORMAT,
    &s3::FORMAT,
    &traefik::FORMAT,
    &traefik_json::FORMAT,
    &virtual_host::FORMAT,
    &w3c::FORMAT,
    &zoraxy::FORMAT,
];

/// The name of a pattern of the user's own.
const OWN: &str = "pattern";

/// Formats, ready to read.
#[derive(Debug)]
pub struct Formats {
    text: Vec<(&'static str, Pattern)>,
    json: Vec<JsonFormat>,
    /// Marks of columns, and the format that they are of.
    columns: Vec<(&'static str, &'static [&'static str])>,
}

#[derive(Debug)]
struct JsonFormat {
    id: &'static str,
    has_marks: bool,
    /// What members mean, by their paths.
    members: HashMap<&'static [u8], Meaning, RandomState>,
}

/// What it means that a line has a member.
#[derive(Debug, Clone, Copy, Default)]
struct Meaning {
    /// The line is in this format.
    is_mark: bool,
    /// The line is in another format: known where this one has no marks itself.
    is_of_other: bool,
    /// What it says of the request.
    says: Option<Field>,
}

impl Formats {
    /// Those of `known`.
    pub fn of(known: &[&Format]) -> Formats {
        let mut formats = Formats { text: Vec::new(), json: Vec::new(), columns: Vec::new() };
        for format in known {
            match format.syntax {
                // Each of them compiles: the test of the registry reads a line in every format.
                Syntax::Text(patterns) => formats
                    .text
                    .extend(patterns.iter().filter_map(|text| Some((format.id, Pattern::parse(text).ok()?)))),
                Syntax::Json { marks, members } => {
                    formats.json.push(JsonFormat::of(format.id, marks, members));
                }
                Syntax::Columns { marks } => formats.columns.push((format.id, marks)),
            }
        }
        formats
    }

    /// A pattern of the user's own, and nothing else.
    pub fn own(pattern: Pattern) -> Formats {
        Formats { text: vec![(OWN, pattern)], json: Vec::new(), columns: Vec::new() }
    }
}

/// The marks of all formats in JSON.
fn json_marks() -> impl Iterator<Item = &'static str> {
    ALL.iter()
        .flat_map(|format| if let Syntax::Json { marks, .. } = format.syntax { marks } else { &[] })
        .copied()
}

/// The marks of all formats in columns.
fn column_marks() -> impl Iterator<Item = &'static str> {
    ALL.iter()
        .flat_map(|format| if let Syntax::Columns { marks } = format.syntax { marks } else { &[] })
        .copied()
}

/// What a line of a file is.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and most are the large one")]
pub enum Entry<'l> {
    /// It tells of something that was asked, in the format named.
    Request(&'static str, Line<'l>),
    /// It is empty or a comment, and tells of nothing.
    Nothing,
    /// No format is like it.
    Unknown,
}

/// Reads the lines of one file, in order. Each may be in another format; the one that fitted last is tried first.
#[derive(Debug, Clone)]
pub struct LineReader<'f> {
    formats: &'f Formats,
    text: usize,
    json: usize,
    columns: Option<(&'static str, Columns)>,
}

impl<'f> LineReader<'f> {
    /// A reader at the beginning of a file.
    pub fn new(formats: &'f Formats) -> LineReader<'f> {
        LineReader { formats, text: 0, json: 0, columns: None }
    }

    /// What the next line of the file is, out of its [`envelope`](crate::unwrap).
    pub fn read<'l>(&mut self, line: &'l str) -> Entry<'l> {
        let line = line.trim_end_matches(['\r', '\n', ' ']).trim_start_matches(['\u{feff}', ' ']);
        let read = match line.as_bytes().first() {
            None => return Entry::Nothing,
            Some(b'#') => {
                self.directive(line);
                return Entry::Nothing;
            }
            Some(b'{') => self.json(line),
            Some(_) => self.columns(line).or_else(|| self.text(line)),
        };
        read.map_or(Entry::Unknown, |(id, line)| Entry::Request(id, line))
    }

    fn directive(&mut self, line: &str) {
        let Some(names) = line.strip_prefix("#Fields:") else { return };
        let has = |name: &&str| names.split_ascii_whitespace().any(|known| known == *name);
        let is_others = || column_marks().any(|mark| has(&mark));
        let fits = |marks: &[&str]| if marks.is_empty() { !is_others() } else { marks.iter().any(has) };
        let format = self.formats.columns.iter().find(|(_, marks)| fits(marks));
        self.columns = format.map(|(id, _)| (*id, Columns::of(names)));
    }

    fn columns<'l>(&self, line: &'l str) -> Option<(&'static str, Line<'l>)> {
        let (id, columns) = self.columns.as_ref()?;
        Some((id, columns.read(line)?))
    }

    fn text<'l>(&mut self, line: &'l str) -> Option<(&'static str, Line<'l>)> {
        let count = self.formats.text.len();
        let (last, read) = (0..count).map(|turn| (self.text + turn) % count).find_map(|index| {
            let (id, pattern) = self.formats.text.get(index)?;
            Some((index, (*id, pattern.read(line)?)))
        })?;
        self.text = last;
        Some(read)
    }

    fn json<'l>(&mut self, line: &'l str) -> Option<(&'static str, Line<'l>)> {
        let count = self.formats.json.len();
        let (last, read) = (0..count).map(|turn| (self.json + turn) % count).find_map(|index| {
            let format = self.formats.json.get(index)?;
            Some((index, (format.id, format.read(line)?)))
        })?;
        self.json = last;
        Some(read)
    }
}

impl JsonFormat {
    fn of(id: &'static str, marks: &[&'static str], says: &[(&'static str, Field)]) -> JsonFormat {
        let mut members: HashMap<_, Meaning, _> = HashMap::default();
        for (name, field) in says {
            members.entry(name.as_bytes()).or_default().says.get_or_insert(*field);
        }
        for name in marks {
            members.entry(name.as_bytes()).or_default().is_mark = true;
        }
        for name in json_marks().filter(|_| marks.is_empty()) {
            members.entry(name.as_bytes()).or_default().is_of_other = true;
        }
        JsonFormat { id, has_marks: !marks.is_empty(), members }
    }

    fn read<'l>(&self, text: &'l str) -> Option<Line<'l>> {
        let mut line = Line::default();
        let mut is_marked = !self.has_marks;
        json::walk(text, &mut |path, value| {
            let meaning = self.members.get(path).copied().unwrap_or_default();
            is_marked |= meaning.is_mark;
            if let Some(field) = meaning.says
                && !meaning.is_of_other
                && let Some(text) = value.text()
            {
                // What cannot be is left out: others write the member, too, with another meaning.
                line.set(field, text);
            }
            !meaning.is_of_other
        })?;
        // Of programs that write JSON for all they do, only what was answered is of interest.
        (is_marked && line.status.is_some() && (line.is_request() || self.has_marks)).then_some(line)
    }
}
