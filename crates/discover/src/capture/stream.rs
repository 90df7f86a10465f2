//! One direction of a connection: segments in any order become bytes in order, or the knowledge that some are lost.

use std::collections::BTreeMap;

use model::Timestamp;

/// What a piece that waits costs beside its bytes, in bytes: small segments must not be cheap.
const PIECE_BYTES: usize = 160;

/// Where and when bytes came.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct At {
    /// The number of the packet, from one.
    pub(crate) packet: u64,
    pub(crate) time: Option<Timestamp>,
    /// How many bytes of the other direction the sender had seen.
    pub(crate) seen: u64,
    /// How many bytes of this direction stand before these, and how many there are with them.
    pub(crate) start: u64,
    pub(crate) end: u64,
}

/// What comes next in a direction.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Bytes(Vec<u8>),
    /// So many bytes that were not captured.
    Lost(u64),
}

#[derive(Debug)]
struct Piece {
    content: Content,
    at: At,
}

/// Segments of one direction.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    /// The number of its first byte, and of the next one; none before anything is known of it.
    first: Option<u32>,
    next: u32,
    /// How many bytes were given out or are lost.
    position: u64,
    /// Pieces that were not given out, which do not overlap.
    waiting: BTreeMap<u64, Piece>,
    cost: usize,
    /// Where it ends.
    end: Option<u64>,
    /// How much of it the receiver has.
    received: u64,
}

impl Stream {
    /// Says what the number of the first byte is, unless that is known.
    pub(crate) fn begin(&mut self, sequence: u32) {
        if self.first.is_none() {
            self.first = Some(sequence);
            self.next = sequence;
        }
    }

    /// The number of its first byte.
    pub(crate) fn first(&self) -> Option<u32> {
        self.first
    }

    /// How many bytes were given out or are lost.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// What all that waits costs, in bytes.
    pub(crate) fn cost(&self) -> usize {
        self.cost
    }

    /// Where the byte with this number stands; the first place for those before the beginning.
    pub(crate) fn place(&self, sequence: u32) -> u64 {
        let ahead = sequence.wrapping_sub(self.next).cast_signed();
        self.position.saturating_add_signed(i64::from(ahead))
    }

    /// Takes in that the receiver has everything before `acknowledged`: how many bytes that are.
    pub(crate) fn see(&mut self, acknowledged: u32) -> u64 {
        let seen = self.place(acknowledged);
        // The end counts as one.
        let seen = self.end.map_or(seen, |end| seen.min(end));
        self.received = self.received.max(seen);
        seen
    }

    /// Whether something is missing that the receiver has.
    pub(crate) fn is_known_lost(&self) -> bool {
        self.received >= self.behind_hole().unwrap_or(self.position + 1)
    }

    /// Takes in a segment whose first byte has the number `sequence`, with so many bytes behind it that were not captured.
    /// Of bytes that come twice, the first stand.
    pub(crate) fn add(&mut self, sequence: u32, bytes: &[u8], missing: u32, at: At) {
        self.begin(sequence);
        let ahead = i64::from(sequence.wrapping_sub(self.next).cast_signed());
        let before = usize::try_from(-(ahead.min(0))).unwrap_or(usize::MAX);
        let start = self.position.saturating_add_signed(ahead.max(0));
        let fresh = bytes.get(before..).unwrap_or_default();
        self.fill(start, fresh.len() as u64, at, &|from, to| {
            let range = (from - start) as usize..(to - start) as usize;
            Content::Bytes(fresh.get(range).unwrap_or_default().to_vec())
        });
        if missing > 0 {
            let end = self.position.saturating_add_signed(ahead + bytes.len() as i64);
            let start = end.max(self.position);
            let length = (end + u64::from(missing)).saturating_sub(start);
            self.fill(start, length, at, &|from, to| Content::Lost(to - from));
        }
    }

    /// Puts pieces where none are yet, of the `length` places from `start`.
    fn fill(&mut self, start: u64, length: u64, at: At, piece: &dyn Fn(u64, u64) -> Content) {
        let end = start.saturating_add(length);
        let mut from = start;
        while from < end {
            let before = self.waiting.range(..=from).next_back();
            if let Some(known_end) =
                before.map(|(place, known)| place + known.length()).filter(|known| *known > from)
            {
                from = known_end;
                continue;
            }
            let to = self.waiting.range(from..).next().map_or(end, |(place, _)| end.min(*place));
            let content = piece(from, to);
            let added = Piece { content, at: At { start: from, end: to, ..at } };
            self.cost += added.cost();
            self.waiting.insert(from, added);
            from = to;
        }
    }

    /// Says that it ends behind the byte before `sequence`.
    pub(crate) fn finish(&mut self, sequence: u32) {
        let end = self.place(sequence);
        self.end.get_or_insert(end);
    }

    /// Whether everything up to its end was given out.
    pub(crate) fn is_finished(&self) -> bool {
        self.end.is_some_and(|end| self.position >= end)
    }

    /// Where and when that came which is next, if it is there.
    pub(crate) fn peek(&self) -> Option<At> {
        self.waiting
            .first_key_value()
            .filter(|(place, _)| **place == self.position)
            .map(|(_, piece)| piece.at)
    }

    /// Gives out what is next, if it is there.
    pub(crate) fn pop(&mut self) -> Option<(Content, At)> {
        let first = self.waiting.first_entry().filter(|first| *first.key() == self.position)?;
        let piece = first.remove();
        self.cost -= piece.cost();
        self.advance(piece.length());
        Some((piece.content, piece.at))
    }

    /// Where what waits begins: behind what is missing, if something waits that is not next.
    pub(crate) fn behind_hole(&self) -> Option<u64> {
        self.waiting.first_key_value().map(|(place, _)| *place)
    }

    /// Takes everything before `place` for lost that did not come: how many bytes.
    pub(crate) fn lose_until(&mut self, place: u64) -> u64 {
        let to = self.behind_hole().map_or(place, |first| first.min(place));
        let lost = to.saturating_sub(self.position);
        self.advance(lost);
        lost
    }

    fn advance(&mut self, count: u64) {
        self.position += count;
        // Numbers are counted modulo 2^32.
        self.next = self.next.wrapping_add(count as u32);
    }
}

impl Piece {
    fn length(&self) -> u64 {
        match &self.content {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::Lost(count) => *count,
        }
    }

    fn cost(&self) -> usize {
        PIECE_BYTES + if let Content::Bytes(bytes) = &self.content { bytes.len() } else { 0 }
    }
}
