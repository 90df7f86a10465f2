//! A caller that writes exactly the bytes it is given, and reads answers one by one.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long anything may take that is waited for; far more than it does.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// One connection.
#[derive(Debug)]
pub(crate) struct Client<S = TcpStream> {
    stream: S,
    buffer: Vec<u8>,
}

/// One answer.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Status line and fields, without the empty line.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\n\n{}", self.head, String::from_utf8_lossy(&self.body))
    }
}

impl Answer {
    /// The value of the field `name`, if there is one.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        field(&self.head, name)
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The reason that the problem document of a refusal names.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.field("content-type"), Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        assert_eq!(problem["request_id"], self.field("x-request-id").unwrap());
        problem["type"].as_str().unwrap().strip_prefix("urn:palisade:problem:").unwrap().to_owned()
    }
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Client {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_write_timeout(Some(DEADLINE)).unwrap();
        Client::over(stream)
    }
}

impl<S: Read + Write> Client<S> {
    /// A client over a connection that is open, with timeouts set.
    pub(crate) fn over(stream: S) -> Client<S> {
        Client { stream, buffer: Vec::new() }
    }

    pub(crate) fn stream(&self) -> &S {
        &self.stream
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
        self.stream.flush().unwrap();
    }

    /// Sends what the other side may refuse before it was all sent; whether it was.
    pub(crate) fn try_send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).and_then(|()| self.stream.flush()).is_ok()
    }

    /// Sends one request and reads its answer.
    pub(crate) fn ask(&mut self, request: &[u8]) -> Answer {
        self.send(request);
        self.answer()
    }

    /// Sends one request; its answer, unless the other side ends the connection instead of giving one.
    pub(crate) fn try_ask(&mut self, request: &[u8]) -> Option<Answer> {
        self.try_send(request);
        self.try_answer()
    }

    pub(crate) fn answer(&mut self) -> Answer {
        self.try_answer().expect("an answer before the connection ends")
    }

    /// The next answer; nothing if the connection ends before it is whole.
    pub(crate) fn try_answer(&mut self) -> Option<Answer> {
        let head = self.head()?;
        let status: u16 = head[9..12].parse().unwrap();
        let body = match field(&head, "content-length") {
            _ if status == 204 || status == 304 || status < 200 => Vec::new(),
            Some(length) => self.take(length.parse().unwrap())?,
            None if field(&head, "transfer-encoding").is_some() => panic!("no test expects chunks: {head}"),
            None => self.rest(),
        };
        Some(Answer { status, head, body })
    }

    /// The head of the next answer, without the empty line.
    pub(crate) fn head(&mut self) -> Option<String> {
        loop {
            if let Some(end) = head_end(&self.buffer) {
                let head = String::from_utf8(self.buffer.drain(..end).collect()).unwrap();
                return Some(head.trim_end().to_owned());
            }
            self.fill()?;
        }
    }

    /// The next `count` bytes.
    pub(crate) fn take(&mut self, count: usize) -> Option<Vec<u8>> {
        while self.buffer.len() < count {
            self.fill()?;
        }
        Some(self.buffer.drain(..count).collect())
    }

    /// Everything up to the end of the connection.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        while self.fill().is_some() {}
        std::mem::take(&mut self.buffer)
    }

    /// Reads once; nothing at the end of the connection. Panics where nothing comes in time.
    fn fill(&mut self) -> Option<()> {
        let mut chunk = [0; 8192];
        match self.stream.read(&mut chunk) {
            Ok(0) => None,
            Ok(count) => {
                self.buffer.extend_from_slice(&chunk[..count]);
                Some(())
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => panic!("nothing came in {DEADLINE:?}"),
                _ => None,
            },
        }
    }
}

/// A request with `Host: api.example`, these fields, and a `Content-Length` where there is a body.
pub(crate) fn request(method: &str, target: &str, fields: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{method} {target} HTTP/1.1\r\nHost: api.example\r\n");
    for (name, value) in fields {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    [head.as_bytes(), b"\r\n", body].concat()
}

/// A request without a body.
pub(crate) fn get(target: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    request("GET", target, fields, b"")
}

/// Sends one request on a connection of its own and reads its answer.
pub(crate) fn ask(address: SocketAddr, request: &[u8]) -> Answer {
    Client::connect(address).ask(request)
}

/// The end of the head that `bytes` begin with, empty line included.
pub(crate) fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

/// The value of the field `name` in a head, if there is one.
pub(crate) fn field<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    fields.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
}
