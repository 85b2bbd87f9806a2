//! How long to wait before sending again: doubling, counted per window.

use std::time::Duration;

use crate::config::Config;

/// A wait of this many round trips is not impatience.
const ROUND_TRIPS: u32 = 3;

/// The first wait is never raised beyond this on suspicion alone. On a line that slow every
/// window then goes out twice, which costs less than long silences on a line that only loses.
const SUSPICION: Duration = Duration::from_secs(1);

/// The retransmission timer of one transfer, in the spirit of RFC 6298.
#[derive(Clone, Debug)]
pub struct Pace {
    shortest: Duration,
    longest: Duration,
    limit: u32,
    /// The wait before the first repetition.
    first: Duration,
    /// The smoothed time a window takes to be acknowledged.
    round_trip: Option<Duration>,
    /// Repetitions since the last progress.
    repeats: u32,
    /// The window before this one was repeated.
    repeated_before: bool,
}

impl Pace {
    /// `asked` is the client's `timeout` option. It does not set the first wait: a packet that
    /// comes again sooner harms nobody, and curl asks for six seconds always. But the longest
    /// wait is stretched to twice as much, so that the client's own clock has its turn.
    #[must_use]
    pub fn new(config: &Config, asked: Option<Duration>) -> Self {
        let longest = config.longest_wait.max(asked.unwrap_or_default() * 2);
        let shortest = config.first_wait.min(longest);
        Self {
            shortest,
            longest,
            limit: config.repeats,
            first: shortest,
            round_trip: None,
            repeats: 0,
            repeated_before: false,
        }
    }

    /// How long to wait for an answer to what was just sent.
    #[must_use]
    pub fn wait(&self) -> Duration {
        let doubled = self.first.saturating_mul(1_u32.checked_shl(self.repeats).unwrap_or(u32::MAX));
        doubled.min(self.longest)
    }

    /// The wait is over: `true` to send again, `false` to give up.
    pub fn expired(&mut self) -> bool {
        self.repeats += 1;
        self.repeats <= self.limit
    }

    /// The client acknowledged something new, `after` the window was sent for the first time.
    ///
    /// An answer to a repeated window does not tell which of its sendings it answers (Karn). One
    /// such window is a loss; two in a row may be a line slower than the first wait, which is then
    /// raised until a window passes at once.
    pub fn progress(&mut self, after: Duration) {
        let repeated = self.repeats > 0;
        if !repeated {
            let known = self.round_trip.unwrap_or(after);
            let smoothed = (known * 7 + after) / 8;
            self.round_trip = Some(smoothed);
            self.first = smoothed.saturating_mul(ROUND_TRIPS).clamp(self.shortest, self.longest);
        } else if self.repeated_before {
            self.first = self.first.max(self.wait().min(SUSPICION));
        }
        self.repeated_before = repeated;
        self.repeats = 0;
    }
}
