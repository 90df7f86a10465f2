//! The gateway as its users run it: its binary, a config file, and the addresses that it says it took.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::Receiver;

use crate::failure::{Failure, Outcome};
use crate::process::Process;

/// A gateway that is up.
#[derive(Debug)]
pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    /// Address of health, metrics and snapshot, as a URL.
    pub(crate) admin: String,
    pub(crate) process: Process,
}

impl Gateway {
    /// Runs `command`, which starts the binary, with a config file.
    pub(crate) fn start(mut command: Command, config: &Path) -> Outcome<Self> {
        command.arg("run").arg("--config").arg(config);
        command.current_dir(config.parent().unwrap_or(config));
        let (mut process, lines) = Process::start("the gateway", &mut command)?;
        let (data, admin) = addresses(&mut process, &lines)?;
        let address = address_of(&data)?;
        Ok(Self { address, admin, process })
    }

    /// Where it takes requests, as a URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Data and admin address, which the gateway says in an order of its own.
fn addresses(process: &mut Process, lines: &Receiver<String>) -> Outcome<(String, String)> {
    let (mut data, mut admin) = (None, None);
    loop {
        let line = process.wait_for(lines, "")?;
        data = data.or_else(|| url_after(&line, "listening on "));
        data = data.or_else(|| url_after(&line, "taking calls to third parties on "));
        admin = admin.or_else(|| url_after(&line, "admin on "));
        if let (Some(data), Some(admin)) = (&data, &admin) {
            return Ok((data.clone(), admin.clone()));
        }
    }
}

fn url_after(line: &str, mark: &str) -> Option<String> {
    let (_, rest) = line.split_once(mark)?;
    rest.split_whitespace().next().filter(|word| word.starts_with("http")).map(str::to_owned)
}

/// The socket address of an `http` or `https` URL.
pub(crate) fn address_of(url: &str) -> Outcome<SocketAddr> {
    let authority = url.split_once("://").map_or(url, |(_, authority)| authority);
    authority.parse().map_err(|error| Failure::new(format!("`{url}` is no address: {error}")))
}

#[test]
fn addresses_are_read_from_what_is_said() {
    assert_eq!(
        url_after("listening on http://127.0.0.1:80 (1 worker)", "listening on "),
        Some("http://127.0.0.1:80".into())
    );
    assert_eq!(
        url_after("listening on https://127.0.0.1:80", "listening on "),
        Some("https://127.0.0.1:80".into())
    );
    assert_eq!(url_after("admin on http://127.0.0.1:80", "listening on "), None);
    assert_eq!(
        address_of("http://127.0.0.1:80").expect("an address"),
        SocketAddr::from(([127, 0, 0, 1], 80))
    );
}
