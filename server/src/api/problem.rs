//! An answer that is not a success (RFC 9457, problem details).

use crate::people::Fault;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use pitstop_app::Failure;
use pitstop_app::serve::status_of;
use pitstop_domain::route::form::FieldError;
use pitstop_store::Error;
use serde_json::json;

/// Why it was not done.
pub enum Problem {
    Store(Error),
    /// The caller may not do it.
    NotAllowed(String),
    /// As a page would say it.
    Said(Failure),
    /// Settings are wrong; `rung`: of which route.
    Fields {
        rung: Option<usize>,
        errors: Vec<FieldError>,
    },
}

impl Problem {
    pub fn field(name: &str, words: String) -> Self {
        Self::Fields { rung: None, errors: vec![FieldError { field: name.to_owned(), words }] }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self::Said(failure)
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NotAllowed(why) => Self::NotAllowed(why),
            Fault::Store(error) => Self::Store(error),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, detail, more) = match self {
            Self::Store(Error::Refused(why)) => (StatusCode::CONFLICT, why, json!({})),
            Self::NotAllowed(why) => (StatusCode::FORBIDDEN, why, json!({})),
            Self::Store(Error::NotFound(what)) => {
                (StatusCode::NOT_FOUND, format!("there is no such {what}"), json!({}))
            }
            Self::Store(error) => {
                tracing::error!(%error, "A request could not be answered.");
                let words = "the server cannot answer right now: try again".to_owned();
                (StatusCode::SERVICE_UNAVAILABLE, words, json!({}))
            }
            Self::Said(failure) => (status_of(&failure), failure.to_string(), json!({})),
            Self::Fields { rung, errors } => {
                let each: Vec<_> =
                    errors.iter().map(|error| format!("{}: {}", error.field, error.words)).collect();
                let more = json!({ "rung": rung, "errors": errors });
                (StatusCode::UNPROCESSABLE_ENTITY, each.join("; "), more)
            }
        };
        let mut body =
            json!({ "title": status.canonical_reason(), "status": status.as_u16(), "detail": detail });
        if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
            body.extend(more.clone());
        }
        (status, [("content-type", "application/problem+json")], Json(body)).into_response()
    }
}
