//! Every answer that is not a success carries a `Problem`.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use pitstop_domain::wire::Problem;

/// Why an agent is not served.
pub(super) enum Refusal {
    /// No token, or not the one for this machine.
    WrongToken,
    /// No token, or not the one for this job: maintenance that nobody will ever serve.
    NotItsJob,
    /// The enrolment key is not this installation's.
    WrongKey,
    /// The machine has no business in maintenance, for this reason.
    GoHome(String),
    NotFound(&'static str),
    /// What the agent means to do is not wanted any more.
    GivenUp(String),
    /// The body is too large, no JSON, or not what is expected there.
    NotUnderstood(StatusCode, String),
    /// There is no room for what the agent brings.
    NoRoom(String),
    /// What the server keeps cannot be reached, in words; the agent tries again.
    Away(String),
    /// The store failed; the agent tries again.
    Later(pitstop_store::Error),
}

impl Refusal {
    /// The job that maintenance was for is not there any more.
    pub(super) fn over() -> Self {
        Self::GoHome("this job is over".to_owned())
    }
}

impl From<pitstop_store::Error> for Refusal {
    fn from(error: pitstop_store::Error) -> Self {
        match error {
            pitstop_store::Error::NotFound(what) => Self::NotFound(what),
            pitstop_store::Error::Refused(why) => Self::GivenUp(why),
            other => Self::Later(other),
        }
    }
}

impl From<crate::captures::Fault> for Refusal {
    fn from(fault: crate::captures::Fault) -> Self {
        match fault {
            crate::captures::Fault::Store(error) => error.into(),
            unread @ crate::captures::Fault::Unread(_) => Self::Away(unread.to_string()),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, error) = match &self {
            Self::WrongToken => {
                (StatusCode::UNAUTHORIZED, "this token does not open this: enrol again".to_owned())
            }
            Self::WrongKey => (
                StatusCode::FORBIDDEN,
                "the enrolment key is not this server's: take the one in its enrol.key".to_owned(),
            ),
            Self::NotItsJob => (StatusCode::UNAUTHORIZED, "this token does not open this job".to_owned()),
            Self::GoHome(why) => (StatusCode::GONE, why.clone()),
            Self::NoRoom(why) => (StatusCode::INSUFFICIENT_STORAGE, why.clone()),
            Self::GivenUp(why) => (StatusCode::CONFLICT, why.clone()),
            Self::NotUnderstood(status, why) => {
                (*status, format!("this is not what is expected here: {why}"))
            }
            Self::Away(why) => {
                tracing::warn!(why, "An agent could not be served; it will ask again.");
                (StatusCode::SERVICE_UNAVAILABLE, format!("{why}: try again"))
            }
            Self::NotFound(what) => (StatusCode::NOT_FOUND, format!("there is no such {what}")),
            Self::Later(error) => {
                tracing::warn!(%error, "An agent could not be served; it will ask again.");
                (StatusCode::SERVICE_UNAVAILABLE, "the server cannot answer right now: try again".to_owned())
            }
        };
        let go_home = matches!(self, Self::GoHome(_) | Self::NotItsJob);
        (status, Json(Problem { error, go_home })).into_response()
    }
}
