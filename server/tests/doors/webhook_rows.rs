//! The part of the table that is about webhooks.

use super::table::{Needs, Row, get, post, row};
use pitstop_domain::people::Right;

/// A webhook as its form has it, and as a program has it.
const WEBHOOK: &str = "name=hook{n}&url=https://hook.example/&job.closed=on";
const WEBHOOK_JSON: &str = r#"{"name":"hook{n}","url":"https://hook.example/","kinds":["job.closed"]}"#;

/// Their routes: for who changes settings; each is read first.
pub fn rows() -> Vec<Row> {
    let settings = Needs::Whole(Right::ChangeSettings);
    let reads = |row: Row| Row { is_form_with_a_reading: true, ..row };
    vec![
        get("/settings/webhooks", settings),
        reads(post("/settings/webhooks", WEBHOOK, settings)),
        get("/settings/webhooks/{webhook}", settings),
        reads(post("/settings/webhooks/{webhook}", WEBHOOK, settings)),
        reads(post("/settings/webhooks/{webhook}/{act}", "", settings)),
        reads(post("/settings/webhooks/{webhook}/deliveries/{delivery}", "", settings)),
        get("/api/v1/webhooks", settings),
        reads(post("/api/v1/webhooks", WEBHOOK_JSON, settings)),
        get("/api/v1/webhooks/{webhook}", settings),
        reads(row("PUT", "/api/v1/webhooks/{webhook}", WEBHOOK_JSON, settings)),
        reads(post("/api/v1/webhooks/{webhook}/test", "", settings)),
        reads(post("/api/v1/webhooks/{webhook}/rotate", "", settings)),
        reads(post("/api/v1/webhooks/{webhook}/pause", "", settings)),
        reads(post("/api/v1/webhooks/{webhook}/resume", "", settings)),
        reads(post("/api/v1/webhooks/{webhook}/again", r#"{"since":"2026-01-01T00:00:00Z"}"#, settings)),
        get("/api/v1/webhooks/{webhook}/deliveries", settings),
        reads(post("/api/v1/webhooks/{webhook}/deliveries/{delivery}/again", "", settings)),
        reads(row("DELETE", "/api/v1/webhooks/{webhook}", "", settings)),
    ]
}
