//! Paths of files on the machines behind.

use std::ops::Range;

use super::{Detector, Group, Trigger, text};

pub(super) const DETECTOR: Detector = Detector {
    class: "file-path",
    group: Group::Internal,
    triggers: &[
        Trigger::Texts(
            &[
                "/home/", "/root/", "/etc/", "/var/", "/usr/", "/opt/", "/srv/", "/proc/", "/Users/",
                "/tmp/", "/mnt/", "/app/",
            ],
            unix,
        ),
        Trigger::Texts(
            &["\\/home\\/", "\\/root\\/", "\\/etc\\/", "\\/var\\/", "\\/usr\\/", "\\/opt\\/", "\\/srv\\/"],
            unix,
        ),
        Trigger::Texts(
            &[
                ":\\Users\\",
                ":\\\\Users\\\\",
                ":\\Windows",
                ":\\\\Windows",
                ":\\inetpub",
                ":\\\\inetpub",
                ":\\Program",
                ":\\\\Program",
            ],
            windows,
        ),
        Trigger::Texts(&["file:///"], unix),
    ],
    doc: DOC,
};

/// Names below `/app/` and `/tmp/` are as likely parts of an address as of a path, so they must end like a file.
const LIKELY_ADDRESSES: &[&str] = &["/app/", "/tmp/", "/mnt/", "/home/"];

fn is_path(byte: u8) -> bool {
    text::is_dotted(byte) || matches!(byte, b'/' | b'\\' | b'+' | b'@' | b'$' | b'~')
}

fn unix(text: &[u8], at: usize) -> Option<Range<usize>> {
    // In the middle of a longer path or address it begins nothing.
    let opens = matches!(
        text::before(text, at),
        None | Some(
            b'"' | b'\'' | b' ' | b'(' | b'[' | b'=' | b':' | b'<' | b'>' | b'`' | b'\n' | b'\t' | b','
        )
    ) || text::begins_word(text, at)
        && matches!(text::before(text, at), Some(b'n' | b't' | b'r'));
    let end = text::run(text, at, is_path);
    let path = text.get(at..end)?;
    let parts = path.split(|byte| matches!(byte, b'/' | b'\\')).filter(|part| !part.is_empty()).count();
    let has_file = path.rsplit(|byte| *byte == b'/').next()?.iter().skip(1).any(|byte| *byte == b'.');
    let is_likely_address = LIKELY_ADDRESSES.iter().any(|prefix| path.starts_with(prefix.as_bytes()));
    let enough = if is_likely_address { parts >= 3 && has_file } else { parts >= 2 };
    (opens && enough).then_some(at..end)
}

fn windows(text: &[u8], at: usize) -> Option<Range<usize>> {
    let start = at.checked_sub(1)?;
    let drive = text.get(start)?.is_ascii_alphabetic() && text::begins_word(text, start);
    let end = text::run(text, at + 1, |byte| is_path(byte) || byte == b' ');
    drive.then_some(start..end)
}

const DOC: &str = r#"
Absolute paths below the folders that Unix systems and Windows have.

~~~found
{"error":"cannot open /var/lib/orders/7.json"}
~~~
~~~found
{"file":"C:\\Users\\deploy\\orders\\App.config"}
~~~
~~~found
{"path":"\/var\/www\/html\/index.php"}
~~~
~~~clean
{"self":"/orders/7","home":"https://shop.example/home/index.html","docs":"https://shop.example/usr/guide"}
~~~
~~~clean
{"next":"/app/orders?page=2","route":"/home/orders"}
~~~
"#;
