//! The agent in the own system, against a server that the test plays.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

#[cfg(target_os = "linux")]
#[path = "own/kexec.rs"]
mod kexec;
mod support;

use pitstop_agent::orders::Orders;
use pitstop_agent::own::{Config, Next, Own};
use pitstop_domain::wire::{Action, CallAnswer, Heartbeat, Order};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use support::*;
use uuid::Uuid;

const ENROL: &str = "POST /agent/v1/enrol";
const RESTART: Action = Action::Restart { network_once: false };

/// A machine with the agent, and the server's answers to be chosen.
struct Scene {
    journal: Arc<Journal>,
    machine: Machine,
    config: Config,
    answers: Arc<Mutex<Vec<CallAnswer>>>,
    beats: Arc<Mutex<Vec<Heartbeat>>>,
    _state: tempfile::TempDir,
}

impl Scene {
    /// Every heartbeat is answered with `order`, every answer to a call with `ack`, all else with `more`.
    fn new(
        order: Option<Order>,
        ack: impl Fn() -> Reply + Send + Sync + 'static,
        more: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let journal = Arc::new(Journal::default());
        let (answers, beats) =
            (Arc::<Mutex<Vec<CallAnswer>>>::default(), Arc::<Mutex<Vec<Heartbeat>>>::default());
        let (heard, seen) = (Arc::clone(&answers), Arc::clone(&beats));
        let server = serve(&journal, move |request| match request.path.as_str() {
            "/agent/v1/enrol" => {
                ok(json!({"machine": Uuid::from_u128(1), "name": "oak", "token": "machine-token"}))
            }
            "/agent/v1/heartbeat" if request.token.as_deref() == Some("machine-token") => {
                seen.lock().unwrap().push(request.json());
                let shuts = order.as_ref().is_some_and(|order| order.action == Action::ShutDown);
                ok(json!({if shuts { "shut_down" } else { "order" }: order, "next_in_s": 0}))
            }
            "/agent/v1/heartbeat" => problem(401, false),
            path if path.starts_with("/agent/v1/calls/") => {
                heard.lock().unwrap().push(request.json());
                ack()
            }
            _ => more(request),
        });
        let state = tempfile::tempdir().unwrap();
        let config =
            Config { server, enrol: "key".to_owned(), state: state.path().to_owned(), measure_s: None };
        Self { machine: Machine::new(&journal), journal, config, answers, beats, _state: state }
    }

    fn ordering(action: Action, ack: impl Fn() -> Reply + Send + Sync + 'static) -> Self {
        Self::new(Some(order("boot-1", action)), ack, |_| problem(404, false))
    }

    fn agent(&self) -> Own<'_> {
        let orders = Orders::with_backoff(pitstop_agent::host::Host::boot_id(&self.machine), hurry());
        Own::with_orders(&self.machine, self.config.clone(), orders)
    }

    fn last_answer(&self) -> CallAnswer {
        self.answers.lock().unwrap().last().cloned().unwrap()
    }
}

fn accepted() -> Reply {
    ok(json!({}))
}

#[test]
fn a_machine_enrols_once_and_tells_its_inventory_once() {
    let scene = Scene::new(None, accepted, |_| problem(404, false));
    let mut agent = scene.agent();
    agent.beat().unwrap();
    agent.beat().unwrap();
    let beats = scene.beats.lock().unwrap();
    assert_eq!(beats[0].inventory.as_ref().unwrap().cores, 4);
    assert!(beats[1].inventory.is_none());
    assert_eq!((beats[0].wait_s, beats[1].wait_s), (0, 25));
    drop(beats);
    // Started again, it uses what it kept.
    scene.agent().beat().unwrap();
    assert_eq!(scene.journal.count(ENROL), 1);
}

#[test]
fn a_token_that_is_not_good_any_more_is_replaced() {
    let scene = Scene::new(None, accepted, |_| problem(404, false));
    let kept = json!({"server": scene.config.server, "machine": Uuid::from_u128(1), "token": "old"});
    std::fs::write(scene.config.state.join("identity.json"), kept.to_string()).unwrap();
    let mut agent = scene.agent();
    assert!(agent.beat().unwrap_err().is_unauthorised());
    agent.beat().unwrap();
    assert_eq!(scene.journal.count(ENROL), 1);
}

#[test]
fn an_order_is_answered_before_the_restart() {
    let scene = Scene::ordering(RESTART, accepted);
    assert_eq!(scene.agent().beat().unwrap(), Next::Leaving);
    assert!(scene.journal.place(&ack()) < scene.journal.place("restart"));
    assert!(scene.last_answer().accepted);
    assert_eq!(scene.last_answer().boot_id.0, "boot-1");
}

#[test]
fn boot_next_is_set_before_the_answer_that_tells_of_it() {
    let scene = Scene::ordering(Action::Restart { network_once: true }, accepted);
    scene.agent().beat().unwrap();
    assert!(scene.journal.place("boot-next") < scene.journal.place(&ack()));
    assert_eq!(scene.last_answer().answer, "BootNext set to Boot0004, restarting");
}

#[test]
fn a_machine_without_a_network_entry_restarts_and_says_so() {
    let mut scene = Scene::ordering(Action::Restart { network_once: true }, accepted);
    scene.machine.no_network_entry = true;
    assert_eq!(scene.agent().beat().unwrap(), Next::Leaving);
    assert!(scene.last_answer().answer.starts_with("BootNext not set (none of the 2"));
}

#[test]
fn an_order_for_another_boot_is_dropped() {
    let scene = Scene::new(Some(order("boot-0", RESTART)), accepted, |_| problem(404, false));
    assert!(matches!(scene.agent().beat().unwrap(), Next::After(_)));
    assert_eq!((scene.journal.count("restart"), scene.journal.count(&ack())), (0, 0));
}

#[test]
fn an_order_that_comes_twice_is_carried_out_once() {
    let scene = Scene::ordering(RESTART, accepted);
    let mut agent = scene.agent();
    assert_eq!(agent.beat().unwrap(), Next::Leaving);
    assert!(matches!(agent.beat().unwrap(), Next::After(_)));
    assert_eq!((scene.journal.count("restart"), scene.journal.count(&ack())), (1, 1));
}

#[test]
fn without_its_answer_delivered_the_machine_stays_and_boot_next_is_taken_back() {
    let scene = Scene::ordering(Action::Restart { network_once: true }, || Reply::HangUp);
    assert!(matches!(scene.agent().beat().unwrap(), Next::After(_)));
    assert!(scene.journal.count(&ack()) > 1, "it was tried more than once");
    assert_eq!((scene.journal.count("restart"), scene.journal.count("forget boot-next")), (0, 1));
}

#[test]
fn an_order_whose_answer_was_lost_is_taken_when_it_comes_again() {
    let tries = AtomicUsize::new(0);
    let scene =
        Scene::ordering(
            RESTART,
            move || if tries.fetch_add(1, SeqCst) < 5 { Reply::HangUp } else { accepted() },
        );
    let mut agent = scene.agent();
    assert!(matches!(agent.beat().unwrap(), Next::After(_)));
    assert_eq!(agent.beat().unwrap(), Next::Leaving);
    assert_eq!(scene.journal.count("restart"), 1);
}

#[test]
fn an_order_that_the_server_has_given_up_is_not_carried_out() {
    let scene = Scene::ordering(RESTART, || problem(410, false));
    assert!(matches!(scene.agent().beat().unwrap(), Next::After(_)));
    assert_eq!((scene.journal.count("restart"), scene.journal.count(&ack())), (0, 1));
}

#[test]
fn a_restart_that_fails_is_told() {
    let mut scene = Scene::ordering(RESTART, accepted);
    scene.machine.restart_fails = true;
    assert!(matches!(scene.agent().beat().unwrap(), Next::After(_)));
    assert!(!scene.last_answer().accepted);
    assert_eq!(scene.last_answer().answer, "the restart failed: not root");
}

#[test]
fn a_machine_that_nobody_uses_is_shut_down_after_the_server_knows() {
    let scene = Scene::ordering(Action::ShutDown, accepted);
    assert_eq!(scene.agent().beat().unwrap(), Next::Leaving);
    assert!(scene.journal.place(&ack()) < scene.journal.place("shut down"));
    assert_eq!(scene.last_answer().answer, "nobody is logged in, shutting down");
    assert_eq!(scene.journal.count("restart"), 0);
}

#[test]
fn a_machine_that_is_in_use_stays_on_and_says_why() {
    let scene = Scene::ordering(Action::ShutDown, accepted);
    *scene.machine.in_use.lock().unwrap() = Some("somebody is logged in".to_owned());
    assert!(matches!(scene.agent().beat().unwrap(), Next::After(_)));
    assert_eq!((scene.last_answer().accepted, scene.journal.count("shut down")), (false, 0));
    assert_eq!(scene.last_answer().answer, "somebody is logged in");
}

#[test]
fn whoever_logs_in_while_the_server_is_told_keeps_the_machine_on() {
    let in_use = Arc::<Mutex<Option<String>>>::default();
    let screen = Arc::clone(&in_use);
    let mut scene = Scene::ordering(Action::ShutDown, move || {
        *screen.lock().unwrap() = Some("somebody is logged in".to_owned());
        accepted()
    });
    scene.machine.in_use = in_use;
    assert!(matches!(scene.agent().beat().unwrap(), Next::After(_)));
    assert_eq!((scene.last_answer().accepted, scene.journal.count("shut down")), (false, 0));
}

#[test]
fn an_order_to_shut_down_is_for_its_boot_and_for_a_server_that_still_wants_it() {
    let other = Scene::new(Some(order("boot-0", Action::ShutDown)), accepted, |_| problem(404, false));
    assert!(matches!(other.agent().beat().unwrap(), Next::After(_)));
    let given_up = Scene::ordering(Action::ShutDown, || problem(409, false));
    assert!(matches!(given_up.agent().beat().unwrap(), Next::After(_)));
    assert_eq!(other.journal.count("shut down") + given_up.journal.count("shut down"), 0);
}
