//! `/schedules/forecast`: what runs in the next seven days, and what that costs.

use super::calendar::HERE;
use super::desk::{Forecast, ForecastLine, SiteLine};
use crate::format::{bytes, counted, duration};
use crate::parts::{Icon, icon};
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, html, when};
use axum::Extension;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::TimeDelta;
use leptos::prelude::*;

/// `GET /schedules/forecast`
pub async fn show(frame: Frame, Extension(entered): Extension<Entered>) -> Response {
    match entered.timetable.forecast().await {
        Ok(forecast) => html(StatusCode::OK, page(&frame, &forecast)),
        Err(failure) => frame.trouble(&failure),
    }
}

fn page(frame: &Frame, forecast: &Forecast) -> String {
    let body = if forecast.lines.is_empty() {
        view! {
            <section class="empty"><h2>"Nothing in the next seven days"</h2><p>"Schedules that are not paused and come within a week are counted here: how often, on how many machines, and how much is sent to each site."</p></section>
        }
        .into_any()
    } else {
        view! { {sites(forecast)} {schedules(forecast)} }.into_any()
    };
    let sum = format!(
        "{}, {}",
        counted(u64::from(forecast.times), "time", "times"),
        counted(forecast.trips, "trip of a machine", "trips of machines")
    );
    let body = view! {
        <div class="page-head">
            <p class="crumbs"><a href=HERE>"Timetable"</a></p>
            <h1>"The next seven days"</h1>
            <p class="muted">{sum} ", until " {when(forecast.until)}</p>
        </div>
        {body}
    };
    frame.wide("The next seven days", body)
}

/// So many schedules are shown at once, those that come first; the others unfold.
const SHOWN: usize = 50;

fn schedules(forecast: &Forecast) -> AnyView {
    let (shown, more) = forecast.lines.split_at(SHOWN.min(forecast.lines.len()));
    let more = (!more.is_empty()).then(|| {
        let words = counted(more.len() as u64, "more schedule", "more schedules");
        view! { <details><summary>{words}</summary>{table("More schedules", more)}</details> }
    });
    view! {
        <section class="panel" aria-labelledby="schedules">
            <h2 id="schedules">"What runs"</h2>
            {table("Schedules", shown)}
            {more}
        </section>
    }
    .into_any()
}

fn table(label: &'static str, lines: &[ForecastLine]) -> AnyView {
    let rows: Vec<_> = lines.iter().map(schedule).collect();
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label=label>
        <table class="list">
            <thead><tr><th scope="col">"Schedule"</th><th scope="col">"Function"</th><th scope="col">"First"</th><th scope="col" class="number figure">"Times"</th><th scope="col" class="number figure">"Machines"</th><th scope="col">"Each takes"</th><th scope="col">"In the way"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
        </div>
    }
    .into_any()
}

fn schedule(line: &ForecastLine) -> AnyView {
    let takes = line.takes_s.and_then(|s| i64::try_from(s).ok());
    let takes = takes.map_or_else(|| "not known yet".to_owned(), |s| duration(TimeDelta::seconds(s)));
    let conflicts = (line.conflicts > 0).then(|| {
        let words = counted(u64::from(line.conflicts), "time", "times");
        view! { <span class="entry-note">{icon(Icon::Warning)} " " {words}</span> }
    });
    view! {
        <tr>
            <th scope="row"><a href=format!("{HERE}/{}", line.schedule)>{line.name.clone()}</a></th>
            <td>{line.function.clone()}</td>
            <td>{when(line.first)}</td>
            <td class="number figure">{counted(u64::from(line.times), "time", "times")}</td>
            <td class="number figure">{counted(line.machines as u64, "machine", "machines")}</td>
            <td>{takes}</td>
            <td>{conflicts}</td>
        </tr>
    }
    .into_any()
}

fn sites(forecast: &Forecast) -> AnyView {
    let rows: Vec<_> = forecast.sites.iter().map(site).collect();
    view! {
        <section class="panel" aria-labelledby="sites">
            <h2 id="sites">"What is sent to each site"</h2>
            <p class="muted">"The boot image of each trip, as it would be chosen now. What a task fetches besides is not counted."</p>
            <div class="table-scroll" tabindex="0" role="region" aria-label="Sites">
            <table class="list">
                <thead><tr><th scope="col">"Site"</th><th scope="col" class="number figure">"Trips"</th><th scope="col" class="number figure">"Sent"</th><th scope="col">"Without an image"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
            </div>
        </section>
    }
    .into_any()
}

fn site(line: &SiteLine) -> AnyView {
    let without = (line.without_image > 0).then(|| {
        let words = counted(line.without_image, "trip", "trips");
        view! { <span class="entry-note">{icon(Icon::Warning)} " " {words} " for which there is none"</span> }
    });
    let site = if line.site.is_empty() { "no site".to_owned() } else { line.site.clone() };
    view! {
        <tr><th scope="row">{site}</th><td class="number figure">{counted(line.trips, "trip", "trips")}</td><td class="number figure">{bytes(line.bytes)}</td><td>{without}</td></tr>
    }
    .into_any()
}
