//! Whether the gateway takes connections, and what becomes of those that are open.

/// What the gateway is doing; it only ever goes on from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// It accepts connections and keeps them.
    Serving,
    /// Another accepts them. Those that are open get one more answer, for a caller may be sending on any of them.
    Leaving,
    /// Nobody does. Those that are idle are ended.
    Stopping,
}
