//! Cases of other reviewers: where this one answers alike, and where it differs and why.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use spec::{Document, Library, Limits};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/lint");

/// A rule of Spectral's OWASP ruleset without its prefix, and ours.
const SPECTRAL: &[(&str, &str)] = &[
    ("api1:2023-no-numeric-ids", "sequential-id"),
    ("api2:2023-auth-insecure-schemes", "outdated-authentication"),
    ("api2:2023-jwt-best-practices", "unspecified-token-rules"),
    ("api2:2023-no-api-keys-in-url", "api-key-in-url"),
    ("api2:2023-no-credentials-in-url", "credential-in-url"),
    ("api2:2023-no-http-basic", "basic-authentication"),
    ("api2:2023-read-restricted", "unauthenticated-read"),
    ("api2:2023-short-lived-access-tokens", "long-lived-token"),
    ("api2:2023-write-restricted", "unauthenticated-write"),
    ("api3:2023-constrained-additionalProperties", "unbounded-additional-properties"),
    ("api3:2023-constrained-unevaluatedProperties", "unbounded-additional-properties"),
    ("api3:2023-no-additionalProperties", "additional-properties"),
    ("api3:2023-no-unevaluatedProperties", "unevaluated-properties"),
    ("api4:2023-array-limit", "unbounded-array"),
    ("api4:2023-integer-format", "integer-without-format"),
    ("api4:2023-integer-limit", "unbounded-number"),
    ("api4:2023-integer-limit-legacy", "unbounded-number"),
    ("api4:2023-rate-limit", "undocumented-rate-limit"),
    ("api4:2023-rate-limit-responses-429", "missing-429"),
    ("api4:2023-rate-limit-retry-after", "missing-retry-after"),
    ("api4:2023-string-limit", "unbounded-string"),
    ("api4:2023-string-restricted", "unrestricted-string"),
    ("api5:2023-admin-security-unique", "admin-secured-like-user"),
    ("api7:2023-concerning-url-parameter", "url-parameter"),
    ("api8:2023-define-cors-origin", "undocumented-cors"),
    ("api8:2023-define-error-responses-401", "missing-401"),
    ("api8:2023-define-error-responses-500", "missing-500"),
    ("api8:2023-define-error-validation", "missing-validation-error"),
    ("api8:2023-no-scheme-http", "plain-http"),
    ("api8:2023-no-server-http", "plain-http"),
    ("api9:2023-inventory-access", "server-without-audience"),
    ("api9:2023-inventory-environment", "server-without-environment"),
];

/// How many findings of a corpus are found, and how many of ours are among them.
#[derive(Debug, Default, PartialEq, Eq)]
struct Score {
    expected: usize,
    found: usize,
    alike: usize,
}

impl Score {
    fn print(&self, corpus: &str) {
        let percent = |of: usize| 100.0 * self.alike as f64 / of.max(1) as f64;
        println!(
            "{corpus}: recall {:.1} %, precision {:.1} %, {self:?}",
            percent(self.expected),
            percent(self.found)
        );
    }
}

fn cases(file: &str) -> Option<Vec<Value>> {
    let path = Path::new(CORPUS).join(file);
    let Ok(text) = std::fs::read(&path) else {
        println!("skipped: no corpus at {}", path.display());
        return None;
    };
    Some(serde_json::from_slice(&text).unwrap())
}

fn found(text: &str, file: &str, rules: &[&str]) -> Vec<model::Finding> {
    let (document, _) = Document::parse(file, text, &Limits::default());
    let rules: Vec<_> = rules.iter().map(|id| review::rule(id).unwrap()).collect();
    review::review(&Library::of(document), &rules, "2026-01-01".parse().unwrap()).findings
}

#[test]
fn every_rule_of_spectral_has_one_of_ours() {
    assert_eq!(SPECTRAL.len(), 32);
    for (_, ours) in SPECTRAL {
        assert!(review::rule(ours).is_ok(), "{ours}");
    }
}

/// A case is answered alike where the same places are found. Two findings of one place, which Spectral has where a
/// response is missing and so has no content either, are one.
#[test]
fn cases_of_spectral_are_answered_alike() {
    let Some(cases) = cases("spectral_owasp_cases.json") else { return };
    let mut score = Score::default();
    let mut differing = Vec::new();
    for case in &cases {
        let rule = case["rule"].as_str().unwrap().strip_prefix("owasp:").unwrap();
        let ours = SPECTRAL.iter().find(|(theirs, _)| *theirs == rule).unwrap().1;
        let text = case["document"].to_string();
        let found: Vec<String> =
            found(&text, "case.json", &[ours]).into_iter().map(|finding| finding.position.pointer).collect();
        let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
        let expected: Vec<Option<String>> =
            case["expect"].as_array().unwrap().iter().map(|one| pointer(&one["path"])).collect();
        let places: BTreeSet<&str> = expected.iter().flatten().map(String::as_str).collect();
        let is_placed = expected.iter().all(Option::is_some);
        let count = if is_placed { places.len() } else { expected.len() };
        let alike = if is_placed { found.intersection(&places).count() } else { found.len().min(count) };
        score.expected += count;
        score.found += found.len();
        score.alike += alike;
        if alike != count || found.len() != count {
            differing.push(format!("{rule}: {}", case["name"].as_str().unwrap()));
            println!("{rule}: {}: {found:?} for {places:?}", case["name"]);
        }
    }
    score.print("Spectral's OWASP cases");
    assert_eq!(differing, [""; 0]);
}

fn pointer(path: &Value) -> Option<String> {
    let tokens =
        path.as_array()?.iter().map(|token| token.as_str().map_or_else(|| token.to_string(), str::to_owned));
    Some(tokens.map(|token| format!("/{}", token.replace('~', "~0").replace('/', "~1"))).collect())
}

/// Rules of Spectral about AsyncAPI that ask what ours ask. Where a scheme or a scope is not declared the places are alike;
/// of parameters and owners, each draws in its own way, and parameters that are described and not used are no hole.
const SPECTRAL_ASYNCAPI: &[(&str, &[&str])] = &[
    ("asyncapi-channel-parameters", &["undefined-channel-parameter"]),
    ("asyncapi-info-contact", &["missing-owner"]),
    ("asyncapi-operation-security", &["undefined-security-scheme", "undefined-scope"]),
    ("asyncapi-server-security", &["undefined-security-scheme", "undefined-scope"]),
];

#[test]
fn cases_of_spectral_about_asyncapi_are_answered_alike() {
    let Some(cases) = cases("spectral_rulesets_cases.json") else { return };
    let mut judged = 0;
    for case in &cases {
        let (rule, name) = (case["rule"].as_str().unwrap(), case["name"].as_str().unwrap());
        let Some((_, ours)) = SPECTRAL_ASYNCAPI.iter().find(|(theirs, _)| *theirs == rule) else { continue };
        if name.contains("redundant") {
            continue;
        }
        let found = found(&case["document"].to_string(), "case.json", ours);
        let expected: Vec<Option<String>> =
            case["expect"].as_array().unwrap().iter().map(|one| pointer(&one["path"])).collect();
        assert_eq!(found.len(), expected.len(), "{rule}: {name}: {found:?}");
        if rule.ends_with("-security") {
            let mut places: Vec<Option<String>> =
                found.into_iter().map(|finding| Some(finding.position.pointer)).collect();
            places.sort();
            assert_eq!(places, expected, "{rule}: {name}");
        }
        judged += 1;
    }
    println!("Spectral's cases about AsyncAPI: {judged} alike");
    assert_eq!(judged, 16);
}

/// Queries of KICS that ask what rules of ours ask, and those rules. The others are about the form of a document.
const KICS: &[(&str, &[&str])] = &[
    ("Additional Properties Too Permissive", &["additional-properties", "unbounded-additional-properties"]),
    ("Cleartext Credentials With Basic Authentication For Operation", &["basic-authentication"]),
    ("Global Schemes Uses HTTP", &["plain-http"]),
    ("Global Security Field Has An Empty Array (v3)", &["unauthenticated-read", "unauthenticated-write"]),
    ("Global Security Field Is Undefined (v3)", &["unauthenticated-read", "unauthenticated-write"]),
    ("Global Security Scheme Using Basic Authentication", &["basic-authentication"]),
    ("Global Security Using Password Flow", &["password-flow"]),
    ("Implicit Flow in OAuth2 (v2)", &["implicit-flow"]),
    ("Maximum Length Undefined (v3)", &["unbounded-string"]),
    ("No Global And Operation Security Defined (v3)", &["unauthenticated-read", "unauthenticated-write"]),
    ("Numeric Schema Without Maximum (v3)", &["unbounded-number"]),
    ("Numeric Schema Without Minimum (v3)", &["unbounded-number"]),
    ("OAuth2 With Password Flow", &["password-flow"]),
    ("Operation Using Implicit Flow", &["implicit-flow"]),
    ("Path Server Object Uses HTTP (v3)", &["plain-http"]),
    ("Response on operations that should have a body has undefined schema (v3)", &["answer-without-schema"]),
    ("Schemes Uses HTTP", &["plain-http"]),
    ("Security Definitions Using Basic Auth", &["basic-authentication"]),
    (
        "Security Field On Operations Has An Empty Array (v3)",
        &["unauthenticated-read", "unauthenticated-write"],
    ),
    (
        "Security Field On Operations Has An Empty Object Definition (v3)",
        &["malformed-security", "unauthenticated-read", "unauthenticated-write"],
    ),
    (
        "Security Field Undefined",
        &["undefined-security-scheme", "unauthenticated-read", "unauthenticated-write"],
    ),
    ("Security Requirement Not Defined In Security Definition", &["undefined-security-scheme"]),
    ("Security Scheme Using HTTP Basic", &["basic-authentication"]),
    ("Security Scheme Using HTTP Digest", &["outdated-authentication"]),
    ("Security Scheme Using Oauth 1.0", &["outdated-authentication"]),
    ("Undefined Scope 'securityDefinition' On 'security' Field On Operations", &["undefined-scope"]),
    (
        "Undefined Scope 'securityDefinition' On Global 'security' Field",
        &["malformed-security", "undefined-scope"],
    ),
    (
        "Undefined Scope 'securityScheme' On Global 'security' Field",
        &["malformed-security", "undefined-scope"],
    ),
];

/// Where the answers differ, and why.
const EXPLAINED: &str = include_str!("kics.txt");

/// Of each document, whether it has a finding is compared; which line it is at, each draws in its own way.
#[test]
fn documents_of_kics_are_answered_alike() {
    let Some(cases) = cases("kics_openapi_cases.json") else { return };
    let mut score = Score::default();
    let mut differing: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut queries = BTreeSet::new();
    for case in &cases {
        let name = case["name"].as_str().unwrap();
        let Some((name, rules)) = KICS.iter().find(|(known, _)| *known == name) else { continue };
        queries.insert(*name);
        for (key, expected) in [("positives", true), ("negatives", false)] {
            for file in case[key].as_array().unwrap().iter().map(|file| file.as_str().unwrap()) {
                let text = std::fs::read_to_string(Path::new(CORPUS).join("kics").join(file)).unwrap();
                let found = !found(&text, file, rules).is_empty();
                score.expected += usize::from(expected);
                score.found += usize::from(found);
                score.alike += usize::from(found && expected);
                if found != expected {
                    differing.entry(*name).or_default().push(file.rsplit('/').next().unwrap().to_owned());
                }
            }
        }
    }
    score.print("KICS' documents");
    assert_eq!(queries.len(), KICS.len());
    let explained: BTreeMap<&str, Vec<String>> = EXPLAINED
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let [query, files, reason] = line.split(" | ").collect::<Vec<_>>()[..] else { panic!("{line}") };
            assert!(!reason.is_empty());
            (query, files.split(' ').map(str::to_owned).collect())
        })
        .collect();
    assert_eq!(differing, explained);
}
