//! The line a problem is about, cut around its place where it is too wide to show.

use std::ops::Range;

use model::Position;

/// Columns taken by the line number and the bar beside it.
const GUTTER: usize = 10;
/// Below this many columns a cut line says nothing.
const WIDTH_MIN: usize = 40;
/// What stands where a line was cut.
const CUT: &str = "…";

/// A line to show, and where in it the caret goes, in bytes of `line`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    pub(super) line: String,
    pub(super) caret: Range<usize>,
}

/// The line of `source` where `position` begins, at most `width` columns with its gutter; nothing where the position is
/// not in `source`, as when the file changed since it was read.
pub(super) fn of(source: &str, position: &Position, width: usize) -> Option<Excerpt> {
    let (start, end) = position.span;
    let (before, after) = source.split_at_checked(start)?;
    let line_before = before.rsplit('\n').next()?;
    let line_after = after.split(['\n', '\r']).next()?;
    let marked_bytes = line_after.floor_char_boundary(end.saturating_sub(start));
    let (marked, rest) = line_after.split_at_checked(marked_bytes)?;
    let columns = width.max(WIDTH_MIN).saturating_sub(GUTTER);
    let is_narrow = chars_up_to(line_before, columns) + chars_up_to(line_after, columns) <= columns;
    let lead = if is_narrow { line_before } else { last_chars(line_before, columns / 4) };
    let marked_shown = first_chars(marked, columns - chars_up_to(lead, columns).min(columns));
    let left = columns.saturating_sub(chars_up_to(lead, columns) + chars_up_to(marked_shown, columns));
    let rest_shown = first_chars(rest, left);
    let mut line = String::new();
    if lead.len() < line_before.len() {
        line.push_str(CUT);
    }
    line.push_str(lead);
    let caret = line.len()..line.len() + marked_shown.len();
    line.push_str(marked_shown);
    line.push_str(rest_shown);
    if marked_shown.len() + rest_shown.len() < line_after.len() {
        line.push_str(CUT);
    }
    Some(Excerpt { line, caret })
}

/// The number of characters, or `columns + 1` if there are more: a line may be megabytes long.
fn chars_up_to(text: &str, columns: usize) -> usize {
    text.chars().take(columns + 1).count()
}

fn first_chars(text: &str, count: usize) -> &str {
    let end = text.char_indices().nth(count).map_or(text.len(), |(index, _)| index);
    text.get(..end).unwrap_or_default()
}

fn last_chars(text: &str, count: usize) -> &str {
    let start = match count.checked_sub(1) {
        Some(nth) => text.char_indices().rev().nth(nth).map_or(0, |(index, _)| index),
        None => text.len(),
    };
    text.get(start..).unwrap_or_default()
}
