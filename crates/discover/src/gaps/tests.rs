//! Every kind is registered in order, finds its bad example, says what it says there, and leaves its good one alone.

use std::collections::{BTreeMap, BTreeSet};

use model::inventory::{
    Account, At, Authentication, BodyField, Calls, Confidence, Declaration, DeclaredApi, Exposure, Fact,
    Field, Guard, Inventory, Parameter, ParameterPlace, Paths, Place, Report, Side, SourceKind, Subject,
    Told, Whose, Word,
};

use super::{ALL, gaps, risk};
use crate::inventory::{Stamp, catalog, set, take_in};

fn stamp() -> Stamp {
    Stamp { at: model::Timestamp::from_secs(1), who: "me".to_owned(), why: None }
}

/// The inventory of an example: `spec API: METHOD PATH …`, `code API: …`, `calls HOST|api=API: …`,
/// `config NAME: METHODS HOST/PATH …` and `set API: FIELD=VALUE …`.
fn inventory(example: &str) -> Inventory {
    let mut inventory = Inventory::default();
    let mut reports: Vec<Report> = Vec::new();
    for line in example.lines() {
        let (head, rest) = line.split_once(": ").unwrap();
        let (kind, name) = head.split_once(' ').unwrap();
        let Some(kind) = kind_of(kind) else { continue };
        let report = report(kind, name, rest);
        match reports.iter_mut().find(|known| known.kind == kind && known.name == report.name) {
            Some(known) => {
                known.accounts.extend(report.accounts);
                known.told.exposures.extend(report.told.exposures);
            }
            None => reports.push(report),
        }
    }
    let mut apply =
        |edit: model::inventory::Edit| edit.changes.iter().for_each(|change| inventory.apply(change));
    let mut empty = Inventory::default();
    for report in &reports {
        let edit = take_in(&empty, report, &stamp()).unwrap();
        edit.changes.iter().for_each(|change| empty.apply(change));
        apply(edit);
    }
    for line in example.lines().filter_map(|line| line.strip_prefix("set ")) {
        let (name, facts) = line.split_once(": ").unwrap();
        let facts = facts.split(' ').map(|fact| fact.split_once('=').unwrap());
        let facts: Vec<_> = facts
            .map(|(field, value)| {
                (Field::of(field).unwrap(), Fact::parse(Field::of(field).unwrap(), value).ok())
            })
            .collect();
        let edit = set(&inventory, name, &facts, &stamp()).unwrap().unwrap();
        edit.changes.iter().for_each(|change| inventory.apply(change));
    }
    inventory
}

fn kind_of(word: &str) -> Option<SourceKind> {
    match word {
        "spec" => Some(SourceKind::Spec),
        "code" => Some(SourceKind::Code),
        "calls" => Some(SourceKind::Log),
        "config" => Some(SourceKind::Config),
        _ => None,
    }
}

/// `METHODS HOST/PATH/** auth=…`, with `*` for any.
fn exposure(rest: &str) -> Exposure {
    let mut words = rest.split(' ');
    let methods =
        words.next().unwrap().split(',').filter(|method| *method != "*").map(str::to_owned).collect();
    let (host, path) = words.next().unwrap().split_once('/').unwrap();
    let path = format!("/{path}");
    let paths =
        path.strip_suffix("/**").map_or(Paths::Exact(path.clone()), |path| Paths::Below(path.to_owned()));
    let auth = words.filter_map(|word| Authentication::of(word.strip_prefix("auth=")?));
    let guards = auth.map(|asks_for| Guard { name: asks_for.name().to_owned(), asks_for }).collect();
    let hosts = [host.to_owned()].into_iter().filter(|host| host != "*").collect();
    let place = Place { file: "edge.yaml".to_owned(), at: At::Line(1) };
    Exposure { methods, hosts, paths, guards, ..Exposure::any("test", place) }
}

fn report(kind: SourceKind, name: &str, rest: &str) -> Report {
    if kind == SourceKind::Config {
        let told = Told { exposures: vec![exposure(rest)], ..Told::default() };
        return Report { kind, name: name.to_owned(), told, accounts: Vec::new() };
    }
    let words: Vec<&str> = rest.split(' ').collect();
    let of = |key: &str| words.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
    let list = |key: &str| of(key).unwrap_or_default().split(',').filter(|word| !word.is_empty());
    let parameters = list("query").map(|name| Parameter {
        name: name.to_owned(),
        place: ParameterPlace::Query,
        kind: None,
    });
    let ways: BTreeSet<Authentication> = list("auth").filter_map(Authentication::of).collect();
    let number = |key: &str| of(key).and_then(|number| number.parse().ok());
    let whose = match (kind, name.strip_prefix("api=")) {
        (SourceKind::Log, None) => Whose::Host(name.to_owned()),
        (_, api) => Whose::Api(api.unwrap_or(name).to_owned()),
    };
    let account = match kind {
        SourceKind::Spec => Account::Declared(Declaration {
            deprecated: words.contains(&"deprecated"),
            authentication: of("auth").map(|_| ways),
            parameters: parameters.collect(),
            statuses: list("status")
                .chain(list("answers").map(|field| status_of(field).0))
                .map(str::to_owned)
                .collect(),
            request_fields: list("takes").map(str::to_owned).collect(),
            answers: list("answers").fold(BTreeMap::new(), |mut answers, field| {
                let (status, pointer) = status_of(field);
                answers.entry(status.to_owned()).or_insert_with(Vec::new).push(pointer.to_owned());
                answers
            }),
            summary: None,
        }),
        SourceKind::Code => Account::Served(Default::default()),
        _ => Account::Called(Calls {
            count: number("count").unwrap_or(1),
            statuses: list("status").map(|status| (status.parse().unwrap(), 1)).collect(),
            confidence: Confidence::High,
            authentication: ways,
            anonymous: number("anonymous").unwrap_or(0),
            parameters: parameters.collect(),
            hosts: list("host").map(str::to_owned).collect(),
            fields: fields(list("takes"), list("answers")),
            ..Calls::default()
        }),
    };
    let api = (kind == SourceKind::Spec).then(|| DeclaredApi {
        name: name.to_owned(),
        hosts: vec![format!("{name}.example")],
        base_paths: vec![String::new()],
    });
    let subject = Subject { whose, method: words[0].to_owned(), path: words[1].to_owned() };
    let told = Told { api, ..Told::default() };
    Report { kind, name: name.to_owned(), told, accounts: vec![(subject, None, account)] }
}

/// A field of an answer stands behind its status.
fn status_of(field: &str) -> (&str, &str) {
    field.split_once(':').unwrap()
}

/// What was seen in bodies, as two runs tell it together.
fn fields<'p>(
    taken: impl Iterator<Item = &'p str>,
    answered: impl Iterator<Item = &'p str>,
) -> Vec<BodyField> {
    let field = |side, pointer: &str, status: Option<u16>| BodyField {
        side,
        pointer: pointer.to_owned(),
        statuses: status.into_iter().collect(),
        classes: Default::default(),
    };
    let answered =
        answered.map(status_of).map(|(status, pointer)| field(Side::Answer, pointer, status.parse().ok()));
    let mut all = Calls::default();
    for field in taken.map(|pointer| field(Side::Request, pointer, None)).chain(answered) {
        all.add(&Calls { fields: vec![field], ..Calls::default() });
    }
    all.fields
}

fn said(example: &str, id: &str) -> Vec<String> {
    let gaps = gaps(&catalog(&inventory(example)));
    gaps.into_iter().filter(|gap| gap.kind.id == id).map(|gap| gap.found.message).collect()
}

#[test]
fn each_kind_finds_its_bad_example_and_leaves_its_good_one_alone() {
    for kind in ALL {
        assert_eq!(said(kind.bad, kind.id), [kind.says], "{}", kind.id);
        assert_eq!(said(kind.good, kind.id), [""; 0], "{}", kind.id);
    }
}

#[test]
fn kinds_stand_in_alphabetical_order_and_say_what_to_do() {
    assert!(ALL.is_sorted_by_key(|kind| kind.id));
    for kind in ALL {
        assert!(
            !kind.title.ends_with('.') && !kind.fix.ends_with('.') && kind.why.ends_with('.'),
            "{}",
            kind.id
        );
        assert!(kind.points > 0 && kind.points <= kind.points_max, "{}", kind.id);
    }
}

#[test]
fn code_that_nobody_declared_is_shadow_and_a_host_of_the_inside_is_known_by_its_name() {
    assert_eq!(
        said("spec orders: GET /orders\ncode orders: GET /admin", "shadow"),
        ["`GET /admin` is in code and not declared"]
    );
    assert_eq!(
        said(
            "spec orders: GET /orders\ncode orders: GET /admin\nconfig edge: * orders.example/admin/** auth=basic\nconfig edge: * orders.example/**",
            "shadow"
        ),
        ["`GET /admin` is in code and not declared; `* orders.example/admin/**` lets it through"]
    );
    let open = "spec orders: GET /orders\ncalls orders.example: GET /debug\nconfig edge: * orders.example/**";
    assert_eq!(
        said(open, "shadow"),
        [
            "`GET /debug` is called and not declared; `* orders.example/**` lets it through, where nobody asks who calls"
        ]
    );
    let twin = "spec orders: GET /orders auth=bearer\ncalls orders.internal: GET /orders anonymous=1";
    assert_eq!(
        said(twin, "weak-twin"),
        ["`GET /orders` lets anybody call, and `orders GET /orders` does not"]
    );
}

#[test]
fn every_point_of_risk_is_explained_and_there_are_no_more_than_the_most() {
    let example = "spec orders: GET /orders auth=bearer\ncalls orders.example: GET /a\ncalls orders.example: GET /b\n\
                   set orders: owner=tea purpose=tea visibility=partner lifecycle=active authentication=bearer data=payment,personal";
    let catalog = catalog(&inventory(example));
    let risk = risk(&catalog.apis[0], &gaps(&catalog));
    assert_eq!(
        risk.parts,
        [
            ("shadow: 2 at 8 each".to_owned(), 16),
            ("it has data of class payment".to_owned(), 15),
            ("it has data of class personal".to_owned(), 10),
            ("partners may call it".to_owned(), 5),
            ("orphan: 1 at 1 each".to_owned(), 1),
        ]
    );
    assert_eq!(risk.points(), 47);
}

#[test]
fn a_declaration_that_names_no_fields_hides_none_that_does() {
    let told = "spec orders: GET /orders answers=200:/id\nspec api=orders: GET /orders\ncalls orders.example: GET /orders answers=200:/cost";
    assert_eq!(
        said(told, "undeclared-field"),
        ["`GET /orders` answers 200 with `/cost`, which it does not declare"]
    );
    let nothing = "spec orders: GET /orders\ncalls orders.example: GET /orders answers=200:/cost";
    assert_eq!(said(nothing, "undeclared-field"), [""; 0]);
}

#[test]
fn a_field_is_held_against_the_closest_answer_that_is_declared() {
    let check = |declared: &str, seen: &str, expected: &[&str]| {
        let told = format!("spec orders: GET /orders {declared}\ncalls orders.example: GET /orders {seen}");
        assert_eq!(said(&told, "undeclared-field"), expected, "{told}");
    };
    let declared = "answers=200:/id,2XX:/next,default:/title takes=/id";
    check(declared, "answers=200:/id,206:/next,500:/title,404:/title", &[]);
    check(
        declared,
        "answers=200:/next,206:/next,201:/title,500:/id takes=/title,/id",
        &[
            "`GET /orders` takes `/title`, which it does not declare",
            "`GET /orders` answers 200 with `/next`, which it does not declare",
            "`GET /orders` answers 201 with `/title`, which it does not declare",
            "`GET /orders` answers 500 with `/id`, which it does not declare",
        ],
    );
    // Of an answer whose body is not declared nothing is known, whatever others are.
    check("status=204 answers=default:/title", "answers=204:/id,200:/title", &[]);
    check("answers=200:/id", "answers=201:/cost", &[]);
}
