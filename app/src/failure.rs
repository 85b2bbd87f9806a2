//! Why something a page asked for could not be had, in words for the person who asked.

use pitstop_domain::route::form::{FieldError, Filled};
use serde::{Deserialize, Serialize};
use server_fn::codec::JsonEncoding;
use server_fn::error::{FromServerFnError, ServerFnErrorErr};

/// What a server function answers when it cannot do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", content = "why", rename_all = "snake_case")]
pub enum Failure {
    /// Understood and not done: the words say why, and what to do instead.
    #[error("{0}")]
    Refused(String),
    /// This person may not do it: the words say what it takes.
    #[error("{0}")]
    NotAllowed(String),
    /// Nobody is signed in, or no longer.
    #[error("{0}")]
    SignedOut(String),
    /// Fields of a form are wrong. What was filled in comes along, but for secrets, so that nothing has to be typed
    /// again.
    #[error("{}", told(.errors))]
    Fields { errors: Vec<FieldError>, filled: Filled },
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// The server could not do it now (database away, say): trying again later may help.
    #[error("{0}")]
    Unavailable(String),
    /// The server was not reached at all.
    #[error("The server did not answer: {0}. Check the connection, then try again.")]
    Unreachable(String),
}

impl Failure {
    /// The words for a thing that does not exist: what was looked for.
    pub fn not_found(what: &str) -> Self {
        Self::NotFound(format!("There is no such {what}. It may have been removed, or the address is wrong."))
    }

    /// A few words above the explanation.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Refused(_) => "Not done",
            Self::NotAllowed(_) => "Not allowed",
            Self::SignedOut(_) => "Signed out",
            Self::Fields { .. } => "Not saved",
            Self::NotFound(_) => "Not found",
            Self::Unavailable(_) => "Cannot be done just now",
            Self::Unreachable(_) => "No answer",
        }
    }
}

/// All that is wrong, for those who see no form.
fn told(errors: &[FieldError]) -> String {
    let each: Vec<_> = errors.iter().map(|error| format!("{}: {}", error.field, error.words)).collect();
    each.join("; ")
}

impl FromServerFnError for Failure {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(why) => Self::Unreachable(why),
            ServerFnErrorErr::Args(why) | ServerFnErrorErr::MissingArg(why) => {
                Self::Refused(format!("The form could not be read: {why}. Reload the page and try again."))
            }
            other => Self::Unavailable(format!("The server answered with an error: {other}.")),
        }
    }
}
