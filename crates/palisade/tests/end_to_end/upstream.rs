//! A backend over real sockets that keeps every request it reads, byte for byte.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

use crate::client::{DEADLINE, field, head_end};

/// The backend; it runs until the test's process ends.
///
/// `/socket` is a WebSocket that returns what it gets; `/slow` is answered, and `/streamed` and `/events` go on, only once [`Upstream::release`] was called; `/broken` is answered with
/// what is no HTTP.
#[derive(Debug)]
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Request line and fields, without the empty line.
    pub(crate) head: String,
    /// The body with its framing undone.
    pub(crate) body: Vec<u8>,
}

#[derive(Debug, Default)]
struct State {
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    seen: Vec<Seen>,
    is_released: bool,
    /// `/healthz` is answered with 503.
    is_unwell: bool,
}

impl Seen {
    /// The value of the field `name`, if there is one.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        field(&self.head, name)
    }

    /// The request method.
    pub(crate) fn method(&self) -> &str {
        self.head.split(' ').next().unwrap_or_default()
    }

    /// The request target.
    pub(crate) fn target(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }
}

impl Upstream {
    pub(crate) fn start() -> Upstream {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, state) = (stream.unwrap(), Arc::clone(&shared));
                // A connection may break at any point: the gateway is killed, or gives up.
                std::thread::spawn(move || drop(serve(stream, &state)));
            }
        });
        Upstream { address, state }
    }

    /// Everything that was read so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.inner.lock().unwrap().seen.clone()
    }

    /// Waits until `count` requests were read.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Seen> {
        let inner = self.state.inner.lock().unwrap();
        let waited = self.state.changed.wait_timeout_while(inner, DEADLINE, |inner| inner.seen.len() < count);
        let (inner, timeout) = waited.unwrap();
        assert!(!timeout.timed_out(), "the backend saw {} of {count} requests", inner.seen.len());
        inner.seen.clone()
    }

    /// Has `/healthz` answered with 200, or else with 503.
    pub(crate) fn set_well(&self, is_well: bool) {
        self.state.inner.lock().unwrap().is_unwell = !is_well;
    }

    /// Lets answers go that are held back, now and later.
    pub(crate) fn release(&self) {
        self.state.inner.lock().unwrap().is_released = true;
        self.state.changed.notify_all();
    }
}

fn serve(mut stream: TcpStream, state: &State) -> io::Result<()> {
    let mut buffer = Vec::new();
    loop {
        let Some(end) = fill_until(&mut stream, &mut buffer, head_end)? else { return Ok(()) };
        let head = String::from_utf8_lossy(&buffer[..end - 4]).into_owned();
        buffer.drain(..end);
        let seen = match read_body(&mut stream, &mut buffer, &head) {
            Ok(Some(body)) => Seen { head, body },
            // Cut off: it was never a request.
            Ok(None) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                Seen { head: format!("unreadable: {error} in {head}"), body: Vec::new() }
            }
            Err(error) => return Err(error),
        };
        let (method, target) = (seen.method().to_owned(), seen.target().to_owned());
        {
            let mut inner = state.inner.lock().unwrap();
            inner.seen.push(seen);
            state.changed.notify_all();
        }
        match target.as_str() {
            _ if method == "HEAD" => stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n")?,
            "/slow" => {
                wait_for_release(state);
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow")?;
            }
            "/streamed" => {
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nfirst ")?;
                wait_for_release(state);
                stream.write_all(b"after")?;
            }
            "/events" => {
                let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
                stream.write_all(format!("{head}9\r\ndata: 1\n\n\r\n").as_bytes())?;
                wait_for_release(state);
                stream.write_all(b"9\r\ndata: 2\n\n\r\n0\r\n\r\n")?;
            }
            "/healthz" if state.inner.lock().unwrap().is_unwell => {
                stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")?;
            }
            "/socket" => return socket(stream),
            "/broken" => stream.write_all(b"this is no HTTP\r\n\r\n")?,
            _ => stream.write_all(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Backend: yes\r\nConnection: x-hop\r\n\
                  X-Hop: 1\r\nKeep-Alive: timeout=9\r\nContent-Length: 11\r\n\r\n{\"ok\":true}",
            )?,
        }
    }
}

/// Takes up the offer of RFC 6455 1.2, whatever was offered, and returns what comes.
fn socket(mut stream: TcpStream) -> io::Result<()> {
    stream.write_all(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
          Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
    )?;
    io::copy(&mut stream.try_clone()?, &mut stream).map(drop)
}

fn wait_for_release(state: &State) {
    let inner = state.inner.lock().unwrap();
    drop(state.changed.wait_timeout_while(inner, DEADLINE, |inner| !inner.is_released).unwrap());
}

/// The body with its framing undone; nothing where it is cut off.
fn read_body(stream: &mut TcpStream, buffer: &mut Vec<u8>, head: &str) -> io::Result<Option<Vec<u8>>> {
    if field(head, "transfer-encoding").is_some() {
        return read_chunks(stream, buffer);
    }
    let length = field(head, "content-length").map_or(Ok(0), str::parse).map_err(unreadable)?;
    let whole = fill_until(stream, buffer, |bytes| (bytes.len() >= length).then_some(length))?;
    Ok(whole.map(|length| buffer.drain(..length).collect()))
}

fn read_chunks(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    loop {
        let line_end = |bytes: &[u8]| bytes.windows(2).position(|pair| pair == b"\r\n").map(|at| at + 2);
        let Some(end) = fill_until(stream, buffer, line_end)? else { return Ok(None) };
        let line: Vec<u8> = buffer.drain(..end).collect();
        let size = std::str::from_utf8(&line[..end - 2]).map_err(unreadable)?;
        let size = usize::from_str_radix(size, 16).map_err(unreadable)?;
        let whole = |bytes: &[u8]| (bytes.len() >= size + 2).then_some(size + 2);
        let Some(end) = fill_until(stream, buffer, whole)? else { return Ok(None) };
        let chunk: Vec<u8> = buffer.drain(..end).collect();
        body.extend_from_slice(&chunk[..size]);
        if size == 0 {
            return Ok(Some(body));
        }
    }
}

fn unreadable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}

/// Reads until `end` finds the end of what is awaited; nothing where the peer stops before it.
fn fill_until(
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
    end: impl Fn(&[u8]) -> Option<usize>,
) -> io::Result<Option<usize>> {
    let mut chunk = [0; 8192];
    loop {
        if let Some(end) = end(buffer) {
            return Ok(Some(end));
        }
        match stream.read(&mut chunk)? {
            0 => return Ok(None),
            count => buffer.extend_from_slice(&chunk[..count]),
        }
    }
}
