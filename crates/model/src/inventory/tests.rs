//! Words are the same in tables and in JSON, facts are read as they are written, and counts add up.

use super::*;
use crate::Timestamp;

fn check_words<W: Word + serde::Serialize + std::fmt::Debug>() {
    for (value, name) in W::WORDS {
        assert_eq!(serde_json::to_value(value).unwrap(), *name);
        assert_eq!(W::of(name), Some(*value));
        assert_eq!(value.name(), *name);
    }
    assert_eq!(W::of("nothing"), None);
}

#[test]
fn every_word_is_the_same_everywhere() {
    check_words::<Field>();
    check_words::<Visibility>();
    check_words::<Lifecycle>();
    check_words::<Authentication>();
    check_words::<DataClass>();
    check_words::<Confidence>();
    check_words::<ParameterPlace>();
    check_words::<SourceKind>();
    check_words::<Status>();
}

#[test]
fn a_fact_is_read_as_it_is_written() {
    let check = |field: Field, text: &str, expected: Option<&str>| {
        let fact = Fact::parse(field, text).ok();
        assert_eq!(fact.as_ref().map(ToString::to_string).as_deref(), expected, "{field:?} {text}");
        if let Some(fact) = fact {
            assert_eq!(fact.field(), field);
            let json = serde_json::to_string(&fact).unwrap();
            assert_eq!(serde_json::from_str::<Fact>(&json).unwrap(), fact);
        }
    };
    check(Field::Owner, "  team\n orders ", Some("team orders"));
    check(Field::Owner, " \u{1b} ", None);
    check(Field::Purpose, &"a".repeat(2000), Some(&"a".repeat(Text::BYTES_MAX)));
    check(Field::Visibility, "partner", Some("partner"));
    check(Field::Visibility, "secret", None);
    check(Field::Lifecycle, "retired", Some("retired"));
    check(Field::Authentication, "mtls, bearer-jwt", Some("bearer-jwt,mtls"));
    check(Field::Authentication, "none", Some("none"));
    check(Field::Authentication, "", None);
    check(Field::Data, "payment,payment", Some("payment"));
    check(Field::Data, "none,payment", None);
    assert!(serde_json::from_str::<Fact>("{\"field\":\"owner\",\"value\":\"\"}").is_err());
}

#[test]
fn counts_add_up_and_clients_may_be_the_same() {
    let calls = |count: u64, at: u64, status: u16| Calls {
        count,
        first_seen: Some(Timestamp::from_secs(at)),
        last_seen: Some(Timestamp::from_secs(at + 10)),
        statuses: [(status, count)].into(),
        clients: count,
        ..Calls::default()
    };
    let mut sum = calls(3, 100, 200);
    sum.add(&calls(2, 50, 200));
    sum.add(&calls(1, 300, 404));
    sum.add(&Calls::default());
    assert_eq!((sum.count, sum.clients), (6, 3));
    assert_eq!(sum.first_seen, Some(Timestamp::from_secs(50)));
    assert_eq!(sum.last_seen, Some(Timestamp::from_secs(310)));
    assert_eq!(sum.statuses, [(200, 5), (404, 1)].into());
    assert_eq!((sum.of_class(2), sum.of_class(4), sum.of_class(5)), (5, 1, 0));
}
