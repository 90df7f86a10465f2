//! How long a connection may wait for the peer, with one timer that is moved as rarely as can be.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// How long each part of a request may take to arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Timeouts {
    /// From the beginning of the connection to its first byte.
    pub(in crate::engine) first_byte: Duration,
    /// From the first byte of a head to its last.
    pub(in crate::engine) header: Duration,
    /// From the end of an answer to the next request.
    pub(in crate::engine) idle: Duration,
}

/// What a connection is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// The first byte of a request.
    NextRequest,
    /// The rest of a head.
    Head,
    /// The rest of a body, whose time is bounded by the engine.
    Body,
}

/// The time by which what is awaited must have come.
#[derive(Debug)]
pub(super) struct Deadline {
    timeouts: Timeouts,
    /// No request has come yet.
    is_first: bool,
    /// What is awaited and until when; absent until somebody waits.
    current: Option<(Wait, Instant)>,
    /// The timer goes off at its own time, never after the current deadline. Usually before it: a deadline that moves
    /// away leaves the timer where it is, and a timer that goes off too early is set again.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Deadline {
    pub(super) fn new(timeouts: Timeouts) -> Deadline {
        Deadline { timeouts, is_first: true, current: None, timer: None }
    }

    /// Something clean came: the next wait begins anew.
    pub(super) fn restart(&mut self) {
        self.is_first = false;
        self.current = None;
    }

    /// Ready when `wait` has lasted too long; never while a request is served or a body arrives.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, wait: Wait, has_request: bool) -> Poll<()> {
        let is_suspended = wait == Wait::Body || has_request;
        loop {
            let until = match self.current {
                Some((current, until)) if current == wait && !is_suspended => until,
                _ => Instant::now() + self.timeout(wait),
            };
            self.current = if is_suspended { None } else { Some((wait, until)) };
            let timer = match &mut self.timer {
                Some(timer) if timer.deadline() <= until => timer,
                timer => timer.insert(Box::pin(sleep_until(until))),
            };
            ready!(timer.as_mut().poll(cx));
            if !is_suspended && Instant::now() >= until {
                return Poll::Ready(());
            }
            // It went off for a wait that is over, or suspended.
            self.timer = None;
        }
    }

    fn timeout(&self, wait: Wait) -> Duration {
        match wait {
            Wait::NextRequest if self.is_first => self.timeouts.first_byte,
            Wait::NextRequest => self.timeouts.idle,
            Wait::Head | Wait::Body => self.timeouts.header,
        }
    }
}
