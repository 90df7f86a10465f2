//! Private keys as text.

use std::ops::Range;

use super::{Detector, Format, Group, Trigger, text};

pub(super) const DETECTOR: Detector = Detector {
    class: "private-key",
    group: Group::Credential,
    triggers: &[
        Trigger::Texts(&["-----BEGIN"], verify),
        Trigger::Texts(&["PuTTY-User-Key-File"], putty),
        Trigger::Texts(&["\"kty\"", "\\\"kty\\\""], jwk),
        Trigger::Texts(&["PrivateKey = ", "PrivateKey=", "PresharedKey = ", "PresharedKey="], wireguard),
        Trigger::Formats(&[Format::new("AGE-SECRET-KEY-1", text::is_upper_or_digit, 50, 64)]),
    ],
    doc: DOC,
};

/// How far the words that say what a block of PEM is may be from its beginning.
const LABEL_BYTES_MAX: usize = 48;

fn verify(text: &[u8], at: usize) -> Option<Range<usize>> {
    let label = text.get(at..)?;
    let label = label.get(..LABEL_BYTES_MAX.min(label.len()))?;
    let is_private = text::has_any(label, &["PRIVATE KEY"]);
    let end = text::run(text, at + 10, |byte| !matches!(byte, b'"' | b'<'));
    // The line alone, as in a manual, gives nothing away; the key that follows does.
    let body = text.get(at..end)?.iter().filter(|byte| text::is_base64(**byte)).count();
    (is_private && body > 100).then_some(at..end)
}

fn putty(text: &[u8], at: usize) -> Option<Range<usize>> {
    let end = text::run(text, at, |byte| byte != b'"');
    text.get(at..end)?.windows(13).any(|part| part == b"Private-Lines").then_some(at..end)
}

/// A JSON Web Key with its private part, `d` (RFC 7518 section 6), or a symmetric key, `k`.
fn jwk(text: &[u8], at: usize) -> Option<Range<usize>> {
    let from = text::run_back(text, at, 2048, |byte| byte != b'{');
    let end = text::run(text, at, |byte| byte != b'}');
    let object = text.get(from..end)?;
    let value_of = |name: &[u8]| {
        let found = object.windows(name.len()).position(|part| part == name)?;
        let value =
            text::run(text, from + found + name.len(), |byte| matches!(byte, b' ' | b':' | b'"' | b'\\'));
        let end = text::run(text, value, text::is_url_safe);
        (end - value >= 16).then_some(value..end)
    };
    // It is the private part that is found, wherever the key says what kind it is.
    [&br#""d""#[..], br#"\"d\""#, br#""k""#].iter().find_map(|name| value_of(name))
}

fn wireguard(text: &[u8], at: usize) -> Option<Range<usize>> {
    let value = text::run(text, at, |byte| byte != b'=') + 1;
    let value = text::run(text, value, |byte| byte == b' ');
    let end = text::run(text, value, text::is_base64);
    (end - value == 44 && text::before(text, end) == Some(b'=')).then_some(value..end)
}

const DOC: &str = r#"
Private keys in PEM (RFC 7468), of OpenSSH, PuTTY, age and WireGuard, and JSON Web Keys with their private part.

~~~found
{"key":"-----BEGIN PRIVATE KEY-----\nMIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6AgEAAkEAq7BFUpkGp3LQmlQYx2eq\nzDV+xeG8kx/sQFV18S5JhzGeIJNA72wSeukEPojtqUyX2J0CciPBh7eqclQ2zpAswQ=\n-----END PRIVATE KEY-----\n"}
~~~
~~~found
{"keys":[{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS"}]}
~~~
~~~clean
{"help":"paste what begins with -----BEGIN PRIVATE KEY----- here"}
~~~
~~~clean
{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}
~~~
~~~clean
-----BEGIN CERTIFICATE-----
MIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6AgEAAkEAq7BFUpkGp3LQmlQYx2eqMIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4
~~~
"#;
