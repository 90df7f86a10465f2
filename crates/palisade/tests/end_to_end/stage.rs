//! What every test plays on: a folder with specification, keys and config, a backend, and the program.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::DEADLINE;
use crate::gateway::Gateway;
use crate::issuer::{AUDIENCE, Issuer};
use crate::upstream::Upstream;

/// The specification of the API.
pub(crate) const SPEC: &str = include_str!("openapi.yaml");

/// Everything but the gateway itself.
#[derive(Debug)]
pub(crate) struct Stage {
    folder: TempDir,
    pub(crate) upstream: Upstream,
    pub(crate) issuer: Issuer,
    /// What `palisade.yaml` will say.
    pub(crate) config: Value,
}

impl Stage {
    /// One API with its keys in a file, one worker, free ports, and everything else as it is by default.
    pub(crate) fn new() -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let upstream = Upstream::start();
        let issuer = Issuer::new("https://login.example", "first");
        let config = json!({
            "version": 1,
            "listen": [{ "address": "127.0.0.1:0" }],
            "admin": { "address": "127.0.0.1:0" },
            "data": { "directory": "data", "segment": "4MiB" },
            "workers": 1,
            "identity": {
                "issuers": [
                    { "issuer": issuer.url, "audiences": [AUDIENCE], "keys": { "file": "jwks.json" } },
                ],
            },
            "apis": [
                { "name": "orders", "spec": "openapi.yaml", "upstream": format!("http://{}", upstream.address) },
            ],
        });
        let stage = Stage { folder, upstream, issuer, config };
        stage.write("openapi.yaml", SPEC);
        stage.write("jwks.json", &stage.issuer.key_set());
        stage
    }

    /// The path of a file of the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a file in place whole, as whoever deploys one does.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let (new, path) = (self.path(&format!("{name}.new")), self.path(name));
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, path).unwrap();
    }

    /// Writes `config` to `palisade.yaml`.
    pub(crate) fn write_config(&self) {
        self.write("palisade.yaml", &serde_json::to_string_pretty(&self.config).unwrap());
    }

    /// The program with these arguments, in the folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_palisade"));
        command.args(arguments).current_dir(self.folder.path()).env_remove("PALISADE_LOG");
        command
    }

    /// Runs the program with these arguments to its end.
    pub(crate) fn palisade(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Starts the gateway with `config`.
    pub(crate) fn start(&self) -> Gateway {
        self.write_config();
        Gateway::start(&mut self.command(&["run", "-c", "palisade.yaml"]))
    }

    /// What `palisade log` prints as JSON, in order.
    pub(crate) fn log(&self) -> Vec<Value> {
        let output = self.palisade(&["log", "--data", "data", "--format", "json"]);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The one record with this request id.
    pub(crate) fn record(&self, request_id: &str) -> Value {
        let found: Vec<Value> =
            self.log().into_iter().filter(|record| record["request_id"] == request_id).collect();
        assert_eq!(found.len(), 1, "records of `{request_id}`: {found:?}");
        found[0].clone()
    }

    /// Waits until a request with this id is on record.
    pub(crate) fn wait_for_record(&self, request_id: &str) {
        let deadline = Instant::now() + DEADLINE;
        // Each look is a run of the program, which is pause enough.
        while self.log().iter().all(|record| record["request_id"] != request_id) {
            assert!(Instant::now() < deadline, "no record of `{request_id}` in {DEADLINE:?}");
        }
    }

    /// The segment files of the log.
    pub(crate) fn segments(&self) -> Vec<PathBuf> {
        let is_segment = |path: &PathBuf| path.file_name().is_some_and(|name| name != "lock");
        let mut segments: Vec<PathBuf> = files(&self.path("data/exchanges")).filter(is_segment).collect();
        segments.sort();
        segments
    }
}

fn files(folder: &Path) -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path())
}
