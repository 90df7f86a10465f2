//! Rows in the forms that results have: columns for people, Markdown, CSV.

use anstyle::Style;

use crate::output::Look;

/// A cell, and how it looks to people.
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) style: Style,
}

impl Cell {
    /// Text as it is; what could move a terminal's cursor is written out.
    pub(crate) fn of(text: &str) -> Cell {
        Cell { text: text.chars().flat_map(shown).collect(), style: Style::new() }
    }

    pub(crate) fn styled(text: &str, style: Style) -> Cell {
        Cell { style, ..Cell::of(text) }
    }
}

fn shown(letter: char) -> impl Iterator<Item = char> {
    let is_plain = !letter.is_control();
    let escaped = (!is_plain).then(|| letter.escape_debug()).into_iter().flatten();
    is_plain.then_some(letter).into_iter().chain(escaped)
}

/// Rows under the names of their columns. Numbers stand at the right: those of columns that `#` begins the name of.
pub(crate) struct Table<const N: usize> {
    pub(crate) head: [&'static str; N],
    pub(crate) rows: Vec<[Cell; N]>,
}

impl<const N: usize> Table<N> {
    fn name(head: &'static str) -> &'static str {
        head.trim_start_matches('#')
    }

    /// Columns, the last of which ends where its text ends.
    pub(crate) fn text(&self, look: Look) -> String {
        let mut widths = self.head.map(|head| Self::name(head).len());
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.text.chars().count());
            }
        }
        let head = self.head.map(|head| Cell::styled(Self::name(head), Style::new().dimmed()));
        let rows = [&head].into_iter().chain(&self.rows);
        rows.map(|row| self.line(row, &widths, look)).collect()
    }

    fn line(&self, row: &[Cell; N], widths: &[usize; N], look: Look) -> String {
        let mut line = String::new();
        for (index, ((cell, width), head)) in row.iter().zip(widths).zip(self.head).enumerate() {
            let padding = " ".repeat(width.saturating_sub(cell.text.chars().count()));
            let style = if look.color { cell.style } else { Style::new() };
            let text = format!("{style}{}{style:#}", cell.text);
            match head.starts_with('#') {
                true => line.push_str(&format!("{padding}{text}")),
                false if index + 1 == N => line.push_str(&text),
                false => line.push_str(&format!("{text}{padding}")),
            }
            if index + 1 < N {
                line.push_str("  ");
            }
        }
        line.truncate(line.trim_end().len());
        line + "\n"
    }

    /// A table of Markdown.
    pub(crate) fn markdown(&self) -> String {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let mut text = line(self.head.map(|head| Self::name(head).to_owned()).to_vec());
        text.push_str(&line(
            self.head.map(|head| if head.starts_with('#') { "--:" } else { "---" }.to_owned()).to_vec(),
        ));
        for row in &self.rows {
            text.push_str(&line(row.iter().map(|cell| cell.text.replace('|', "\\|")).collect()));
        }
        text
    }

    /// Comma-separated values (RFC 4180).
    pub(crate) fn csv(&self) -> String {
        let line = |cells: Vec<String>| cells.join(",") + "\r\n";
        let mut text = line(self.head.map(|head| csv_cell(Self::name(head))).to_vec());
        for row in &self.rows {
            text.push_str(&line(row.iter().map(|cell| csv_cell(&cell.text)).collect()));
        }
        text
    }
}

/// One cell. What a spreadsheet would take for a formula gets a quote before it, since paths are written by callers.
fn csv_cell(text: &str) -> String {
    let is_number = text.parse::<f64>().is_ok();
    let guard = if text.starts_with(['=', '+', '-', '@']) && !is_number { "'" } else { "" };
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{guard}{}\"", text.replace('"', "\"\"")),
        false => format!("{guard}{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_stands_in_every_form() {
        let row = |count: &str, path: &str| [Cell::of(count), Cell::of(path)];
        let rows = vec![row("7", "/a|b"), row("1200", "/c\u{1b}[2J, \"d\""), row("1", "=cmd()")];
        let table = Table { head: ["#requests", "path"], rows };
        assert_eq!(
            table.text(Look::PLAIN),
            "requests  path\n       7  /a|b\n    1200  /c\\u{1b}[2J, \"d\"\n       1  =cmd()\n"
        );
        assert_eq!(
            table.markdown(),
            "| requests | path |\n| --: | --- |\n| 7 | /a\\|b |\n| 1200 | /c\\u{1b}[2J, \"d\" |\n| 1 | =cmd() |\n"
        );
        assert_eq!(
            table.csv(),
            "requests,path\r\n7,/a|b\r\n1200,\"/c\\u{1b}[2J, \"\"d\"\"\"\r\n1,'=cmd()\r\n"
        );
    }
}
