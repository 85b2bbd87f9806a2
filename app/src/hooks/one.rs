//! `/settings/webhooks/{webhook}`: one, with what was delivered.

use super::desk::{Act, Asked, Did};
use super::list::{figures, how, secret_page, state};
use super::{HERE, form};
use crate::Failure;
use crate::format;
use crate::health::desk::Filled;
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
use pitstop_domain::hook::{Delivery, DeliveryState, Standing};
use serde::Deserialize;

/// Deliveries of a page.
const PAGE: u32 = 50;

/// How far back deliveries are sent again, in hours.
const SINCE: [(u32, &str); 4] =
    [(1, "the last hour"), (24, "a day"), (72, "three days"), (336, "all that is kept")];

/// Which deliveries.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Which {
    #[serde(default)]
    failed: String,
    before: Option<i64>,
}

impl Which {
    fn asked(&self) -> Asked {
        Asked { failed: !self.failed.is_empty(), before: self.before, limit: PAGE }
    }
}

/// `GET /settings/webhooks/{webhook}`
pub(super) async fn show(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
) -> Response {
    page(&frame, &entered, &id, &which.asked(), None).await
}

/// `POST /settings/webhooks/{webhook}`: another address, other events.
pub(super) async fn change(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path(id): Path<String>,
    Form(filled): Form<Filled>,
) -> Response {
    let done = entered.hooks.change(&id, &form::read(&filled)).await;
    told(&frame, &entered, &id, done).await
}

/// `POST /settings/webhooks/{webhook}/{act}`: `test`, `rotate`, `pause`, `resume`, `remove`, `again`.
pub(super) async fn act(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path((id, act)): Path<(String, String)>,
    Form(filled): Form<Filled>,
) -> Response {
    let hours = filled.get("hours").and_then(|hours| hours.parse().ok()).unwrap_or(SINCE[3].0);
    let act = match act.as_str() {
        "again" => Some(Act::Again { since: entered.hooks.now() - TimeDelta::hours(i64::from(hours)) }),
        name => Act::of_name(name),
    };
    let Some(act) = act else {
        // Whether they may is said before what there is.
        let failure = entered.hooks.one(&id).await.err().unwrap_or_else(|| Failure::not_found("act"));
        return frame.trouble(&failure);
    };
    match entered.hooks.act(&id, act).await {
        Ok(Did::Secret(secret)) => match entered.hooks.one(&id).await {
            Ok(standing) => html(StatusCode::OK, secret_page(&frame, &standing, secret.expose())),
            Err(failure) => frame.trouble(&failure),
        },
        Ok(_) if act == Act::Remove => Redirect::to(HERE).into_response(),
        done => told(&frame, &entered, &id, done.map(drop)).await,
    }
}

/// `POST /settings/webhooks/{webhook}/deliveries/{delivery}`: sends it again.
pub(super) async fn again(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path((id, delivery)): Path<(String, i64)>,
) -> Response {
    let done = entered.hooks.send_again(&id, delivery).await;
    told(&frame, &entered, &id, done).await
}

async fn told(frame: &Frame, entered: &Entered, id: &str, done: Result<(), Failure>) -> Response {
    match done {
        Ok(()) => Redirect::to(&format!("{HERE}/{id}")).into_response(),
        Err(failure @ Failure::Refused(_)) => {
            page(frame, entered, id, &Which::default().asked(), Some(&failure)).await
        }
        Err(failure) => frame.trouble(&failure),
    }
}

async fn page(
    frame: &Frame,
    entered: &Entered,
    id: &str,
    asked: &Asked,
    failure: Option<&Failure>,
) -> Response {
    let desk = &entered.hooks;
    let (standing, deliveries) = match (desk.one(id).await, desk.deliveries(id, asked).await) {
        (Ok(standing), Ok(deliveries)) => (standing, deliveries),
        (Err(why), _) | (_, Err(why)) => return frame.trouble(&why),
    };
    let hook = &standing.hook;
    let paused = standing.paused.as_ref().map(|paused| {
        let by = paused.by.clone().unwrap_or_else(|| "Pitstop itself".to_owned());
        view! { <div class="notice warn">{icon(Icon::Pause)} <p>"Paused by " {by} ", " {when(paused.at)} ": " {paused.why.clone()} ". What happens meanwhile waits for two weeks."</p></div> }
    });
    let query =
        (!hook.query.is_empty()).then(|| view! { " · machines of " <code>{hook.query.clone()}</code> });
    let kinds: Vec<_> =
        hook.kinds.iter().map(|kind| view! { <span class="tag">{kind.name()}</span> }).collect();
    let body = view! {
        <div class="page-head"><p class="crumbs"><a href=HERE>"Webhooks"</a></p><h1>{hook.name.clone()}</h1> {state(&standing)}</div>
        {refusal(failure)}
        {paused}
        <section class="panel">
            <p class="hook-url">{hook.url.as_str().to_owned()} {query}</p>
            <p>{kinds}</p>
            {figures(&standing)}
            {acts(&standing)}
        </section>
        {log(&standing, asked, deliveries)}
        {settings(&standing)}
        {how()}
    };
    html(failure.map_or(StatusCode::OK, status_of), frame.following(&hook.name, "hook", body))
}

fn press(standing: &Standing, act: &str, words: &'static str, class: &'static str) -> impl IntoView + use<> {
    let to = format!("{HERE}/{}/{act}", standing.hook.id);
    view! { <form method="post" action=to><button type="submit" class=class>{words}</button></form> }
}

fn acts(standing: &Standing) -> impl IntoView + use<> {
    let going = match standing.paused {
        Some(_) => view! { {press(standing, "resume", "Resume", "button primary")} }.into_any(),
        None => view! { {press(standing, "test", "Send a test", "button primary")} {press(standing, "pause", "Pause", "button")} }.into_any(),
    };
    view! { <div class="alert-acts">{going}</div> }
}

/// What is done seldom.
fn settings(standing: &Standing) -> impl IntoView + use<> {
    let former = standing
        .former_until
        .map(|until| view! { <p class="muted">"Deliveries are signed with the former secret, too, until " {when(until)} "."</p> });
    view! {
        <section class="panel run-fields" aria-labelledby="settings">
            <h2 id="settings">"Settings"</h2>
            <details class="more" id="change"><summary>"Change address, events or machines"</summary>
                <form method="post" action=format!("{HERE}/{}", standing.hook.id) class="stack-tight">
                    {form::fields(&form::written(&standing.hook))}
                    <button type="submit" class="button">"Keep"</button>
                </form>
            </details>
            {former}
            <p class="muted">"Changed last by " {standing.changed_by.clone()} ", " {when(standing.changed_at)} "."</p>
            <div class="alert-acts">
                {press(standing, "rotate", "Make another secret", "button")}
                {press(standing, "remove", "Remove the webhook", "button danger")}
            </div>
        </section>
    }
}

fn log(standing: &Standing, asked: &Asked, mut deliveries: Vec<Delivery>) -> AnyView {
    let here = format!("{HERE}/{}", standing.hook.id);
    let more = deliveries.len() > PAGE as usize;
    deliveries.truncate(PAGE as usize);
    let words = if asked.failed { "failed=yes&" } else { "" };
    let older = deliveries.last().filter(|_| more).map(|last| {
        view! { <a class="button" href=format!("{here}?{words}before={}", last.id)>"Older"</a> }
    });
    let tab = |href: String, words: &'static str, is_here: bool| {
        view! { <li><a href=href aria-current=is_here.then_some("page")>{words}</a></li> }
    };
    let rows: Vec<_> = deliveries.iter().map(|delivery| row(&here, delivery)).collect();
    let list = match rows.is_empty() {
        true => view! { <p class="muted">"Nothing here. Send a test to see whether it comes."</p> }.into_any(),
        false => view! {
            <table class="list hook-log">
                <caption class="sr-only">"Deliveries"</caption>
                <thead><tr><th scope="col">"Event"</th><th scope="col">"State"</th><th scope="col">"Answer"</th><th scope="col" class="number wide">"ms"</th><th scope="col"><span class="sr-only">"Send again"</span></th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any(),
    };
    view! {
        <section aria-labelledby="deliveries">
            <h2 id="deliveries">"Deliveries"</h2>
            <nav class="tabs" aria-label="Deliveries"><ul>
                {tab(here.clone(), "All", !asked.failed)}
                {tab(format!("{here}?failed=yes"), "Not taken", asked.failed)}
            </ul></nav>
            {again_since(standing)}
            {list}
            <div class="pages">{older}</div>
        </section>
    }
    .into_any()
}

fn again_since(standing: &Standing) -> Option<AnyView> {
    let options =
        SINCE.map(|(hours, words)| view! { <option value=hours selected=hours == 72>{words}</option> });
    (standing.given_up > 0).then(|| {
        view! {
            <form method="post" action=format!("{HERE}/{}/again", standing.hook.id) class="hook-again">
                <div class="field"><label for="hours">{format::counted(standing.given_up, "delivery was given up", "deliveries were given up")} ". Send again those of"</label><select id="hours" name="hours">{options}</select></div>
                <button type="submit" class="button">"Send again"</button>
            </form>
        }
        .into_any()
    })
}

fn row(here: &str, delivery: &Delivery) -> AnyView {
    let (hue, drawing, word) = match (delivery.state, delivery.tries) {
        (DeliveryState::Delivered, _) => ("succeeded", Icon::Check, "delivered"),
        (DeliveryState::GivenUp, _) => ("failed", Icon::Cross, "given up"),
        (DeliveryState::Waiting, 0) => ("unknown", Icon::Clock, "waits"),
        (DeliveryState::Waiting, _) => ("held", Icon::Warning, "tried again"),
    };
    let next = delivery.due_at.filter(|_| delivery.tries > 0);
    let next = next.map(|at| view! { <span class="under">"next " {when(at)}</span> });
    let tries = (delivery.tries > 1)
        .then(|| view! { <span class="under">{format!("{} tries", delivery.tries)}</span> });
    let answer = match (delivery.status, delivery.tried_at) {
        (Some(status), _) => status.to_string(),
        (None, Some(_)) => "none".to_owned(),
        (None, None) => String::new(),
    };
    let said = delivery.said.clone().filter(|said| !said.is_empty());
    let said = said.map(|said| view! { <span class="under">{said}</span> });
    let ms = delivery.ms.map(|ms| format::count(ms.into()));
    let label = format!("Send again: {} of {}", delivery.kind.name(), delivery.at.format("%H:%M:%S"));
    view! {
        <tr>
            <th scope="row"><code>{delivery.kind.name()}</code> <span class="under">{about(delivery)} {when(delivery.at)}</span></th>
            <td><span class="chip" data-state=hue>{icon(drawing)}{word}</span> {tries} {next}</td>
            <td class="hook-said"><span class="figure">{answer}</span> {said}</td>
            <td class="number figure wide">{ms}</td>
            <td class="number"><form method="post" action=format!("{here}/deliveries/{}", delivery.id)><button type="submit" class="button" aria-label=label>"Send again"</button></form></td>
        </tr>
    }
    .into_any()
}

/// What it is about, for people.
fn about(delivery: &Delivery) -> Option<AnyView> {
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let data = &delivery.data;
    if let Some(name) = text(&data["machine"]["name"]) {
        let page = match (text(&data["job"]), text(&data["machine"]["id"])) {
            (Some(job), _) => format!("/jobs/{job}"),
            (None, id) => format!("/machines/{}", id.unwrap_or_default()),
        };
        return Some(view! { <a href=page>{name}</a> " " }.into_any());
    }
    let run = text(&data["run"])?;
    Some(view! { <a href=format!("/runs/{run}")>"the run"</a> " " }.into_any())
}
