//! `Idempotency-Key`: what a program asks for under a key of its own is done once, however often it asks.
//!
//! After draft-ietf-httpapi-idempotency-key-header: 400 for a key that is none, 422 where something else was asked under
//! it, 409 while there is no answer yet. Where a server ended in the middle there will be none: whether it was done is then
//! for the program to see, since to do it a second time could restart a machine for nothing.

use super::{Api, Problem};
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use pitstop_app::people::door::Entered;
use pitstop_domain::id::PersonId;
use pitstop_store::Store;
use pitstop_store::once::{Answered, Begun};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Lists of machines to import are the longest.
const LONGEST: usize = 8 << 20;

const KEY: &str = "idempotency-key";

pub(super) async fn once(State(api): State<Api>, request: Request, next: Next) -> Response {
    let person = request.extensions().get::<Entered>().and_then(|entered| entered.who.id);
    let (Some(key), Some(person), true) =
        (request.headers().get(KEY), person, request.method() == Method::POST)
    else {
        return next.run(request).await;
    };
    let key = match key.to_str() {
        Ok(key) if (1..=255).contains(&key.len()) => key.to_owned(),
        _ => {
            let why =
                "Idempotency-Key: 1 to 255 characters of ASCII, a new one for each thing that is asked for";
            return Problem::unreadable(why).into_response();
        }
    };
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, LONGEST).await else {
        return Problem::too_long(LONGEST).into_response();
    };
    let asked = digest(&[parts.uri.to_string().as_bytes(), &bytes]);
    let request = Request::from_parts(parts, Body::from(bytes));
    // By itself from here on: a line that breaks ends its request, and must neither end what is begun nor lose its answer.
    let doing = tokio::spawn(async move { answer(&api.store, (person, &key), &asked, request, next).await });
    doing.await.unwrap_or_else(|_| Problem::away().into_response())
}

async fn answer(
    store: &Store,
    (person, key): (PersonId, &str),
    asked: &[u8; 32],
    request: Request,
    next: Next,
) -> Response {
    match store.begin_once(person, key, asked, store.now()).await {
        Ok(Begun::New) => done(store, person, key, next.run(request).await).await,
        Ok(Begun::Answered(answer)) => again(answer),
        Ok(Begun::NoAnswer) => {
            let why = "this was asked for before under the same Idempotency-Key, and has no answer yet: ask again in a \
                       moment; if it stays so, the server ended in the middle, and only a look (at jobs, runs, schedules) \
                       shows whether it was done";
            ([(header::RETRY_AFTER, "1")], Problem::conflict(why)).into_response()
        }
        Ok(Begun::Other) => {
            let why = "something else was asked for under this Idempotency-Key: take a new key";
            Problem::field(KEY, why.to_owned()).into_response()
        }
        Err(error) => Problem::from(error).into_response(),
    }
}

fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// In an answer: what is kept of it instead, since it tells what is told once.
#[derive(Clone)]
pub(super) struct Instead(pub Vec<u8>);

/// Keeps the answer, or forgets what could not be tried.
async fn done(store: &Store, person: PersonId, key: &str, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    // Our own answer, which lies in memory already.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else { return Problem::away().into_response() };
    let kept = [header::CONTENT_TYPE, header::LOCATION];
    let kept = kept
        .iter()
        .filter_map(|name| Some((name.to_string(), parts.headers.get(name)?.to_str().ok()?.to_owned())));
    let body = parts.extensions.get::<Instead>().map_or_else(|| bytes.to_vec(), |instead| instead.0.clone());
    let answer = Answered { status: parts.status.as_u16(), headers: kept.collect(), body };
    let stored = match worth_keeping(parts.status) {
        true => store.answer_once(person, key, &answer).await,
        false => store.forget_once(person, key).await,
    };
    if let Err(error) = stored {
        tracing::warn!(%error, "The answer to an Idempotency-Key could not be kept.");
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// A refusal of who asks, and a server that cannot, decide nothing about what was asked.
fn worth_keeping(status: StatusCode) -> bool {
    !status.is_server_error()
        && !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS)
}

fn again(answer: Answered) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let told = BTreeMap::from([("idempotency-replayed".to_owned(), "true".to_owned())]);
    for (name, value) in answer.headers.into_iter().chain(told) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
