//! `/health/alerts`: what fires, what waits for a person, and what became of it.

use super::desk::{Inbox, Question};
use super::parts::{HERE, alert, tabs};
use crate::Failure;
use crate::format;
use crate::parts::{Icon, icon};
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, html, refusal, when};
use crate::serve::status_of;
use axum::Extension;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use leptos::prelude::*;
use pitstop_domain::people::{Right, Subject};
use std::collections::HashMap;

const PAGE: &str = "/health/alerts";

/// `GET /health/alerts`
pub(super) async fn show(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    page(&frame, &entered, asked.get("show").is_some_and(|show| show == "all"), None).await
}

/// `POST /health/alerts/{alert}/{decision}`
pub(super) async fn decide(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path((id, act)): Path<(String, String)>,
) -> Response {
    let done = entered.health.decide(&id, &act).await;
    after(&frame, &entered, done).await
}

/// `POST /health/questions/{question}/{decision}`
pub(super) async fn answer(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path((id, answer)): Path<(String, String)>,
) -> Response {
    let done = entered.health.answer(&id, &answer).await;
    after(&frame, &entered, done).await
}

async fn after(frame: &Frame, entered: &Entered, done: Result<(), Failure>) -> Response {
    match done {
        Ok(()) => Redirect::to(PAGE).into_response(),
        Err(failure @ Failure::Refused(_)) => page(frame, entered, false, Some(&failure)).await,
        Err(failure) => frame.trouble(&failure),
    }
}

async fn page(frame: &Frame, entered: &Entered, all: bool, failure: Option<&Failure>) -> Response {
    match entered.health.inbox(all).await {
        Ok(inbox) => html(failure.map_or(StatusCode::OK, status_of), body(frame, &inbox, all, failure)),
        Err(why) => frame.trouble(&why),
    }
}

fn body(frame: &Frame, inbox: &Inbox, all: bool, failure: Option<&Failure>) -> String {
    let why_not = frame.why_not(Right::LookAfter, &Subject::Somewhere);
    let whole = frame.why_not(Right::StartRuns, &Subject::Installation);
    let alerts: Vec<_> = inbox.alerts.iter().map(|line| alert(line, true, why_not.as_deref())).collect();
    let questions: Vec<_> = inbox.questions.iter().map(|asked| question(asked, whole.as_deref())).collect();
    let none = (alerts.is_empty() && questions.is_empty()).then(|| {
        view! { <section class="empty"><h2>"No alert"</h2><p>"An alert is a rule that holds on a machine. It says its figures and for how long they have held, when that was noticed, and what was done about it. "<a href="/health/rules">"Rules"</a>" say what holds."</p></section> }
    });
    let shown = inbox.alerts.len() as u64;
    let cut = (!all && inbox.open > shown).then(|| view! { <p class="muted">{format!("The first {} of {}.", format::count(shown), format::count(inbox.open))}</p> });
    let (href, words) =
        if all { (PAGE, "Only what is open") } else { ("/health/alerts?show=all", "Also what is over") };
    let body = view! {
        <div class="page-head"><h1>"Health alerts"</h1><p class="muted"><a href=href>{words}</a></p></div>
        {tabs(PAGE)}
        {refusal(failure)}
        {questions}
        {none}
        {cut}
        <ul class="alerts">{alerts}</ul>
    };
    frame.live("Health alerts", "health", body)
}

fn question(question: &Question, why_not: Option<&str>) -> AnyView {
    let press = |answer: &str, words: &'static str, class: &'static str| {
        view! { <form method="post" action=format!("{HERE}/questions/{}/{answer}", question.id)><button type="submit" class=class>{words}</button></form> }
    };
    let foot = match (&question.answered, why_not) {
        (None, Some(why)) => view! { <p class="muted">{why.to_owned()}</p> }.into_any(),
        (None, None) => view! { <div class="alert-acts">{press("approve", "Approve all", "button primary")}{press("dismiss", "Dismiss all", "button")}</div> }.into_any(),
        (Some((approved, by)), _) => {
            let did = if *approved { "approved" } else { "dismissed" };
            view! { <p class="muted">{format!("{by} {did} it.")}</p> }.into_any()
        }
    };
    view! {
        <section class="panel question" data-open=question.answered.is_none().then_some("")>
            <h2>{icon(Icon::Question)} {question.rule_name.clone()}</h2>
            <p>{question.words.clone()}</p>
            <p class="muted">"asked " {when(question.asked_at)}</p>
            {foot}
        </section>
    }
    .into_any()
}
