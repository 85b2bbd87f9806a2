//! `/captures`: what was kept of disks, the newest first.

use super::HERE;
use crate::format;
use crate::parts::{Icon, icon};
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, html, when};
use axum::Extension;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::Response;
use leptos::prelude::*;
use pitstop_domain::capture::{Capture, State};
use pitstop_domain::id::CaptureId;
use pitstop_domain::job::Initiator;
use serde::Deserialize;

/// Captures of a page.
const PAGE: u32 = 50;

/// Behind which.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Which {
    after: Option<CaptureId>,
}

/// `GET /captures`
pub(super) async fn show(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Query(which): Query<Which>,
) -> Response {
    match entered.captures.all(which.after, PAGE + 1).await {
        Ok(captures) => html(StatusCode::OK, page(&frame, captures)),
        Err(failure) => frame.trouble(&failure),
    }
}

fn page(frame: &Frame, mut captures: Vec<Capture>) -> String {
    let more = captures.len() > PAGE as usize;
    captures.truncate(PAGE as usize);
    let next = captures.last().filter(|_| more).map(|last| {
        view! { <p><a class="button" href=format!("{HERE}?after={}", last.id)>"Older captures"</a></p> }
    });
    let body = match captures.is_empty() {
        true => empty().into_any(),
        false => table(&captures).into_any(),
    };
    let body = view! {
        <div class="page-head">
            <h1>"Captures"</h1>
            <p class="muted">"What was kept of disks, to be restored to this machine or another."</p>
        </div>
        {body}
        {next}
    };
    frame.live("Captures", "job", body)
}

fn empty() -> impl IntoView {
    view! {
        <section class="empty">
            <h2>"Nothing was captured yet"</h2>
            <p>"The function " <a href="/functions/capture">"Capture a disk"</a> " keeps what is on a machine's disk: its partition table, what starts it, and what is in use of each partition. Run it from the machine's page; what it kept is listed here, and can be restored."</p>
        </section>
    }
}

fn table(captures: &[Capture]) -> impl IntoView + use<> {
    let rows: Vec<_> = captures.iter().map(row).collect();
    view! {
        <table class="list">
            <caption class="sr-only">"Captures"</caption>
            <thead>
                <tr>
                    <th scope="col">"Machine"</th>
                    <th scope="col">"State"</th>
                    <th scope="col" class="number">"Stored"</th>
                    <th scope="col" class="number wide">"Disk"</th>
                    <th scope="col" class="wide">"Begun"</th>
                    <th scope="col" class="wide">"By"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

fn row(capture: &Capture) -> impl IntoView + use<> {
    let source = &capture.source;
    let of = format!("{} {}", source.device, source.model);
    view! {
        <tr>
            <th scope="row"><a href=format!("{HERE}/{}", capture.id)>{capture.machine_name.clone()}</a> <span class="under">{of}</span></th>
            <td>{state(capture.state)}</td>
            <td class="number figure">{format::bytes(capture.stored)}</td>
            <td class="number figure wide">{format::bytes(source.bytes)}</td>
            <td class="wide figure muted">{when(capture.begun_at)}</td>
            <td class="wide">{who(&capture.by)}</td>
        </tr>
    }
}

/// Shape and word.
pub(super) fn state(state: State) -> impl IntoView + use<> {
    let (hue, drawing, word) = match state {
        State::Arriving => ("running", Icon::Clock, "arriving"),
        State::Whole => ("succeeded", Icon::Check, "whole"),
        State::Broken => ("failed", Icon::Warning, "broken"),
    };
    view! { <span class="chip" data-state=hue>{icon(drawing)}{word}</span> }
}

pub(super) fn who(by: &Initiator) -> String {
    match by {
        Initiator::Person { name, .. } | Initiator::Program { name } => name.clone(),
        Initiator::Schedule { name, .. } => format!("the schedule {name}"),
        Initiator::HealthRule { name, .. } => format!("the health rule {name}"),
    }
}
