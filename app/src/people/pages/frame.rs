//! Documents without a program: a card for who is not in yet, and the frame of the dashboard for who is.

use crate::Failure;
use crate::parts::{Icon, icon};
use crate::people::door::Entered;
use crate::people::menu::menu;
use crate::serve::{base_url_of, document, document_with_terminal, status_of};
use crate::session::bar::{bar, live_mark};
use crate::session::density::{self, density_switch};
use crate::session::news::corner;
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
}

impl<S: Sync> FromRequestParts<S> for Frame {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let cookies = parts.headers.get(header::COOKIE).and_then(|value| value.to_str().ok());
        let who = parts.extensions.get::<Entered>().map(|entered| entered.who.clone());
        Ok(Self {
            theme: cookies.and_then(theme::of_cookies),
            density: cookies.and_then(density::of_cookies),
            who,
            path: parts.uri.path().to_owned(),
            posted: parts.method == Method::POST,
            base: base_url_of(parts),
        })
    }
}

impl Frame {
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
        document(title, (self.theme, self.density), &["/times.js"], body)
    }

    /// A page about people and settings.
    pub fn page(&self, title: &str, body: impl IntoView + 'static) -> String {
        self.settings(title, None, body)
    }

    /// A page about people and settings that follows what happens to things of these kinds.
    pub fn following(&self, title: &str, kinds: &'static str, body: impl IntoView + 'static) -> String {
        self.settings(title, Some(kinds), body)
    }

    fn settings(&self, title: &str, live: Option<&'static str>, body: impl IntoView + 'static) -> String {
        let who = self.who.clone();
        let whole = |right| who.as_ref().is_some_and(|who| who.may(right, &Subject::Installation).is_ok());
        let tab = |href: &'static str, words: &'static str| {
            let here = self.path.starts_with(href).then_some("page");
            view! { <li><a href=href aria-current=here>{words}</a></li> }
        };
        let body = view! {
            <a class="skip" href="#main">"Skip to the page"</a>
            {self.top(live.is_some())}
            <main id="main" tabindex="-1" class="settings" data-live=live data-method=self.method()>
                <nav class="tabs" aria-label="Settings">
                    <ul>
                        {tab("/account", "Your account")}
                        {tab("/settings/tokens", "Tokens")}
                        {tab("/settings/programs", "For programs")}
                        {whole(Right::ManagePeople).then(|| tab("/settings/people", "People"))}
                        {whole(Right::ChangeSettings).then(|| tab("/settings/help-desk", "Help desk"))}
                        {whole(Right::ChangeSettings).then(|| tab("/settings/sites", "Sites"))}
                        {whole(Right::ChangeSettings).then(|| tab("/settings/signatures", "Signatures"))}
                        {whole(Right::ChangeSettings).then(|| tab("/settings/sources", "From elsewhere"))}
                        {whole(Right::ChangeSettings).then(|| tab("/settings/telling", "Who is told"))}
                        {whole(Right::ChangeSettings).then(|| tab("/settings/webhooks", "Webhooks"))}
                        {whole(Right::ReadAudit).then(|| tab("/audit", "Audit"))}
                    </ul>
                </nav>
                {body}
            </main>
        };
        self.followed(title, live.is_some(), body)
    }

    /// A page within the dashboard, as wide as it gets.
    pub fn wide(&self, title: &str, body: impl IntoView + 'static) -> String {
        let body = view! {
            <a class="skip" href="#main">"Skip to the page"</a>
            {self.top(false)}
            <main id="main" tabindex="-1">{body}</main>
        };
        self.followed(title, false, body)
    }

    /// As wide as it gets, with these scripts.
    pub fn wide_with(
        &self,
        title: &str,
        scripts: &'static [&'static str],
        body: impl IntoView + 'static,
    ) -> String {
        let body = view! {
            <a class="skip" href="#main">"Skip to the page"</a>
            {self.top(false)}
            <main id="main" tabindex="-1">{body}</main>
        };
        document(title, (self.theme, self.density), scripts, body)
    }

    /// A page within the dashboard that follows what happens to things of these kinds, as the event stream calls them.
    pub fn live(&self, title: &str, kinds: &'static str, body: impl IntoView + 'static) -> String {
        let body = view! {
            <a class="skip" href="#main">"Skip to the page"</a>
            {self.top(true)}
            <main id="main" tabindex="-1" data-live=kinds data-method=self.method()>{body}</main>
        };
        self.followed(title, true, body)
    }

    /// As [`Frame::wide`], with a form that a script of ours helps with.
    pub fn uploading(&self, title: &str, body: impl IntoView + 'static) -> String {
        let body = view! {
            <a class="skip" href="#main">"Skip to the page"</a>
            {self.top(false)}
            <main id="main" tabindex="-1">{body}</main>
        };
        document(title, (self.theme, self.density), &["/times.js", "/frame.js", "/upload.js"], body)
    }

    /// A page within the dashboard that has a terminal.
    pub fn with_terminal(&self, status: StatusCode, title: &str, body: impl IntoView + 'static) -> Response {
        let nonce = leptos::nonce::Nonce::new().to_string();
        let body = view! {
            <a class="skip" href="#main">"Skip to the page"</a>
            {self.top(false)}
            <main id="main" tabindex="-1">{body}</main>
        };
        let page = document_with_terminal(title, (self.theme, self.density), &nonce, body);
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
            Some(_) => self.page(failure.title(), body),
            None => self.card(failure.title(), body),
        };
        html(status_of(failure), page)
    }

    fn followed(&self, title: &str, live: bool, body: impl IntoView) -> String {
        let scripts: &'static [&'static str] =
            if live { &SCRIPTS_OF_LIVE } else { &["/times.js", "/frame.js"] };
        let corner = live.then(corner);
        document(title, (self.theme, self.density), scripts, view! { {body} {corner} })
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

/// Of pages that follow what happens.
const SCRIPTS_OF_LIVE: [&str; 6] =
    ["/times.js", "/frame.js", "/stream.js", "/news.js", "/idiomorph/idiomorph.js", "/live.js"];

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
