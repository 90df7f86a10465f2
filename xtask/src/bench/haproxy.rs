//! HAProxy with a token check, a limit a caller and a log line a request. It verifies every token anew.

use std::fs::File;

use super::field::{Contender, Field, free_address};
use super::load::{AUDIENCE, ISSUER};
use super::way::Way;
use super::{contender_command, machine, pem};
use crate::failure::{Outcome, because};
use crate::process::Process;
use crate::tools;

const CONFIG: &str = "global
  nbthread 1
  log stdout format raw local0
defaults
  mode http
  log global
  option httplog
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend front
  bind ADDRESS
  stick-table type string len 64 size 200k expire 10s store http_req_rate(1s)
  http-request set-var(txn.token) http_auth_bearer
  http-request set-var(txn.alg) var(txn.token),jwt_header_query('$.alg')
  http-request set-var(txn.iss) var(txn.token),jwt_payload_query('$.iss')
  http-request set-var(txn.aud) var(txn.token),jwt_payload_query('$.aud')
  http-request set-var(txn.sub) var(txn.token),jwt_payload_query('$.sub')
  http-request set-var(txn.exp) var(txn.token),jwt_payload_query('$.exp','int')
  http-request set-var(txn.now) date()
  http-request deny deny_status 401 unless { var(txn.alg) -m str ALGORITHM }
  http-request deny deny_status 401 unless { var(txn.iss) -m str ISSUER }
  http-request deny deny_status 401 unless { var(txn.aud) -m str AUDIENCE }
  http-request deny deny_status 401 if { var(txn.exp),sub(txn.now) -m int lt 0 }
  http-request deny deny_status 401 unless { var(txn.token),jwt_verify(txn.alg,\"KEY\") 1 }
  http-request track-sc0 var(txn.sub)
  http-request deny deny_status 429 if { sc_http_req_rate(0) gt 1000000 }
  default_backend back
backend back
  server orders BACKEND
";

pub(super) fn start(name: &'static str, field: &Field) -> Outcome<Contender> {
    let program = tools::debian("haproxy", "haproxy")?;
    let address = free_address()?;
    let (algorithm, key) = pem::of_first(&field.key_set)?;
    let key = field.file("issuer.pem", &key)?;
    let text = CONFIG
        .replace("ADDRESS", &address.to_string())
        .replace("BACKEND", &field.backend.to_string())
        .replace("ALGORITHM", &algorithm)
        .replace("ISSUER", ISSUER)
        .replace("AUDIENCE", AUDIENCE)
        .replace("KEY", &key.display().to_string());
    let config = field.file("haproxy.cfg", &text)?;
    let log = File::create(field.folder.join("haproxy.log")).map_err(because("cannot write haproxy.log"))?;
    let mut command = contender_command(&program);
    command.arg("-db").arg("-f").arg(config);
    let mut process = Process::start_into("haproxy", &mut command, log)?;
    process.wait_until_open(address)?;
    Ok(Contender { name, version: machine::said("haproxy", &["-v"]), address, way: Way::Http1, process })
}
