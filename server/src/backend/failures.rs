//! What went wrong, as people read it.

use crate::people::Fault;
use pitstop_app::Failure;
use pitstop_store::Error;

/// Refusals in words for people; what they cannot help is logged here, once.
pub fn failure_of(fault: Fault) -> Failure {
    match fault {
        Fault::NotAllowed(why) => Failure::NotAllowed(why),
        Fault::Store(error) => failure(error),
    }
}

/// The store's errors in words for people.
pub fn failure(error: Error) -> Failure {
    match error {
        Error::Refused(why) => Failure::Refused(why),
        Error::NotFound(what) => Failure::not_found(what),
        error => {
            tracing::error!(%error, "A page could not be served.");
            Failure::Unavailable(
                "The database does not answer. Running jobs wait for it; try again in a moment.".to_owned(),
            )
        }
    }
}

/// What is not there, or out of sight, has no page.
pub(super) fn found<T>(read: Result<Option<T>, Failure>) -> Result<Option<T>, Failure> {
    match read {
        Err(Failure::NotFound(_)) => Ok(None),
        read => read,
    }
}
