//! A process that commits until it is killed.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use model::inventory::{Change, Edit, Fact, Field, Inventory};
use store::{Location, StoreError, update};

use crate::event;

/// Tells the child where the inventory is.
const PLACE: &str = "STORE_TEST_INVENTORY";

/// Starts a process that commits, and kills it once it has said that the commit of this number stands; the last that it said.
/// It trusts servers that `roots` vouch for.
pub(crate) fn killed_after(location: &Location, commit: u64, roots: Option<&Path>) -> u64 {
    let place = match location {
        Location::File(path) => path.to_str().unwrap().to_owned(),
        Location::Postgres(url) => url.clone(),
    };
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.envs(roots.map(|roots| ("SSL_CERT_FILE", roots)));
    let mut child = command
        .args(["--exact", "child::commits_until_it_is_killed", "--nocapture"])
        .env(PLACE, place)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut last = 0;
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for line in lines {
        let Some(id) = line.unwrap().strip_prefix("committed ").and_then(|id| id.parse().ok()) else {
            continue;
        };
        last = id;
        if id == commit {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(last >= commit, "it ended by itself after {last}");
    last
}

/// The child itself. As an ordinary test it has nothing to do.
#[test]
fn commits_until_it_is_killed() {
    let Ok(place) = std::env::var(PLACE) else { return };
    let mut store = Location::of(&place).open().unwrap();
    println!();
    loop {
        let next = |inventory: &Inventory| {
            let id = inventory.last_event + 1;
            let fact = Fact::parse(Field::Owner, &id.to_string()).ok();
            let said = Change::Fact { api: "orders".to_owned(), field: Field::Owner, fact };
            Ok::<_, StoreError>(Some(Edit { changes: vec![said, event(id, None)] }))
        };
        update(&mut *store, next).unwrap();
        let id = store.load().unwrap().last_event;
        println!("committed {id}");
        std::io::stdout().flush().unwrap();
    }
}
