//! Making and changing a schedule: a form that gets itself with its fields in the address, and shows what would happen.

use super::calendar::{HERE, entry_row};
use super::desk::{Filled, Offer, Would};
use super::fields::fields;
use crate::Failure;
use crate::parts::{Icon, icon};
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, html, refusal};
use crate::serve::status_of;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use leptos::prelude::*;

/// `GET /schedules/new`
pub async fn new(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Query(filled): Query<Filled>,
) -> Response {
    match entered.timetable.offer(None, filled).await {
        Ok(offer) => html(StatusCode::OK, page(&frame, &offer, None)),
        Err(failure) => frame.trouble(&failure),
    }
}

/// `GET /schedules/{schedule}/edit`
pub async fn change(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path(id): Path<String>,
    Query(filled): Query<Filled>,
) -> Response {
    match entered.timetable.offer(Some(&id), filled).await {
        Ok(offer) => html(StatusCode::OK, page(&frame, &offer, None)),
        Err(failure) => frame.trouble(&failure),
    }
}

/// `POST /schedules`: keeps it.
pub async fn keep(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Form(filled): Form<Filled>,
) -> Response {
    match entered.timetable.keep(&filled).await {
        Ok(id) => Redirect::to(&format!("{HERE}/{id}")).into_response(),
        Err(failure @ Failure::Refused(_)) => match entered.timetable.offer(None, filled).await {
            Ok(offer) => html(status_of(&failure), page(&frame, &offer, Some(&failure))),
            Err(failure) => frame.trouble(&failure),
        },
        Err(failure) => frame.trouble(&failure),
    }
}

fn page(frame: &Frame, offer: &Offer, failure: Option<&Failure>) -> String {
    let id = offer.filled.get("id").filter(|id| !id.is_empty());
    let (title, action) = match id {
        Some(id) => ("Change a schedule", format!("{HERE}/{id}/edit")),
        None => ("New schedule", format!("{HERE}/new")),
    };
    let body = view! {
        <div class="page-head">
            <p class="crumbs"><a href=HERE>"Timetable"</a></p>
            <h1>{title}</h1>
        </div>
        {refusal(failure)}
        <div class="columns new-run">
            <form method="get" action=action class="panel run-fields">
                {fields(offer)}
                <div class="schedule-acts">
                    <button type="submit" class="button">"Show what would happen"</button>
                    <button type="submit" class="button primary" formmethod="post" formaction=HERE>"Keep the schedule"</button>
                </div>
            </form>
            <div class="stack">{would(offer)}</div>
        </div>
    };
    frame.wide(title, body)
}

fn would(offer: &Offer) -> AnyView {
    match &offer.would {
        None => view! {
            <section class="empty"><h2>"What would happen"</h2><p>"Fill in the form and look: the next ten times, in the schedule's zone and in yours, and what stands in their way."</p></section>
        }
        .into_any(),
        Some(Err(why)) => view! {
            <section class="panel" aria-labelledby="would"><h2 id="would">"What would happen"</h2>
            <div class="notice bad" role="alert">{icon(Icon::Warning)} <p>{why.clone()}</p></div></section>
        }
        .into_any(),
        Some(Ok(would)) => preview(would),
    }
}

fn preview(would: &Would) -> AnyView {
    let next: Vec<_> = would.next.iter().map(|entry| view! { <li>{entry_row(entry)}</li> }).collect();
    let notes: Vec<_> = would
        .notes
        .iter()
        .map(|note| view! { <div class="notice warn">{icon(Icon::Warning)} <p>{note.clone()}</p></div> })
        .collect();
    let never = next.is_empty().then(|| view! { <p class="notice bad">"It never comes."</p> });
    view! {
        <section class="panel" aria-labelledby="would">
            <h2 id="would">"What would happen"</h2>
            <p class="would-words">{would.words.clone()}</p>
            <p class="muted">{would.machines.clone()}</p>
            {notes}
            {never}
            <h3>"The next times, by the clocks of " {would.zone.clone()}</h3>
            <ol class="entries">{next}</ol>
        </section>
    }
    .into_any()
}
