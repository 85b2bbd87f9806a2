//! Making and changing a rule: a form that gets itself with its fields in the address, and shows what would have happened.

use super::desk::{Filled, Offer, Would};
use super::fields::fields;
use super::rules::PAGE;
use crate::Failure;
use crate::format;
use crate::parts::{Icon, icon};
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, html, refusal, when};
use crate::serve::status_of;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use chrono::TimeDelta;
use leptos::prelude::*;

/// `GET /health/rules/new`
pub(super) async fn new(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Query(filled): Query<Filled>,
) -> Response {
    match entered.health.offer(None, filled).await {
        Ok(offer) => html(StatusCode::OK, page(&frame, &offer, None)),
        Err(failure) => frame.trouble(&failure),
    }
}

/// `GET /health/rules/{rule}`
pub(super) async fn change(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path(id): Path<String>,
    Query(filled): Query<Filled>,
) -> Response {
    match entered.health.offer(Some(&id), filled).await {
        Ok(offer) => html(StatusCode::OK, page(&frame, &offer, None)),
        Err(failure) => frame.trouble(&failure),
    }
}

/// `POST /health/rules`: keeps it.
pub(super) async fn keep(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Form(filled): Form<Filled>,
) -> Response {
    match entered.health.keep(&filled).await {
        Ok(()) => Redirect::to(PAGE).into_response(),
        Err(failure @ Failure::Refused(_)) => match entered.health.offer(None, filled).await {
            Ok(offer) => html(status_of(&failure), page(&frame, &offer, Some(&failure))),
            Err(failure) => frame.trouble(&failure),
        },
        Err(failure) => frame.trouble(&failure),
    }
}

fn page(frame: &Frame, offer: &Offer, failure: Option<&Failure>) -> String {
    let id = offer.filled.get("id").filter(|id| !id.is_empty());
    let (title, action) = match id {
        Some(id) => ("Change a rule", format!("{PAGE}/{id}")),
        None => ("New rule", format!("{PAGE}/new")),
    };
    let remove = id.map(|id| {
        view! { <form method="post" action=format!("{PAGE}/{id}/remove")><button type="submit" class="button danger">"Delete the rule"</button></form> }
    });
    let body = view! {
        <div class="page-head"><p class="crumbs"><a href="/health">"Health"</a> " / " <a href=PAGE>"Rules"</a></p><h1>{title}</h1></div>
        {refusal(failure)}
        <div class="columns new-run">
            <div class="stack">
                <form method="get" action=action class="panel run-fields">
                    {fields(offer)}
                    <div class="schedule-acts">
                        <button type="submit" class="button">"Show what it would have done"</button>
                        <button type="submit" class="button primary" formmethod="post" formaction=PAGE>"Keep the rule"</button>
                    </div>
                </form>
                {remove}
            </div>
            <div class="stack">{would(offer)}</div>
        </div>
    };
    frame.wide(title, body)
}

fn would(offer: &Offer) -> AnyView {
    match &offer.would {
        None => view! { <section class="empty"><h2>"What it would have done"</h2><p>"Fill in the form and look: on which machines it would have fired in the last 30 days, how many trips that would have been, and when it would have asked a person instead."</p></section> }.into_any(),
        Some(Err(why)) => view! {
            <section class="panel" aria-labelledby="would"><h2 id="would">"What it would have done"</h2>
            <div class="notice bad" role="alert">{icon(Icon::Warning)} <p>{why.clone()}</p></div></section>
        }
        .into_any(),
        Some(Ok(would)) => preview(would),
    }
}

fn preview(would: &Would) -> AnyView {
    let n = |n: usize, one: &'static str, many: &'static str| format::counted(n as u64, one, many);
    let cost = would.usual_s.map(|each| {
        let all =
            TimeDelta::seconds(i64::try_from(each).unwrap_or_default().saturating_mul(would.trips as i64));
        let each = TimeDelta::seconds(i64::try_from(each).unwrap_or_default());
        format!("A trip usually takes {}: {} in all.", format::duration(each), format::duration(all))
    });
    let blind = (would.measured < would.watched).then(|| {
        let unmeasured = would.watched - would.measured;
        view! { <div class="notice warn">{icon(Icon::Eye)} <p>{format!("Of {} no hour is measured: it would not have fired there, and that says nothing about them.", n(unmeasured, "machine", "machines"))}</p></div> }
    });
    let deaf = would.deaf.then(|| {
        view! { <div class="notice warn">{icon(Icon::Eye)} <p>"What others told in these days is not kept: what it would have done for that is not known."</p></div> }
    });
    let storms: Vec<_> = would
        .storms
        .iter()
        .take(5)
        .map(|(at, machines)| view! { <div class="notice warn">{icon(Icon::Question)} <p>{when(*at)} {format!(": it would have fired on {} at once, started nothing and asked a person.", n(*machines, "machine", "machines"))}</p></div> })
        .collect();
    let fired: Vec<_> = would
        .fired
        .iter()
        .map(|(machine, name, at, until, trip)| {
            let until = until.map(|until| view! { " to " {when(until)} });
            let trip = if *trip { "a trip" } else { "no trip" };
            view! { <li><a href=format!("/machines/{machine}/health")>{name.clone()}</a><span>{when(*at)} {until} ", " {trip}</span></li> }
        })
        .collect();
    let more = would.fired_in_all.saturating_sub(would.fired.len());
    let more = (more > 0).then(|| view! { <p class="muted">{format!("and {more} times more")}</p> });
    view! {
        <section class="panel" aria-labelledby="would">
            <h2 id="would">"What it would have done in 30 days"</h2>
            <p class="would-words">"When " {would.words.clone()}</p>
            <p>{format!("Fired {} on {} of {}, {}.", n(would.fired_in_all, "time", "times"), n(would.machines, "machine", "machines"), would.watched, n(would.trips, "trip", "trips"))} " " {cost}</p>
            {blind} {deaf}{storms}
            <ul class="lines">{fired}</ul>
            {more}
            <p class="muted">"By the middles of hours, with what is usual now: what lasts less than an hour does not show, and brakes over all rules are not counted."</p>
        </section>
    }
    .into_any()
}
