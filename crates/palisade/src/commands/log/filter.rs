//! Which exchanges `palisade log` prints.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use clap::{Args, ValueEnum};
use model::{Exchange, Outcome, Timestamp, Verdict};

/// What has to hold of an exchange, all of it.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Filters")]
pub(crate) struct FilterArguments {
    /// Answered with this status: 404, 4xx or 200-299; may be repeated.
    #[arg(long, value_name = "STATUS", value_parser = parse_status)]
    status: Vec<RangeInclusive<u16>>,
    /// Sent on to the backend, or not.
    #[arg(long, value_enum)]
    verdict: Option<Wanted>,
    /// The operation (`API METHOD /path/{template}`) contains this.
    #[arg(long, value_name = "TEXT")]
    operation: Option<String>,
    /// The request method.
    #[arg(long, value_name = "METHOD")]
    method: Option<String>,
    /// The path begins with this.
    #[arg(long, value_name = "PREFIX")]
    path: Option<String>,
    /// The caller or its client application is this.
    #[arg(long, value_name = "ID")]
    principal: Option<String>,
    /// The request came from this address.
    #[arg(long, value_name = "ADDRESS")]
    ip: Option<IpAddr>,
    /// Refused for this reason, or would have been.
    #[arg(long, value_name = "REASON")]
    reason: Option<String>,
    /// This control refused, or would have in shadow mode.
    #[arg(long, value_name = "CONTROL")]
    control: Option<String>,
    /// Not before this time: RFC 3339, or so long ago (30s, 10m, 2h, 7d).
    #[arg(long, value_name = "TIME", value_parser = parse_when)]
    since: Option<When>,
    /// Not after this time.
    #[arg(long, value_name = "TIME", value_parser = parse_when)]
    until: Option<When>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Wanted {
    Forwarded,
    Refused,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    At(Timestamp),
    Ago(Duration),
}

/// The arguments, with times in place of durations.
#[derive(Debug)]
pub(super) struct Filter {
    statuses: Vec<RangeInclusive<u16>>,
    verdict: Option<Verdict>,
    operation: Option<String>,
    method: Option<String>,
    path: Option<String>,
    principal: Option<String>,
    ip: Option<IpAddr>,
    reason: Option<String>,
    control: Option<String>,
    /// Nothing before this is wanted.
    pub(super) since: Timestamp,
    until: Option<Timestamp>,
}

impl Filter {
    pub(super) fn new(arguments: &FilterArguments, now: Timestamp) -> Filter {
        Filter {
            statuses: arguments.status.clone(),
            verdict: arguments.verdict.map(|verdict| match verdict {
                Wanted::Forwarded => Verdict::Forwarded,
                Wanted::Refused => Verdict::Refused,
            }),
            operation: arguments.operation.clone(),
            method: arguments.method.clone(),
            path: arguments.path.clone(),
            principal: arguments.principal.clone(),
            ip: arguments.ip,
            reason: arguments.reason.clone(),
            control: arguments.control.clone(),
            since: arguments.since.map_or(Timestamp::default(), |when| when.before(now)),
            until: arguments.until.map(|when| when.before(now)),
        }
    }

    /// Whether `exchange` is to be printed.
    pub(super) fn wants(&self, exchange: &Exchange<'_>) -> bool {
        let principal = &exchange.principal;
        let is = |wanted: &Option<String>, is: &dyn Fn(&str) -> bool| wanted.as_deref().is_none_or(is);
        let contains = |text: &str| {
            let name = exchange.operation.as_ref().map(ToString::to_string);
            name.is_some_and(|name| name.contains(text))
        };
        (self.statuses.is_empty()
            || self.statuses.iter().any(|range| range.contains(&exchange.response.status)))
            && self.verdict.is_none_or(|verdict| verdict == exchange.verdict)
            && self.ip.is_none_or(|ip| ip == exchange.client.ip)
            && self.since <= exchange.time
            && self.until.is_none_or(|until| exchange.time <= until)
            && is(&self.method, &|method| exchange.request.method.eq_ignore_ascii_case(method))
            && is(&self.path, &|path| exchange.request.path.starts_with(path))
            && is(&self.principal, &|id| {
                principal.id.as_deref() == Some(id) || principal.client.as_deref() == Some(id)
            })
            && is(&self.operation, &contains)
            && is(&self.reason, &|reason| refusals(exchange).any(|(_, why)| why == Some(reason)))
            && is(&self.control, &|control| refusals(exchange).any(|(who, _)| who == control))
    }
}

/// Every control that refused or would have, and why.
fn refusals<'e>(exchange: &'e Exchange<'_>) -> impl Iterator<Item = (&'e str, Option<&'e str>)> {
    let controls = exchange.controls.iter().filter(|control| control.outcome == Outcome::Denied);
    let denial = exchange.denial.iter().map(|denial| (&*denial.control, Some(&*denial.reason)));
    controls.map(|control| (&*control.id, control.reason.as_deref())).chain(denial)
}

impl When {
    fn before(self, now: Timestamp) -> Timestamp {
        match self {
            When::At(time) => time,
            When::Ago(duration) => {
                let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
                Timestamp::from_micros(now.as_micros().saturating_sub(micros))
            }
        }
    }
}

fn parse_status(text: &str) -> Result<RangeInclusive<u16>, String> {
    let number = |text: &str| text.parse::<u16>().ok().filter(|status| (100..=999).contains(status));
    let range = match (text.strip_suffix("xx"), text.split_once('-')) {
        (Some(class), _) => {
            class.parse::<u16>().ok().filter(|class| (1..=5).contains(class)).map(|c| c * 100..=c * 100 + 99)
        }
        (None, Some((from, to))) => {
            number(from).zip(number(to)).filter(|(from, to)| from <= to).map(|(from, to)| from..=to)
        }
        (None, None) => number(text).map(|status| status..=status),
    };
    range.ok_or_else(|| "a status is written 404, 4xx or 200-299".to_owned())
}

fn parse_when(text: &str) -> Result<When, String> {
    let seconds = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)];
    let ago = seconds.into_iter().find_map(|(unit, seconds)| {
        let count: u64 = text.strip_suffix(unit)?.parse().ok()?;
        Some(When::Ago(Duration::from_secs(count.checked_mul(seconds)?)))
    });
    if let Some(ago) = ago {
        return Ok(ago);
    }
    match text.parse::<jiff::Timestamp>() {
        Ok(time) => u64::try_from(time.as_microsecond())
            .map(|micros| When::At(Timestamp::from_micros(micros)))
            .map_err(|error| format!("a time before 1970 is out of bounds: {error}")),
        Err(error) => Err(format!("a time is RFC 3339, or 30s, 10m, 2h, 7d ago: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_single_classes_or_ranges() {
        assert_eq!(parse_status("404"), Ok(404..=404));
        assert_eq!(parse_status("4xx"), Ok(400..=499));
        assert_eq!(parse_status("200-299"), Ok(200..=299));
        for wrong in ["", "xx", "9xx", "4XX", "299-200", "99", "abc", "1000", "200-", "-1"] {
            assert_eq!(
                parse_status(wrong),
                Err("a status is written 404, 4xx or 200-299".to_owned()),
                "{wrong}"
            );
        }
    }

    #[test]
    fn times_are_absolute_or_ago() {
        let now = Timestamp::from_secs(1_764_000_000);
        let check = |text: &str, seconds: u64| {
            assert_eq!(parse_when(text).unwrap().before(now), Timestamp::from_secs(seconds), "{text}");
        };
        check("30s", 1_763_999_970);
        check("10m", 1_763_999_400);
        check("2h", 1_763_992_800);
        check("1d", 1_763_913_600);
        check("2025-11-24T17:00:00+01:00", 1_764_000_000);
        check("99999999d", 0);
        for wrong in ["yesterday", "m", "10", "-5m", "1960-01-01T00:00:00Z", "99999999999999999999d"] {
            assert!(parse_when(wrong).is_err(), "{wrong}");
        }
    }
}
