//! The timetable.

use crate::pitstop;
use crate::played::{Answer, Played};
use crate::stories::{functions, machines};
use serde_json::{Value, json};

const ID: &str = "01a20947-aaaa-75f8-b890-e3aebd1e73d4";

fn schedule() -> Value {
    json!({
        "id": ID, "name": "Nights", "words": "every Tuesday at 22:00, Berlin time", "function": "memory-test",
        "q": "site:porto", "start": "2026-12-01T22:00:00", "zone": "Europe/Berlin", "rule": "FREQ=WEEKLY;BYDAY=TU",
        "ready_by_s": null, "on_miss": "skip", "canary": 1, "version": 3, "paused_at": null,
        "next_at": "2026-12-01T21:00:00Z",
        "next": [{ "recurrence": "20261201T220000", "clock": "Tue 1 Dec 2026, 22:00", "state": "conflict", "words": "",
                   "notes": ["blackout: Exams; it will be left out"] }],
    })
}

fn server() -> Played {
    let one = format!("/api/v1/schedules/{ID}");
    let would = json!({ "words": "every Tuesday at 22:00", "zone": "Europe/Berlin", "machines": "2 machines.",
                        "next": schedule()["next"], "notes": ["2 machines also wanted by Inventory"] });
    Played::new([
        ("GET /api/v1/machines", vec![Answer::json(&machines())]),
        ("GET /api/v1/functions", vec![Answer::json(&functions())]),
        ("GET /api/v1/schedules", vec![Answer::json(&json!([schedule()]))]),
        ("POST /api/v1/schedules", vec![Answer::json(&json!({ "id": ID, "would": would }))]),
        (&format!("GET {one}"), vec![Answer::json(&schedule())]),
        (&format!("PUT {one}"), vec![Answer::json(&json!({ "id": ID, "would": would }))]),
        (&format!("DELETE {one}"), vec![Answer::json(&json!({}))]),
        (&format!("POST {one}/move"), vec![Answer::json(&json!({}))]),
        ("GET /api/v1/timetable/forecast", vec![Answer::json(&forecast())]),
        ("POST /api/v1/maintenance-times", vec![Answer::json(&json!({ "id": ID }))]),
    ])
}

fn forecast() -> Value {
    json!({
        "lines": [{ "name": "Nights", "function": "Memory test", "first": "2026-12-01T21:00:00Z", "times": 2, "machines": 12,
                    "conflicts": 1, "takes_s": 5400 }],
        "sites": [{ "site": "porto", "trips": 24, "bytes": 2_040_109_466_u64, "without_image": 0 }],
    })
}

/// What was sent with the first such question.
fn body(server: &Played, question: &str) -> Value {
    let asked = server.asked();
    let sent = asked.iter().find_map(|asked| asked.strip_prefix(question));
    serde_json::from_str(sent.expect("it was asked")).expect("it is JSON")
}

#[test]
fn schedules_are_listed_with_what_comes_next() {
    let server = server();
    let said = pitstop(&server.url(), &["schedules"]);
    assert!(said.out.starts_with("NAME    FUNCTION     MACHINES    WHEN"), "{}", said.out);
    assert!(said.out.contains("Nights  memory-test  site:porto  every Tuesday"), "{}", said.out);
    let said = pitstop(&server.url(), &["schedules", "Nights"]);
    assert!(said.out.contains("conflict  blackout: Exams; it will be left out"), "{}", said.out);
    let said = pitstop(&server.url(), &["--json", "schedules"]);
    assert_eq!(serde_json::from_str::<Value>(&said.out).unwrap()[0]["id"], ID);
}

#[test]
fn a_schedule_is_made_as_it_is_said() {
    let server = server();
    let words = ["schedules", "new", "Nights", "--function", "memory-test", "--q", "site:porto", "--at"];
    let more = ["2026-12-01 22:00", "--zone", "Europe/Berlin", "--rule", "FREQ=WEEKLY;BYDAY=TU", "--on-miss"];
    let rest = ["next-window", "--ready-by", "30m", "--canary", "1"];
    let said = pitstop(&server.url(), &[&words[..], &more[..], &rest[..]].concat());
    assert_eq!((said.exit, said.out), (Some(0), format!("{ID}\n")), "{}", said.err);
    let sent = body(&server, "POST /api/v1/schedules ");
    assert_eq!((&sent["start"], &sent["q"]), (&json!("2026-12-01T22:00:00"), &json!("site:porto")));
    assert_eq!((&sent["on_miss"], &sent["ready_by_s"]), (&json!("next_window"), &json!(1800)));
}

#[test]
fn what_is_not_named_stays_when_a_schedule_is_changed() {
    let server = server();
    let said = pitstop(&server.url(), &["schedules", "change", "Nights", "--zone", "UTC", "--dry-run"]);
    assert!(said.out.contains("note: 2 machines also wanted by Inventory"), "{}", said.out);
    let sent = body(&server, &format!("PUT /api/v1/schedules/{ID} "));
    assert_eq!((&sent["zone"], &sent["rule"]), (&json!("UTC"), &json!("FREQ=WEEKLY;BYDAY=TU")));
    assert_eq!((&sent["version"], &sent["dry_run"]), (&json!(3), &json!(true)));
}

#[test]
fn one_time_is_moved_and_a_schedule_deleted_by_name() {
    let server = server();
    let said =
        pitstop(&server.url(), &["schedules", "move", "Nights", "20261201T220000", "2026-12-02 21:00"]);
    assert_eq!((said.exit, said.err.as_str()), (Some(0), "it is moved\n"));
    let sent = body(&server, &format!("POST /api/v1/schedules/{ID}/move "));
    assert_eq!(sent, json!({ "recurrence": "20261201T220000", "to": "2026-12-02T21:00:00" }));
    assert_eq!(pitstop(&server.url(), &["schedules", "delete", "Nights"]).exit, Some(0));
    let said = pitstop(&server.url(), &["schedules", "delete", "Night"]);
    assert_eq!(said.exit, Some(2));
    assert!(said.err.contains("did you mean `Nights`?"), "{}", said.err);
}

#[test]
fn the_next_seven_days_are_told_by_schedule_and_by_site() {
    let server = server();
    let said = pitstop(&server.url(), &["schedules", "forecast"]);
    assert!(said.out.contains("2026-12-01 21:00:00  2      12        1 h 30 min  1"), "{}", said.out);
    assert!(said.out.contains("porto  24     1.9 GiB"), "{}", said.out);
}

#[test]
fn a_window_lasts_as_long_as_it_is_said() {
    let server = server();
    let words =
        ["times", "window", "Nights", "--at", "2026-12-01 22:00", "--lasts", "8h", "--q", "site:porto"];
    let said = pitstop(&server.url(), &words);
    assert_eq!((said.exit, said.out), (Some(0), format!("{ID}\n")));
    let sent = body(&server, "POST /api/v1/maintenance-times ");
    assert_eq!((&sent["kind"], &sent["minutes"]), (&json!("window"), &json!(480)));
}
