//! What agents send, made fit for the store.

use super::refusal::Refusal;
use axum::Json;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A body of JSON. Fields that this version does not know are passed over: agents may be newer than the server.
///
/// Machines say anything, NUL included (an SMBIOS string, a line of a broken console), and PostgreSQL stores no
/// NUL. It becomes U+FFFD here: refused, the same lines would be sent again until the dead-man timer ends them.
pub(super) struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let Json(mut value) = Json::<Value>::from_request(request, state)
            .await
            .map_err(|rejection| Refusal::NotUnderstood(rejection.status(), rejection.body_text()))?;
        without_nul(&mut value);
        serde_json::from_value(value)
            .map(Self)
            .map_err(|error| Refusal::NotUnderstood(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))
    }
}

fn without_nul(value: &mut Value) {
    match value {
        Value::String(text) => replace(text),
        Value::Array(values) => values.iter_mut().for_each(without_nul),
        Value::Object(fields) => {
            for (mut name, mut value) in std::mem::take(fields) {
                replace(&mut name);
                without_nul(&mut value);
                fields.insert(name, value);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn replace(text: &mut String) {
    if text.contains('\0') {
        *text = text.replace('\0', "\u{fffd}");
    }
}
