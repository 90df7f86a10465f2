//! `cargo xtask demo`: a careless API, an issuer of tokens and the gateway between them, under honest and hostile hands.

mod attempt;
mod issuer;
pub(crate) mod mutants;
pub(crate) mod orders;
mod policy;
mod stage;
mod table;
mod traffic;
mod wire;

use std::path::{Path, PathBuf};

use crate::failure::{Failure, Outcome, because};
use crate::release;
use crate::say::{self, FAINT, HEAD, styled};
use crate::workspace;
use attempt::Decision;
use stage::Stage;

/// What `cargo xtask demo` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// End after the traffic instead of leaving the gateway up
    #[arg(long)]
    exit: bool,
    /// Use this `palisade` instead of building one
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome<()> {
    let binary = binary(arguments.binary.as_deref())?;
    let folder = workspace::target().join("demo");
    let mut stage = Stage::set(&binary, &folder)?;
    introduce(&stage);
    let decisions = play(&mut stage)?;
    table::print(&decisions);
    let surprises = decisions.iter().filter(|decision| !decision.is_expected()).count();
    if !arguments.exit {
        invite(&stage, &binary, &folder);
        wait_for_the_end()?;
    }
    if surprises == 0 {
        return Ok(());
    }
    Err(Failure::new(format!("{surprises} decisions were not what this demo expects; they are marked above")))
}

/// The program that is named, or else one that is built.
fn binary(named: Option<&Path>) -> Outcome<PathBuf> {
    match named {
        // It is started in another folder.
        Some(binary) => std::path::absolute(binary).map_err(because("cannot tell where the program lies")),
        None => release::quick("palisade"),
    }
}

fn introduce(stage: &Stage) {
    say::result("");
    say::result(&styled(HEAD, "Palisade in front of an orders API that trusts whoever reaches it"));
    say::result(&format!("  backend  {}  (no authentication, no checks, a debug page)", stage.backend.url));
    say::result(&format!("  issuer   {}", stage.issuer.url));
    say::result(&format!("  gateway  {}", stage.gateway.url()));
    say::result("");
    say::result(&styled(
        FAINT,
        "  who and what                                   request                                answer",
    ));
}

fn play(stage: &mut Stage) -> Outcome<Vec<Decision>> {
    let mut decisions = Vec::new();
    for attempt in traffic::all(&stage.issuer)? {
        let decision = stage.play(attempt)?;
        say::result(&decision.line());
        decisions.push(decision);
    }
    Ok(decisions)
}

fn invite(stage: &Stage, binary: &Path, folder: &Path) {
    let (gateway, issuer) = (stage.gateway.url(), &stage.issuer.url);
    let lines = [
        format!("TOKEN=$(curl -s {issuer}/token/alice)      # or bob, carol, dave, root"),
        format!("curl -i -H \"Authorization: Bearer $TOKEN\" {gateway}/v1/orders/1"),
        format!("curl -i {gateway}/v1/orders/1"),
        format!("curl -i {gateway}/debug/env"),
        "curl -i -H \"Authorization: Bearer $TOKEN\" -H 'content-type: application/json' \\".to_owned(),
        format!("     -d '{{\"items\":[{{\"sku\":\"TEA-0001\",\"quantity\":-1}}]}}' {gateway}/v1/orders"),
        format!("curl -s {}/metrics | grep palisade", stage.gateway.admin),
        format!("{} log --data {}", binary.display(), folder.join("data").display()),
    ];
    say::result(&styled(HEAD, "The gateway stays up until Ctrl-C. To try:"));
    for line in lines {
        say::result(&format!("  {line}"));
    }
}

fn wait_for_the_end() -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(because("cannot start a runtime"))?;
    runtime.block_on(async {
        let mut stop = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
            .map_err(because("cannot listen for signals"))?;
        tokio::select! {
            ended = tokio::signal::ctrl_c() => ended.map_err(because("cannot listen for Ctrl-C")),
            _ = stop.recv() => Ok(()),
        }
    })
}
