//! Lists, for people and for programs.

use crate::pitstop;
use crate::played::{Answer, Played};
use crate::stories::{JOB, MACHINE, closed, functions, machines, queued, switching};
use serde_json::{Value, json};

#[test]
fn machines_are_a_table() {
    let server = Played::new([("GET /api/v1/machines", vec![Answer::json(&machines())])]);
    let said = pitstop(&server.url(), &["machines"]);
    assert_eq!(
        said.out,
        "NAME      SITE   FIRMWARE  MODEL                    AGENT\n\
         pc-0002   porto  UEFI      LENOVO ThinkCentre M70q  yes\n\
         srv-0001  lyon   BIOS                               no\n"
    );
    assert_eq!(said.exit, Some(0));
}

#[test]
fn json_is_what_the_server_said() {
    let server = Played::new([("GET /api/v1/functions", vec![Answer::json(&functions())])]);
    let said = pitstop(&server.url(), &["functions", "--json"]);
    assert_eq!(serde_json::from_str::<Value>(&said.out).unwrap(), functions());
}

#[test]
fn jobs_of_a_machine_are_asked_for_by_its_id() {
    let path = format!("GET /api/v1/jobs?open=true&machine={MACHINE}");
    let server = Played::new([
        ("GET /api/v1/machines", vec![Answer::json(&machines())]),
        (path.as_str(), vec![Answer::json(&json!([queued()]))]),
    ]);
    let said = pitstop(&server.url(), &["jobs", "--open", "--machine", "pc-0002"]);
    assert!(said.out.lines().nth(1).unwrap().starts_with(JOB), "{said:?}");
    assert!(said.out.contains("waits for the machine"), "{said:?}");
}

#[test]
fn an_empty_list_says_so_beside_the_output() {
    let server = Played::new([("GET /api/v1/images", vec![Answer::json(&json!([]))])]);
    let said = pitstop(&server.url(), &["images"]);
    assert_eq!((said.exit, said.out.as_str()), (Some(0), ""));
    assert!(said.err.contains("no images yet"), "{said:?}");
}

#[test]
fn a_job_tells_why_it_waits_and_its_story() {
    let path = format!("GET /api/v1/jobs/{JOB}");
    let server = Played::new([(path.as_str(), vec![Answer::json(&switching())])]);
    let said = pitstop(&server.url(), &["job", JOB]);
    assert!(said.out.contains("Waits for   the first report, since"), "{said:?}");
    assert!(said.out.contains("Then        2026-03-01 10:15:01: the next route is tried"), "{said:?}");
    assert!(said.out.ends_with("2026-03-01 10:00:09  seen   vmlinuz fetched, 13.5 MiB\n"), "{said:?}");
    assert_eq!(said.exit, Some(0));
}

#[test]
fn looking_at_a_job_that_failed_is_no_failure() {
    let path = format!("GET /api/v1/jobs/{JOB}");
    let server = Played::new([(path.as_str(), vec![Answer::json(&closed("failed", Some("agent")))])]);
    assert_eq!(pitstop(&server.url(), &["job", JOB]).exit, Some(0));
}
