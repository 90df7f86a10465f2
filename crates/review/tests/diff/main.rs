//! Two versions of a document, compared: each kind of change by its examples, twins that differ in nothing but words, and
//! changes that were made on purpose.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod changed;
mod corpus;
mod events;
mod kinds;
mod random;
mod twin;
mod twins;
mod upgrade;
mod versions;
