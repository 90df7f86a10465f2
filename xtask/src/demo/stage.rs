//! What the demo plays on: backend, issuer and gateway, each real, each on a free port of this machine.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use super::attempt::{Attempt, Decision};
use super::issuer::Issuer;
use super::policy::Policy;
use super::wire;
use crate::failure::{Outcome, because};
use crate::gateway::{Gateway, address_of};
use crate::process::Process;

/// Everything that runs while the demo does.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) issuer: Arc<Issuer>,
    pub(super) gateway: Gateway,
    pub(super) backend: Backend,
}

/// The careless API, in a process of its own.
#[derive(Debug)]
pub(super) struct Backend {
    pub(super) url: String,
    address: SocketAddr,
    lines: Receiver<String>,
    process: Process,
    marks: usize,
}

impl Stage {
    /// Starts all three, the gateway with its files in `folder`.
    pub(super) fn set(binary: &Path, folder: &Path) -> Outcome<Self> {
        let issuer = Issuer::start()?;
        let backend = Backend::start()?;
        Policy::of(&issuer.url).write(folder, &backend.url)?;
        let gateway = gateway(binary, folder)?;
        Ok(Self { issuer, gateway, backend })
    }

    /// Sends what is tried, and says what became of it.
    pub(super) fn play(&mut self, attempt: Attempt) -> Outcome<Decision> {
        self.backend.behind(self.gateway.address, attempt)
    }
}

/// A gateway with the config in `folder`.
pub(super) fn gateway(binary: &Path, folder: &Path) -> Outcome<Gateway> {
    Gateway::start(Command::new(binary), &config(folder))
}

/// Where the config lies in a folder.
pub(super) fn config(folder: &Path) -> PathBuf {
    folder.join("palisade.yaml")
}

impl Backend {
    /// It is this program again.
    pub(super) fn start() -> Outcome<Self> {
        let program = std::env::current_exe().map_err(because("cannot find this program"))?;
        let mut command = Command::new(program);
        command.args(["orders", "--address", "127.0.0.1:0"]);
        let (mut process, lines) = Process::start("the backend", &mut command)?;
        let url = process.wait_for(&lines, "listening on ")?;
        Ok(Self { address: address_of(&url)?, url, lines, process, marks: 0 })
    }

    /// Forgets what was changed.
    pub(super) fn reopen(&mut self) -> Outcome<()> {
        let request = b"POST /reopen HTTP/1.1\r\nhost: backend\r\nconnection: close\r\n\r\n";
        wire::exchange(self.address, request)?;
        self.seen().map(drop)
    }

    /// Sends what is tried to the gateway at `gateway`, which stands before this backend, and says what became of it.
    pub(super) fn behind(&mut self, gateway: SocketAddr, attempt: Attempt) -> Outcome<Decision> {
        let mut decision = Decision::new(attempt);
        for at in 0..decision.attempt.requests.len() {
            let request = decision.attempt.requests.get(at).map(Vec::as_slice).unwrap_or_default();
            let answer = wire::exchange(gateway, request)?;
            decision.note(&answer);
        }
        decision.seen = self.seen()?;
        Ok(decision)
    }

    /// Which requests reached it since this was last asked.
    fn seen(&mut self) -> Outcome<Vec<String>> {
        // The backend says what it sees in order, so what it said before this mark is all there was.
        self.marks += 1;
        let mark = format!("/mark/{}", self.marks);
        let request = format!("GET {mark} HTTP/1.1\r\nhost: backend\r\nconnection: close\r\n\r\n");
        wire::exchange(self.address, request.as_bytes())?;
        let mut seen = Vec::new();
        loop {
            let line = self.process.wait_for(&self.lines, "saw ")?;
            if line.starts_with(&format!("GET {mark} ")) {
                return Ok(seen);
            }
            seen.push(line);
        }
    }
}
