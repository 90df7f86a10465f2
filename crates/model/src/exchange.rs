//! The record of one request and its answer: facts and digests, never a credential or a raw body.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{OperationKey, Principal, Timestamp};

/// The version of the JSON form of everything in this file.
pub const SCHEMA_VERSION: u32 = 1;

/// Names one exchange: 128 bits, the first 48 of them its time in milliseconds, written as 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExchangeId(u128);

impl ExchangeId {
    /// An id for an exchange that began at `time`; `random` makes it unlike any other of that millisecond.
    pub fn new(time: Timestamp, random: u128) -> ExchangeId {
        let millis = u128::from(time.as_micros() / 1000) & 0xffff_ffff_ffff;
        ExchangeId(millis << 80 | random & ((1 << 80) - 1))
    }

    /// The id as a number, for keys.
    pub fn as_u128(self) -> u128 {
        self.0
    }

    /// The 32 lowercase hexadecimal digits.
    pub fn to_hex(self) -> [u8; 32] {
        let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
        let mut hex = [b'0'; 32];
        for (pair, byte) in hex.as_chunks_mut::<2>().0.iter_mut().zip(self.0.to_be_bytes()) {
            *pair = [digit(byte >> 4), digit(byte & 0xf)];
        }
        hex
    }
}

impl fmt::Display for ExchangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.to_hex()).ok().ok_or(fmt::Error)?)
    }
}

impl Serialize for ExchangeId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ExchangeId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        u128::from_str_radix(&text, 16).map(ExchangeId).map_err(de::Error::custom)
    }
}

/// How a control is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Its verdict stands.
    Enforce,
    /// Its verdict is recorded and the request goes on.
    Shadow,
    /// It does not run.
    Off,
}

/// What a control said of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It had nothing against the request.
    Allowed,
    /// It refused; in [`Mode::Shadow`] it would have.
    Denied,
    /// It changed the answer's body, or let the answer wait; in [`Mode::Shadow`] it would have.
    Changed,
    /// It reads the answer's body as that passes; the [`Completion`] has what it said.
    Pending,
}

/// One control's part in an exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "RecordedOutcome<'a>")]
pub struct ControlOutcome<'a> {
    /// The control's id in the catalogue.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// How it was applied.
    pub mode: Mode,
    /// What it said.
    pub outcome: Outcome,
    /// Why it denied, as a [`Denied::reason`]; absent where it allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Cow<'a, str>>,
}

/// As the exchange log holds it: most of a record would be controls that stood and had nothing against the request, so
/// of those there is the id alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum RecordedOutcome<'a> {
    Passed(#[serde(borrow)] Cow<'a, str>),
    Whole {
        #[serde(borrow)]
        id: Cow<'a, str>,
        mode: Mode,
        outcome: Outcome,
        #[serde(borrow, default)]
        reason: Option<Cow<'a, str>>,
    },
}

impl<'a> From<RecordedOutcome<'a>> for ControlOutcome<'a> {
    fn from(recorded: RecordedOutcome<'a>) -> ControlOutcome<'a> {
        match recorded {
            RecordedOutcome::Passed(id) => {
                ControlOutcome { id, mode: Mode::Enforce, outcome: Outcome::Allowed, reason: None }
            }
            RecordedOutcome::Whole { id, mode, outcome, reason } => {
                ControlOutcome { id, mode, outcome, reason }
            }
        }
    }
}

/// Where the request came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// The address of the peer.
    pub ip: IpAddr,
}

/// Facts of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestFacts<'a> {
    /// The method.
    #[serde(borrow)]
    pub method: Cow<'a, str>,
    /// The host it was sent to, lowercase, with a port only where one was given.
    #[serde(borrow)]
    pub host: Cow<'a, str>,
    /// The normalised path without the query, cut to a bound.
    #[serde(borrow)]
    pub path: Cow<'a, str>,
    /// Body bytes received when the record was made.
    #[serde(default)]
    pub bytes: u64,
    /// Names in the query that the operation does not declare, and that are none of values; empty unless an inventory is told.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub undeclared: Vec<Cow<'a, str>>,
}

/// Facts of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseFacts {
    /// The status sent to the caller; 499 where it left before there was one, and 0 where another proxy sends the request on
    /// and nobody here sees the answer.
    pub status: u16,
    /// Body bytes, where known when the answer began; a [`Completion`] says what was really sent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bytes: Option<u64>,
    /// Whether all of it was there when the record was made; then a [`Completion`] follows only if not all of it was sent.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub whole: bool,
}

/// Whether the backend saw the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It was sent on, or may be by the proxy that asked.
    Forwarded,
    /// It was answered by the gateway.
    Refused,
}

/// Why the gateway answered in the backend's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denied<'a> {
    /// One of a closed list of reasons, in kebab case.
    #[serde(borrow)]
    pub reason: Cow<'a, str>,
    /// The control that refused.
    #[serde(borrow)]
    pub control: Cow<'a, str>,
    /// What exactly, without any of the request's own text: a name that the contract does not declare stands as `*`.
    #[serde(borrow, skip_serializing_if = "str::is_empty", default)]
    pub detail: Cow<'a, str>,
}

/// Where the time went, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Timing {
    /// From the complete request head to this record.
    pub total: u64,
    /// Deciding.
    pub decide: u64,
    /// Waiting for the backend's answer to begin; zero where it was not asked.
    pub upstream: u64,
}

/// Something in the answer that should not be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leak<'a> {
    /// The data class.
    #[serde(borrow)]
    pub class: Cow<'a, str>,
    /// JSON pointer of the value, which itself is never kept.
    #[serde(borrow)]
    pub pointer: Cow<'a, str>,
}

/// One request and the beginning of its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange<'a> {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The exchange's own id.
    pub id: ExchangeId,
    /// The `X-Request-Id` that the caller sent, or was given; read back empty where it is the exchange's own id.
    #[serde(borrow, default)]
    pub request_id: Cow<'a, str>,
    /// When the request head was complete.
    pub time: Timestamp,
    /// Where from.
    pub client: Client,
    /// Who, as far as proven.
    #[serde(borrow)]
    pub principal: Principal<'a>,
    /// What was asked.
    #[serde(borrow)]
    pub request: RequestFacts<'a>,
    /// The operation it is; absent where no contract declares one.
    #[serde(borrow, skip_serializing_if = "Option::is_none", default)]
    pub operation: Option<OperationKey<'a>>,
    /// What was answered.
    pub response: ResponseFacts,
    /// By whom.
    pub verdict: Verdict,
    /// The proxy that asked for the decision and sends the request on itself; absent where the gateway did.
    #[serde(borrow, skip_serializing_if = "Option::is_none", default)]
    pub decided_for: Option<Cow<'a, str>>,
    /// Why, if refused.
    #[serde(borrow, skip_serializing_if = "Option::is_none", default)]
    pub denial: Option<Denied<'a>>,
    /// Every control that ran, in order.
    #[serde(borrow, default)]
    pub controls: Vec<ControlOutcome<'a>>,
    /// Where the time went.
    pub timing_us: Timing,
    /// What the answer gave away.
    #[serde(borrow, default)]
    pub leaks: Vec<Leak<'a>>,
}

/// The end of an answer whose body was sent after its [`Exchange`] was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completion {
    /// The exchange that ended.
    pub id: ExchangeId,
    /// Body bytes handed to the connection.
    pub bytes: u64,
    /// Body bytes of the request that were sent on.
    #[serde(default)]
    pub request_bytes: u64,
    /// From the complete request head to the end of the body, in microseconds.
    pub duration_us: u64,
    /// Whether the body ended before its time (the caller or the backend went away, or a limit was reached).
    #[serde(default)]
    pub aborted: bool,
    /// What the control that was [`Outcome::Pending`] said; one that denied broke the answer off, or in [`Mode::Shadow`]
    /// would have.
    #[serde(default)]
    pub said: Option<Outcome>,
}

/// What is appended to the exchange log, which keeps the kind beside the JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record<'r> {
    /// A request was answered.
    Exchange(&'r Exchange<'r>),
    /// An answer ended.
    Completion(&'r Completion),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_keeps_its_time_first_and_reads_back() {
        let id = ExchangeId::new(Timestamp::from_micros(1_764_000_000_123_456), u128::MAX);
        assert_eq!(id.to_string(), "019ab697e87bffffffffffffffffffff");
        assert_eq!(id.to_string().as_bytes(), id.to_hex());
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<ExchangeId>(&json).unwrap(), id);
    }
}
