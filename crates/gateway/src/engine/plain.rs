//! A TCP socket that makes its system calls itself.
//!
//! The C library makes each call a point at which a thread can be cancelled. In a process of several threads that costs a
//! hundredth of a request, for something that no thread here is ever asked to do.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rustix::net::{RecvFlags, SendFlags, recv, send};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

/// A connected socket.
pub(super) struct Plain(TcpStream);

impl Plain {
    pub(super) fn new(stream: TcpStream) -> Plain {
        Plain(stream)
    }

    /// Makes `call`, which moves up to `wanted` bytes, once the socket is ready for it; how many it moved.
    ///
    /// One that moves fewer has met the end of what the kernel had, so the next one waits without trying first. The
    /// runtime is told so in the one way that it takes: as if the call would have blocked.
    fn poll_call(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        wanted: usize,
        mut call: impl FnMut(&TcpStream) -> rustix::io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            if interest.is_readable() {
                ready!(self.0.poll_read_ready(cx))?;
            } else {
                ready!(self.0.poll_write_ready(cx))?;
            }
            let mut moved = None;
            let tried = self.0.try_io(interest, || {
                let count = loop {
                    match call(&self.0) {
                        Err(rustix::io::Errno::INTR) => {}
                        called => break called?,
                    }
                };
                moved = Some(count);
                if count > 0 && count < wanted { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
            });
            match (moved, tried) {
                (Some(count), _) => return Poll::Ready(Ok(count)),
                (None, Err(error)) if error.kind() == io::ErrorKind::WouldBlock => {}
                (None, tried) => return Poll::Ready(tried.map(|()| 0)),
            }
        }
    }
}

impl AsyncRead for Plain {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let room = buf.initialize_unfilled();
        let wanted = room.len();
        let call = |stream: &TcpStream| recv(stream, &mut *room, RecvFlags::empty()).map(|(count, _)| count);
        let count = ready!(self.poll_call(cx, Interest::READABLE, wanted, call))?;
        buf.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Plain {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        // A peer that is gone is an error here, and no signal.
        let call = |stream: &TcpStream| send(stream, bytes, SendFlags::NOSIGNAL);
        self.poll_call(cx, Interest::WRITABLE, bytes.len(), call)
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn what_one_side_writes_the_other_reads_in_order_to_the_end() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let connect = TcpStream::connect(listener.local_addr().unwrap());
        let (connected, accepted) = tokio::join!(connect, listener.accept());
        let (mut from, mut to) = (Plain::new(connected.unwrap()), Plain::new(accepted.unwrap().0));
        // More than the kernel holds, so that both sides have to wait.
        let sent: Vec<u8> = (0..20_u32 << 20).map(|index| (index % 251) as u8).collect();
        let mut received = Vec::new();
        let write = async {
            from.write_all(&sent).await.unwrap();
            from.shutdown().await.unwrap();
        };
        let read = async { to.read_to_end(&mut received).await.unwrap() };
        tokio::join!(write, read);
        assert!(received == sent);
    }

    #[tokio::test]
    async fn a_peer_that_is_gone_is_an_error() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let connect = TcpStream::connect(listener.local_addr().unwrap());
        let (connected, accepted) = tokio::join!(connect, listener.accept());
        drop(accepted);
        let mut socket = Plain::new(connected.unwrap());
        let mut failed = Ok(());
        while failed.is_ok() {
            failed = socket.write_all(b"more").await;
        }
        let kind = failed.unwrap_err().kind();
        assert!(matches!(kind, io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset), "{kind:?}");
    }
}
