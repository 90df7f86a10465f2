//! Parameters and bodies: right ones at the bounds that the document sets, and one wrong in each way that it excludes.

use super::requests::{bearer, delete, gets, patches, posts};
use crate::demo::attempt::{Attempt, Expected};
use crate::demo::issuer::Issuer;
use crate::failure::Outcome;

/// Bytes of a body that the overlay allows for orders.
const ORDER_BYTES_MAX: usize = 16 << 10;
const ITEMS_MAX: usize = 20;
const NOTE_MAX: usize = 200;
const NAME_MAX: usize = 80;
const EMAIL_MAX: usize = 120;

/// Every way to list orders.
pub(super) const LISTS: &[&str] = &[
    "/v1/orders",
    "/v1/orders?status=open",
    "/v1/orders?status=paid",
    "/v1/orders?status=sent",
    "/v1/orders?limit=1",
    "/v1/orders?limit=100",
];

const ITEM: &str = r#"{"sku":"TEA-0001","quantity":1}"#;

/// Bodies that are no order.
const NO_ORDERS: &[&str] = &[
    "[]",
    r#"{"note":"nothing"}"#,
    r#"{"items":[]}"#,
    r#"{"items":{"sku":"TEA-0001","quantity":1}}"#,
    r#"{"items":["TEA-0001"]}"#,
    r#"{"items":[{"quantity":1}]}"#,
    r#"{"items":[{"sku":"TEA-0001"}]}"#,
    r#"{"items":[{"sku":7,"quantity":1}]}"#,
    r#"{"items":[{"sku":"tea","quantity":1}]}"#,
    r#"{"items":[{"sku":"TEA-0001","quantity":"1"}]}"#,
    r#"{"items":[{"sku":"TEA-0001","quantity":0}]}"#,
    r#"{"items":[{"sku":"TEA-0001","quantity":100}]}"#,
    r#"{"items":[{"sku":"TEA-0001","quantity":1}],"note":7}"#,
];

/// Bodies that change no user.
const NO_CHANGES: &[&str] =
    &["[]", "{}", r#"{"name":7}"#, r#"{"name":""}"#, r#"{"email":7}"#, r#"{"email":"dave"}"#];

pub(super) fn all(issuer: &Issuer) -> Outcome<Vec<Attempt>> {
    let mut attempts = orders(&bearer(&issuer.token("carol")?));
    attempts.extend(users(&bearer(&issuer.token("dave")?)));
    attempts.extend(parameters(&bearer(&issuer.token("bob")?), &bearer(&issuer.token("carol")?)));
    attempts.extend(shapes(&bearer(&issuer.token("alice")?)));
    Ok(attempts)
}

fn orders(carol: &str) -> Vec<Attempt> {
    let schema = refused("body-invalid");
    let largest =
        [order(ITEMS_MAX, NOTE_MAX), r#"{"items":[{"sku":"TEA-0001","quantity":99}],"note":""}"#.to_owned()];
    let larger = [order(ITEMS_MAX + 1, 0), order(1, NOTE_MAX + 1)];
    let price = r#"{"items":[{"sku":"TEA-0001","quantity":1,"price":0}]}"#;
    let discount = r#"{"items":[{"sku":"TEA-0001","quantity":1}],"discount":100}"#;
    let negative = r#"{"items":[{"sku":"TEA-0001","quantity":-1}]}"#;
    vec![
        posts("the largest orders that may be", "/v1/orders", carol, &texts(&largest), Expected::Forwarded),
        posts("one too large by one", "/v1/orders", carol, &texts(&larger), schema),
        posts("an order for minus one tin of tea", "/v1/orders", carol, &[negative], schema),
        posts("carol sets her own price", "/v1/orders", carol, &[price, discount], schema),
        posts("what is no order", "/v1/orders", carol, NO_ORDERS, schema),
        posts("an order without a body", "/v1/orders", carol, &[""], schema),
    ]
}

fn users(dave: &str) -> Vec<Attempt> {
    let schema = refused("body-invalid");
    let role = r#"{"name":"dave","role":"admin"}"#;
    let twice = r#"{"name":"dave","name":"root"}"#;
    let malformed = Expected::RefusedBy("body-limits", "body-malformed");
    let longest = [name(NAME_MAX), email(EMAIL_MAX)];
    let longer = [name(NAME_MAX + 1), email(EMAIL_MAX + 1)];
    vec![
        patches("dave makes himself an administrator", "/v1/users/6", dave, &[role], schema),
        patches("the longest names that may be", "/v1/users/6", dave, &texts(&longest), Expected::Forwarded),
        patches("one too long by one", "/v1/users/6", dave, &texts(&longer), schema),
        patches("what changes no user", "/v1/users/6", dave, NO_CHANGES, schema),
        patches("two names at once", "/v1/users/6", dave, &[twice], malformed),
        patches("a change without a body", "/v1/users/6", dave, &[""], schema),
    ]
}

fn parameters(bob: &str, carol: &str) -> Vec<Attempt> {
    let schema = refused("parameter-invalid");
    let sql = "/v1/orders/1%20OR%201=1";
    let lists =
        &["/v1/orders?status=lost", "/v1/orders?limit=0", "/v1/orders?limit=101", "/v1/orders?limit=all"];
    let ids = &["/v1/orders/0", "/v1/orders/1000000001"];
    vec![
        gets("lists that cannot be asked for", lists, bob, schema),
        gets("an id that is a piece of SQL", &[sql], bob, schema),
        gets("ids that no order can have", ids, bob, schema),
        delete("the SQL, to cancel", sql, carol, schema),
        posts("the SQL, to pay back", &format!("{sql}/refund"), carol, &[""], schema),
    ]
}

fn shapes(alice: &str) -> Vec<Attempt> {
    let shape = |reason| Expected::RefusedBy("body-limits", reason);
    let twice = r#"{"items":[{"sku":"TEA-0001","quantity":1,"quantity":99}]}"#;
    let long = order(1, ORDER_BYTES_MAX + 1 - order(1, 0).len());
    let deep = format!("{}{}", "[".repeat(4_000), "]".repeat(4_000));
    let (malformed, large) = (shape("body-malformed"), shape("body-too-large"));
    vec![
        posts("a member twice, for parsers to disagree on", "/v1/orders", alice, &[twice], malformed),
        posts("an order of 16 KiB and a byte", "/v1/orders", alice, &[&long], large),
        posts("an order four thousand brackets deep", "/v1/orders", alice, &[&deep], large),
    ]
}

fn refused(reason: &'static str) -> Expected {
    Expected::RefusedBy("request-schema", reason)
}

fn order(items: usize, note_letters: usize) -> String {
    let items = vec![ITEM; items].join(",");
    format!(r#"{{"items":[{items}],"note":"{}"}}"#, "a".repeat(note_letters))
}

fn name(letters: usize) -> String {
    format!(r#"{{"name":"{}"}}"#, "a".repeat(letters))
}

/// An address whose name is no longer than names of mailboxes may be (RFC 5321 4.5.3.1.1).
fn email(letters: usize) -> String {
    let (mailbox, top) = ("dave@", ".example");
    let labels = letters - mailbox.len() - top.len();
    let host = format!("{}.{}", "a".repeat(50), "b".repeat(labels - 51));
    format!(r#"{{"email":"{mailbox}{host}{top}"}}"#)
}

fn texts(bodies: &[String]) -> Vec<&str> {
    bodies.iter().map(String::as_str).collect()
}

#[test]
fn bodies_are_as_long_as_they_say() {
    assert_eq!(order(1, 3), r#"{"items":[{"sku":"TEA-0001","quantity":1}],"note":"aaa"}"#);
    assert_eq!(email(EMAIL_MAX).len(), EMAIL_MAX + r#"{"email":""}"#.len());
    assert_eq!(order(1, ORDER_BYTES_MAX + 1 - order(1, 0).len()).len(), ORDER_BYTES_MAX + 1);
}
