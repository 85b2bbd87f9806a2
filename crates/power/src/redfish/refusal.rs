//! What a board's refusals and silences mean.

use crate::http::{Lost, Reply, tame};
use crate::{Effect, Fault};
use hyper::StatusCode;
use serde_json::Value;

/// A failure before the request left is harmless. After it, one that only prepares is harmless too, and may be
/// repeated; of one that restarts nobody knows.
pub(super) fn lost(lost: &Lost, effect: Effect) -> Fault {
    match (lost, effect) {
        (Lost::Before(words), _) | (Lost::After(words), Effect::None) => Fault::later(words.clone()),
        (Lost::After(words), Effect::Unknown) => {
            Fault::unknown(format!("{words}. It may have restarted the machine: the machine will show"))
        }
    }
}

/// An error, unless the board took the request.
pub(super) fn check(origin: &str, reply: &Reply, effect: Effect) -> Result<(), Fault> {
    let status = reply.status;
    if status.is_success() {
        return Ok(());
    }
    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        // That the user may not do this is no wrong password.
        let is_of_account = status == StatusCode::UNAUTHORIZED;
        return Err(Fault { is_of_account, ..credentials(origin, reply) });
    }
    let words = format!("{origin} refused: {}", told(reply));
    Err(match status {
        // The board says itself that it did not get to it.
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS | StatusCode::CONFLICT => {
            Fault::later(words)
        }
        // It broke on the way, or something in between did: it may have acted.
        status if status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED => match effect {
            Effect::None => Fault::later(words),
            Effect::Unknown => {
                Fault::unknown(format!("{words}. It may have restarted the machine all the same"))
            }
        },
        _ => Fault::refused(words),
    })
}

/// A login changes nothing, so the worst it can say is: later.
pub(super) fn of_login(origin: &str, reply: &Reply) -> Fault {
    // 400 is what some boards answer to a wrong password.
    if matches!(reply.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST) {
        return Fault { is_of_account: true, ..credentials(origin, reply) };
    }
    Fault {
        worth_retrying: reply.status.is_server_error(),
        ..Fault::refused(format!("{origin} let nobody log in: {}", told(reply)))
    }
}

/// It let the user log in just before, and does not let it see this.
pub(super) fn not_for_user(origin: &str, path: &str) -> Fault {
    Fault::refused(format!(
        "{origin} lets the route's user log in, and refuses it {} (401). Nothing was touched. Give the user more rights",
        tame(path)
    ))
}

fn credentials(origin: &str, reply: &Reply) -> Fault {
    Fault::refused(format!(
        "{origin} refused the user or password, or the user may not do this ({}). Nothing was touched. Set the route's \
         user and password again",
        reply.status.as_u16()
    ))
}

/// Status and the board's own words (DSP0266, "Error responses").
fn told(reply: &Reply) -> String {
    let value: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let error = &value["error"];
    let more = error["@Message.ExtendedInfo"].as_array().and_then(|infos| infos.first());
    let message = more.and_then(|info| info["Message"].as_str()).or_else(|| error["message"].as_str());
    match message {
        Some(message) => format!("{} ({})", tame(message), reply.status.as_u16()),
        None => reply.status.to_string(),
    }
}
