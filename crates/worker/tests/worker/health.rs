//! Rules of health act once, ask where many machines are ill at once, and look whether it helped.

use super::management::Management;
use super::world::{World, simulated};
use super::{Working, until};
use chrono::TimeDelta;
use pitstop_calendar::{Held, Kind, Series, Times, Zone};
use pitstop_domain::health::alert::Act;
use pitstop_domain::health::baseline::ENOUGH;
use pitstop_domain::health::elsewhere::{Heard, Source, Speaks, read};
use pitstop_domain::health::rule::{Acts, Against, Guard, Stopped, Term};
use pitstop_domain::health::sample::Figures;
use pitstop_domain::health::{AlertState, Baseline, Metric, Rule};
use pitstop_domain::id::{MachineId, RuleId, SourceId, TimesId};
use pitstop_domain::job::Initiator;
use pitstop_store::Keys;
use pitstop_store::health::alerts::{AlertFilter, AlertRow};
use pitstop_store::health::measure::Batch;
use pitstop_worker::health::step_due;
use pitstop_worker::{Outside, Worker};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A machine that usually reaches 500 MB/s.
async fn machine(world: &World, number: u8) -> MachineId {
    let machine = world.machine(number).await;
    world.store.set_routes(machine, &[simulated()]).await.unwrap();
    machine
}

/// Tells speeds, one a minute, from so many minutes ago up to so many minutes ago.
async fn tell(world: &World, machines: &[MachineId], minutes: std::ops::Range<i64>, speed: f64) {
    let now = world.store.now();
    let stream = Uuid::now_v7().as_u64_pair().1.cast_signed();
    let samples: Vec<_> = minutes
        .rev()
        .enumerate()
        .map(|(n, ago)| {
            let figures = Figures([(Metric::CpuSpeed, speed)].into());
            (n as i64 + 1, now - TimeDelta::minutes(ago), figures)
        })
        .collect();
    let batch = |machine: &MachineId| Batch { machine: *machine, stream, samples: samples.clone() };
    let batches: Vec<_> = machines.iter().map(batch).collect();
    world.store.store_measurements(&batches, now).await.unwrap();
    let usual = Baseline::of(&[500.0; ENOUGH], ENOUGH).unwrap();
    let usual = serde_json::json!({ Metric::CpuSpeed.number().to_string(): usual });
    sqlx::query("update machine_health set usual = $1, learned_at = now()")
        .bind(usual)
        .execute(world.store.pool())
        .await
        .unwrap();
}

async fn keep(world: &World, acts: Acts) -> Rule {
    let term = Term { metric: Metric::CpuSpeed, against: Against::Own(30.0) };
    let rule = Rule { acts, ..Rule::new(RuleId(Uuid::now_v7()), "slow", vec![term], "inventory") };
    world.store.keep_health_rule(&rule, None, "anna", world.store.now()).await.unwrap();
    rule
}

/// As if a minute had passed: the rule is due, and looked at.
async fn look(world: &World) {
    sqlx::query("update health_rules set wake_at = $1")
        .bind(world.store.now() - TimeDelta::seconds(1))
        .execute(world.store.pool())
        .await
        .unwrap();
    assert_eq!(step_due(&world.store, 100).await.unwrap(), 1);
}

async fn alerts(world: &World) -> Vec<AlertRow> {
    let all = AlertFilter { resolved: true, limit: 1000, ..AlertFilter::default() };
    world.store.health_alerts(&all).await.unwrap()
}

async fn jobs(world: &World) -> i64 {
    sqlx::query_scalar("select count(*) from jobs").fetch_one(world.store.pool()).await.unwrap()
}

#[tokio::test]
async fn a_firing_starts_one_job_however_many_workers_there_are() {
    let world = World::new().await;
    let machine = machine(&world, 1).await;
    tell(&world, &[machine], 0..15, 200.0).await;
    let rule = keep(&world, Acts::ByItself).await;
    let working = Working::start(&world.store, &["one", "two", "three"]);
    until(&world, "a job is made", async || jobs(&world).await > 0).await;
    for _ in 0..20 {
        sqlx::query("update health_rules set wake_at = now()").execute(world.store.pool()).await.unwrap();
        let _ = step_due(&world.store, 100).await;
    }
    working.stop().await;
    assert_eq!(jobs(&world).await, 1);
    let alert = alerts(&world).await.remove(0).alert;
    let job = world.store.job(alert.job.unwrap()).await.unwrap().unwrap();
    let because = "Processor speed is 200 MB/s, 60 % worse than its usual 500 MB/s".to_owned();
    assert_eq!(job.initiator, Initiator::HealthRule { id: rule.id, name: rule.name, because });
}

#[tokio::test]
async fn sensors_that_lie_together_start_nothing_and_one_question_is_asked() {
    let world = World::new().await;
    let mut machines = Vec::new();
    for number in 1..=60 {
        machines.push(machine(&world, number).await);
    }
    tell(&world, &machines, 0..15, 3.0).await;
    keep(&world, Acts::ByItself).await;
    for _ in 0..4 {
        look(&world).await;
    }
    let questions = world.store.health_questions(world.store.now()).await.unwrap();
    assert_eq!((questions.len(), jobs(&world).await), (1, 0));
    assert!(questions[0].words.contains("60 of 60"), "{}", questions[0].words);
    assert!(alerts(&world).await.iter().all(|row| row.alert.state == AlertState::Firing));
    // Dismissed, it stays quiet and does not ask again.
    world.store.answer_health_question(questions[0].id, false, "bob", world.store.now()).await.unwrap();
    look(&world).await;
    let questions = world.store.health_questions(world.store.now()).await.unwrap();
    assert_eq!((questions.len(), jobs(&world).await), (1, 0));
}

#[tokio::test]
async fn what_a_person_approved_goes_as_far_as_the_brakes_let_it() {
    let world = World::new().await;
    let mut machines = Vec::new();
    for number in 1..=60 {
        machines.push(machine(&world, number).await);
    }
    tell(&world, &machines, 0..15, 3.0).await;
    keep(&world, Acts::ByItself).await;
    look(&world).await;
    let question = world.store.health_questions(world.store.now()).await.unwrap().remove(0);
    world.store.answer_health_question(question.id, true, "bob", world.store.now()).await.unwrap();
    look(&world).await;
    look(&world).await;
    // Two per cent of sixty in an hour is one.
    assert_eq!(jobs(&world).await, 1);
    let waits = alerts(&world).await.into_iter().filter(|row| row.alert.note.contains("brake")).count();
    assert_eq!(waits, 59);
}

#[tokio::test]
async fn in_a_blackout_and_while_all_is_stopped_nothing_is_started_and_it_says_why() {
    let world = World::new().await;
    let machine = machine(&world, 1).await;
    tell(&world, &[machine], 0..15, 200.0).await;
    keep(&world, Acts::ByItself).await;
    let now = world.store.now();
    let starts = Series::once(Zone::UTC, (now - TimeDelta::hours(1)).naive_utc());
    let id = TimesId(Uuid::now_v7());
    let times = Times { starts, minutes: 600 };
    let held = Held { id, kind: Kind::Blackout, title: "Exams".to_owned(), query: String::new(), times };
    world.store.add_times(&[held], None, "anna", now).await.unwrap();
    look(&world).await;
    assert!(alerts(&world).await[0].alert.note.contains("Exams"));
    world.store.remove_times(id, now).await.unwrap();
    let stopped = Stopped { by: "bob".to_owned(), at: now, why: "a drill".to_owned() };
    let guard = Guard { stopped: Some(stopped), ..Guard::default() };
    world.store.set_health_guard(&guard, now).await.unwrap();
    look(&world).await;
    assert!(alerts(&world).await[0].alert.note.contains("a drill"));
    assert_eq!(jobs(&world).await, 0);
    world.store.set_health_guard(&Guard::default(), now).await.unwrap();
    look(&world).await;
    assert_eq!(jobs(&world).await, 1);
}

#[tokio::test]
async fn a_rule_that_asks_starts_its_job_when_a_person_approved() {
    let world = World::new().await;
    let machine = machine(&world, 1).await;
    tell(&world, &[machine], 0..15, 200.0).await;
    keep(&world, Acts::AfterApproval).await;
    look(&world).await;
    let row = alerts(&world).await.remove(0);
    assert!(row.alert.needs_person && jobs(&world).await == 0);
    world.store.decide_health_alert(row.id, Act::Approve, "bob", world.store.now()).await.unwrap();
    look(&world).await;
    assert_eq!(jobs(&world).await, 1);
}

/// Its job began 40 minutes ago and was over 20 minutes ago.
async fn come_back(world: &World) {
    let row = alerts(world).await.remove(0);
    let now = world.store.now();
    let (began, over) = (now - TimeDelta::minutes(40), now - TimeDelta::minutes(20));
    let sql = "update jobs set phase = 'closed', attempt = 0, outcome = 'succeeded', because = 'done', proof = 'agent', \
               closed_at = $2, wake_at = null where id = $1";
    let job = row.alert.job.unwrap().0;
    sqlx::query(sql).bind(job).bind(over).execute(world.store.pool()).await.unwrap();
    let sql = "update health_alerts set alert = alert || $2 where id = $1";
    let acted = serde_json::json!({ "acted_at": began, "fired_at": began });
    sqlx::query(sql).bind(row.id).bind(acted).execute(world.store.pool()).await.unwrap();
}

/// A machine of 200 MB/s that a rule sent on a trip, is back, and measures this since.
async fn back_from_a_trip(speed: f64) -> World {
    let world = World::new().await;
    let machine = machine(&world, 1).await;
    tell(&world, &[machine], 0..15, 200.0).await;
    keep(&world, Acts::ByItself).await;
    look(&world).await;
    come_back(&world).await;
    sqlx::query("delete from measurements").execute(world.store.pool()).await.unwrap();
    tell(&world, &[machine], 41..60, 200.0).await;
    tell(&world, &[machine], 0..15, speed).await;
    world
}

#[tokio::test]
async fn a_machine_that_comes_back_better_is_confirmed_by_its_figures() {
    let world = back_from_a_trip(500.0).await;
    look(&world).await;
    let alert = alerts(&world).await.remove(0).alert;
    assert_eq!(alert.state, AlertState::Resolved);
    assert_eq!(alert.verdict.unwrap().words, "Processor speed was 200 MB/s and is 500 MB/s");
}

#[tokio::test]
async fn a_machine_that_comes_back_no_better_goes_to_a_person_and_into_no_loop() {
    let world = back_from_a_trip(205.0).await;
    for _ in 0..3 {
        look(&world).await;
    }
    let alert = alerts(&world).await.remove(0).alert;
    assert!(alert.needs_person && alert.state == AlertState::Firing, "{alert:?}");
    assert_eq!(jobs(&world).await, 1);
}

#[tokio::test]
async fn silence_starts_nothing() {
    let world = World::new().await;
    let machine = machine(&world, 1).await;
    tell(&world, &[machine], 30..60, 200.0).await;
    keep(&world, Acts::ByItself).await;
    look(&world).await;
    assert!(alerts(&world).await.is_empty());
}

/// Somebody elsewhere tells of machines, by their ids.
async fn told_elsewhere(world: &World, machines: &[MachineId], state: &str) {
    let found = world.store.health_sources().await.unwrap().into_iter().next();
    let source = match found {
        Some(row) => row.source,
        None => {
            let source = Source {
                id: SourceId(Uuid::now_v7()),
                name: "Prometheus".to_owned(),
                speaks: Speaks::Signed,
                labels: vec!["machine".to_owned()],
                believed_s: 3600,
            };
            let keys = pitstop_store::Keys::new([7; 32]);
            world.store.add_health_source(&keys, &source, "anna", world.store.now()).await.unwrap();
            source
        }
    };
    let alert =
        |machine: &MachineId| serde_json::json!({ "name": "NodeSlow", "state": state, "machine": machine });
    let body = serde_json::json!({ "alerts": machines.iter().map(alert).collect::<Vec<_>>() }).to_string();
    let delivery = read(Speaks::Signed, body.as_bytes()).unwrap();
    world.store.take_delivery(&source, &delivery, None, "", world.store.now()).await.unwrap();
    sqlx::query("update health_tidings set since = since - interval '15 minutes'")
        .execute(world.store.pool())
        .await
        .unwrap();
}

async fn keep_heard(world: &World) {
    let mut rule =
        Rule { acts: Acts::ByItself, ..Rule::new(RuleId(Uuid::now_v7()), "told", vec![], "inventory") };
    rule.condition.heard = vec![Heard { name: "NodeSlow".to_owned(), source: None }];
    world.store.keep_health_rule(&rule, None, "anna", world.store.now()).await.unwrap();
}

#[tokio::test]
async fn an_alert_from_elsewhere_starts_one_job_and_what_is_over_there_is_over_here() {
    let world = World::new().await;
    let (one, two) = (machine(&world, 1).await, machine(&world, 2).await);
    keep_heard(&world).await;
    told_elsewhere(&world, &[one], "firing").await;
    for _ in 0..3 {
        look(&world).await;
    }
    assert_eq!(jobs(&world).await, 1);
    let alert = alerts(&world).await.remove(0).alert;
    assert_eq!((alert.machine, alert.state), (one, AlertState::Acting));
    assert_eq!(alert.reason, "NodeSlow fires, says Prometheus");
    // The brake lets one go in an hour: the second waits, and is over when it is told so.
    told_elsewhere(&world, &[two], "firing").await;
    look(&world).await;
    let waits = async || alerts(&world).await.into_iter().find(|row| row.alert.machine == two).unwrap().alert;
    assert!(waits().await.note.contains("brake"), "{}", waits().await.note);
    told_elsewhere(&world, &[two], "resolved").await;
    look(&world).await;
    assert_eq!((waits().await.state, jobs(&world).await), (AlertState::Resolved, 1));
}

#[tokio::test]
async fn a_monitoring_that_tells_of_all_machines_at_once_starts_nothing_and_a_person_is_asked() {
    let world = World::new().await;
    let mut machines = Vec::new();
    for number in 1..=60 {
        machines.push(machine(&world, number).await);
    }
    keep_heard(&world).await;
    told_elsewhere(&world, &machines, "firing").await;
    look(&world).await;
    look(&world).await;
    let questions = world.store.health_questions(world.store.now()).await.unwrap();
    assert_eq!((questions.len(), jobs(&world).await), (1, 0));
}

/// Tells what is due until so many messages came in all.
async fn tells_outside(world: &World, outside: &Management, messages: usize) {
    let telling = Outside {
        url: outside.url("alerts").parse().unwrap(),
        key: "key".to_owned(),
        dashboard: "http://pitstop/".to_owned(),
    };
    let stop = CancellationToken::new();
    let worker = Worker::new(world.store.clone(), Keys::new([7; 32]), "worker").telling(Some(telling));
    let working = tokio::spawn(worker.run(stop.clone()));
    outside.until_asked(messages).await;
    // What it began it ends: that it was taken is noted.
    stop.cancel();
    working.await.unwrap();
    let sql = "select count(*) from health_alerts where tell_at is not null";
    assert_eq!(sqlx::query_scalar::<_, i64>(sql).fetch_one(world.store.pool()).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fires_and_what_did_not_help_are_told_outside_each_once_and_by_names_of_their_own() {
    let outside = Management::start().await;
    let world = back_from_a_trip(205.0).await;
    // The rule is left alone by the worker here: it was looked at a moment ago.
    tells_outside(&world, &outside, 1).await;
    look(&world).await;
    tells_outside(&world, &outside, 2).await;
    let told = outside.requests();
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told[0].id != told[1].id && told[1].id.ends_with("-firing-person"), "{told:#?}");
    let said: serde_json::Value = serde_json::from_str(&told[1].body).unwrap();
    assert_eq!((&said["kind"], &said["needs_person"]), (&"health".into(), &true.into()));
    assert!(said["text"].as_str().unwrap().contains("the trip did not help"), "{said:#}");
    assert!(said["page"].as_str().unwrap().starts_with("http://pitstop/machines/"), "{said:#}");
}
