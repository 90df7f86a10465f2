//! `palisade log`: prints the exchanges that the gateway recorded.

mod filter;
mod line;

use std::collections::VecDeque;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anstream::{AutoStream, ColorChoice};
use clap::{Args, ValueEnum};
use gateway::record::{Entry, LogError, Reader};
use model::{Exchange, Timestamp};
use serde::Serialize;

use filter::{Filter, FilterArguments};

/// The folder of the data directory that holds the exchange log.
pub(crate) const EXCHANGES: &str = "exchanges";

/// How often `--follow` looks for more.
const FOLLOW_INTERVAL: Duration = Duration::from_millis(200);

/// How long `--follow` holds a request back: workers record when they answer, so that within this time an earlier request
/// may still come, and most ends do.
const FOLLOW_WINDOW: Duration = Duration::from_millis(500);

const CANNOT_WORK: u8 = 3;

/// Print recorded requests in time order, while the gateway runs or after it stopped.
#[derive(Debug, Args)]
pub(crate) struct LogArguments {
    /// The gateway's data directory.
    #[arg(long, value_name = "DIR", default_value = "./palisade-data")]
    data: PathBuf,
    /// One readable line, or one JSON object, for each request.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Go on printing requests as they are answered.
    #[arg(long, short)]
    follow: bool,
    /// Stop after this many.
    #[arg(long, value_name = "N", conflicts_with = "last")]
    limit: Option<u64>,
    /// Print only the last so many; with --follow, go on from there.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    last: Option<u32>,
    #[command(flatten)]
    filter: FilterArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Prints what `arguments` ask for: status 0, or 3 with the reason on stderr.
pub(crate) fn run(arguments: &LogArguments) -> ExitCode {
    let stdout = io::stdout();
    let is_coloured = AutoStream::choice(&stdout) != ColorChoice::Never;
    let mut out = BufWriter::new(stdout.lock());
    match Session::open(arguments, is_coloured, now()).and_then(|session| session.run(&mut out)) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has seen enough, as `head` does.
        Err(Stop::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(Stop::Output(error)) => fail(&format!("cannot write to stdout: {error}")),
        Err(Stop::Read(error)) => fail(&error.to_string()),
        Err(Stop::NoLog { directory, error }) => fail(&format!(
            "cannot read the exchange log in `{}`: {error}\nhelp: name the gateway's data directory with --data",
            directory.display()
        )),
    }
}

fn fail(message: &str) -> ExitCode {
    anstream::eprintln!("error: {message}");
    ExitCode::from(CANNOT_WORK)
}

/// Why printing ended early.
#[derive(Debug)]
enum Stop {
    Read(LogError),
    NoLog { directory: PathBuf, error: io::Error },
    Output(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        Stop::Output(error)
    }
}

/// One run of the command.
struct Session {
    reader: Reader,
    filter: Filter,
    format: Format,
    is_coloured: bool,
    follow: bool,
    /// How many may still be printed.
    left: u64,
    /// How many of those already there are kept for printing.
    last: Option<usize>,
    damaged: u64,
}

impl Session {
    fn open(arguments: &LogArguments, is_coloured: bool, now: Timestamp) -> Result<Session, Stop> {
        let directory = arguments.data.join(EXCHANGES);
        if let Err(error) = std::fs::read_dir(&directory) {
            return Err(Stop::NoLog { directory, error });
        }
        let filter = Filter::new(&arguments.filter, now);
        Ok(Session {
            reader: Reader::open_since(&directory, filter.since).map_err(Stop::Read)?,
            filter,
            format: arguments.format,
            is_coloured,
            follow: arguments.follow,
            left: arguments.limit.unwrap_or(u64::MAX),
            last: arguments.last.map(|last| last as usize),
            damaged: 0,
        })
    }

    fn run(mut self, out: &mut impl Write) -> Result<(), Stop> {
        if self.follow && self.last.is_none() {
            self.hold_back(now());
        }
        match self.last {
            Some(last) => self.print_last(last, out)?,
            None => self.print(out)?,
        }
        out.flush()?;
        while self.follow && self.left > 0 {
            thread::sleep(FOLLOW_INTERVAL);
            self.reader.refresh().map_err(Stop::Read)?;
            self.hold_back(now());
            self.print(out)?;
            out.flush()?;
        }
        Ok(())
    }

    fn hold_back(&mut self, now: Timestamp) {
        let window_us = u64::try_from(FOLLOW_WINDOW.as_micros()).unwrap_or(u64::MAX);
        self.reader.hold_after(Timestamp::from_micros(now.as_micros().saturating_sub(window_us)));
    }

    /// Prints what is there.
    fn print(&mut self, out: &mut impl Write) -> Result<(), Stop> {
        while self.left > 0
            && let Some(entry) = self.reader.next()
        {
            let entry = entry.map_err(Stop::Read)?;
            let Some(exchange) = self.selected(&entry) else { continue };
            self.write(&exchange, &entry, out)?;
            if !entry.is_late {
                self.left -= 1;
            }
        }
        self.warn();
        Ok(())
    }

    /// Prints the last `count` of what is there.
    fn print_last(&mut self, count: usize, out: &mut impl Write) -> Result<(), Stop> {
        let mut kept: VecDeque<Entry> = VecDeque::with_capacity(count);
        while let Some(entry) = self.reader.next() {
            let entry = entry.map_err(Stop::Read)?;
            if entry.is_late {
                // An end of one that is kept; others are not printed, nor are their ends.
                if let Some(kept) = kept.iter_mut().find(|kept| kept.is_of(&entry)) {
                    kept.completion = entry.completion;
                }
            } else if self.selected(&entry).is_some() {
                if kept.len() == count {
                    kept.pop_front();
                }
                kept.push_back(entry);
            }
        }
        for entry in kept {
            if let Some(exchange) = self.selected(&entry) {
                self.write(&exchange, &entry, out)?;
            }
        }
        self.warn();
        Ok(())
    }

    /// The exchange, with what its completion adds, if the filters want it.
    fn selected<'e>(&self, entry: &'e Entry) -> Option<Exchange<'e>> {
        let mut exchange = entry.exchange().ok()?;
        if let Some(completion) = entry.completion {
            exchange.response.bytes = Some(completion.bytes);
            exchange.request.bytes = exchange.request.bytes.max(completion.request_bytes);
        }
        self.filter.wants(&exchange).then_some(exchange)
    }

    fn write(&self, exchange: &Exchange<'_>, entry: &Entry, out: &mut impl Write) -> io::Result<()> {
        let completion = entry.completion;
        match self.format {
            Format::Text => {
                let shown = line::Shown { exchange, completion, is_late: entry.is_late };
                line::write(&shown, self.is_coloured, out)
            }
            Format::Json => {
                let end = completion
                    .map(|completion| (completion.duration_us, completion.aborted))
                    .or(exchange.response.whole.then_some((exchange.timing_us.total, false)));
                let whole = Whole {
                    exchange,
                    duration_us: end.map(|(duration_us, _)| duration_us),
                    aborted: end.map(|(_, aborted)| aborted),
                    late: entry.is_late,
                };
                serde_json::to_writer(&mut *out, &whole)?;
                out.write_all(b"\n")
            }
        }
    }

    /// Says on stderr what could not be printed.
    fn warn(&mut self) {
        let damaged = self.reader.bytes_damaged() + self.reader.records_unreadable();
        if damaged > self.damaged {
            self.damaged = damaged;
            anstream::eprintln!(
                "warning: {} damaged bytes and {} records of another version were left out",
                self.reader.bytes_damaged(),
                self.reader.records_unreadable()
            );
        }
    }
}

/// An exchange and, where it is known, its end.
#[derive(Serialize)]
struct Whole<'e> {
    #[serde(flatten)]
    exchange: &'e Exchange<'e>,
    /// From the complete request head to the end of the answer, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_us: Option<u64>,
    /// Whether the answer ended before its time.
    #[serde(skip_serializing_if = "Option::is_none")]
    aborted: Option<bool>,
    /// Whether it was printed before, without its end.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    late: bool,
}

fn now() -> Timestamp {
    Timestamp::default().plus(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

#[cfg(test)]
mod tests;
