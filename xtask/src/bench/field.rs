//! What all contenders share: the backend, the keys, a folder for their files; and who they are.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use super::load::Plan;
use super::way::Way;
use super::{envoy, haproxy, nginx, palisade};
use crate::failure::{Outcome, because};
use crate::process::Process;
use crate::workspace;

/// The backend and what contenders are configured from.
#[derive(Debug)]
pub(super) struct Field {
    /// Where contenders put their files.
    pub(super) folder: PathBuf,
    /// The backend's address.
    pub(super) backend: SocketAddr,
    /// The gateway that is measured.
    pub(super) gateway: PathBuf,
    /// The issuer's keys as a JSON Web Key Set.
    pub(super) key_set: serde_json::Value,
    _backend: Process,
}

/// A proxy in front of the backend.
#[derive(Debug)]
pub(super) struct Contender {
    pub(super) name: &'static str,
    /// Name and version of the program, as it says them itself.
    pub(super) version: String,
    pub(super) address: SocketAddr,
    /// How requests come to it.
    pub(super) way: Way,
    pub(super) process: Process,
}

type Start = fn(&'static str, &Field) -> Outcome<Contender>;

/// Every contender, in the order of a round. The names say what each does beyond forwarding.
pub(super) const CONTENDERS: &[(&str, Start)] = &[
    ("nginx, bare", nginx::start),
    ("palisade, bare", palisade::start_bare),
    ("palisade, every request control", palisade::start_requests),
    ("palisade, cedar too", palisade::start_cedar),
    ("palisade, answers too", palisade::start_answers),
    ("haproxy, jwt+limit+log", haproxy::start),
    ("envoy, jwt+limit+log", envoy::start),
];

/// The row that others are compared with first.
pub(super) const NGINX: &str = "nginx, bare";
/// The row that others are compared with next.
pub(super) const ENVOY: &str = "envoy, jwt+limit+log";

pub(super) fn names() -> String {
    let mut text = "there are".to_owned();
    for (name, _) in CONTENDERS {
        text.push_str(&format!(" `{name}`"));
    }
    text
}

impl Field {
    /// Starts the backend.
    pub(super) fn open(plan: &Plan, gateway: &Path) -> Outcome<Self> {
        let folder = workspace::target().join("bench");
        std::fs::create_dir_all(&folder).map_err(because(format!("cannot make `{}`", folder.display())))?;
        let (backend_process, backend) = nginx::start_backend(&folder)?;
        Ok(Self {
            folder,
            backend,
            gateway: gateway.to_owned(),
            key_set: plan.key_set.clone(),
            _backend: backend_process,
        })
    }

    /// Writes one of a contender's files, and returns its path.
    pub(super) fn file(&self, name: &str, text: &str) -> Outcome<PathBuf> {
        let path = self.folder.join(name);
        std::fs::write(&path, text).map_err(because(format!("cannot write `{}`", path.display())))?;
        Ok(path)
    }
}

/// An address that nobody listens on at this moment. Programs that cannot take port 0 and say which they took get one.
pub(super) fn free_address() -> Outcome<SocketAddr> {
    let listener =
        TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).map_err(because("no free port"))?;
    listener.local_addr().map_err(because("no free port"))
}
