//! Whatever is told, in whichever order: no request is lost or counted twice, no operation has two names, and what is taken
//! back was never there.

use model::inventory::{Account, Event, Inventory, Report, SourceKind, What};
use proptest::prelude::{ProptestConfig, Strategy, prop_assert_eq, proptest};
use proptest::sample::select;

use super::super::{catalog, undo};
use super::{report, stamp, take, told};

const TARGETS: &[&str] = &[
    "GET orders.example/orders/{orderId}",
    "GET orders.example/orders/7",
    "GET /orders/tea",
    "GET /debug",
    "PUT orders.example/orders/{id}",
    "GET other.example/a/{word}",
    "GET other.example/a/b",
    "GET other.example/a/{aId}/c",
    "GET users.example/users/me",
];

const DECLARED: &[&str] = &[
    "GET /orders/{id}",
    "GET /orders/mine",
    "GET /a/{x} deprecated",
    "PUT /orders/{order}",
    "GET /users/me",
];

fn reports() -> impl Strategy<Value = Vec<Report>> {
    let targets = proptest::collection::vec((select(TARGETS), 1..9_u32), 1..6);
    let calls = (targets, select(&[SourceKind::Log, SourceKind::Gateway][..]), 0..3_u8).prop_map(
        |(targets, kind, name)| {
            let lines: Vec<String> =
                targets.iter().map(|(target, count)| format!("{target} {count}")).collect();
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            report(kind, &format!("run {name}"), &lines)
        },
    );
    let declared = (proptest::collection::vec(select(DECLARED), 1..4), select(&["orders", "users"][..]))
        .prop_map(|(lines, name)| report(SourceKind::Spec, name, &lines));
    proptest::collection::vec(proptest::prop_oneof![3 => calls, 1 => declared], 1..10)
}

fn requests_told(inventory: &Inventory) -> u64 {
    let current: Vec<u64> = inventory.current().map(|source| source.id).collect();
    let told = current.into_iter().flat_map(|id| inventory.told_by(id));
    told.map(|sighting| match &sighting.account {
        Account::Called(calls) => calls.count,
        Account::Declared(_) | Account::Served(_) => 0,
    })
    .sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_counted_twice_or_left_behind(reports in reports()) {
        let mut inventory = Inventory::default();
        for report in &reports {
            let before = told(&inventory);
            let events: Vec<Event> = take(&mut inventory, report);
            let catalog = catalog(&inventory);
            let calls = catalog.operations().filter_map(|(_, operation)| operation.calls.as_ref());
            prop_assert_eq!(calls.map(|calls| calls.count).sum::<u64>(), requests_told(&inventory));
            let mut keys: Vec<_> = catalog.operations().map(|(_, operation)| &operation.key).collect();
            let count = keys.len();
            keys.sort();
            keys.dedup();
            prop_assert_eq!(keys.len(), count);
            let is_first_of_source =
                |event: &&Event| matches!(event.what, What::Read { of, .. } if of != SourceKind::Gateway);
            if let Some(read) = events.iter().find(is_first_of_source) {
                let edit = undo(&inventory, read, &stamp("me")).unwrap();
                let mut undone = inventory.clone();
                edit.changes.iter().for_each(|change| undone.apply(change));
                prop_assert_eq!(told(&undone), before);
            }
        }
    }
}
