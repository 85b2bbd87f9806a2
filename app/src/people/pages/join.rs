//! The page behind a link: the first administrator, an invitation, a forgotten password.

use super::frame::{Frame, html, refusal};
use super::login::let_in;
use crate::Failure;
use crate::people::door::{Door, Invited, Joining, Shown};
use crate::serve::status_of;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Form, RequestExt};
use leptos::prelude::*;
use pitstop_domain::people::name::{SHORTEST_PASSWORD, name, password};
use pitstop_domain::route::form::FieldError;
use pitstop_domain::secret::Secret;
use serde::Deserialize;
use std::sync::Arc;

/// What was filled in. It has no `Debug`: passwords are among it.
#[derive(Default, Deserialize)]
pub struct Filled {
    #[serde(default)]
    name: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
}

/// `GET /join/{token}`
pub async fn show(State(door): State<Arc<dyn Door>>, Path(link): Path<String>, frame: Frame) -> Response {
    match door.invited(&link).await {
        Ok(Some(invited)) => html(StatusCode::OK, form(&frame, &invited, &Filled::default(), None)),
        Ok(None) => html(StatusCode::GONE, gone(&frame)),
        Err(failure) => frame.trouble(&failure),
    }
}

/// `POST /join/{token}`
pub async fn join(
    State(door): State<Arc<dyn Door>>,
    Path(link): Path<String>,
    frame: Frame,
    request: Request,
) -> Response {
    let shown = Shown::of(&*door, &request);
    let filled = request.extract::<Form<Filled>, _>().await.map(|Form(filled)| filled).unwrap_or_default();
    let invited = match door.invited(&link).await {
        Ok(Some(invited)) => invited,
        Ok(None) => return html(StatusCode::GONE, gone(&frame)),
        Err(failure) => return frame.trouble(&failure),
    };
    let joined = match checked(&invited, &filled) {
        Ok(joining) => door.join(&link, &joining, &shown).await,
        Err(failure) => Err(failure),
    };
    match joined {
        Ok(token) => let_in(&*door, &token, "/"),
        Err(Failure::NotFound(_)) => html(StatusCode::GONE, gone(&frame)),
        Err(failure) => html(status_of(&failure), form(&frame, &invited, &filled, Some(&failure))),
    }
}

/// All that is wrong with it at once.
fn checked(invited: &Invited, filled: &Filled) -> Result<Joining, Failure> {
    let mut errors = Vec::new();
    let mut wrong = |field: &str, words: String| errors.push(FieldError { field: field.to_owned(), words });
    let chosen = match invited {
        Invited::Person { name, .. } => name.clone(),
        Invited::Administrator => name(&filled.name).unwrap_or_else(|words| {
            wrong("Name", words);
            String::new()
        }),
    };
    if let Err(words) = password(&filled.password, &chosen) {
        wrong("Password", words);
    } else if filled.password != filled.again {
        wrong("Password", "the two are not the same".to_owned());
    }
    if !errors.is_empty() {
        return Err(Failure::Fields { errors, filled: Default::default() });
    }
    let title = Some(filled.title.trim()).filter(|title| !title.is_empty()).unwrap_or(&chosen);
    let title = title.chars().take(80).collect();
    Ok(Joining { title, name: chosen, password: Secret::new(filled.password.clone()) })
}

fn form(frame: &Frame, invited: &Invited, filled: &Filled, failure: Option<&Failure>) -> String {
    let (heading, words, known) = match invited {
        Invited::Administrator => (
            "The first administrator".to_owned(),
            "Whoever fills this in may do everything in this installation, and invites all others. The link works once.",
            None,
        ),
        Invited::Person { name, title } => (
            format!("Welcome, {title}"),
            "Choose a password. The link works once; after that you sign in with name and password.",
            Some((name.clone(), title.clone())),
        ),
    };
    let title = match (&known, filled.title.is_empty()) {
        (Some((_, title)), true) => title.clone(),
        _ => filled.title.clone(),
    };
    let name = match known {
        // A password keeper stores the name beside the password.
        Some((name, _)) => view! { <input id="name" name="name" value=name autocomplete="username" readonly/> }.into_any(),
        None => view! {
            <input id="name" name="name" value=filled.name.clone() autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus/>
        }
        .into_any(),
    };
    let body = view! {
        <h1>{heading}</h1>
        <p class="muted">{words}</p>
        {refusal(failure)}
        <form method="post" class="card-form">
            <div class="field wide"><label for="name">"Name to sign in with"</label>{name}</div>
            <div class="field wide">
                <label for="title">"What others call you"</label>
                <input id="title" name="title" value=title autocomplete="name" maxlength="80"/>
            </div>
            <div class="field wide">
                <label for="password">"Password"</label>
                <input id="password" name="password" type="password" autocomplete="new-password" minlength=SHORTEST_PASSWORD.to_string() aria-describedby="password-help" required/>
                <p class="help" id="password-help">{format!("{SHORTEST_PASSWORD} characters at least. A few words are easily remembered.")}</p>
            </div>
            <div class="field wide">
                <label for="again">"Password, once more"</label>
                <input id="again" name="again" type="password" autocomplete="new-password" required/>
            </div>
            <button type="submit" class="button primary">"Save and sign in"</button>
        </form>
    };
    frame.card("Welcome", body)
}

/// Wrong, used up or too old: it does not say which.
fn gone(frame: &Frame) -> String {
    let body = view! {
        <h1>"This link opens nothing"</h1>
        <p>"It is wrong, was used already, or is too old. Nothing was changed."</p>
        <p class="muted">"Ask an administrator for another. On a new installation, start the server again: it prints a new link in its terminal."</p>
        <p><a class="button" href="/login">"Sign in"</a></p>
    };
    frame.card("No such link", body)
}
