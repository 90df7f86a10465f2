//! Templates that are learned from traffic, against the documents that the traffic was made from.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking"
)]

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use discover::{LearnLimits, Learner, Line, Observation, Place, Position};
use spec::{Contract, Document, Library, LibraryLimits, Limits, Template};

const REAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/openapi/real");

/// Requests of each operation.
const REQUESTS: usize = 50;

/// What is put in place of parameters.
#[derive(Clone, Copy)]
enum Values {
    /// Ids of many kinds: those of one name are of one kind.
    Mixed,
    /// Words, of which there are so many.
    Words(usize),
}

/// A generator of numbers that is the same everywhere (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }

    fn of<'a>(&mut self, letters: &'a str) -> &'a str {
        let at = self.below(letters.len());
        &letters[at..=at]
    }

    fn text(&mut self, letters: &str, length: usize) -> String {
        (0..length).map(|_| self.of(letters)).collect()
    }

    fn word(&mut self) -> String {
        (0..2 + self.below(2)).map(|_| self.of("bcdfgklmnprstv").to_owned() + self.of("aeiou")).collect()
    }

    /// A value of the parameter called `name`.
    fn value(&mut self, name: &str, values: Values) -> String {
        if let Values::Words(count) = values {
            let mut chosen = Random(self.below(count) as u64);
            return chosen.word() + &chosen.word();
        }
        let hex = "0123456789abcdef";
        match name.bytes().map(usize::from).sum::<usize>() % 9 {
            0 | 1 => (1 + self.below(1_000_000)).to_string(),
            2 => [8, 4, 4, 4, 12].map(|length| self.text(hex, length)).join("-"),
            3 => "01".to_owned() + &self.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 24),
            4 => self.text(hex, 24),
            5 => format!("20{:02}-{:02}-{:02}", self.below(30), 1 + self.below(12), 1 + self.below(28)),
            6 => format!("{}-{}", self.word(), self.word()),
            7 => format!("{}@example.com", self.word()),
            _ => {
                "x".to_owned()
                    + &self.text("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", 19)
            }
        }
    }
}

fn contract(path: &Path) -> Contract {
    let (document, _) = Document::parse("document", fs::read(path).unwrap(), &Limits::default());
    let loader = |_: spec::Location<'_>| Err(std::io::ErrorKind::Unsupported.into());
    let (library, _) = Library::load(document, &LibraryLimits::default(), &loader);
    spec::compile(&library).0
}

/// Methods and full templates of the operations that have one.
fn operations(contract: &Contract) -> Vec<(String, String)> {
    let templates = contract.operations.iter().map(|operation| {
        (operation.method.to_string(), format!("{}{}", operation.base_paths[0], operation.path))
    });
    templates.filter(|(_, template)| Template::parse(template).is_ok()).collect()
}

fn filled(template: &str, values: Values, random: &mut Random) -> String {
    let mut path = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap();
        path += before;
        path += &random.value(name, values);
        rest = after;
    }
    path + rest
}

/// A template without the names of its parameters.
fn shape(template: &str) -> String {
    template
        .split('{')
        .enumerate()
        .map(|(index, part)| match index {
            0 => part.to_owned(),
            _ => "{}".to_owned() + part.split_once('}').unwrap().1,
        })
        .collect()
}

const SCANNED: &[&str] = &[
    "/.env",
    "/.git/config",
    "/wp-login.php",
    "/phpmyadmin/index.php",
    "/actuator/health",
    "/admin",
    "/api/v1/../etc/passwd",
];

/// Requests of all operations in random order, with as many of `noise` in a hundred that find nothing.
fn traffic(
    operations: &[(String, String)],
    values: Values,
    noise: usize,
    random: &mut Random,
) -> Vec<(String, String, u16)> {
    let mut requests: Vec<(u64, (String, String, u16))> = Vec::new();
    for (method, template) in operations {
        for _ in 0..REQUESTS {
            let path = filled(template, values, random);
            if random.below(100) < noise {
                let lost = match random.below(3) {
                    0 => SCANNED[random.below(SCANNED.len())].to_owned(),
                    1 => {
                        let at = random.below(path.len());
                        let letter = random.of("abcdefghijklmnopqrstuvwxyz").to_owned();
                        path.chars()
                            .enumerate()
                            .map(
                                |(index, old)| {
                                    if index == at && old != '/' { letter.clone() } else { old.to_string() }
                                },
                            )
                            .collect()
                    }
                    _ => path.clone(),
                };
                requests.push((random.next(), (method.clone(), lost, 404)));
            }
            requests.push((random.next(), (method.clone(), path, 200)));
        }
    }
    requests.sort();
    requests.into_iter().map(|(_, request)| request).collect()
}

fn learned(requests: &[(String, String, u16)]) -> BTreeSet<(String, String)> {
    let mut learner = Learner::new(LearnLimits::default());
    for (number, (method, path, status)) in requests.iter().enumerate() {
        let line = Line {
            method: Some(Cow::Borrowed(method)),
            path: Some(Cow::Borrowed(path)),
            status: Some(*status),
            ..Line::default()
        };
        learner.observe(&Observation {
            line: &line,
            place: Place { file: 0, position: Position::Line(number as u64 + 1) },
        });
    }
    let operations = learner.finish().operations;
    operations.into_iter().map(|operation| (operation.method.to_string(), shape(&operation.path))).collect()
}

/// Documents whose templates are not learned as they are: paths in them have two values in one segment, or a value that follows
/// a word with nothing between them. Of traffic alone it cannot be known where such a value begins.
const BELOW: &[&str] =
    &["citycontext.com.json", "healthcare.gov.json", "nrel.gov__building-case-studies.json", "prss.org.json"];

/// Right, wrong and missing templates over all documents; each but [`BELOW`] is learned well by itself.
fn measure(values: Values, noise: usize) -> Option<[usize; 3]> {
    let Ok(folder) = fs::read_dir(REAL) else {
        println!("skipped: no documents at {REAL}");
        return None;
    };
    let mut paths: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut totals = [0; 3];
    for path in paths {
        let operations = operations(&contract(&path));
        let expected: BTreeSet<(String, String)> =
            operations.iter().map(|(method, template)| (method.clone(), shape(template))).collect();
        if expected.is_empty() {
            continue;
        }
        let mut random = Random(7);
        let found = learned(&traffic(&operations, values, noise, &mut random));
        let right = expected.intersection(&found).count();
        let name = path.file_name().unwrap().to_str().unwrap();
        let counts = [right, found.len() - right, expected.len() - right];
        let f1 = 2.0 * right as f64 / (found.len() + expected.len()).max(1) as f64;
        println!("{f1:.3} right {:>4} wrong {:>4} missing {:>4} {}", counts[0], counts[1], counts[2], name);
        if f1 < 0.98 {
            assert!(BELOW.contains(&name), "{name}: {f1}");
            expected
                .difference(&found)
                .take(6)
                .for_each(|(method, path)| println!("      missing {method} {path}"));
            found
                .difference(&expected)
                .take(6)
                .for_each(|(method, path)| println!("      wrong   {method} {path}"));
        }
        for (total, count) in totals.iter_mut().zip(counts) {
            *total += count;
        }
    }
    Some(totals)
}

fn check(values: Values, noise: usize) {
    let Some([right, wrong, missing]) = measure(values, noise) else { return };
    let f1 = 2.0 * right as f64 / (2 * right + wrong + missing) as f64;
    println!(
        "{f1:.4} over all, at {REQUESTS} requests an operation and {noise} % noise: {right} right, {wrong} wrong, {missing} missing"
    );
    assert!(f1 >= 0.998, "{f1}");
}

#[test]
fn templates_are_learned_from_fifty_requests_an_operation() {
    check(Values::Mixed, 0);
}

#[test]
fn noise_does_not_hide_them() {
    check(Values::Mixed, 5);
}

#[test]
fn words_of_which_there_are_few_are_values_too() {
    check(Values::Words(30), 2);
}
