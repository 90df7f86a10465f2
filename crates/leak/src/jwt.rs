//! JSON Web Tokens.

use std::ops::Range;

use super::{Detector, Group, Trigger, text};

pub(super) const DETECTOR: Detector = Detector {
    class: "jwt",
    group: Group::Credential,
    triggers: &[Trigger::Texts(&["eyJ"], verify)],
    doc: DOC,
};

fn verify(text: &[u8], at: usize) -> Option<Range<usize>> {
    if !text::starts_with(text, at, "eyJ") || !text::begins_word(text, at) {
        return None;
    }
    let header = text::run(text, at, text::is_url_safe);
    let payload = text::run(text, header + 1, text::is_url_safe);
    let signature = text::run(text, payload + 1, text::is_url_safe);
    let has_dots = text.get(header) == Some(&b'.') && text.get(payload) == Some(&b'.');
    // A signed token's payload is JSON as well; of an encrypted one the second part is a key.
    let is_signed = text::starts_with(text, header + 1, "eyJ") && signature > payload + 20;
    let fifth = text::run(text, signature + 1, text::is_dotted);
    let is_encrypted = text.get(signature) == Some(&b'.') && fifth > signature + 20;
    let end = if is_encrypted { fifth } else { signature };
    (header - at >= 16 && has_dots && (is_signed || is_encrypted)).then_some(at..end)
}

const DOC: &str = r#"
JSON Web Tokens in compact form (RFC 7515 section 7.1, RFC 7516 section 7.1): whoever has one is who it speaks of.

~~~found
{"t":"eyJhbGciOiJFZERTQSIsImtpZCI6ImsxIn0.eyJzdWIiOiJhZGEiLCJleHAiOjE3NjQwMDAwMDB9.c2lnbmF0dXJlLXNpZ25hdHVyZS1zaWduYXR1cmU"}
~~~
~~~clean
{"page":"eyJhZnRlciI6MTIzNDU2Nzg5MH0","next":"eyJhZnRlciI6MTIzNDU2Nzg5MH0=.html"}
~~~
"#;
