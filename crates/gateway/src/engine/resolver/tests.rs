//! What is asked of the system, how often, and what is made of what it says.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};

use tokio::time::advance;

use super::*;

/// What a resolver of a test knows, a line a name: the name, and its addresses.
const KNOWN: &str = "
shop.example 93.184.216.34 2606:2800:21f:cb07:6820:80da:af6b:8b2c
inside.example 93.184.216.34 10.0.0.1
empty.example
";

/// A resolver that knows [`KNOWN`], and notes what it is asked.
fn resolver() -> (Arc<Resolver>, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let noted = Arc::clone(&asked);
    let resolver = Resolver::new(move |name| {
        noted.lock().unwrap().push(name.to_owned());
        let mut lines = KNOWN.lines().map(str::split_whitespace);
        let line = lines.find_map(|mut words| (words.next() == Some(name)).then_some(words));
        Ok(line.ok_or(io::ErrorKind::NotFound)?.map(|word| word.parse().unwrap()).collect())
    });
    (Arc::new(resolver), asked)
}

/// A resolver that says nothing until it is let to, and how many names it has begun with.
fn held_up() -> (Arc<Resolver>, Arc<AtomicUsize>, Sender<()>) {
    let (go_on, waiting) = channel::<()>();
    let (waiting, begun) = (Mutex::new(waiting), Arc::<AtomicUsize>::default());
    let begins = Arc::clone(&begun);
    let resolver = Resolver::new(move |_| {
        begins.fetch_add(1, Ordering::SeqCst);
        // The end of the test lets it go on as well.
        waiting.lock().unwrap().recv().ok();
        Ok(vec!["93.184.216.34".parse().unwrap()])
    });
    (Arc::new(resolver), begun, go_on)
}

/// Waits until the threads of so many names have begun: what they hold from then on they keep.
async fn has_begun(begun: &AtomicUsize, count: usize) {
    while begun.load(Ordering::SeqCst) < count {
        tokio::task::yield_now().await;
    }
}

fn hosts(names: &str) -> Vec<NamedHost> {
    let host = |name: &str| NamedHost { name: name.to_owned(), place: String::new() };
    names.split_whitespace().map(host).collect()
}

async fn said(resolver: &Arc<Resolver>, names: &str) -> String {
    let said = |resolved: Resolved| match resolved {
        Ok(addresses) => addresses.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(","),
        Err(unresolved) => format!("{unresolved:?}"),
    };
    resolver.resolve(&hosts(names)).await.into_iter().map(said).collect::<Vec<_>>().join(" ")
}

fn in_paused_time<T>(test: impl Future<Output = T>) -> T {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let result = runtime.block_on(test);
    runtime.shutdown_background();
    result
}

#[test]
fn every_address_of_a_name_is_told_and_no_address_is_none() {
    in_paused_time(async {
        let (resolver, _) = resolver();
        assert_eq!(
            said(&resolver, "inside.example shop.example nowhere.example empty.example").await,
            "93.184.216.34,10.0.0.1 93.184.216.34,2606:2800:21f:cb07:6820:80da:af6b:8b2c Unknown Unknown"
        );
        assert_eq!(said(&resolver, "").await, "");
    });
}

#[test]
fn what_is_known_is_not_asked_again_for_a_while() {
    in_paused_time(async {
        let (resolver, asked) = resolver();
        let count = || asked.lock().unwrap().len();
        for _ in 0..3 {
            said(&resolver, "shop.example shop.example nowhere.example").await;
        }
        assert_eq!(count(), 2);
        advance(FAILED_FOR).await;
        said(&resolver, "shop.example nowhere.example").await;
        assert_eq!(count(), 3, "what led nowhere may lead somewhere soon");
        advance(KEPT_FOR).await;
        said(&resolver, "shop.example").await;
        assert_eq!(count(), 4);
    });
}

#[test]
fn a_name_that_takes_too_long_is_given_up_and_keeps_its_place() {
    in_paused_time(async {
        let (resolver, begun, go_on) = held_up();
        let asking = said(&resolver, "slow.example");
        let late = async {
            has_begun(&begun, 1).await;
            advance(LOOKUP_TIMEOUT).await;
        };
        assert_eq!(tokio::join!(asking, late).0, "TimedOut");
        assert_eq!(resolver.places.available_permits(), LOOKUPS_MAX - 1);
        drop(go_on);
    });
}

#[test]
fn more_names_than_there_are_places_are_not_looked_up() {
    in_paused_time(async {
        let (resolver, begun, go_on) = held_up();
        let many: Vec<String> = (0..LOOKUPS_MAX).map(|number| format!("n{number}.example")).collect();
        let many = many.join(" ");
        let asking = said(&resolver, &many);
        let more = async {
            has_begun(&begun, LOOKUPS_MAX).await;
            assert_eq!(said(&resolver, "more.example").await, "Overloaded");
            drop(go_on);
        };
        let answers = tokio::join!(asking, more).0;
        assert_eq!(answers.matches("93.184.216.34").count(), LOOKUPS_MAX, "{answers}");
        assert_eq!(said(&resolver, "more.example").await, "93.184.216.34", "that is not kept");
    });
}
