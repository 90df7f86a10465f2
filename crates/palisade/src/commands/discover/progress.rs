//! How far reading is, on a terminal.

use std::io::{IsTerminal, Write};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use discover::Progress;

/// How often it is said.
const INTERVAL: Duration = Duration::from_millis(250);

/// Does `work`, and says on a terminal how far `progress` is, of `total` bytes if that is known; files are made of `records`.
pub(super) fn shown<T>(
    progress: &Progress,
    total: Option<u64>,
    records: &str,
    work: impl FnOnce() -> T,
) -> T {
    if !std::io::stderr().is_terminal() {
        return work();
    }
    let begun = Instant::now();
    let (done, is_done) = channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut stderr = std::io::stderr();
            while is_done.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                let bytes = progress.bytes.load(Ordering::Relaxed);
                let lines = progress.lines.load(Ordering::Relaxed);
                let text = said(bytes, lines, records, total, begun.elapsed());
                // A terminal that is gone is no reason to stop.
                drop(write!(stderr, "\r\x1b[K{text}").and_then(|()| stderr.flush()));
            }
            drop(write!(stderr, "\r\x1b[K"));
        });
        let result = work();
        drop(done);
        result
    })
}

fn said(bytes: u64, lines: u64, records: &str, total: Option<u64>, passed: Duration) -> String {
    let millis = u64::try_from(passed.as_millis()).unwrap_or(u64::MAX).max(1);
    let rate = lines.saturating_mul(1000) / millis;
    let mut text = format!("{} MB, {lines} {records}, {rate} {records}/s", bytes / 1_000_000);
    if let Some(total) = total.filter(|total| *total > 0 && bytes > 0) {
        let left_ms = millis.saturating_mul(total.saturating_sub(bytes)) / bytes;
        text = format!("{:>3} %, {text}, {} s left", bytes.min(total) * 100 / total, left_ms.div_ceil(1000));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_and_the_time_left_follow_from_what_is_done() {
        let second = Duration::from_secs(2);
        assert_eq!(
            said(50_000_000, 1000, "lines", Some(200_000_000), second),
            " 25 %, 50 MB, 1000 lines, 500 lines/s, 6 s left"
        );
        assert_eq!(said(50_000_000, 1000, "lines", None, second), "50 MB, 1000 lines, 500 lines/s");
        assert_eq!(said(0, 0, "lines", Some(0), Duration::ZERO), "0 MB, 0 lines, 0 lines/s");
    }
}
