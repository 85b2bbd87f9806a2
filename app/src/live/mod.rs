//! Live: one event stream says what changed; who shows it fetches it again.
//!
//! - [`use_changes`]: a count that grows when something changed that a page shows
//! - [`Status`]: is the page live? `browser`: the stream itself, with back-off and coalescing
//! - [`fetch`]: what a page shows; [`clock`]: the reader's clock and zone; [`go`]: to another page

#[cfg(feature = "hydrate")]
mod browser;
pub mod clock;
pub mod fetch;
pub mod go;

pub use fetch::fetched;
use leptos::prelude::*;
use pitstop_domain::event::Changed;

/// Does the page follow what happens?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// As the server rendered it: without JavaScript it stays so.
    #[default]
    AsLoaded,
    Live,
    /// The stream is lost, and tried again.
    Lost,
}

impl Status {
    /// The words on the screen.
    pub fn words(self) -> &'static str {
        match self {
            Self::AsLoaded => "as loaded",
            Self::Live => "live",
            Self::Lost => "not live",
        }
    }

    /// The word in classes.
    pub fn name(self) -> &'static str {
        match self {
            Self::AsLoaded => "loaded",
            Self::Live => "live",
            Self::Lost => "lost",
        }
    }
}

/// Opens the stream once the page is hydrated.
pub fn provide_live() {
    let status = RwSignal::new(Status::default());
    provide_context(status);
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| browser::start(status));
}

/// Is this page live?
pub fn use_status() -> RwSignal<Status> {
    use_context().unwrap_or_default()
}

/// How often a page may fetch what it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// One thing: four times a second follow a transfer smoothly and load nobody.
    Thing,
    /// A window of many: something is always changing among ten thousand.
    List,
}

impl Pace {
    #[cfg(feature = "hydrate")]
    fn millis(self) -> f64 {
        match self {
            Self::Thing => 250.0,
            Self::List => 1500.0,
        }
    }
}

/// Counts changes that are wanted, no faster than the pace; on the server it stays 0.
pub fn use_changes(pace: Pace, wanted: impl Fn(&Changed) -> bool + 'static) -> ReadSignal<u64> {
    let tick = RwSignal::new(0);
    #[cfg(feature = "hydrate")]
    {
        let id = browser::subscribe(pace, Box::new(wanted), tick);
        on_cleanup(move || browser::unsubscribe(id));
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (pace, wanted);
    tick.read_only()
}
