//! What time it is: the database's time, which all servers share.
//!
//! What was seen is compared with when an attempt began, and limits with now. A server's own time of day does not do
//! for that: it is corrected by minutes, ahead and behind, and another server's is another. So each process reads the
//! database's clock once in a while, and counts on from there by a clock that nobody sets.

use crate::{Result, Store};
use chrono::TimeDelta;
use pitstop_domain::Time;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

/// An answer that took longer may be wrong by half as much, and tells less than what is known already. Clocks that
/// count (CLOCK_MONOTONIC) go wrong by less than this in an hour.
const SLOW: Duration = Duration::from_millis(200);

/// The database's clock, as this process knows it.
#[derive(Debug, Default)]
pub(crate) struct Clock(RwLock<Option<Reading>>);

#[derive(Clone, Copy, Debug)]
struct Reading {
    told: Time,
    at: Instant,
}

impl Store {
    /// The time now. Use this and no other clock for whatever is stored, or compared with what is stored.
    pub fn now(&self) -> Time {
        self.clock.at(Instant::now())
    }

    /// Reads the database's clock again: to be called every ten seconds or so, since clocks drift, and since the
    /// database may be another one after a failover.
    ///
    /// # Errors
    /// When the database does not answer; [`Store::now`] counts on from what is known.
    pub async fn read_clock(&self) -> Result<()> {
        // Waiting for a connection is not part of the answer's way.
        let mut connection = self.pool.acquire().await?;
        let asked = Instant::now();
        let told = sqlx::query_scalar("select clock_timestamp()").fetch_one(&mut *connection).await?;
        self.clock.told(told, asked, Instant::now());
        Ok(())
    }
}

impl Clock {
    fn at(&self, moment: Instant) -> Time {
        match *self.0.read().unwrap_or_else(PoisonError::into_inner) {
            Some(Reading { told, at }) => told + delta(moment.saturating_duration_since(at)),
            // Not read yet.
            None => chrono::Utc::now(),
        }
    }

    fn told(&self, told: Time, asked: Instant, answered: Instant) {
        let way = answered.saturating_duration_since(asked);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.is_none() || way <= SLOW {
            *known = Some(Reading { told, at: asked + way / 2 });
        }
    }
}

fn delta(time: Duration) -> TimeDelta {
    TimeDelta::from_std(time).unwrap_or(TimeDelta::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_from_what_was_told_and_a_slow_answer_changes_nothing() {
        let (clock, start) = (Clock::default(), Instant::now());
        let told = chrono::Utc::now() - TimeDelta::days(3);
        let after = |s| start + Duration::from_secs(s);
        clock.told(told, start, start);
        assert_eq!(clock.at(after(60)), told + TimeDelta::seconds(60));
        clock.told(told + TimeDelta::seconds(500), after(60), after(63));
        assert_eq!(clock.at(after(64)), told + TimeDelta::seconds(64), "that answer took three seconds");
        clock.told(told + TimeDelta::seconds(500), after(70), after(70));
        assert_eq!(clock.at(after(71)), told + TimeDelta::seconds(501), "the database's clock was set");
    }
}
