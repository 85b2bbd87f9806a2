//! Figures are stored once, rolled up and charted; what a rule decided is stored once, whoever decides.

use super::world::{World, at, digest, plan, simulated};
use pitstop_domain::Time;
use pitstop_domain::health::alert::Act;
use pitstop_domain::health::rule::{Acts, Against, Guard, Stopped, Term};
use pitstop_domain::health::sample::Figures;
use pitstop_domain::health::{Alert, AlertState, Metric, Rule};
use pitstop_domain::id::{JobId, MachineId, RuleId};
use pitstop_domain::job::{Initiator, Job};
use pitstop_store::Error;
use pitstop_store::health::alerts::AlertFilter;
use pitstop_store::health::commit::{Changed, Decided, Started};
use pitstop_store::health::measure::Batch;
use pitstop_store::health::rules::RuleRow;
use std::time::Instant;
use uuid::Uuid;

fn figures(speed: f64) -> Figures {
    Figures([(Metric::CpuSpeed, speed), (Metric::DiskFill, 40.0)].into())
}

fn batch(machine: MachineId, stream: i64, samples: &[(i64, i64, f64)]) -> Batch {
    let samples = samples.iter().map(|(seq, second, speed)| (*seq, at(*second), figures(*speed))).collect();
    Batch { machine, stream, samples }
}

async fn stored(world: &World) -> i64 {
    sqlx::query_scalar("select count(*) from measurements").fetch_one(world.store.pool()).await.unwrap()
}

#[tokio::test]
async fn what_is_sent_again_counts_once_and_the_answer_says_how_far_it_is_stored() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    let first = batch(machine, 7, &[(1, 0, 500.0), (2, 60, 501.0)]);
    let through = world.store.store_measurements(std::slice::from_ref(&first), at(70)).await.unwrap();
    assert_eq!(through[&machine], 2);
    // The answer was lost; meanwhile there is one more. Its clock went on between, so its times are a little off.
    let again = batch(machine, 7, &[(1, 1, 500.0), (2, 61, 501.0), (3, 120, 502.0)]);
    let through = world.store.store_measurements(&[again], at(130)).await.unwrap();
    assert_eq!((through[&machine], stored(&world).await), (3, 3));
    let known = &world.store.known_of(&[machine]).await.unwrap()[&machine];
    assert_eq!(known.newest[&Metric::CpuSpeed], (at(120), 502.0));
}

#[tokio::test]
async fn an_agent_that_lost_what_it_kept_begins_anew_and_is_heard() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    world.store.store_measurements(&[batch(machine, 7, &[(900, 0, 500.0)])], at(1)).await.unwrap();
    let through =
        world.store.store_measurements(&[batch(machine, 8, &[(1, 60, 500.0)])], at(61)).await.unwrap();
    assert_eq!((through[&machine], stored(&world).await), (1, 2));
}

#[tokio::test]
async fn two_who_store_the_same_at_once_store_it_once() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    let mut racing = tokio::task::JoinSet::new();
    for n in 0..8 {
        let store = world.store.clone();
        // Each has other times for the same numbers, as a slow line would make them.
        let batch = batch(machine, 7, &[(1, n, 500.0), (2, 60 + n, 500.0)]);
        racing.spawn(async move { store.store_measurements(&[batch], at(100)).await.unwrap() });
    }
    racing.join_all().await;
    assert_eq!(stored(&world).await, 2);
}

#[tokio::test]
async fn machines_that_nobody_knows_store_nothing_and_hinder_nobody() {
    let world = World::new().await;
    let (machine, gone) = (world.machine(1).await, MachineId(Uuid::now_v7()));
    let both = [batch(gone, 1, &[(1, 0, 1.0)]), batch(machine, 1, &[(1, 0, 500.0)])];
    let through = world.store.store_measurements(&both, at(1)).await.unwrap();
    assert_eq!((through.get(&gone), through[&machine], stored(&world).await), (None, 1, 1));
}

/// So many hours of a figure each minute, from the beginning of the test's time.
async fn measured(world: &World, machine: MachineId, hours: i64, speed: impl Fn(i64) -> f64) {
    let samples: Vec<_> = (0..hours * 60).map(|n| (n + 1, n * 60, speed(n))).collect();
    world.store.store_measurements(&[batch(machine, 1, &samples)], at(hours * 3600)).await.unwrap();
}

#[tokio::test]
async fn minutes_become_hours_and_what_comes_late_is_rolled_up_anew() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    measured(&world, machine, 3, |n| 500.0 + (n % 60) as f64).await;
    assert_eq!(world.store.roll_up(100, at(2 * 3600 + 400)).await.unwrap(), 2, "the third hour is not over");
    let chart = world.store.chart(machine, at(0), at(99_999)).await.unwrap();
    let bars = &chart[&Metric::CpuSpeed];
    assert_eq!((bars.len(), bars[0].low, bars[0].mid, bars[0].high), (2, 500.0, 529.5, 559.0));
    let late = batch(machine, 1, &[(500, 90, 9000.0)]);
    world.store.store_measurements(&[late], at(9000)).await.unwrap();
    assert_eq!(world.store.roll_up(100, at(9000)).await.unwrap(), 1);
    let chart = world.store.chart(machine, at(0), at(99_999)).await.unwrap();
    assert_eq!(chart[&Metric::CpuSpeed][0].high, 9000.0);
}

#[tokio::test]
async fn what_is_usual_is_learned_from_a_day_and_not_while_an_alert_fires() {
    let world = World::new().await;
    let (well, ill) = (world.machine(1).await, world.machine(2).await);
    let row = rule(&world).await;
    fire(&world, &row, ill).await;
    for machine in [well, ill] {
        measured(&world, machine, 30, |_| 500.0).await;
    }
    let now = at(40 * 3600);
    while world.store.roll_up(1000, now).await.unwrap() > 0 {}
    assert_eq!(world.store.learn_usual(100, now).await.unwrap(), 2);
    let known = world.store.known_of(&[well, ill]).await.unwrap();
    assert_eq!(known[&well].own[&Metric::CpuSpeed].day.median, 500.0);
    assert!(known[&ill].own.is_empty());
    assert_eq!(world.store.learn_usual(100, now).await.unwrap(), 0, "it is learned at times");
    world.store.learn_models(now).await.unwrap();
}

#[tokio::test]
async fn old_days_go_whole() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    let days: Vec<_> = (0..10).map(|day| (day + 1, day * 86_400, 500.0)).collect();
    world.store.store_measurements(&[batch(machine, 1, &days)], at(864_000)).await.unwrap();
    let dropped = world.store.drop_old_measurements(at(7 * 86_400), at(0)).await.unwrap();
    assert_eq!((dropped, stored(&world).await), (7, 3));
}

#[tokio::test]
async fn a_year_of_a_machine_is_charted_at_once() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    // Through the store once, so that the parts are there; the rest straight into the table.
    let months = "do $$ declare m date := '2024-10-01'; begin while m < '2025-12-01' loop execute format(\
        'create table if not exists measurements_hourly_%s partition of measurements_hourly for values from (%L) to (%L)', \
        to_char(m, 'YYYYMMDD'), m::text || 'T00:00:00Z', (m + interval '1 month')::date::text || 'T00:00:00Z'); \
        m := m + interval '1 month'; end loop; end $$";
    sqlx::raw_sql(months).execute(world.store.pool()).await.unwrap();
    let fill = "insert into measurements_hourly select $1, at, array[1,4,8,10,16]::smallint[], array[1,2,3,4,5]::real[], \
        array[2,3,4,5,6]::real[], array[3,4,5,6,7]::real[] from generate_series($2, $2 + interval '365 days', '1 hour') at";
    sqlx::query(fill).bind(machine.0).bind(at(0)).execute(world.store.pool()).await.unwrap();
    let begun = Instant::now();
    let chart = world.store.chart(machine, at(0), at(400 * 86_400)).await.unwrap();
    let took = begun.elapsed();
    assert_eq!(chart[&Metric::CpuSpeed].len(), 8761);
    println!("a year of five figures: {took:?}");
    // 100 ms are asked for, on an idle machine.
    assert!(took.as_millis() < 1000, "{took:?}");
}

#[tokio::test]
async fn health_is_given_anew_when_something_came_in_and_is_not_known_after_silence() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    world.store.store_measurements(&[batch(machine, 1, &[(1, 0, 500.0)])], at(1)).await.unwrap();
    assert_eq!(world.store.judge_health(10, at(2)).await.unwrap(), 1);
    let row = world.store.health_of(machine).await.unwrap().unwrap();
    assert!(row.health.score.is_some_and(|score| score < 100), "much is not measured: {row:?}");
    assert_eq!(world.store.judge_health(10, at(3)).await.unwrap(), 0);
    assert_eq!(world.store.judge_health(10, at(1000)).await.unwrap(), 1);
    assert_eq!(world.store.health_of(machine).await.unwrap().unwrap().health.score, None);
    assert_eq!(world.store.worst_health(None, None, 10).await.unwrap().len(), 1);
    assert_eq!(world.store.worst_health(None, Some(&["elsewhere"]), 10).await.unwrap().len(), 0);
}

fn slow(name: &str) -> Rule {
    let term = Term { metric: Metric::CpuSpeed, against: Against::Own(30.0) };
    Rule { acts: Acts::ByItself, ..Rule::new(RuleId(Uuid::now_v7()), name, vec![term], "inventory") }
}

async fn rule(world: &World) -> RuleRow {
    let rule = slow("slow");
    world.store.keep_health_rule(&rule, None, "anna", at(0)).await.unwrap();
    world.store.health_rule(rule.id).await.unwrap().unwrap()
}

fn alert(rule: RuleId, machine: MachineId, state: AlertState, job: Option<JobId>) -> Alert {
    let acted_at = job.map(|_| at(1));
    Alert { state, fired_at: Some(at(1)), job, acted_at, ..Alert::new(rule, machine, "it is slow", at(0)) }
}

fn decided(seen: usize) -> Decided {
    Decided { trips_since: (at(-9999), seen), ..Decided::default() }
}

/// As a worker would that found it holding, and may start a job or not.
async fn decide(world: &World, row: &RuleRow, machine: MachineId, acts: bool, seen: usize) -> bool {
    let id = Uuid::now_v7();
    let job = Job::new(JobId(Uuid::now_v7()), machine, "inventory", digest(), plan(vec![simulated()]), at(1));
    let state = if acts { AlertState::Acting } else { AlertState::Firing };
    let alert = alert(row.rule.id, machine, state, acts.then_some(job.id));
    let initiator =
        Initiator::HealthRule { id: row.rule.id, name: "slow".into(), because: "it is slow".into() };
    let started = Started { alert: id, site: "main".to_owned(), job, initiator };
    let decided = Decided {
        changed: vec![Changed { id, alert, tell: true }],
        started: if acts { vec![started] } else { vec![] },
        ..decided(seen)
    };
    world.store.commit_health(row, &decided, at(61), at(1)).await.unwrap_or(false)
}

async fn claim(world: &World, second: i64) -> Vec<RuleRow> {
    world.store.claim_due_health_rules(10, at(second)).await.unwrap()
}

async fn fire(world: &World, row: &RuleRow, machine: MachineId) {
    let claimed = claim(world, 1).await.remove(0);
    assert_eq!(claimed.rule.id, row.rule.id);
    assert!(decide(world, &claimed, machine, false, 0).await);
}

async fn jobs(world: &World) -> i64 {
    sqlx::query_scalar("select count(*) from jobs").fetch_one(world.store.pool()).await.unwrap()
}

fn all() -> AlertFilter {
    AlertFilter { resolved: true, limit: 10, ..AlertFilter::default() }
}

#[tokio::test]
async fn of_many_who_decide_about_one_claim_one_starts_a_job() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    rule(&world).await;
    let claimed = claim(&world, 1).await.remove(0);
    assert!(claim(&world, 1).await.is_empty(), "a claim puts the next look off");
    let mut committed = 0;
    for _ in 0..6 {
        committed += usize::from(decide(&world, &claimed, machine, true, 0).await);
    }
    assert_eq!((committed, jobs(&world).await), (1, 1));
    let alerts = world.store.health_alerts(&all()).await.unwrap();
    assert_eq!((alerts.len(), alerts[0].alert.state), (1, AlertState::Acting));
    assert_eq!(world.store.health_trips_since(at(0)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_trip_that_another_rule_began_meanwhile_makes_the_decision_void() {
    let world = World::new().await;
    let (one, two) = (world.machine(1).await, world.machine(2).await);
    rule(&world).await;
    world.store.keep_health_rule(&slow("slower"), None, "anna", at(0)).await.unwrap();
    let claimed = claim(&world, 1).await;
    assert!(decide(&world, &claimed[0], one, true, 0).await);
    assert!(!decide(&world, &claimed[1], two, true, 0).await, "it counted none, and there is one");
    assert!(decide(&world, &claimed[1], two, true, 1).await);
}

#[tokio::test]
async fn a_switch_that_was_pressed_meanwhile_makes_the_decision_void() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    rule(&world).await;
    let claimed = claim(&world, 1).await.remove(0);
    let stopped = Stopped { by: "bob".to_owned(), at: at(1), why: "a drill".to_owned() };
    let guard = Guard { stopped: Some(stopped), ..Guard::default() };
    world.store.set_health_guard(&guard, at(1)).await.unwrap();
    assert!(!decide(&world, &claimed, machine, true, 0).await);
    assert_eq!((jobs(&world).await, world.store.health_guard().await.unwrap()), (0, guard));
}

#[tokio::test]
async fn a_person_who_looks_after_an_alert_makes_a_decision_under_way_void() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    let row = rule(&world).await;
    fire(&world, &row, machine).await;
    let id = world.store.health_alerts(&all()).await.unwrap()[0].id;
    let claimed = claim(&world, 100).await.remove(0);
    world.store.decide_health_alert(id, Act::Acknowledge, "bob", at(101)).await.unwrap();
    assert!(!decide(&world, &claimed, machine, true, 0).await);
    let row = &world.store.health_alerts(&all()).await.unwrap()[0];
    assert_eq!((row.alert.state, row.seen_by.as_deref()), (AlertState::Acknowledged, Some("bob")));
}

#[tokio::test]
async fn a_rule_holds_on_a_machine_once() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    let row = rule(&world).await;
    fire(&world, &row, machine).await;
    let claimed = claim(&world, 100).await.remove(0);
    assert!(!decide(&world, &claimed, machine, true, 0).await, "there is an open alert of it");
    assert_eq!(jobs(&world).await, 0, "and its job was not made either");
}

#[tokio::test]
async fn a_question_is_asked_once_and_its_answer_is_for_all_that_fires() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    let row = rule(&world).await;
    fire(&world, &row, machine).await;
    for second in [100, 200] {
        let claimed = claim(&world, second).await.remove(0);
        let asks = Decided { question: Some("do they lie?".to_owned()), ..decided(0) };
        assert!(world.store.commit_health(&claimed, &asks, at(second + 50), at(second)).await.unwrap());
    }
    let questions = world.store.health_questions(at(300)).await.unwrap();
    assert_eq!(questions.len(), 1);
    assert!(world.store.health_is_held_back(row.rule.id, at(0)).await.unwrap());
    world.store.answer_health_question(questions[0].id, true, "bob", at(300)).await.unwrap();
    let alert = world.store.health_alerts(&all()).await.unwrap().remove(0).alert;
    assert_eq!(alert.approved_by.as_deref(), Some("bob"));
    assert!(!world.store.health_is_held_back(row.rule.id, at(0)).await.unwrap());
    let again = world.store.answer_health_question(questions[0].id, false, "eve", at(301)).await.unwrap_err();
    assert!(matches!(again, Error::Refused(_)));
}

#[tokio::test]
async fn of_two_who_change_a_rule_the_second_is_told() {
    let world = World::new().await;
    let row = rule(&world).await;
    let keep = async |by: &str| world.store.keep_health_rule(&row.rule, Some(row.version), by, at(5)).await;
    keep("anna").await.unwrap();
    assert!(keep("bob").await.unwrap_err().to_string().contains("meanwhile"));
    assert!(world.store.keep_health_rule(&slow("slow"), None, "bob", at(5)).await.is_err());
    world.store.remove_health_rule(row.rule.id, at(6)).await.unwrap();
    assert!(world.store.health_rules().await.unwrap().is_empty());
}

#[test]
fn times_of_the_tests_are_of_2024() {
    let year: Time = at(0);
    assert_eq!(year.format("%Y-%m").to_string(), "2024-10");
}
