//! How many connections are open, in all and by address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::Limits;

/// Open connections, in all and by address.
#[derive(Debug, Default)]
pub(super) struct Connections {
    all: AtomicU32,
    // Locked when a connection opens and closes, never while a request is served. Bounded by `connections_max`.
    by_ip: Mutex<HashMap<IpAddr, u32>>,
}

/// A connection's place; given back when dropped.
pub(super) struct Place {
    connections: Arc<Connections>,
    ip: IpAddr,
}

impl Connections {
    /// A place for a connection from `ip`. A proxy's connections are those of many, and are bounded in all alone.
    pub(super) fn place(self: &Arc<Self>, ip: IpAddr, is_proxy: bool, limits: &Limits) -> Option<Place> {
        let mut by_ip = self.by_ip.lock().unwrap_or_else(PoisonError::into_inner);
        if self.all.load(Ordering::Acquire) >= limits.connections_max {
            return None;
        }
        let count = by_ip.entry(ip).or_default();
        if *count >= limits.connections_per_ip_max && !is_proxy {
            return None;
        }
        *count += 1;
        self.all.fetch_add(1, Ordering::AcqRel);
        Some(Place { connections: Arc::clone(self), ip })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut by_ip = self.connections.by_ip.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = by_ip.get_mut(&self.ip) {
            *count -= 1;
            if *count == 0 {
                by_ip.remove(&self.ip);
            }
        }
        self.connections.all.fetch_sub(1, Ordering::AcqRel);
    }
}
