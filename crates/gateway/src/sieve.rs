//! Takes members out of a JSON text, or masks them, and copies every other byte as it was.

use std::ops::Range;

use spec::{Json, Node};

/// What stands in place of a string that is masked; a value of another kind becomes `null`.
const MASK: &str = "\"***\"";

/// What becomes of a member or an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It stays, and so do all of its bytes that are not taken out further inside.
    Keep,
    /// It goes, name and value.
    Remove,
    /// Its name or its place stays.
    Mask,
}

/// Decides on members, level by level. `State` is what is known at one value; where there is none, nothing inside is
/// looked at.
pub(crate) trait Rule {
    type State;

    /// What is known at the whole value.
    fn root(&self) -> Option<Self::State>;

    /// What becomes of the member called `name`, and what is known at its value.
    fn member(&self, state: &Self::State, name: &str) -> (Fate, Option<Self::State>);

    /// What becomes of the item at `index`, and what is known at it.
    fn item(&self, state: &Self::State, index: usize) -> (Fate, Option<Self::State>);
}

/// A text that lost something.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sieved {
    /// What is left of it.
    pub text: Vec<u8>,
    /// How many members were removed or masked.
    pub count: usize,
}

/// Applies `rule` to `json`; nothing where everything stays. Names that repeat cannot be met: no [`Json`] has any.
pub(crate) fn sieve<R: Rule>(json: &Json<'_>, rule: &R) -> Option<Sieved> {
    let mut cuts = Vec::new();
    if let Some(state) = rule.root() {
        walk(json.root(), rule, &state, &mut cuts);
    }
    if cuts.is_empty() {
        return None;
    }
    let source = json.source().as_bytes();
    let mut text = Vec::with_capacity(source.len());
    let mut from = 0;
    for cut in &cuts {
        text.extend_from_slice(source.get(from..cut.range.start).unwrap_or_default());
        text.extend_from_slice(cut.with.as_bytes());
        from = cut.range.end;
    }
    text.extend_from_slice(source.get(from..).unwrap_or_default());
    Some(Sieved { text, count: cuts.len() })
}

/// Bytes that go, and what takes their place. Cuts are found in the order of the text and never overlap.
struct Cut {
    range: Range<usize>,
    with: &'static str,
}

/// Goes down as deep as the text does, which its limits bound.
fn walk<R: Rule>(node: Node<'_>, rule: &R, state: &R::State, cuts: &mut Vec<Cut>) {
    let mut list = List { kept_before: None };
    let mut items = node.items().enumerate().peekable();
    while let Some((index, item)) = items.next() {
        let part =
            Part { start: item.span().0, value: item, next: items.peek().map(|(_, next)| next.span().0) };
        list.part(&part, rule, rule.item(state, index), cuts);
    }
    let mut members = node.entries().peekable();
    while let Some(member) = members.next() {
        let next = members.peek().map(|next| next.key_span.0);
        let part = Part { start: member.key_span.0, value: member.value, next };
        list.part(&part, rule, rule.member(state, member.key), cuts);
    }
}

/// A member or an item: where it begins, and where the next one does.
struct Part<'t> {
    start: usize,
    value: Node<'t>,
    next: Option<usize>,
}

/// Members or items in their order.
struct List {
    /// The end of the part before, once one is kept: what goes then takes the comma in front of it along.
    kept_before: Option<usize>,
}

impl List {
    fn part<R: Rule>(
        &mut self,
        part: &Part<'_>,
        rule: &R,
        (fate, inside): (Fate, Option<R::State>),
        cuts: &mut Vec<Cut>,
    ) {
        let (from, end) = part.value.span();
        match fate {
            Fate::Remove => {
                let range = match (self.kept_before, part.next) {
                    (Some(before), _) => before..end,
                    (None, Some(next)) => part.start..next,
                    (None, None) => part.start..end,
                };
                cuts.push(Cut { range, with: "" });
                self.kept_before = self.kept_before.map(|_| end);
                return;
            }
            Fate::Mask => {
                let with = if part.value.as_str().is_some() { MASK } else { "null" };
                cuts.push(Cut { range: from..end, with });
            }
            Fate::Keep => {
                if let Some(inside) = inside {
                    walk(part.value, rule, &inside, cuts);
                }
            }
        }
        self.kept_before = Some(end);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
    use spec::{JsonLimits, parse_json};

    use super::*;

    /// Removes members whose names begin with `r` and the fourth item, masks those that begin with `m`, and looks into no
    /// `s`.
    struct ByName;

    impl Rule for ByName {
        type State = ();

        fn root(&self) -> Option<()> {
            Some(())
        }

        fn member(&self, (): &(), name: &str) -> (Fate, Option<()>) {
            match name.chars().next() {
                Some('r') => (Fate::Remove, None),
                Some('m') => (Fate::Mask, None),
                Some('s') => (Fate::Keep, None),
                _ => (Fate::Keep, Some(())),
            }
        }

        fn item(&self, (): &(), index: usize) -> (Fate, Option<()>) {
            (if index == 3 { Fate::Remove } else { Fate::Keep }, Some(()))
        }
    }

    fn sieved(text: &str) -> String {
        let json = parse_json(text.as_bytes(), &JsonLimits::default()).unwrap();
        sieve(&json, &ByName).map_or(text.to_owned(), |sieved| String::from_utf8(sieved.text).unwrap())
    }

    #[test]
    fn what_goes_takes_its_comma_along_and_all_else_stays_as_it_was() {
        for (text, expected) in [
            (r#"{"a":1.0e+2 , "r":2}"#, r#"{"a":1.0e+2}"#),
            (
                r#"{ "r":1, "r2" : [1,{}] ,"a":10000000000000000000000001 }"#,
                r#"{ "a":10000000000000000000000001 }"#,
            ),
            (r#"{"r":1}"#, "{}"),
            (r#"{ "r":1,"r2":2 }"#, "{  }"),
            (r#"{"a":1,"r":2,"r2":3,"b":4,"r3":5}"#, r#"{"a":1,"b":4}"#),
            (
                r#"{"m":"secret","m2":12.50,"m3":{"a":1},"a":"\u00e9\/"}"#,
                r#"{"m":"***","m2":null,"m3":null,"a":"\u00e9\/"}"#,
            ),
            (r#"[{"r":1},[{"a":{"r":"x","b":0}}],{"s":{"r":1}}]"#, r#"[{},[{"a":{"b":0}}],{"s":{"r":1}}]"#),
            (r#"{"\u0072":1,"b":2}"#, r#"{"b":2}"#),
            (r#"[1, 2, 3 , 4, 5]"#, r#"[1, 2, 3, 5]"#),
        ] {
            assert_eq!(sieved(text), expected, "{text}");
        }
        let json = parse_json(br#"{"a":1}"#, &JsonLimits::default()).unwrap();
        assert_eq!(sieve(&json, &ByName), None);
    }

    /// The same by way of a tree that keeps numbers as they are written.
    fn twin(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Array(items) => {
                if items.len() > 3 {
                    items.remove(3);
                }
                items.iter_mut().for_each(twin);
            }
            serde_json::Value::Object(members) => {
                members.retain(|name, _| !name.starts_with('r'));
                for (name, value) in members {
                    match name.chars().next() {
                        Some('m') if value.is_string() => *value = "***".into(),
                        Some('m') => *value = serde_json::Value::Null,
                        Some('s') => {}
                        _ => twin(value),
                    }
                }
            }
            _ => {}
        }
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f32>().prop_map(|number| f64::from(number).into()),
            "[a-z\"\\\\\u{e9}\n]{0,4}".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                proptest::collection::btree_map("[rmsab][a-c]?", inner, 0..6)
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_says_what_a_tree_would(mut value in json(), pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
            let found: serde_json::Value = serde_json::from_str(&sieved(&text)).unwrap();
            twin(&mut value);
            assert_eq!(found, value, "{text}");
        }
    }
}
