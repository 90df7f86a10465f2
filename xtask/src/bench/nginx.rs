//! nginx twice: as the backend, and as the bare proxy that everything is compared with.

use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::field::{Contender, Field, free_address};
use super::way::Way;
use super::{contender_command, machine};
use crate::failure::{Outcome, because};
use crate::process::Process;
use crate::tools;

/// Bytes of the backend's answer.
pub(super) const ANSWER_BYTES: usize = 588;

/// Whose order it is, by its own word.
pub(super) const CUSTOMER: &str = "c-20931";

/// One event loop, and no second process whose time would be missed.
const MAIN: &str =
    "daemon off; master_process off; pid FOLDER/NAME.pid; error_log FOLDER/NAME.error.log error;
worker_rlimit_nofile 20000; events { worker_connections 16384; }
";

const BACKEND: &str = "http {
  access_log off; default_type application/json; client_body_temp_path FOLDER/NAME.body;
  keepalive_requests 1000000000; client_max_body_size 16m; client_body_buffer_size 2m;
  server { listen ADDRESS; location / { return 200 'ANSWER'; } }
}
";

const PROXY: &str = "http {
  access_log off; keepalive_requests 1000000000; client_max_body_size 16m; client_body_buffer_size 2m;
  client_body_temp_path FOLDER/NAME.body; proxy_temp_path FOLDER/NAME.proxy;
  upstream backend { server BACKEND; keepalive 128; keepalive_requests 1000000000; }
  server {
    listen ADDRESS;
    location / { proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection ''; }
  }
}
";

/// Starts the backend on the core of the load.
pub(super) fn start_backend(folder: &Path) -> Outcome<(Process, SocketAddr)> {
    let program = tools::debian("nginx", "nginx-light")?;
    let address = free_address()?;
    let text = format!("{MAIN}{BACKEND}").replace("ANSWER", &answer());
    let config = write(folder, "backend", &text, address)?;
    let command = machine::on_core(machine::load_core(), &program);
    let process = start_with(command, folder, "the backend", &config, address)?;
    Ok((process, address))
}

/// Starts the bare proxy.
pub(super) fn start(name: &'static str, field: &Field) -> Outcome<Contender> {
    let program = tools::debian("nginx", "nginx-light")?;
    let address = free_address()?;
    let text = format!("{MAIN}{PROXY}").replace("BACKEND", &field.backend.to_string());
    let config = write(&field.folder, "nginx", &text, address)?;
    let process = start_with(contender_command(&program), &field.folder, "nginx", &config, address)?;
    Ok(Contender {
        name,
        version: machine::said("nginx", &["-v"]).replace("nginx version: ", ""),
        address,
        way: Way::Http1,
        process,
    })
}

fn write(folder: &Path, name: &str, text: &str, address: SocketAddr) -> Outcome<std::path::PathBuf> {
    let folder_text = folder.display().to_string();
    let text =
        text.replace("FOLDER", &folder_text).replace("NAME", name).replace("ADDRESS", &address.to_string());
    let config = folder.join(format!("{name}.conf"));
    std::fs::write(&config, text).map_err(because(format!("cannot write `{}`", config.display())))?;
    Ok(config)
}

fn start_with(
    mut command: Command,
    folder: &Path,
    name: &str,
    config: &Path,
    address: SocketAddr,
) -> Outcome<Process> {
    command.arg("-e").arg(folder.join("nginx.log")).arg("-c").arg(config);
    let log = File::create(folder.join("nginx.out")).map_err(because("cannot write nginx.out"))?;
    let mut process = Process::start_into(name, &mut command, log)?;
    process.wait_until_open(address)?;
    Ok(process)
}

/// A JSON object of [`ANSWER_BYTES`].
fn answer() -> String {
    let head = format!(
        r#"{{"id":4711,"status":"paid","customer":"{CUSTOMER}","total":12950,"currency":"EUR","items":["#
    );
    let item = r#"{"sku":"TEA-0001","quantity":2,"price":1475}"#;
    let mut text = format!("{head}{item},{item},{item},{item},{item},{item}],\"note\":\"");
    let tail = "\"}";
    while text.len() + tail.len() < ANSWER_BYTES {
        text.push('x');
    }
    text.push_str(tail);
    text
}

#[test]
fn the_answer_has_its_length_and_is_json() {
    let answer = answer();
    assert_eq!(answer.len(), ANSWER_BYTES);
    serde_json::from_str::<serde_json::Value>(&answer).expect("is JSON");
}
