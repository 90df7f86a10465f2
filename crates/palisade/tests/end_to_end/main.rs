//! The program itself, from the outside: real sockets, signals, files and signed tokens, and what it says and leaves.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking"
)]

mod admin;
mod asking;
mod authority;
mod client;
mod client_tokens;
mod gateway;
mod issuer;
mod stage;
mod upstream;

mod backends;
mod blocks;
mod bound;
mod cedar;
mod ci;
mod code;
mod commands;
mod configs;
mod countries;
mod decisions;
mod departed;
mod diff;
mod discover;
mod drain;
mod durability;
mod egress;
mod encrypted;
mod events;
mod filtered;
mod flow;
mod followed;
mod graphql;
mod grpc;
mod hostile;
mod inventory;
mod keys;
mod limits;
mod listened;
mod log_full;
mod lsp;
mod mtls;
mod object_access;
mod oidc;
mod opaque;
mod phantom;
mod proxies;
mod recorded;
mod redirects;
mod references;
mod reload;
mod requests;
mod review;
mod review_settings;
mod sarif;
mod secrets;
mod spectral;
mod ssrf;
mod swelling;
mod take_over;
mod tarpit;
mod tls;
mod websocket;
