//! How long a caller may take nothing of an answer on its stream, and how much of one waits in the HTTP library.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use http_body::{Body, Frame, SizeHint};
use tokio::time::Instant;

use crate::engine::answer_body::{AnswerBody, BrokenOff};
use crate::engine::timer::Timer;

/// Bytes of an answer that the library gets at once. It takes a piece whole, however little of it may be sent, and a
/// stream whose last piece it has is out of our hands.
pub(super) const PIECE_BYTES_MAX: usize = 16 << 10;

tokio::task_local! {
    /// Since when the stream of this task waits for its caller to take what it was given; absent while it waits for us.
    static GIVEN: Cell<Option<Instant>>;
}

/// An answer that is given in pieces.
pub(super) struct Paced {
    /// What the answer gave and is not given on yet.
    rest: Bytes,
    body: AnswerBody,
}

/// Runs `stream` to its end, or until its caller has taken nothing of its answer for `stall_timeout`: then it is
/// dropped, which resets it.
pub(super) async fn paced(mut stream: Pin<Box<impl Future<Output = ()>>>, stall_timeout: Duration) {
    let mut timer = Timer::default();
    let cut = poll_fn(|cx| match stream.as_mut().poll(cx) {
        Poll::Ready(()) => Poll::Ready(()),
        Poll::Pending => match GIVEN.with(Cell::get) {
            Some(since) => timer.poll(cx, since + stall_timeout),
            None => Poll::Pending,
        },
    });
    GIVEN.scope(Cell::default(), cut).await;
}

impl From<AnswerBody> for Paced {
    fn from(body: AnswerBody) -> Paced {
        Paced { rest: Bytes::new(), body }
    }
}

impl Body for Paced {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        GIVEN.with(|given| given.set(None));
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)).map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => self.rest = data,
                Some(Ok(Err(trailers))) => return Poll::Ready(Some(Ok(trailers))),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
        GIVEN.with(|given| given.set(Some(Instant::now())));
        let count = self.rest.len().min(PIECE_BYTES_MAX);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(count)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        match self.body.size_hint().exact() {
            Some(bytes) => SizeHint::with_exact(bytes + self.rest.remaining() as u64),
            None => SizeHint::default(),
        }
    }
}
