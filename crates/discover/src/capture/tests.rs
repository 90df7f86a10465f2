//! Captures that are written here, packet by packet, and what is told of them.

mod http1;
mod http2;
mod links;
mod loss;
mod rotated;
mod tape;
mod tls;
