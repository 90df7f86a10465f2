//! A timer that is moved as rarely as can be.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::time::{Instant, Sleep, sleep_until};

/// Goes off at its own time, never after the time that is waited for. Usually before it: a wait that ends in time leaves
/// the timer where it is, and one that goes off too early is set again.
#[derive(Debug, Default)]
pub(super) struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    /// Ready once it is `until`.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, until: Instant) -> Poll<()> {
        loop {
            let sleep = match &mut self.0 {
                Some(sleep) if sleep.deadline() <= until => sleep,
                sleep => sleep.insert(Box::pin(sleep_until(until))),
            };
            ready!(sleep.as_mut().poll(cx));
            self.0 = None;
            if Instant::now() >= until {
                return Poll::Ready(());
            }
        }
    }
}
