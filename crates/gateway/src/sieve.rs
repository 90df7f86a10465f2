//! Takes members out of a JSON text, or masks them, and copies every other byte as it was; piece by piece, as it comes.

mod hidden;

use std::fmt;

use spec::{JsonError, JsonLimits, JsonStream, Piece};

pub use hidden::{Hidden, Hiding, Segment, Target};

/// What stands in place of a string that is masked; a value of another kind becomes `null`.
const MASK: &[u8] = b"\"***\"";

/// White space around a comma that is kept until it is known whether the comma goes, in bytes; more of it is left out.
const GAP_BYTES_MAX: usize = 64 << 10;

/// A longer name of a member is a fault, in bytes: a name is held until its end decides on it.
const NAME_BYTES_MAX: usize = 64 << 10;

/// What becomes of a member or an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It stays, and so do all of its bytes that are not taken out further inside.
    Keep,
    /// It goes, name and value.
    Remove,
    /// Its name or its place stays.
    Mask,
}

/// Decides on members, level by level. Where nothing is known at a value, nothing inside is looked
/// at.
pub trait Rule {
    /// What is known at one value.
    type State: fmt::Debug;

    /// What is known at the whole value.
    fn root(&self) -> Option<Self::State>;

    /// What becomes of the member called `name`, and what is known at its value.
    fn member(&self, state: &Self::State, name: &str) -> (Fate, Option<Self::State>);

    /// What becomes of the item at `index`, and what is known at it.
    fn item(&self, state: &Self::State, index: usize) -> (Fate, Option<Self::State>);
}

/// Applies a rule to a text that comes in parts. Each member is decided on by itself: where names repeat, each of them is.
#[derive(Debug)]
pub struct Sieve<R: Rule> {
    stream: JsonStream,
    cutter: Cutter<R>,
}

impl<R: Rule> Sieve<R> {
    /// Applies `rule`.
    pub fn new(rule: R) -> Sieve<R> {
        let limits = JsonLimits { string_bytes_max: NAME_BYTES_MAX, ..JsonLimits::default() };
        let within = Within::Value(Fate::Keep, rule.root());
        let cutter = Cutter { rule, within, watched: Vec::new(), gap: Vec::new(), has_cut: false };
        Sieve { stream: JsonStream::new(&limits), cutter }
    }

    /// Reads on, and appends what stays to `out`.
    ///
    /// # Errors
    /// The text is no JSON, is too deep, or has too long a name or number; what stays of what came before was appended, and
    /// nothing may be read after it.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), JsonError> {
        let Sieve { stream, cutter } = self;
        stream.push(bytes, &mut |piece| cutter.piece(piece, out))
    }

    /// Says that there is no more.
    ///
    /// # Errors
    /// As [`Sieve::push`], or the text ended too early.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), JsonError> {
        let Sieve { stream, cutter } = self;
        stream.finish(&mut |piece| cutter.piece(piece, out))
    }

    /// Whether anything was removed or masked so far.
    pub fn has_cut(&self) -> bool {
        self.cutter.has_cut
    }
}

/// Applies `rule` to a whole text; nothing where everything stays.
///
/// # Errors
/// As [`Sieve::push`].
pub fn sieve<R: Rule>(text: &[u8], rule: R) -> Result<Option<Vec<u8>>, JsonError> {
    let mut sieve = Sieve::new(rule);
    let mut out = Vec::with_capacity(text.len());
    sieve.push(text, &mut out)?;
    sieve.finish(&mut out)?;
    Ok(sieve.has_cut().then_some(out))
}

/// Decides on each piece of a text.
#[derive(Debug)]
struct Cutter<R: Rule> {
    rule: R,
    within: Within<R::State>,
    /// The arrays and objects that are open and looked into, from the outside.
    watched: Vec<Watched<R::State>>,
    /// What stands between two parts of the innermost of them, until the second is decided on.
    gap: Vec<u8>,
    has_cut: bool,
}

/// Where the next piece stands.
#[derive(Debug)]
enum Within<S> {
    /// Between the parts of the innermost that is watched; outside of all after the end of the text's value.
    Parts,
    /// Before a value of this fate, which is watched where something is known at it.
    Value(Fate, Option<S>),
    /// In a value that is copied, or left out, with so many arrays and objects open.
    Uniform { is_copied: bool, depth: usize },
}

/// An array or object that is looked into.
#[derive(Debug)]
struct Watched<S> {
    state: S,
    /// Items before the next one; of no meaning in an object.
    items: usize,
    has_kept: bool,
    has_removed: bool,
}

impl<R: Rule> Cutter<R> {
    fn piece(&mut self, piece: Piece<'_>, out: &mut Vec<u8>) {
        match (&mut self.within, piece) {
            (Within::Uniform { is_copied, depth }, piece) => {
                if *is_copied {
                    out.extend_from_slice(raw(piece));
                }
                *depth = depth.saturating_add_signed(nesting(piece));
                if *depth == 0 && ends_value(piece) {
                    self.within = Within::Parts;
                }
            }
            (Within::Value(fate, _), Piece::Space(raw) | Piece::Colon(raw)) => {
                if *fate != Fate::Remove {
                    out.extend_from_slice(raw);
                }
            }
            (Within::Value(..), piece) => self.begin_value(piece, out),
            (Within::Parts, Piece::Name { raw, name }) => {
                let Some(parent) = self.watched.last() else { return };
                let (fate, inside) = self.rule.member(&parent.state, name);
                self.begin_part(fate, out);
                if fate != Fate::Remove {
                    out.extend_from_slice(raw);
                }
                self.within = Within::Value(fate, inside);
            }
            // A comma is never left out here: what goes takes it along.
            (Within::Parts, Piece::Comma(raw)) => self.gap.extend_from_slice(raw),
            (Within::Parts, Piece::Space(raw)) => {
                let room = GAP_BYTES_MAX.saturating_sub(self.gap.len()).min(raw.len());
                self.gap.extend_from_slice(raw.get(..room).unwrap_or_default());
                if self.watched.is_empty() {
                    out.append(&mut self.gap);
                }
            }
            (Within::Parts, Piece::Close(raw)) => {
                out.append(&mut self.gap);
                out.extend_from_slice(raw);
                self.watched.pop();
            }
            (Within::Parts, piece) => {
                let Some(parent) = self.watched.last_mut() else { return };
                let (fate, inside) = self.rule.item(&parent.state, parent.items);
                parent.items += 1;
                self.begin_part(fate, out);
                self.within = Within::Value(fate, inside);
                self.begin_value(piece, out);
            }
        }
    }

    /// What stood before a member or an item, now that its fate is known.
    fn begin_part(&mut self, fate: Fate, out: &mut Vec<u8>) {
        self.has_cut |= fate != Fate::Keep;
        let Some(parent) = self.watched.last_mut() else { return };
        let is_first = !parent.has_kept && !parent.has_removed;
        // What is removed takes the comma before it along, or the one behind it where nothing before it was kept.
        if is_first || parent.has_kept && fate != Fate::Remove {
            out.append(&mut self.gap);
        }
        self.gap.clear();
        if fate == Fate::Remove { parent.has_removed = true } else { parent.has_kept = true }
    }

    /// The first piece of a value.
    fn begin_value(&mut self, piece: Piece<'_>, out: &mut Vec<u8>) {
        let Within::Value(fate, inside) = std::mem::replace(&mut self.within, Within::Parts) else { return };
        match (fate, inside, piece) {
            (Fate::Keep, Some(state), Piece::Open(raw)) => {
                out.extend_from_slice(raw);
                self.watched.push(Watched { state, items: 0, has_kept: false, has_removed: false });
                return;
            }
            (Fate::Keep, _, piece) => out.extend_from_slice(raw(piece)),
            (Fate::Mask, _, Piece::Text { .. }) => out.extend_from_slice(MASK),
            (Fate::Mask, _, _) => out.extend_from_slice(b"null"),
            (Fate::Remove, _, _) => {}
        }
        let depth = usize::from(matches!(piece, Piece::Open(_)));
        if depth > 0 || !ends_value(piece) {
            self.within = Within::Uniform { is_copied: fate == Fate::Keep, depth };
        }
    }
}

fn raw(piece: Piece<'_>) -> &[u8] {
    match piece {
        Piece::Space(raw)
        | Piece::Open(raw)
        | Piece::Close(raw)
        | Piece::Colon(raw)
        | Piece::Comma(raw)
        | Piece::Name { raw, .. }
        | Piece::Text { raw, .. }
        | Piece::Word(raw) => raw,
    }
}

fn nesting(piece: Piece<'_>) -> isize {
    match piece {
        Piece::Open(_) => 1,
        Piece::Close(_) => -1,
        _ => 0,
    }
}

/// Whether a value ends with the piece, if nothing is open after it.
fn ends_value(piece: Piece<'_>) -> bool {
    matches!(piece, Piece::Close(_) | Piece::Word(_) | Piece::Text { ends: true, .. })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest};

    use super::*;

    /// Removes members whose names begin with `r` and the fourth item, masks those that begin with `m`, and looks into no
    /// `s`.
    #[derive(Debug)]
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

    /// What is left of a text that comes in parts of the lengths that `cuts` says.
    fn sieved(text: &str, mut cuts: impl Iterator<Item = usize>) -> String {
        let (mut sieve, mut out) = (Sieve::new(ByName), Vec::new());
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            let (part, after) = rest.split_at(cuts.next().unwrap_or(rest.len()).clamp(1, rest.len()));
            sieve.push(part, &mut out).unwrap();
            rest = after;
        }
        sieve.finish(&mut out).unwrap();
        assert!(sieve.has_cut() || out == text.as_bytes(), "{text}");
        String::from_utf8(out).unwrap()
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
            for length in [1, 3, usize::MAX] {
                assert_eq!(sieved(text, std::iter::repeat(length)), expected, "{text}");
            }
        }
        assert_eq!(sieve(br#"{"a":1}"#, ByName), Ok(None));
    }

    #[test]
    fn names_that_repeat_are_each_decided_on() {
        let text = r#"{"r":1,"a":{"r":2},"r":3,"a":{"b":4,"m":5}}"#;
        assert_eq!(sieved(text, std::iter::repeat(4)), r#"{"a":{},"a":{"b":4,"m":null}}"#);
    }

    #[test]
    fn nothing_after_a_fault_stays() {
        let mut out = Vec::new();
        let mut sieve = Sieve::new(ByName);
        assert!(sieve.push(br#"{"a":1,"r":2} {"r":3}"#, &mut out).is_err());
        assert_eq!(out, br#"{"a":1} "#);
    }

    #[test]
    fn white_space_without_end_takes_no_memory_and_the_comma_in_it_stays() {
        let mut out = Vec::new();
        let mut sieve = Sieve::new(ByName);
        sieve.push(b"[1", &mut out).unwrap();
        for _ in 0..100 {
            sieve.push(&[b' '; 4096], &mut out).unwrap();
        }
        assert_eq!((out.len(), sieve.cutter.gap.len()), (2, GAP_BYTES_MAX));
        sieve.push(b",2]", &mut out).unwrap();
        assert_eq!((out.len(), &out[out.len() - 3..]), (2 + GAP_BYTES_MAX + 3, &b",2]"[..]));
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
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_says_what_a_tree_would(
            mut value in json(),
            pretty in any::<bool>(),
            cuts in proptest::collection::vec(1_usize..9, 0..40),
        ) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
            let whole = sieved(&text, std::iter::empty());
            assert_eq!(sieved(&text, cuts.into_iter()), whole, "{text}");
            let found: serde_json::Value = serde_json::from_str(&whole).unwrap();
            twin(&mut value);
            assert_eq!(found, value, "{text}");
        }
    }
}
