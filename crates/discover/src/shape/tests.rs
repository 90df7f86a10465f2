//! Bodies, and the schema and fields that are learned from them.

use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest};
use serde_json::{Value, json};

use model::inventory::{BodySchema, Word};

use super::*;

fn learned(bodies: impl IntoIterator<Item = Value>) -> Bodies {
    let mut learned = Bodies::default();
    let mut room = SHAPES_MAX;
    bodies.into_iter().for_each(|body| learned.learn(body.to_string().as_bytes(), &mut room));
    learned
}

#[track_caller]
fn check(bodies: impl IntoIterator<Item = Value>, expected: &Value) {
    assert_eq!(schema("", &learned(bodies).shape), *expected);
}

#[test]
fn types_formats_and_what_may_be_missing_are_learned() {
    check(
        [
            json!({"id": 7, "total": 1.5, "note": null, "tags": ["a"], "at": "2025-10-10T13:55:36Z"}),
            json!({"id": 8, "total": 2, "note": "ring twice", "tags": [], "at": "2025-10-11T13:55:36+02:00"}),
        ],
        &json!({"type": "object", "properties": {
            "at": {"type": "string", "format": "date-time"},
            "id": {"type": "integer", "x-data-classes": ["internal-id"]},
            "note": {"type": ["string", "null"]},
            "tags": {"type": "array", "items": {"type": "string"}},
            "total": {"type": "number"},
        }}),
    );
    check([json!(1), json!("a")], &json!({"type": ["string", "integer"]}));
}

#[test]
fn what_is_always_there_is_required_and_few_words_are_all_there_are() {
    let states = ["open", "closed"];
    let body = |number: usize| match number % 3 {
        0 => json!({"state": states[number % 2], "extra": true}),
        _ => json!({"state": states[number % 2]}),
    };
    check(
        (0..60).map(body),
        &json!({"type": "object", "required": ["state"], "properties": {
            "extra": {"type": "boolean"},
            "state": {"type": "string", "enum": ["closed", "open"]},
        }}),
    );
    // Of few nothing follows.
    check(
        (0..9).map(body),
        &json!({"type": "object", "properties": {"extra": {"type": "boolean"}, "state": {"type": "string"}}}),
    );
}

#[test]
fn names_that_are_values_are_no_members() {
    let body = json!({"orders": {"1001": {"total": 1}, "1002": {"total": 2}}});
    let item = json!({"type": "object", "properties": {"total": {"type": "integer"}}});
    check(
        [body],
        &json!({"type": "object", "properties": {"orders": {"type": "object", "additionalProperties": item}}}),
    );
    let body =
        json!({"1001": {"email": "ada@shop.example", "n": 1}, "1002": {"email": "bob@shop.example", "n": 2}});
    let found = fields(&learned([body]).shape);
    let pointers: Vec<&str> = found.iter().map(|field| field.pointer.as_str()).collect();
    assert_eq!(pointers, ["/*/email", "/*/n"]);
    let many: serde_json::Map<String, Value> =
        (0..300_u16).map(|number| (format!("name{}", letters(number)), json!(number))).collect();
    let found = learned([Value::Object(many)]);
    let objects = found.shape.objects.unwrap();
    assert_eq!((objects.members.len(), objects.any.map(|any| any.count)), (0, Some(300)));
}

fn letters(number: u16) -> String {
    let digits = [number / 676, number / 26 % 26, number % 26];
    digits.iter().map(|digit| char::from(b'a' + *digit as u8)).collect()
}

#[test]
fn classes_come_from_names_and_from_values() {
    let body = json!({
        "user": {"firstName": "Ada", "contact": "ada@shop.example", "emailVerified": true, "userId": 7},
        "items": [{"pan": "4111 1111 1111 1111", "password": "x", "diagnosis": "y"}],
    });
    let found = fields(&learned([body]).shape);
    let told: Vec<String> = found
        .iter()
        .map(|field| {
            let classes: Vec<String> = field
                .classes
                .iter()
                .map(|(class, evidence)| match evidence {
                    Evidence::Name => class.name().to_owned(),
                    Evidence::Values(what, count) => format!("{}:{what}:{count}", class.name()),
                })
                .collect();
            format!("{} {} {}", field.pointer, field.types.join("|"), classes.join(","))
        })
        .collect();
    let expected = [
        "/items/*/diagnosis string health",
        "/items/*/pan string payment,payment:card:1",
        "/items/*/password string credential",
        "/user/contact string personal:email:1",
        "/user/emailVerified boolean ",
        "/user/firstName string personal",
        "/user/userId integer internal-id",
    ];
    assert_eq!(told, expected);
}

#[test]
fn memory_is_bounded_and_no_value_is_kept() {
    let mut found = Bodies::default();
    let mut room = 2 * SHAPES_MAX;
    for number in 0..200_u16 {
        let wide: serde_json::Map<String, Value> = (0..100_u16)
            .map(|member| (format!("m{}", letters(number)) + &letters(member), json!({"a": {"b": 1}})))
            .collect();
        found.learn(Value::Object(wide).to_string().as_bytes(), &mut room);
    }
    assert!(shapes(&found.shape) <= SHAPES_MAX as usize, "{}", shapes(&found.shape));
    found.learn(format!("{}1{}", "[".repeat(60), "]".repeat(60)).as_bytes(), &mut room);
    found.learn(b"{\"a\":", &mut room);
    assert_eq!(found.unread, 1);
    let secret = learned([json!({"name": "Ada Lovelace of London"})]);
    assert!(!format!("{secret:?}").contains("Lovelace"));
}

#[test]
fn bodies_of_all_operations_share_the_room_there_is() {
    let mut room = 10;
    let mut bodies = [(); 3].map(|()| Bodies::default());
    let mut learn = |at: usize, body: &str| {
        bodies[at].learn(body.as_bytes(), &mut room);
        (bodies[at].shape.count, shapes(&bodies[at].shape), room)
    };
    assert_eq!(learn(0, r#"{"a": {"b": [[1, 2]]}}"#), (1, 5, 5));
    assert_eq!(learn(0, r#"{"a": {"b": [[3]]}}"#), (2, 5, 5));
    assert_eq!(learn(1, r#"{"a": [], "b": 1, "c": 1, "d": 1, "e": 1}"#), (1, 5, 0));
    assert_eq!(learn(1, r#"{"a": [1], "f": 1}"#), (2, 5, 0));
    assert_eq!(learn(2, "1"), (0, 1, 0), "there is a shape, which has seen nothing");
    assert_eq!(bodies.map(|bodies| bodies.shapes()), [5, 5, 0]);
}

fn shapes(shape: &Shape) -> usize {
    let objects = shape
        .objects
        .iter()
        .flat_map(|objects| objects.members.iter().map(|(_, shape)| shape).chain(&objects.any));
    let items = shape.arrays.iter().map(|arrays| &arrays.item).filter(|item| item.count > 0);
    items.chain(objects).map(shapes).sum::<usize>() + 1
}

fn body() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i32>().prop_map(Into::into),
        (-10_i32..10).prop_map(|number| (f64::from(number) / 4.0).into()),
        "[a-c]{0,3}".prop_map(Into::into),
        "[ -~]{0,20}".prop_map(Into::into),
        Just(json!("0191e0c7-7a5f-7cc1-b1c5-0d3a5b1b2c3d")),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            proptest::collection::btree_map("[a-d0-9]{1,2}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_body_is_valid_by_what_was_learned_of_it(bodies in proptest::collection::vec(body(), 1..80)) {
        let all = learned(bodies.clone());
        let schema = schema("", &all.shape);
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        for body in &bodies {
            assert!(validator.is_valid(body), "{body} by {schema}");
        }
        // In two halves it is the same.
        let (one, other) = bodies.split_at(bodies.len() / 2);
        let mut merged = learned(one.to_vec());
        merged.merge(learned(other.to_vec()));
        assert_eq!(super::schema("", &merged.shape), schema);
        // What is kept of each half accepts all of both once it is joined.
        let kept = |bodies: &[Value]| BodySchema::new(super::schema("", &learned(bodies.to_vec()).shape));
        let mut joined = kept(one);
        joined.join(&kept(other));
        let validator = jsonschema::draft202012::new(joined.as_value()).unwrap();
        for body in &bodies {
            assert!(validator.is_valid(body), "{body} by {joined:?}");
        }
    }
}
