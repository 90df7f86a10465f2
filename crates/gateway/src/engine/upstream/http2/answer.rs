//! A backend's answer over HTTP/2, with its trailer fields.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{HeaderMap, HeaderName, Response, header};
use http_body::Body as _;
use hyper::body::Incoming;
use tokio::time::Instant;

use super::Stream;
use super::outbound::Sending;
use crate::content;
use crate::engine::timer::Timer;
use crate::engine::upstream::backends::InFlight;
use crate::engine::upstream::head::{Head, Length};
use crate::engine::upstream::{Bounds, Failure};

/// An answer that is on its way.
pub(crate) struct Answering {
    body: Incoming,
    has_ended: bool,
    trailers: Option<HeaderMap>,
    bounds: Bounds,
    idle_until: Option<Instant>,
    /// Until when an answer without an end of its own may go on; absent for others.
    endless_until: Option<Instant>,
    timer: Timer,
    _held: Held,
}

/// What an answer holds until it ends: the rest of its request, its place on the connection, and its place in the count.
type Held = (Sending, Stream, InFlight);

/// What ends here wherever it stands (RFC 9110 7.6.1).
const HOP_BY_HOP: &[HeaderName] = &[
    header::CONNECTION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::PROXY_AUTHENTICATE,
];

/// What means nothing after a body, or would change what was decided on the head (RFC 9110 6.5.1).
const NEVER_TRAILS: &[HeaderName] = &[
    header::AGE,
    header::CACHE_CONTROL,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::CONTENT_RANGE,
    header::CONTENT_TYPE,
    header::DATE,
    header::EXPIRES,
    header::HOST,
    header::LOCATION,
    header::RETRY_AFTER,
    header::SERVER,
    header::SET_COOKIE,
    header::VARY,
    header::WWW_AUTHENTICATE,
];

/// The head of an answer that has begun, and the rest of it.
pub(super) fn begin(answer: Response<Incoming>, bounds: Bounds, held: Held) -> (Head, Answering) {
    let (parts, body) = answer.into_parts();
    let mut headers = parts.headers;
    without(&mut headers, HOP_BY_HOP);
    let is_call =
        headers.get(header::CONTENT_TYPE).is_some_and(|value| crate::grpc::is_media_type(value.as_bytes()));
    let is_endless = body.size_hint().exact().is_none() && (is_call || content::is_event_stream(&headers));
    let answering = Answering {
        has_ended: body.is_end_stream(),
        body,
        trailers: None,
        bounds,
        idle_until: None,
        endless_until: is_endless.then(|| Instant::now() + bounds.stream_lifetime),
        timer: Timer::default(),
        _held: held,
    };
    let length = answering.body_bytes().map_or(Length::Connection, Length::Fixed);
    (Head { status: parts.status, headers, length, is_kept: false, is_websocket: false }, answering)
}

fn without(headers: &mut HeaderMap, names: &[HeaderName]) {
    for name in names {
        headers.remove(name);
    }
}

impl Answering {
    /// The length of what is to come, where it is known.
    pub(crate) fn body_bytes(&self) -> Option<u64> {
        if self.has_ended { Some(0) } else { self.body.size_hint().exact() }
    }

    /// Whether it has no end of its own.
    pub(crate) fn is_endless(&self) -> bool {
        self.endless_until.is_some()
    }

    /// Appends what comes next to `out`; false at the end.
    pub(crate) fn poll_body(
        &mut self,
        cx: &mut Context<'_>,
        out: &mut Vec<u8>,
    ) -> Poll<Result<bool, Failure>> {
        loop {
            if self.has_ended {
                return Poll::Ready(Ok(false));
            }
            let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) else {
                let Bounds { stream_idle, body_idle, .. } = self.bounds;
                let idle = if self.endless_until.is_some() { stream_idle } else { body_idle };
                let idle_until = *self.idle_until.get_or_insert_with(|| Instant::now() + idle);
                let until = self.endless_until.map_or(idle_until, |until| until.min(idle_until));
                ready!(self.timer.poll(cx, until));
                return Poll::Ready(Err(Failure::Timeout));
            };
            self.idle_until = None;
            let frame = match frame {
                None => {
                    self.has_ended = true;
                    continue;
                }
                Some(Err(_error)) => return Poll::Ready(Err(Failure::Malformed)),
                Some(Ok(frame)) => frame,
            };
            match frame.into_data() {
                Ok(data) => {
                    out.extend_from_slice(&data);
                    self.has_ended = self.body.is_end_stream();
                    if !data.is_empty() {
                        return Poll::Ready(Ok(!self.has_ended));
                    }
                }
                Err(frame) => self.trailers = frame.into_trailers().ok().map(clean),
            }
        }
    }

    /// The fields that came after the body.
    pub(crate) fn take_trailers(&mut self) -> Option<HeaderMap> {
        self.trailers.take()
    }
}

impl fmt::Debug for Answering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answering").field("has_ended", &self.has_ended).finish_non_exhaustive()
    }
}

fn clean(mut trailers: HeaderMap) -> HeaderMap {
    without(&mut trailers, HOP_BY_HOP);
    without(&mut trailers, NEVER_TRAILS);
    trailers
}
