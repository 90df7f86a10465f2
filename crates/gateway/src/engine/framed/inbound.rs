//! What the service of a connection shares with its reader: the fault, and whether a request is being served.

use std::cell::Cell;
use std::rc::Rc;

use http::Uri;

use super::STAND_IN_PATH;
use crate::wire::Fault;

/// Shared by a connection's reader and its service, on one thread.
#[derive(Debug, Default)]
pub(in crate::engine) struct Inbound {
    fault: Cell<Option<Fault>>,
    /// Heads that were released before the fault.
    heads: Cell<u64>,
    /// Requests that were ever begun.
    begun: Cell<u64>,
    requests: Cell<usize>,
}

/// A request that is being served: the connection is not idle until its answer's body is dropped or done.
#[derive(Debug)]
pub(in crate::engine) struct InFlight(Rc<Inbound>);

impl Inbound {
    /// The fault that a request for `uri` stands for. Every service of a connection asks this first and answers the
    /// fault in place of the request; requests that came before the fault are served as ever.
    pub(in crate::engine) fn fault_of(&self, uri: &Uri) -> Option<Fault> {
        self.fault.get().filter(|fault| !fault.is_in_body && uri.path() == STAND_IN_PATH)
    }

    /// Why the body of the request that was begun last broke off, if its framing was at fault: the caller's error, not
    /// the network's. A fault in the body of a later one, which the reader may have seen already, is not its own.
    pub(in crate::engine) fn body_fault(&self) -> Option<Fault> {
        self.fault.get().filter(|fault| fault.is_in_body && self.begun.get() == self.heads.get())
    }

    /// Says that a request is being served until the answer's body is over; called once for every request.
    pub(in crate::engine) fn begin(self: &Rc<Self>) -> InFlight {
        self.begun.set(self.begun.get() + 1);
        self.requests.set(self.requests.get() + 1);
        InFlight(Rc::clone(self))
    }

    pub(super) fn has_request(&self) -> bool {
        self.requests.get() > 0
    }

    pub(super) fn set_fault(&self, fault: Fault, heads: u64) {
        self.heads.set(heads);
        self.fault.set(Some(fault));
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.requests.set(self.0.requests.get().saturating_sub(1));
    }
}
