//! Following a job to its end.

use crate::played::{Answer, Played};
use crate::stories::{JOB, closed, queued, switching};
use crate::{Said, pitstop};
use serde_json::Value;

fn watched(answers: Vec<Answer>, more: &[&str]) -> Said {
    let path = format!("GET /api/v1/jobs/{JOB}");
    let server = Played::new([(path.as_str(), answers)]);
    pitstop(&server.url(), &[&["watch", JOB], more].concat())
}

#[test]
fn each_line_is_told_once_until_the_job_is_closed() {
    let told = [queued(), switching(), switching(), closed("found", Some("agent"))];
    let said = watched(told.iter().map(Answer::json).collect(), &[]);
    assert_eq!(
        said.out,
        "2026-03-01 10:00:00  phase  asked → queued: made\n\
         2026-03-01 10:00:00  waits  for the machine; then: it begins\n\
         2026-03-01 10:00:01  phase  queued → switching: the machine is free\n\
         2026-03-01 10:00:01  waits  for the first report until 2026-03-01 10:15:01; then: the next route is tried\n\
         2026-03-01 10:00:09  seen   vmlinuz fetched, 13.5 MiB\n\
         2026-03-01 10:00:30  log    Memory test begins\n\
         2026-03-01 10:02:00  phase  restoring → closed: the machine is back\n\
         Result      found: 1 pass over 3.6 GiB\n\
         Back        its own system reported a new boot\n"
    );
    assert_eq!(said.exit, Some(1));
}

#[test]
fn the_exit_code_says_how_the_job_ended() {
    let end = |outcome, proof| watched(vec![Answer::json(&closed(outcome, proof))], &[]).exit;
    assert_eq!(end("succeeded", Some("agent")), Some(0));
    assert_eq!(end("found", Some("handoff")), Some(1));
    assert_eq!(end("failed", Some("agent")), Some(3));
    assert_eq!(end("cancelled", Some("agent")), Some(4));
    assert_eq!(end("succeeded", None), Some(4));
}

#[test]
fn a_server_that_restarts_is_waited_for() {
    let busy = Answer::problem(503, "the server cannot answer right now: try again");
    let end = Answer::json(&closed("succeeded", Some("agent")));
    let said = watched(vec![Answer::json(&queued()), Answer::HangsUp, busy, end], &[]);
    assert_eq!(said.exit, Some(0), "{said:?}");
    assert_eq!(said.err.matches("trying again").count(), 1, "{said:?}");
}

#[test]
fn patience_ends() {
    let said = watched(vec![Answer::json(&queued()), Answer::HangsUp], &["--patience", "0"]);
    assert_eq!(said.exit, Some(5), "{said:?}");
}

#[test]
fn json_is_a_line_for_each_thing_that_the_server_said() {
    let told = [queued(), queued(), closed("failed", Some("agent"))];
    let said = watched(told.iter().map(Answer::json).collect(), &["--json"]);
    let lines: Vec<Value> = said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, [queued(), closed("failed", Some("agent"))]);
    assert_eq!(said.exit, Some(3));
}
