//! Writes an exchange as JSON at a fraction of what the general serializer costs.
//!
//! Every request pays for this, in time and in pages of the log. So the values stand in arrays, in the order of the
//! structs' fields, without the names that would be most of a record: what is derived reads them back. Text that needs
//! no escape is copied in one piece. Of a control that stood and allowed there is the id alone; a request id that is the
//! exchange's own is left empty, and so is the end of an array whose fields are absent, zero or empty.

use std::io::{self, Write};
use std::net::IpAddr;

use model::{
    Completion, ControlOutcome, Denied, Exchange, Mode, Outcome, Principal, PrincipalKind, Record,
    RequestFacts, ResponseFacts, Verdict,
};
use serde::Serialize;

/// The record does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoRoom;

/// Bytes that are written from the front.
pub(super) struct Room<'r> {
    bytes: &'r mut [u8],
    used: usize,
}

impl Room<'_> {
    pub(super) fn new(bytes: &mut [u8]) -> Room<'_> {
        Room { bytes, used: 0 }
    }

    /// Bytes written, even where the record did not fit.
    pub(super) fn used(&self) -> usize {
        self.used
    }

    /// Writes `record`.
    pub(super) fn record(&mut self, record: Record<'_>) -> Result<(), NoRoom> {
        match record {
            Record::Exchange(exchange) => self.exchange(exchange),
            Record::Completion(completion) => self.completion(completion),
        }
    }

    fn exchange(&mut self, exchange: &Exchange<'_>) -> Result<(), NoRoom> {
        self.number("[", u64::from(exchange.schema_version))?;
        let id = exchange.id.to_hex();
        self.raw(",\"")?;
        self.bytes(&id)?;
        let is_own = exchange.request_id.as_bytes() == id;
        self.text("\",", if is_own { "" } else { &exchange.request_id })?;
        self.number(",", exchange.time.as_micros())?;
        self.raw(",[")?;
        self.address(exchange.client.ip)?;
        self.principal(&exchange.principal)?;
        self.request(&exchange.request)?;
        match &exchange.operation {
            None => self.raw(",null")?,
            Some(operation) => {
                self.text(",[", &operation.api)?;
                self.text(",", &operation.method)?;
                self.text(",", &operation.path)?;
                self.raw("]")?;
            }
        }
        self.response(&exchange.response)?;
        self.raw(match exchange.verdict {
            Verdict::Forwarded => ",\"forwarded\"",
            Verdict::Refused => ",\"refused\"",
        })?;
        match &exchange.decided_for {
            None => self.raw(",null")?,
            Some(proxy) => self.text(",", proxy)?,
        }
        match &exchange.denial {
            None => self.raw(",null")?,
            Some(denial) => self.denial(denial)?,
        }
        self.controls(&exchange.controls)?;
        self.number(",[", exchange.timing_us.total)?;
        self.number(",", exchange.timing_us.decide)?;
        self.number(",", exchange.timing_us.upstream)?;
        if exchange.leaks.is_empty() {
            return self.raw("]]");
        }
        self.raw("],")?;
        self.general(&exchange.leaks)?;
        self.raw("]")
    }

    fn completion(&mut self, completion: &Completion) -> Result<(), NoRoom> {
        self.raw("[\"")?;
        self.bytes(&completion.id.to_hex())?;
        self.number("\",", completion.bytes)?;
        self.number(",", completion.request_bytes)?;
        self.number(",", completion.duration_us)?;
        match completion.said {
            None => self.raw(if completion.aborted { ",true]" } else { "]" }),
            Some(said) => {
                self.raw(if completion.aborted { ",true," } else { ",false," })?;
                self.general(&said)?;
                self.raw("]")
            }
        }
    }

    fn principal(&mut self, principal: &Principal<'_>) -> Result<(), NoRoom> {
        self.raw(match principal.kind {
            PrincipalKind::User => "],[\"user\"",
            PrincipalKind::Service => "],[\"service\"",
            PrincipalKind::Client => "],[\"client\"",
            PrincipalKind::Anonymous => "],[\"anonymous\"",
        })?;
        let names = [&principal.id, &principal.issuer, &principal.client];
        let count = names.iter().rposition(|name| name.is_some()).map_or(0, |last| last + 1);
        for name in names.into_iter().take(count) {
            match name {
                None => self.raw(",null")?,
                Some(name) => self.text(",", name)?,
            }
        }
        self.raw("]")
    }

    fn request(&mut self, request: &RequestFacts<'_>) -> Result<(), NoRoom> {
        self.text(",[", &request.method)?;
        self.text(",", &request.host)?;
        self.text(",", &request.path)?;
        if request.bytes > 0 || !request.undeclared.is_empty() {
            self.number(",", request.bytes)?;
        }
        if !request.undeclared.is_empty() {
            self.raw(",")?;
            self.general(&request.undeclared)?;
        }
        self.raw("]")
    }

    fn response(&mut self, response: &ResponseFacts) -> Result<(), NoRoom> {
        self.number(",[", u64::from(response.status))?;
        match response.bytes {
            Some(bytes) => self.number(",", bytes)?,
            None if response.whole => self.raw(",null")?,
            None => {}
        }
        self.raw(if response.whole { ",true]" } else { "]" })
    }

    fn denial(&mut self, denial: &Denied<'_>) -> Result<(), NoRoom> {
        self.text(",[", &denial.reason)?;
        self.text(",", &denial.control)?;
        if !denial.detail.is_empty() {
            self.text(",", &denial.detail)?;
        }
        self.raw("]")
    }

    fn controls(&mut self, controls: &[ControlOutcome<'_>]) -> Result<(), NoRoom> {
        self.raw(",[")?;
        for (index, control) in controls.iter().enumerate() {
            if index > 0 {
                self.raw(",")?;
            }
            match control {
                ControlOutcome { id, mode: Mode::Enforce, outcome: Outcome::Allowed, reason: None } => {
                    self.text("", id)?;
                }
                control => self.general(control)?,
            }
        }
        self.raw("]")
    }

    fn address(&mut self, ip: IpAddr) -> Result<(), NoRoom> {
        let IpAddr::V4(ip) = ip else { return self.general(&ip) };
        let [first, rest @ ..] = ip.octets();
        self.number("\"", u64::from(first))?;
        for octet in rest {
            self.number(".", u64::from(octet))?;
        }
        self.raw("\"")
    }

    /// `key`, then `text` as a JSON string.
    #[inline]
    fn text(&mut self, key: &str, text: &str) -> Result<(), NoRoom> {
        self.raw(key)?;
        // Without an early end, so that it is done many bytes at once.
        let needs_escape =
            text.bytes().fold(false, |needs, byte| needs | (byte < 0x20) | (byte == b'"') | (byte == b'\\'));
        if needs_escape {
            return self.general(text);
        }
        self.raw("\"")?;
        self.raw(text)?;
        self.raw("\"")
    }

    #[inline]
    fn number(&mut self, key: &str, number: u64) -> Result<(), NoRoom> {
        self.raw(key)?;
        self.raw(itoa::Buffer::new().format(number))
    }

    /// What is rare goes the general way.
    fn general<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoRoom> {
        serde_json::to_writer(self, value).map_err(|error| {
            debug_assert!(error.is_io(), "records have a JSON form: {error}");
            NoRoom
        })
    }

    #[inline]
    fn raw(&mut self, text: &str) -> Result<(), NoRoom> {
        self.bytes(text.as_bytes())
    }

    #[inline]
    fn bytes(&mut self, bytes: &[u8]) -> Result<(), NoRoom> {
        let place = self.bytes.get_mut(self.used..).and_then(|rest| rest.get_mut(..bytes.len()));
        place.ok_or(NoRoom)?.copy_from_slice(bytes);
        self.used += bytes.len();
        Ok(())
    }
}

impl Write for Room<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.bytes(bytes) {
            Ok(()) => Ok(bytes.len()),
            Err(NoRoom) => Err(io::ErrorKind::WriteZero.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use model::{Client, ExchangeId, Leak, OperationKey, Timestamp, Timing};
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;
    use proptest::sample::select;
    use serde_json::{Value, json};

    use super::*;

    fn text() -> impl Strategy<Value = Cow<'static, str>> {
        prop_oneof!["[a-z0-9/{}.-]{0,40}", "\\PC{0,20}", "[\\x00-\\x7f]{0,20}"].prop_map(Cow::Owned)
    }

    fn facts() -> impl Strategy<Value = Exchange<'static>> {
        let principal = (
            select(vec![
                PrincipalKind::User,
                PrincipalKind::Service,
                PrincipalKind::Client,
                PrincipalKind::Anonymous,
            ]),
            option::of(text()),
            option::of(text()),
            option::of(text()),
        )
            .prop_map(|(kind, id, issuer, client)| Principal { kind, id, issuer, client });
        let request = (text(), text(), text(), any::<u64>(), vec(text(), 0..3)).prop_map(
            |(method, host, path, bytes, undeclared)| RequestFacts { method, host, path, bytes, undeclared },
        );
        let ip =
            prop_oneof![any::<[u8; 4]>().prop_map(IpAddr::from), any::<[u8; 16]>().prop_map(IpAddr::from)];
        let asked = (any::<(u64, u128)>(), text(), ip, principal, request);
        let verdict = select(vec![Verdict::Forwarded, Verdict::Refused]);
        let answered = (any::<(u16, Option<u64>, bool)>(), verdict, any::<(u64, u64, u64)>());
        (asked, answered).prop_map(
            |((time, request_id, ip, principal, request), (response, verdict, timing))| {
                let at = Timestamp::from_micros(time.0);
                Exchange {
                    schema_version: 1,
                    id: ExchangeId::new(at, time.1),
                    request_id,
                    time: at,
                    client: Client { ip },
                    principal,
                    request,
                    operation: None,
                    response: ResponseFacts { status: response.0, bytes: response.1, whole: response.2 },
                    verdict,
                    decided_for: None,
                    denial: None,
                    controls: Vec::new(),
                    timing_us: Timing { total: timing.0, decide: timing.1, upstream: timing.2 },
                    leaks: Vec::new(),
                }
            },
        )
    }

    fn outcome() -> impl Strategy<Value = Outcome> {
        select(vec![Outcome::Allowed, Outcome::Denied, Outcome::Changed, Outcome::Pending])
    }

    fn exchange() -> impl Strategy<Value = Exchange<'static>> {
        let operation =
            (text(), text(), text()).prop_map(|(api, method, path)| OperationKey { api, method, path });
        let denial =
            (text(), text(), text()).prop_map(|(reason, control, detail)| Denied { reason, control, detail });
        let mode = select(vec![Mode::Enforce, Mode::Shadow, Mode::Off]);
        let control = (text(), mode, outcome(), option::of(text()))
            .prop_map(|(id, mode, outcome, reason)| ControlOutcome { id, mode, outcome, reason });
        let leak = (text(), text()).prop_map(|(class, pointer)| Leak { class, pointer });
        let verdict = (option::of(text()), option::of(denial));
        (facts(), option::of(operation), verdict, vec(control, 0..4), vec(leak, 0..3)).prop_map(
            |(facts, operation, (decided_for, denial), controls, leaks)| Exchange {
                operation,
                decided_for,
                denial,
                controls,
                leaks,
                ..facts
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

        #[test]
        fn an_exchange_reads_back_as_it_was(exchange in exchange()) {
            let mut bytes = [0; 4096];
            let mut room = Room::new(&mut bytes);
            prop_assert_eq!(room.record(Record::Exchange(&exchange)), Ok(()));
            let used = room.used();
            let text = str::from_utf8(&bytes[..used]).unwrap();
            prop_assert!(text.bytes().all(|byte| byte >= 0x20), "{}", text);
            prop_assert_eq!(&serde_json::from_str::<Exchange<'_>>(text).unwrap(), &exchange);
            prop_assert_eq!(&general(&exchange), text);
            let mut room = Room::new(&mut bytes[..used - 1]);
            prop_assert_eq!(room.record(Record::Exchange(&exchange)), Err(NoRoom));
        }

        #[test]
        fn a_completion_reads_back_as_it_was(numbers in any::<[u64; 4]>(), aborted: bool, said in option::of(outcome())) {
            let [id, bytes, request_bytes, duration_us] = numbers;
            let id = ExchangeId::new(Timestamp::from_micros(id), id.into());
            let completion = Completion { id, bytes, request_bytes, duration_us, aborted, said };
            let mut written = [0; 256];
            let mut room = Room::new(&mut written);
            prop_assert_eq!(room.record(Record::Completion(&completion)), Ok(()));
            let used = room.used();
            let read: Completion = serde_json::from_slice(&written[..used]).unwrap();
            prop_assert_eq!(read, completion);
        }
    }

    /// The slow twin: the JSON that is documented, with every name taken out, and every end that says nothing.
    fn general(exchange: &Exchange<'_>) -> String {
        let Exchange { client, principal, request, response, denial, timing_us, .. } = exchange;
        let mut who = vec![
            json!(principal.kind),
            json!(principal.id),
            json!(principal.issuer),
            json!(principal.client),
        ];
        while who.last().is_some_and(Value::is_null) {
            who.pop();
        }
        let controls = exchange.controls.iter().map(|control| match control {
            ControlOutcome { id, mode: Mode::Enforce, outcome: Outcome::Allowed, reason: None } => json!(id),
            control => json!(control),
        });
        let mut fields = vec![
            json!(exchange.schema_version),
            json!(exchange.id),
            json!(exchange.request_id),
            json!(exchange.time.as_micros()),
            json!([client.ip]),
            Value::Array(who),
            match (request.bytes, &request.undeclared[..]) {
                (0, []) => json!([request.method, request.host, request.path]),
                (bytes, []) => json!([request.method, request.host, request.path, bytes]),
                (bytes, names) => json!([request.method, request.host, request.path, bytes, names]),
            },
            exchange.operation.as_ref().map_or(Value::Null, |key| json!([key.api, key.method, key.path])),
            match (response.bytes, response.whole) {
                (None, false) => json!([response.status]),
                (Some(bytes), false) => json!([response.status, bytes]),
                (bytes, true) => json!([response.status, bytes, true]),
            },
            json!(exchange.verdict),
            json!(exchange.decided_for),
            denial.as_ref().map_or(Value::Null, |denial| match &*denial.detail {
                "" => json!([denial.reason, denial.control]),
                detail => json!([denial.reason, denial.control, detail]),
            }),
            Value::Array(controls.collect()),
            json!([timing_us.total, timing_us.decide, timing_us.upstream]),
        ];
        if !exchange.leaks.is_empty() {
            fields.push(json!(exchange.leaks));
        }
        serde_json::to_string(&fields).unwrap()
    }
}
