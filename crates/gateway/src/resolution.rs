//! Names of hosts that a request names, and where they lead: asked by policies, and found out by whoever can wait.

use std::net::IpAddr;
use std::sync::Arc;

/// A host that is known by its name, and must be looked up before the request goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedHost {
    /// The name, lowercase.
    pub name: String,
    /// Where in the request it stands, in words of the contract or of the config.
    pub place: String,
}

/// Where a name leads now: to each of these addresses, of which there is at least one.
pub type Resolved = Result<Arc<[IpAddr]>, Unresolved>;

/// Why it is not known where a name leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unresolved {
    /// Nobody knows the name, or whoever should know it says nothing of use.
    Unknown,
    /// Nobody said it in time.
    TimedOut,
    /// Too many names are looked up at once.
    Overloaded,
}
