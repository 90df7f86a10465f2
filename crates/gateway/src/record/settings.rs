//! How large the exchange log may grow, and how long a power cut may reach back.

use std::time::Duration;

use super::LogError;
use super::frame::FRAME_BYTES_MAX;

const SEGMENT_BYTES_MIN: usize = 2 * (FRAME_BYTES_MAX).next_power_of_two();
const SEGMENT_BYTES_MAX: usize = 1 << 30;
const PAGE_BYTES: usize = 4096;
const SYNC_INTERVAL_MAX: Duration = Duration::from_secs(1);

/// Sizes and times of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Bytes of one segment file; each worker has two of them allocated, one written and one in reserve. 16 MiB if not set.
    pub segment_bytes: usize,
    /// Bytes of all sealed segments; the oldest are deleted beyond it. 1 GiB if not set.
    pub bytes_max: u64,
    /// Sealed segments are deleted when their last record is older. 30 days if not set.
    pub age_max: Duration,
    /// How often written records are synced to the disk, at most one second. Half a second if not set, so that a slow
    /// sync still ends within the second that a power cut may cost.
    pub sync_interval: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            segment_bytes: 16 << 20,
            bytes_max: 1 << 30,
            age_max: Duration::from_secs(30 * 24 * 3600),
            sync_interval: Duration::from_millis(500),
        }
    }
}

impl Settings {
    /// The settings with whole pages a segment, unless one is out of bounds.
    pub(super) fn checked(mut self) -> Result<Settings, LogError> {
        if !(SEGMENT_BYTES_MIN..=SEGMENT_BYTES_MAX).contains(&self.segment_bytes) {
            let problem = format!(
                "a log segment of {} bytes is out of bounds: {SEGMENT_BYTES_MIN} to {SEGMENT_BYTES_MAX}",
                self.segment_bytes
            );
            return Err(LogError::Settings { problem });
        }
        if self.sync_interval.is_zero() || self.sync_interval > SYNC_INTERVAL_MAX {
            let problem = format!(
                "a log sync interval of {} ms is out of bounds: 1 to {}",
                self.sync_interval.as_millis(),
                SYNC_INTERVAL_MAX.as_millis()
            );
            return Err(LogError::Settings { problem });
        }
        self.segment_bytes = self.segment_bytes.next_multiple_of(PAGE_BYTES);
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_hold_and_bounds_are_said() {
        assert_eq!(Settings::default().checked().unwrap(), Settings::default());
        let small = Settings { segment_bytes: 4096, ..Settings::default() };
        let error = small.checked().unwrap_err().to_string();
        assert_eq!(error, "a log segment of 4096 bytes is out of bounds: 262144 to 1073741824");
        let slow = Settings { sync_interval: Duration::from_secs(2), ..Settings::default() };
        let error = slow.checked().unwrap_err().to_string();
        assert_eq!(error, "a log sync interval of 2000 ms is out of bounds: 1 to 1000");
        let odd = Settings { segment_bytes: (1 << 20) + 1, ..Settings::default() };
        assert_eq!(odd.checked().unwrap().segment_bytes, (1 << 20) + 4096);
    }
}
