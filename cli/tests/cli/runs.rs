//! Functions on many machines.

use crate::pitstop;
use crate::played::{Answer, Played};
use crate::stories::{MACHINE, functions, machines};
use serde_json::{Value, json};

const RUN: &str = "01a20947-ffff-75f8-b890-e3aebd1e73d4";

fn estimate() -> Value {
    json!({
        "machines": 2, "refused": [{ "machine": MACHINE, "name": "pc-0009", "why": "no image suits it" }], "busy": [],
        "waves": [{ "wave": 0, "machines": 1, "at_once": 1, "seconds": 90 }, { "wave": 1, "machines": 1, "at_once": 1, "seconds": 90 }],
        "at_once": 1, "total_s": 180, "guessed": 0,
    })
}

fn tally(back: u32, under_way: u32, failed: u32) -> Value {
    json!({ "machines": 2, "waiting": 0, "under_way": under_way, "no_show": 0, "back": back, "found": 0, "failed": failed,
            "held": 0, "cancelled": 0, "refused": 0, "skipped": 0 })
}

fn story(state: &str, tally: Value, over: bool) -> Value {
    json!({
        "run": { "state": state, "because": "asked for", "over_at": over.then_some("2026-03-01T10:05:00Z") },
        "title": "Memory test", "tally": tally, "listed": 1,
        "waiting": (!over).then(|| json!({ "awaits": "the last jobs", "since": "2026-03-01T10:00:00Z", "until": null, "then": "it is closed" })),
        "members": [{ "name": "pc-0002", "site": "porto", "wave": 0, "kind": "back", "words": "all is well", "job": null }],
        "history": [{ "at": "2026-03-01T10:00:00Z", "state": "running", "reason": "the canary starts: 1 machine" }],
    })
}

fn server(stories: Vec<Answer>) -> Played {
    let run = format!("GET /api/v1/runs/{RUN}");
    Played::new([
        ("GET /api/v1/machines", vec![Answer::json(&machines())]),
        ("GET /api/v1/functions", vec![Answer::json(&functions())]),
        ("POST /api/v1/runs", vec![Answer::json(&json!({ "id": RUN, "estimate": estimate() }))]),
        (&run, stories),
    ])
}

fn body(server: &Played) -> Value {
    let asked = server.asked();
    let posted = asked.iter().find_map(|question| question.strip_prefix("POST /api/v1/runs "));
    serde_json::from_str(posted.expect("a run was asked for")).expect("it is JSON")
}

#[test]
fn many_machines_make_a_run_with_its_plan() {
    let server = server(vec![]);
    let words = [
        "run",
        "memory-test",
        "--machines",
        "pc-0002,srv-0001",
        "--site",
        "porto",
        "--label",
        "lab",
        "--canary",
        "1",
        "--wave",
        "10%",
        "--stop-on",
        "2",
        "--pause",
        "5m",
        "--at-once",
        "20",
        "--per-site",
        "5",
    ];
    let said = pitstop(&server.url(), &words);
    assert_eq!((said.exit, said.out), (Some(0), format!("{RUN}\n")));
    assert!(said.err.contains("pc-0009 is left out: no image suits it"), "{}", said.err);
    let asked = body(&server);
    assert_eq!(asked["machines"].as_array().unwrap().len(), 2);
    assert_eq!(asked["machines"][0], MACHINE);
    assert_eq!(
        (&asked["q"], &asked["canary"], &asked["pause_s"]),
        (&json!("site:\"porto\" label:\"lab\""), &json!(1), &json!(300))
    );
    assert_eq!((&asked["wave"], &asked["stop_on"]), (&json!({ "percent": 10 }), &json!({ "failures": 2 })));
    assert_eq!(asked["at_once"], json!({ "in_all": 20, "per_site": 5 }));
}

#[test]
fn a_dry_run_tells_and_starts_nothing() {
    let server = server(vec![]);
    let said = pitstop(&server.url(), &["run", "memory-test", "--site", "porto", "--dry-run"]);
    assert_eq!(said.exit, Some(0), "{said:?}");
    assert!(said.out.contains("2 machines, 1 at once at most, time in all: 3 min"), "{}", said.out);
    assert!(said.out.contains("refused: pc-0009: no image suits it"), "{}", said.out);
    assert_eq!(body(&server)["dry_run"], true);
}

#[test]
fn without_machines_nothing_is_asked_for() {
    let server = server(vec![]);
    let said = pitstop(&server.url(), &["run", "memory-test"]);
    assert_eq!(said.exit, Some(2));
    assert!(said.err.contains("say which machines"), "{said:?}");
    assert!(!server.asked().iter().any(|question| question.starts_with("POST")));
}

#[test]
fn a_watched_run_ends_as_its_worst_job() {
    let stories = |failed| {
        vec![
            Answer::json(&story("running", tally(0, 2, 0), false)),
            Answer::json(&story("closed", tally(2 - failed, 0, failed), true)),
        ]
    };
    let said = pitstop(&server(stories(0)).url(), &["run", "memory-test", "--site", "porto", "--watch"]);
    assert_eq!(said.exit, Some(0), "{said:?}");
    assert!(said.out.contains("running: the canary starts: 1 machine"), "{}", said.out);
    assert!(said.out.contains("2 under way; waits for the last jobs"), "{}", said.out);
    assert!(said.out.ends_with("2 back\n"), "{}", said.out);
    let said = pitstop(&server(stories(1)).url(), &["runs", "watch", RUN]);
    assert_eq!(said.exit, Some(3), "{said:?}");
}

#[test]
fn a_run_is_told_with_its_machines() {
    let said =
        pitstop(&server(vec![Answer::json(&story("running", tally(1, 1, 0), false))]).url(), &["runs", RUN]);
    assert_eq!(said.exit, Some(0), "{said:?}");
    assert!(
        said.out.starts_with("Memory test, running: 1 back, 1 under way\nwaits for the last jobs"),
        "{}",
        said.out
    );
    assert!(said.out.contains("pc-0002  porto  canary  back"), "{}", said.out);
}

#[test]
fn what_is_done_to_a_run_says_what_it_touches() {
    let path = format!("POST /api/v1/runs/{RUN}/cancel");
    let server = Played::new([(path.as_str(), vec![Answer::json(&json!({}))])]);
    let said = pitstop(&server.url(), &["runs", "cancel", RUN, "--jobs"]);
    assert_eq!(said.exit, Some(0), "{said:?}");
    assert!(said.err.contains("the machines under way are returned"), "{said:?}");
    let asked = server.asked();
    let body = asked[0].strip_prefix(&format!("{path} ")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(body).unwrap(), json!({ "jobs": true }));
}
