//! gRPC and WebSockets through the program, with servers and clients that others have made.
//!
//! `cargo xtask test` installs them where there is npm; without them, these tests say so and prove nothing.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::gateway::Gateway;
use crate::stage::Stage;

const SCRIPT: &str = include_str!("streams/peers.mjs");

const SPEC: &str = r#"
openapi: 3.1.0
info: { title: Orders, version: 1.0.0 }
paths:
  /orders.Orders/Get: { post: { security: [{ tokens: [orders:read] }], requestBody: &call { content: { application/grpc: {} } }, responses: &ok { "200": { description: ok } } } }
  /orders.Orders/Watch: { post: { security: [], requestBody: *call, responses: *ok } }
  /orders.Orders/Chat: { post: { security: [], requestBody: *call, responses: *ok } }
  /orders.Orders/Fail: { post: { security: [], requestBody: *call, responses: *ok, x-palisade: { rate-limit: { limits: [{ rate: 2/h, key: [ip] }] } } } }
  /orders.Orders/Wait: { post: { security: [], requestBody: *call, responses: *ok } }
  /socket: { get: { security: [], x-palisade: { upgrade: websocket }, responses: *ok } }
components:
  securitySchemes:
    tokens: { type: http, scheme: bearer }
"#;

/// The running servers and clients; they end when this is dropped.
struct Peers {
    child: Child,
    lines: BufReader<ChildStdout>,
    grpc_port: String,
    socket_port: String,
}

impl Peers {
    /// Starts them; nothing where they are not installed.
    fn start() -> Option<Peers> {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let folder = target.join("tools/streams");
        if !folder.join("node_modules/@grpc/grpc-js").is_dir() {
            println!("skipped: neither gRPC nor WebSockets of others in `{}`", folder.display());
            return None;
        }
        // What is not in a file looks for its modules in the current folder.
        let mut command = Command::new("node");
        command.args(["--input-type=module", "--eval", SCRIPT]).current_dir(folder);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let Ok(mut child) = piped.spawn() else {
            println!("skipped: no node");
            return None;
        };
        let lines = BufReader::new(child.stdout.take().unwrap());
        let mut peers = Peers { child, lines, grpc_port: String::new(), socket_port: String::new() };
        let ports = peers.line("ports ");
        let (grpc, socket) = ports.split_once(' ').unwrap();
        (peers.grpc_port, peers.socket_port) = (grpc.to_owned(), socket.to_owned());
        Some(peers)
    }

    /// The rest of the next line that begins with `mark`.
    fn line(&mut self, mark: &str) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.lines.read_line(&mut line).unwrap(), 0, "the peers ended");
            if let Some(rest) = line.strip_prefix(mark) {
                return rest.trim_end().to_owned();
            }
        }
    }

    /// What a client sees of `call` through `gateway`, said in more words by `more`.
    fn call(&mut self, gateway: &Gateway, call: &str, more: &Value) -> Value {
        let mut asked = more.clone();
        asked["call"] = call.into();
        asked["address"] = gateway.address().to_string().into();
        writeln!(self.child.stdin.as_mut().unwrap(), "{asked}").unwrap();
        serde_json::from_str(&self.line("seen ")).unwrap()
    }

    /// A stage whose backend is the server of gRPC.
    fn stage(&self) -> Stage {
        let mut stage = Stage::new();
        stage.write("openapi.yaml", SPEC);
        let url = format!("http://127.0.0.1:{}", self.grpc_port);
        stage.config["apis"][0]["upstream"] = json!({ "url": url, "protocol": "http2" });
        stage
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        // They may have ended by themselves.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The stage without its socket, which no backend of HTTP/2 has.
fn start(stage: &Stage) -> Gateway {
    let without: String =
        SPEC.lines().filter(|line| !line.contains("/socket:")).map(|line| format!("{line}\n")).collect();
    stage.write("openapi.yaml", &without);
    stage.start()
}

#[test]
fn calls_pass_in_both_directions_with_their_trailers() {
    let Some(mut peers) = Peers::start() else { return };
    let stage = peers.stage();
    let gateway = start(&stage);
    let token = json!({ "token": stage.issuer.bearer("orders:read") });
    let got = peers.call(&gateway, "get", &token);
    assert_eq!(
        (&got["messages"], &got["code"], &got["trailers"]["x-trailer"]),
        (&json!(["got tea"]), &json!(0), &json!("after")),
        "{got}"
    );
    let watched = peers.call(&gateway, "watch", &json!({}));
    assert_eq!(watched["messages"], json!(["event 1", "event 2", "event 3"]), "{watched}");
    assert_eq!((&watched["code"], &watched["trailers"]["x-trailer"]), (&json!(0), &json!("watched")));
    let chat = peers.call(&gateway, "chat", &json!({}));
    assert_eq!((&chat["messages"], &chat["code"]), (&json!(["re: one", "re: two", "re: three"]), &json!(0)));
    gateway.stop();
    let log = stage.log();
    assert_eq!(log.len(), 3);
    assert!(log.iter().all(|record| record["response"]["status"] == 200 && record["aborted"] == false));
}

#[test]
fn an_error_of_the_backend_reaches_its_caller_with_what_it_says() {
    let Some(mut peers) = Peers::start() else { return };
    let stage = peers.stage();
    let gateway = start(&stage);
    let failed = peers.call(&gateway, "fail", &json!({}));
    assert_eq!(
        (&failed["code"], &failed["details"], &failed["trailers"]["x-why"]),
        (&json!(9), &json!("no tea"), &json!("sold out")),
        "{failed}"
    );
}

#[test]
fn a_refusal_is_a_status_of_grpc() {
    let Some(mut peers) = Peers::start() else { return };
    let mut stage = peers.stage();
    stage.config["limits"] = json!({ "upstream-response-timeout": "50ms" });
    let gateway = start(&stage);
    let mut check = |call, more, code: u64, message: &str| {
        let seen = peers.call(&gateway, call, &more);
        assert_eq!((&seen["code"], &seen["details"]), (&json!(code), &json!(message)), "{seen}");
    };
    check("get", json!({}), 16, "Authentication is required");
    let token = stage.issuer.bearer("orders:write");
    check("get", json!({ "token": token }), 7, "The token does not allow this");
    check("wait", json!({}), 4, "The service behind the gateway did not answer in time");
    check("fail", json!({}), 9, "no tea");
    check("fail", json!({}), 9, "no tea");
    check("fail", json!({}), 8, "Too many requests");
    drop(peers);
    gateway.stop();
    let statuses: Vec<Value> =
        stage.log().iter().map(|record| record["response"]["status"].clone()).collect();
    assert_eq!(statuses, [401, 403, 504, 200, 200, 429]);
}

#[test]
fn many_calls_share_a_connection_up_to_the_limit_and_none_is_lost() {
    let Some(mut peers) = Peers::start() else { return };
    let mut stage = peers.stage();
    stage.config["limits"] = json!({ "upstream-streams-max": 8 });
    let gateway = start(&stage);
    let more = json!({ "token": stage.issuer.bearer("orders:read"), "count": 50 });
    let seen = peers.call(&gateway, "get", &more);
    assert!(seen.as_array().unwrap().iter().all(|call| call["messages"] == json!(["got tea"])), "{seen}");
}

#[test]
fn a_socket_of_others_speaks_with_a_server_of_others() {
    let Some(mut peers) = Peers::start() else { return };
    let mut stage = peers.stage();
    stage.config["apis"][0]["upstream"] = format!("http://127.0.0.1:{}", peers.socket_port).into();
    let gateway = stage.start();
    let seen = peers.call(&gateway, "socket", &json!({ "path": "/socket" }));
    assert_eq!((&seen["messages"], &seen["code"]), (&json!(["hello", 100_000]), &json!(1000)), "{seen}");
    assert_eq!((&seen["protocol"], &seen["extensions"]), (&json!("chat"), &json!("permessage-deflate")));
    gateway.stop();
    assert_eq!(stage.log()[0]["response"]["status"], 101);
}
