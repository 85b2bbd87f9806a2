//! The reader's clock. The server renders UTC and the moment of the answer; once hydrated, the browser shows its
//! own zone and counts on, so that what the server sent and what hydration expects are the same.

use leptos::prelude::*;
use pitstop_domain::Time;

/// The time now, as the page knows it.
#[derive(Clone)]
pub struct Clock {
    now: ArcRwSignal<Option<Time>>,
    /// The reader's zone is known: changes once only, so its readers do not run each second.
    local: ArcRwSignal<bool>,
}

/// Starts the clock once the page is hydrated.
pub fn provide_clock() {
    let clock = Clock::stopped();
    provide_context(clock.clone());
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        clock.local.set(true);
        let now = clock.now.clone();
        let tick = move || now.set(Some(chrono::Utc::now()));
        tick();
        set_interval(tick, std::time::Duration::from_secs(1));
    });
}

/// The clock of this page.
pub fn use_clock() -> Clock {
    use_context().unwrap_or_else(Clock::stopped)
}

impl Clock {
    // Counted by reference: read while a page is rendered, also when its request was given up meanwhile.
    fn stopped() -> Self {
        Self { now: ArcRwSignal::new(None), local: ArcRwSignal::new(false) }
    }

    /// The time now; as of the answer until the clock runs.
    pub fn now_or(&self, asked_at: Time) -> Time {
        // A browser's clock that lags must not make things happen in the future.
        self.now.get().map_or(asked_at, |now| now.max(asked_at))
    }

    /// Is the reader's zone known?
    pub fn local(&self) -> bool {
        self.local.get()
    }
}
