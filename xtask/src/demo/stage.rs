//! What the demo plays on: backend, issuer and gateway, each real, each on a free port of this machine.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use aws_lc_rs::digest::{SHA256, digest};

use crate::demo::issuer::Issuer;
use crate::demo::wire;
use crate::failure::{Outcome, because};
use crate::gateway::{Gateway, address_of};
use crate::process::Process;
use crate::release;
use crate::workspace;

/// The key that the shop gave its partner.
pub(super) const PARTNER_KEY: &str = "tea-partner-3f9c1d";

const SPEC: &str = include_str!("../../demo/openapi.yaml");
const OVERLAY: &str = include_str!("../../demo/policy.overlay.yaml");
const CONFIG: &str = include_str!("../../demo/palisade.yaml");

/// Everything that runs while the demo does.
#[derive(Debug)]
pub(super) struct Stage {
    /// Where the gateway's files lie.
    pub(super) folder: PathBuf,
    pub(super) binary: PathBuf,
    pub(super) issuer: Arc<Issuer>,
    pub(super) backend: String,
    pub(super) gateway: Gateway,
    backend_address: SocketAddr,
    backend_lines: Receiver<String>,
    backend_process: Process,
    marks: usize,
}

impl Stage {
    /// Builds what is missing and starts all three.
    pub(super) fn set(binary: Option<&Path>) -> Outcome<Self> {
        let binary = match binary {
            Some(binary) => binary.to_owned(),
            None => release::quick("palisade")?,
        };
        let issuer = Issuer::start()?;
        let (mut backend_process, backend_lines) = backend()?;
        let backend = backend_process.wait_for(&backend_lines, "listening on ")?;
        let folder = workspace::target().join("demo");
        write_files(&folder, &issuer.url, &backend)?;
        let gateway = Gateway::start(Command::new(&binary), &folder.join("palisade.yaml"))?;
        Ok(Self {
            folder,
            binary,
            issuer,
            backend_address: address_of(&backend)?,
            gateway,
            backend,
            backend_lines,
            backend_process,
            marks: 0,
        })
    }

    /// How many requests reached the backend since this was last asked.
    pub(super) fn seen_by_backend(&mut self) -> Outcome<Vec<String>> {
        // The backend says what it sees in order, so what it said before this mark is all there was.
        self.marks += 1;
        let mark = format!("/mark/{}", self.marks);
        let request = format!("GET {mark} HTTP/1.1\r\nhost: backend\r\nconnection: close\r\n\r\n");
        wire::exchange(self.backend_address, request.as_bytes())?;
        let mut seen = Vec::new();
        loop {
            let line = self.backend_process.wait_for(&self.backend_lines, "saw ")?;
            if line.starts_with(&format!("GET {mark} ")) {
                return Ok(seen);
            }
            seen.push(line);
        }
    }
}

/// The backend is this program again, in a process of its own.
fn backend() -> Outcome<(Process, Receiver<String>)> {
    let program = std::env::current_exe().map_err(because("cannot find this program"))?;
    Process::start("the backend", Command::new(program).args(["orders", "--address", "127.0.0.1:0"]))
}

fn write_files(folder: &Path, issuer: &str, backend: &str) -> Outcome<()> {
    let digest = digest(&SHA256, PARTNER_KEY.as_bytes());
    let digest: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let config = CONFIG.replace("ISSUER", issuer).replace("UPSTREAM", backend).replace("KEY-DIGEST", &digest);
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(because(format!("cannot empty `{}`", folder.display())))?;
    }
    std::fs::create_dir_all(folder).map_err(because(format!("cannot make `{}`", folder.display())))?;
    let files =
        [("openapi.yaml", SPEC), ("policy.overlay.yaml", OVERLAY), ("palisade.yaml", config.as_str())];
    for (name, text) in files {
        let file = folder.join(name);
        std::fs::write(&file, text).map_err(because(format!("cannot write `{}`", file.display())))?;
    }
    Ok(())
}
