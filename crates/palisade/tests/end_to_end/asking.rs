//! Proxies that others have made, as they ask for decisions: started with the configurations that the documentation shows.
//!
//! `cargo xtask test` installs them where there is pip; without them, the tests that need one say so and prove nothing.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::mpsc::Receiver;
use std::time::Instant;

use serde_json::json;

use crate::client::{Answer, DEADLINE, get};
use crate::gateway::spawn;
use crate::stage::Stage;

/// A proxy before the backend of a stage that asks the gateway of that stage; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Proxy {
    /// Where it takes requests.
    pub(crate) address: SocketAddr,
    child: Child,
    lines: Receiver<String>,
}

/// Whom the configurations of the documentation name, in this order: the proxy itself, the backend, the gateway.
const DOCUMENTED: [u16; 3] = [8080, 9000, 9002];

impl Proxy {
    /// Envoy, asking `asked`; nothing where it is not installed.
    pub(crate) fn envoy(stage: &Stage, asked: SocketAddr, adapt: impl Fn(String) -> String) -> Option<Proxy> {
        let program = program("envoy")?;
        let (address, config) =
            config(stage, asked, include_str!("../../../../docs/examples/decisions/envoy.yaml"));
        stage.write("envoy.yaml", &adapt(config));
        let mut command = Command::new(program);
        command.args([
            "--concurrency",
            "1",
            "--disable-hot-restart",
            "--log-level",
            "warning",
            "--config-path",
        ]);
        Some(Proxy::start(command.arg(stage.path("envoy.yaml")), address))
    }

    /// nginx, asking `asked`; nothing where it is not installed.
    pub(crate) fn nginx(stage: &Stage, asked: SocketAddr) -> Option<Proxy> {
        let program = program("nginx")?;
        let (address, config) =
            config(stage, asked, include_str!("../../../../docs/examples/decisions/nginx.conf"));
        stage.write("nginx.conf", &config);
        let mut command = Command::new(program);
        command.args([
            "-g",
            "daemon off; master_process off; pid nginx.pid; error_log stderr;",
            "-e",
            "stderr",
            "-p",
        ]);
        Some(Proxy::start(command.arg(stage.path("")).args(["-c", "nginx.conf"]), address))
    }

    /// Traefik, asking `asked`; nothing where it is not installed.
    pub(crate) fn traefik(stage: &Stage, asked: SocketAddr) -> Option<Proxy> {
        let program = program("traefik")?;
        let (address, config_text) =
            config(stage, asked, include_str!("../../../../docs/examples/decisions/traefik.yaml"));
        stage.write("traefik.yaml", &config_text);
        let routes = include_str!("../../../../docs/examples/decisions/traefik.routes.yaml");
        stage.write("traefik.routes.yaml", &with_ports(routes, [address, stage.upstream.address, asked]));
        let mut command = Command::new(program);
        command.current_dir(stage.path("")).args(["--configFile=traefik.yaml"]);
        Some(Proxy::start(&mut command, address))
    }

    fn start(command: &mut Command, address: SocketAddr) -> Proxy {
        let (child, lines) = spawn(command);
        let mut proxy = Proxy { address, child, lines };
        let deadline = Instant::now() + DEADLINE;
        while TcpStream::connect(address).is_err() {
            assert!(Instant::now() < deadline, "it does not listen:\n{}", proxy.said());
            std::thread::yield_now();
        }
        proxy
    }

    /// Everything that it printed so far.
    fn said(&mut self) -> String {
        self.lines.try_iter().collect::<Vec<_>>().join("\n")
    }

    /// Sends one request on a connection of its own.
    pub(crate) fn ask(&self, request: &[u8]) -> Answer {
        crate::client::ask(self.address, request)
    }

    /// Asks for `/status` until the answer is `status`: it may not have read all of its configuration yet.
    pub(crate) fn wait_for(&self, status: u16) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let answer = self.ask(&get("/status", &[]));
            if answer.status == status {
                return;
            }
            assert!(Instant::now() < deadline, "{answer:?}");
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A stage whose gateway decides for another proxy, and does nothing else.
pub(crate) fn stage(asker: &str, bodies: &str) -> Stage {
    let mut stage = Stage::new();
    stage.config["listen"] =
        json!([{ "address": "127.0.0.1:0", "decisions": { "for": asker, "bodies": bodies } }]);
    stage
}

fn config(stage: &Stage, asked: SocketAddr, documented: &str) -> (SocketAddr, String) {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    (free, with_ports(documented, [free, stage.upstream.address, asked]))
}

/// A documented configuration with these addresses in place of those that it names.
fn with_ports(documented: &str, addresses: [SocketAddr; 3]) -> String {
    let mut text = documented.to_owned();
    for (port, address) in DOCUMENTED.iter().zip(addresses) {
        for (from, to) in [
            (format!("127.0.0.1:{port}"), address.to_string()),
            (format!("port_value: {port}"), format!("port_value: {}", address.port())),
        ] {
            text = text.replace(&from, &to);
        }
    }
    text
}

fn program(name: &str) -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let program = target.join("tools/proxies").join(name);
    if !program.is_file() {
        println!("skipped: no `{}`", program.display());
        return None;
    }
    Some(program)
}
