//! `/settings/telling`: who outside is told of alerts and alarms, by mail or in a chat.

use super::desk::{Filled, ListenerLine};
use crate::Failure;
use crate::format;
use crate::parts::{Icon, icon};
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, html, refusal, when};
use crate::serve::status_of;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use leptos::prelude::*;
use pitstop_domain::health::listener::{Tls, Way};
use pitstop_domain::health::rule::Severity;

const HERE: &str = "/settings/telling";

/// `GET /settings/telling`
pub(super) async fn show(frame: Frame, Extension(entered): Extension<Entered>) -> Response {
    page(&frame, &entered, None, None, &Filled::new()).await
}

/// `POST /settings/telling`
pub(super) async fn make(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Form(filled): Form<Filled>,
) -> Response {
    match entered.health.make_listener(&filled).await {
        Ok(()) => Redirect::to(HERE).into_response(),
        Err(failure @ Failure::Refused(_)) => page(&frame, &entered, Some(&failure), None, &filled).await,
        Err(failure) => frame.trouble(&failure),
    }
}

/// `POST /settings/telling/{listener}/{act}`: `test` sends a trial, `remove` takes it away.
pub(super) async fn act(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path((id, act)): Path<(String, String)>,
) -> Response {
    match entered.health.act_listener(&id, &act, frame.base()).await {
        Ok(Some(words)) => page(&frame, &entered, None, Some(words), &Filled::new()).await,
        Ok(None) => Redirect::to(HERE).into_response(),
        Err(failure @ Failure::Refused(_)) => {
            page(&frame, &entered, Some(&failure), None, &Filled::new()).await
        }
        Err(failure) => frame.trouble(&failure),
    }
}

async fn page(
    frame: &Frame,
    entered: &Entered,
    failure: Option<&Failure>,
    said: Option<String>,
    filled: &Filled,
) -> Response {
    let lines = match entered.health.listeners().await {
        Ok(lines) => lines,
        Err(why) => return frame.trouble(&why),
    };
    let none = lines.is_empty().then(|| {
        view! { <section class="empty"><h2>"Nobody outside is told yet"</h2><p>"Whoever is named here is told when an alert fires, when it needs a person, and when it is over; and of machines that are not proven back. What belongs together is one message, not more than one a minute."</p></section> }
    });
    let said = said.map(
        |words| view! { <div class="notice good" role="status">{icon(Icon::Check)} <p>{words}</p></div> },
    );
    let lines: Vec<_> = lines.iter().map(line).collect();
    let body = view! {
        <div class="page-head"><h1>"Who is told"</h1></div>
        {refusal(failure)}
        {said}
        {none}
        <ul class="people">{lines}</ul>
        {form(filled)}
    };
    html(failure.map_or(StatusCode::OK, status_of), frame.following("Who is told", "health", body))
}

fn line(line: &ListenerLine) -> AnyView {
    let listener = &line.listener;
    let whom = match &listener.mail {
        Some(mail) => {
            format!("{} by {}:{}, encryption: {}", mail.to.join(", "), mail.host, mail.port, mail.tls.title())
        }
        None => line.at.clone(),
    };
    let told = match line.told_at {
        Some(at) => view! { <span class="muted">"told last " {when(at)}</span> }.into_any(),
        None => view! { <span class="muted">"told of nothing yet"</span> }.into_any(),
    };
    let waiting = (line.waiting > 0)
        .then(|| format!("{} to be told", format::counted(line.waiting, "thing is", "things are")));
    let trouble = line.failed.clone().map(|(at, why)| view! { <div class="notice warn">{icon(Icon::Warning)} <p>"It could not be told " {when(at)} ": " {why} ". It is tried again, later and later."</p></div> });
    let press = |act: &str, words: &'static str, class: &'static str| {
        let label = format!("{words}: {}", listener.name);
        view! { <form method="post" action=format!("{HERE}/{}/{act}", listener.id)><button type="submit" class=class aria-label=label>{words}</button></form> }
    };
    view! {
        <li class="panel">
            <div class="alert-head"><h2>{listener.name.clone()}</h2> <span class="tag">{listener.way.title()}</span> <span class="tag">{listener.least.name()} " and worse"</span></div>
            <p>{whom}</p>
            <p class="alert-head">{told} {waiting}</p>
            {trouble}
            <div class="alert-acts">{press("test", "Send a test", "button")}{press("remove", "Remove", "button danger")}</div>
        </li>
    }
    .into_any()
}

fn form(filled: &Filled) -> AnyView {
    let value = |name: &str| filled.get(name).cloned().unwrap_or_default();
    let choice = |name: &'static str,
                  label: &'static str,
                  first: &str,
                  of: Vec<(&'static str, &'static str)>| {
        let chosen = filled.get(name).cloned().unwrap_or_else(|| first.to_owned());
        let options: Vec<_> = of
            .into_iter()
            .map(|(key, words)| view! { <option value=key selected=key == chosen>{words}</option> })
            .collect();
        view! { <div class="field"><label for=name>{label}</label><select id=name name=name>{options}</select></div> }
    };
    let text = |name: &'static str, label: &'static str, hint: &'static str| {
        view! { <div class="field"><label for=name>{label}</label><input id=name name=name value=value(name) placeholder=hint autocomplete="off" spellcheck="false"/></div> }
    };
    let hidden = |name: &'static str, label: &'static str| {
        view! { <div class="field"><label for=name>{label}</label><input id=name name=name type="password" autocomplete="new-password"/></div> }
    };
    let ways = Way::ALL.map(|way| (way.name(), way.title())).to_vec();
    let severities = Severity::ALL.map(|one| (one.name(), one.name())).to_vec();
    view! {
        <section class="panel run-fields" aria-labelledby="new-listener"><h2 id="new-listener">"Tell somebody"</h2>
        <form method="post" action=HERE class="stack-tight">
            <div class="fields">
                {text("name", "Name", "On call")}
                {choice("way", "By", "mail", ways)}
                {choice("least", "From severity", "warning", severities)}
            </div>
            <fieldset><legend>"By mail"</legend><div class="fields">
                {text("host", "Mail server", "mail.example.org")}
                {text("port", "Port", "587")}
                {choice("tls", "Encryption", "start", Tls::ALL.map(|tls| (tls.name(), tls.title())).to_vec())}
                {text("user", "User; empty: it asks for none", "")}
                {hidden("password", "Password")}
                {text("from", "From", "Pitstop <pitstop@example.org>")}
                {text("to", "To; several with commas between", "oncall@example.org")}
            </div></fieldset>
            <fieldset><legend>"In a chat"</legend><div class="fields">
                {hidden("url", "Address of the incoming webhook")}
            </div><p class="muted">"As the chat shows it. It is as good as a password: it is kept sealed and not shown again."</p></fieldset>
            <button type="submit" class="button primary">"Keep"</button>
        </form></section>
    }
    .into_any()
}
