//! `/health`: how all machines are, by site and by model, and the worst of them.

use super::desk::{Fleet, Group, Line};
use super::parts::{reasons, score, stopped, tabs, word_of};
use crate::format;
use crate::machines::fleet::address::encode;
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, html, when};
use axum::Extension;
use axum::http::StatusCode;
use axum::response::Response;
use leptos::prelude::*;

/// `GET /health`
pub(super) async fn show(frame: Frame, Extension(entered): Extension<Entered>) -> Response {
    match entered.health.fleet().await {
        Ok(fleet) => html(StatusCode::OK, page(&frame, &fleet)),
        Err(failure) => frame.trouble(&failure),
    }
}

fn page(frame: &Frame, fleet: &Fleet) -> String {
    let mut all = Group { name: "All machines".to_owned(), ..Group::default() };
    for group in &fleet.sites {
        all.unknown += group.unknown;
        for (sum, here) in all.tens.iter_mut().zip(group.tens) {
            *sum += here;
        }
    }
    let known: u64 = all.tens.iter().sum();
    let (open, person) = fleet.alerts;
    let machines = format::counted(known + all.unknown, "machine", "machines");
    let count = match all.unknown {
        0 => machines,
        unknown => format!("{machines}, of {} nothing is known", format::count(unknown)),
    };
    let body = view! {
        <div class="page-head"><h1>"Health"</h1><p class="muted">{count}</p></div>
        {tabs("/health")}
        {stopped(&fleet.guard)}
        {(open > 0).then(|| view! { <p><a href="/health/alerts">{format::counted(open, "open alert", "open alerts")}</a> {(person > 0).then(|| format!(", {} a person", format::counted(person, "needs", "need")))}</p> })}
        {if fleet.worst.is_empty() { nothing() } else { overview(&all, fleet) }}
    };
    frame.live("Health", "health", body)
}

fn nothing() -> AnyView {
    view! {
        <section class="empty">
            <h2>"Nothing has been measured yet"</h2>
            <p>"The agent in a machine's own system measures it once a minute: processor, memory, disks, heat, errors. The first figures are here a minute or two after it starts. What is usual for a machine is known after a day."</p>
        </section>
    }
    .into_any()
}

fn overview(all: &Group, fleet: &Fleet) -> AnyView {
    let worst: Vec<_> = fleet.worst.iter().map(row).collect();
    view! {
        <section class="panel" aria-labelledby="distribution"><h2 id="distribution">"Distribution"</h2>{histogram(all)}</section>
        <div class="columns">
            <section class="panel" aria-labelledby="sites"><h2 id="sites">"By site"</h2>{groups(&fleet.sites, "site")}</section>
            <section class="panel" aria-labelledby="models"><h2 id="models">"By model"</h2>{groups(&fleet.models, "model")}</section>
        </div>
        <section class="panel" aria-labelledby="worst"><h2 id="worst">"The worst"</h2>
            <table class="list"><caption class="sr-only">"Machines, the worst first"</caption>
                <thead><tr><th scope="col">"Machine"</th><th scope="col">"Health"</th><th scope="col">"Why"</th><th scope="col" class="wide">"Measured"</th></tr></thead>
                <tbody>{worst}</tbody>
            </table>
        </section>
    }
    .into_any()
}

fn row(line: &Line) -> impl IntoView + use<> {
    let under = [line.site.clone(), line.model.clone()].into_iter().filter(|word| !word.is_empty());
    let under = under.collect::<Vec<_>>().join(", ");
    view! {
        <tr>
            <th scope="row"><a href=format!("/machines/{}/health", line.machine)>{line.name.clone()}</a><br/><span class="muted">{under}</span></th>
            <td>{score(&line.health)}</td>
            <td>{reasons(&line.health, 2)}</td>
            <td class="wide">{line.seen_at.map(when)}</td>
        </tr>
    }
}

/// How many machines have which health, as bars with their figures.
fn histogram(group: &Group) -> AnyView {
    let most = group.tens.iter().copied().chain([group.unknown]).max().unwrap_or(0).max(1);
    let bar = |n: usize, count: u64, label: String, word: &'static str| {
        let height = (count as f64 / most as f64 * 100.0).max(if count > 0 { 2.0 } else { 0.0 });
        let (x, y) = (n as f64 * 56.0 + 4.0, 120.0 - height);
        view! {
            <g data-health=word>
                <title>{format!("{label}: {}", format::counted(count, "machine", "machines"))}</title>
                <rect x=x.to_string() y=format!("{y:.1}") width="48" height=format!("{height:.1}") rx="2"></rect>
                <text x=(x + 24.0).to_string() y=format!("{:.1}", y - 5.0)>{(count > 0).then(|| format::count(count))}</text>
                <text x=(x + 24.0).to_string() y="136" class="axis">{label.clone()}</text>
            </g>
        }
    };
    let tens = group.tens.iter().enumerate().map(|(n, count)| {
        let (low, high) = (n * 10, if n == 9 { 100 } else { n * 10 + 9 });
        let word = word_of(u8::try_from(low).ok()).0;
        bar(n + 1, *count, format!("{low}–{high}"), word)
    });
    let bars: Vec<_> =
        std::iter::once(bar(0, group.unknown, "unknown".to_owned(), "unknown")).chain(tens).collect();
    view! {
        <div class="health-scroll" tabindex="0" role="region" aria-label="Machines by health"><svg class="histogram" viewBox="0 0 624 144" role="img" aria-label="Machines by health, in tens of points">{bars}</svg></div>
    }
    .into_any()
}

/// A line each: how large a part is how well.
fn groups(groups: &[Group], key: &'static str) -> AnyView {
    let rows: Vec<_> = groups.iter().map(|group| share(group, key)).collect();
    view! { <ul class="shares">{rows}</ul> }.into_any()
}

fn share(group: &Group, key: &'static str) -> AnyView {
    let sum =
        |range: std::ops::Range<usize>| group.tens.get(range).map_or(0, |tens| tens.iter().sum::<u64>());
    let parts = [("well", sum(8..10)), ("fair", sum(5..8)), ("poor", sum(0..5)), ("unknown", group.unknown)];
    let all = parts.iter().map(|(_, n)| n).sum::<u64>().max(1);
    let mut x = 0.0;
    let drawn: Vec<_> = parts
        .iter()
        .map(|(word, n)| {
            let (from, width) = (x, *n as f64 / all as f64 * 200.0);
            x += width;
            view! { <rect data-health=*word x=format!("{from:.2}") y="0" width=format!("{width:.2}") height="10"></rect> }
        })
        .collect();
    let said: Vec<_> = parts
        .iter()
        .filter(|(_, n)| *n > 0)
        .map(|(word, n)| format!("{} {word}", format::count(*n)))
        .collect();
    let name = if group.name.is_empty() { "not known".to_owned() } else { group.name.clone() };
    let link = format!("/?q={}", encode(&format!("{key}:\"{}\"", group.name)));
    view! {
        <li>
            <a href=link rel="external">{name}</a>
            <svg class="share" viewBox="0 0 200 10" preserveAspectRatio="none" aria-hidden="true">{drawn}</svg>
            <span class="muted figure">{said.join(", ")}</span>
        </li>
    }
    .into_any()
}
