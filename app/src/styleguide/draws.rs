//! Type, colours, icons, charts.

use crate::parts::chart::{Heat, Ribbon, Sparkline, Stretch};
use crate::parts::{Icon, icon};
use leptos::prelude::*;

/// The scale of type.
#[component]
pub fn Type() -> AnyView {
    view! {
        <p class="guide-title">"Title, 22 px: Memory test on pc-004"</p>
        <p class="guide-large">"Large, 16 px: what a panel is called"</p>
        <p>"Text, 14 px: the machine is restarted into its own system, and the job ends when that system reports."</p>
        <p class="muted guide-small">"Small and muted, 13 px: seen 4 s ago, in berlin"</p>
        <p class="figure">"Figures stand below each other: 1 111 111 · 8 888 888"</p>
        <p><code>"52:54:00:ab:cd:01 · 9f2c4e1ab07d"</code></p>
        <p><kbd>"Ctrl"</kbd> " " <kbd>"K"</kbd> " opens the palette, " <kbd>"/"</kbd> " leads to the search, " <kbd>"G"</kbd> " " <kbd>"J"</kbd> " to the jobs"</p>
    }
    .into_any()
}

/// The colours: one accent, all others mean something.
#[component]
pub fn Palette() -> AnyView {
    let names = [
        "ground",
        "surface",
        "sunken",
        "hover",
        "line",
        "accent",
        "accent-soft",
        "good",
        "good-soft",
        "warn",
        "warn-soft",
        "bad",
        "bad-soft",
        "calm",
    ];
    let each: Vec<_> =
        names.into_iter().map(|name| view! { <li><i data-colour=name></i>{name}</li> }).collect();
    view! { <ul class="guide-colours">{each}</ul> }.into_any()
}

/// All icons. Words always stand beside them.
#[component]
pub fn Icons() -> AnyView {
    let each: Vec<_> =
        Icon::ALL.into_iter().map(|one| view! { <li>{icon(one)} {format!("{one:?}")}</li> }).collect();
    view! { <ul class="guide-icons">{each}</ul> }.into_any()
}

/// Charts, each with its figures in words.
#[component]
pub fn Charts() -> AnyView {
    let went: Vec<f64> = (0..40).map(|i| 40.0 + f64::from(i % 7) * 2.0).collect();
    let hot: Vec<f64> = (0..40).map(|i| 40.0 + f64::from(i) * 1.2 + f64::from(i % 5)).collect();
    let stretch = |state, words: &str, length| Stretch { state, words: words.to_owned(), length };
    let stretches = vec![
        stretch("own", "own system, 61 h", 61.0),
        stretch("maintenance", "memory test, 2 h", 2.0),
        stretch("own", "own system, 40 h", 40.0),
        stretch("held", "held, 6 h", 6.0),
        stretch("unknown", "not seen, 11 h", 11.0),
        stretch("own", "own system, 48 h", 48.0),
    ];
    let cells: Vec<u32> = (0..26 * 7_u32).map(|i| (i * i % 23).saturating_sub(9)).collect();
    view! {
        <p><Sparkline values=went words="46 °C, at most 52 °C"/></p>
        <p><Sparkline values=hot limit=80.0 words="91 °C, over its limit of 80 °C"/></p>
        <Ribbon label="Last week" stretches from="18 Nov" to="now"/>
        <ul class="legend"><li><i data-state="own"></i>"own system"</li><li><i data-state="maintenance"></i>"in maintenance"</li><li><i data-state="held"></i>"held"</li><li><i data-state="unknown"></i>"not seen"</li></ul>
        <Heat values=cells rows=7 words="Jobs a day over half a year: 13 at most"/>
    }
    .into_any()
}
