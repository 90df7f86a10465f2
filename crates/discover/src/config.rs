//! Configs of gateways and proxies: what they let through to what stands behind them.

mod directives;
mod formats;
mod includes;
pub(crate) mod input;
mod labels;
mod read;
mod rule;
mod scope;
mod toml;

use std::collections::BTreeMap;

use model::inventory::{At, Exposure, Paths, Place, Report, SourceKind, Told};

use crate::code::{NotRead, Unclear};
use crate::inventory::is_regular;
pub use directives::{Directive, Fault, parse as parse_directives};
pub use formats::{ALL, Format};
use input::{Input, Unusable};
pub use read::read;
pub use rule::{Alternatives, Term, parse as parse_rule};

/// The largest config that is read, in bytes.
const FILE_BYTES_MAX: u64 = 8 << 20;

/// The most exposures that one run tells of.
const EXPOSURES_MAX: usize = 1 << 14;

/// The most parts that are told of as not understood.
const UNCLEAR_MAX: usize = 1 << 12;

/// What configs say.
#[derive(Debug, Clone, Default)]
pub struct ConfigFindings {
    /// What they let through; those of one gateway in the order in which it tries them.
    pub exposures: Vec<Exposure>,
    /// What was not understood.
    pub unclear: Vec<Unclear>,
    /// Files that were not read, or not all of them.
    pub not_read: Vec<NotRead>,
    /// How many files there are of each format.
    pub formats: BTreeMap<&'static str, u64>,
    /// How many files are configs of no gateway that is known.
    pub others: u64,
}

impl ConfigFindings {
    /// Takes in what one gateway lets through, in the order in which it tries it.
    pub(crate) fn expose_all(&mut self, exposures: Vec<Exposure>) {
        let room = EXPOSURES_MAX.saturating_sub(self.exposures.len());
        if let Some(first) = exposures.get(room) {
            let what = format!("more than {EXPOSURES_MAX} routes; these and others are left out");
            self.unclear(&first.place.file, line(&first.place), &what);
        }
        for exposure in exposures.into_iter().take(room) {
            if let Paths::Matching(pattern) = &exposure.paths
                && !is_regular(pattern)
            {
                let place = &exposure.place;
                self.unclear(
                    &place.file,
                    line(place),
                    "a regular expression that only the gateway understands",
                );
            }
            self.exposures.push(exposure);
        }
    }

    pub(crate) fn unclear(&mut self, file: &str, line: u64, what: &str) {
        let what = match self.unclear.len() {
            ..UNCLEAR_MAX => what.to_owned(),
            UNCLEAR_MAX => format!("more than {UNCLEAR_MAX} parts; this and others are not told"),
            _ => return,
        };
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        self.unclear.push(Unclear { file: file.to_owned(), line, what });
    }

    /// What the inventory takes in of it; the source is called `name`.
    pub fn report(&self, name: &str) -> Report {
        let told = Told { exposures: self.exposures.clone(), ..Told::default() };
        Report { kind: SourceKind::Config, name: name.to_owned(), told, accounts: Vec::new() }
    }
}

/// What files say, of which names and texts are given.
pub fn of_texts(files: &[(String, String)]) -> ConfigFindings {
    let mut findings = ConfigFindings::default();
    let mut inputs = Vec::new();
    for (name, text) in files {
        match Input::of(name, text) {
            Ok(input) => inputs.push(input),
            Err(Unusable::NoConfig) => findings.others += 1,
            Err(Unusable::Fault(why)) => findings.not_read.push(NotRead { file: name.clone(), why }),
        }
    }
    for format in ALL {
        let own: Vec<&Input> = inputs.iter().filter(|input| (format.is_one)(input)).collect();
        if !own.is_empty() {
            findings.formats.insert(format.id, own.len() as u64);
            (format.read)(&own, &mut findings);
        }
    }
    let is_known = |input: &&Input| ALL.iter().any(|format| (format.is_one)(input));
    findings.others += inputs.iter().filter(|input| !is_known(input)).count() as u64;
    findings.unclear.sort_unstable();
    findings.unclear.dedup();
    findings
}

fn line(place: &Place) -> u64 {
    match place.at {
        At::Line(line) => line,
        At::Entry(_) | At::Packet(_) => 0,
    }
}
