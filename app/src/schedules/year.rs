//! A year at a glance: each day as dark as there is to do, with a mark where something stands in the way.

use super::calendar::address;
use super::desk::{Asked, DayLine, Days, View};
use chrono::Datelike;
use leptos::prelude::*;

const WEEKDAYS: [&str; 7] = ["M", "T", "W", "T", "F", "S", "S"];

pub(super) fn year(asked: &Asked, days: &Days) -> AnyView {
    let most = days.days.iter().map(|day| day.sum.times).max().unwrap_or_default();
    let months: Vec<_> = days
        .days
        .chunk_by(|one, next| one.date.month() == next.date.month())
        .map(|month| self::month(asked, days, month, most))
        .collect();
    view! { <div class="year">{months}</div> }.into_any()
}

fn month(asked: &Asked, days: &Days, month: &[DayLine], most: u32) -> AnyView {
    let Some(first) = month.first() else { return ().into_any() };
    let title = first.date.format("%B").to_string();
    let blank = usize::try_from(first.date.weekday().num_days_from_monday()).unwrap_or_default();
    let cells: Vec<Option<&DayLine>> =
        std::iter::repeat_n(None, blank).chain(month.iter().map(Some)).collect();
    let weeks: Vec<_> = cells
        .chunks(7)
        .map(|week| {
            let cells: Vec<_> = week.iter().map(|day| cell(asked, days, *day, most)).collect();
            view! { <tr>{cells}</tr> }
        })
        .collect();
    let heads: Vec<_> = WEEKDAYS.iter().map(|day| view! { <th scope="col">{*day}</th> }).collect();
    view! {
        <table class="year-month">
            <caption>{title}</caption>
            <thead><tr>{heads}</tr></thead>
            <tbody>{weeks}</tbody>
        </table>
    }
    .into_any()
}

fn cell(asked: &Asked, days: &Days, day: Option<&DayLine>, most: u32) -> AnyView {
    let Some(day) = day else { return view! { <td></td> }.into_any() };
    let today = (day.date == days.today).then_some("date");
    let number = day.date.format("%-d").to_string();
    let words = words(day);
    let href = address(asked, View::Day, day.date);
    let conflicts = (day.sum.conflicts > 0 || day.sum.failed > 0).then_some("true");
    let dark = (!day.blackouts.is_empty()).then_some("true");
    view! {
        <td aria-current=today>
            <a href=href title=words.clone() aria-label=words data-load=load(day.sum.times, most).to_string() data-conflict=conflicts data-dark=dark>{number}</a>
        </td>
    }
    .into_any()
}

/// `12 December: 40 times, 2 with a conflict; blackout: Exams`
fn words(day: &DayLine) -> String {
    let sum = day.sum;
    let times = if sum.times == 1 { "1 time".to_owned() } else { format!("{} times", sum.times) };
    let mut words = format!("{}: {times}", day.date.format("%-d %B"));
    if sum.conflicts > 0 {
        words += &format!(", {} with a conflict", sum.conflicts);
    }
    if sum.failed > 0 {
        words += &format!(", {} failed", sum.failed);
    }
    if !day.blackouts.is_empty() {
        let titles: Vec<_> = day.blackouts.iter().map(|line| line.title.as_str()).collect();
        words += &format!("; blackout: {}", titles.join(", "));
    }
    words
}

/// 0 is nothing, 4 the most there is.
fn load(times: u32, most: u32) -> u32 {
    if times == 0 { 0 } else { (times * 4).div_ceil(most.max(1)).clamp(1, 4) }
}

#[cfg(test)]
mod tests {
    use super::load;

    #[test]
    fn a_day_is_as_dark_as_there_is_to_do() {
        assert_eq!([0, 1, 25, 26, 76, 100].map(|times| load(times, 100)), [0, 1, 1, 2, 4, 4]);
        assert_eq!((load(0, 0), load(1, 1)), (0, 4));
    }
}
