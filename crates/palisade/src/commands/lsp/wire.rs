//! Messages on a byte stream: a header with their length, and JSON. What is none is said to be none, and reading goes on.

use std::io::{self, BufRead, Read, Write};

use model::limit::read_capped;
use serde_json::Value;

/// The longest message that is kept, in bytes; a longer one is read past.
pub(super) const MESSAGE_BYTES_MAX: u64 = 64 << 20;

/// The longest line of a header that is looked at, in bytes.
const LINE_BYTES_MAX: u64 = 1024;

/// What came.
#[derive(Debug, PartialEq)]
pub(super) enum Received {
    /// JSON of any form.
    Message(Value),
    /// Something that is no JSON, or more than is read.
    Unreadable(&'static str),
}

/// The next message; nothing at the end of the stream.
///
/// # Errors
/// Where the stream breaks.
pub(super) fn read(input: &mut impl BufRead) -> io::Result<Option<Received>> {
    let Some(length) = length(input)? else { return Ok(None) };
    if length > MESSAGE_BYTES_MAX {
        let skipped = io::copy(&mut input.by_ref().take(length), &mut io::sink())?;
        return Ok((skipped == length).then_some(Received::Unreadable("the message is too long")));
    }
    let bytes = read_capped(input.by_ref().take(length), MESSAGE_BYTES_MAX as usize)?;
    if bytes.len() as u64 != length {
        return Ok(None);
    }
    Ok(Some(match serde_json::from_slice(&bytes) {
        Ok(message) => Received::Message(message),
        Err(_) => Received::Unreadable("the message is no JSON"),
    }))
}

/// Writes one message.
///
/// # Errors
/// Where the stream breaks.
pub(super) fn write(output: &mut impl Write, message: &Value) -> io::Result<()> {
    let text = message.to_string();
    write!(output, "Content-Length: {}\r\n\r\n{text}", text.len())?;
    output.flush()
}

/// The length that the next header says; one that says none is read past.
fn length(input: &mut impl BufRead) -> io::Result<Option<u64>> {
    let mut length = None;
    loop {
        let Some(line) = line(input)? else { return Ok(None) };
        let line = line.trim_ascii();
        if line.is_empty() {
            match length {
                Some(length) => return Ok(Some(length)),
                None => continue,
            }
        }
        let text = std::str::from_utf8(line).unwrap_or_default();
        let Some((name, value)) = text.split_once(':') else { continue };
        if name.trim().eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok();
        }
    }
}

/// The next line, cut where it is too long; nothing at the end of the stream.
fn line(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    if input.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if !line.ends_with(b"\n") {
        input.skip_until(b'\n')?;
    }
    Ok(Some(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_message_is_read_past() {
        let text = "nonsense\r\nContent-Length: 3\r\n\r\n{x}\r\n\r\nContent-Length: x\r\n\r\n\
                    content-length: 2\r\nContent-Type: y\r\n\r\n{}Content-Length: 9\r\n\r\n[";
        let mut input = text.as_bytes();
        assert_eq!(read(&mut input).unwrap(), Some(Received::Unreadable("the message is no JSON")));
        assert_eq!(read(&mut input).unwrap(), Some(Received::Message(serde_json::json!({}))));
        assert_eq!(read(&mut input).unwrap(), None, "it is cut off");
        let long = format!("{}\nContent-Length: 4\r\n\r\nnull", "x".repeat(5000));
        assert_eq!(read(&mut long.as_bytes()).unwrap(), Some(Received::Message(Value::Null)));
        let mut huge = format!("Content-Length: {}\r\n\r\n", u64::MAX).into_bytes();
        huge.extend([b'x'; 100]);
        assert_eq!(read(&mut &huge[..]).unwrap(), None);
    }

    #[test]
    fn what_is_written_is_read() {
        let message = serde_json::json!({ "a": "\u{1d11e}" });
        let mut bytes = Vec::new();
        write(&mut bytes, &message).unwrap();
        assert_eq!(read(&mut &bytes[..]).unwrap(), Some(Received::Message(message)));
    }
}
