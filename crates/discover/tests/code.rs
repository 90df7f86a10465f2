//! Programs in each framework, and the routes that whoever wrote them knows: how many are found, and what is wrong, is pinned.
//!
//! A program is a text of files with its routes below them: method, path, place, and what it is asked with. They are written by
//! hand from what the framework does, with what may mislead: comments, texts, clients, tests, look-alikes of other kinds. Those
//! under `idioms` are put together as large programs are: over many files, by barrels, factories, classes, loops and settings.
//! `PALISADE_KEEP=1` writes the table anew.
//!
//! What stays wrong there: handlers that variables of a loop wrap (net/http).

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use discover::Progress;
use discover::code::frameworks::ALL;
use discover::code::{CodeReading, In, Route, of_texts};

/// What is known of a route beside its method and path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct About {
    place: String,
    guards: String,
    takes: String,
    is_unmounted: bool,
}

/// Routes by method and path.
type Routes = BTreeMap<String, About>;

fn expected(lines: &str) -> Routes {
    let route = |line: &str| {
        let mut words = line.split(' ');
        let name = [words.next()?, words.next()?].join(" ");
        let mut about = About { place: words.next()?.to_owned(), ..About::default() };
        for word in words {
            match word.strip_prefix("guards=") {
                Some(guards) => about.guards = guards.to_owned(),
                None if word == "unmounted" => about.is_unmounted = true,
                None => about.takes = format!("{} {word}", about.takes).trim().to_owned(),
            }
        }
        Some((name, about))
    };
    lines.lines().filter_map(route).collect()
}

fn found(route: &Route, root: &Path) -> (String, About) {
    let mut takes = Vec::new();
    for (name, place) in [("query", In::Query), ("header", In::Header), ("cookie", In::Cookie)] {
        let of_place = route.parameters.iter().filter(|parameter| parameter.place == place);
        let names: Vec<&str> = of_place.map(|parameter| parameter.name.as_str()).collect();
        if !names.is_empty() {
            takes.push(format!("{name}={}", names.join(",")));
        }
    }
    if !route.body.is_empty() {
        takes.push(format!("body={}", route.body.join(",")));
    }
    let file = Path::new(&route.file).strip_prefix(root).unwrap().display();
    let about = About {
        place: format!("{file}:{}", route.line),
        guards: route.guards.join(",").replace(' ', ""),
        takes: takes.join(" "),
        is_unmounted: !route.is_mounted,
    };
    (format!("{} {}", route.method, route.path), about)
}

/// Files and expected routes of a text.
fn program(text: &str) -> (Vec<(&str, String)>, Routes) {
    let (mut files, mut routes) = (Vec::new(), Routes::new());
    for block in text.strip_prefix("~~~").unwrap().split("\n~~~") {
        let (head, body) = block.split_once('\n').unwrap_or((block, ""));
        match head.strip_prefix("file ") {
            Some(name) => files.push((name, format!("{body}\n"))),
            None => routes = expected(body),
        }
    }
    (files, routes)
}

/// One line of the table, and what is wrong with the routes of one framework.
fn compared(id: &str, text: &str) -> (String, String, [usize; 3]) {
    let folder = tempfile::tempdir().unwrap();
    let (files, expected) = program(text);
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let read = CodeReading { workers: 1 }.read(&[folder.path().to_path_buf()], &Progress::default());
    let mut wrong = String::new();
    let found: Routes = read.routes.iter().map(|route| found(route, folder.path())).collect();
    let count = |routes: &Routes| routes.values().filter(|about| !about.is_unmounted).count();
    let (mut right, mut places, mut guards, mut takes) = (0, 0, 0, 0);
    for (name, wanted) in &expected {
        let Some(about) = found.get(name).filter(|about| about.is_unmounted == wanted.is_unmounted) else {
            writeln!(wrong, "{id}: missing {name} {}", wanted.place).unwrap();
            continue;
        };
        right += usize::from(!wanted.is_unmounted);
        for (what, count, found, wanted) in [
            ("place", &mut places, &about.place, &wanted.place),
            ("guards", &mut guards, &about.guards, &wanted.guards),
            ("takes", &mut takes, &about.takes, &wanted.takes),
        ] {
            *count += usize::from(found == wanted && !about.is_unmounted);
            if found != wanted {
                writeln!(wrong, "{id}: {what} of {name}: `{found}`, not `{wanted}`").unwrap();
            }
        }
    }
    for (name, about) in &found {
        if expected.get(name).is_none_or(|wanted| wanted.is_unmounted != about.is_unmounted) {
            writeln!(wrong, "{id}: not there {name} {}", about.place).unwrap();
        }
    }
    for unclear in &read.unclear {
        let file = Path::new(&unclear.file).strip_prefix(folder.path()).unwrap().display();
        writeln!(wrong, "{id}: not understood {file}:{}: {}", unclear.line, unclear.what).unwrap();
    }
    let others = read.routes.iter().filter(|route| route.framework != id).count();
    if others > 0 {
        writeln!(wrong, "{id}: {others} of another framework").unwrap();
    }
    let share = |of: usize| 100.0 * right as f64 / of.max(1) as f64;
    let (wanted, listed) = (count(&expected), count(&found));
    let line = format!(
        "{id:<20} {wanted:>6} {:>7.1} {:>10.1} {places:>7} {guards:>7} {takes:>7}\n",
        share(wanted),
        share(listed)
    );
    (line, wrong, [wanted, listed, right])
}

/// The table of the programs of a folder, and what is wrong with them.
fn table(folder: &Path) -> String {
    let mut table = "framework            routes  recall  precision  places  guards   takes\n".to_owned();
    let (mut wrong, mut all) = (String::new(), [0; 3]);
    for framework in ALL {
        let path = folder.join(framework.id).with_extension("txt");
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let (line, more, counts) = compared(framework.id, &text);
        table.push_str(&line);
        wrong.push_str(&more);
        all.iter_mut().zip(counts).for_each(|(all, count)| *all += count);
    }
    let [wanted, listed, right] = all.map(|count| count as f64);
    let (recall, precision) = (100.0 * right / wanted, 100.0 * right / listed);
    writeln!(table, "{:<20} {wanted:>6} {recall:>7.1} {precision:>10.1}\n", "all").unwrap();
    table + &wrong
}

#[test]
fn routes_of_programs_are_found_as_the_table_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/code");
    let plain = table(&folder);
    let idioms = table(&folder.join("idioms"));
    let table = format!("{plain}\nidioms:\n\n{idioms}");
    println!("{table}");
    let pinned = folder.join("table.txt");
    if std::env::var_os("PALISADE_KEEP").is_some() {
        std::fs::write(&pinned, &table).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&pinned).unwrap_or_default(), table);
}

/// Every so many bytes something is cut out of a seed.
const CUT_STEP: usize = 61;

#[test]
fn programs_with_pieces_cut_out_of_them_are_read_to_their_end() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/code");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for at in (0..text.len()).step_by(CUT_STEP) {
            for length in [0, 1, 30] {
                let (Some(before), Some(after)) = (text.get(..at), text.get(at + length..)) else { continue };
                check_program(&format!("{before}{after}"));
                count += 1;
            }
        }
    }
    assert!(count > 100, "{count}");
}

/// As the fuzz target has it: every route has a path, and a place in a file that is there.
fn check_program(text: &str) {
    let blocks = text.strip_prefix("~~~file ").unwrap_or(text).split("\n~~~file ");
    let files = blocks.map(|block| block.split_once('\n').unwrap_or((block, "")));
    let files: Vec<(String, String)> = files.map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
    for route in of_texts(&files).routes {
        let (_, text) = files.iter().find(|(name, _)| *name == route.file).unwrap();
        assert!(route.path.starts_with('/') && !route.method.is_empty(), "{route:?}");
        assert!((1..=text.lines().count().max(1)).contains(&(route.line as usize)), "{route:?}");
    }
}

#[test]
fn places_beyond_the_most_are_said_to_be_left_out() {
    let mounts: String = (0..70).map(|number| format!("app.use('/p{number}', router)\n")).collect();
    let text = format!(
        "const express = require('express')\nconst app = express()\nconst router = express.Router()\n\
         router.get('/a', a)\n{mounts}"
    );
    let found = of_texts(&[("app.js".to_owned(), text)]);
    assert_eq!(found.routes.len(), 64);
    let said: Vec<&str> = found.unclear.iter().map(|unclear| unclear.what.as_str()).collect();
    assert_eq!(said, ["more than 64 places where a router is mounted"]);
}

#[test]
fn what_names_itself_has_an_end() {
    let concerns = "Rails.application.routes.draw do\n  concern :a do\n    concerns :a\n    get 'x', to: 'x#y'\n  end\n  \
                    resources :o, concerns: :a, only: []\nend\n";
    let loops: String =
        (0..8).map(|depth| format!("[{}].forEach((v{depth}) => {{\n", "1,".repeat(200))).collect();
    let loops = format!("const app = require('express')()\n{loops}app.get('/a', a)\n{}", "})\n".repeat(8));
    let passed = "const app = require('express')()\nfunction f(a) { f(a); g(a); app.use('/f', a) }\n\
                  function g(a) { f(a); g(a); app.use('/g', a) }\nf(x)\ng(y)\n";
    for (name, text) in
        [("config/routes.rb", concerns.to_owned()), ("a.js", loops), ("b.js", passed.to_owned())]
    {
        check_program(&format!("{name}\n{text}"));
    }
}
