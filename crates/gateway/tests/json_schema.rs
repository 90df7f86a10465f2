//! The JSON Schema test suite, draft 2020-12, through the gateway's own path: a document, its contract, the policy
//! `request-schema`, and the verdict on a body.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use gateway::explain::{Question, RequestOutcome, explain};
use gateway::limiter::Limiter;
use gateway::progress::Progress;
use gateway::{Feeds, Ingredients, Metrics, Snapshot, compile, read_config};
use http::{HeaderMap, HeaderValue, Method, header};
use model::Timestamp;
use serde_json::{Value, json};
use spec::{Document, Location};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/json-schema");

/// Where the suite says that its remote schemas are.
const REMOTES: &str = "http://localhost:1234/";

/// How the schema of a case gets into the document.
#[derive(Clone, Copy)]
enum Placing {
    /// A file of its own, which the request body refers to.
    File,
    /// The same without `$schema`, which says that formats do not count.
    FormatsCount,
    /// In the request body itself, under an address of its own, for `#` is the whole document otherwise.
    Inline,
}

/// Passed and failed tests of some files.
#[derive(Default)]
struct Score {
    passed: usize,
    failed: Vec<String>,
}

fn corpus() -> Option<PathBuf> {
    let found = Path::new(CORPUS).is_dir().then(|| PathBuf::from(CORPUS));
    if found.is_none() {
        println!("skipped: no JSON Schema test suite at {CORPUS}");
    }
    found
}

/// The gateway in front of one operation whose body must fit `schema`, or why there is none.
fn snapshot(schema: &Value, placing: Placing) -> Result<Snapshot, String> {
    let mut own = schema.clone();
    if let (Placing::FormatsCount, Value::Object(keywords)) = (placing, &mut own) {
        keywords.remove("$schema");
    }
    if let (Placing::Inline, Value::Object(keywords)) = (placing, &mut own) {
        keywords.entry("$id").or_insert_with(|| "urn:suite:schema".into());
    }
    let (in_body, in_file) = match placing {
        Placing::File | Placing::FormatsCount => (json!({ "$ref": "schema.json" }), Some(&own)),
        Placing::Inline => (own.clone(), None),
    };
    let specification = json!({
        "openapi": "3.1.0",
        "info": { "title": "suite", "version": "1" },
        "paths": { "/": { "post": {
            "requestBody": { "required": true, "content": { "application/json": { "schema": in_body } } },
            "responses": {},
        } } },
    });
    let config = json!({
        "version": 1,
        "apis": [{
            "name": "suite", "spec": "spec.json", "upstream": "http://127.0.0.1:9",
            "reference-hosts": ["localhost:1234"],
        }],
    });
    let document = Document::parse("palisade.json", config.to_string(), &spec::Limits::default()).0;
    let (document, config, _) = read_config(document);
    let proofs = identity::proof::Proofs::new(Default::default(), 0, &[7; 32]);
    let limiter = Limiter::new(64, [0x9e37_79b9_7f4a_7c15, 7], Timestamp::default());
    let feeds = Feeds::unconfigured(proofs, limiter, Progress::new(64));
    let load = |_: &Path, location: Location<'_>| match location {
        Location::File(file) if file == Path::new("schema.json") && in_file.is_some() => {
            Ok(in_file.unwrap().to_string().into_bytes())
        }
        Location::File(_) => Err(io::ErrorKind::NotFound.into()),
        Location::Url(url) => match url.strip_prefix(REMOTES) {
            Some(name) => fs::read(Path::new(CORPUS).join("remotes").join(name)),
            None => Err(io::ErrorKind::NotFound.into()),
        },
    };
    let compiled = compile(&Ingredients {
        document: &document,
        config: &config.unwrap(),
        folder: Path::new(""),
        read: &|_| Ok(specification.to_string().into_bytes()),
        secret: &|_| Err("there is none".to_owned()),
        load: &load,
        feeds: &feeds,
        metrics: &Metrics::default(),
        generation: 1,
    });
    let said = || compiled.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let said = said();
    compiled.snapshot.ok_or(said)
}

/// Whether the gateway would let a body through.
fn accepts(snapshot: &Snapshot, body: &Value) -> Result<bool, String> {
    let json = HeaderValue::from_static("application/json");
    let explained = explain(
        snapshot,
        Question {
            side: gateway::Side::Ingress,
            method: Method::POST,
            uri: "http://localhost/".parse().unwrap(),
            headers: HeaderMap::from_iter([(header::CONTENT_TYPE, json)]),
            body: body.to_string().into_bytes(),
            client: [127, 0, 0, 1].into(),
            now: Timestamp::default(),
        },
    );
    match (explained.outcome, explained.denial) {
        (RequestOutcome::Forwarded, _) => Ok(true),
        (_, Some(denial)) if denial.reason == "body-invalid" => Ok(false),
        (_, denial) => Err(format!("{denial:?}")),
    }
}

fn run(path: &Path, placing: Placing, score: &mut Score) {
    let file = path.file_stem().unwrap().to_str().unwrap();
    let groups: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    for group in groups.as_array().unwrap() {
        let title = format!("{file}: {}", group["description"].as_str().unwrap());
        let tests = group["tests"].as_array().unwrap();
        let snapshot = match snapshot(&group["schema"], placing) {
            Ok(snapshot) => snapshot,
            Err(said) => {
                score.failed.extend(tests.iter().map(|_| format!("{title}: does not compile: {said}")));
                continue;
            }
        };
        for test in tests {
            let answer = accepts(&snapshot, &test["data"]);
            if answer == Ok(test["valid"].as_bool().unwrap()) {
                score.passed += 1;
            } else {
                let description = test["description"].as_str().unwrap();
                score.failed.push(format!("{title}: {description}: {answer:?}"));
            }
        }
    }
}

fn score(folder: &Path, placing: Placing) -> Score {
    let mut score = Score::default();
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "json")) {
        run(path, placing, &mut score);
    }
    score
}

#[test]
fn every_required_test_of_the_suite_is_answered_right() {
    let Some(corpus) = corpus() else { return };
    let tests = corpus.join("tests/draft2020-12");
    for placing in [Placing::File, Placing::Inline] {
        let required = score(&tests, placing);
        println!("required: {} of {} tests pass", required.passed, required.passed + required.failed.len());
        assert!(required.failed.is_empty(), "{:#?}", required.failed);
        assert!(required.passed > 1000, "only {} tests were found", required.passed);
    }
    for (folder, placing) in [("optional", Placing::File), ("optional/format", Placing::FormatsCount)] {
        let optional = score(&tests.join(folder), placing);
        println!("{folder}: {} of {} tests pass", optional.passed, optional.passed + optional.failed.len());
    }
}
