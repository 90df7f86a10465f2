//! What follows from what was told, and that taking it back leaves what was before.

mod random;

use model::Timestamp;
use model::inventory::{
    Account, Calls, Change, Confidence, Declaration, DeclaredApi, Edit, Event, Fact, Field, Inventory,
    Parameter, ParameterPlace, Report, SourceKind, Subject, Told, What, Whose, Word,
};

use super::merge::RUNS_MAX;
use super::{Refusal, Stamp, catalog, confirm, set, take_in, undo};

pub(super) fn stamp(who: &str) -> Stamp {
    Stamp { at: Timestamp::from_secs(1_000_000), who: who.to_owned(), why: None }
}

/// A report of lines `METHOD host/path count` or, of a specification, `METHOD /path` with ` deprecated` after it.
pub(super) fn report(kind: SourceKind, name: &str, lines: &[&str]) -> Report {
    let account = |line: &&str| {
        let mut words = line.split(' ');
        let (method, target) = (words.next().unwrap().to_owned(), words.next().unwrap());
        let (host, path) = target.split_at(target.find('/').unwrap());
        let rest = words.next().unwrap_or_default();
        let (whose, account) = match kind {
            SourceKind::Spec => (
                Whose::Api(name.to_owned()),
                Account::Declared(Declaration { deprecated: rest == "deprecated", ..Declaration::default() }),
            ),
            SourceKind::Code => (Whose::Host(host.to_owned()), Account::Served(Default::default())),
            _ => (Whose::Host(host.to_owned()), Account::Called(calls(rest, path))),
        };
        (Subject { whose, method, path: path.to_owned() }, None, account)
    };
    let accounts = lines.iter().map(account).collect();
    let api = (kind == SourceKind::Spec).then(|| DeclaredApi {
        name: name.to_owned(),
        hosts: vec![format!("{name}.example")],
        base_paths: vec![String::new()],
    });
    Report { kind, name: name.to_owned(), told: Told { api, ..Told::default() }, accounts }
}

fn calls(count: &str, path: &str) -> Calls {
    let kind = if path.contains("Id}") { "integer" } else { "slug" };
    let parameters = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    Calls {
        count: count.parse().unwrap_or(1),
        confidence: Confidence::High,
        parameters: parameters
            .map(|name| Parameter {
                name: name.to_owned(),
                place: ParameterPlace::Path,
                kind: Some(kind.to_owned()),
            })
            .collect(),
        ..Calls::default()
    }
}

pub(super) fn commit(inventory: &mut Inventory, edit: &Edit) -> Vec<Event> {
    let mut events = Vec::new();
    for change in &edit.changes {
        inventory.apply(change);
        if let Change::Event(event) = change {
            events.push(event.clone());
        }
    }
    inventory.revision += 1;
    events
}

fn take(inventory: &mut Inventory, report: &Report) -> Vec<Event> {
    let edit = take_in(inventory, report, &stamp("me"));
    edit.map(|edit| commit(inventory, &edit)).unwrap_or_default()
}

/// Every operation as `status api method path count`.
fn told(inventory: &Inventory) -> Vec<String> {
    let catalog = catalog(inventory);
    let line = |operation: &model::inventory::Operation| {
        let count = operation.calls.as_ref().map_or(0, |calls| calls.count);
        format!("{} {} {count}", operation.status.name(), operation.key)
    };
    catalog.operations().map(|(_, operation)| line(operation)).collect()
}

#[test]
fn what_every_server_has_tells_of_no_api() {
    let mut inventory = Inventory::default();
    take(&mut inventory, &report(SourceKind::Spec, "orders", &["GET /", "GET /orders"]));
    take(&mut inventory, &report(SourceKind::Log, "site.log", &["GET / 5", "GET /blog 3"]));
    assert_eq!(
        told(&inventory),
        [
            "orphan orders GET / 0",
            "orphan orders GET /orders 0",
            "shadow unknown-host GET / 5",
            "shadow unknown-host GET /blog 3"
        ]
    );
    take(&mut inventory, &report(SourceKind::Log, "probes.log", &["GET / 7"]));
    take(
        &mut inventory,
        &report(SourceKind::Log, "orders.log", &["GET / 1", "GET /orders 1", "GET /debug 2"]),
    );
    assert_eq!(
        told(&inventory)[..3],
        ["declared orders GET / 8", "shadow orders GET /debug 2", "declared orders GET /orders 1"]
    );
}

#[test]
fn a_specification_that_comes_late_counts_as_if_it_had_come_first() {
    let spec =
        report(SourceKind::Spec, "orders", &["GET /orders/{id}", "GET /old deprecated", "PUT /orders/{id}"]);
    let log = report(
        SourceKind::Log,
        "a.log",
        &["GET orders.example/orders/{orderId} 5", "GET orders.example/old 2", "GET orders.example/debug 1"],
    );
    let expected = [
        "shadow orders GET /debug 1",
        "zombie orders GET /old 2",
        "declared orders GET /orders/{id} 5",
        "orphan orders PUT /orders/{id} 0",
    ];
    let mut first = Inventory::default();
    take(&mut first, &spec);
    take(&mut first, &log);
    assert_eq!(told(&first), expected);
    let mut late = Inventory::default();
    take(&mut late, &log);
    assert_eq!(told(&late)[0], "shadow orders.example GET /debug 1");
    take(&mut late, &spec);
    assert_eq!(told(&late), expected);
    assert_eq!(take(&mut late, &spec), [], "the same specification changes nothing");
}

#[test]
fn what_is_asked_belongs_to_whoever_serves_it() {
    let check = |asked: &str, expected: &str| {
        let mut inventory = Inventory::default();
        take(&mut inventory, &report(SourceKind::Spec, "orders", &["GET /orders/{id}", "GET /orders/mine"]));
        take(&mut inventory, &report(SourceKind::Spec, "users", &["GET /users/{id}"]));
        take(&mut inventory, &report(SourceKind::Log, "a.log", &[asked]));
        let seen: Vec<String> = told(&inventory).into_iter().filter(|line| !line.ends_with(" 0")).collect();
        assert_eq!(seen, [expected]);
    };
    check("GET orders.example/orders/{orderId}", "declared orders GET /orders/{id} 1");
    check("GET orders.example/orders/mine", "declared orders GET /orders/mine 1");
    check("GET orders.example/orders/tea", "declared orders GET /orders/{id} 1");
    check("GET ORDERS.example/orders/tea", "declared orders GET /orders/{id} 1");
    check("GET /users/7", "declared users GET /users/{id} 1");
    check("DELETE /users/{userId}", "shadow users DELETE /users/{userId} 1");
    check("GET orders.example/users/7", "shadow orders GET /users/7 1");
    check("GET other.example/users/7", "shadow other.example GET /users/7 1");
    check("GET /nothing", "shadow unknown-host GET /nothing 1");
}

#[test]
fn what_tells_of_one_api_alone_tells_of_it_where_it_names_no_host() {
    let check = |asked: &[&str], kind: SourceKind, expected: &str| {
        let mut inventory = Inventory::default();
        take(&mut inventory, &report(SourceKind::Spec, "orders", &["GET /orders/{id}"]));
        take(&mut inventory, &report(SourceKind::Spec, "users", &["GET /users/{id}"]));
        let mut more = report(SourceKind::Log, "a.log", asked);
        more.kind = kind;
        take(&mut inventory, &more);
        assert!(told(&inventory).contains(&expected.to_owned()), "{:?}", told(&inventory));
    };
    check(&["GET /orders/7", "GET /debug"], SourceKind::Log, "shadow orders GET /debug 1");
    check(
        &["GET /orders/7", "GET /users/7", "GET /debug"],
        SourceKind::Log,
        "shadow unknown-host GET /debug 1",
    );
    check(&["GET /orders/7", "GET other/debug"], SourceKind::Log, "shadow other GET /debug 1");
    check(&["GET /users/{id}", "GET /admin"], SourceKind::Code, "shadow users GET /admin 1");
    check(&["GET /admin"], SourceKind::Code, "shadow a.log GET /admin 1");
}

#[test]
fn later_runs_go_by_the_templates_of_earlier_ones() {
    let mut inventory = Inventory::default();
    take(&mut inventory, &report(SourceKind::Log, "1", &["GET h/users/{user} 50", "GET h/users/me 9"]));
    take(&mut inventory, &report(SourceKind::Log, "2", &["GET h/users/alice 2", "GET h/users/me 1"]));
    take(&mut inventory, &report(SourceKind::Log, "3", &["GET h/carts/{cartId} 5"]));
    take(&mut inventory, &report(SourceKind::Log, "4", &["GET h/carts/export 1", "GET h/carts/{cart} 2"]));
    assert_eq!(
        told(&inventory),
        [
            "shadow h GET /carts/export 1",
            "shadow h GET /carts/{cartId} 7",
            "shadow h GET /users/me 10",
            "shadow h GET /users/{user} 52",
        ]
    );
}

#[test]
fn code_without_a_specification_is_shadow() {
    let mut inventory = Inventory::default();
    take(&mut inventory, &report(SourceKind::Spec, "orders", &["GET /orders/{id}"]));
    take(&mut inventory, &report(SourceKind::Code, "orders", &["GET /orders/{order_id}", "GET /admin"]));
    assert_eq!(told(&inventory), ["shadow orders GET /admin 0", "orphan orders GET /orders/{id} 0"]);
}

#[test]
fn what_code_serves_is_of_the_very_shape_and_for_any_method_of_all_that_there_are() {
    let spec =
        report(SourceKind::Spec, "orders", &["GET /orders/{id}", "PUT /orders/{id}", "GET /v1/health"]);
    let code =
        report(SourceKind::Code, "shop", &["* /orders/{order}", "GET /orders/me", "* /debug", "GET /health"]);
    let log = report(SourceKind::Log, "a.log", &["GET orders.example/debug 3"]);
    let expected = [
        "shadow orders GET /debug 3",
        "shadow orders GET /orders/me 0",
        "orphan orders GET /orders/{id} 0",
        "orphan orders PUT /orders/{id} 0",
        "orphan orders GET /v1/health 0",
    ];
    let orders = [[&spec, &code, &log], [&log, &code, &spec], [&code, &log, &spec]];
    for reports in orders {
        let mut inventory = Inventory::default();
        for report in reports {
            let mut report = report.clone();
            if let Some(api) = &mut report.told.api {
                api.base_paths = vec!["/v1".to_owned()];
            }
            take(&mut inventory, &report);
        }
        assert_eq!(told(&inventory), expected);
        let catalog = catalog(&inventory);
        let by_code = |kind: &(SourceKind, _)| kind.0 == SourceKind::Code;
        assert!(catalog.operations().all(|(_, operation)| operation.sightings.iter().any(by_code)));
    }
    let mut alone = Inventory::default();
    take(&mut alone, &code);
    assert_eq!(told(&alone)[0], "shadow shop * /debug 0");
}

#[test]
fn a_run_that_is_taken_back_leaves_what_was_before_and_can_be_restored() {
    let mut inventory = Inventory::default();
    take(&mut inventory, &report(SourceKind::Spec, "orders", &["GET /orders/{id}"]));
    let before = told(&inventory);
    let log =
        report(SourceKind::Log, "a.log", &["GET orders.example/orders/7 3", "GET orders.example/debug 1"]);
    let events = take(&mut inventory, &log);
    let kinds: Vec<&str> = events.iter().map(|event| event.what.name()).collect();
    assert_eq!(kinds, ["read", "status", "status"]);
    let after = told(&inventory);
    let refused = undo(&inventory, &events[1], &stamp("me")).unwrap_err();
    assert_eq!(refused, Refusal::Follows(events[0].id));

    let undone = undo(&inventory, &events[0], &stamp("you")).unwrap();
    let undone = commit(&mut inventory, &undone);
    assert_eq!((undone[0].undoes, undone[0].who.as_str()), (Some(events[0].id), "you"));
    assert_eq!(told(&inventory), before);
    assert_eq!(undo(&inventory, &events[0], &stamp("me")), Err(Refusal::Undone));

    let restored = undo(&inventory, &undone[0], &stamp("me")).unwrap();
    commit(&mut inventory, &restored);
    assert_eq!(told(&inventory), after);
}

#[test]
fn what_people_say_is_remembered_and_taken_back_only_while_it_holds() {
    let mut inventory = Inventory::default();
    let mut spec = report(SourceKind::Spec, "orders", &["GET /orders"]);
    let purpose = Fact::parse(Field::Purpose, "orders of tea").unwrap();
    spec.told.proposals = vec![model::inventory::Proposal { fact: purpose.clone(), place: None }];
    take(&mut inventory, &spec);
    let owner = |name: &str| (Field::Owner, Some(Fact::parse(Field::Owner, name).unwrap()));
    assert_eq!(
        set(&inventory, "order", &[owner("a")], &stamp("me")),
        Err(Refusal::NoApi("order".to_owned()))
    );
    let first = set(&inventory, "orders", &[owner("a")], &stamp("me")).unwrap().unwrap();
    let first = commit(&mut inventory, &first);
    assert_eq!(set(&inventory, "orders", &[owner("a")], &stamp("me")), Ok(None), "nothing changes");
    let second = set(&inventory, "orders", &[owner("b")], &stamp("me")).unwrap().unwrap();
    let second = commit(&mut inventory, &second);
    assert_eq!(undo(&inventory, &first[0], &stamp("me")), Err(Refusal::ChangedSince));
    let back = undo(&inventory, &second[0], &stamp("me")).unwrap();
    commit(&mut inventory, &back);
    assert_eq!(catalog(&inventory).apis[0].fact(Field::Owner), owner("a").1.as_ref());

    assert!(!catalog(&inventory).apis[0].facts[&Field::Purpose].is_confirmed());
    let confirmed = confirm(&inventory, "orders", &[], &stamp("me")).unwrap();
    let events = commit(&mut inventory, &confirmed);
    assert!(matches!(&events[0].what, What::Fact { after: Some(fact), .. } if *fact == purpose));
    assert!(catalog(&inventory).apis[0].facts[&Field::Purpose].is_confirmed());
    assert_eq!(
        confirm(&inventory, "orders", &[], &stamp("me")),
        Err(Refusal::NothingProposed("orders".to_owned()))
    );
}

#[test]
fn what_was_said_of_a_host_holds_for_the_api_that_is_served_there() {
    let mut inventory = Inventory::default();
    take(&mut inventory, &report(SourceKind::Log, "a.log", &["GET orders.example/orders"]));
    let owner = (Field::Owner, Some(Fact::parse(Field::Owner, "a").unwrap()));
    let edit =
        set(&inventory, "orders.example", std::slice::from_ref(&owner), &stamp("me")).unwrap().unwrap();
    commit(&mut inventory, &edit);
    take(&mut inventory, &report(SourceKind::Spec, "orders", &["GET /orders"]));
    let catalog = catalog(&inventory);
    assert_eq!(catalog.apis.len(), 1);
    assert_eq!(catalog.apis[0].fact(Field::Owner), owner.1.as_ref());
}

#[test]
fn a_gateway_tells_of_everything_since_it_started_and_only_what_is_new_is_an_event() {
    let mut inventory = Inventory::default();
    let first = take(&mut inventory, &report(SourceKind::Gateway, "edge since 1", &["GET h/a 2"]));
    assert_eq!(first.len(), 2);
    assert_eq!(take(&mut inventory, &report(SourceKind::Gateway, "edge since 1", &["GET h/a 5"])), []);
    assert_eq!(told(&inventory), ["shadow h GET /a 5"]);
    let more = report(SourceKind::Gateway, "edge since 1", &["GET h/a 6", "GET h/users/{user} 9"]);
    assert_eq!(take(&mut inventory, &more).len(), 2);
    take(&mut inventory, &report(SourceKind::Gateway, "edge since 2", &["GET h/users/ann 1", "GET h/a 1"]));
    assert_eq!(told(&inventory), ["shadow h GET /a 7", "shadow h GET /users/{user} 10"]);
    assert_eq!(inventory.sources.len(), 2);

    let undone = undo(&inventory, &first[0], &stamp("me")).unwrap();
    commit(&mut inventory, &undone);
    assert_eq!(take(&mut inventory, &more), [], "what was taken back does not come again");
    assert_eq!(told(&inventory), ["shadow h GET /a 1", "shadow h GET /users/ann 1"]);
}

#[test]
fn runs_do_not_grow_without_end() {
    let mut inventory = Inventory::default();
    let mut first = Vec::new();
    for run in 0..RUNS_MAX + 3 {
        let events = take(&mut inventory, &report(SourceKind::Log, &run.to_string(), &["GET h/a 2"]));
        first.extend(events.into_iter().next().filter(|_| run == 0));
    }
    assert_eq!(inventory.sources.len(), RUNS_MAX);
    assert_eq!(told(&inventory), [format!("shadow h GET /a {}", 2 * (RUNS_MAX + 3))]);
    assert_eq!(undo(&inventory, &first[0], &stamp("me")), Err(Refusal::Merged));
}
