//! Reads the exchanges of all workers in time order, beside a running gateway or after it died.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BinaryHeap, HashMap, VecDeque};
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use model::{Completion, Exchange, ExchangeId, Outcome, ResponseFacts, Timestamp, Timing, Verdict};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::LogError;
use super::chain::Chain;
use super::frame::Kind;
use super::header::list;
use super::tail::{Located, Tail};
use crate::denial::Reason;

/// Records looked ahead. A worker appends when it answers, not when it was asked; the order is by the time of the
/// request as long as no more than this many others were answered while one waited.
const LOOK_AHEAD_RECORDS: usize = 1 << 18;

/// Exchanges handed out whose end is still awaited; beyond these the oldest is awaited no more.
const AWAITED_MAX: usize = 1 << 16;

/// A store into a mapped page changes the file's time once a sync at most, not once a record.
const TOUCH_LAG: Duration = Duration::from_secs(60);

/// An iterator over the exchanges that are there; after its end, [`Reader::refresh`] finds those that came since.
///
/// An exchange whose end is recorded after it was handed out comes once more, with its end; see [`Entry::is_late`].
#[derive(Debug)]
pub struct Reader {
    directory: PathBuf,
    since: Timestamp,
    chains: BTreeMap<u32, Chain>,
    ahead: BinaryHeap<Reverse<Ahead>>,
    /// Of every exchange in `ahead`, how it ended.
    completions: HashMap<ExchangeId, Option<Completion>>,
    /// Exchanges that were handed out without their end, by age.
    awaited: BTreeMap<ExchangeId, Ahead>,
    /// Those of them whose end came since.
    late: VecDeque<(Ahead, Completion)>,
    /// Exchanges later than this wait.
    until: Timestamp,
    /// Nothing more is in the files, as far as they were looked at.
    is_drained: bool,
    arrivals: u64,
    unreadable: u64,
}

/// One exchange of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// As the log holds it.
    recorded: Vec<u8>,
    /// How its answer ended; absent while it is sent.
    pub completion: Option<Completion>,
    /// Whether it was handed out before, without its end.
    pub is_late: bool,
}

/// Where an exchange is, and when it was.
#[derive(Debug)]
struct Ahead {
    time: Timestamp,
    arrival: u64,
    id: ExchangeId,
    file: Arc<File>,
    offset: u64,
    length: usize,
    /// Whether an end follows: the gateway's own answers have none, nor have those that were there as a whole.
    has_end: bool,
}

/// The part of an exchange that its place in the order needs. Without names the rest has its place all the same; records
/// of older versions have the names.
#[derive(Deserialize)]
struct Placed {
    #[serde(rename = "schema_version", default)]
    _schema_version: IgnoredAny,
    id: ExchangeId,
    #[serde(rename = "request_id", default)]
    _request_id: IgnoredAny,
    time: Timestamp,
    #[serde(rename = "client", default)]
    _client: IgnoredAny,
    #[serde(rename = "principal", default)]
    _principal: IgnoredAny,
    #[serde(rename = "request", default)]
    _request: IgnoredAny,
    #[serde(rename = "operation", default)]
    _operation: IgnoredAny,
    response: ResponseFacts,
    verdict: Verdict,
    /// Where another proxy sends the request on, its end is not seen.
    #[serde(default)]
    decided_for: Option<IgnoredAny>,
    /// An answer of the backend that was refused has no end of its own.
    #[serde(default)]
    denial: Option<IgnoredAny>,
    #[serde(rename = "controls", default)]
    _controls: IgnoredAny,
    timing_us: Timing,
    #[serde(rename = "leaks", default)]
    _leaks: IgnoredAny,
}

impl Entry {
    /// The exchange, with what its end adds of its controls.
    pub fn exchange(&self) -> Result<Exchange<'_>, serde_json::Error> {
        let mut exchange: Exchange<'_> = serde_json::from_slice(&self.recorded)?;
        if exchange.request_id.is_empty() {
            exchange.request_id = exchange.id.to_string().into();
        }
        if let Some(said) = self.completion.and_then(|completion| completion.said) {
            let pending = exchange.controls.iter_mut().filter(|control| control.outcome == Outcome::Pending);
            for control in pending {
                control.outcome = said;
                control.reason = (said == Outcome::Denied).then(|| Reason::AnswerUnreadable.as_str().into());
            }
        }
        Ok(exchange)
    }

    /// Whether both are of one exchange.
    pub fn is_of(&self, other: &Entry) -> bool {
        self.recorded == other.recorded
    }
}

impl Reader {
    /// Reads the log in `directory` from its beginning. Takes no lock and changes nothing.
    pub fn open(directory: &Path) -> Result<Reader, LogError> {
        Reader::open_since(directory, Timestamp::default())
    }

    /// As [`Reader::open`], without the segments that hold nothing from `since` on; others may hold earlier records too.
    pub fn open_since(directory: &Path, since: Timestamp) -> Result<Reader, LogError> {
        let mut reader = Reader {
            directory: directory.to_owned(),
            since,
            chains: BTreeMap::new(),
            ahead: BinaryHeap::new(),
            completions: HashMap::new(),
            awaited: BTreeMap::new(),
            late: VecDeque::new(),
            until: Timestamp::from_micros(u64::MAX),
            is_drained: false,
            arrivals: 0,
            unreadable: 0,
        };
        reader.refresh()?;
        Ok(reader)
    }

    /// Looks for what was written since the iterator ended.
    pub fn refresh(&mut self) -> Result<(), LogError> {
        let listed = list(&self.directory).map_err(LogError::io("list", &self.directory))?;
        let later = listed.iter().skip(2).map(|segment| Some(segment.worker)).chain([None, None]);
        for (segment, later) in listed.iter().zip(later) {
            // The last two of a worker are the one it writes and its reserve, which are read however long they idle.
            let is_live = later != Some(segment.worker);
            if is_live || is_touched_since(&segment.path, self.since) {
                self.chains.entry(segment.worker).or_default().extend(segment.clone());
            }
        }
        self.is_drained = false;
        Ok(())
    }

    /// Holds exchanges later than `until` back, so that earlier ones that are recorded after them come first.
    pub fn hold_after(&mut self, until: Timestamp) {
        self.until = until;
    }

    /// Bytes in the files read so far that are no record: a disk or a hand has damaged them.
    pub fn bytes_damaged(&self) -> u64 {
        self.chains.values().map(|chain| chain.bytes_damaged).sum()
    }

    /// Whole records read so far that this version does not understand.
    pub fn records_unreadable(&self) -> u64 {
        self.unreadable
    }

    /// Looks ahead until enough is in order, or the files have no more.
    fn fill(&mut self) -> Result<(), LogError> {
        if self.is_drained {
            return Ok(());
        }
        let mut writing: Vec<&mut Chain> = self.chains.values_mut().collect();
        while self.ahead.len() < LOOK_AHEAD_RECORDS {
            let earliest = writing.iter().enumerate().min_by_key(|(_, chain)| chain.front).map(|(at, _)| at);
            let Some((at, chain)) = earliest.and_then(|at| Some((at, writing.get_mut(at)?))) else {
                self.is_drained = true;
                break;
            };
            let Some(located) = chain.step()? else {
                writing.swap_remove(at);
                continue;
            };
            let Some(tail) = chain.tail() else { continue };
            let appended = match located.kind {
                Kind::Exchange => place(tail, located, self.arrivals).map(|(ahead, appended)| {
                    self.completions.insert(ahead.id, None);
                    self.ahead.push(Reverse(ahead));
                    appended
                }),
                Kind::Completion => {
                    serde_json::from_slice(tail.payload(located)).map(|completion: Completion| {
                        if let Some(end) = self.completions.get_mut(&completion.id) {
                            *end = Some(completion);
                        } else if let Some(awaited) = self.awaited.remove(&completion.id) {
                            self.late.push_back((awaited, completion));
                        }
                        started(completion.id).plus(Duration::from_micros(completion.duration_us))
                    })
                }
            };
            self.arrivals += 1;
            match appended {
                Ok(appended) => chain.front = chain.front.max(appended),
                Err(_) => self.unreadable += 1,
            }
        }
        Ok(())
    }
}

impl Iterator for Reader {
    type Item = Result<Entry, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Err(error) = self.fill() {
            return Some(Err(error));
        }
        if let Some((awaited, completion)) = self.late.pop_front() {
            return Some(self.entry(&awaited, Some(completion), true));
        }
        if self.ahead.peek()?.0.time > self.until {
            return None;
        }
        let Reverse(first) = self.ahead.pop()?;
        let completion = self.completions.remove(&first.id).flatten();
        let entry = self.entry(&first, completion, false);
        if completion.is_none() && first.has_end {
            self.awaited.insert(first.id, first);
            if self.awaited.len() > AWAITED_MAX {
                self.awaited.pop_first();
            }
        }
        Some(entry)
    }
}

impl Reader {
    fn entry(&self, place: &Ahead, completion: Option<Completion>, is_late: bool) -> Result<Entry, LogError> {
        let mut recorded = vec![0; place.length];
        let read = place.file.read_exact_at(&mut recorded, place.offset);
        read.map_err(LogError::io("read", &self.directory))?;
        Ok(Entry { recorded, completion, is_late })
    }
}

/// The exchange in `located`, and when it was appended.
fn place(tail: &Tail, located: Located, arrival: u64) -> Result<(Ahead, Timestamp), serde_json::Error> {
    let placed: Placed = serde_json::from_slice(tail.payload(located))?;
    let ahead = Ahead {
        time: placed.time,
        arrival,
        id: placed.id,
        file: Arc::clone(tail.file()),
        offset: located.offset,
        length: located.length,
        has_end: placed.verdict == Verdict::Forwarded
            && placed.denial.is_none()
            && placed.decided_for.is_none()
            && !placed.response.whole,
    };
    Ok((ahead, placed.time.plus(Duration::from_micros(placed.timing_us.total))))
}

/// Whether `path` may hold a record that was appended at `since` or later; a file that is gone does not.
fn is_touched_since(path: &Path, since: Timestamp) -> bool {
    if since == Timestamp::default() {
        return true;
    }
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified());
    modified.is_ok_and(|time| {
        let modified = Timestamp::default().plus(time.duration_since(UNIX_EPOCH).unwrap_or_default());
        since <= modified.plus(TOUCH_LAG)
    })
}

fn started(id: ExchangeId) -> Timestamp {
    let millis = (id.as_u128() >> 80) as u64;
    Timestamp::from_micros(millis * 1000)
}

impl Ord for Ahead {
    fn cmp(&self, other: &Ahead) -> Ordering {
        (self.time, self.arrival).cmp(&(other.time, other.arrival))
    }
}

impl PartialOrd for Ahead {
    fn partial_cmp(&self, other: &Ahead) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ahead {
    fn eq(&self, other: &Ahead) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ahead {}
