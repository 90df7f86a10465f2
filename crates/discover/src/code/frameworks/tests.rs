//! Every framework finds in the examples of its page what the page says, and no other framework finds anything there.

use super::*;
use crate::code::{Route, of_texts};

/// Files and the routes of them.
pub(in crate::code) struct Example {
    pub(in crate::code) files: Vec<(String, String)>,
    pub(in crate::code) routes: Vec<String>,
    unclear: Vec<String>,
}

pub(in crate::code) fn examples(doc: &str) -> Vec<Example> {
    let mut examples = Vec::new();
    let mut example = Example { files: Vec::new(), routes: Vec::new(), unclear: Vec::new() };
    for block in doc.split("\n~~~").skip(1).filter(|block| !block.trim().is_empty()) {
        let (head, text) = block.split_once('\n').unwrap_or((block, ""));
        let lines = || text.lines().map(str::to_owned).filter(|line| !line.is_empty()).collect();
        match head.split_once(' ') {
            Some(("file", name)) => example.files.push((name.to_owned(), format!("{text}\n"))),
            None if head == "unclear" => example.unclear = lines(),
            None if head == "routes" => {
                example.routes = lines();
                let next = Example { files: Vec::new(), routes: Vec::new(), unclear: Vec::new() };
                examples.push(std::mem::replace(&mut example, next));
            }
            _ => {}
        }
    }
    examples
}

fn text(route: &Route) -> String {
    let mut text = format!("{} {}", route.method, route.path);
    let mut add = |name: &str, values: Vec<String>| {
        if !values.is_empty() {
            text.push_str(&format!(" {name}={}", values.join(",")));
        }
    };
    add("guards", route.guards.clone());
    for (name, place) in [("query", In::Query), ("header", In::Header), ("cookie", In::Cookie)] {
        let names = route.parameters.iter().filter(|one| one.place == place).map(|one| one.name.clone());
        add(name, names.collect());
    }
    add("body", route.body.clone());
    text
}

#[test]
fn every_framework_finds_what_its_page_says() {
    let mut wrong = String::new();
    for framework in ALL {
        let examples = examples(framework.doc);
        assert!(!examples.is_empty(), "{}", framework.id);
        for example in examples {
            let found = of_texts(&example.files);
            let (own, others): (Vec<&Route>, Vec<&Route>) =
                found.routes.iter().partition(|route| route.framework == framework.id);
            let own: Vec<String> = own.into_iter().map(text).collect();
            let unclear: Vec<String> = found
                .unclear
                .iter()
                .map(|unclear| format!("{}:{}: {}", unclear.file, unclear.line, unclear.what))
                .collect();
            let bad: Vec<String> =
                found.not_read.iter().map(|one| format!("{}: {}", one.file, one.why)).collect();
            for (what, found, expected) in [
                ("routes", own, example.routes),
                ("unclear", unclear, example.unclear),
                (
                    "others",
                    others.into_iter().map(|route| format!("{} {}", route.framework, text(route))).collect(),
                    vec![],
                ),
                ("not read", bad, vec![]),
            ] {
                let sorted = |mut lines: Vec<String>| {
                    lines.sort();
                    lines
                };
                let (found, expected) = (sorted(found), sorted(expected));
                if found != expected {
                    wrong += &format!(
                        "{} {what}:\n  {}\nexpected\n  {}\n",
                        framework.id,
                        found.join("\n  "),
                        expected.join("\n  ")
                    );
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn every_framework_is_documented_and_they_stand_in_order() {
    assert!(ALL.is_sorted_by_key(|framework| framework.id));
    for framework in ALL {
        assert!(framework.source.starts_with("https://"), "{}", framework.id);
        assert!(!framework.product.is_empty() && !framework.marks.is_empty(), "{}", framework.id);
        assert!(framework.doc.trim().len() > 200, "{}", framework.id);
    }
}
