//! The `palisade` command.

#![expect(dead_code, reason = "the commands are wired last")]

mod output;

fn main() {}
