//! `/health/rules`: the rules, the brakes over all of them, and the switch that stops them.

use super::desk::{Filled, RuleLine, Rules};
use super::parts::{HERE, severity, stopped, tabs};
use crate::Failure;
use crate::format;
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, html, refusal, when};
use crate::serve::status_of;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use leptos::prelude::*;
use pitstop_domain::health::Guard;
use pitstop_domain::people::{Right, Subject};

pub(super) const PAGE: &str = "/health/rules";

/// `GET /health/rules`
pub(super) async fn show(frame: Frame, Extension(entered): Extension<Entered>) -> Response {
    page(&frame, &entered, None).await
}

/// `POST /health/rules/{rule}/remove`
pub(super) async fn remove(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path(id): Path<String>,
) -> Response {
    let done = entered.health.remove(&id).await;
    after(&frame, &entered, done).await
}

/// `POST /health/brakes`
pub(super) async fn brakes(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Form(filled): Form<Filled>,
) -> Response {
    let done = entered.health.set_guard(&filled).await;
    after(&frame, &entered, done).await
}

/// `POST /health/stop`: with a reason it stops all rules, without one they go on.
pub(super) async fn stop(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Form(filled): Form<Filled>,
) -> Response {
    let go_on = filled.get("go").is_some_and(|go| go == "on");
    let why = filled.get("why").map(|why| why.trim()).unwrap_or_default();
    let done = entered.health.stop((!go_on).then_some(why)).await;
    after(&frame, &entered, done).await
}

async fn after(frame: &Frame, entered: &Entered, done: Result<(), Failure>) -> Response {
    match done {
        Ok(()) => Redirect::to(PAGE).into_response(),
        Err(failure @ Failure::Refused(_)) => page(frame, entered, Some(&failure)).await,
        Err(failure) => frame.trouble(&failure),
    }
}

async fn page(frame: &Frame, entered: &Entered, failure: Option<&Failure>) -> Response {
    match entered.health.rules().await {
        Ok(rules) => html(failure.map_or(StatusCode::OK, status_of), body(frame, &rules, failure)),
        Err(why) => frame.trouble(&why),
    }
}

fn body(frame: &Frame, rules: &Rules, failure: Option<&Failure>) -> String {
    let lines: Vec<_> = rules.rules.iter().map(line).collect();
    let why_not = frame.why_not(Right::StartRuns, &Subject::Installation);
    let new = || {
        let may = why_not.is_none();
        may.then(|| view! { <p><a class="button primary" href="/health/rules/new">"New rule"</a></p> })
    };
    let none = lines.is_empty().then(|| {
        view! { <section class="empty"><h2>"No rule yet"</h2><p>"A rule says when a machine is not as it should be, and which function is started then. Begin with one that asks before it acts, and look at what it would have done in the last 30 days."</p>{new()}</section> }
    });
    let acts = match &why_not {
        Some(why) => view! { <p class="muted">{why.clone()}</p> }.into_any(),
        None => view! { <div class="columns">{switch(&rules.guard)}{guard(&rules.guard)}</div> }.into_any(),
    };
    let body = view! {
        <div class="page-head"><h1>"Health rules"</h1>{new()}</div>
        {tabs(PAGE)}
        {refusal(failure)}
        {stopped(&rules.guard)}
        {none}
        <ul class="health-rules">{lines}</ul>
        {acts}
    };
    frame.wide("Health rules", body)
}

fn line(line: &RuleLine) -> AnyView {
    let rule = &line.rule;
    let machines = if rule.query.is_empty() { "all machines".to_owned() } else { rule.query.clone() };
    let open = (line.open > 0).then(|| view! { <a href="/health/alerts">{format::counted(line.open as u64, "open alert", "open alerts")}</a> });
    let off = (!rule.enabled).then(|| view! { <span class="tag">"off"</span> });
    view! {
        <li class="panel">
            <p class="alert-head"><a class="alert-machine" href=format!("{HERE}/rules/{}", rule.id)>{rule.name.clone()}</a> {severity(rule.severity)} {off} <span class="tag">{rule.acts.words()}</span> {open}</p>
            <p>"When " {rule.condition.words()} ": " <strong>{line.function_title.clone()}</strong></p>
            <p class="muted">"on " <code>{machines}</code> ", changed by " {line.changed_by.clone()} ", " {when(line.changed_at)}</p>
        </li>
    }
    .into_any()
}

fn switch(guard: &Guard) -> AnyView {
    let form = match &guard.stopped {
        Some(_) => view! {
            <form method="post" action=format!("{HERE}/stop") class="stack-tight"><input type="hidden" name="go" value="on"/>
            <button type="submit" class="button primary">"Let rules act again"</button></form>
        }
        .into_any(),
        None => view! {
            <form method="post" action=format!("{HERE}/stop") class="stack-tight">
                <div class="field"><label for="why">"Why"</label><input id="why" name="why" required autocomplete="off" maxlength="200"/></div>
                <button type="submit" class="button danger">"Stop all rules"</button>
            </form>
        }
        .into_any(),
    };
    view! {
        <section class="panel" aria-labelledby="switch"><h2 id="switch">"The switch"</h2>
        <p class="muted">"While it is off no rule starts anything, whatever was approved. Jobs under way go on, alerts are raised."</p>{form}</section>
    }
    .into_any()
}

fn guard(guard: &Guard) -> AnyView {
    let field = |name: &'static str, label: &'static str, value: u32| {
        view! { <div class="field"><label for=name>{label}</label><input id=name name=name type="number" min="0" value=value.to_string()/></div> }
    };
    view! {
        <section class="panel run-fields" aria-labelledby="brakes"><h2 id="brakes">"Brakes of all rules, and what is kept"</h2>
        <p class="muted">"Not more than so many machines, nor so many per cent, within the time; whichever is less. One is always let through."</p>
        <form method="post" action=format!("{HERE}/brakes") class="stack-tight">
            <div class="fields">
                {field("site_machines", "At a site: machines", guard.site.machines)}
                {field("site_percent", "At a site: per cent", guard.site.percent)}
                {field("site_minutes", "Within minutes", guard.site.within_s / 60)}
                {field("fleet_machines", "In the fleet: machines", guard.fleet.machines)}
                {field("fleet_percent", "In the fleet: per cent", guard.fleet.percent)}
                {field("fleet_minutes", "Within minutes ", guard.fleet.within_s / 60)}
                {field("keep_days", "Keep minutes for days", guard.keep_days)}
                {field("keep_hours_days", "Keep hours for days", guard.keep_hours_days)}
                {field("boards_every_min", "Ask Redfish boards every minutes (5 at most; 0: never)", guard.boards_every_min)}
            </div>
            <button type="submit" class="button">"Keep"</button>
        </form></section>
    }
    .into_any()
}
