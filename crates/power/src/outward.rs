//! Requests that are not for a board: a probe that is asked for a page, and messages to a URL of the user's, signed as
//! calls are (see [`webhook`](crate::webhook)).
//!
//! - [`hook`]: events, as the Standard Webhooks specification has them
//! - [`mail`]: by SMTP
//! - [`text`]: a file that people name by its address, from outside one's own networks

pub mod hook;
pub(crate) mod inner;
pub mod mail;
pub mod text;

use crate::http::{Http, Lost, tame};
use crate::webhook::signed;
use chrono::Utc;
use hyper::header::HeaderMap;
use hyper::{Method, Request, Response};
use pitstop_domain::route::{HttpUrl, Trust};

/// The status of a page. Whose certificate it shows does not matter: nothing secret is sent, and what is asked is
/// whether anybody answers.
///
/// # Errors
/// In words, when nobody answers.
pub async fn status_of(url: &HttpUrl) -> Result<u16, String> {
    let http = Http::new(url, &Trust::Any)?;
    let reply = http.send(Method::GET, &url.path(), HeaderMap::new(), vec![]).await;
    reply.map(|reply| reply.status.as_u16()).map_err(words)
}

/// Posts a message (JSON), signed with the key. `id` is the same for a message that is repeated. Gives the status.
///
/// # Errors
/// In words, when no answer came.
pub async fn post_signed(url: &HttpUrl, key: &[u8], id: &str, body: String) -> Result<u16, String> {
    let http = Http::new(url, &Trust::SystemRoots)?;
    let headers = signed(key, Utc::now().timestamp(), id, &body)?;
    let reply = http.send(Method::POST, &url.path(), headers, body.into_bytes()).await;
    reply.map(|reply| reply.status.as_u16()).map_err(words)
}

/// Posts a message to a chat, whose address is all that it takes. Gives the status, and what was said.
///
/// # Errors
/// In words, when no answer came.
pub async fn post_chat(url: &HttpUrl, body: String) -> Result<(u16, String), String> {
    let http = Http::new(url, &Trust::SystemRoots)?;
    let mut headers = HeaderMap::new();
    headers.insert("content-type", hyper::header::HeaderValue::from_static("application/json"));
    let reply = http.send(Method::POST, &url.path(), headers, body.into_bytes()).await.map_err(words)?;
    Ok((reply.status.as_u16(), tame(&String::from_utf8_lossy(&reply.body))))
}

fn words(lost: Lost) -> String {
    match lost {
        Lost::Before(words) | Lost::After(words) => words,
    }
}

/// A whole answer, of whoever vouches for people. Its certificate must be vouched for, and it is not followed elsewhere.
///
/// # Errors
/// In words, when no answer came.
pub async fn ask(url: &HttpUrl, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, String> {
    let http = Http::new(url, &Trust::SystemRoots)?;
    let (parts, body) = request.into_parts();
    let reply = http.send(parts.method, &url.path(), parts.headers, body).await.map_err(words)?;
    let mut response = Response::new(reply.body.to_vec());
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    Ok(response)
}
