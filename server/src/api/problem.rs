//! An answer that is not a success (RFC 9457, problem details).

use crate::people::Fault;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use pitstop_app::Failure;
use pitstop_app::serve::status_of;
use pitstop_domain::route::form::FieldError;
use pitstop_store::Error;
use serde::Serialize;
use utoipa::ToSchema;

/// Why it was not done.
pub enum Problem {
    Store(Error),
    /// The caller may not do it.
    NotAllowed(String),
    /// As a page would say it.
    Said(Failure),
    /// What was sent is not what is taken here.
    Unreadable {
        status: StatusCode,
        words: String,
    },
    /// A name in the path that nothing can have.
    NoSuchName(String),
    /// Settings are wrong; `rung`: of which route.
    Fields {
        rung: Option<usize>,
        errors: Vec<FieldError>,
    },
}

/// What is answered where something is not done (RFC 9457). `detail` says what happened and what to do.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct Body {
    pub title: String,
    pub status: u16,
    pub detail: String,
    /// Which fields are wrong, where fields are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    pub errors: Option<Vec<FieldError>>,
    /// Of which route (counts from 0), where routes are written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rung: Option<usize>,
}

impl Problem {
    pub fn unreadable(words: &str) -> Self {
        Self::Unreadable { status: StatusCode::BAD_REQUEST, words: words.to_owned() }
    }

    pub fn too_long(bytes: usize) -> Self {
        let words = format!("this is longer than {} MiB: send less at once", bytes >> 20);
        Self::Unreadable { status: StatusCode::PAYLOAD_TOO_LARGE, words }
    }

    /// The server cannot, and whether it was done is not known.
    pub fn away() -> Self {
        let words = "the server cannot answer right now: look whether it was done, and try again".to_owned();
        Self::Unreadable { status: StatusCode::SERVICE_UNAVAILABLE, words }
    }

    pub fn conflict(why: &str) -> Self {
        Self::Store(Error::Refused(why.to_owned()))
    }

    /// What it was changed from is not what it is by now.
    pub fn changed_meanwhile() -> Self {
        let words = "it was changed meanwhile: read it again, then change it".to_owned();
        Self::Unreadable { status: StatusCode::PRECONDITION_FAILED, words }
    }

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
        let (mut errors, mut rung) = (None, None);
        let (status, detail) = match self {
            Self::Store(Error::Refused(why)) => (StatusCode::CONFLICT, why),
            Self::NotAllowed(why) => (StatusCode::FORBIDDEN, why),
            Self::Store(Error::NotFound(what)) => (StatusCode::NOT_FOUND, format!("there is no such {what}")),
            Self::NoSuchName(words) => (StatusCode::NOT_FOUND, words),
            Self::Unreadable { status, words } => (status, words),
            Self::Store(error) => {
                tracing::error!(%error, "A request could not be answered.");
                (StatusCode::SERVICE_UNAVAILABLE, "the server cannot answer right now: try again".to_owned())
            }
            Self::Said(failure) => (status_of(&failure), failure.to_string()),
            Self::Fields { rung: of, errors: each } => {
                let words: Vec<_> =
                    each.iter().map(|error| format!("{}: {}", error.field, error.words)).collect();
                (errors, rung) = (Some(each), of);
                (StatusCode::UNPROCESSABLE_ENTITY, words.join("; "))
            }
        };
        let title = status.canonical_reason().unwrap_or_default().to_owned();
        let body = Body { title, status: status.as_u16(), detail, errors, rung };
        (status, [("content-type", "application/problem+json")], Json(body)).into_response()
    }
}
