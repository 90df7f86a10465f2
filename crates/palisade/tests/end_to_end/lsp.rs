//! `palisade lsp`: an editor of others' making that types, and one that sends nonsense.
//!
//! `cargo xtask test` installs the former where there is npm; without it, its test says so and proves nothing.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::stage::Stage;

const SCRIPT: &str = include_str!("editor/client.mjs");

const SPEC: &str =
    "openapi: 3.1.0\ninfo: { title: a, version: '1' }\nservers: [{ url: 'http://a.example' }]\npaths: {}\n";

/// A server, and what an editor needs to speak with it.
struct Editor {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Editor {
    fn start(stage: &Stage) -> Editor {
        let mut command = stage.command(&["lsp"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Editor { child, input, output: BufReader::new(output) }
    }

    /// One that has begun the conversation.
    fn begun(stage: &Stage) -> Editor {
        let mut editor = Editor::start(stage);
        let answer = editor.ask("initialize", &json!({ "capabilities": {} }));
        assert_eq!(answer["result"]["capabilities"]["positionEncoding"], "utf-16", "{answer}");
        editor
    }

    fn send(&mut self, bytes: &[u8]) {
        self.input.write_all(bytes).unwrap();
        self.input.flush().unwrap();
    }

    fn say(&mut self, message: &Value) {
        let text = message.to_string();
        self.send(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    }

    fn notify(&mut self, method: &str, params: &Value) {
        self.say(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// The next message.
    fn hear(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert_ne!(self.output.read_line(&mut line).unwrap(), 0, "the server ended");
            match line.trim_end().strip_prefix("Content-Length: ") {
                Some(text) => length = text.parse().unwrap(),
                None if line == "\r\n" => break,
                None => panic!("{line}"),
            }
        }
        let mut bytes = vec![0; length];
        self.output.read_exact(&mut bytes).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    /// What is shown next of a file.
    fn shown(&mut self, uri: &str) -> Vec<Value> {
        loop {
            let message = self.hear();
            if message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == uri {
                return message["params"]["diagnostics"].as_array().unwrap().clone();
            }
        }
    }

    /// Asks, and passes over what is said in between.
    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.say(&json!({ "jsonrpc": "2.0", "id": method, "method": method, "params": params }));
        loop {
            let message = self.hear();
            if message["id"] == method {
                return message;
            }
        }
    }

    fn open(&mut self, uri: &str, text: &str) {
        let document = json!({ "uri": uri, "languageId": "yaml", "version": 1, "text": text });
        self.notify("textDocument/didOpen", &json!({ "textDocument": document }));
    }

    /// Ends the conversation in order, and the server with it.
    fn end(mut self) {
        assert_eq!(self.ask("shutdown", &Value::Null)["result"], Value::Null);
        self.notify("exit", &Value::Null);
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

fn has(shown: &[Value], rule: &str) -> bool {
    shown.iter().any(|diagnostic| diagnostic["code"] == rule)
}

#[test]
fn all_that_nobody_has_to_decide_is_mended_at_once_and_only_where_that_is_asked_for() {
    let stage = Stage::new();
    let mut editor = Editor::begun(&stage);
    let uri = "untitled:a";
    editor.open(uri, &SPEC.replace("paths: {}", "paths: { /a: { servers: [{ url: 'http://b.example' }] } }"));
    let start = json!({ "line": 0, "character": 0 });
    let mut actions = |only: Value| {
        let asked = json!({
            "textDocument": { "uri": uri },
            "range": { "start": start, "end": start },
            "context": { "diagnostics": [], "only": only },
        });
        editor.ask("textDocument/codeAction", &asked)["result"].as_array().unwrap().clone()
    };
    let all = actions(json!(["source.fixAll"]));
    assert_eq!((all.len(), &all[0]["kind"]), (1, &json!("source.fixAll.palisade")), "{all:?}");
    let edits = all[0]["edit"]["changes"][uri].as_array().unwrap();
    let texts: Vec<&str> = edits.iter().map(|edit| edit["newText"].as_str().unwrap()).collect();
    assert_eq!(texts, ["'https://a.example'", "'https://b.example'"]);
    for only in [json!(null), json!(["quickfix"]), json!(["source.organizeImports"]), json!(["source.fix"])] {
        assert_eq!(actions(only), Vec::<Value>::new());
    }
    editor.end();
}

#[test]
fn nonsense_is_refused_and_ends_nothing() {
    let stage = Stage::new();
    let mut editor = Editor::start(&stage);
    assert_eq!(editor.ask("textDocument/hover", &json!({}))["error"]["code"], -32002);
    assert_eq!(editor.ask("initialize", &json!([1]))["error"]["code"], -32602);
    assert!(editor.ask("initialize", &json!({}))["result"].is_object());
    editor.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nContent-Length: 3\r\n\r\n{x}");
    assert_eq!(editor.hear()["error"]["code"], -32700);
    for message in [json!([]), json!(7), json!({ "id": 1 }), json!({ "id": 2, "method": [] })] {
        editor.say(&message);
        assert_eq!(editor.hear()["error"]["code"], -32600, "{message}");
    }
    editor.say(&json!({ "id": 3, "result": null }));
    for method in ["textDocument/didOpen", "textDocument/didChange", "textDocument/didClose", "$/nothing"] {
        for params in [json!(null), json!({ "textDocument": { "uri": 1 } }), json!([[[]]])] {
            editor.notify(method, &params);
        }
    }
    assert_eq!(editor.ask("textDocument/hover", &json!({}))["error"]["code"], -32602);
    assert_eq!(editor.ask("textDocument/nothing", &json!({}))["error"]["code"], -32601);
    // Documents of every kind of brokenness, and changes beyond their ends.
    for (number, text) in
        ["", "\u{0}", "{", "- - - [", "openapi: [", "openapi: 3.1.0\npaths: 7\n"].iter().enumerate()
    {
        let uri = format!("untitled:{number}");
        editor.open(&uri, text);
        let range = json!({ "start": { "line": 9, "character": 9 }, "end": { "line": 0, "character": 0 } });
        let change = json!({ "range": range, "text": "\u{1d11e}\r\n" });
        let document = json!({ "uri": uri, "version": 2 });
        editor.notify(
            "textDocument/didChange",
            &json!({ "textDocument": document, "contentChanges": [change] }),
        );
    }
    editor.open("untitled:api", SPEC);
    assert!(has(&editor.shown("untitled:api"), "plain-http"));
    editor.end();
}

#[test]
fn typing_without_pause_does_not_keep_findings_away() {
    let stage = Stage::new();
    let mut editor = Editor::begun(&stage);
    let uri = "untitled:api";
    editor.open(uri, SPEC);
    // The first change is judged while others keep coming, as fast as they can be written.
    let mut typist = editor.input;
    let typing = std::thread::spawn(move || {
        for version in 2.. {
            let start = json!({ "line": 4, "character": 0 });
            let change = json!({ "range": { "start": start, "end": start }, "text": "# x\n" });
            let params =
                json!({ "textDocument": { "uri": uri, "version": version }, "contentChanges": [change] });
            let text =
                json!({ "jsonrpc": "2.0", "method": "textDocument/didChange", "params": params }).to_string();
            if write!(typist, "Content-Length: {}\r\n\r\n{text}", text.len()).is_err() {
                return;
            }
        }
    });
    let mut output = editor.output;
    let mut line = Vec::new();
    output.read_until(b'}', &mut line).unwrap();
    assert!(line.starts_with(b"Content-Length: "), "{}", String::from_utf8_lossy(&line));
    editor.child.kill().unwrap();
    editor.child.wait().unwrap();
    typing.join().unwrap();
}

#[test]
fn a_config_is_held_against_what_it_may_say() {
    let stage = Stage::new();
    let mut editor = Editor::begun(&stage);
    editor.open("untitled:palisade.yaml", "version: 1\nlistn: []\napis: []\n");
    let shown = editor.shown("untitled:palisade.yaml");
    let found = shown.iter().find(|diagnostic| diagnostic["range"]["start"]["line"] == 1).unwrap();
    assert!(found["message"].as_str().unwrap().contains("listn"), "{found}");
    editor.end();
}

#[test]
fn a_config_says_what_is_asked_and_its_baseline_what_is_known() {
    let stage = Stage::new();
    std::fs::create_dir(stage.path("apis")).unwrap();
    stage.write("apis/a.yaml", SPEC);
    stage.write(
        "palisade.yaml",
        "review: { baseline: known.json, rules: { missing-owner: off, plain-http: warning } }\n",
    );
    let uri = format!("file://{}", stage.path("apis/a.yaml").display());
    let arguments = ["review", "apis/a.yaml", "--rule", "plain-http", "--update-baseline"];
    assert!(stage.palisade(&arguments).status.success());
    let mut editor = Editor::begun(&stage);
    editor.open(&uri, &SPEC.replace("paths: {}", "paths: { /a: { trace: { responses: {} } } }"));
    let shown = editor.shown(&uri);
    let of = |rule: &str| shown.iter().find(|diagnostic| diagnostic["code"] == rule);
    assert!(of("missing-owner").is_none(), "{shown:?}");
    let known = of("plain-http").unwrap();
    assert_eq!(known["severity"], 4, "{known}");
    assert!(known["message"].as_str().unwrap().ends_with("\nnote: it is in the baseline"), "{known}");
    assert_eq!(of("trace-method").unwrap()["severity"], 1, "{shown:?}");
    // The config as it is in the editor holds, saved or not.
    let config = format!("file://{}", stage.path("palisade.yaml").display());
    editor.open(&config, "version: 1\napis: []\nreview: { rules: { plain-http: note } }\n");
    let shown = editor.shown(&uri);
    let of = |rule: &str| shown.iter().find(|diagnostic| diagnostic["code"] == rule);
    assert_eq!(of("plain-http").unwrap()["severity"], 3, "{shown:?}");
    assert!(of("missing-owner").is_some(), "{shown:?}");
    stage.write("palisade.yaml", "review: { baseline: none.json }\n");
    editor.notify("textDocument/didClose", &json!({ "textDocument": { "uri": config } }));
    let shown = editor.shown(&uri);
    let said =
        |diagnostic: &Value| diagnostic["message"].as_str().unwrap().contains("none.json` cannot be read");
    assert!(shown.iter().any(said), "{shown:?}");
    editor.end();
}

#[test]
fn an_editor_of_others_shows_what_is_typed() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("tools/editor");
    if !folder.join("node_modules/vscode-languageserver-protocol").is_dir() {
        println!("skipped: no client of the Language Server Protocol in `{}`", folder.display());
        return;
    }
    let stage = Stage::new();
    let mut command = Command::new("node");
    command.args(["--input-type=module", "--eval", SCRIPT, "--", env!("CARGO_BIN_EXE_palisade")]);
    let output = command.arg(stage.path("")).current_dir(folder).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let steps: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let step = |name: &str| {
        let found = steps.iter().find(|step| step["step"] == name);
        &found.unwrap_or_else(|| panic!("{name}: {said}{}", String::from_utf8_lossy(&output.stderr)))["value"]
    };
    assert_eq!(step("encoding"), "utf-16");
    // Two code units for the clef, which is one character of four bytes.
    let range = json!({ "start": { "line": 2, "character": 37 }, "end": { "line": 2, "character": 60 } });
    assert_eq!(step("plain-http")["range"], range);
    assert_eq!(
        (&step("plain-http")["severity"], &step("plain-http")["source"]),
        (&json!(1), &json!("palisade"))
    );
    let (before, after) = (step("item")["before"].to_string(), step("item")["after"].to_string());
    assert!(before.contains("unauthenticated-read") && !before.contains("unauthenticated-write"), "{before}");
    assert!(after.contains("unauthenticated-write") && !after.contains("unauthenticated-read"), "{after}");
    assert!(step("hover")["value"].as_str().unwrap().starts_with("# plain-http\n"));
    assert_eq!(step("nowhere"), &Value::Null);
    let action = json!({ "title": "plain-http: write `https://api.example/v1`", "kind": "quickfix", "isPreferred": true });
    assert!(step("actions").as_array().unwrap().contains(&action), "{}", step("actions"));
    assert_eq!(step("mended"), &json!(false));
    assert_eq!(step("closed"), &json!([]));
    assert_eq!(step("exit"), &json!(0));
}
