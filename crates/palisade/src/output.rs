//! How results are shown: in which form, in colour or not, and how wide.

pub(crate) mod findings;
pub(crate) mod overlay;
pub(crate) mod problems;

use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;

/// Bytes of results that are gathered before they are written.
const OUT_BYTES: usize = 64 << 10;

/// The form of a command's results.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: stable, with a `schema_version`.
    Json,
}

/// What the stream that results go to can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// Whether to colour. Never where `NO_COLOR` is set or the stream is not a terminal.
    pub(crate) color: bool,
    /// Columns that fit on a line.
    pub(crate) width: usize,
}

impl Look {
    /// Columns of a stream that is no terminal: wide enough for most lines, and the same on every machine.
    const WIDTH: usize = 140;

    /// No colour, and a width that depends on nothing.
    #[cfg(test)]
    pub(crate) const PLAIN: Look = Look { color: false, width: Look::WIDTH };

    /// What standard output can show.
    pub(crate) fn of_stdout() -> Look {
        Look::of(&io::stdout(), anstream::AutoStream::choice(&io::stdout()))
    }

    /// What standard error can show.
    pub(crate) fn of_stderr() -> Look {
        Look::of(&io::stderr(), anstream::AutoStream::choice(&io::stderr()))
    }

    fn of(stream: &impl IsTerminal, choice: anstream::ColorChoice) -> Look {
        let columns = terminal_size::terminal_size().filter(|_| stream.is_terminal());
        Look {
            color: choice != anstream::ColorChoice::Never,
            width: columns.map_or(Look::WIDTH, |(width, _)| usize::from(width.0)),
        }
    }
}

/// Writes results to standard output. A reader that went away (`palisade check … | head`) is no error.
pub(crate) fn print(text: &str) -> io::Result<()> {
    written(anstream::stdout().lock().write_all(text.as_bytes()))
}

/// Writes results to standard output as `write` makes them, for what is too long to be held whole. They are written as they
/// are: what would not be shown must not be in them.
pub(crate) fn print_by(
    write: impl FnOnce(&mut io::BufWriter<io::StdoutLock<'static>>) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(OUT_BYTES, io::stdout().lock());
    written(write(&mut out).and_then(|()| out.flush()))
}

/// Writes what is not a result to standard error.
pub(crate) fn report(text: &str) -> io::Result<()> {
    written(anstream::stderr().lock().write_all(text.as_bytes()))
}

fn written(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
