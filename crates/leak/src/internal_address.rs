//! Addresses of the network behind: private, link-local and metadata ones.

use std::ops::Range;

use super::{Detector, Group, Trigger, text};

pub(super) const DETECTOR: Detector = Detector {
    class: "internal-address",
    group: Group::Internal,
    triggers: &[
        Trigger::Texts(&["192.168."], four),
        Trigger::Texts(
            &[
                "172.16.", "172.17.", "172.18.", "172.19.", "172.20.", "172.21.", "172.22.", "172.23.",
                "172.24.", "172.25.", "172.26.", "172.27.", "172.28.", "172.29.", "172.30.", "172.31.",
            ],
            four,
        ),
        Trigger::Texts(
            &["10.0.", "10.1", "10.2", "10.3", "10.4", "10.5", "10.6", "10.7", "10.8", "10.9"],
            four,
        ),
        Trigger::Texts(&["127.", "169.254.", "100.64."], four),
        Trigger::Texts(&["fe80:", "fd00:ec2::254"], six),
        Trigger::Texts(
            &[
                "metadata.google.internal",
                ".svc.cluster.local",
                ".compute.internal",
                ".internal:",
                ".internal/",
                ".corp:",
                ".intranet",
                "//localhost",
                "host.docker.internal",
            ],
            name,
        ),
    ],
    doc: DOC,
};

fn four(text: &[u8], at: usize) -> Option<Range<usize>> {
    let begins = text::begins_word(text, at) && !matches!(text::before(text, at), Some(b'.' | b'-'));
    let end = text::run(text, at, |byte| byte.is_ascii_digit() || byte == b'.');
    let end = if text::before(text, end) == Some(b'.') { end - 1 } else { end };
    let mut parts = 0;
    for part in text.get(at..end)?.split(|byte| *byte == b'.') {
        parts += 1;
        let value: u32 = std::str::from_utf8(part).ok()?.parse().ok()?;
        if value > 255 || part.len() > 3 {
            return None;
        }
    }
    // A version has letters or a dash behind it, and is called so before.
    let is_version = text::has_any(text::lead(text, at), &["version", "release"]);
    let follows = text.get(end).copied();
    let ends = !matches!(follows, Some(b'-' | b'_')) && text::ends_word(text, end);
    (begins && parts == 4 && ends && !is_version).then_some(at..end)
}

/// `fe80::…`, RFC 4291 section 2.5.6.
fn six(text: &[u8], at: usize) -> Option<Range<usize>> {
    let begins = text::begins_word(text, at) && text::before(text, at) != Some(b':');
    let end = text::run(text, at, |byte| byte.is_ascii_hexdigit() || byte == b':');
    let colons = text.get(at..end)?.iter().filter(|byte| **byte == b':').count();
    (begins && (2..=7).contains(&colons) && end - at > 6).then_some(at..end)
}

fn name(text: &[u8], at: usize) -> Option<Range<usize>> {
    let is_host = |byte: u8| text::is_dotted(byte) || byte == b':';
    let start = text::run_back(text, at, 128, is_host);
    let end = text::run(text, at + 1, |byte| is_host(byte) || byte == b'/');
    let is_whole = text::ends_word(text, text::run(text, at + 2, |byte| byte.is_ascii_alphanumeric()));
    is_whole.then_some(start..end)
}

const DOC: &str = r#"
Addresses that mean something only behind the gateway: private ones (RFC 1918), shared (RFC 6598), loopback, link-local,
those of cloud metadata services, and names of clusters and internal networks.

~~~found
{"upstream":"http://10.12.3.4:8080/orders"}
~~~
~~~found
connect to 192.168.4.20: refused
~~~
~~~found
{"host":"orders.shop.svc.cluster.local"}
~~~
~~~found
"http://169.254.169.254/latest/meta-data/"
~~~
~~~clean
{"version":"10.12.3.4","client":"203.0.113.9","build":"10.12.3","part":"1.10.12.3.4.5","price":10.50}
~~~
~~~clean
{"ip":"172.32.0.1","other":"192.169.1.1","range":"10.1.2.3.4"}
~~~
"#;
