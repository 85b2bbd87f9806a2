//! What programs send, taken apart: as axum does it, but what cannot be understood is answered as a [`Problem`].

use super::Problem;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, Uri};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A body of JSON, in both directions.
pub struct Json<T>(pub T);

/// The words behind the `?`.
pub struct Query<T>(pub T);

/// The names in the path.
pub struct Path<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let taken = <axum::Json<T> as FromRequest<S>>::from_request(request, state).await;
        Ok(Self(taken.map_err(|wrong: JsonRejection| unreadable(wrong.status(), wrong.body_text()))?.0))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> OptionalFromRequest<S> for Json<T> {
    type Rejection = Problem;

    /// Who sends no body says nothing of what kind it is.
    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        if request.headers().get(CONTENT_TYPE).is_none() {
            return Ok(None);
        }
        <Self as FromRequest<S>>::from_request(request, state).await.map(Some)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let uri = match parts.method {
            Method::GET => without_empty(&parts.uri)?,
            // Where something is done, an empty word may be one that was forgotten: it is read as it stands.
            _ => parts.uri.clone(),
        };
        let taken = axum::extract::Query::try_from_uri(&uri);
        Ok(Self(taken.map_err(|wrong: QueryRejection| unreadable(wrong.status(), wrong.body_text()))?.0))
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    /// A name that cannot be one is no name of anything.
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let taken = axum::extract::Path::from_request_parts(parts, state).await;
        let wrong = |wrong: PathRejection| Problem::NoSuchName(wrong.body_text());
        Ok(Self(taken.map_err(wrong)?.0))
    }
}

/// Forms send what was left empty, too: that is nothing said.
fn without_empty(uri: &Uri) -> Result<Uri, Problem> {
    let query = uri.query().unwrap_or_default().split('&');
    let said = query.filter(|pair| pair.split_once('=').is_none_or(|(_, value)| !value.is_empty()));
    let uri = format!("/?{}", said.collect::<Vec<_>>().join("&"));
    uri.parse().map_err(|_| Problem::unreadable("the words behind the `?` are no query"))
}

fn unreadable(status: axum::http::StatusCode, words: String) -> Problem {
    Problem::Unreadable { status, words }
}
