//! `/machines/{machine}/health`: how it is and why, its alerts, and how each figure went.

use super::board::board;
use super::chart::{chart, what_the_band_is};
use super::desk::MachinePage;
use super::elsewhere::tiding;
use super::parts::{alert, reasons, score};
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, html, when};
use axum::Extension;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use leptos::prelude::*;
use pitstop_domain::id::MachineId;
use pitstop_domain::people::{Right, Subject};
use std::collections::HashMap;

const SPANS: [(u32, &str); 4] = [(2, "2 days"), (14, "2 weeks"), (90, "3 months"), (365, "A year")];

/// `GET /machines/{machine}/health`
pub(super) async fn show(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path(machine): Path<MachineId>,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    let days = asked.get("days").and_then(|days| days.parse().ok()).unwrap_or(14).clamp(1, 400);
    match entered.health.machine(machine, days).await {
        Ok(found) => html(StatusCode::OK, page(&frame, &found, days)),
        Err(failure) => frame.trouble(&failure),
    }
}

fn page(frame: &Frame, page: &MachinePage, days: u32) -> String {
    let line = &page.line;
    let title = format!("Health of {}", line.name);
    let spans: Vec<_> = SPANS
        .iter()
        .map(|(span, words)| {
            let here = (*span == days).then_some("page");
            view! { <li><a href=format!("?days={span}") aria-current=here>{*words}</a></li> }
        })
        .collect();
    let why_not = frame.why_not(Right::LookAfter, &Subject::Somewhere);
    let alerts: Vec<_> = page.alerts.iter().map(|line| alert(line, false, why_not.as_deref())).collect();
    let alerts = (!alerts.is_empty()).then(|| {
        view! { <section class="panel" aria-labelledby="alerts"><h2 id="alerts">"Alerts"</h2><ul class="alerts">{alerts}</ul></section> }
    });
    let told: Vec<_> = page.told.iter().map(|told| tiding(told, false)).collect();
    let told = (!told.is_empty()).then(|| {
        view! { <section class="panel" aria-labelledby="told"><h2 id="told">"From elsewhere"</h2><ul class="lines tidings">{told}</ul></section> }
    });
    let asked = page.board.as_ref().map(board);
    let charts: Vec<_> = page.figures.iter().map(|went| chart(page, went)).collect();
    let nothing = charts.is_empty().then(|| {
        view! { <section class="empty"><h2>"Nothing has been measured here"</h2><p>"The agent in this machine's own system measures it once a minute. A machine without an agent tells nothing of itself; give it a Redfish route, and its management board is asked."</p></section> }
    });
    let legend = (!page.figures.is_empty()).then(|| {
        view! { <ul class="legend"><li><i class="key-band"></i>"usual here"</li><li><i class="key-line"></i>"middle of the hour"</li><li><i class="key-range"></i>"lowest to highest"</li><li><i class="key-limit"></i>"a rule begins"</li><li><i class="key-trip"></i>"in maintenance"</li></ul> }
    });
    let band = (!page.figures.is_empty()).then(|| view! { <p class="muted">{what_the_band_is(page)}</p> });
    let under = [line.site.clone(), line.model.clone()]
        .into_iter()
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>();
    let body = view! {
        <div class="page-head">
            <p class="crumbs"><a href="/health">"Health"</a> " / " <a href=format!("/machines/{}", line.machine) rel="external">{line.name.clone()}</a></p>
            <h1>{title.clone()}</h1>
            <p class="muted">{under.join(", ")} {line.seen_at.map(|at| view! { ", measured " {when(at)} })}</p>
        </div>
        <section class="panel" aria-labelledby="now"><h2 id="now">"Now"</h2>{score(&line.health)}{reasons(&line.health, 12)}</section>
        {alerts}
        {told}
        {asked}
        <nav class="tabs" aria-label="How far back"><ul>{spans}</ul></nav>
        {nothing}
        <div class="health-charts">{charts}</div>
        {legend}
        {band}
    };
    frame.live(&title, "health", body)
}
