//! Signing in by an identity provider: out by a link, and back.

use super::frame::{Frame, html, notice};
use super::login::{let_in, said};
use crate::people::door::{CameBack, Door, NotIn, Shown};
use crate::people::{cookie, next};
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use leptos::prelude::*;
use pitstop_domain::secret::Secret;
use serde::Deserialize;
use std::sync::Arc;

/// Where the button leads. A link, not a form: a policy that lets forms go here only is kept by redirects, too.
pub(super) const START: &str = "/auth/oidc/start";
/// Where the provider sends people back.
pub const CALLBACK: &str = "/auth/oidc/callback";
/// Seconds that a browser may be away; as long as the server remembers.
const LASTS: u32 = 600;
/// Letters of the provider's word for why not. RFC 6749, 4.1.2.1, has none that is longer.
const LONGEST_WORD: usize = 40;

#[derive(Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    next: String,
}

/// `GET /auth/oidc/start`
pub async fn start(State(door): State<Arc<dyn Door>>, Query(asked): Query<Asked>, frame: Frame) -> Response {
    if door.provider().is_none() {
        return none(&frame);
    }
    match door.send_to_provider(next::safe(&asked.next)).await {
        Ok(sent) => {
            let cookie = cookie::set_under_way(sent.browser.expose(), LASTS, door.is_secure());
            with_cookie(Redirect::to(&sent.to).into_response(), cookie)
        }
        Err(why) => refused(&frame, &why),
    }
}

/// What the provider's redirect brings (RFC 6749, 4.1.2). It has no `Debug`: the code is a secret.
#[derive(Default, Deserialize)]
pub struct Brought {
    #[serde(default)]
    state: String,
    code: Option<String>,
    error: Option<String>,
}

/// `GET /auth/oidc/callback`
pub async fn callback(
    State(door): State<Arc<dyn Door>>,
    Query(brought): Query<Brought>,
    frame: Frame,
    request: Request,
) -> Response {
    if door.provider().is_none() {
        return none(&frame);
    }
    let shown = Shown::of(&*door, &request);
    let back = came_back(brought, request.headers());
    let response = match door.come_back(&back, &shown).await {
        Ok((token, wanted)) => let_in(&*door, &token, &wanted),
        Err(why) => refused(&frame, &why),
    };
    with_cookie(response, cookie::set_under_way("", 0, door.is_secure()))
}

fn came_back(brought: Brought, headers: &HeaderMap) -> CameBack {
    let code = match (brought.code, brought.error) {
        (Some(code), None) => Ok(Secret::new(code)),
        (_, error) => Err(word(&error.unwrap_or_default())),
    };
    CameBack { state: brought.state, browser: cookie::under_way(headers), code }
}

/// Whoever makes a link to here writes what they like in it.
fn word(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_lowercase() || *c == '_').take(LONGEST_WORD).collect()
}

fn with_cookie(mut response: Response, cookie: Option<header::HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn refused(frame: &Frame, why: &NotIn) -> Response {
    let (status, words) = said(why);
    let body = view! {
        <h1>"Sign in"</h1>
        {notice("Not signed in", words)}
        <p><a class="button primary" href="/login">"Back to sign in"</a></p>
    };
    html(status, frame.card("Not signed in", body))
}

fn none(frame: &Frame) -> Response {
    let words =
        "No identity provider is set here (--oidc-issuer). Sign in with name and password.".to_owned();
    let body = view! {
        <h1>"Sign in"</h1>
        {notice("No identity provider", words)}
        <p><a class="button primary" href="/login">"Back to sign in"</a></p>
    };
    html(StatusCode::NOT_FOUND, frame.card("Not signed in", body))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brought(code: Option<&str>, error: Option<&str>) -> Result<String, String> {
        let own = |text: Option<&str>| text.map(str::to_owned);
        let brought = Brought { state: "s".into(), code: own(code), error: own(error) };
        came_back(brought, &HeaderMap::new()).code.map(|code| code.expose().to_owned())
    }

    #[test]
    fn a_code_is_one_only_where_nothing_went_wrong() {
        assert_eq!(brought(Some("abc"), None), Ok("abc".to_owned()));
        assert_eq!(brought(Some("abc"), Some("access_denied")), Err("access_denied".to_owned()));
        assert_eq!(brought(None, None), Err(String::new()));
    }

    #[test]
    fn nobody_writes_sentences_of_their_own_into_our_page() {
        assert_eq!(word("<b>Call 0900 123456 now</b>"), "ballnowb");
        assert_eq!(word(&"a".repeat(500)).len(), LONGEST_WORD);
    }
}
