//! The only place that names the HTTP library: accepts connections, serves requests, and forwards what was admitted.

mod accept;
mod account;
mod answer_body;
mod body;
mod connections;
mod decide;
mod filter;
mod follow;
mod going;
mod held;
mod http1;
mod http2;
mod judge;
mod peer;
mod phase;
mod plain;
mod resolver;
mod serve;
mod sockets;
mod timer;
mod tls;
mod transport;
mod tunnel;
mod upstream;
mod whole;

pub use accept::{Engine, Listening, StartError};
pub use sockets::Inherited;
pub(crate) use tls::{Clients, Offer, client_config, tls_problem};
pub use tls::{ListenerTls, TlsError};
pub use upstream::{Backends, Origin, answer_head};
