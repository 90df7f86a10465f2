//! The toolbox of the repository: `cargo xtask test`, `demo`, `bench`, `release` and `codegen`, each installing what it lacks.

mod bench;
mod codegen;
mod demo;
mod failure;
mod gateway;
mod process;
mod release;
mod say;
mod steps;
mod test;
#[cfg(test)]
mod tidy;
mod tokens;
mod tools;
mod trained;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The toolbox of the repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Everything that a change must pass: format, lints, dependencies, tests
    Test(test::Arguments),
    /// A careless API behind the gateway, under honest and hostile hands
    Demo(demo::Arguments),
    /// Whether the demo's traffic notices each single change of its policy
    Mutants(demo::mutants::Arguments),
    /// What a request costs the gateway, beside nginx, HAProxy and Envoy; how fast the rest reads, beside others
    Bench(bench::Arguments),
    /// The gateway as it is released: built for what it was seen to do under load
    Release,
    /// Write the generated reference under docs/reference
    Codegen(codegen::Arguments),
    /// The demo's backend alone
    #[command(hide = true)]
    Orders(demo::orders::Arguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Test(arguments) => test::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Mutants(arguments) => demo::mutants::run(&arguments),
        Command::Orders(arguments) => demo::orders::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Release => trained::run(),
        Command::Codegen(arguments) => codegen::run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say::failure(&failure);
            ExitCode::FAILURE
        }
    }
}
