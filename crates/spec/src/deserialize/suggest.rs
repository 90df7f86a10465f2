//! The known word that a misspelt one was probably meant to be.

/// The nearest of `known`, if it is near enough to be worth naming.
pub fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let characters = word.chars().count();
    if characters > WORD_CHARACTERS_MAX {
        return None;
    }
    let plain = plainly(word);
    let near = known.iter().map(|candidate| (distance(&plain, &plainly(candidate)), *candidate));
    let (distance, candidate) = near.min_by_key(|(distance, _)| *distance)?;
    let enough = if characters <= 3 { 1 } else { 2.max(characters / 3) };
    (distance <= enough && distance < characters).then_some(candidate)
}

/// What is longer is no misspelling, and comparing costs the product of the lengths.
const WORD_CHARACTERS_MAX: usize = 64;

/// Without what writers of different habits put differently: case, hyphens and underscores.
fn plainly(word: &str) -> Vec<char> {
    word.chars().filter(|character| !matches!(character, '-' | '_')).flat_map(char::to_lowercase).collect()
}

/// Insertions, deletions, replacements and swaps of neighbours that turn `from` into `to` (optimal alignment).
fn distance(from: &[char], to: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    let mut left_of = None;
    for (row, character) in from.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, other) in to.iter().enumerate() {
            let at = |line: &[usize], column: usize| line.get(column).copied().unwrap_or(usize::MAX / 2);
            let replaced = at(&last, column) + usize::from(character != other);
            let mut best = replaced.min(at(&last, column + 1) + 1).min(at(&current, column) + 1);
            let previous = column.checked_sub(1).and_then(|column| to.get(column));
            if left_of == Some(other) && previous == Some(character) {
                best = best.min(at(&before_last, column - 1) + 1);
            }
            current.push(best);
        }
        before_last = std::mem::replace(&mut last, current);
        left_of = Some(character);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_guessed_and_other_words_are_not() {
        let known = ["listen", "admin", "rate-limit", "apis", "ip"];
        for (word, expected) in [
            ("lisen", Some("listen")),
            ("litsen", Some("listen")),
            ("rateLimit", Some("rate-limit")),
            ("rate_limits", Some("rate-limit")),
            ("api", Some("apis")),
            ("IP", Some("ip")),
            ("database", None),
            ("xy", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, &known), expected, "{word}");
        }
        assert_eq!(nearest(&"x".repeat(10_000), &known), None);
    }

    #[test]
    fn a_swap_of_neighbours_is_one_step() {
        let steps = |from: &str, to: &str| distance(&plainly(from), &plainly(to));
        assert_eq!(steps("ab", "ba"), 1);
        assert_eq!(steps("kitten", "sitting"), 3);
        assert_eq!(steps("", "abc"), 3);
        assert_eq!(steps("abc", "abc"), 0);
    }
}
