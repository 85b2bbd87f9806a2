//! Live: one event stream says what changed (`public/stream.js`); who shows it fetches it again.
//!
//! - in documents: `document`; a script fetches the page again
//! - in the program: [`use_changes`], a count that grows when something changed that is shown; `browser`: what the stream
//!   says, coalesced; [`fetch`]: what is shown; [`go`]: to another page
//! - on the server: [`told`]: what changed, numbered

#[cfg(feature = "hydrate")]
mod browser;
#[cfg(feature = "ssr")]
pub(crate) mod document;
pub mod fetch;
pub mod go;
#[cfg(feature = "ssr")]
pub mod told;

pub use fetch::fetched;
use leptos::prelude::*;
use pitstop_domain::event::Changed;

/// Listens once the program has taken the page over.
pub fn provide_live() {
    #[cfg(feature = "hydrate")]
    Effect::new(|_| browser::start());
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
