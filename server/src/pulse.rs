//! Notices that this process stood still.
//!
//! A process that is stopped, or whose host is, wakes up with questions in its sockets that were asked long ago, and
//! that another server may have answered meanwhile. Taken for new, an old question how to boot would prove that the
//! machine went home while it runs maintenance. So what waited is not answered: who still wants to know asks again.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Between two beats.
const BEAT: Duration = Duration::from_millis(500);
/// No beat for so long: it stood still. Firmware listens for about as long, so that a question of this age is still one.
const STILL: Duration = Duration::from_secs(5);
/// After it, what waited in the sockets is read within this time.
const DRAIN: Duration = Duration::from_secs(3);

/// Beats while the process runs. Counted in milliseconds of a clock that goes on meanwhile.
#[derive(Clone, Debug)]
pub struct Pulse {
    start: Instant,
    beat: Arc<AtomicU64>,
    /// What comes before this moment may be old.
    fresh_from: Arc<AtomicU64>,
}

impl Default for Pulse {
    fn default() -> Self {
        Self { start: Instant::now(), beat: Arc::default(), fresh_from: Arc::default() }
    }
}

impl Pulse {
    /// Beats until cancelled.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Some(gap) = self.beat_at(self.start.elapsed()) {
                tracing::warn!(
                    seconds = gap.as_secs(),
                    "This server stood still; what waited for it meanwhile is not answered."
                );
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(BEAT) => {}
            }
        }
    }

    /// May what comes now have waited for long?
    pub fn is_late(&self) -> bool {
        self.is_late_at(self.start.elapsed())
    }

    fn is_late_at(&self, now: Duration) -> bool {
        let of = |moment: &AtomicU64| Duration::from_millis(moment.load(Ordering::Relaxed));
        now < of(&self.fresh_from) || now.saturating_sub(of(&self.beat)) > STILL
    }

    /// Gives how long it stood still, if it did.
    fn beat_at(&self, now: Duration) -> Option<Duration> {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let before = Duration::from_millis(self.beat.load(Ordering::Relaxed));
        let gap = Some(now.saturating_sub(before)).filter(|gap| *gap > STILL);
        if gap.is_some() {
            self.fresh_from.store(millis(now + DRAIN), Ordering::Relaxed);
        }
        self.beat.store(millis(now), Ordering::Relaxed);
        gap
    }
}

/// Refuses requests that may have waited for long; machines and agents try again.
pub(crate) async fn refuse_late(State(pulse): State<Pulse>, request: Request, next: Next) -> Response {
    if pulse.is_late() {
        let why = "the server stood still and does not know how old this request is: try again";
        return (StatusCode::SERVICE_UNAVAILABLE, why).into_response();
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_right_after_it_stood_still_is_late_and_what_comes_then_is_not() {
        let (pulse, s) = (Pulse::default(), Duration::from_secs);
        assert_eq!(pulse.beat_at(s(1)), None);
        assert!(!pulse.is_late_at(s(5)));
        assert!(pulse.is_late_at(s(40)), "before it beats again");
        assert_eq!(pulse.beat_at(s(40)), Some(s(39)));
        assert!(pulse.is_late_at(s(42)), "the sockets are not empty yet");
        assert_eq!(pulse.beat_at(s(42)), None);
        assert!(!pulse.is_late_at(s(44)));
    }
}
