//! Forms of code that hide a cause, a test that lies, and words that have no place in the repository.

use super::Fault;
use super::source::{File, Repository, lines, names};

/// Where a form is looked for.
enum Where {
    Code,
    Production,
    Tests,
}

/// A form that is banned: its rule, its text in masked code, where, and what to do instead.
struct Form(&'static str, &'static str, Where, &'static str);

const FORMS: &[Form] = &[
    Form("lost-cause", "map_err(|_|", Where::Production, "keep the cause: name it in the error"),
    Form("lost-cause", "map_err(|_:", Where::Production, "keep the cause: name it in the error"),
    Form(
        "text-decision",
        ".to_string().contains(",
        Where::Production,
        "decide on the error's kind, not on its text",
    ),
    Form("bare-ignore", "#[ignore]", Where::Code, "say why: `#[ignore = \"reason\"]`"),
    Form("should-panic", "#[should_panic", Where::Code, "assert on a value"),
    Form("sleeping-test", "sleep(", Where::Tests, "wait for what must happen, with a limit"),
];

/// Kinds of open work that may be named in a comment.
const OPEN_WORK: &[&str] = &["TODO(correctness):", "TODO(polish):", "TODO(coverage):"];

/// Words of places and services that are no part of the product. Each is written in two halves, since this file is read too.
const FOREIGN: &[(&str, &str)] = &[
    ("/wo", "rk/"),
    ("/root", "/."),
    ("crates", ".io"),
    ("docs", ".rs/"),
    ("pypi", ".org"),
    ("registry.npmjs", ".org"),
    ("deb.debian", ".org"),
    ("proxy.golang", ".org"),
];

/// The material beside the repository, which tests alone may read.
const CORPUS: (&str, &str) = ("../sha", "red");

/// Banned forms of code.
pub(super) fn forms(repository: &Repository) -> Vec<Fault> {
    repository.rust().flat_map(|file| FORMS.iter().flat_map(|form| form_in(file, form))).collect()
}

fn form_in<'f>(file: &'f File, form: &'f Form) -> impl Iterator<Item = Fault> + 'f {
    let Form(rule, text, place, advice) = form;
    let production: Vec<&str> = file.production.lines().collect();
    lines(&file.code).filter_map(move |(number, line)| {
        let in_production = production.get(number - 1).is_some_and(|kept| !kept.trim().is_empty());
        let looked_at = match place {
            Where::Code => true,
            Where::Production => in_production,
            Where::Tests => !in_production,
        };
        let found =
            if text.starts_with(char::is_alphabetic) { names(line, text) } else { line.contains(text) };
        (looked_at && found).then(|| Fault::new(rule, &file.path, number, format!("`{text}`: {advice}")))
    })
}

/// Open work without its kind, and words of other places.
pub(super) fn foreign(repository: &Repository) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in repository.files().filter(|file| !file.path.ends_with(".lock")) {
        let in_tests = file.production.is_empty() && file.path.ends_with(".rs");
        let production: Vec<&str> = file.production.lines().collect();
        for (number, line) in lines(&file.text) {
            let test_line = in_tests || production.get(number - 1).is_none_or(|kept| kept.trim().is_empty());
            for word in words_in(line, test_line && file.path.ends_with(".rs")) {
                let message = format!("`{word}` has no place in the repository");
                faults.push(Fault::new("foreign-word", &file.path, number, message));
            }
            let marked =
                names(line, concat!("TO", "DO")) && !OPEN_WORK.iter().any(|form| line.contains(form));
            if file.path.ends_with(".rs") && marked && !file.path.ends_with("tidy/words.rs") {
                let message = "open work says its kind: correctness, polish or coverage, in parentheses";
                faults.push(Fault::new("open-work", &file.path, number, message));
            }
        }
    }
    faults
}

fn words_in(line: &str, in_tests: bool) -> Vec<String> {
    let mut words: Vec<String> = FOREIGN.iter().map(|(one, two)| format!("{one}{two}")).collect();
    if !in_tests {
        words.push(format!("{}{}", CORPUS.0, CORPUS.1));
    }
    words.retain(|word| line.contains(word.as_str()));
    words
}

#[test]
fn banned_forms_are_found() {
    let check = |text: &str| {
        let repository = Repository::of(&[("crates/a/src/lib.rs", text)]);
        let faults = forms(&repository).into_iter().chain(foreign(&repository));
        faults.map(|fault| (fault.rule, fault.line)).collect::<Vec<_>>()
    };
    assert_eq!(check("x.map_err(|_| E)"), [("lost-cause", 1)]);
    assert_eq!(check("x.map_err(|error| E(error))"), []);
    assert_eq!(check("\"map_err(|_|\""), []);
    assert_eq!(check("if e.to_string().contains(\"x\") {}"), [("text-decision", 1)]);
    assert_eq!(check("#[test]\n#[ignore]\nfn f() {}"), [("bare-ignore", 2)]);
    assert_eq!(check("fn f() { thread::sleep(d) }"), []);
    assert_eq!(check("#[test]\nfn f() { thread::sleep(d) }"), [("sleeping-test", 2)]);
    let corpus = format!("{}{}", CORPUS.0, CORPUS.1);
    assert_eq!(check(&format!("const A: &str = \"{corpus}/corpus\";")), [("foreign-word", 1)]);
    assert_eq!(check(&format!("#[test]\nfn f() {{ \"{corpus}/corpus\"; }}")), []);
    let (mark, kind) = ("TO", "DO");
    assert_eq!(check(&format!("// {mark}{kind}: later")), [("open-work", 1)]);
    assert_eq!(check(&format!("// {mark}{kind}(polish): later")), []);
    let (one, two) = FOREIGN[0];
    assert_eq!(check(&format!("// see {one}{two}x")), [("foreign-word", 1)]);
}
