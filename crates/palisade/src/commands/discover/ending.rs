//! When what goes on ends: with standard input, after a while, or when the program is told to.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::signal::unix::{SignalKind, signal};

/// How long standard input is waited for before it is asked again whether it is to end.
const STDIN_WAIT: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// How much of standard input is still read when it is to end: what waits in a pipe.
const REST_BYTES: usize = 64 << 10;

/// Says when to end.
pub(super) struct Ending {
    is_over: Arc<AtomicBool>,
    /// Whether the end of a stream is not the end.
    goes_on: bool,
    at: Option<Instant>,
    told: Receiver<Cause>,
    tell: Sender<Cause>,
}

/// Why something ends.
enum Cause {
    Signal,
    Stream,
}

impl Ending {
    /// Listens to SIGINT and SIGTERM from now on, which end it as `duration` does. Where it `goes_on`, the end of standard
    /// input does not.
    pub(super) fn listen(goes_on: bool, duration: Option<Duration>) -> io::Result<Ending> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (mut terminate, mut interrupt) = {
            let _entered = runtime.enter();
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)
        };
        let (tell, told) = channel();
        let signalled = tell.clone();
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
            });
            // Nobody listens where it is over already.
            drop(signalled.send(Cause::Signal));
        })?;
        let at = duration.and_then(|duration| Instant::now().checked_add(duration));
        Ok(Ending { is_over: Arc::default(), goes_on, at, told, tell })
    }

    /// Waits so long; whether it is to end.
    pub(super) fn wait(&self, pause: Duration) -> bool {
        let left = self.at.map(|at| at.saturating_duration_since(Instant::now()));
        match self.told.recv_timeout(left.map_or(pause, |left| left.min(pause))) {
            Ok(Cause::Stream) => !self.goes_on,
            Ok(Cause::Signal) | Err(RecvTimeoutError::Disconnected) => true,
            Err(RecvTimeoutError::Timeout) => left.is_some_and(|left| left <= pause),
        }
    }

    /// Ends what still reads.
    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Standard input, which ends when it is over.
    pub(super) fn stdin(&self) -> io::Result<Stdin> {
        // Without the buffer of the standard library, in which something may wait that nobody sees.
        let file = File::from(io::stdin().as_fd().try_clone_to_owned()?);
        Ok(Stdin { file, rest: REST_BYTES, ending: self.stream() })
    }

    /// What a stream is to know.
    pub(super) fn stream(&self) -> StreamEnding {
        StreamEnding { is_over: Arc::clone(&self.is_over), tell: self.tell.clone() }
    }
}

/// Whether a stream is to end. Dropped, it says that the stream ended by itself.
pub(super) struct StreamEnding {
    is_over: Arc<AtomicBool>,
    tell: Sender<Cause>,
}

impl StreamEnding {
    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }
}

/// Standard input.
pub(super) struct Stdin {
    file: File,
    rest: usize,
    ending: StreamEnding,
}

impl Read for Stdin {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let is_over = self.ending.is_over();
            let wait = if is_over { Timespec::default() } else { STDIN_WAIT };
            let is_ready = poll(&mut [PollFd::new(&self.file, PollFlags::IN)], Some(&wait))? > 0;
            match (is_over, is_ready) {
                (false, false) => {}
                (true, false) => return Ok(0),
                (false, true) => return self.file.read(buffer),
                (true, true) => {
                    let rest = buffer.len().min(self.rest);
                    let count = self.file.read(buffer.get_mut(..rest).unwrap_or_default())?;
                    self.rest -= count;
                    return Ok(count);
                }
            }
        }
    }
}

impl Drop for StreamEnding {
    fn drop(&mut self) {
        // Nobody listens where it is over already.
        drop(self.tell.send(Cause::Stream));
    }
}
