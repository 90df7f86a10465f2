//! Parameters.
mod shape;
mod style;
