//! The only place that names the HTTP library: accepts connections, serves requests, and forwards what was admitted.

mod accept;
mod account;
mod body;
mod http1;
mod serve;
mod timer;
mod tls;
mod transport;
mod upstream;

pub use accept::{Engine, Listening, StartError};
pub use tls::TlsError;
pub(crate) use tls::{client_config, server_config, tls_problem};
pub use upstream::Origin;
