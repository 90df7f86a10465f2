//! References: where they lead, and where they must not.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::path::Path;

use super::{Library, LibraryLimits, Location, ReferenceFault};
use crate::document::{Document, Limits};

/// Loads `files`, the first of which is the root, and says which others were asked for.
fn load(files: &[(&str, &str)], limits: &LibraryLimits) -> (Library, Vec<String>) {
    let contents: HashMap<&str, &str> = files.iter().copied().collect();
    let asked = RefCell::new(Vec::new());
    let loader = |location: Location<'_>| {
        asked.borrow_mut().push(location.to_string());
        let content = contents.get(location.to_string().as_str());
        content.map(|content| content.as_bytes().to_vec()).ok_or(io::ErrorKind::NotFound.into())
    };
    let (root, _) = Document::parse(files[0].0, files[0].1, &Limits::default());
    let (library, problems) = Library::load(root, limits, &loader);
    assert!(problems.is_empty(), "{problems:?}");
    (library, asked.into_inner())
}

fn resolved(library: &Library, number: u32, reference: &str) -> Result<(u32, String), ReferenceFault> {
    let found = library.resolve(number, 0, reference);
    found.map(|(number, node)| {
        (number, node.scalar().map_or_else(|| node.to_value().to_string(), str::to_owned))
    })
}

#[test]
fn references_lead_to_nodes_of_this_and_other_files() {
    let (library, asked) = load(
        &[
            (
                "api/root.yaml",
                "a: {$ref: 'sub/one%20two.yaml#/x~1y'}\nb: {$ref: '#/c'}\nc: here\n200: ok\n'a b': {$anchor: spot}\n",
            ),
            (
                "api/sub/one two.yaml",
                "x/y: there\nup: {$ref: '../three.json'}\nself: {$ref: 'one two.yaml#/x~1y'}\nback: {$ref: ../root.yaml#/c}\n",
            ),
            ("api/three.json", "[1, 2]"),
        ],
        &LibraryLimits::default(),
    );
    assert_eq!(asked, ["api/sub/one two.yaml", "api/three.json"]);
    assert_eq!(resolved(&library, 0, "#/c"), Ok((0, "here".into())));
    assert_eq!(resolved(&library, 0, "#/200"), Ok((0, "ok".into())));
    assert_eq!(resolved(&library, 0, "#spot"), Ok((0, r#"{"$anchor":"spot"}"#.into())));
    assert_eq!(resolved(&library, 0, "sub/one%20two.yaml#/x~1y"), Ok((1, "there".into())));
    assert_eq!(resolved(&library, 1, "#/x~1y"), Ok((1, "there".into())));
    assert_eq!(resolved(&library, 1, "one two.yaml#/x~1y"), Ok((1, "there".into())));
    assert_eq!(resolved(&library, 1, "../three.json"), Ok((2, "[1,2]".into())));
    assert_eq!(resolved(&library, 1, "../root.yaml#/c"), Ok((0, "here".into())));
    assert_eq!(resolved(&library, 0, "#/d"), Err(ReferenceFault::NoSuchNode));
    assert_eq!(resolved(&library, 0, "#none"), Err(ReferenceFault::NoSuchAnchor));
    assert_eq!(resolved(&library, 0, "#/%ff"), Err(ReferenceFault::Malformed));
}

#[test]
fn nothing_outside_the_folder_and_nothing_from_the_network_is_asked_for() {
    let outside =
        ["../x.yaml", "sub/../../x.yaml", "%2e%2e/x.yaml", "/etc/passwd", "..", "sub/%2E%2E/..%2fx"];
    let other = [
        "file:///etc/passwd",
        "c:/x",
        "ftp://h/x",
        "//h/x",
        "a%2f..%2f..%2fx",
        "a\\..\\x",
        "a%00b",
        "x?y",
        ".",
        "data:,x",
        "%5c%5ch%5cx",
    ];
    let hosts =
        ["http://h/x", "https://evil.example/a", "HTTPS://user@good.example/a", "https://good.example:1/a"];
    for file in outside.iter().chain(&other).chain(&hosts) {
        let text = format!("a: {{$ref: '{file}#/x'}}");
        let limits = LibraryLimits { hosts: vec!["good.example".into()], ..LibraryLimits::default() };
        let (library, asked) = load(&[("api/root.yaml", &text)], &limits);
        assert_eq!(asked, [""; 0], "{file}");
        let fault = library.resolve(0, 0, &format!("{file}#/x")).unwrap_err();
        match fault {
            ReferenceFault::Outside => assert!(outside.contains(file), "{file}"),
            ReferenceFault::Malformed => assert!(other.contains(file) || outside.contains(file), "{file}"),
            ReferenceFault::Host(_) => assert!(hosts.contains(file), "{file}"),
            fault => panic!("{file}: {fault}"),
        }
    }
}

#[test]
fn an_allowed_host_may_refer_to_itself_but_not_to_the_disk() {
    let limits = LibraryLimits { hosts: vec!["good.example".into()], ..LibraryLimits::default() };
    let (library, asked) = load(
        &[
            ("api/root.yaml", "a: {$ref: 'https://Good.example/v1/a%20b.yaml#/x'}"),
            (
                "https://good.example/v1/a%20b.yaml",
                "x: 1\ny: {$ref: '../v2/c'}\nz: {$ref: '/d'}\nw: {$ref: 'https://h/'}\n",
            ),
            ("https://good.example/v2/c", "c: 1"),
            ("https://good.example/d", "d: 1"),
        ],
        &limits,
    );
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert_eq!(resolved(&library, 0, "https://Good.example/v1/a%20b.yaml#/x"), Ok((1, "1".into())));
    assert_eq!(resolved(&library, 1, "../v2/c#/c").unwrap().1, "1");
    assert_eq!(resolved(&library, 1, "/d#/d").unwrap().1, "1");
    assert_eq!(library.paths(), [Path::new("api/root.yaml")], "what was fetched is no file");
}

#[test]
fn chains_end_at_a_node_and_circles_are_noticed() {
    let (library, _) = load(
        &[
            (
                "root.yaml",
                "a: {$ref: '#/b'}\nb: {$ref: 'x.yaml#/c'}\nround: {$ref: '#/trip'}\ntrip: {$ref: 'x.yaml#/back'}\ngone: {$ref: '#/b2'}\nown: {$ref: '#/own'}\n",
            ),
            ("x.yaml", "c: {end: 1}\nback: {$ref: 'root.yaml#/round'}\n"),
        ],
        &LibraryLimits::default(),
    );
    let root = library.documents()[0].root();
    let (number, node) = library.follow(0, root.get("a").unwrap()).unwrap();
    assert_eq!((number, node.get("end").unwrap().as_u64()), (1, Some(1)));
    for key in ["round", "own"] {
        assert_eq!(library.follow(0, root.get(key).unwrap()).unwrap_err().2, ReferenceFault::Circle);
    }
    let (number, node, fault) = library.follow(0, root.get("gone").unwrap()).unwrap_err();
    assert_eq!((number, node.as_str(), fault), (0, Some("#/b2"), ReferenceFault::NoSuchNode));
}

#[test]
fn files_and_bytes_are_limited() {
    let files: Vec<(String, String)> =
        (0..20).map(|number| (format!("{number}"), format!("a: {{$ref: '{}'}}", number + 1))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let (library, asked) = load(&files, &LibraryLimits { documents_max: 5, ..LibraryLimits::default() });
    assert_eq!((library.documents().len(), asked.len()), (5, 4));
    assert_eq!(resolved(&library, 4, "5"), Err(ReferenceFault::TooMuch));
    let (library, _) = load(&files, &LibraryLimits { bytes_max: 50, ..LibraryLimits::default() });
    assert_eq!(library.documents().len(), 4);
    let alone = Library::of(library.documents()[0].clone());
    assert!(alone.resolve(0, 0, "1").is_err());
}
