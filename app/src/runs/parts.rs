//! Chips, bars and counts of runs.

use crate::format;
use crate::parts::{Icon, icon};
use leptos::prelude::*;
use pitstop_domain::run::RunState;
use pitstop_domain::run::tally::{Kind, Tally};

/// Where a run is: shape, word and colour.
#[component]
pub fn RunChip(state: RunState, over: bool) -> impl IntoView {
    let (drawing, name) = match state {
        RunState::Running => (Icon::Right, "now"),
        RunState::Paused => (Icon::Pause, "held"),
        RunState::Stopped => (Icon::Hand, "failed"),
        RunState::Cancelled => (Icon::Dash, "cancelled"),
        RunState::Closed => (Icon::Check, "own"),
    };
    let words = match (state, over) {
        (RunState::Cancelled, false) => "cancelled, jobs end",
        (state, _) => state.name(),
    };
    view! { <span class="chip" data-state=name>{icon(drawing)}{words}</span> }
}

/// What a member is counted as: shape, name for colours.
pub fn look(kind: Kind) -> (Icon, &'static str) {
    match kind {
        Kind::Back => (Icon::Check, "succeeded"),
        Kind::Found => (Icon::Warning, "found"),
        Kind::Failed => (Icon::Cross, "failed"),
        Kind::Held => (Icon::Hand, "held"),
        Kind::Cancelled => (Icon::Dash, "cancelled"),
        Kind::NoShow => (Icon::Quiet, "silent"),
        Kind::UnderWay => (Icon::Right, "now"),
        Kind::Waiting => (Icon::Clock, "waiting"),
        Kind::Refused => (Icon::Question, "refused"),
        Kind::Skipped => (Icon::Dash, "skipped"),
    }
}

/// A kind of member as a chip.
#[component]
pub fn KindChip(kind: Kind) -> impl IntoView {
    let (drawing, name) = look(kind);
    view! { <span class="chip" data-state=name>{icon(drawing)}{kind.words()}</span> }
}

/// The word for a kind in addresses.
pub fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Back => "back",
        Kind::Found => "found",
        Kind::Failed => "failed",
        Kind::Held => "held",
        Kind::Cancelled => "cancelled",
        Kind::NoShow => "no-show",
        Kind::UnderWay => "under-way",
        Kind::Waiting => "waiting",
        Kind::Refused => "refused",
        Kind::Skipped => "skipped",
    }
}

/// How many are how far, drawn as one bar and told in words. Its widths are SVG attributes: no inline style is needed.
#[component]
pub fn TallyBar(tally: Tally) -> AnyView {
    let total = f64::from(tally.machines.max(1));
    let mut from = 0.0;
    let mut parts = Vec::new();
    for kind in Kind::ALL {
        let n = tally.count(kind);
        if n == 0 {
            continue;
        }
        let width = f64::from(n) * 100.0 / total;
        let (x, name) = (format!("{from:.3}"), look(kind).1);
        // A hair of ground between parts tells them apart where colours do not.
        let drawn = format!("{:.3}", (width - 0.4).max(0.3));
        parts.push(view! { <rect data-state=name x=x width=drawn height="4"></rect> });
        from += width;
    }
    view! {
        <svg class="tally-bar" viewBox="0 0 100 4" preserveAspectRatio="none" role="img" aria-label=words(&tally)>{parts}</svg>
    }
    .into_any()
}

/// `3 back, 1 failed, 2 under way, 24 waiting`.
pub fn words(tally: &Tally) -> String {
    let parts = Kind::ALL.into_iter().filter_map(|kind| {
        let n = tally.count(kind);
        (n > 0).then(|| format!("{} {}", format::count(u64::from(n)), kind.words()))
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// `Canary`, `Wave 2`.
pub fn wave_name(wave: u32) -> String {
    if wave == 0 { "Canary".to_owned() } else { format!("Wave {wave}") }
}

/// `1 machine`, `3 machines`.
pub fn machines(n: u32) -> String {
    format::counted(u64::from(n), "machine", "machines")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_is_told_by_what_there_is() {
        let mut tally = Tally::default();
        tally.add(Kind::Back, 3);
        tally.add(Kind::Waiting, 2);
        assert_eq!(words(&tally), "3 back, 2 waiting");
    }
}
