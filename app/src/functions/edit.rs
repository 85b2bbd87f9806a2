//! Writing a function of one's own: a script with what it asks, and when it ends.

use super::fields::{Filled, QUESTIONS, fields_of, function_of, text};
use super::list::page_of;
use crate::Failure;
use crate::machines::run::risk_words;
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, html, refusal};
use crate::serve::status_of;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use leptos::prelude::*;
use pitstop_domain::ending::form::{CONDITIONS, OUTCOMES, ROWS};
use pitstop_domain::function::Risk;
use pitstop_domain::people::{Right, Role, Subject};

const KINDS: [(&str, &str); 4] =
    [("text", "a line"), ("number", "a whole number"), ("switch", "yes or no"), ("choice", "a choice")];
const RISKS: [(&str, Risk); 3] =
    [("reads_only", Risk::ReadsOnly), ("repairs", Risk::Repairs), ("destroys", Risk::Destroys)];
const ROLES: [Role; 3] = [Role::HelpDesk, Role::Operator, Role::Administrator];

/// `GET /functions/new`
pub(super) async fn new(frame: Frame, Extension(entered): Extension<Entered>) -> Response {
    let begins = [
        ("risk", "destroys"),
        ("limit", "10m"),
        ("script", "#!/bin/sh\n# 0: all is well. 1: something was found; the last line says what.\n"),
        ("told", "The machine is being worked on. Please leave it switched on."),
        ("image", "pitstop-toolbox"),
        ("end0_when", "agent_reports"),
        ("end0_outcome", "as_reported"),
    ];
    let filled = begins.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
    show(&frame, &entered, &filled, None, true).await
}

/// `GET /functions/{function}/edit`
pub(super) async fn change(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path(name): Path<String>,
) -> Response {
    if let Err(failure) = may(&entered) {
        return frame.trouble(&failure);
    }
    match entered.functions.one(&name).await {
        Ok(known) if known.own => show(&frame, &entered, &fields_of(&known.function), None, false).await,
        Ok(_) => frame.trouble(&Failure::Refused(
            "This function comes with Pitstop and is not changed here: write one of your own beside it."
                .to_owned(),
        )),
        Err(failure) => frame.trouble(&failure),
    }
}

/// `POST /functions`
pub(super) async fn keep(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Form(filled): Form<Filled>,
) -> Response {
    let is_new = text(&filled, "before").is_empty();
    let kept = async {
        may(&entered)?;
        let function = function_of(&filled)?;
        entered.functions.keep(&function, is_new).await?;
        Ok(function.name)
    };
    match kept.await {
        Ok(name) => Redirect::to(&page_of(&name)).into_response(),
        Err(failure) => show(&frame, &entered, &filled, Some(&failure), is_new).await,
    }
}

/// `POST /functions/{function}/remove`
pub(super) async fn remove(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path(name): Path<String>,
) -> Response {
    match entered.functions.remove(&name).await {
        Ok(()) => Redirect::to("/functions").into_response(),
        Err(failure) => frame.trouble(&failure),
    }
}

fn may(entered: &Entered) -> Result<(), Failure> {
    let may = entered.who.may(Right::ChangeSettings, &Subject::Installation);
    may.map_err(|refusal| Failure::NotAllowed(refusal.to_string()))
}

async fn show(
    frame: &Frame,
    entered: &Entered,
    filled: &Filled,
    failure: Option<&Failure>,
    is_new: bool,
) -> Response {
    if let Err(failure) = may(entered) {
        return frame.trouble(&failure);
    }
    match entered.functions.images().await {
        Ok(images) => {
            let status = failure.map_or(StatusCode::OK, status_of);
            html(status, page(frame, filled, &images, failure, is_new))
        }
        Err(failure) => frame.trouble(&failure),
    }
}

fn page(
    frame: &Frame,
    filled: &Filled,
    images: &[String],
    failure: Option<&Failure>,
    is_new: bool,
) -> String {
    let title = if is_new { "Write a function" } else { "Change a function" };
    let before = (!is_new).then(|| view! { <input type="hidden" name="before" value=text(filled, "name")/> });
    let roles = ROLES.map(|role| (role.name(), role.words()));
    let roles = std::iter::once(("", "as its risk has it")).chain(roles);
    let questions: Vec<_> = (0..QUESTIONS).map(|n| question(filled, n)).collect();
    let endings: Vec<_> = (0..ROWS).map(|n| ending(filled, n)).collect();
    let body = view! {
        <div class="page-head">
            <p class="crumbs"><a href="/functions">"Functions"</a></p>
            <h1>{title}</h1>
        </div>
        {refusal(failure)}
        <form method="post" action="/functions" class="panel new-image">
            {before}
            <div class="fields">
                <div class="field"><label for="name">"Name"</label>
                <input id="name" name="name" required=true autocomplete="off" value=text(filled, "name") readonly=!is_new/><span class="hint">"In addresses: small letters, digits, hyphens"</span></div>
                {input(filled, "title".to_owned(), "Title", "")}
            </div>
            {wide(filled, "description", "What it does, in a sentence or two")}
            <div class="field wide"><label for="script">"Script"</label>
            <textarea id="script" name="script" rows="12" spellcheck="false" required=true>{filled.get("script").cloned()}</textarea>
            <p class="help">"Run by the image's shell, as root. It ends with 0 where all is well and with 1 where it found something. What is asked for stands in variables."</p></div>
            <div class="fields">
                {input(filled, "limit".to_owned(), "Its time", "Like 90s, 5m or 1h")}
                {choice(filled, "image", "Image", images.iter().map(|name| (name.as_str(), name.as_str())))}
                {choice(filled, "risk", "Risk", RISKS.into_iter().map(|(value, risk)| (value, risk_words(risk))))}
                {choice(filled, "least_role", "Started by, at least", roles)}
            </div>
            <fieldset><legend class="small">"What it asks, before it starts"</legend>{questions}</fieldset>
            <fieldset><legend class="small">"When it ends: the first that holds counts"</legend>{endings}</fieldset>
            {wide(filled, "told", "What the person at the machine is told")}
            <button type="submit" class="button primary">"Keep the function"</button>
        </form>
    };
    frame.wide(title, body)
}

fn question(filled: &Filled, n: usize) -> AnyView {
    let name = |field: &str| format!("ask{n}_{field}");
    let required = name("required");
    let on = filled.contains_key(&required);
    let open = n == 0 || !text(filled, &name("name")).is_empty();
    let id = format!("ask{n}");
    view! {
        <details id=id open=open><summary>"Question " {n + 1}</summary>
        <div class="fields">
            {input(filled, name("name"), "Variable", "Like DISK")}
            {input(filled, name("label"), "Question", "")}
            {choice(filled, &name("kind"), "Answer", KINDS.into_iter())}
            {input(filled, name("choices"), "Choices", "Parted by commas")}
            {input(filled, name("help"), "Help", "")}
            <label class="check"><input type="checkbox" name=required checked=on/> "Must be answered"</label>
        </div></details>
    }
    .into_any()
}

fn ending(filled: &Filled, n: usize) -> AnyView {
    let name = |field: &str| format!("end{n}_{field}");
    let conditions = || std::iter::once(("", "–")).chain(CONDITIONS);
    let open = n == 0 || !text(filled, &name("when")).is_empty();
    let id = format!("end{n}");
    view! {
        <details id=id open=open><summary>"Ending " {n + 1}</summary>
        <div class="fields">
            {choice(filled, &name("when"), "When", conditions())}
            {input(filled, name("value"), "… (words, or a time)", "")}
            {choice(filled, &name("and"), "And when", conditions())}
            {input(filled, name("and_value"), "… (words, or a time)", "")}
            {choice(filled, &name("outcome"), "It has", OUTCOMES.into_iter())}
        </div></details>
    }
    .into_any()
}

fn input(filled: &Filled, name: String, label: &'static str, hint: &'static str) -> AnyView {
    let value = text(filled, &name);
    view! {
        <div class="field"><label for=name.clone()>{label}</label>
        <input id=name.clone() name=name value=value autocomplete="off"/>
        {(!hint.is_empty()).then(|| view! { <span class="hint">{hint}</span> })}</div>
    }
    .into_any()
}

fn wide(filled: &Filled, name: &'static str, label: &'static str) -> AnyView {
    view! {
        <div class="field wide"><label for=name>{label}</label>
        <input id=name name=name value=text(filled, name) autocomplete="off"/></div>
    }
    .into_any()
}

fn choice<'a>(
    filled: &Filled,
    name: &str,
    label: &'static str,
    options: impl Iterator<Item = (&'a str, &'a str)>,
) -> AnyView {
    let now = text(filled, name);
    let options: Vec<_> = options
        .map(|(value, words)| {
            view! { <option value=value.to_owned() selected=value == now>{words.to_owned()}</option> }
        })
        .collect();
    let name = name.to_owned();
    view! { <div class="field"><label for=name.clone()>{label}</label><select id=name.clone() name=name>{options}</select></div> }
        .into_any()
}
