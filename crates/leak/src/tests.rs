//! The registry, every example in the documentation of every class, and how well real texts are judged.

mod corpus;

use std::path::Path;
use std::time::Instant;

use super::{ALL, Classes, Hit, scan};

/// The classes of what is found, in order, each once.
fn classes(text: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    scan(text.as_bytes(), Classes::ALL, &mut |hit: Hit| {
        assert!(hit.range.start < hit.range.end && hit.range.end <= text.len(), "{hit:?}: {text}");
        if !found.contains(&hit.class()) {
            found.push(hit.class());
        }
    });
    found
}

#[test]
fn classes_are_sorted_and_each_is_a_file_of_its_name() {
    assert!(ALL.is_sorted_by(|a, b| a.class < b.class));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for detector in ALL {
        assert!(
            folder.join(format!("{}.rs", detector.class.replace('-', "_"))).exists(),
            "{}",
            detector.class
        );
    }
    let other = ["filter", "lib", "locate", "number", "tests", "text"];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().replace('_', "-");
        let is_known = other.contains(&name.as_str()) || ALL.iter().any(|detector| detector.class == name);
        assert!(is_known, "{name} is not in the registry");
    }
    assert!(Classes::ALL.has(ALL.len() - 1) && !Classes::ALL.has(ALL.len()));
}

#[test]
fn every_class_proves_its_documentation() {
    let mut wrong = Vec::new();
    for detector in ALL {
        let (mut found, mut clean) = (0, 0);
        let mut blocks = detector.doc.split("~~~");
        blocks.next();
        while let (Some(block), Some(_)) = (blocks.next(), blocks.next()) {
            let (kind, text) = block.split_once('\n').unwrap();
            let has = classes(text).contains(&detector.class);
            match kind {
                "found" => {
                    wrong.extend((!has).then(|| format!("{} finds nothing in:\n{text}", detector.class)));
                    found += 1;
                }
                "clean" => {
                    wrong.extend(has.then(|| format!("{} finds something in:\n{text}", detector.class)));
                    clean += 1;
                }
                other => panic!("{other} is no kind of example"),
            }
        }
        assert!(found > 0 && clean > 0, "{} needs an example of each kind", detector.class);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_wanted_classes_are_looked_for() {
    let text = br#"{"mail":"ana@shop.example","card":"4539578763621486"}"#;
    let mut found = Vec::new();
    scan(text, Classes::of(|detector| detector.class == "card"), &mut |hit| found.push(hit));
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].class(), &text[found[0].range.clone()]), ("card", &b"4539578763621486"[..]));
}

#[test]
fn several_of_one_class_are_found_however_each_is_known() {
    let text = b"AKIAQWERTYUIOP234567 aB38Q~QwertyUiopAsdfGhjkLzxcVbnm12345678 AIzaSyD3xQm9Vb7-Kp2LtW8rYnZc4Hf6Jg0TuEo";
    let mut found = Vec::new();
    scan(text, Classes::of(|detector| detector.class == "cloud-key"), &mut |hit| found.push(hit.range.start));
    found.sort_unstable();
    assert_eq!(found, [0, 21, 62]);
}

#[test]
fn what_is_cut_off_anywhere_is_no_fault() {
    for detector in ALL {
        for (at, _) in detector.doc.char_indices() {
            scan(&detector.doc.as_bytes()[at..], Classes::ALL, &mut |_| {});
            scan(&detector.doc.as_bytes()[..at], Classes::ALL, &mut |_| {});
        }
    }
}

/// An answer of 600 bytes in which nothing is to be found.
const CLEAN: &str = r#"{"orders":[{"id":"ord_18f2a","number":10442,"status":"shipped","total":1764.5,"currency":"EUR","created":"2026-11-25T10:00:00Z","lines":[{"sku":"BK-7731","title":"The mythical month","quantity":2,"price":31.25},{"sku":"PN-1200","title":"Fountain pen, blue","quantity":1,"price":1702}],"links":{"self":"https://api.shop.example/v1/orders/ord_18f2a","customer":"https://api.shop.example/v1/customers/c_901"}},{"id":"ord_18f2b","number":10443,"status":"open","total":12,"currency":"EUR","created":"2026-11-25T10:02:13Z","lines":[],"links":{"self":"https://api.shop.example/v1/orders/ord_18f2b"}}],"next":null}"#;

#[test]
fn nothing_is_found_in_a_clean_answer() {
    assert_eq!(classes(CLEAN), [""; 0]);
    assert!((550..700).contains(&CLEAN.len()), "{}", CLEAN.len());
}

/// Measures; says nothing about right or wrong. Run it with `--release --ignored --nocapture`.
#[test]
#[ignore = "a measurement, not a test"]
fn how_fast_a_clean_answer_is_read() {
    const TIMES: u32 = 200_000;
    let measured = |what: &mut dyn FnMut() -> usize| {
        let mut best = u128::MAX;
        for _ in 0..5 {
            let started = Instant::now();
            let sum: usize = (0..TIMES).map(|_| what()).sum();
            best = best.min(started.elapsed().as_nanos() / u128::from(TIMES));
            assert_eq!(sum, 0);
        }
        best
    };
    let text = std::hint::black_box(CLEAN.as_bytes());
    let scanned = measured(&mut || {
        let mut hits = 0;
        scan(std::hint::black_box(text), Classes::ALL, &mut |_| hits += 1);
        hits
    });
    let floor = measured(&mut || memchr::memchr_iter(b'~', std::hint::black_box(text)).count());
    println!("{} bytes: {scanned} ns, memchr {floor} ns", CLEAN.len());
}
