//! A client that writes exactly the bytes it is given, as an attacker does, and reads one answer under bounds.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::failure::{Failure, Outcome, because};

/// Bytes of an answer that are read.
const ANSWER_MAX: usize = 1 << 20;
/// Without a byte.
const SILENCE_MAX: Duration = Duration::from_secs(20);

/// An answer, as far as the demo looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// 0 where the other side closed the connection without a word.
    pub(super) status: u16,
    /// Status line and fields.
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The value of the first field called `name`.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        field(&self.head, name)
    }
}

/// Sends `request` on a connection of its own and reads until the answer is whole or the other side closes.
pub(super) fn exchange(address: SocketAddr, request: &[u8]) -> Outcome<Answer> {
    let tried = || because::<std::io::Error>(format!("cannot talk to {address}"));
    let mut stream = TcpStream::connect_timeout(&address, SILENCE_MAX).map_err(tried())?;
    stream.set_read_timeout(Some(SILENCE_MAX)).map_err(tried())?;
    stream.set_write_timeout(Some(SILENCE_MAX)).map_err(tried())?;
    // A refusal may close the connection while the request is still being written; the answer is what counts.
    if let Err(error) = stream.write_all(request)
        && !matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset)
    {
        return Err(tried()(error));
    }
    let mut received = Vec::new();
    let mut chunk = [0; 8192];
    while received.len() < ANSWER_MAX && !is_whole(&received) {
        match stream.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => received.extend_from_slice(chunk.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(tried()(error)),
        }
    }
    parse(&received)
}

/// Whether an answer with a declared length is complete; others end with the connection.
fn is_whole(received: &[u8]) -> bool {
    let Some((head, body)) = split(received) else { return false };
    field(&head, "content-length")
        .and_then(|length| length.parse().ok())
        .is_some_and(|length: usize| body.len() >= length)
}

fn parse(received: &[u8]) -> Outcome<Answer> {
    if received.is_empty() {
        return Ok(Answer { status: 0, head: String::new(), body: Vec::new() });
    }
    let Some((head, body)) = split(received) else {
        return Err(Failure::new("an answer without an end of its head"));
    };
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
    let status = status.ok_or_else(|| Failure::new(format!("an answer without a status: `{head}`")))?;
    Ok(Answer { status, head, body: body.to_vec() })
}

fn split(received: &[u8]) -> Option<(String, &[u8])> {
    let end = received.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(received.get(..end)?).into_owned();
    Some((head, received.get(end + 4..)?))
}

fn field<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    fields.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
}

#[test]
fn an_answer_is_read_to_its_length() {
    assert!(!is_whole(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab"));
    assert!(is_whole(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"));
    let answer = parse(b"HTTP/1.1 401 Unauthorized\r\n\r\n{}").expect("an answer");
    assert_eq!((answer.status, answer.body.as_slice()), (401, b"{}".as_slice()));
    let limited = parse(b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\n\r\n").expect("an answer");
    assert_eq!((limited.field("retry-after"), limited.field("server")), (Some("3"), None));
    assert_eq!(parse(b"").expect("silence").status, 0);
    assert!(parse(b"HTTP/1.1 200").is_err());
}
