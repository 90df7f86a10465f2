//! What one source tells of one operation, and where.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Authentication, BodySchema, DataClass, SourceId, Word};
use crate::Timestamp;

/// Whose operation it is, as far as the source knows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Whose {
    /// That of the API with this name.
    Api(String),
    /// That of whatever answers at this host, with its port unless that is 80 or 443; empty where the source does not say.
    Host(String),
}

/// An operation as a source names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// Whose it is.
    pub whose: Whose,
    /// The method; `*` of what code serves whatever the method is.
    pub method: String,
    /// The path template with parameters written `{name}`, base path included.
    pub path: String,
}

/// Where in a file something stands; each is counted from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum At {
    /// A line of a text.
    Line(u64),
    /// An entry of a recording.
    Entry(u64),
    /// A packet of a capture.
    Packet(u64),
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The file, as it was named.
    pub file: String,
    /// Where in it.
    #[serde(flatten)]
    pub at: At,
}

/// What one source tells of one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// Who tells.
    pub source: SourceId,
    /// Of which operation.
    pub subject: Subject,
    /// Where; of several places the first. Absent where nothing that lasts can be looked up.
    pub place: Option<Place>,
    /// What.
    pub account: Account,
}

/// What is told of an operation, by the view that it is seen from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Account {
    /// A specification declares it.
    Declared(Declaration),
    /// Code has it.
    Served(Route),
    /// It was called.
    Called(Calls),
}

/// How a specification declares an operation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declaration {
    /// Whether callers are asked to leave it.
    pub deprecated: bool,
    /// How callers prove who they are: none means that anybody may call; absent where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication: Option<BTreeSet<Authentication>>,
    /// Its parameters, keys in the query among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
    /// Its answers: `200`, `4XX` or `default`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<String>,
    /// Fields of the body that it takes, as JSON pointers with `*` for any item or member; each stands for all below it, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub request_fields: Vec<String>,
    /// Those of the bodies that it answers, by the status as it is declared; of an answer of whose body nothing is said, none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: BTreeMap<String, Vec<String>>,
    /// What it does, in its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
}

/// How code serves an operation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Its parameters, as far as the code says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
    /// What stands before it to keep callers out, as the code names it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<String>,
    /// How callers prove who they are, as far as the names of the guards say it; empty where none is seen, which does not
    /// mean that there is none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub authentication: BTreeSet<Authentication>,
}

/// Requests of an operation, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calls {
    /// All of them.
    pub count: u64,
    /// When the first came, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<Timestamp>,
    /// When the last came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Timestamp>,
    /// Answers by status; those of which it is not known are left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub statuses: BTreeMap<u16, u64>,
    /// What the best answer shows.
    pub confidence: Confidence,
    /// At least so many addresses called.
    pub clients: u64,
    /// Callers that are known by a name.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub consumers: BTreeSet<String>,
    /// What callers showed.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub authentication: BTreeSet<Authentication>,
    /// How many of those that were answered showed nothing, where everything that they showed is seen.
    pub anonymous: u64,
    /// Parameters that were seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
    /// Hosts that were asked.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub hosts: BTreeSet<String>,
    /// Fields of bodies that were seen, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<BodyField>,
    /// What bodies that were seen look like, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bodies: Vec<Body>,
}

/// Bodies of one side, and of answers of one status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// Which way they go.
    #[serde(rename = "in")]
    pub side: Side,
    /// The status of the answers; absent of requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Media types that were seen on that side.
    pub types: BTreeSet<String>,
    /// How many of them were JSON that was looked into.
    pub count: u64,
    /// What those look like; absent where there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<BodySchema>,
}

/// A field of a body in JSON.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BodyField {
    /// Which way it goes.
    #[serde(rename = "in")]
    pub side: Side,
    /// Its JSON pointer, `*` for any item, and for members whose names are values.
    pub pointer: String,
    /// Statuses of the answers that it was seen in; none of requests.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub statuses: BTreeSet<u16>,
    /// Classes of data that it holds, with what speaks for each.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub classes: BTreeMap<DataClass, String>,
}

/// Which way a body goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// From the caller.
    Request,
    /// To the caller.
    Answer,
}

impl Word for Side {
    const WORDS: &'static [(Side, &'static str)] = &[(Side::Request, "request"), (Side::Answer, "answer")];
}

/// How far requests show that there is something that answers them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Nobody answered.
    #[default]
    None,
    /// What stands before it may have answered.
    Low,
    /// It answered.
    High,
}

impl Word for Confidence {
    const WORDS: &'static [(Confidence, &'static str)] =
        &[(Confidence::None, "none"), (Confidence::Low, "low"), (Confidence::High, "high")];
}

/// A value that an operation takes beside its body.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Where it stands.
    #[serde(rename = "in")]
    pub place: ParameterPlace,
    /// What its values are, as far as is known.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParameterPlace {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// The query as a whole.
    QueryString,
    /// A header field.
    Header,
    /// A cookie.
    Cookie,
}

impl Word for ParameterPlace {
    const WORDS: &'static [(ParameterPlace, &'static str)] = &[
        (ParameterPlace::Path, "path"),
        (ParameterPlace::Query, "query"),
        (ParameterPlace::QueryString, "querystring"),
        (ParameterPlace::Header, "header"),
        (ParameterPlace::Cookie, "cookie"),
    ];
}

/// The longest name of a parameter of the query, in bytes.
const PARAMETER_BYTES_MAX: usize = 64;

/// The most digits in one; ids and tokens have more.
const PARAMETER_DIGITS_MAX: usize = 4;

/// Whether text in the place of a name in the query is one, as far as can be said: callers write values there as well, and those
/// are not kept.
pub fn is_parameter_name(text: &str) -> bool {
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.[]$".contains(&byte);
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    (1..=PARAMETER_BYTES_MAX).contains(&text.len())
        && digits <= PARAMETER_DIGITS_MAX.min(text.len() - 1)
        && text.bytes().all(is_of_name)
}

/// The most names that are kept of one kind: of consumers, hosts, parameters and statuses.
const NAMES_MAX: usize = 256;

/// The most statuses of one operation whose bodies are kept.
const BODIES_MAX: usize = 16;

/// The most statuses that are kept of one field.
const FIELD_STATUSES_MAX: usize = 16;

/// The most fields of bodies that are kept of one operation.
const FIELDS_MAX: usize = 1024;

impl Declaration {
    /// The answer that is declared for `status`, the closest of several: its own, else that of its class, else `default`.
    pub fn answer(&self, status: u16) -> Option<&str> {
        let names = [status.to_string(), format!("{}XX", status / 100), "default".to_owned()];
        names
            .iter()
            .find_map(|name| self.statuses.iter().find(|declared| *declared == name).map(String::as_str))
    }
}

impl Calls {
    /// Counts `other` as well. Clients may be the same, so that there are at least as many as the larger number says.
    pub fn add(&mut self, other: &Calls) {
        self.count = self.count.saturating_add(other.count);
        self.first_seen = self.first_seen.into_iter().chain(other.first_seen).min();
        self.last_seen = self.last_seen.max(other.last_seen);
        for (status, count) in &other.statuses {
            if self.statuses.len() < NAMES_MAX || self.statuses.contains_key(status) {
                let known = self.statuses.entry(*status).or_default();
                *known = known.saturating_add(*count);
            }
        }
        self.confidence = self.confidence.max(other.confidence);
        self.clients = self.clients.max(other.clients);
        self.anonymous = self.anonymous.saturating_add(other.anonymous);
        self.authentication.extend(&other.authentication);
        extend(&mut self.consumers, &other.consumers);
        extend(&mut self.hosts, &other.hosts);
        for parameter in &other.parameters {
            let is_known = |known: &Parameter| known.name == parameter.name && known.place == parameter.place;
            if self.parameters.len() < NAMES_MAX && !self.parameters.iter().any(is_known) {
                self.parameters.push(parameter.clone());
            }
        }
        for field in &other.fields {
            let place = self.fields.binary_search_by(|known| known.place().cmp(&field.place()));
            match place {
                Ok(at) => self.fields.get_mut(at).into_iter().for_each(|known| known.add(field)),
                Err(at) if self.fields.len() < FIELDS_MAX => self.fields.insert(at, field.clone()),
                Err(_) => {}
            }
        }
        for body in &other.bodies {
            match self.bodies.binary_search_by_key(&body.place(), Body::place) {
                Ok(at) => self.bodies.get_mut(at).into_iter().for_each(|known| known.add(body)),
                Err(at) if self.bodies.len() < BODIES_MAX => self.bodies.insert(at, body.clone()),
                Err(_) => {}
            }
        }
    }

    /// How many answers had a status of this class: 4 for 400 to 499.
    pub fn of_class(&self, class: u16) -> u64 {
        self.statuses.iter().filter(|(status, _)| **status / 100 == class).map(|(_, count)| count).sum()
    }
}

impl Body {
    fn place(&self) -> (Side, Option<u16>) {
        (self.side, self.status)
    }

    fn add(&mut self, other: &Body) {
        extend(&mut self.types, &other.types);
        self.count = self.count.saturating_add(other.count);
        match (&mut self.schema, &other.schema) {
            (Some(known), Some(more)) => known.join(more),
            (known @ None, more) => known.clone_from(more),
            (Some(_), None) => {}
        }
    }
}

impl BodyField {
    fn place(&self) -> (Side, &str) {
        (self.side, &self.pointer)
    }

    fn add(&mut self, other: &BodyField) {
        self.classes.extend(other.classes.clone());
        for status in &other.statuses {
            if self.statuses.len() < FIELD_STATUSES_MAX {
                self.statuses.insert(*status);
            }
        }
    }
}

fn extend(known: &mut BTreeSet<String>, more: &BTreeSet<String>) {
    for name in more {
        if known.len() < NAMES_MAX || known.contains(name) {
            known.insert(name.clone());
        }
    }
}
