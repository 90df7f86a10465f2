//! Hashes of passwords, which are guessed at leisure once they are out.

use std::ops::Range;

use super::{Detector, Group, Trigger, text};

pub(super) const DETECTOR: Detector = Detector {
    class: "password-hash",
    group: Group::Credential,
    triggers: &[
        Trigger::Texts(&["$2a$", "$2b$", "$2y$", "$2x$"], bcrypt),
        Trigger::Texts(&["$1$", "$5$", "$6$", "$7$", "$8$", "$9$", "$y$"], crypt),
        Trigger::Texts(&["$argon2", "$pbkdf2", "$scrypt", "$krb5", "pbkdf2_sha", "{SSHA"], tagged),
    ],
    doc: DOC,
};

fn is_crypt(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/')
}

fn bcrypt(text: &[u8], at: usize) -> Option<Range<usize>> {
    let end = text::run(text, at + 7, is_crypt);
    let cost = text.get(at + 4..at + 6)?.iter().all(u8::is_ascii_digit);
    (cost && text.get(at + 6) == Some(&b'$') && end - at == 60).then_some(at..end)
}

/// `$id$salt$hash`, with or without rounds.
fn crypt(text: &[u8], at: usize) -> Option<Range<usize>> {
    let end = text::run(text, at, |byte| is_crypt(byte) || matches!(byte, b'$' | b'=' | b','));
    let mut parts = text.get(at + 1..end)?.split(|byte| *byte == b'$');
    let hash = parts.next_back()?;
    (parts.count() >= 2 && (22..=86).contains(&hash.len())).then_some(at..end)
}

fn tagged(text: &[u8], at: usize) -> Option<Range<usize>> {
    let is_part =
        |byte: u8| text::is_padded(byte) || matches!(byte, b'$' | b'{' | b'}' | b',' | b'@' | b'*' | b':');
    let end = text::run(text, at, is_part);
    (end - at >= 40).then_some(at..end)
}

const DOC: &str = r#"
Hashes made by bcrypt, crypt (MD5, SHA-256, SHA-512, yescrypt), Argon2, PBKDF2, scrypt, LDAP's salted SHA, and tickets of
Kerberos that can be guessed like them.

~~~found
{"hash":"$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW"}
~~~
~~~found
root:$6$Zs8l2bQk$Yh3fQp1Vd8sJwK0uXo6TnR5mLcE7aG9iBzN2yHxD4vMtS:19000
~~~
~~~found
"$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$RdescudvJCsgt3ub+b0dWRWJTmaaJObG"
~~~
~~~clean
{"price":"$2b$12","template":"$1$ and $6$ of it","variable":"$argon2"}
~~~
"#;
