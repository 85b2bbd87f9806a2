//! The page that a phone opens at a machine: what to press, and two buttons. It needs no script, and has no frame and no
//! link to elsewhere: whoever holds its address can do this one thing and see this one machine's name.
//!
//! - [`Asked`]: what the holder of a link is asked; `page`: the page; [`show`], [`answer`]: its two requests

mod page;

use crate::backend::Backend;
use crate::serve::status_of;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use pitstop_domain::id::{CallId, JobId};
use pitstop_domain::machine::Firmware;
use pitstop_domain::route::Target;
use serde::Deserialize;
use std::sync::Arc;

/// What whoever holds the link of a call is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub machine: String,
    pub site: String,
    pub firmware: Firmware,
    pub target: Target,
    pub stage: Stage,
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The machine is to be restarted.
    Waits,
    /// That was answered; what became of it, in plain words. `over`: nothing more will come.
    Answered { done: bool, now: String, over: bool },
}

/// Nothing from elsewhere; `public/go.js` is the one script, which looks again.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// Machine, call and token of a link, as they came.
type Link = Path<(String, String, String)>;

/// `GET /go/{job}/{call}/{token}`
pub async fn show(State(backend): State<Arc<dyn Backend>>, Path(link): Link) -> Response {
    match asked(&*backend, &link).await {
        Ok((asked, ..)) => html(StatusCode::OK, page::asked(&asked)),
        Err(response) => *response,
    }
}

/// How it went.
#[derive(Deserialize)]
pub struct Said {
    did: String,
}

/// `POST /go/{job}/{call}/{token}`
pub async fn answer(
    State(backend): State<Arc<dyn Backend>>,
    Path(link): Link,
    Form(said): Form<Said>,
) -> Response {
    let (asked, job, call) = match asked(&*backend, &link).await {
        Ok(found) => found,
        Err(response) => return *response,
    };
    // Pressed twice, or answered by somebody else meanwhile: the page says what is.
    if asked.stage == Stage::Waits
        && let Err(failure) = backend.person_did(job, call, said.did == "done").await
    {
        return html(status_of(&failure), page::trouble(&failure));
    }
    Redirect::to(&format!("/go/{}/{}/{}", link.0, link.1, link.2)).into_response()
}

async fn asked(
    backend: &dyn Backend,
    (job, call, token): &(String, String, String),
) -> Result<(Asked, JobId, CallId), Box<Response>> {
    let gone = || Box::new(html(StatusCode::GONE, page::gone()));
    let (Ok(job), Ok(call)) = (job.parse(), call.parse()) else { return Err(gone()) };
    match backend.person_asked(job, call, token).await {
        Ok(Some(asked)) => Ok((asked, job, call)),
        Ok(None) => Err(gone()),
        Err(failure) => Err(Box::new(html(status_of(&failure), page::trouble(&failure)))),
    }
}

fn html(status: StatusCode, page: String) -> Response {
    let mut response = (status, Html(page)).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}
