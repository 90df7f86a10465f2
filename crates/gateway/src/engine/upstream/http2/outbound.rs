//! The body of a request on its way to a backend over HTTP/2.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::engine::body::{BodyError, Bounded, RequestBody};

/// The body of one request, for as long as anybody waits for its answer.
pub(super) struct Sending {
    content: Content,
    failure: Rc<Failing>,
}

/// The body as the library takes it, which it may do for longer than the answer lasts.
pub(super) struct Outbound {
    content: Content,
    is_over: bool,
    failure: Rc<Failing>,
}

#[derive(Clone)]
enum Content {
    Whole(Bytes),
    /// Nothing once nobody waits for the answer.
    Streamed(Rc<RefCell<Option<Bounded>>>),
}

/// Why the caller's body broke off, for who waits for the answer: the library does not tell.
#[derive(Default)]
struct Failing {
    error: Cell<Option<BodyError>>,
    waiting: Cell<Option<Waker>>,
}

/// The caller's body ended before its time.
#[derive(Debug)]
pub(super) struct CutOff(BodyError);

impl Sending {
    pub(super) fn new(body: RequestBody) -> Sending {
        let content = match body {
            RequestBody::Empty => Content::Whole(Bytes::new()),
            RequestBody::Whole(body) => Content::Whole(body.shared()),
            RequestBody::Streamed(body) => Content::Streamed(Rc::new(RefCell::new(Some(*body)))),
        };
        Sending { content, failure: Rc::default() }
    }

    /// The body from its beginning; where it was begun already, only if [`Sending::is_replayable`].
    pub(super) fn outbound(&self) -> Outbound {
        Outbound { content: self.content.clone(), is_over: false, failure: Rc::clone(&self.failure) }
    }

    /// Whether nothing of it is lost for whoever gets it next.
    pub(super) fn is_replayable(&self) -> bool {
        match &self.content {
            Content::Whole(_) => true,
            Content::Streamed(body) => body.borrow().as_ref().is_some_and(Bounded::is_untouched),
        }
    }

    /// Ready once the caller's body has broken off.
    pub(super) fn poll_failure(&self, cx: &mut Context<'_>) -> Poll<BodyError> {
        match self.failure.error.get() {
            Some(error) => Poll::Ready(error),
            None => {
                self.failure.waiting.set(Some(cx.waker().clone()));
                Poll::Pending
            }
        }
    }
}

impl Drop for Sending {
    /// The caller's connection may carry its next request, whose body must not be taken for the rest of this one.
    fn drop(&mut self) {
        if let Content::Streamed(body) = &self.content {
            body.borrow_mut().take();
        }
    }
}

impl Body for Outbound {
    type Data = Bytes;
    type Error = CutOff;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        let this = self.get_mut();
        if this.is_over {
            return Poll::Ready(None);
        }
        let body = match &mut this.content {
            Content::Whole(bytes) => {
                this.is_over = true;
                return Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(std::mem::take(bytes)))));
            }
            Content::Streamed(body) => body,
        };
        let mut out = Vec::new();
        loop {
            let polled = match &mut *body.borrow_mut() {
                Some(body) => ready!(body.poll(cx, &mut out)),
                None => Err(BodyError::Broken),
            };
            match polled {
                Err(error) => {
                    this.is_over = true;
                    this.failure.error.set(Some(error));
                    if let Some(waiting) = this.failure.waiting.take() {
                        waiting.wake();
                    }
                    return Poll::Ready(Some(Err(CutOff(error))));
                }
                Ok(more) => this.is_over = !more,
            }
            if !out.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(out.into()))));
            }
            if this.is_over {
                return Poll::Ready(None);
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_over || self.size_hint().exact() == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        let bytes = match &self.content {
            Content::Whole(bytes) => Some(bytes.len() as u64),
            Content::Streamed(body) => body.borrow().as_ref().and_then(Bounded::bytes),
        };
        bytes.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

impl fmt::Display for CutOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the caller's body broke off: {:?}", self.0)
    }
}

impl std::error::Error for CutOff {}
