//! Through here goes every request but those to the few open routes: whoever is nobody is turned away.

use super::door::{Door, Shown};
use super::{cookie, next};
use crate::Failure;
use crate::serve::status_of;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Value, json};
use std::sync::Arc;

/// Puts whoever asks into the request, as [`super::door::Entered`].
pub async fn enter(State(door): State<Arc<dyn Door>>, mut request: Request, follow: Next) -> Response {
    let shown = Shown::of(&*door, &request);
    let by_program = is_for_programs(&request);
    match door.enter(&shown, is_page_load(request.method(), request.headers())).await {
        Ok(Some(entered)) => {
            let new_cookie =
                entered.new_cookie.as_ref().and_then(|token| cookie::set(token, door.is_secure()));
            request.extensions_mut().insert(entered);
            let mut response = follow.run(request).await;
            if let Some(cookie) = new_cookie {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            response
        }
        Ok(None) => turn_away(&request),
        Err(failure) => refuse(&failure, by_program),
    }
}

/// A browser that asks for a document, and keeps the answer's cookie before it asks for more.
fn is_page_load(method: &Method, headers: &HeaderMap) -> bool {
    let document = headers.get("sec-fetch-dest").is_none_or(|dest| dest == "document");
    method == Method::GET && document && wants_page(headers)
}

fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// A browser is led to the page to sign in at, and back; programs are told.
fn turn_away(request: &Request) -> Response {
    let by_program = is_for_programs(request);
    if wants_page(request.headers()) && !by_program {
        let here = match *request.method() {
            Method::GET => request.uri().path_and_query().map(|path| path.as_str().to_owned()),
            _ => referer(request.headers()),
        };
        return Redirect::to(&next::sign_in_at(&here.unwrap_or_default())).into_response();
    }
    let words = "Nobody is signed in, or the session is over. Sign in again; programs show a token (Authorization: Bearer).";
    refuse(&Failure::SignedOut(words.to_owned()), by_program)
}

fn is_for_programs(request: &Request) -> bool {
    request.uri().path().starts_with("/api/v1/")
}

/// The path of the page that a form was on.
fn referer(headers: &HeaderMap) -> Option<String> {
    let referer = headers.get(header::REFERER)?.to_str().ok()?;
    let (_, rest) = referer.split_once("://")?;
    Some(rest[rest.find('/')?..].to_owned())
}

/// For server functions and for programs alike: the failure, and the problem (RFC 9457).
fn refuse(failure: &Failure, by_program: bool) -> Response {
    let status = status_of(failure);
    let mut body = serde_json::to_value(failure).unwrap_or_default();
    let problem =
        json!({ "title": failure.title(), "status": status.as_u16(), "detail": failure.to_string() });
    if let (Value::Object(body), Value::Object(problem)) = (&mut body, problem) {
        body.extend(problem);
    }
    let mut response = (status, Json(body)).into_response();
    if by_program {
        let kind = header::HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    if status == StatusCode::UNAUTHORIZED {
        let scheme = header::HeaderValue::from_static("Bearer realm=\"pitstop\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
    }
    response
}
