//! Writes an exchange as JSON at a fraction of what the general serializer costs.
//!
//! Every request pays for this, in time and in pages of the log, and most of a record is names that never change: they
//! are copied in long pieces, and text that needs no escape in one. The output is that of `serde_json` byte for byte, as
//! a test says, but for what is left out: of a control that stood and allowed there is the id alone, and there is nothing of what is
//! empty, zero or false, nor of a request id that is the exchange's own.

use std::io::{self, Write};
use std::net::IpAddr;

use model::{
    Completion, ControlOutcome, Denied, Exchange, Mode, OperationKey, Outcome, Principal, PrincipalKind,
    Record, Verdict,
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
        self.number("{\"schema_version\":", u64::from(exchange.schema_version))?;
        self.raw(",\"id\":\"")?;
        let id = exchange.id.to_hex();
        self.bytes(&id)?;
        if exchange.request_id.as_bytes() == id {
            self.raw("\",\"time\":\"")?;
        } else {
            self.text("\",\"request_id\":", &exchange.request_id)?;
            self.raw(",\"time\":\"")?;
        }
        self.bytes(&exchange.time.to_rfc3339())?;
        self.raw("\",\"client\":{\"ip\":")?;
        self.address(exchange.client.ip)?;
        self.principal(&exchange.principal)?;
        self.text("},\"request\":{\"method\":", &exchange.request.method)?;
        self.text(",\"host\":", &exchange.request.host)?;
        self.text(",\"path\":", &exchange.request.path)?;
        if exchange.request.bytes > 0 {
            self.number(",\"bytes\":", exchange.request.bytes)?;
        }
        self.raw("}")?;
        if let Some(operation) = &exchange.operation {
            self.operation(operation)?;
        }
        self.number(",\"response\":{\"status\":", u64::from(exchange.response.status))?;
        if let Some(bytes) = exchange.response.bytes {
            self.number(",\"bytes\":", bytes)?;
        }
        if exchange.response.whole {
            self.raw(",\"whole\":true")?;
        }
        self.raw(match exchange.verdict {
            Verdict::Forwarded => "},\"verdict\":\"forwarded\"",
            Verdict::Refused => "},\"verdict\":\"refused\"",
        })?;
        if let Some(proxy) = &exchange.decided_for {
            self.text(",\"decided_for\":", proxy)?;
        }
        if let Some(denial) = &exchange.denial {
            self.denial(denial)?;
        }
        self.controls(&exchange.controls)?;
        self.number(",\"timing_us\":{\"total\":", exchange.timing_us.total)?;
        self.number(",\"decide\":", exchange.timing_us.decide)?;
        self.number(",\"upstream\":", exchange.timing_us.upstream)?;
        if exchange.leaks.is_empty() {
            return self.raw("}}");
        }
        self.raw("},\"leaks\":")?;
        self.general(&exchange.leaks)?;
        self.raw("}")
    }

    fn completion(&mut self, completion: &Completion) -> Result<(), NoRoom> {
        self.raw("{\"id\":\"")?;
        self.bytes(&completion.id.to_hex())?;
        self.number("\",\"bytes\":", completion.bytes)?;
        if completion.request_bytes > 0 {
            self.number(",\"request_bytes\":", completion.request_bytes)?;
        }
        self.number(",\"duration_us\":", completion.duration_us)?;
        self.raw(if completion.aborted { ",\"aborted\":true}" } else { "}" })
    }

    fn principal(&mut self, principal: &Principal<'_>) -> Result<(), NoRoom> {
        self.raw(match principal.kind {
            PrincipalKind::User => "},\"principal\":{\"kind\":\"user\"",
            PrincipalKind::Service => "},\"principal\":{\"kind\":\"service\"",
            PrincipalKind::Client => "},\"principal\":{\"kind\":\"client\"",
            PrincipalKind::Anonymous => "},\"principal\":{\"kind\":\"anonymous\"",
        })?;
        let names = [
            (",\"id\":", &principal.id),
            (",\"issuer\":", &principal.issuer),
            (",\"client\":", &principal.client),
        ];
        for (key, name) in names {
            if let Some(name) = name {
                self.text(key, name)?;
            }
        }
        Ok(())
    }

    fn operation(&mut self, operation: &OperationKey<'_>) -> Result<(), NoRoom> {
        self.text(",\"operation\":{\"api\":", &operation.api)?;
        self.text(",\"method\":", &operation.method)?;
        self.text(",\"path\":", &operation.path)?;
        self.raw("}")
    }

    fn denial(&mut self, denial: &Denied<'_>) -> Result<(), NoRoom> {
        self.text(",\"denial\":{\"reason\":", &denial.reason)?;
        self.text(",\"control\":", &denial.control)?;
        if !denial.detail.is_empty() {
            self.text(",\"detail\":", &denial.detail)?;
        }
        self.raw("}")
    }

    fn controls(&mut self, controls: &[ControlOutcome<'_>]) -> Result<(), NoRoom> {
        self.raw(",\"controls\":[")?;
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

    use model::{Client, ExchangeId, Leak, RequestFacts, ResponseFacts, Timestamp, Timing};
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;
    use proptest::sample::select;

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
        let request = (text(), text(), text(), any::<u64>())
            .prop_map(|(method, host, path, bytes)| RequestFacts { method, host, path, bytes });
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

    fn exchange() -> impl Strategy<Value = Exchange<'static>> {
        let operation =
            (text(), text(), text()).prop_map(|(api, method, path)| OperationKey { api, method, path });
        let denial =
            (text(), text(), text()).prop_map(|(reason, control, detail)| Denied { reason, control, detail });
        let mode = select(vec![Mode::Enforce, Mode::Shadow, Mode::Off]);
        let outcome = select(vec![Outcome::Allowed, Outcome::Denied, Outcome::Changed]);
        let control = (text(), mode, outcome, option::of(text()))
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
        fn an_exchange_is_written_as_the_general_serializer_writes_it(exchange in exchange()) {
            let mut expected = serde_json::to_string(&exchange).unwrap();
            for control in &exchange.controls {
                if control.mode == Mode::Enforce && control.outcome == Outcome::Allowed && control.reason.is_none() {
                    let (whole, id) = (serde_json::to_string(control).unwrap(), serde_json::to_string(&control.id).unwrap());
                    expected = expected.replace(&whole, &id);
                }
            }
            let own = format!(",\"request_id\":\"{}\"", exchange.id);
            expected = expected.replacen(&own, "", 1).replacen(",\"bytes\":0},\"", "},\"", 1);
            if let Some(rest) = expected.strip_suffix(",\"leaks\":[]}") {
                expected = rest.to_owned() + "}";
            }
            let read: serde_json::Value = serde_json::from_str(&expected).unwrap();
            let controls: Vec<ControlOutcome<'_>> = serde::Deserialize::deserialize(&read["controls"]).unwrap();
            prop_assert_eq!(&controls, &exchange.controls);
            let mut bytes = vec![0; expected.len()];
            let mut room = Room::new(&mut bytes);
            prop_assert_eq!(room.record(Record::Exchange(&exchange)), Ok(()));
            prop_assert_eq!(room.used(), expected.len());
            prop_assert_eq!(str::from_utf8(&bytes).unwrap(), expected.as_str());
            let mut room = Room::new(&mut bytes[1..]);
            prop_assert_eq!(room.record(Record::Exchange(&exchange)), Err(NoRoom));
        }

        #[test]
        fn a_completion_is_written_as_the_general_serializer_writes_it(numbers in any::<[u64; 4]>(), aborted: bool) {
            let [id, bytes, request_bytes, duration_us] = numbers;
            let id = ExchangeId::new(Timestamp::from_micros(id), id.into());
            let completion = Completion { id, bytes, request_bytes, duration_us, aborted };
            let expected = serde_json::to_string(&completion).unwrap();
            let expected = expected.replace(",\"request_bytes\":0,", ",").replace(",\"aborted\":false", "");
            prop_assert_eq!(serde_json::from_str::<Completion>(&expected).unwrap(), completion);
            let mut bytes = [0; 256];
            let mut room = Room::new(&mut bytes);
            prop_assert_eq!(room.record(Record::Completion(&completion)), Ok(()));
            let used = room.used();
            prop_assert_eq!(str::from_utf8(&bytes[..used]).unwrap(), expected.as_str());
        }
    }
}
