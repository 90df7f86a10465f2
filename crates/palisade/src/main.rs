//! The `palisade` command.

#![expect(dead_code, reason = "the commands are wired last")]

mod admin;
mod cli;
mod commands;
mod output;
mod reference;
mod watch;

fn main() {}
