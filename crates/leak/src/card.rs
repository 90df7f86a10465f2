//! Payment card numbers: a known prefix, the length that goes with it, and the check digit.

use std::ops::Range;

use super::national_id::luhn;
use super::{Detector, Group, Number, Trigger, text};

pub(super) const DETECTOR: Detector =
    Detector { class: "card", group: Group::Personal, triggers: &[Trigger::Numbers(verify)], doc: DOC };

fn verify(text: &[u8], number: &Number) -> Option<Range<usize>> {
    [19, 18, 17, 16, 15, 14, 13].iter().find_map(|count| {
        let card = number.beginning(*count)?;
        let is_whole = card.count_is_all_or_parted(number) && text::ends_word(text, card.end);
        (is_whole && is_card(card.digits()) && is_grouped(&card)).then_some(card.start..card.end)
    })
}

impl Number {
    /// Whether it is all of `whole`, or `whole` goes on after a space.
    fn count_is_all_or_parted(&self, whole: &Number) -> bool {
        self.end == whole.end || self.groups().len() < whole.groups().len()
    }
}

/// Whether the groups are those of a card: all together, in fours, or as American Express and Diners Club print them.
fn is_grouped(card: &Number) -> bool {
    let fours = card.groups().iter().take(card.groups().len().saturating_sub(1)).all(|group| *group == 4);
    card.is_solid() || fours || matches!(card.groups(), [4, 6, 5] | [4, 6, 4])
}

fn is_card(digits: &[u8]) -> bool {
    let first =
        |count: usize| digits.iter().take(count).fold(0_u32, |sum, digit| sum * 10 + u32::from(*digit));
    let (two, three, four) = (first(2), first(3), first(4));
    let is_known = match digits.len() {
        13 => two / 10 == 4,
        14 => matches!(three, 300..=305 | 309) || matches!(two, 36 | 38 | 39),
        15 => matches!(two, 34 | 37) || matches!(four, 1800 | 2131) || two / 10 == 1 && three == 122,
        16 => {
            two / 10 == 4
                || matches!(two, 35 | 36 | 50..=60 | 62..=67 | 81)
                || (2200..=2204).contains(&four)
                || (2221..=2720).contains(&four)
        }
        17..=19 => matches!(two, 50 | 56..=58 | 60 | 62..=67) || digits.len() == 19 && two / 10 == 4,
        _ => false,
    };
    // Sixteen times the same digit has a right check digit, too.
    is_known && luhn(digits) && digits.windows(2).any(|pair| matches!(pair, [a, b] if a != b))
}

const DOC: &str = r#"
Numbers of payment cards (ISO/IEC 7812): the prefix is that of a known network, the length goes with it, and the check
digit is right (Luhn).

~~~found
{"card":"4539578763621486"}
~~~
~~~found
paid with 5425 2334 3010 9903, thanks
~~~
~~~found
[3714-496353-98431]
~~~
~~~clean
{"card":"4539578763621487","order":1764000000123,"total":"4000000000000000"}
~~~
~~~clean
"id":"9999578763621486"
~~~
"#;
