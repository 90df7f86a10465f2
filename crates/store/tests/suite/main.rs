//! What every store does: one suite, run on a file of SQLite and on a real PostgreSQL, with processes that are killed.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod child;
mod encrypted;
mod server;

use std::thread;

use model::inventory::{
    Account, At, Calls, Change, Edit, Event, Fact, Field, FileMark, Inventory, Place, Sighting, Source,
    SourceKind, Subject, Told, What, Whose,
};
use model::{OperationKey, Timestamp};
use store::{Committed, EVENTS_MAX, Location, Store, StoreError, update};

use server::Server;

/// A place for an inventory that nobody else has, and what keeps it there.
struct Kept {
    location: Location,
    _folder: Option<tempfile::TempDir>,
    _server: Option<Server>,
}

impl Kept {
    fn open(&self) -> Box<dyn Store + Send> {
        self.location.open().unwrap()
    }
}

/// Runs a check on each store that can be had here.
fn on_each(check: fn(&Kept)) {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::File(folder.path().join("new/inventory.db"));
    check(&Kept { location, _folder: Some(folder), _server: None });
    let Some(server) = Server::start() else { return };
    check(&Kept { location: Location::of(&server.url), _folder: None, _server: Some(server) });
}

fn source(id: u64, is_withdrawn: bool) -> Source {
    let told = Told {
        files: vec![FileMark { name: "a.log".to_owned(), bytes: 7, digest: "00".to_owned() }],
        ..Told::default()
    };
    let taken_at = Timestamp::from_secs(id);
    Source { id, kind: SourceKind::Log, name: format!("é'\"\n{id}"), taken_at, is_withdrawn, told }
}

fn sighting(source: u64, path: &str, count: u64) -> Sighting {
    let place = (count > 1).then(|| Place { file: "a.log".to_owned(), at: At::Line(count) });
    let subject = Subject {
        whose: if count > 2 { Whose::Api("orders".to_owned()) } else { Whose::Host(String::new()) },
        method: "GET".to_owned(),
        path: path.to_owned(),
    };
    Sighting { source, subject, place, account: Account::Called(Calls { count, ..Calls::default() }) }
}

pub(crate) fn event(id: u64, why: Option<&str>) -> Change {
    let after = Fact::parse(Field::Owner, &id.to_string()).ok();
    Change::Event(Event {
        id,
        at: Timestamp::from_secs(id),
        who: "me".to_owned(),
        why: why.map(str::to_owned),
        what: What::Fact { api: "orders".to_owned(), field: Field::Owner, before: None, after },
        undoes: id.checked_sub(2),
    })
}

fn owner(api: &str, name: &str) -> Change {
    let fact = Some(Fact::parse(Field::Owner, name).unwrap());
    Change::Fact { api: api.to_owned(), field: Field::Owner, fact }
}

#[test]
fn what_is_committed_is_loaded_as_if_it_had_never_left_memory() {
    on_each(|kept| {
        let nobody = Change::Fact { api: "b".to_owned(), field: Field::Owner, fact: None };
        let key = OperationKey { api: "a".into(), method: "GET".into(), path: "/a".into() };
        let status = What::Status { operation: key, before: None, after: None, cause: 1 };
        let edits = [
            vec![Change::Source(source(1, false)), Change::Source(source(2, false)), event(1, None)],
            vec![
                Change::Sighting(sighting(1, "/a", 1)),
                Change::Sighting(sighting(1, "/b", 2)),
                event(2, Some("x")),
            ],
            vec![
                Change::Sighting(sighting(1, "/b", 2)),
                Change::Sighting(sighting(2, "/a", 3)),
                owner("a", "tea"),
            ],
            vec![
                owner("a", "milk"),
                owner("b", "O'Neil; --"),
                Change::Source(source(2, true)),
                event(3, None),
            ],
            vec![nobody, Change::Gone(1), event(4, Some("é"))],
        ];
        let (mut store, mut expected) = (kept.open(), Inventory::default());
        assert_eq!(store.load().unwrap(), expected);
        let mut events = Vec::new();
        for mut changes in edits {
            if let Some(Change::Event(Event { what, .. })) = changes.last_mut()
                && expected.last_event == 3
            {
                what.clone_from(&status);
            }
            changes.iter().for_each(|change| expected.apply(change));
            events.extend(changes.iter().filter_map(|change| match change {
                Change::Event(event) => Some(event.clone()),
                _ => None,
            }));
            let committed = store.commit(expected.revision, &Edit { changes }).unwrap();
            assert_eq!(committed, Committed::Yes);
            expected.revision += 1;
            assert_eq!(store.load().unwrap(), expected);
        }
        let mut again = kept.open();
        assert_eq!(again.load().unwrap(), expected, "and so do others");
        assert_eq!(again.events(0).unwrap(), events);
        assert_eq!(again.events(3).unwrap(), events[3..]);
        assert_eq!(again.event(2).unwrap().as_ref(), Some(&events[1]));
        assert_eq!(again.event(9).unwrap(), None);
        assert_eq!(again.event(0).unwrap(), None);
    });
}

#[test]
fn an_edit_for_another_revision_changes_nothing() {
    on_each(|kept| {
        let (mut one, mut other) = (kept.open(), kept.open());
        let edit = |id| Edit { changes: vec![owner("a", "tea"), event(id, None)] };
        assert_eq!(one.commit(0, &edit(1)).unwrap(), Committed::Yes);
        let before = one.load().unwrap();
        assert_eq!(other.commit(0, &edit(2)).unwrap(), Committed::Conflict);
        assert_eq!(other.commit(2, &edit(2)).unwrap(), Committed::Conflict);
        assert_eq!(other.load().unwrap(), before);
    });
}

#[test]
fn an_edit_that_fails_in_its_middle_changes_nothing() {
    on_each(|kept| {
        let mut store = kept.open();
        let first = Edit { changes: vec![event(1, None)] };
        assert_eq!(store.commit(0, &first).unwrap(), Committed::Yes);
        let before = store.load().unwrap();
        // The number of the event is taken.
        let edit = Edit { changes: vec![owner("a", "tea"), event(1, None)] };
        store.commit(1, &edit).unwrap_err();
        assert_eq!(store.load().unwrap(), before);
        assert_eq!(store.commit(1, &Edit { changes: vec![event(2, None)] }).unwrap(), Committed::Yes);
    });
}

#[test]
fn writers_at_once_lose_nothing() {
    const WRITERS: usize = 4;
    const EACH: usize = 20;
    on_each(|kept| {
        thread::scope(|scope| {
            for _ in 0..WRITERS {
                scope.spawn(|| {
                    let mut store = kept.open();
                    for _ in 0..EACH {
                        let one_more = |inventory: &Inventory| {
                            let id = inventory.last_event + 1;
                            Ok::<_, StoreError>(Some(Edit {
                                changes: vec![owner("a", &id.to_string()), event(id, None)],
                            }))
                        };
                        update(&mut *store, one_more).unwrap();
                    }
                });
            }
        });
        let mut store = kept.open();
        let total = (WRITERS * EACH) as u64;
        let ids: Vec<u64> = store.events(0).unwrap().iter().map(|event| event.id).collect();
        assert_eq!(ids, (1..=total).collect::<Vec<_>>());
        let inventory = store.load().unwrap();
        assert_eq!((inventory.revision, inventory.last_event), (total, total));
        let said = &inventory.facts[&("a".to_owned(), Field::Owner)];
        assert_eq!(said.to_string(), total.to_string());
    });
}

#[test]
fn many_events_are_read_in_parts() {
    on_each(|kept| {
        let mut store = kept.open();
        let count = u64::from(EVENTS_MAX) + 5;
        let changes = (1..=count).map(|id| event(id, None)).collect();
        assert_eq!(store.commit(0, &Edit { changes }).unwrap(), Committed::Yes);
        assert_eq!(store.events(0).unwrap().len(), EVENTS_MAX as usize);
        assert_eq!(store.events(u64::from(EVENTS_MAX)).unwrap().len(), 5);
    });
}

#[test]
fn every_answered_commit_is_there_whole_after_kill_9() {
    on_each(|kept| {
        let mut answered = 0;
        for _ in 0..3 {
            answered = child::killed_after(&kept.location, answered + 10, None);
            let mut store = kept.open();
            let inventory = store.load().unwrap();
            assert!(inventory.last_event >= answered, "{} < {answered}", inventory.last_event);
            // An edit is an event and a fact: one is never there without the other.
            assert_eq!(inventory.revision, inventory.last_event);
            let said = &inventory.facts[&("orders".to_owned(), Field::Owner)];
            assert_eq!(said.to_string(), inventory.last_event.to_string());
            answered = inventory.last_event;
        }
    });
}

#[test]
fn a_later_version_and_what_is_no_inventory_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inventory.db");
    drop(Location::File(path.clone()).open().unwrap());
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600, "it names callers");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute("UPDATE version SET number = 99", []).unwrap();
    drop(connection);
    let refused = Location::File(path).open().err().unwrap();
    assert!(matches!(refused, StoreError::Version { found: 99, known: 1 }), "{refused}");
    let other = folder.path().join("text");
    std::fs::write(&other, "no database\n".repeat(100)).unwrap();
    assert!(matches!(Location::File(other.clone()).open().err().unwrap(), StoreError::Sqlite(_)));
    assert!(std::fs::read_to_string(other).unwrap().starts_with("no database"), "it is left as it was");
    let nowhere = Location::of("postgres://127.0.0.1:1/none?connect_timeout=1").open().err().unwrap();
    assert!(matches!(nowhere, StoreError::Postgres(_)), "{nowhere}");
}

#[test]
fn a_connection_that_ended_is_made_again() {
    let Some(server) = Server::start() else { return };
    let location = Location::of(&server.url);
    let (mut store, mut other) = (location.open().unwrap(), location.open().unwrap());
    store.commit(0, &Edit { changes: vec![event(1, None)] }).unwrap();
    server.end_connections();
    assert_eq!(other.load().unwrap().last_event, 1);
    assert_eq!(store.events(0).unwrap().len(), 1);
    assert_eq!(store.commit(1, &Edit { changes: vec![event(2, None)] }).unwrap(), Committed::Yes);
}
