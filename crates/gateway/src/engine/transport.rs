//! What carries bytes: a socket or TLS over one, read through one buffer a worker.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http::HeaderMap;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection's bytes in both directions.
pub(super) trait Transport: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Transport for T {}

/// A socket, or TLS over one.
pub(super) type Io = Box<dyn Transport>;

/// What one read brings at most, in bytes.
const READ_BYTES_MAX: usize = 64 << 10;

/// Header maps that a worker keeps for the next heads.
const MAPS_MAX: usize = 64;

/// Fields that a kept map has room for; larger ones are for rare heads.
const MAP_FIELDS_MAX: usize = 64;

/// Fields that a head has room for beside its own: those that policies add.
const SPARE_FIELDS: usize = 8;

/// What a worker reads with, for all of its connections.
#[derive(Debug, Clone)]
pub(super) struct Scratch(Rc<Room>);

#[derive(Debug)]
struct Room {
    /// Every read goes through it: a connection keeps only what it cannot use at once, so idle ones keep nothing.
    bytes: RefCell<Box<[u8]>>,
    /// Empty maps of heads that are over.
    maps: RefCell<Vec<HeaderMap>>,
}

impl Default for Scratch {
    fn default() -> Scratch {
        let bytes = RefCell::new(vec![0; READ_BYTES_MAX].into_boxed_slice());
        Scratch(Rc::new(Room { bytes, maps: RefCell::default() }))
    }
}

impl Scratch {
    /// Reads once from `io` and gives `take` what came, which is nothing at the end of input.
    pub(super) fn poll_read<T>(
        &self,
        io: &mut Io,
        cx: &mut Context<'_>,
        take: impl FnOnce(&[u8]) -> T,
    ) -> Poll<io::Result<T>> {
        let mut bytes = self.0.bytes.borrow_mut();
        let mut buf = ReadBuf::new(&mut bytes);
        ready!(Pin::new(io).poll_read(cx, &mut buf))?;
        Poll::Ready(Ok(take(buf.filled())))
    }

    /// An empty map with room for the `fields` of a head and some more.
    pub(super) fn map(&self, fields: usize) -> HeaderMap {
        let kept = self.0.maps.borrow_mut().pop();
        kept.unwrap_or_else(|| HeaderMap::with_capacity(fields + SPARE_FIELDS))
    }

    /// Takes the map of a head that is over.
    pub(super) fn keep(&self, mut map: HeaderMap) {
        let mut maps = self.0.maps.borrow_mut();
        if maps.len() < MAPS_MAX && map.capacity() <= MAP_FIELDS_MAX {
            map.clear();
            maps.push(map);
        }
    }
}

/// Bytes that have arrived and are not used yet.
#[derive(Debug, Default)]
pub(super) struct Held {
    bytes: Vec<u8>,
    used: usize,
}

/// What a buffer keeps of its room while it is empty, in bytes.
const KEPT_BYTES_MAX: usize = 4 << 10;

impl Held {
    /// What is not used yet.
    pub(super) fn rest(&self) -> &[u8] {
        self.bytes.get(self.used..).unwrap_or_default()
    }

    /// Adds what has arrived. What was used goes first, once it is the larger part: whoever is always ahead would else let
    /// it pile up.
    pub(super) fn extend(&mut self, arrived: &[u8]) {
        if self.used > self.bytes.len() / 2 {
            self.bytes.drain(..self.used);
            self.used = 0;
        }
        self.bytes.extend_from_slice(arrived);
    }

    /// Uses `count` bytes of the rest.
    pub(super) fn advance(&mut self, count: usize) {
        self.used = self.bytes.len().min(self.used + count);
        if self.used == self.bytes.len() {
            self.clear();
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.used = 0;
        self.bytes.clear();
        self.bytes.shrink_to(KEPT_BYTES_MAX);
    }
}

/// A connection whose first bytes were read already.
pub(super) struct Prefixed {
    prefix: Bytes,
    io: Io,
}

impl Prefixed {
    pub(super) fn new(prefix: &[u8], io: Io) -> Prefixed {
        Prefixed { prefix: Bytes::copy_from_slice(prefix), io }
    }
}

impl AsyncRead for Prefixed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.prefix.is_empty() {
            return Pin::new(&mut self.io).poll_read(cx, buf);
        }
        let count = self.prefix.len().min(buf.remaining());
        buf.put_slice(self.prefix.get(..count).unwrap_or_default());
        self.prefix.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Prefixed {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_makes_room_though_there_is_always_more() {
        let (mut held, mut expected) = (Held::default(), Vec::new());
        for number in 0..10_000_u32 {
            let arrived = number.to_be_bytes().repeat(16);
            held.extend(&arrived);
            expected.extend(arrived);
            if number > 0 {
                held.advance(64);
                expected.drain(..64);
            }
            assert_eq!(held.rest(), expected);
        }
        assert!(held.bytes.capacity() <= 512, "{}", held.bytes.capacity());
    }
}
