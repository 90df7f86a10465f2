//! How long a connection may wait for the head of the next request.

use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use crate::engine::timer::Timer;

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
}

/// The time by which what is awaited must have come.
#[derive(Debug)]
pub(super) struct Deadline {
    timeouts: Timeouts,
    /// No request has come yet.
    is_first: bool,
    /// What is awaited and until when; absent until somebody waits.
    current: Option<(Wait, Instant)>,
    timer: Timer,
}

impl Deadline {
    pub(super) fn new(timeouts: Timeouts) -> Deadline {
        Deadline { timeouts, is_first: true, current: None, timer: Timer::default() }
    }

    /// A head came: the next wait begins anew.
    pub(super) fn restart(&mut self) {
        self.is_first = false;
        self.current = None;
    }

    /// Ready when `wait` has lasted too long.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, wait: Wait) -> Poll<()> {
        let until = match self.current {
            Some((current, until)) if current == wait => until,
            _ => Instant::now() + self.timeout(wait),
        };
        self.current = Some((wait, until));
        self.timer.poll(cx, until)
    }

    fn timeout(&self, wait: Wait) -> Duration {
        match wait {
            Wait::NextRequest if self.is_first => self.timeouts.first_byte,
            Wait::NextRequest => self.timeouts.idle,
            Wait::Head => self.timeouts.header,
        }
    }
}
