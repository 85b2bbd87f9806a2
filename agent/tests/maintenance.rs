//! The agent in maintenance, against a server that the test plays.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

mod support;

use pitstop_agent::maintenance::cmdline::Parameters;
use pitstop_agent::maintenance::dead_man::Contact;
use pitstop_agent::maintenance::{Left, Session, Tempo};
use pitstop_domain::id::JobId;
use pitstop_domain::job::Outcome;
use pitstop_domain::wire::{Action, Report};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::*;
use uuid::Uuid;

const JOB: JobId = JobId(Uuid::from_u128(5));
/// More than a starved machine needs.
const LIMIT: Duration = Duration::from_secs(60);

fn task(task: Value) -> Reply {
    ok(json!({
        "job": JOB, "machine": Uuid::from_u128(1), "machine_name": "oak", "function": "f", "title": "A test",
        "task": task, "dead_man_s": 600, "told": "Please leave it on.",
    }))
}

fn calm() -> Value {
    json!({"log_through": 0, "stop": false, "order": null})
}

fn go() -> Value {
    json!({"log_through": 0, "stop": false, "order": order("boot-1", Action::Restart { network_once: false })})
}

/// Starts a session; reports are answered by `answer`, answers to calls with success.
fn session(
    kind: Value,
    answer: impl Fn(&Report) -> Reply + Send + Sync + 'static,
) -> (Arc<Journal>, Receiver<Left>) {
    let journal = Arc::new(Journal::default());
    let server = serve(&journal, move |request| {
        assert_eq!(request.token.as_deref(), Some("job-token"));
        match request.path.rsplit('/').next() {
            Some(path) if path.starts_with("task") => task(kind.clone()),
            Some("report") => answer(&request.json()),
            _ => ok(json!({})),
        }
    });
    (Arc::clone(&journal), start(&journal, server))
}

fn start(journal: &Arc<Journal>, server: String) -> Receiver<Left> {
    let parameters = Parameters { server, job: JOB, token: "job-token".to_owned(), machine: None };
    let tempo = Tempo {
        reports_apart: Duration::from_millis(5),
        polls_apart: Duration::from_millis(20),
        to_server: hurry(),
        to_answer: hurry(),
    };
    let session = Session::new(Arc::new(Machine::new(journal)), parameters, Arc::new(Contact::new()), tempo);
    let (done, left) = channel();
    std::thread::spawn(move || done.send(session.run()));
    left
}

#[test]
fn a_task_is_done_reported_and_the_machine_goes_home_when_ordered() {
    let ended = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&ended);
    let (journal, left) = session(json!({"kind": "inventory"}), move |report| {
        let mut ended = seen.lock().unwrap();
        *ended = ended.take().or(report.ended.clone());
        ok(if ended.is_some() { go() } else { calm() })
    });
    assert_eq!(left.recv_timeout(LIMIT), Ok(Left::Restarting));
    assert!(journal.place(&ack()) < journal.place("restart"));
    assert_eq!(journal.count("restart"), 1);
    let ended = ended.lock().unwrap().take().unwrap();
    assert_eq!(ended.outcome, Outcome::Succeeded);
    assert_eq!(ended.inventory.unwrap().cores, 4);
}

#[test]
fn the_first_report_comes_at_once_and_the_long_poll_brings_orders() {
    let reports = AtomicUsize::new(0);
    let (journal, left) = session(json!({"kind": "none"}), move |report| {
        if reports.fetch_add(1, SeqCst) == 0 {
            assert_eq!(report.wait_s, 0);
        }
        ok(if report.wait_s > 0 { go() } else { calm() })
    });
    assert_eq!(left.recv_timeout(LIMIT), Ok(Left::Restarting));
    assert_eq!(journal.count("restart"), 1);
}

#[test]
fn the_end_and_the_lines_are_repeated_until_they_are_answered() {
    let (ends, lines) = (AtomicUsize::new(0), Arc::new(Mutex::new(Vec::new())));
    let seen = Arc::clone(&lines);
    let (_, left) = session(json!({"kind": "inventory"}), move |report| {
        let mut lines = seen.lock().unwrap();
        lines.extend(report.log.iter().map(|line| line.seq));
        if report.ended.is_some() && ends.fetch_add(1, SeqCst) < 3 {
            return problem(503, false);
        }
        let mut reply = if ends.load(SeqCst) > 3 && lines.contains(&12) { go() } else { calm() };
        // Ten lines of this boot are there already: this agent is its second.
        reply["log_through"] = json!(lines.iter().max().copied().unwrap_or(10));
        ok(reply)
    });
    assert_eq!(left.recv_timeout(LIMIT), Ok(Left::Restarting));
    let lines = lines.lock().unwrap();
    assert_eq!(lines.iter().min(), Some(&11));
}

#[test]
fn a_memory_test_stops_when_asked_and_says_so() {
    let started = AtomicBool::new(false);
    let ended = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&ended);
    let kind = json!({"kind": "memory_test", "mib": 4, "passes": 1_000_000});
    let (_, left) = session(kind, move |report| {
        let running = report.progress.as_ref().is_some_and(|progress| progress.text.starts_with("pattern "));
        started.fetch_or(running, SeqCst);
        if let Some(end) = &report.ended {
            *seen.lock().unwrap() = Some(end.clone());
            return ok(go());
        }
        ok(json!({"log_through": 0, "stop": started.load(SeqCst), "order": null}))
    });
    assert_eq!(left.recv_timeout(LIMIT), Ok(Left::Restarting));
    let ended = ended.lock().unwrap().take().unwrap();
    assert_eq!(ended.outcome, Outcome::Cancelled);
    assert_eq!(ended.report["errors"], 0);
    assert!(ended.summary.starts_with("stopped after "), "{}", ended.summary);
}

#[test]
fn a_memory_test_over_healthy_memory_succeeds() {
    let ended = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&ended);
    let (_, left) = session(json!({"kind": "memory_test", "mib": 4, "passes": 2}), move |report| {
        let mut seen = seen.lock().unwrap();
        *seen = seen.take().or(report.ended.clone());
        ok(if seen.is_some() { go() } else { calm() })
    });
    assert_eq!(left.recv_timeout(LIMIT), Ok(Left::Restarting));
    let ended = ended.lock().unwrap().take().unwrap();
    assert_eq!(
        (ended.outcome, ended.summary.as_str()),
        (Outcome::Succeeded, "2 passes over 4 MiB, no error")
    );
    assert_eq!(ended.report["passes"], 2);
}

#[test]
fn a_job_that_is_over_sends_the_machine_home() {
    for status in [401, 410] {
        let journal = Arc::new(Journal::default());
        let left = start(&journal, serve(&journal, move |_| problem(status, true)));
        assert_eq!(left.recv_timeout(LIMIT), Ok(Left::Restarting));
        assert_eq!(journal.count("restart"), 1);
    }
}

#[test]
fn a_job_that_is_over_while_the_task_runs_sends_the_machine_home_once() {
    let reports = AtomicUsize::new(0);
    let (journal, left) = session(json!({"kind": "none"}), move |_| {
        if reports.fetch_add(1, SeqCst) == 0 { ok(calm()) } else { problem(410, true) }
    });
    assert_eq!(left.recv_timeout(LIMIT), Ok(Left::Restarting));
    assert_eq!(journal.count("restart"), 1);
}

#[test]
fn a_server_that_is_away_is_waited_for() {
    let calls = AtomicUsize::new(0);
    let journal = Arc::new(Journal::default());
    let server = serve(&journal, move |request| match calls.fetch_add(1, SeqCst) {
        0 => Reply::HangUp,
        1 => problem(503, false),
        2 => problem(401, false),
        _ if request.path.contains("/task") => task(json!({"kind": "none"})),
        _ if request.path.ends_with("/report") => ok(go()),
        _ => ok(json!({})),
    });
    assert_eq!(start(&journal, server).recv_timeout(LIMIT), Ok(Left::Restarting));
    assert!(journal.place(&ack()) < journal.place("restart"));
}

#[test]
fn an_order_that_cannot_be_answered_leaves_the_machine_where_it_is() {
    let journal = Arc::new(Journal::default());
    let tries = AtomicUsize::new(0);
    let server = serve(&journal, move |request| {
        if request.path.contains("/task") {
            task(json!({"kind": "none"}))
        } else if request.path.ends_with("/report") {
            ok(go())
        } else if tries.fetch_add(1, SeqCst) < 7 {
            problem(503, false)
        } else {
            ok(json!({}))
        }
    });
    assert_eq!(start(&journal, server).recv_timeout(LIMIT), Ok(Left::Restarting));
    let restart = journal.place("restart");
    let before = journal.lines()[..restart].iter().filter(|line| **line == ack()).count();
    assert_eq!(before, 8, "it restarted only after the answer that got through");
}
