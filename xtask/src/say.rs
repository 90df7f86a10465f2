//! Words to the terminal: results on stdout, progress on stderr, in colour where the terminal takes it.

use std::io::Write;

use anstyle::{AnsiColor, Style};

use crate::failure::Failure;

pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default();
pub(crate) const HEAD: Style = Style::new().bold();
pub(crate) const FAINT: Style = Style::new().dimmed();

/// `text` in a style, for use inside a line.
pub(crate) fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// One line of result.
pub(crate) fn result(line: &str) {
    if writeln!(anstream::stdout().lock(), "{line}").is_err() {
        // Whoever read us has gone, so nobody is left to tell.
        std::process::exit(3);
    }
}

/// One line of progress.
pub(crate) fn progress(line: &str) {
    if writeln!(anstream::stderr().lock(), "{line}").is_err() {
        std::process::exit(3);
    }
}

/// Why the task ends here.
pub(crate) fn failure(failure: &Failure) {
    progress(&format!("{} {failure}", styled(BAD, "error:")));
    if let Some(advice) = failure.advice() {
        progress(&format!("{} {advice}", styled(HEAD, "help:")));
    }
}
