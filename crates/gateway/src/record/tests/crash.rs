//! Records survive the death of the process.
