//! What may be kept of the text of an error: words that say nothing of anybody, and the places in code that it names.
//!
//! Nothing is looked for and taken out; only what is known stays. So what no one thought of stays out of the record.

use std::collections::HashSet;
use std::sync::LazyLock;

use model::Redacted;

/// Bytes of an error that are looked at.
const LOOKED_AT_BYTES_MAX: usize = 8 << 10;

/// Bytes of what is kept, but for the last name.
const KEPT_BYTES_MAX: usize = 600;

/// What stands in place of all that goes.
const GONE: &str = "…";

/// Longest name of code that is kept, in bytes.
const NAME_BYTES_MAX: usize = 120;

/// Longest number that is kept as a line or column, in digits.
const PLACE_DIGITS_MAX: usize = 6;

/// What names of classes of errors end with, over languages.
const CLASS_ENDINGS: &[&str] = &["Exception", "Error", "Fault", "Warning", "Failure"];

/// What names of files with source code end with.
const SOURCES: &[&str] = &[
    "java", "kt", "scala", "groovy", "clj", "py", "rb", "erb", "go", "js", "mjs", "cjs", "jsx", "ts", "tsx",
    "cs", "vb", "php", "rs", "ex", "exs", "erl", "c", "cc", "cpp", "swift", "pl", "lua", "sql",
];

/// Words of errors and of code, in lowercase: those of run-times, databases, servers and frameworks that say what went
/// wrong. None of them can be a name, a credential or a value of somebody's.
const WORDS: &str = "\
    a abort aborted access address after allocate allowed already an and any application argument array as \
    assertion at attempt attribute authentication authorization backend bad be because before body boolean broken \
    buffer by bytes call callback called can cannot caught cause caused certificate char check class client close \
    closed code column command commit conflict connect connection constraint content context convert could crash \
    crashed cursor data database date deadline deadlock debug decode default defined delete denied dereference \
    detail detected did disk division does double duplicate during empty encode encoding end entity entry error \
    errors exceeded exception exceptions exec execute executing exist exists expected fail failed failure false \
    fatal field file for forbidden foreign format found frame from full function gateway get goroutine got handle \
    handler handshake has have header heap hint host http https identifier illegal import in incorrect index inner \
    input insert instance int integer internal into invalid is it item join json key last length limit line lock \
    log long lookup main map match memory message method missing module most must native near nil no none not null \
    number object of on open operation operator or out overflow panic panicked parameter parse parsing permission \
    pointer pool port position primary process property protocol proxy query range read reading recent record \
    recursion reference refused relation request required reset resource response retry return returned rollback \
    row runtime schema select server service session set socket source sql sqlstate stack state statement status \
    stream string syntax system table the thread thrown time timed timeout to token too trace traceback transaction \
    true type unable unauthorized unavailable uncaught undefined unexpected unhandled unique unknown unresolved \
    unsupported update upstream url user value values variable violates violation was when while with write wrong \
    xml zero";

static KNOWN: LazyLock<HashSet<&str>> = LazyLock::new(|| WORDS.split(' ').collect());

/// What is kept of `text`. Of a word that is not known, of a number and of whatever else stands there is `…`; white space
/// is one space.
pub(crate) fn redact(text: &[u8]) -> Redacted {
    let text = text.get(..LOOKED_AT_BYTES_MAX).unwrap_or(text);
    let text = String::from_utf8_lossy(text);
    let mut kept = Kept::default();
    let mut rest = &*text;
    let mut before = Before::Nothing;
    while let Some(letter) = rest.chars().next() {
        if kept.text.len() >= KEPT_BYTES_MAX {
            kept.go();
            break;
        }
        let length = rest.find(|letter| !is_of_word(letter)).unwrap_or(rest.len());
        let Some((word, after)) = rest.split_at_checked(length).filter(|(word, _)| !word.is_empty()) else {
            rest = rest.get(letter.len_utf8()..).unwrap_or_default();
            // What is written as an escape is white space or nothing that should be kept.
            if letter == '\\' && rest.starts_with(['n', 't', 'r']) {
                rest = rest.get(1..).unwrap_or_default();
                kept.mark(' ');
            } else {
                kept.mark(letter);
            }
            continue;
        };
        rest = after;
        before = kept.word(word, after, before);
    }
    Redacted::vouched(kept.text)
}

/// What the last word was, which decides on what stands behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    /// `at`, behind which frames of a stack stand.
    At,
    /// A file of code, or `line` and `column`.
    Place,
}

#[derive(Debug, Default)]
struct Kept {
    text: String,
    /// White space came since.
    spaced: bool,
}

impl Kept {
    /// Takes in a word that `after` stands behind; what it is for the next one.
    fn word(&mut self, word: &str, after: &str, before: Before) -> Before {
        // A full stop at the end is one of a sentence.
        let name = word.trim_end_matches('.');
        let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
        let is_place = before == Before::Place && is_number && name.len() <= PLACE_DIGITS_MAX;
        let is_source = is_source(name);
        let is_frame = before == Before::At && is_called(name, after);
        if is_place || is_source || is_frame || is_word(name) || is_class(name) {
            self.put(name);
        } else {
            self.go();
        }
        match name {
            _ if is_source || is_place => Before::Place,
            "line" | "column" => Before::Place,
            "at" => Before::At,
            _ => Before::Nothing,
        }
    }

    fn put(&mut self, name: &str) {
        if std::mem::take(&mut self.spaced) && !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(name);
    }

    /// Of what goes in a row there is one sign.
    fn go(&mut self) {
        if !self.text.ends_with(GONE) {
            self.put(GONE);
        }
        self.spaced = false;
    }

    fn mark(&mut self, letter: char) {
        match letter {
            letter if letter.is_whitespace() => self.spaced = true,
            letter if letter.is_ascii_punctuation() => {
                let is_between = matches!(letter, '/' | '\\' | '@' | '-' | '_' | '&' | '%' | '=');
                if !(is_between && self.text.ends_with(GONE)) {
                    self.put(letter.encode_utf8(&mut [0; 4]));
                }
            }
            _ => self.go(),
        }
    }
}

fn is_of_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '$' | '.')
}

fn is_word(name: &str) -> bool {
    KNOWN.contains(&*name.to_ascii_lowercase())
}

/// Parts that begin with a letter, with dots between them, and few digits: as programs name things.
fn is_dotted(name: &str) -> bool {
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    let begins = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_' || first == '$')
    };
    name.len() <= NAME_BYTES_MAX && digits <= 4 && name.split('.').all(begins)
}

/// `java.lang.IllegalStateException`.
fn is_class(name: &str) -> bool {
    let class = name.rsplit('.').next().unwrap_or_default();
    let is_class = |ending: &&str| class.ends_with(*ending) && class.len() > ending.len();
    let is_upper = class.starts_with(|first: char| first.is_ascii_uppercase());
    is_dotted(name) && is_upper && CLASS_ENDINGS.iter().any(is_class)
}

/// `Store.java`.
fn is_source(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    is_dotted(name) && ending.is_some_and(|ending| SOURCES.contains(&ending))
}

/// `shop.orders.Store.find(`.
fn is_called(name: &str, after: &str) -> bool {
    after.starts_with('(') && name.contains('.') && is_dotted(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, proptest};

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(redact(text.as_bytes()).as_str(), expected, "{text}");
    }

    #[test]
    fn words_and_places_in_code_stay_and_nothing_else_does() {
        check(
            r#"{"error": "java.lang.IllegalStateException: closed\n\tat shop.orders.Store.find(Store.java:42)"}"#,
            r#"{"error": "java.lang.IllegalStateException: closed at shop.orders.Store.find(Store.java:42)"}"#,
        );
        check(
            "ERROR: duplicate key value violates unique constraint \"users_email_key\"\nDETAIL: Key (email)=(alice@shop.example) already exists.",
            "ERROR: duplicate key value violates unique constraint \"…\" DETAIL: Key (…)=(…) already exists",
        );
        check(
            "Traceback (most recent call last):\n  File \"/home/alice/shop/views.py\", line 42, in get_user\nKeyError: 'bob'",
            "Traceback (most recent call last): File \"/…views.py\", line 42, in … KeyError: '…'",
        );
        check(
            "<h1>Not Found</h1><p>Apache/2.4.1 (Unix) Server at db1 Port 80</p>",
            "<…>Not Found</…><…>… (…) Server at … Port …</…>",
        );
        check("call alice.smith(4711) at db1.internal", "call …(…) at …");
        check("user 4711 of Müller GmbH, token eyJhbGciOi.eyJzdWIi.c2ln", "user … of …, token …");
        check("", "");
        check("\u{0}\u{ff}", "…");
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let kept = redact("error, alice: ".repeat(10_000).as_bytes());
        assert!(
            kept.as_str().len() <= KEPT_BYTES_MAX + NAME_BYTES_MAX + GONE.len(),
            "{}",
            kept.as_str().len()
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_word_that_is_not_known_is_ever_kept(
            before in "[ -~é\n]{0,40}", secret in "[a-z0-9]{6,20}", after in "[ -~é\n]{0,40}",
        ) {
            let kept = redact(format!("{before} x{secret} {after}").as_bytes());
            let is_there = kept.as_str().contains(&secret);
            assert!(!is_there || before.contains(&secret) || after.contains(&secret), "{}", kept.as_str());
        }
    }
}
