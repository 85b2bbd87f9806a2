//! How much, cell by cell: weeks side by side, days below each other.

use leptos::prelude::*;

/// Width of a cell with its gap, in the drawing's units.
const PITCH: usize = 14;

/// One cell a value, column by column. `words`: what it shows, with figures, for those who do not see it.
#[component]
pub fn Heat(values: Vec<u32>, rows: usize, #[prop(into)] words: String) -> AnyView {
    let rows = rows.max(1);
    let top = values.iter().copied().max().unwrap_or(0);
    let (width, height) = (values.len().div_ceil(rows) * PITCH, rows * PITCH);
    let cells: Vec<_> = values
        .into_iter()
        .enumerate()
        .map(|(i, value)| {
            let (x, y) = (i / rows * PITCH, i % rows * PITCH);
            view! { <rect data-level=level(value, top).to_string() x=x.to_string() y=y.to_string() width="12" height="12" rx="2"></rect> }
        })
        .collect();
    view! {
        <figure class="heat">
            <svg role="img" aria-label=words width=width.to_string() height=height.to_string() viewBox=format!("0 0 {width} {height}")>{cells}</svg>
        </figure>
    }
    .into_any()
}

/// None, and four grades of some.
fn level(value: u32, top: u32) -> u32 {
    if value == 0 { 0 } else { (value * 4).div_ceil(top.max(1)).clamp(1, 4) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_nothing_has_the_grade_of_nothing() {
        assert_eq!([0, 1, 25, 26, 100].map(|n| level(n, 100)), [0, 1, 1, 2, 4]);
    }
}
