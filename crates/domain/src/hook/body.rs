//! What is sent: small, and nothing that the interface for programs would not show.

use super::Kind;
use crate::Time;
use chrono::SecondsFormat;
use serde_json::{Value, json};

/// The body of an event. `base`: where people and programs reach this server; links begin with it.
pub fn body(kind: Kind, at: Time, data: &Value, base: &str) -> Value {
    let mut data = data.clone();
    if let Some(fields) = data.as_object_mut() {
        let links = links(kind, fields);
        fields
            .extend(links.into_iter().map(|(name, path)| (name.to_owned(), json!(format!("{base}{path}")))));
    }
    json!({ "type": kind.name(), "timestamp": at.to_rfc3339_opts(SecondsFormat::Micros, true), "data": data })
}

/// Where a program reads what it is about, and where a person sees it.
fn links(kind: Kind, data: &serde_json::Map<String, Value>) -> Vec<(&'static str, String)> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let (job, run) = (text(data.get("job")), text(data.get("run")));
    let machine = text(data.get("machine").and_then(|machine| machine.get("id")));
    let both = |api: String, page: String| vec![("api", api), ("page", page)];
    match kind {
        Kind::JobBegan | Kind::JobHeld | Kind::JobClosed | Kind::AlarmRaised | Kind::AlarmCleared => {
            both(format!("/api/v1/jobs/{job}"), format!("/jobs/{job}"))
        }
        Kind::RunStopped | Kind::RunOver => both(format!("/api/v1/runs/{run}"), format!("/runs/{run}")),
        Kind::MachineAdopted => both(format!("/api/v1/machines/{machine}"), format!("/machines/{machine}")),
        Kind::AlertFiring | Kind::AlertNeedsPerson | Kind::AlertResolved => {
            both(format!("/api/v1/machines/{machine}"), format!("/machines/{machine}/health"))
        }
        Kind::Test => vec![("page", "/settings/webhooks".to_owned())],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    #[test]
    fn a_body_says_what_happened_when_and_where_to_read_on() {
        let data = json!({ "job": "0b", "outcome": "succeeded", "machine": { "id": "0a", "name": "pc-1", "site": "graz" } });
        let body = body(Kind::JobClosed, DateTime::UNIX_EPOCH, &data, "https://pitstop.example");
        assert_eq!(
            body,
            json!({
                "type": "job.closed",
                "timestamp": "1970-01-01T00:00:00.000000Z",
                "data": {
                    "job": "0b",
                    "outcome": "succeeded",
                    "machine": { "id": "0a", "name": "pc-1", "site": "graz" },
                    "api": "https://pitstop.example/api/v1/jobs/0b",
                    "page": "https://pitstop.example/jobs/0b",
                },
            })
        );
    }
}
