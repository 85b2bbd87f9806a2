//! The reader's clock. The server renders UTC and the moment of the answer; once hydrated, the browser shows its
//! own zone and counts on, so that what the server sent and what hydration expects are the same.

use leptos::prelude::*;
use pitstop_domain::Time;

/// The time now, as the page knows it.
#[derive(Clone, Copy)]
pub struct Clock(RwSignal<Option<Time>>);

/// Starts the clock once the page is hydrated.
pub fn provide_clock() {
    let now = RwSignal::new(None);
    provide_context(Clock(now));
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        let tick = move || now.set(Some(chrono::Utc::now()));
        tick();
        set_interval(tick, std::time::Duration::from_secs(1));
    });
}

/// The clock of this page.
pub fn use_clock() -> Clock {
    use_context().unwrap_or_else(|| Clock(RwSignal::new(None)))
}

impl Clock {
    /// The time now; as of the answer until the clock runs.
    pub fn now_or(self, asked_at: Time) -> Time {
        // A browser's clock that lags must not make things happen in the future.
        self.0.get().map_or(asked_at, |now| now.max(asked_at))
    }

    /// Is the reader's zone known? Changes once only, so readers do not rerun each second.
    pub fn local(self) -> Signal<bool> {
        Memo::new(move |_| self.0.with(Option::is_some)).into()
    }
}
