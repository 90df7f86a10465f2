//! A host of key sets for tests, well-behaved or not: it answers with any bytes and may then hold the connection.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What is sent back.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    bytes: Vec<u8>,
    holds: bool,
}

impl Reply {
    /// A whole response of `status` and further header lines.
    pub(crate) fn new(status: u16, headers: &[&str], body: &str) -> Reply {
        let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
        let head = format!("HTTP/1.1 {status} x\r\n{headers}content-length: {}\r\n\r\n", body.len());
        Reply::raw(format!("{head}{body}"))
    }

    pub(crate) fn ok(body: &str) -> Reply {
        Reply::new(200, &[], body)
    }

    /// Any bytes, and then the end.
    pub(crate) fn raw(bytes: impl Into<Vec<u8>>) -> Reply {
        Reply { bytes: bytes.into(), holds: false }
    }

    /// The same bytes, and then nothing more, the connection open.
    pub(crate) fn held(self) -> Reply {
        Reply { holds: true, ..self }
    }
}

/// A running host; it ends with its runtime.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    replies: HashMap<String, Reply>,
    heads: Vec<String>,
    last_body: String,
}

impl Server {
    pub(crate) async fn start(tls: Option<TlsAcceptor>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server { address: listener.local_addr().unwrap(), state: Arc::default() };
        let own = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (own, tls) = (own.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => own.answer(stream).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                own.answer(stream).await;
                            }
                        }
                    }
                });
            }
        });
        server
    }

    /// What a GET of `path` is answered with from here on; 404 before.
    pub(crate) fn set(&self, path: &str, reply: Reply) {
        self.state().replies.insert(path.to_owned(), reply);
    }

    /// How often `path` was asked for.
    pub(crate) fn hits(&self, path: &str) -> usize {
        self.state().heads.iter().filter(|head| head.starts_with(&format!("GET {path} "))).count()
    }

    /// How often something was posted to `path`.
    pub(crate) fn posts(&self, path: &str) -> usize {
        self.state().heads.iter().filter(|head| head.starts_with(&format!("POST {path} "))).count()
    }

    /// The body of the last request.
    pub(crate) fn last_body(&self) -> String {
        self.state().last_body.clone()
    }

    /// The last request head, whole.
    pub(crate) fn last_head(&self) -> String {
        self.state().heads.last().unwrap().clone()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer<S: AsyncRead + AsyncWrite + Unpin>(&self, mut stream: S) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => return,
            }
        }
        let head = String::from_utf8(head).unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        if stream.read_exact(&mut body).await.is_err() {
            return;
        }
        let path = head.split(' ').nth(1).unwrap().to_owned();
        let reply = self.state().replies.get(&path).cloned().unwrap_or_else(|| Reply::new(404, &[], ""));
        {
            let mut state = self.state();
            state.heads.push(head);
            state.last_body = String::from_utf8(body).unwrap();
        }
        // The client may have gone away in the middle, which is its right.
        let sent = stream.write_all(&reply.bytes).await.is_ok() && stream.flush().await.is_ok();
        if sent && reply.holds {
            std::future::pending::<()>().await;
        }
        drop(stream.shutdown().await);
    }
}
