//! A line as small as a word.

use leptos::prelude::*;
use std::fmt::Write;

const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 28.0;

/// How a figure went, oldest first. `limit`: where it begins to matter. `words` say the same.
#[component]
pub fn Sparkline(
    values: Vec<f64>,
    #[prop(optional)] limit: Option<f64>,
    #[prop(into)] words: String,
) -> AnyView {
    let over = limit.is_some_and(|limit| values.last().is_some_and(|last| *last > limit));
    let top = values.iter().copied().chain(limit).fold(f64::MIN, f64::max);
    let low = values.iter().copied().chain(limit).fold(f64::MAX, f64::min);
    let line = line(&values, low, top);
    let ground = format!("{line}L{WIDTH} {HEIGHT}L0 {HEIGHT}z");
    let limit = limit.map(|limit| {
        let y = place(limit, low, top).to_string();
        view! { <line class="spark-limit" x1="0" x2=WIDTH.to_string() y1=y.clone() y2=y></line> }
    });
    view! {
        <span class="spark" data-over=over.then_some("")>
            <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" aria-hidden="true" focusable="false">
                <path class="spark-ground" d=ground></path>
                {limit}
                <path class="spark-line" d=line></path>
            </svg>
            <span class="figure">{words}</span>
        </span>
    }
    .into_any()
}

fn line(values: &[f64], low: f64, top: f64) -> String {
    let step = WIDTH / (values.len().max(2) - 1) as f64;
    let mut d = String::new();
    for (i, value) in values.iter().enumerate() {
        let letter = if i == 0 { 'M' } else { 'L' };
        let _ = write!(d, "{letter}{:.1} {:.1}", i as f64 * step, place(*value, low, top));
    }
    d
}

/// A figure that never moved runs through the middle.
fn place(value: f64, low: f64, top: f64) -> f64 {
    let share = if top > low { (value - low) / (top - low) } else { 0.5 };
    HEIGHT - 2.0 - share * (HEIGHT - 4.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_runs_from_edge_to_edge_and_higher_is_more() {
        assert_eq!(line(&[0.0, 1.0], 0.0, 1.0), "M0.0 26.0L120.0 2.0");
        assert_eq!(line(&[7.0], 7.0, 7.0), "M0.0 14.0");
    }
}
