//! Addresses and connection strings that carry a password.

use std::ops::Range;

use super::assigned_secret::is_placeholder;
use super::{Detector, Group, Trigger, text};

pub(super) const DETECTOR: Detector = Detector {
    class: "connection-string",
    group: Group::Credential,
    triggers: &[
        Trigger::Texts(&["://"], verify),
        Trigger::Texts(&[";password=", ";pwd=", "; password=", "; pwd=", ";password =", ";pwd ="], pairs),
        Trigger::Texts(&["AccountKey=", "SharedAccessKey=", "SharedAccessSignature="], azure),
    ],
    doc: DOC,
};

/// Longest user and password that are looked at.
const USER_BYTES_MAX: usize = 256;

/// `scheme://user:password@host`.
fn verify(text: &[u8], at: usize) -> Option<Range<usize>> {
    let start = text::run_back(text, at, 24, |byte| text::is_dashed(byte) || byte == b'+' || byte == b'.');
    let from = at + 3;
    let rest = text.get(from..)?;
    let rest = rest.get(..USER_BYTES_MAX.min(rest.len()))?;
    let ends = |byte: &u8| {
        matches!(byte, b'/' | b'"' | b'\'' | b'<' | b'>' | b'\\' | b'?') || byte.is_ascii_whitespace()
    };
    let authority = rest.get(..rest.iter().position(ends).unwrap_or(rest.len()))?;
    let user_end = authority.iter().rposition(|byte| *byte == b'@')?;
    let user = authority.get(..user_end)?;
    let colon = user.iter().position(|byte| *byte == b':')?;
    let password = user.get(colon + 1..)?;
    let has_host = authority
        .get(user_end + 1)
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'[' | b'_'));
    (start < at && has_host && !password.is_empty() && !is_placeholder(password))
        .then_some(start..from + authority.len())
}

/// `Server=…;Password=…`, as ODBC and ADO have it.
fn pairs(text: &[u8], at: usize) -> Option<Range<usize>> {
    let value = text::run(text, at, |byte| byte != b'=') + 1;
    let end = text::run(text, value, |byte| !matches!(byte, b';' | b'"' | b'\n' | b'<'));
    let from = text::run_back(text, at, 400, |byte| !matches!(byte, b'"' | b'\n'));
    let names_a_server = text::has_any(
        text.get(from..at)?,
        &["server=", "data source=", "host=", "dsn=", "driver=", "database=", "user id=", "uid="],
    );
    let password = text.get(value..end)?.trim_ascii();
    (names_a_server && !password.is_empty() && !is_placeholder(password)).then_some(from..end)
}

/// Keys of storage accounts and service buses.
fn azure(text: &[u8], at: usize) -> Option<Range<usize>> {
    let value = text::run(text, at, |byte| byte != b'=') + 1;
    let end = text::run(text, value, |byte| text::is_base64(byte) || byte == b'%');
    (end - value >= 40).then_some(at..end)
}

const DOC: &str = r#"
Connection strings with a password in them: `scheme://user:password@host` of any scheme, lists of pairs as ODBC and ADO
take them, and keys of Azure's storage and service bus.

~~~found
{"dsn":"postgres://orders:hunter2@db.example:5432/orders"}
~~~
~~~found
Server=db1;Database=orders;User Id=app;Password=Tr0ub4dor;
~~~
~~~clean
{"self":"https://api.example/orders/7","at":"https://api.example:8443/@ada/7","amqp":"amqp://user:*****@broker.example"}
~~~
~~~clean
"postgres://orders:${PASSWORD}@db.example/orders"
~~~
"#;
