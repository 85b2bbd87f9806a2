//! How health went: a column a day, with the shares of machines that were how well. A day on which nobody counted is a gap,
//! and what was not judged is no health.

use super::desk::Day;
use crate::format;
use chrono::{Days, NaiveDate};
use leptos::prelude::*;
use pitstop_domain::health::spread::Class;

const DAYS: u64 = 30;
const WIDE: f64 = 12.0;
const HIGH: f64 = 120.0;

/// Drawn from the bottom up: what is wrong stands on the ground, where it is compared best.
const STACKED: [usize; 4] = [2, 1, 0, 3];

pub(super) fn trend(days: &[Day], today: NaiveDate) -> AnyView {
    if days.is_empty() {
        return view! { <p class="muted">"The first day is counted within minutes of the first figures."</p> }
            .into_any();
    }
    let first = today - Days::new(DAYS - 1);
    let columns: Vec<_> = days
        .iter()
        .filter_map(|day| {
            let nth = u64::try_from((day.day - first).num_days()).ok().filter(|nth| *nth < DAYS)?;
            Some(column(day, nth as f64 * WIDE))
        })
        .collect();
    let label = words(days);
    view! {
        <div class="health-scroll" tabindex="0" role="region" aria-label="Shares of machines by health, day by day">
            <svg class="trend" viewBox=format!("0 0 {:.0} 144", DAYS as f64 * WIDE) role="img" aria-label=label.clone()>
                <rect class="ground" x="0" y="0" width=(DAYS as f64 * WIDE).to_string() height=HIGH.to_string()></rect>
                {columns}
                <text x="0" y="138" class="axis start">{short(first)}</text>
                <text x=(DAYS as f64 * WIDE).to_string() y="138" class="axis end">"today"</text>
            </svg>
        </div>
        <p class="muted">{label}</p>
        {figures(days)}
    }
    .into_any()
}

fn column(day: &Day, x: f64) -> AnyView {
    let all = day.machines.iter().sum::<u64>().max(1);
    let mut y = HIGH;
    let parts: Vec<_> = STACKED
        .into_iter()
        .map(|place| {
            let height = day.machines[place] as f64 / all as f64 * HIGH;
            y -= height;
            view! { <rect data-health=Class::ALL[place].name() x=format!("{:.0}", x + 1.0) y=format!("{y:.2}") width=format!("{:.0}", WIDE - 2.0) height=format!("{height:.2}")></rect> }
        })
        .collect();
    view! { <g><title>{format!("{}: {}", short(day.day), said(day))}</title>{parts}</g> }.into_any()
}

/// Of the judged, what was well on the first day and on the last.
fn words(days: &[Day]) -> String {
    let well = |day: &Day| {
        let [well, fair, poor, _] = day.machines;
        format::percent(well, well + fair + poor)
    };
    let told = |day: &Day| match well(day) {
        Some(percent) => format!("{percent} % of the judged machines were well on {}", short(day.day)),
        None => format!("no machine was judged on {}", short(day.day)),
    };
    match days {
        [] => String::new(),
        [only] => format::sentence(&told(only)),
        [first, .., last] => format::sentence(&format!("{}, {}", told(first), told(last))),
    }
}

/// The same as figures, for who does not see the drawing.
fn figures(days: &[Day]) -> AnyView {
    let rows: Vec<_> = days
        .iter()
        .rev()
        .map(|day| {
            let cells: Vec<_> = day
                .machines
                .iter()
                .map(|n| view! { <td class="number figure">{format::count(*n)}</td> })
                .collect();
            view! { <tr><th scope="row">{short(day.day)}</th>{cells}</tr> }
        })
        .collect();
    let heads: Vec<_> = Class::ALL
        .map(|class| view! { <th scope="col" class="number">{format::begin(class.words())}</th> })
        .into_iter()
        .collect();
    view! {
        <details class="more">
            <summary>"As figures"</summary>
            <table class="list"><caption class="sr-only">"Machines by health, the newest day first"</caption>
                <thead><tr><th scope="col">"Day (UTC)"</th>{heads}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </details>
    }
    .into_any()
}

fn said(day: &Day) -> String {
    let part = |(class, n): (Class, u64)| format!("{} {}", format::count(n), class.words());
    Class::ALL.into_iter().zip(day.machines).filter(|(_, n)| *n > 0).map(part).collect::<Vec<_>>().join(", ")
}

fn short(day: NaiveDate) -> String {
    day.format("%-d %b").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(n: u32, machines: [u64; 4]) -> Day {
        Day { day: NaiveDate::from_ymd_opt(2026, 11, n).unwrap_or_default(), machines }
    }

    #[test]
    fn shares_are_of_the_judged_and_a_day_without_any_says_so() {
        assert_eq!(words(&[day(3, [9, 1, 0, 90])]), "90 % of the judged machines were well on 3 Nov.");
        let both = words(&[day(1, [0, 0, 0, 5]), day(2, [1, 1, 1, 0])]);
        assert_eq!(both, "No machine was judged on 1 Nov, 33 % of the judged machines were well on 2 Nov.");
    }

    #[test]
    fn a_day_is_told_with_what_was_not_judged() {
        assert_eq!(said(&day(3, [9, 0, 1, 2])), "9 well, 1 poor, 2 not judged");
    }
}
