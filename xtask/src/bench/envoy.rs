//! Envoy with a token check, a local limit and an access log. Its cache of verified tokens is on.

use std::fs::File;

use super::field::{Contender, Field, free_address};
use super::load::{AUDIENCE, ISSUER};
use super::way::Way;
use super::{contender_command, machine};
use crate::failure::{Outcome, because};
use crate::process::Process;
use crate::tools;

const CONFIG: &str = r#"
static_resources:
  listeners:
  - address: { socket_address: { address: 127.0.0.1, port_value: PORT } }
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: front
          generate_request_id: false
          access_log:
          - name: file
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
              path: FOLDER/envoy.access.log
          route_config:
            virtual_hosts:
            - name: orders
              domains: ["*"]
              routes: [{ match: { prefix: "/" }, route: { cluster: orders } }]
          http_filters:
          - name: envoy.filters.http.jwt_authn
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication
              providers:
                issuer:
                  issuer: ISSUER
                  audiences: [AUDIENCE]
                  local_jwks: { filename: FOLDER/jwks.json }
                  jwt_cache_config: { jwt_cache_size: 200000 }
              rules: [{ match: { prefix: "/" }, requires: { provider_name: issuer } }]
          - name: envoy.filters.http.local_ratelimit
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit
              stat_prefix: limit
              token_bucket: { max_tokens: 1000000, tokens_per_fill: 1000000, fill_interval: 1s }
              filter_enabled: { default_value: { numerator: 100 } }
              filter_enforced: { default_value: { numerator: 100 } }
          - name: envoy.filters.http.router
            typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
  clusters:
  - name: orders
    type: STATIC
    circuit_breakers: { thresholds: [{ max_connections: 4096, max_requests: 100000, max_pending_requests: 100000 }] }
    load_assignment:
      cluster_name: orders
      endpoints:
      - lb_endpoints:
        - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: BACKEND } } }
"#;

pub(super) fn start(name: &'static str, field: &Field) -> Outcome<Contender> {
    let program = tools::envoy()?;
    let address = free_address()?;
    field.file("jwks.json", &field.key_set.to_string())?;
    let text = CONFIG
        .replace("PORT", &address.port().to_string())
        .replace("BACKEND", &field.backend.port().to_string())
        .replace("FOLDER", &field.folder.display().to_string())
        .replace("ISSUER", ISSUER)
        .replace("AUDIENCE", AUDIENCE);
    let config = field.file("envoy.yaml", &text)?;
    let log = File::create(field.folder.join("envoy.log")).map_err(because("cannot write envoy.log"))?;
    let mut command = contender_command(&program);
    command
        .args(["--concurrency", "1", "--disable-hot-restart", "--log-level", "error", "--config-path"])
        .arg(config);
    let mut process = Process::start_into("envoy", &mut command, log)?;
    process.wait_until_open(address)?;
    let said = machine::said(&program.display().to_string(), &["--version"]);
    let release = said.split_once("version: ").and_then(|(_, rest)| rest.split('/').nth(1));
    let version = format!("envoy {}", release.unwrap_or("of unknown version"));
    Ok(Contender { name, version, address, way: Way::Http1, process })
}
