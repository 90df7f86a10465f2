//! The `palisade` command.

mod admin;
mod block_lists;
mod blocks;
mod cli;
mod client_tokens;
mod commands;
mod feeds;
mod geography;
mod introspection;
mod kept;
mod load;
mod memory;
mod output;
mod prepare;
mod reference;
mod references;
mod revocations;
mod secret;
mod signing;
mod summary;
mod take_over;
mod telling;
mod watch;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use cli::{Cli, Command, Discover, DiscoverFrom, Exit};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_env("PALISADE_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let is_coloured = output::Look::of_stderr().color;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(is_coloured)
        .init();
    match Cli::parse().command {
        Command::Run(arguments) => commands::run::run(arguments).into(),
        Command::Check(arguments) => commands::check::run(&arguments).into(),
        Command::Explain(arguments) => commands::explain::run(&arguments).into(),
        Command::Discover(Discover { of: DiscoverFrom::Logs(arguments) }) => {
            commands::discover::logs(&arguments).into()
        }
        Command::Discover(Discover { of: DiscoverFrom::Traffic(arguments) }) => {
            commands::discover::traffic(&arguments).into()
        }
        Command::Discover(Discover { of: DiscoverFrom::Config(arguments) }) => {
            commands::discover::config(&arguments).into()
        }
        Command::Discover(Discover { of: DiscoverFrom::Secrets(arguments) }) => {
            commands::discover::secrets(&arguments).into()
        }
        Command::Inventory(arguments) => commands::inventory::run(&arguments).into(),
        Command::Discover(Discover { of: DiscoverFrom::Code(arguments) }) => {
            commands::discover::code(&arguments).into()
        }
        Command::CedarSchema(arguments) => commands::cedar_schema::run(&arguments).into(),
        Command::Review(arguments) => commands::review::run(&arguments).into(),
        Command::Diff(arguments) => commands::diff::run(&arguments).into(),
        Command::Lsp(_) => commands::lsp::run().into(),
        Command::Log(arguments) => commands::log::run(&arguments),
        Command::Reference(arguments) => print_page(arguments.page).into(),
    }
}

fn print_page(page: cli::Page) -> Exit {
    match reference::page(page) {
        Ok(text) => match output::print(&text) {
            Ok(()) => Exit::Clean,
            Err(_) => Exit::Failed,
        },
        Err(_) => Exit::Failed,
    }
}
