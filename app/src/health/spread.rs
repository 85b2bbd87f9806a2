//! How many machines are how well: as bars by tens of points, and as a table by what they have in common.

use super::desk::Group;
use crate::format;
use crate::machines::fleet::address::encode;
use leptos::prelude::*;
use pitstop_domain::health::spread::{Class, FAIR, Spread};
use pitstop_domain::query::Key;
use pitstop_domain::query::edit::within;

/// Lines that are shown at once; the others can be unfolded.
const AT_ONCE: usize = 12;

/// How many machines have which health, as bars with their figures. Those that are not judged stand apart.
pub(super) fn histogram(all: &Spread) -> AnyView {
    let (tens, unknown) = (all.tens(), all.of(Class::Unknown));
    let most = tens.iter().copied().chain([unknown]).max().unwrap_or(0).max(1);
    let bar = |x: f64, wide: f64, count: u64, (label, axis): (String, String), class: Class| {
        let height = (count as f64 / most as f64 * 100.0).max(if count > 0 { 2.0 } else { 0.0 });
        let (y, middle) = (120.0 - height, (x + wide / 2.0).to_string());
        view! {
            <g data-health=class.name()>
                <title>{format!("{label}: {}", format::counted(count, "machine", "machines"))}</title>
                <rect x=x.to_string() y=format!("{y:.1}") width=wide.to_string() height=format!("{height:.1}") rx="2"></rect>
                <text x=middle.clone() y=format!("{:.1}", y - 5.0)>{(count > 0).then(|| format::count(count))}</text>
                <text x=middle y="136" class="axis">{axis}</text>
            </g>
        }
    };
    let tens = tens.iter().enumerate().map(|(n, count)| {
        let (low, high) = (n * 10, if n == 9 { 100 } else { n * 10 + 9 });
        let class = Class::of(u8::try_from(low).ok());
        // Narrow enough that nobody has to scroll to those that are well.
        let axis = if n == 9 { "90–100".to_owned() } else { format!("{low}–") };
        bar(n as f64 * 38.0 + 76.0, 32.0, *count, (format!("{low}–{high}"), axis), class)
    });
    let words = Class::Unknown.words().to_owned();
    let apart = bar(8.0, 44.0, unknown, (words.clone(), words), Class::Unknown);
    let bars: Vec<_> = std::iter::once(apart).chain(tens).collect();
    view! {
        <div class="health-scroll" tabindex="0" role="region" aria-label="Machines by health">
            <svg class="histogram" viewBox="0 0 456 144" role="img" aria-label="Machines by health, in tens of points">
                <line class="apart" x1="65" y1="8" x2="65" y2="138"></line>
                {bars}
            </svg>
        </div>
        {summary(all)}
    }
    .into_any()
}

/// The classes in words, with the half of the judged.
fn summary(all: &Spread) -> AnyView {
    let part = |class: Class| {
        let count = all.of(class);
        let percent = format::percent(count, all.machines()).filter(|_| count > 0);
        let percent =
            percent.map(|percent| if percent == 0 { "under 1 %".to_owned() } else { format!("{percent} %") });
        view! {
            <li data-health=class.name()>
                <i aria-hidden="true"></i> <strong class="figure">{format::count(count)}</strong> " " {class.words()}
                {percent.map(|percent| view! { <span class="muted figure">{percent}</span> })}
            </li>
        }
    };
    let parts: Vec<_> = Class::ALL.into_iter().map(part).collect();
    let median = all.median().map(|median| {
        format!("Half of the machines that are judged have {median} points or more. Poor is below {FAIR}.")
    });
    view! { <ul class="classes">{parts}</ul><p class="muted">{median}</p> }.into_any()
}

/// A line each, where most is wrong first.
pub(super) fn table(groups: &[Group], key: Key) -> AnyView {
    let mut groups: Vec<&Group> = groups.iter().collect();
    groups.sort_by_key(|group| {
        let spread = &group.spread;
        let poor = spread.of(Class::Poor);
        (std::cmp::Reverse(poor), spread.median().unwrap_or(u8::MAX), &group.name)
    });
    let (first, rest) = groups.split_at(groups.len().min(AT_ONCE));
    let title = if key == Key::Site { "Site" } else { "Model" };
    let rest = (!rest.is_empty()).then(|| {
        view! {
            <details class="more">
                <summary>{format!("{} more", format::count(rest.len() as u64))}</summary>
                {lines(rest, key, title)}
            </details>
        }
    });
    view! { {lines(first, key, title)} {rest} }.into_any()
}

fn lines(groups: &[&Group], key: Key, title: &'static str) -> AnyView {
    let rows: Vec<_> = groups.iter().map(|group| line(group, key)).collect();
    view! {
        <table class="list spread">
            <caption class="sr-only">{format!("Health by {}, where most is wrong first", title.to_lowercase())}</caption>
            <thead><tr>
                <th scope="col">{title}</th>
                <th scope="col" class="number">"Machines"</th>
                <th scope="col" class="number">"Median"</th>
                <th scope="col" class="number">"Worst"</th>
                <th scope="col" class="number">{format!("Below {FAIR}")}</th>
            </tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn line(group: &Group, key: Key) -> AnyView {
    let spread = &group.spread;
    let words = match (group.name.as_str(), key) {
        ("", Key::Model) => "model not known",
        ("", _) => "no site",
        (name, _) => name,
    };
    let value = Some(group.name.as_str()).filter(|name| !name.is_empty());
    let link = format!("/?q={}", encode(&within("", key, value)));
    let figure = |score: Option<u8>| match score {
        Some(score) => {
            view! { <span class="figure" data-health=Class::of(Some(score)).name()>{score}</span> }.into_any()
        }
        None => view! { <span class="muted" title="no machine of these is judged">"–"</span> }.into_any(),
    };
    let poor = spread.of(Class::Poor);
    let unknown = spread.of(Class::Unknown);
    let unknown = (unknown > 0).then(|| {
        view! { <span class="muted figure">{format!("{} not judged", format::count(unknown))}</span> }
    });
    view! {
        <tr>
            <th scope="row"><a href=link rel="external">{words.to_owned()}</a> {share(spread)} {unknown}</th>
            <td class="number figure" data-label="machines">{format::count(spread.machines())}</td>
            <td class="number" data-label="median">{figure(spread.median())}</td>
            <td class="number" data-label="worst">{figure(spread.worst())}</td>
            <td class="number figure" data-label=format!("below {FAIR}")>{if poor > 0 { view! { <strong>{format::count(poor)}</strong> }.into_any() } else { view! { <span class="muted">"0"</span> }.into_any() }}</td>
        </tr>
    }
    .into_any()
}

/// How large a part is how well; the figures stand beside it.
fn share(spread: &Spread) -> AnyView {
    let all = spread.machines().max(1);
    let mut x = 0.0;
    let drawn: Vec<_> = Class::ALL
        .into_iter()
        .map(|class| {
            let (from, width) = (x, spread.of(class) as f64 / all as f64 * 200.0);
            x += width;
            view! { <rect data-health=class.name() x=format!("{from:.2}") y="0" width=format!("{width:.2}") height="10"></rect> }
        })
        .collect();
    view! { <svg class="share" viewBox="0 0 200 10" preserveAspectRatio="none" aria-hidden="true">{drawn}</svg> }
        .into_any()
}
