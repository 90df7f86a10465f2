//! The `palisade` command.

#![expect(dead_code, reason = "the commands are wired last")]

mod cli;
mod commands;
mod output;

fn main() {}
