//! The one pass: four bytes at a time are looked up in a bitmap of all anchors, and only candidates are verified.

use std::sync::LazyLock;

use super::number::{self, Number};
use super::{ALL, Classes, Hit, Trigger, Verify, text};

/// Words of the bitmap: 65,536 bits, which with some hundred anchors let one in a hundred windows through by accident.
const WORDS: usize = 1024;

/// Lists that the anchors are kept in, so that looking one up is short.
const BUCKETS: usize = 4096;

/// Makes upper and lower case letters the same; other bytes stay apart well enough.
const FOLD: u32 = 0x2020_2020;

/// What may follow an anchor of three bytes.
const FOLLOWERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789_-./+={}[]$%<:\"' ";

static FILTER: LazyLock<Filter> = LazyLock::new(Filter::new);

struct Filter {
    bits: Box<[u64; WORDS]>,
    /// Sorted by bucket.
    anchors: Vec<Anchor>,
    /// Where the anchors of each bucket begin.
    buckets: Vec<u16>,
    /// For each of [`BYTES`].
    bytes: [Vec<(usize, Verify)>; 2],
    numbers: Vec<(usize, OfNumber)>,
    words: Vec<(usize, OfWord)>,
}

type OfNumber = fn(&[u8], &Number) -> Option<std::ops::Range<usize>>;
type OfWord = fn(&[u8], std::ops::Range<usize>) -> Option<std::ops::Range<usize>>;

/// The bytes that are triggers by themselves.
const BYTES: [u8; 2] = [b'@', b'~'];

#[derive(Clone, Copy)]
struct Anchor {
    gram: u32,
    /// Bytes before the gram.
    before: usize,
    place: usize,
    rule: Rule,
}

#[derive(Clone, Copy)]
enum Rule {
    Text(&'static str, Verify),
    Format(&'static super::Format),
}

/// Calls `found` for everything of `classes` in `text`, in the order in which it ends to be looked at. Where nothing is
/// found nothing is allocated.
pub fn scan(text: &[u8], classes: Classes, found: &mut dyn FnMut(Hit)) {
    let filter = &*FILTER;
    let mut seen = Seen { number_end: 0, word_end: 0, last: [0; 32], classes, found };
    for at in memchr::memchr2_iter(BYTES[0], BYTES[1], text) {
        filter.look_at_byte(text, at, &mut seen);
    }
    // What these found lies anywhere, and must not stand before what comes earlier.
    seen.last = [0; 32];
    let mut at = 0;
    while let Some(window) = text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        filter.four(text, at, u64::from_le_bytes(*window), &mut seen);
        at += 4;
    }
    while at < text.len() {
        let mut window = [0; 8];
        window.iter_mut().zip(text.iter().skip(at)).for_each(|(to, from)| *to = *from);
        filter.four(text, at, u64::from_le_bytes(window), &mut seen);
        at += 4;
    }
}

/// What was looked at already.
struct Seen<'f> {
    number_end: usize,
    word_end: usize,
    /// For each class the end of what was found last, so that nothing is found twice.
    last: [usize; 32],
    classes: Classes,
    found: &'f mut dyn FnMut(Hit),
}

impl Seen<'_> {
    fn note(&mut self, place: usize, range: Option<std::ops::Range<usize>>) {
        let Some(range) = range else { return };
        let Some(last) = self.last.get_mut(place) else { return };
        if range.start >= *last {
            *last = range.end;
            (self.found)(Hit { place, range });
        }
    }
}

impl Filter {
    fn new() -> Filter {
        let mut filter = Filter {
            bits: Box::new([0; WORDS]),
            anchors: Vec::new(),
            buckets: Vec::new(),
            bytes: [Vec::new(), Vec::new()],
            numbers: Vec::new(),
            words: Vec::new(),
        };
        for (place, detector) in ALL.iter().enumerate() {
            for trigger in detector.triggers {
                match trigger {
                    Trigger::Texts(texts, verify) => {
                        texts.iter().for_each(|text| filter.anchor(text, place, Rule::Text(text, *verify)));
                    }
                    Trigger::Formats(formats) => formats
                        .iter()
                        .for_each(|format| filter.anchor(format.prefix, place, Rule::Format(format))),
                    Trigger::Byte(byte, verify) => {
                        let known = BYTES.iter().position(|known| known == byte);
                        if let Some(verifies) = known.and_then(|known| filter.bytes.get_mut(known)) {
                            verifies.push((place, *verify));
                        }
                    }
                    Trigger::Numbers(verify) => filter.numbers.push((place, *verify)),
                    Trigger::Words(verify) => filter.words.push((place, *verify)),
                }
            }
        }
        filter.anchors.sort_by_key(|anchor| bucket(anchor.gram));
        filter.buckets = (0..=BUCKETS)
            .map(|number| filter.anchors.partition_point(|anchor| bucket(anchor.gram) < number))
            .map(|place| u16::try_from(place).unwrap_or(u16::MAX))
            .collect();
        filter
    }

    fn anchor(&mut self, text: &str, place: usize, rule: Rule) {
        let bytes = text.as_bytes();
        if let &[first, second, third] = bytes {
            for follower in FOLLOWERS {
                let gram = u32::from_le_bytes([first, second, third, *follower]) | FOLD;
                self.gram(Anchor { gram, before: 0, place, rule });
            }
            return;
        }
        let rarest = bytes.windows(4).enumerate().min_by_key(|(_, window)| commonness(window));
        if let Some((before, &[first, second, third, fourth])) = rarest {
            let gram = u32::from_le_bytes([first, second, third, fourth]) | FOLD;
            self.gram(Anchor { gram, before, place, rule });
        }
    }

    fn gram(&mut self, anchor: Anchor) {
        let hash = hash(anchor.gram);
        if let Some(word) = self.bits.get_mut(hash as usize >> 6) {
            *word |= 1 << (hash & 63);
        }
        self.anchors.push(anchor);
    }

    /// Looks closer if something may begin at one of the first four bytes of eight: one branch for all of them, which
    /// mostly is not taken.
    #[inline]
    fn four(&self, text: &[u8], at: usize, raw: u64, seen: &mut Seen<'_>) {
        let folded = raw | u64::from(FOLD) << 32 | u64::from(FOLD);
        let anchored = |place: u32| {
            let hash = hash((folded >> (8 * place)) as u32);
            let bit = self.bits.get(hash as usize >> 6).copied().unwrap_or_default() >> (hash & 63) & 1;
            bit << (8 * place)
        };
        let anchored = anchored(0) | anchored(1) | anchored(2) | anchored(3);
        let digits = digit_pairs(raw);
        if anchored | digits != 0 {
            self.look(text, at, folded, (anchored, digits), seen);
        }
    }

    #[inline(never)]
    fn look(&self, text: &[u8], at: usize, folded: u64, (anchored, digits): (u64, u64), seen: &mut Seen<'_>) {
        for place in 0..4 {
            let at = at + place as usize;
            if anchored >> (8 * place) & 1 != 0 {
                self.look_for_anchors(text, at, (folded >> (8 * place)) as u32, seen);
            }
            if digits >> (8 * place) & 1 != 0 && at >= seen.word_end {
                self.look_at_digits(text, at, seen);
            }
        }
    }

    fn look_for_anchors(&self, text: &[u8], at: usize, gram: u32, seen: &mut Seen<'_>) {
        let bucket = bucket(gram);
        let range = self.buckets.get(bucket..bucket + 2).unwrap_or_default();
        let &[from, to] = range else { return };
        for anchor in self.anchors.get(usize::from(from)..usize::from(to)).unwrap_or_default() {
            if anchor.gram != gram || !seen.classes.has(anchor.place) {
                continue;
            }
            let Some(start) = at.checked_sub(anchor.before) else { continue };
            let range = match anchor.rule {
                Rule::Text(word, verify) if text::starts_with_any_case(text, start, word) => {
                    verify(text, start)
                }
                Rule::Text(..) => None,
                Rule::Format(format) => format.verify(text, start),
            };
            seen.note(anchor.place, range);
        }
    }

    fn look_at_byte(&self, text: &[u8], at: usize, seen: &mut Seen<'_>) {
        let byte = text.get(at).copied().unwrap_or_default();
        let Some(known) = BYTES.iter().position(|known| *known == byte) else { return };
        for (place, verify) in self.bytes.get(known).into_iter().flatten() {
            if seen.classes.has(*place) {
                seen.note(*place, verify(text, at));
            }
        }
    }

    fn look_at_digits(&self, text: &[u8], at: usize, seen: &mut Seen<'_>) {
        if !matches!(text.get(at..at + 2), Some([first, second]) if first.is_ascii_digit() && second.is_ascii_digit())
        {
            return;
        }
        let digits = text::run(text, at, text::is_digit);
        let is_joined = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
        let next = text.get(digits).copied();
        let goes_on = matches!(next, Some(b' ' | b'-' | b'.' | b'/'));
        // Most numbers in answers are short, and stand alone.
        if digits - at < 6 && !goes_on && !is_joined(next) && !is_joined(text::before(text, at)) {
            seen.word_end = digits;
            return;
        }
        let start = text::run_back(text, at, 40, text::is_alnum);
        let start = if text::begins_word(text, start) || start == at { start } else { start + 1 };
        let end = text::run(text, at, text::is_alnum);
        seen.word_end = end;
        let word = text.get(start..end).unwrap_or_default();
        if !word.iter().all(u8::is_ascii_digit) {
            if word.len() >= 7 || word.len() == 4 {
                for (place, verify) in &self.words {
                    if seen.classes.has(*place) {
                        seen.note(*place, verify(text, start..end));
                    }
                }
            }
            return;
        }
        if start < seen.number_end || word.len() < 6 && !goes_on {
            return;
        }
        let Some(number) = number::read(text, start) else { return };
        seen.number_end = number.end;
        for (place, verify) in &self.numbers {
            if seen.classes.has(*place) {
                seen.note(*place, verify(text, &number));
            }
        }
    }
}

/// How common four bytes are in answers: the sum of how common each is.
fn commonness(window: &[u8]) -> u32 {
    let of = |byte: &u8| match byte.to_ascii_lowercase() {
        b'e' | b't' | b'a' | b'i' | b'n' | b'o' | b's' | b'r' | b'"' | b':' | b' ' => 8,
        b'd' | b'l' | b'c' | b'u' | b'm' | b'p' | b'0' | b'1' | b'2' | b',' => 5,
        b'h' | b'g' | b'y' | b'f' | b'b' | b'w' | b'v' | b'k' | b'/' | b'.' | b'-' => 3,
        _ => 1,
    };
    window.iter().map(of).sum()
}

/// One for each of four bytes at which two digits stand, or bytes like them.
fn digit_pairs(raw: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let differs = (raw & (ONES * 0xf0)) ^ (ONES * 0x30);
    // A byte without any difference borrows its highest bit; some beside it may do so, too.
    let digits = differs.wrapping_sub(ONES) & !differs & (ONES << 7);
    (digits & digits >> 8) >> 7 & 0x0101_0101
}

fn bucket(gram: u32) -> usize {
    hash(gram) as usize >> 4
}

fn hash(gram: u32) -> u32 {
    gram.wrapping_mul(0x9e37_79b1) >> 16
}
