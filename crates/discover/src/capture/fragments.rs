//! Puts fragments of IP packets together, in bounded memory.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

/// The most packets of which fragments wait. The oldest goes first.
const PACKETS_MAX: usize = 256;

/// The most fragments of one packet: as many as the smallest link makes of the largest.
const FRAGMENTS_MAX: usize = 128;

/// The largest packet of IP, in bytes.
const PACKET_BYTES_MAX: usize = 65_535;

/// What a fragment says of itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fragment {
    pub(crate) id: u32,
    pub(crate) protocol: u8,
    /// Where in the whole it stands, in bytes.
    pub(crate) offset: usize,
    pub(crate) is_last: bool,
}

type Key = (IpAddr, IpAddr, u32, u8);

/// Packets that are not whole yet.
#[derive(Debug, Default)]
pub(crate) struct Fragments {
    waiting: BTreeMap<Key, Partial>,
    order: VecDeque<Key>,
}

#[derive(Debug, Default)]
struct Partial {
    pieces: BTreeMap<usize, Vec<u8>>,
    length: Option<usize>,
}

impl Fragments {
    /// Takes in a fragment; the whole once nothing of it is missing. Of what comes twice, the first stands.
    pub(crate) fn add(
        &mut self,
        (from, to): (IpAddr, IpAddr),
        fragment: Fragment,
        bytes: &[u8],
    ) -> Option<Vec<u8>> {
        let key = (from, to, fragment.id, fragment.protocol);
        let end = fragment.offset + bytes.len();
        if end > PACKET_BYTES_MAX {
            return None;
        }
        if !self.waiting.contains_key(&key) {
            self.order.push_back(key);
            if self.order.len() > PACKETS_MAX
                && let Some(oldest) = self.order.pop_front()
            {
                self.waiting.remove(&oldest);
            }
        }
        let partial = self.waiting.entry(key).or_default();
        if partial.pieces.len() < FRAGMENTS_MAX {
            partial.pieces.entry(fragment.offset).or_insert_with(|| bytes.to_vec());
        }
        if fragment.is_last {
            partial.length.get_or_insert(end);
        }
        let whole = partial.whole()?;
        self.waiting.remove(&key);
        self.order.retain(|known| *known != key);
        Some(whole)
    }
}

impl Partial {
    fn whole(&self) -> Option<Vec<u8>> {
        let length = self.length?;
        let mut whole = Vec::with_capacity(length);
        for (offset, piece) in &self.pieces {
            let known = whole.len().checked_sub(*offset)?;
            whole.extend_from_slice(piece.get(known..).unwrap_or_default());
        }
        whole.truncate(length);
        (whole.len() == length).then_some(whole)
    }
}
