//! Connections of TCP, each put together from its packets, in bounded memory.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;

use foldhash::fast::RandomState;
use model::Timestamp;

use super::dialogue::{Dialogue, Side};
use super::messages::is_version;
use super::packet::Segment;
use super::stream::{At, Content, Stream};
use crate::keys::KeyLog;
use crate::line::Line;
use crate::traffic::{Tell, Told};

/// Bounds of what is kept of connections.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectionLimits {
    /// Connections at a time. Before more, an eighth of them is finished: those of which nothing came for longest.
    pub(crate) connections: usize,
    /// Bytes of one connection that wait for what is missing before them.
    pub(crate) connection_bytes: usize,
    /// Bytes of all connections; beyond that, connections are finished as where there are too many.
    pub(crate) bytes: usize,
}

impl Default for ConnectionLimits {
    fn default() -> ConnectionLimits {
        ConnectionLimits { connections: 1 << 16, connection_bytes: 1 << 20, bytes: 64 << 20 }
    }
}

/// What one connection costs beside what it holds, in bytes.
const CONNECTION_BYTES: usize = 1 << 10;

/// How long what the receiver has, and the capture does not, may still come out of order: in packets of the connection, and in time.
const PATIENCE_PACKETS: u32 = 64;
const PATIENCE_US: u64 = 1_000_000;

/// Two ends in their order.
type Key = (SocketAddr, SocketAddr);

/// All connections of a capture.
pub(crate) struct Connections {
    limits: ConnectionLimits,
    keys: Rc<RefCell<KeyLog>>,
    known: HashMap<Key, Connection, RandomState>,
    cost: usize,
}

struct Connection {
    client: SocketAddr,
    asked: Stream,
    answered: Stream,
    dialogue: Dialogue,
    /// The last packet, and what the connection cost then.
    last: At,
    cost: usize,
    /// Since when something is missing of what the client and the server said.
    asked_stalled: Option<Stalled>,
    answered_stalled: Option<Stalled>,
}

/// Since when a direction does not go on: where, and for how long.
#[derive(Clone, Copy)]
struct Stalled {
    position: u64,
    packets: u32,
    since: Option<Timestamp>,
}

impl Connections {
    pub(crate) fn new(limits: ConnectionLimits, keys: KeyLog) -> Connections {
        let keys = Rc::new(RefCell::new(keys));
        Connections { limits, keys, known: HashMap::default(), cost: 0 }
    }

    /// Takes in the segment that the packet `number` holds.
    pub(crate) fn hear(
        &mut self,
        segment: &Segment<'_>,
        number: u64,
        time: Option<Timestamp>,
        tell: &mut Tell<'_>,
    ) {
        let key = (segment.from.min(segment.to), segment.from.max(segment.to));
        let at = At { packet: number, time, ..At::default() };
        if self.known.get(&key).is_some_and(|known| known.is_another(segment)) {
            self.finish(key, tell);
        }
        if !self.known.contains_key(&key) {
            // What is left of a connection that is over begins none.
            if segment.is_reset || (segment.payload.is_empty() && !segment.is_syn) {
                return;
            }
            if self.known.len() >= self.limits.connections {
                self.make_room(tell);
            }
            self.known.insert(key, Connection::new(segment, &self.keys));
            self.cost += CONNECTION_BYTES;
        }
        let Some(connection) = self.known.get_mut(&key) else { return };
        let client = connection.client;
        connection.hear(segment, at, self.limits.connection_bytes, &mut with_ends(client, tell));
        let cost = connection.weigh();
        self.cost = self.cost + cost - connection.cost;
        connection.cost = cost;
        if segment.is_reset || connection.is_over() {
            self.finish(key, tell);
        }
        if self.cost > self.limits.bytes {
            self.make_room(tell);
        }
    }

    /// Takes in secrets that come with the capture.
    pub(crate) fn add_keys(&mut self, text: &str) {
        let mut keys = self.keys.borrow_mut();
        keys.make_room();
        keys.add(text);
    }

    /// Finishes all: the capture is at its end.
    pub(crate) fn end(&mut self, tell: &mut Tell<'_>) {
        let mut keys: Vec<(u64, Key)> =
            self.known.iter().map(|(key, known)| (known.last.packet, *key)).collect();
        keys.sort_unstable_by_key(|(packet, _)| *packet);
        keys.into_iter().for_each(|(_, key)| self.finish(key, tell));
    }

    /// What all of it costs, in bytes.
    #[cfg(test)]
    pub(crate) fn cost(&self) -> usize {
        self.cost
    }

    fn finish(&mut self, key: Key, tell: &mut Tell<'_>) {
        if let Some(mut connection) = self.known.remove(&key) {
            self.cost -= connection.cost + CONNECTION_BYTES;
            connection.finish(&mut with_ends(connection.client, tell));
        }
    }

    fn make_room(&mut self, tell: &mut Tell<'_>) {
        let mut keys: Vec<(u64, Key)> =
            self.known.iter().map(|(key, known)| (known.last.packet, *key)).collect();
        let count = keys.len().div_ceil(8);
        if count < keys.len() {
            keys.select_nth_unstable_by_key(count, |(packet, _)| *packet);
        }
        keys.into_iter().take(count).for_each(|(_, key)| self.finish(key, tell));
    }
}

impl Connection {
    fn new(segment: &Segment<'_>, keys: &Rc<RefCell<KeyLog>>) -> Connection {
        let is_of_client = match (segment.is_syn, segment.acknowledged) {
            (true, None) => true,
            (true, Some(_)) => false,
            // Its beginning is missing: who asks is told by what is said, or has the higher port.
            (false, _) if is_version(&segment.payload) => false,
            (false, _) if begins_as_a_request(&segment.payload) => true,
            (false, _) => segment.from.port() >= segment.to.port(),
        };
        let (client, server) =
            if is_of_client { (segment.from, segment.to) } else { (segment.to, segment.from) };
        Connection {
            client,
            asked: Stream::default(),
            answered: Stream::default(),
            dialogue: Dialogue::new(server.port(), segment.is_syn, keys),
            last: At::default(),
            cost: 0,
            asked_stalled: None,
            answered_stalled: None,
        }
    }

    /// Whether a segment begins another connection between the same ends.
    fn is_another(&self, segment: &Segment<'_>) -> bool {
        let stream = if segment.from == self.client { &self.asked } else { &self.answered };
        let is_known = stream.first().is_none_or(|first| first == segment.sequence.wrapping_add(1));
        segment.is_syn && !is_known
    }

    fn weigh(&self) -> usize {
        self.asked.cost() + self.answered.cost() + self.dialogue.cost()
    }

    fn is_over(&self) -> bool {
        self.asked.is_finished() && self.answered.is_finished()
    }

    fn hear(&mut self, segment: &Segment<'_>, at: At, bytes_max: usize, tell: &mut Tell<'_>) {
        let (own, other) = match segment.from == self.client {
            true => (&mut self.asked, &mut self.answered),
            false => (&mut self.answered, &mut self.asked),
        };
        let sequence = segment.sequence.wrapping_add(u32::from(segment.is_syn));
        if segment.is_reset {
            self.last = at;
            return;
        }
        own.begin(sequence);
        let seen = segment.acknowledged.map_or(0, |acknowledged| {
            other.begin(acknowledged);
            other.see(acknowledged)
        });
        let at = At { seen, ..at };
        own.add(sequence, &segment.payload, segment.missing, at);
        if segment.is_fin {
            own.finish(sequence.wrapping_add(segment.payload.len() as u32).wrapping_add(segment.missing));
        }
        self.last = at;
        self.go_on(tell);
        while self.has_lost_patience(bytes_max) && self.lose(tell) {
            self.go_on(tell);
        }
    }

    /// Lets both sides say what is there of them in order. An answer waits for what its server had seen of the client.
    fn go_on(&mut self, tell: &mut Tell<'_>) {
        loop {
            if let Some((content, at)) = self.asked.pop() {
                self.dialogue.hear(Side::Client, &content, at, tell);
                continue;
            }
            let is_early = |at: At| at.seen > self.asked.position() && self.dialogue.waits_for_request();
            match self.answered.peek() {
                Some(at) if !is_early(at) => {
                    if let Some((content, at)) = self.answered.pop() {
                        self.dialogue.hear(Side::Server, &content, at, tell);
                    }
                }
                _ => return,
            }
        }
    }

    /// Whether what is missing has been missing for so long, or what waits behind it is so much, that it will not come.
    fn has_lost_patience(&mut self, bytes_max: usize) -> bool {
        let early = self.answered.peek().map_or(0, |at| at.seen);
        let is_asked_missing = self.asked.behind_hole().is_some() || early > self.asked.position();
        let is_answered_missing = self.answered.behind_hole().is_some() && self.answered.peek().is_none();
        let asked = is_long(&mut self.asked_stalled, &self.asked, is_asked_missing, self.last);
        let answered = is_long(&mut self.answered_stalled, &self.answered, is_answered_missing, self.last);
        asked || answered || self.asked.cost() + self.answered.cost() > bytes_max
    }

    /// Takes what is missing for lost; false where nothing is.
    fn lose(&mut self, tell: &mut Tell<'_>) -> bool {
        // An answer that waits says how much of the requests there was.
        let seen = self.answered.peek().map_or(0, |at| at.seen);
        let lost = match self.asked.behind_hole() {
            Some(place) => self.asked.lose_until(place),
            None => self.asked.lose_until(seen),
        };
        if lost > 0 {
            self.dialogue.hear(Side::Client, &Content::Lost(lost), self.last, tell);
            return true;
        }
        let lost = self.answered.behind_hole().map_or(0, |place| self.answered.lose_until(place));
        if lost > 0 {
            self.dialogue.hear(Side::Server, &Content::Lost(lost), self.last, tell);
        }
        lost > 0
    }

    /// Nothing more comes.
    fn finish(&mut self, tell: &mut Tell<'_>) {
        self.go_on(tell);
        while self.lose(tell) {
            self.go_on(tell);
        }
        self.dialogue.finish(self.last, tell);
    }
}

/// Whether bytes that a receiver has are missing for long.
fn is_long(stalled: &mut Option<Stalled>, stream: &Stream, is_missing: bool, now: At) -> bool {
    if !is_missing || !stream.is_known_lost() {
        *stalled = None;
        return false;
    }
    let position = stream.position();
    let new = Stalled { position, packets: 0, since: now.time };
    let known = stalled.get_or_insert(new);
    if known.position != position {
        *known = new;
    }
    known.packets = known.packets.saturating_add(1);
    let micros = |time: Option<Timestamp>| time.map_or(0, Timestamp::as_micros);
    known.packets > PATIENCE_PACKETS || micros(now.time).saturating_sub(micros(known.since)) >= PATIENCE_US
}

fn begins_as_a_request(payload: &[u8]) -> bool {
    let line = payload.split(|byte| *byte == b'\n').next().unwrap_or_default();
    memchr::memmem::find(line, b" HTTP/1.").is_some()
}

/// Names the ends of a connection in what is told of it.
fn with_ends<'t>(client: SocketAddr, tell: &'t mut Tell<'_>) -> impl FnMut(Told<'_>) + 't {
    move |told| match told {
        Told::Request(line, position) => {
            tell(Told::Request(Line { client: Some(client.ip()), ..line }, position))
        }
        other => tell(other),
    }
}
