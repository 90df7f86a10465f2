//! What is kept, what is not, and what a restart finds.

use super::*;

const NOW: Timestamp = Timestamp::from_secs(1000);

fn block(text: &str) -> Block {
    serde_json::from_str(text).unwrap()
}

/// The blocks of the folder, as a start finds them.
fn opened(folder: &Path) -> KeptBlocks {
    KeptBlocks::read(folder, Arc::default()).unwrap()
}

fn ids(blocks: &KeptBlocks, now: Timestamp) -> Vec<u64> {
    blocks.list(now).iter().map(|numbered| numbered.id).collect()
}

#[test]
fn what_is_set_is_in_force_at_once_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let blocks = opened(folder.path());
    assert_eq!(blocks.set(block(r#"{ "client": "shop", "reason": "a" }"#), NOW).unwrap(), 1);
    assert_eq!(blocks.set(block(r#"{ "client": "kiosk", "reason": "b" }"#), NOW).unwrap(), 2);
    // The same subject again: the same block with other words.
    assert_eq!(blocks.set(block(r#"{ "client": "shop", "reason": "c" }"#), NOW).unwrap(), 1);
    assert_eq!(blocks.live.load().of_client("shop", NOW).unwrap().reason, "c");
    assert_eq!(blocks.lift(2, NOW).unwrap().reason, "b");
    assert!(blocks.live.load().of_client("kiosk", NOW).is_none());
    assert!(matches!(blocks.lift(2, NOW), Err(ChangeError::Unknown)));
    let again = opened(folder.path());
    assert_eq!(ids(&again, NOW), [1]);
    // The number of what was lifted is not given to another.
    assert_eq!(again.set(block(r#"{ "client": "kiosk", "reason": "b" }"#), NOW).unwrap(), 3);
}

#[test]
fn what_is_over_makes_room_and_cannot_be_set() {
    let folder = tempfile::tempdir().unwrap();
    let blocks = opened(folder.path());
    let until = |name: usize| {
        block(&format!(r#"{{ "client": "c{name}", "reason": "r", "until": "1970-01-01T00:20:00Z" }}"#))
    };
    let full = (0..BLOCKS_MAX).map(|id| Numbered { id: id as u64, block: until(id) }).collect();
    *blocks.list.lock().unwrap() = List { next_id: 5000, blocks: full };
    let one = || block(r#"{ "client": "one", "reason": "r" }"#);
    assert!(matches!(blocks.set(one(), NOW), Err(ChangeError::Full)));
    assert!(!blocks.path.exists(), "nothing was changed");
    let then = Timestamp::from_secs(1200);
    assert!(matches!(blocks.set(until(0), then), Err(ChangeError::Over)));
    assert_eq!(ids(&blocks, then), [0; 0]);
    assert_eq!(blocks.set(one(), then).unwrap(), 5000);
    assert_eq!(ids(&opened(folder.path()), NOW), [5000]);
}

#[test]
fn the_largest_list_can_be_read_again() {
    let longest = |name: usize| {
        let text = "\\\"".repeat(512);
        let head = "\\\"".repeat(508);
        block(&format!(
            r#"{{ "principal": "{head}{name:04}", "issuer": "{text}", "reason": "{}", "by": "{}" }}"#,
            "\\\"".repeat(256),
            "\\\"".repeat(128),
        ))
    };
    let blocks: Vec<Numbered> =
        (0..BLOCKS_MAX).map(|id| Numbered { id: u64::MAX, block: longest(id) }).collect();
    let bytes = serde_json::to_vec(&List { next_id: u64::MAX, blocks }).unwrap();
    assert!((10 << 20..FILE_BYTES_MAX).contains(&bytes.len()), "{}", bytes.len());
}

#[test]
fn a_list_that_cannot_be_kept_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("blocks"), "a file where the folder should be").unwrap();
    let path = folder.path().join(FILE);
    let blocks = KeptBlocks { path, live: Arc::default(), list: Mutex::default() };
    let set = blocks.set(block(r#"{ "client": "shop", "reason": "a" }"#), NOW);
    assert!(matches!(set, Err(ChangeError::Unkept(_))), "{set:?}");
    assert!(blocks.live.load().all().is_empty() && blocks.list(NOW).is_empty());
}

#[test]
fn a_file_that_cannot_be_read_is_not_taken_for_an_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blocks.json");
    for text in ["", "{}", r#"{"next_id":1,"blocks":[{"id":1,"block":{"reason":"r"}}]}"#] {
        std::fs::write(&path, text).unwrap();
        assert!(read(&path).is_err(), "{text}");
    }
    std::fs::remove_file(&path).unwrap();
    assert_eq!(read(&path).unwrap().next_id, 1);
}
