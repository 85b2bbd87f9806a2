//! How long to wait before trying again.

use std::time::Duration;

/// Waits that double from the first to the longest, with jitter, so that a thousand machines that lost the server
/// together do not come back together.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Backoff {
    /// 1 s to 30 s: a restarted server has its machines back within half a minute.
    pub fn to_server() -> Self {
        Self::new(Duration::from_secs(1), Duration::from_secs(30))
    }

    pub fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, failures: 0 }
    }

    /// It worked: the next failure waits the first time again.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// How long to wait after one more failure. `jitter` lies in 0..1 and takes away up to half of the wait.
    pub fn failed_with(&mut self, jitter: f64) -> Duration {
        let doubled = self.first.saturating_mul(1 << self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        doubled.min(self.longest).mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 2.0)
    }

    /// How long to wait after one more failure, by dice.
    pub fn failed(&mut self) -> Duration {
        self.failed_with(rand::random())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_start_again_after_success() {
        let mut backoff = Backoff::to_server();
        let waits: Vec<u64> = (0..7).map(|_| backoff.failed_with(0.0).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30]);
        backoff.succeeded();
        assert_eq!(backoff.failed_with(0.0).as_secs(), 1);
    }

    #[test]
    fn jitter_takes_away_at_most_half() {
        let mut backoff = Backoff::to_server();
        assert_eq!(backoff.failed_with(1.0), Duration::from_millis(500));
        for _ in 0..100 {
            let wait = backoff.failed();
            assert!(wait >= Duration::from_secs(1) && wait <= Duration::from_secs(30));
        }
    }
}
