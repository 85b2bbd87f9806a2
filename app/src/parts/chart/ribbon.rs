//! What was when: stretches of time side by side.

use leptos::prelude::*;

/// A stretch, as a share of the whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    /// The word in classes, as states have it (`own`, `maintenance`, `held` …).
    pub state: &'static str,
    /// What it was, in words.
    pub words: String,
    /// How long it was; any unit, the same for all.
    pub length: f64,
}

/// The ribbon. `from` and `to` are the words at its ends.
#[component]
pub fn Ribbon(
    label: &'static str,
    stretches: Vec<Stretch>,
    #[prop(into)] from: String,
    #[prop(into)] to: String,
) -> AnyView {
    let whole: f64 = stretches.iter().map(|stretch| stretch.length).sum();
    let mut x = 0.0;
    let mut told = Vec::new();
    let rects: Vec<_> = stretches
        .into_iter()
        .map(|stretch| {
            let width = stretch.length / whole.max(f64::MIN_POSITIVE) * 1000.0;
            let at = x;
            x += width;
            told.push(stretch.words.clone());
            view! {
                <rect data-state=stretch.state x=format!("{at:.1}") width=format!("{:.1}", (width - 2.0).max(1.0)) height="20">
                    <title>{stretch.words}</title>
                </rect>
            }
        })
        .collect();
    view! {
        <div class="ribbon">
            <svg viewBox="0 0 1000 20" preserveAspectRatio="none" role="img" aria-label=format!("{label}: {}", told.join(", "))>{rects}</svg>
            <div class="ribbon-ends"><span>{from}</span><span>{to}</span></div>
        </div>
    }
    .into_any()
}
