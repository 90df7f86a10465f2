//! The only place that names the HTTP library: accepts connections, serves requests, and forwards what was admitted.

mod accept;
mod account;
mod body;
mod serve;
mod tls;
mod upstream;

pub use accept::{Engine, Listening, StartError};
pub use tls::TlsError;
pub use upstream::Origin;
