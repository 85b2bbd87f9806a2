//! Starting and taking back.

use crate::pitstop;
use crate::played::{Answer, Played};
use crate::stories::{JOB, MACHINE, closed, functions, machines, queued};
use serde_json::{Value, json};

fn server(started: Answer) -> Played {
    let job = format!("GET /api/v1/jobs/{JOB}");
    Played::new([
        ("GET /api/v1/machines", vec![Answer::json(&machines())]),
        ("GET /api/v1/functions", vec![Answer::json(&functions())]),
        ("POST /api/v1/jobs", vec![started]),
        (&job, vec![Answer::json(&queued()), Answer::json(&closed("succeeded", Some("agent")))]),
    ])
}

fn started() -> Answer {
    Answer::json(&json!({ "id": JOB }))
}

#[test]
fn the_output_is_the_jobs_id() {
    let server = server(started());
    let said = pitstop(&server.url(), &["run", "memory-test", "pc-0002"]);
    assert_eq!((said.exit, said.out), (Some(0), format!("{JOB}\n")));
    let asked = server.asked();
    let body = asked.last().unwrap().strip_prefix("POST /api/v1/jobs ").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body, json!({ "function": "memory-test", "machine": MACHINE }));
}

#[test]
fn a_machine_may_be_named_by_its_id() {
    let said = pitstop(&server(started()).url(), &["run", "memory-test", MACHINE]);
    assert_eq!(said.exit, Some(0), "{said:?}");
}

#[test]
fn an_unknown_machine_names_those_near_it_and_starts_nothing() {
    let server = server(started());
    let said = pitstop(&server.url(), &["run", "memory-test", "pc-002"]);
    assert_eq!((said.exit, said.out.as_str()), (Some(2), ""));
    assert!(said.err.contains("no machine `pc-002`: did you mean `pc-0002`?"), "{said:?}");
    assert!(!server.asked().iter().any(|question| question.starts_with("POST")));
}

#[test]
fn an_unknown_function_names_those_near_it() {
    let said = pitstop(&server(started()).url(), &["run", "memory", "pc-0002"]);
    assert_eq!(said.exit, Some(2));
    assert!(said.err.contains("no function `memory`: did you mean `memory-test`?"), "{said:?}");
}

#[test]
fn a_started_job_can_be_watched_to_its_end() {
    let said = pitstop(&server(started()).url(), &["run", "memory-test", "pc-0002", "--watch"]);
    assert!(said.out.starts_with(&format!("{JOB}\n")), "{said:?}");
    assert!(said.out.contains("restoring → closed: the machine is back"), "{said:?}");
    assert_eq!(said.exit, Some(0));
}

#[test]
fn a_refusal_is_passed_on_in_the_servers_words() {
    let why = "the machine has no power route: add one on its page, then try again";
    let said = pitstop(&server(Answer::problem(409, why)).url(), &["run", "memory-test", "pc-0002"]);
    assert_eq!((said.exit, said.out.as_str()), (Some(5), ""));
    assert_eq!(said.err, format!("pitstop: the server refused: {why} (409)\n"));
}

#[test]
fn cancelling_says_that_the_machine_is_returned_first() {
    let path = format!("POST /api/v1/jobs/{JOB}/cancel");
    let server = Played::new([(path.as_str(), vec![Answer::json(&json!({}))])]);
    let said = pitstop(&server.url(), &["cancel", JOB]);
    assert_eq!(said.exit, Some(0));
    assert!(said.err.contains("its machine is returned first"), "{said:?}");
}
