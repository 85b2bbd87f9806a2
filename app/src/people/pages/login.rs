//! Signing in and out.

use super::frame::{Frame, html, notice};
use super::provider::START;
use crate::format;
use crate::machines::fleet::address::encode;
use crate::parts::icon::{Icon, icon};
use crate::people::door::{Door, Entered, NotIn, Shown};
use crate::people::{cookie, next};
use axum::Form;
use axum::extract::{Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, RequestExt};
use leptos::prelude::*;
use pitstop_domain::secret::Secret;
use serde::Deserialize;
use std::sync::Arc;

/// Where somebody comes to who signed out, and is signed in at the identity provider still.
const LEFT: &str = "/login?left=provider";

/// Where somebody wants to go.
#[derive(Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    next: String,
    /// Somebody signed out here who came by the identity provider.
    left: Option<String>,
}

/// What was filled in. It has no `Debug`: a password is among it.
#[derive(Deserialize)]
pub struct Filled {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

/// `GET /login`
pub async fn show(
    State(door): State<Arc<dyn Door>>,
    Query(asked): Query<Asked>,
    frame: Frame,
    request: Request,
) -> Response {
    let shown = Shown::of(&*door, &request);
    // Whoever is in already goes on.
    if matches!(door.enter(&shown, false).await, Ok(Some(_))) {
        return Redirect::to(next::safe(&asked.next)).into_response();
    }
    let mut asks = Asks { next: &asked.next, ..Asks::default() };
    if asked.left.is_some() {
        asks.elsewhere = door.out_of_provider().await;
    }
    match door.has_administrator().await {
        Ok(true) => html(StatusCode::OK, asks.card(&frame, &*door)),
        Ok(false) => html(StatusCode::OK, nobody_yet(&frame, by_provider(&*door, &asked.next, "button"))),
        Err(failure) => frame.trouble(&failure),
    }
}

/// `POST /login`
pub async fn sign_in(State(door): State<Arc<dyn Door>>, frame: Frame, request: Request) -> Response {
    let shown = Shown::of(&*door, &request);
    let Ok(Form(filled)) = request.extract::<Form<Filled>, _>().await else {
        let words = "The form could not be read. Fill it in again.".to_owned();
        let asks = Asks { next: "/", wrong: Some(words), ..Asks::default() };
        return html(StatusCode::BAD_REQUEST, asks.card(&frame, &*door));
    };
    match door.sign_in(&filled.name, &Secret::new(filled.password), &shown).await {
        Ok(token) => let_in(&*door, &token, &filled.next),
        Err(why) => {
            let (status, words) = said(&why);
            let asks = Asks { name: &filled.name, next: &filled.next, wrong: Some(words), ..Asks::default() };
            html(status, asks.card(&frame, &*door))
        }
    }
}

/// On to where they wanted to go, with the new cookie.
pub(super) fn let_in(door: &dyn Door, token: &Secret, wanted: &str) -> Response {
    let mut response = Redirect::to(next::safe(wanted)).into_response();
    if let Some(cookie) = cookie::set(token, door.is_secure()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// `POST /logout`
pub async fn sign_out(
    State(door): State<Arc<dyn Door>>,
    frame: Frame,
    Extension(entered): Extension<Entered>,
) -> Response {
    let to = match door.sign_out(&entered).await {
        Ok(true) => LEFT,
        Ok(false) => "/login",
        Err(failure) => return frame.trouble(&failure),
    };
    let mut response = Redirect::to(to).into_response();
    if let Some(cookie) = cookie::unset(door.is_secure()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

pub(super) fn said(why: &NotIn) -> (StatusCode, String) {
    match why {
        NotIn::Wrong => (StatusCode::UNAUTHORIZED, "Name or password is wrong.".to_owned()),
        NotIn::Wait { until, now } => {
            let wait = format::elapsed(*until - *now);
            let words = format!(
                "Too many attempts failed. Wait {wait}, then try again. If you forgot your password, an administrator can send you a link."
            );
            (StatusCode::TOO_MANY_REQUESTS, words)
        }
        NotIn::Refused(words) => (StatusCode::FORBIDDEN, words.clone()),
        NotIn::Unavailable(failure) => (StatusCode::SERVICE_UNAVAILABLE, failure.to_string()),
    }
}

/// The form, filled in as far as it was.
#[derive(Default)]
struct Asks<'a> {
    name: &'a str,
    next: &'a str,
    wrong: Option<String>,
    /// Where somebody who has just left signs out at the identity provider, too.
    elsewhere: Option<String>,
}

impl Asks<'_> {
    fn card(self, frame: &Frame, door: &dyn Door) -> String {
        let (first, again) = (self.name.is_empty(), !self.name.is_empty());
        let provider = by_provider(door, self.next, "button primary").map(|button| {
            view! {
                {button}
                <p class="or"><span>"or with a password"</span></p>
            }
        });
        // One button is the first to be thought of.
        let submit = if provider.is_some() { "button" } else { "button primary" };
        let body = view! {
            <h1>"Sign in"</h1>
            {self.wrong.map(|words| notice("Not signed in", words))}
            {self.elsewhere.and_then(|to| still_in(door.provider()?, to))}
            {provider}
            <form method="post" action="/login" class="card-form">
                <input type="hidden" name="next" value=next::safe(self.next).to_owned()/>
                <div class="field wide">
                    <label for="name">"Name"</label>
                    <input id="name" name="name" value=self.name.to_owned() autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus=first/>
                </div>
                <div class="field wide">
                    <label for="password">"Password"</label>
                    <input id="password" name="password" type="password" autocomplete="current-password" required autofocus=again/>
                </div>
                <button type="submit" class=submit>"Sign in"</button>
            </form>
            <p class="muted">"No account, or the password forgotten? An administrator can send you a link."</p>
        };
        frame.card("Sign in", body)
    }
}

/// At a desk that several people share, the next one would come in as the one who has just left.
fn still_in(provider: &str, to: String) -> Option<impl IntoView + use<>> {
    let words = format!(
        "At {provider} you may be signed in still: from this browser, whoever comes next gets in here as you."
    );
    let button = format!("Sign out of {provider}, too");
    Some(view! {
        <div class="notice warn" role="status">
            {icon(Icon::Warning)}
            <div>
                <strong>"You are signed out of Pitstop"</strong>
                <p>{words}</p>
                <p><a class="button" href=to>{button}</a></p>
            </div>
        </div>
    })
}

/// The way to the identity provider, where there is one.
fn by_provider(door: &dyn Door, wanted: &str, class: &'static str) -> Option<impl IntoView + use<>> {
    let words = format!("Sign in with {}", door.provider()?);
    let to = match next::safe(wanted) {
        "/" => START.to_owned(),
        next => format!("{START}?next={}", encode(next)),
    };
    Some(view! { <p class="by-provider"><a class=class href=to>{words}</a></p> })
}

fn nobody_yet(frame: &Frame, provider: Option<impl IntoView + 'static>) -> String {
    let body = view! {
        <h1>"Nobody can sign in yet"</h1>
        <p>"Pitstop has just been installed, and its first administrator is still to come. The terminal in which the server was started shows a link for that: open it."</p>
        <p class="muted">"Is the terminal gone? Start the server again: it prints a new link."</p>
        {provider}
    };
    frame.card("First start", body)
}
