//! What is known of one operation from the requests that were made of it.

use model::Timestamp;
use model::inventory::is_parameter_name;

use crate::credential::Credentials;
use crate::distinct::Distinct;
use crate::kind::Kind;
use crate::line::Line;
use crate::shape::Bodies;

/// The most names of query parameters that are kept of one operation.
pub(crate) const QUERY_NAMES_MAX: usize = 32;

/// The most media types that are kept of one operation, each way, and the longest name of one, in bytes.
const TYPES_MAX: usize = 8;
const TYPE_BYTES_MAX: usize = 96;

/// The most statuses and hosts that are kept of one operation.
const STATUSES_MAX: usize = 64;
const HOSTS_MAX: usize = 16;

/// Statuses of which bodies of answers are told apart.
const BODY_STATUSES_MAX: usize = 8;

/// How far requests show that there is something that answers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Confidence {
    /// Nobody answered: there is nothing, or what came was wrong.
    #[default]
    None,
    /// What stands before it may have answered: a redirect, a refusal, a backend that cannot be reached.
    Low,
    /// It answered.
    High,
}

impl Confidence {
    /// What an answer with `status` shows; one that the log does not tell of may have been.
    pub fn of(status: Option<u16>) -> Confidence {
        match status {
            None | Some(301 | 308 | 401 | 403 | 407 | 429 | 502..=504) => Confidence::Low,
            Some(400 | 404 | 405 | 408 | 410 | 414 | 421 | 431 | 444 | 499 | 501 | 505) => Confidence::None,
            Some(_) => Confidence::High,
        }
    }

    /// Its stable name.
    pub fn name(self) -> &'static str {
        match self {
            Confidence::None => "none",
            Confidence::Low => "low",
            Confidence::High => "high",
        }
    }
}

/// Where something was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The number of the file in its run.
    pub file: u32,
    /// Where in that file.
    pub position: Position,
}

/// Where in a file something stands; each is counted from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Position {
    /// A line of a log.
    Line(u64),
    /// An entry of a recording: a request with its answer, a span, an item of a collection.
    Entry(u64),
    /// A packet of a capture.
    Packet(u64),
}

impl Position {
    /// The number alone.
    pub fn number(self) -> u64 {
        let (Position::Line(number) | Position::Entry(number) | Position::Packet(number)) = self;
        number
    }
}

/// One request that somebody wrote down: what is said, and where.
#[derive(Debug)]
pub struct Observation<'o> {
    /// What is said of the request.
    pub line: &'o Line<'o>,
    /// Where that stands.
    pub place: Place,
}

/// What the bodies of one operation looked like.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TalliedBodies {
    /// Those of requests.
    pub request: Bodies,
    /// Those of answers, by status.
    pub answers: Vec<(u16, Bodies)>,
}

impl TalliedBodies {
    /// Those of answers with `status`, if there is room for them.
    fn answer(&mut self, status: u16) -> Option<&mut Bodies> {
        match self.answers.binary_search_by_key(&status, |(known, _)| *known) {
            Ok(at) => self.answers.get_mut(at),
            Err(at) if self.answers.len() < BODY_STATUSES_MAX => {
                self.answers.insert(at, (status, Bodies::default()));
                self.answers.get_mut(at)
            }
            Err(_) => None,
        }
        .map(|(_, bodies)| bodies)
    }
}

/// Requests of one operation, counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// All of them.
    pub count: u64,
    /// By the first digit of the status; the first is of those without one.
    pub classes: [u64; 6],
    /// What the best answer shows.
    pub confidence: Confidence,
    /// When the first came.
    pub first_seen: Option<Timestamp>,
    /// When the last came.
    pub last_seen: Option<Timestamp>,
    /// Addresses that they came from.
    pub clients: Distinct,
    /// What callers showed.
    pub credentials: Credentials,
    /// How many were answered with success and showed nothing, where everything that they showed is seen.
    pub anonymous: u64,
    /// Answers by status, in order; no more than [`STATUSES_MAX`] of them are kept apart.
    pub statuses: Vec<(u16, u64)>,
    /// Hosts that were asked, in order.
    pub hosts: Vec<Box<str>>,
    /// Media types of their bodies.
    pub request_types: Vec<Box<str>>,
    /// Media types of the answers.
    pub answer_types: Vec<Box<str>>,
    /// What bodies in JSON looked like; absent where there were none.
    pub bodies: Option<Box<TalliedBodies>>,
    /// Names in the query, with the kind of their values.
    pub query: Vec<(Box<str>, Kind)>,
    /// Where the first of a file stands; of several files the first.
    pub place: Place,
}

impl Tally {
    pub(crate) fn new(place: Place) -> Tally {
        Tally {
            count: 0,
            classes: [0; 6],
            confidence: Confidence::None,
            first_seen: None,
            last_seen: None,
            clients: Distinct::default(),
            credentials: Credentials::default(),
            anonymous: 0,
            statuses: Vec::new(),
            hosts: Vec::new(),
            request_types: Vec::new(),
            answer_types: Vec::new(),
            bodies: None,
            query: Vec::new(),
            place,
        }
    }

    /// Takes in a request. Of what was in its body, as much is kept as there is `room` for shapes, which those take up.
    pub(crate) fn add(&mut self, seen: &Observation<'_>, room: &mut u32) {
        let line = seen.line;
        self.count += 1;
        let class = usize::from(line.status.unwrap_or_default() / 100);
        if let Some(count) = self.classes.get_mut(class) {
            *count += 1;
        }
        self.confidence = self.confidence.max(Confidence::of(line.status));
        self.see(line.time, line.time);
        if let Some(client) = line.client {
            self.clients.insert(&client);
        }
        let mut shown = line.credentials;
        if let Some(query) = &line.query {
            shown.extend(Credentials::of_query(query));
        }
        self.credentials.extend(shown);
        let is_success = line.status.is_some_and(|status| (200..300).contains(&status));
        self.anonymous += u64::from(is_success && shown.is_anonymous());
        if let Some(status) = line.status {
            self.add_status(status, 1);
        }
        if let Some(host) = &line.host {
            self.add_host(host);
        }
        if Confidence::of(line.status) == Confidence::High {
            if let Some(query) = &line.query {
                self.add_query(query);
            }
            add_type(&mut self.request_types, line.request_type.as_deref());
            add_type(&mut self.answer_types, line.answer_type.as_deref());
        }
        self.add_bodies(line, room);
        self.place = self.place.min(seen.place);
    }

    /// How many shapes are kept of its bodies.
    pub(crate) fn shapes(&self) -> u32 {
        let Some(bodies) = &self.bodies else { return 0 };
        bodies.answers.iter().map(|(_, answers)| answers.shapes()).sum::<u32>() + bodies.request.shapes()
    }

    pub(crate) fn merge(&mut self, other: Tally) {
        self.count += other.count;
        for (count, more) in self.classes.iter_mut().zip(other.classes) {
            *count += more;
        }
        self.confidence = self.confidence.max(other.confidence);
        self.see(other.first_seen, other.last_seen);
        self.clients.merge(&other.clients);
        self.credentials.extend(other.credentials);
        self.anonymous += other.anonymous;
        other.statuses.iter().for_each(|(status, count)| self.add_status(*status, *count));
        other.hosts.iter().for_each(|host| self.add_host(host));
        other.request_types.iter().for_each(|name| add_type(&mut self.request_types, Some(name)));
        other.answer_types.iter().for_each(|name| add_type(&mut self.answer_types, Some(name)));
        for (name, kind) in other.query {
            self.add_name(&name, kind);
        }
        if let Some(more) = other.bodies {
            let known = self.bodies.get_or_insert_default();
            known.request.merge(more.request);
            for (status, bodies) in more.answers {
                if let Some(answer) = known.answer(status) {
                    answer.merge(bodies);
                }
            }
        }
        self.place = self.place.min(other.place);
    }

    fn add_status(&mut self, status: u16, count: u64) {
        match self.statuses.binary_search_by_key(&status, |(known, _)| *known) {
            Ok(at) => {
                if let Some((_, known)) = self.statuses.get_mut(at) {
                    *known += count;
                }
            }
            Err(at) if self.statuses.len() < STATUSES_MAX => self.statuses.insert(at, (status, count)),
            Err(_) => {}
        }
    }

    fn add_host(&mut self, host: &str) {
        if let Err(at) = self.hosts.binary_search_by(|known| (**known).cmp(host))
            && self.hosts.len() < HOSTS_MAX
        {
            self.hosts.insert(at, host.into());
        }
    }

    fn see(&mut self, first: Option<Timestamp>, last: Option<Timestamp>) {
        self.first_seen = self.first_seen.into_iter().chain(first).min();
        self.last_seen = self.last_seen.max(last);
    }

    /// What was refused says nothing of what is accepted.
    fn add_bodies(&mut self, line: &Line<'_>, room: &mut u32) {
        if self.bodies.is_none() && *room == 0 {
            return;
        }
        let is_taken = line.status.is_none_or(|status| (200..400).contains(&status));
        if let Some(body) = line.request_body.json().filter(|_| is_taken) {
            self.bodies.get_or_insert_default().request.learn(&body, room);
        }
        let status = line.status.filter(|status| Confidence::of(Some(*status)) != Confidence::None);
        if let Some((status, body)) = status.zip(line.answer_body.json())
            && let Some(answer) = self.bodies.get_or_insert_default().answer(status)
        {
            answer.learn(&body, room);
        }
    }

    fn add_query(&mut self, query: &str) {
        for pair in query.split('&').take(QUERY_NAMES_MAX) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if is_parameter_name(name) {
                self.add_name(name, Kind::of(value).unwrap_or(Kind::Slug));
            }
        }
    }

    fn add_name(&mut self, name: &str, kind: Kind) {
        match self.query.binary_search_by(|(known, _)| (**known).cmp(name)) {
            Ok(at) => {
                if let Some((_, known)) = self.query.get_mut(at) {
                    *known = known.or(kind);
                }
            }
            Err(at) if self.query.len() < QUERY_NAMES_MAX => self.query.insert(at, (name.into(), kind)),
            Err(_) => {}
        }
    }
}

/// Puts the media type of a `Content-Type` in its place of `known`, without parameters; what is none is left out.
fn add_type(known: &mut Vec<Box<str>>, value: Option<&str>) {
    let Some(value) = value else { return };
    let name = value.split(';').next().unwrap_or_default().trim();
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"/.+-_!#$&^".contains(&byte);
    let is_type = name.len() <= TYPE_BYTES_MAX && name.contains('/') && name.bytes().all(is_token);
    if known.len() >= TYPES_MAX || !is_type {
        return;
    }
    let name = name.to_ascii_lowercase().into_boxed_str();
    if let Err(at) = known.binary_search(&name) {
        known.insert(at, name);
    }
}
