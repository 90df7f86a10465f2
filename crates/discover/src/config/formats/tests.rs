//! Every format finds in the examples of its page what the page says, and no other format finds anything there.

use std::collections::BTreeMap;

use model::inventory::{At, Word};

use super::super::of_texts;
use super::*;

/// Files, and what is found in them: what they let through, and what is not understood or read.
struct Example {
    files: Vec<(String, String)>,
    says: BTreeMap<String, Vec<String>>,
}

fn examples(doc: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut is_done = true;
    for block in doc.split("\n~~~").skip(1).filter(|block| !block.trim().is_empty()) {
        let (head, text) = block.split_once('\n').unwrap_or((block, ""));
        match head.split_once(' ') {
            Some(("file", name)) => {
                if std::mem::replace(&mut is_done, false) {
                    examples.push(Example { files: Vec::new(), says: BTreeMap::new() });
                }
                examples.last_mut().unwrap().files.push((name.to_owned(), format!("{text}\n")));
            }
            _ => {
                is_done = true;
                let lines = text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
                examples.last_mut().unwrap().says.insert(head.to_owned(), lines);
            }
        }
    }
    examples
}

/// `GET https://shop.example/orders/** guards=jwt:bearer-jwt if=header x to=orders as=/ (a.yaml:3)`.
fn text(exposure: &Exposure) -> String {
    let mut text = exposure.to_string();
    let guards: Vec<String> =
        exposure.guards.iter().map(|guard| format!("{}:{}", guard.name, guard.asks_for.name())).collect();
    for (name, value) in [
        ("guards", guards.join(",")),
        ("if", exposure.conditions.join(",")),
        ("to", exposure.leads_to.clone().unwrap_or_default()),
        ("as", exposure.replaced_by.clone().unwrap_or_default()),
    ] {
        if !value.is_empty() {
            text.push_str(&format!(" {name}={value}"));
        }
    }
    let At::Line(line) = exposure.place.at else { panic!("{exposure} stands on no line") };
    format!("{text} ({}:{line})", exposure.place.file)
}

#[test]
fn every_format_finds_what_its_page_says() {
    let mut wrong = String::new();
    for format in ALL {
        let examples = examples(format.doc);
        assert!(!examples.is_empty(), "{}", format.id);
        for example in examples {
            let found = of_texts(&example.files);
            let (own, others): (Vec<&Exposure>, Vec<&Exposure>) =
                found.exposures.iter().partition(|exposure| exposure.gateway == format.id);
            let unclear = found.unclear.iter().map(|one| format!("{}:{}: {}", one.file, one.line, one.what));
            let not_read = found.not_read.iter().map(|one| format!("{}: {}", one.file, one.why));
            for (what, found) in [
                ("exposes", own.into_iter().map(text).collect::<Vec<_>>()),
                ("unclear", unclear.collect()),
                ("unread", not_read.collect()),
                ("others", others.into_iter().map(|one| format!("{} {}", one.gateway, text(one))).collect()),
            ] {
                let expected = example.says.get(what).cloned().unwrap_or_default();
                if found != expected {
                    let (found, expected) = (found.join("\n  "), expected.join("\n  "));
                    wrong += &format!("{} {what}:\n  {found}\nexpected\n  {expected}\n", format.id);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn every_format_is_documented_and_they_stand_in_order() {
    assert!(ALL.is_sorted_by_key(|format| format.id));
    for format in ALL {
        assert!(format.source.starts_with("https://"), "{}", format.id);
        assert!(!format.product.is_empty() && !format.marks.is_empty(), "{}", format.id);
        assert!(format.doc.trim().len() > 200, "{}", format.id);
    }
}
