//! `/health`: how all machines are, how that went, by site and by model, and the worst of them.

use super::desk::{Fleet, Group, Line};
use super::parts::{reasons, score, stopped, tabs};
use super::spread::{histogram, table};
use super::trend::trend;
use crate::format;
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, html, when};
use axum::Extension;
use axum::http::StatusCode;
use axum::response::Response;
use leptos::prelude::*;
use pitstop_domain::health::spread::{Class, Spread};
use pitstop_domain::query::Key;

/// `GET /health`
pub(super) async fn show(frame: Frame, Extension(entered): Extension<Entered>) -> Response {
    match entered.health.fleet().await {
        Ok(fleet) => html(StatusCode::OK, page(&frame, &fleet)),
        Err(failure) => frame.trouble(&failure),
    }
}

fn page(frame: &Frame, fleet: &Fleet) -> String {
    let all = together(&fleet.sites);
    let (open, person) = fleet.alerts;
    let machines = format::counted(all.machines(), "machine", "machines");
    let count = match all.of(Class::Unknown) {
        0 => machines,
        unknown => format!("{machines}, {} not judged", format::count(unknown)),
    };
    let body = view! {
        <div class="page-head"><h1>"Health"</h1><p class="muted">{count} {fleet.counted_at.map(|at| view! { ", counted " {when(at)} })}</p></div>
        {tabs("/health")}
        {stopped(&fleet.guard)}
        {(open > 0).then(|| view! { <p><a href="/health/alerts">{format::counted(open, "open alert", "open alerts")}</a> {(person > 0).then(|| format!(", {} a person", format::counted(person, "needs", "need")))}</p> })}
        {if fleet.worst.is_empty() { nothing() } else { overview(&all, fleet) }}
    };
    frame.live("Health", "health", body)
}

fn together(groups: &[Group]) -> Spread {
    let mut all = Spread::default();
    groups.iter().for_each(|group| all.join(&group.spread));
    all
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

fn overview(all: &Spread, fleet: &Fleet) -> AnyView {
    let worst: Vec<_> = fleet.worst.iter().map(row).collect();
    view! {
        <div class="health-columns">
            <section class="panel" aria-labelledby="distribution"><h2 id="distribution">"Distribution"</h2>{histogram(all)}</section>
            <section class="panel" aria-labelledby="trend"><h2 id="trend">"The last thirty days"</h2>{trend(&fleet.days, fleet.today)}</section>
        </div>
        <div class="health-columns">
            <section class="panel" aria-labelledby="sites"><h2 id="sites">"By site"</h2>{table(&fleet.sites, Key::Site)}</section>
            <section class="panel" aria-labelledby="models"><h2 id="models">"By model"</h2>{table(&fleet.models, Key::Model)}</section>
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
