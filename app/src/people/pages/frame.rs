//! Documents without a program: a card for who is not in yet, and for who is a page in the frame of the dashboard
//! (`session::shell`).

use super::settings;
use crate::Failure;
use crate::alarms::api::AlarmCount;
use crate::alarms::bar::drawn as alarms_drawn;
use crate::live::told::Place;
use crate::parts::{Icon, icon};
use crate::people::door::Entered;
use crate::people::menu::menu;
use crate::serve::{base_url_of, document, status_of};
use crate::session::bar::{bar, live_mark};
use crate::session::density::{self, density_switch};
use crate::session::shell::{OF_DOCUMENTS, SCRIPTS, around};
use crate::session::theme::{self, Theme, theme_switch};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use leptos::prelude::*;
use pitstop_domain::Time;
use pitstop_domain::people::{Right, Subject, Who};
use std::convert::Infallible;

/// What a document needs to know of its request.
pub(crate) struct Frame {
    theme: Option<Theme>,
    density: Option<&'static str>,
    who: Option<Who>,
    path: String,
    /// It answers a form: it cannot be fetched again.
    posted: bool,
    base: String,
    /// What was told up to here is in the page; `None`: nobody is in.
    at: Option<Place>,
    reader: Option<String>,
    alarms: AlarmCount,
}

impl<S: Sync> FromRequestParts<S> for Frame {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let cookies = parts.headers.get(header::COOKIE).and_then(|value| value.to_str().ok());
        let entered = parts.extensions.get::<Entered>();
        // Whoever sees no machine sees no alarm; nor does a page fail for want of them.
        let alarms = match entered {
            Some(entered) => entered.backend.count_alarms().await.unwrap_or_default(),
            None => AlarmCount::default(),
        };
        Ok(Self {
            theme: cookies.and_then(theme::of_cookies),
            density: cookies.and_then(density::of_cookies),
            who: entered.map(|entered| entered.who.clone()),
            at: entered.map(|entered| entered.at),
            reader: entered.map(Entered::reader),
            alarms,
            path: parts.uri.path().to_owned(),
            posted: parts.method == Method::POST,
            base: base_url_of(parts),
        })
    }
}

impl Frame {
    /// The path of the page.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Why this person may not do this, in their words; `None`: they may.
    pub fn why_not(&self, right: Right, on: &Subject) -> Option<String> {
        self.who.as_ref()?.may(right, on).err().map(|refusal| refusal.to_string())
    }

    /// Where the request reached us, for links that lead back.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// One card in the middle: for who is not in yet.
    pub fn card(&self, title: &str, body: impl IntoView + 'static) -> String {
        let body = view! {
            <main class="card-page" id="main">
                <p class="card-brand"><img src="/logo.svg" width="32" height="32" alt=""/> "Pitstop"</p>
                <div class="card">{body}</div>
            </main>
        };
        document(title, (self.theme, self.density), &["/times.js"], None, body)
    }

    /// A page about people and settings.
    pub fn page(&self, title: &str, body: impl IntoView + 'static) -> String {
        self.framed(title, Main { class: Some("settings"), ..Main::default() }, settings::within(self, body))
    }

    /// A page about people and settings that follows what happens to things of these kinds.
    pub fn following(&self, title: &str, kinds: &'static str, body: impl IntoView + 'static) -> String {
        let main = Main { class: Some("settings"), follows: Some(kinds), ..Main::default() };
        self.framed(title, main, settings::within(self, body))
    }

    /// A page within the dashboard, as wide as it gets.
    pub fn wide(&self, title: &str, body: impl IntoView + 'static) -> String {
        self.framed(title, Main::default(), body)
    }

    /// As wide as it gets, with a script of its own.
    pub fn wide_with(&self, title: &str, script: &'static str, body: impl IntoView + 'static) -> String {
        self.framed(title, Main { script: Some(script), ..Main::default() }, body)
    }

    /// A page within the dashboard that follows what happens to things of these kinds, as the event stream calls them.
    pub fn live(&self, title: &str, kinds: &'static str, body: impl IntoView + 'static) -> String {
        self.framed(title, Main { follows: Some(kinds), ..Main::default() }, body)
    }

    /// A page within the dashboard that has a terminal.
    pub fn with_terminal(&self, status: StatusCode, title: &str, body: impl IntoView + 'static) -> Response {
        let nonce = leptos::nonce::Nonce::new().to_string();
        let main = Main { nonce: Some(nonce.clone()), ..Main::default() };
        let page = self.framed(title, main, body);
        let policy = POLICY.replace("style-src 'self'", &format!("style-src 'self' 'nonce-{nonce}'"));
        (status, [(header::CONTENT_SECURITY_POLICY, policy)], Html(page)).into_response()
    }

    /// A page that says why it is none.
    pub fn trouble(&self, failure: &Failure) -> Response {
        let said = (failure.title(), failure.to_string());
        let body = view! {
            <section class="trouble">
                <h1>{said.0}</h1>
                <p>{said.1}</p>
                <p><a class="button" href="/">"To the fleet"</a></p>
            </section>
        };
        let page = match self.who {
            Some(_) => self.wide(failure.title(), body),
            None => self.card(failure.title(), body),
        };
        html(status_of(failure), page)
    }

    /// In the frame of the dashboard, which is the same around every page.
    fn framed(&self, title: &str, main: Main, body: impl IntoView + 'static) -> String {
        let Main { class, follows, script, nonce } = main;
        let bar = self.top(follows.is_some());
        let at = self.at.map(|at| at.to_string());
        let main = view! {
            <main
                id="main" tabindex="-1" class=class data-live=follows data-at=at data-reader=self.reader.clone()
                data-method=self.method()
            >{body}</main>
        };
        let body = around(bar, alarms_drawn(self.alarms), main.into_any());
        let scripts: Vec<_> = SCRIPTS.into_iter().chain(OF_DOCUMENTS).chain(script).collect();
        document(title, (self.theme, self.density), &scripts, nonce, body)
    }

    /// What was posted and refused cannot be fetched again.
    fn method(&self) -> Option<&'static str> {
        self.posted.then_some("post")
    }

    fn top(&self, live: bool) -> AnyView {
        let end = view! {
            {live.then(live_mark)}
            {density_switch(self.density)}
            {theme_switch(self.theme)}
            {self.who.as_ref().map(menu)}
        };
        bar(&self.path, end.into_any())
    }
}

/// What is particular about a page.
#[derive(Default)]
struct Main {
    class: Option<&'static str>,
    /// It follows what happens to things of these kinds.
    follows: Option<&'static str>,
    /// A script of its own.
    script: Option<&'static str>,
    /// It has a terminal, whose styles are let in by this.
    nonce: Option<String>,
}

/// The scripts of these documents are files of ours; nothing else runs, and nothing comes from elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub(crate) fn html(status: StatusCode, page: String) -> Response {
    (status, [(header::CONTENT_SECURITY_POLICY, POLICY)], Html(page)).into_response()
}

/// A failure above a form.
pub(crate) fn refusal(failure: Option<&Failure>) -> Option<AnyView> {
    let failure = failure?;
    Some(notice(failure.title(), failure.to_string()))
}

pub(crate) fn notice(title: &'static str, words: String) -> AnyView {
    view! {
        <div class="notice bad" role="alert">
            {icon(Icon::Warning)}
            <div><strong>{title}</strong><p>{words}</p></div>
        </div>
    }
    .into_any()
}

/// A moment; `times.js` writes it in the reader's zone.
pub(crate) fn when(at: Time) -> impl IntoView {
    let machine = at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let words = at.format("%-d %b %Y, %H:%M UTC").to_string();
    view! { <time datetime=machine title=words.clone()>{words.clone()}</time> }
}
