//! Runs over simulated machines: the real server in this process, a real PostgreSQL, the real protocols over loopback.
//! What was done is read from the jobs' rows and from the book that the machines keep.
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]

#[path = "support/database.rs"]
mod database;
#[path = "support/fleet.rs"]
mod fleet;
#[path = "support/shape.rs"]
mod shape;

use database::BEARER;
use fleet::{World, eventually};
use pitstop_domain::Time;
use pitstop_domain::function::Limits;
use pitstop_domain::id::RunId;
use pitstop_domain::job::Phase;
use pitstop_domain::run::RunState;
use pitstop_domain::run::tally::Tally;
use pitstop_rig::fleet::{Mix, Profile, Quirk, Quirks};
use pitstop_store::runs::RunRow;
use pitstop_store::runs::members::MemberRow;
use serde_json::{Value, json};

/// Faster than any real machine; the server is as fast as it is.
const SPEED: f64 = 40.0;

fn machines(count: usize) -> Vec<Profile> {
    Profile::fleet(count, 1, SPEED, &Mix::default())
}

fn with_quirks(count: usize, quirks: &Quirks) -> Vec<Profile> {
    machines(count).into_iter().map(|profile| Profile { quirks: quirks.clone(), ..profile }).collect()
}

/// Asks the server as a program does; gives the status and the answer.
async fn ask(world: &World, method: &'static str, path: &str, body: Value) -> (u16, Value) {
    let url = format!("{}/api/v1/{path}", world.address());
    tokio::task::spawn_blocking(move || {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut answer = match method {
            "GET" => agent.get(&url).header("authorization", BEARER).call().unwrap(),
            _ => agent.post(&url).header("authorization", BEARER).send_json(&body).unwrap(),
        };
        (answer.status().as_u16(), answer.body_mut().read_json().unwrap())
    })
    .await
    .unwrap()
}

async fn start(world: &World, plan: Value) -> RunId {
    let (status, said) = ask(world, "POST", "runs", plan).await;
    assert_eq!(status, 201, "{said}");
    said["id"].as_str().unwrap().parse().unwrap()
}

async fn members(world: &World, run: RunId) -> Vec<MemberRow> {
    world.store.run_members(run).await.unwrap()
}

async fn run_is(world: &World, run: RunId, what: &str, is_so: impl Fn(&RunRow, &Tally) -> bool) -> RunRow {
    eventually(&format!("the run is {what}"), async || {
        let row = world.store.run(run).await.unwrap().unwrap();
        let tally = world.store.run_tallies(&[run]).await.unwrap()[&run];
        if is_so(&row, &tally) { Ok(row) } else { Err(format!("{row:?} {tally:?}")) }
    })
    .await
}

/// The most of these trips that were under way at the same time.
fn most_at_once<'a>(members: impl Iterator<Item = &'a MemberRow>) -> usize {
    let mut moments: Vec<(Time, i32)> =
        members.flat_map(|row| [(row.started_at.unwrap(), 1), (row.closed_at.unwrap(), -1)]).collect();
    // An end gives its place free before a beginning of the same moment takes it.
    moments.sort();
    let (mut now, mut most) = (0_i32, 0);
    for (_, change) in moments {
        now += change;
        most = most.max(now);
    }
    usize::try_from(most).unwrap()
}

fn every_machine_restarted_once_each_way(world: &World) {
    for name in world.names() {
        let status = world.machine(&name).status();
        let tally = &status.tally;
        assert_eq!((tally.restarts, tally.boots_maintenance), (2, 1), "{status:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_machines_go_canary_first_in_waves_and_never_above_the_limits() {
    let world = World::new(machines(30)).await;
    let plan = json!({
        "function": "inventory", "q": "", "canary": 2, "wave": { "machines": 7 }, "pause_s": 1,
        "at_once": { "in_all": 5, "per_site": 2 },
    });
    let (status, told) = ask(&world, "POST", "runs", {
        let mut dry = plan.clone();
        dry["dry_run"] = json!(true);
        dry
    })
    .await;
    assert_eq!(
        (status, &told["estimate"]["machines"], &told["estimate"]["waves"][1]["machines"]),
        (200, &json!(30), &json!(7))
    );
    assert_eq!(world.store.runs(false, None, None, 10).await.unwrap().len(), 0, "an estimate starts nothing");
    let run = start(&world, plan).await;
    run_is(&world, run, "over", |row, _| row.run.is_over()).await;
    let members = members(&world, run).await;
    let sizes: Vec<_> =
        (0..=4).map(|wave| members.iter().filter(|row| row.member.wave == wave).count()).collect();
    assert_eq!(sizes, [2, 7, 7, 7, 7]);
    for wave in 1..=4 {
        let of = |wave| members.iter().filter(move |row| row.member.wave == wave);
        let ended = of(wave - 1).map(|row| row.closed_at.unwrap()).max().unwrap();
        let began = of(wave).map(|row| row.started_at.unwrap()).min().unwrap();
        assert!(
            (began - ended).num_milliseconds() >= 990,
            "wave {wave} began {began}, {ended} the one before ended"
        );
    }
    assert!(most_at_once(members.iter()) <= 5);
    for site in members.iter().map(|row| &row.member.site) {
        assert!(most_at_once(members.iter().filter(|row| row.member.site == *site)) <= 2, "{site}");
    }
    let (_, page) = ask(&world, "GET", &format!("runs/{run}"), json!({})).await;
    assert_eq!(
        (&page["run"]["state"], &page["tally"]["back"], &page["listed"]),
        (&json!("closed"), &json!(30), &json!(30))
    );
    every_machine_restarted_once_each_way(&world);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn canaries_that_fail_stop_it_before_anybody_else_is_touched() {
    let world =
        World::new(with_quirks(6, &Quirks { hangs_in_maintenance: Quirk::ALWAYS, ..Quirks::default() }))
            .await;
    world.function("in-a-hurry", Limits { run_s: 2, restore_s: 8, pickup_s: 2, ..Limits::default() }).await;
    let plan = json!({ "function": "in-a-hurry", "q": "", "canary": 2, "stop_on": { "percent": 50 } });
    let run = start(&world, plan).await;
    let stopped = run_is(&world, run, "stopped", |row, _| row.run.state == RunState::Stopped).await;
    assert!(stopped.run.because.ends_with("failed"), "{}", stopped.run.because);
    assert!(stopped.waiting.unwrap().awaits.contains("a person"));
    let untouched = members(&world, run).await.into_iter().filter(|row| row.member.waits());
    for row in untouched {
        assert_eq!(world.machine(&row.name).status().tally.restarts, 0, "{}", row.name);
    }
    let (status, _) = ask(&world, "POST", &format!("runs/{run}/cancel"), json!({ "jobs": true })).await;
    assert_eq!(status, 200);
    let over = run_is(&world, run, "over", |row, _| row.run.is_over()).await;
    assert_eq!(over.run.state, RunState::Cancelled);
    let (status, said) = ask(&world, "POST", &format!("runs/{run}/resume"), json!({})).await;
    assert_eq!(status, 409, "{said}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paused_it_starts_nobody_and_resumed_it_goes_on() {
    let world = World::new(machines(6)).await;
    let plan = json!({ "function": "inventory", "q": "", "canary": 1, "at_once": { "in_all": 2 } });
    let run = start(&world, plan).await;
    let (status, _) = ask(&world, "POST", &format!("runs/{run}/pause"), json!({})).await;
    assert_eq!(status, 200);
    run_is(&world, run, "paused, and its jobs have ended", |row, tally| {
        row.run.state == RunState::Paused && tally.under_way == 0
    })
    .await;
    let before = members(&world, run).await.iter().filter(|row| row.member.job().is_some()).count();
    assert!(before <= 1, "the canary at most had begun");
    let jobs: i64 =
        sqlx::query_scalar("select count(*) from jobs").fetch_one(world.store.pool()).await.unwrap();
    assert_eq!(jobs, before as i64);
    ask(&world, "POST", &format!("runs/{run}/resume"), json!({})).await;
    run_is(&world, run, "closed", |row, tally| row.run.state == RunState::Closed && tally.back == 6).await;
    every_machine_restarted_once_each_way(&world);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_that_stays_dark_blocks_nobody_and_is_still_waited_for() {
    let mut fleet = machines(4);
    for profile in &mut fleet {
        "main".clone_into(&mut profile.site);
    }
    // Machines go by site and name: the first in a run over one site is the first by name.
    fleet.sort_by(|a, b| a.name.cmp(&b.name));
    fleet[0].quirks = Quirks { never_returns: Quirk::ALWAYS, ..Quirks::default() };
    let dark = fleet[0].name.clone();
    let world = World::new(fleet).await;
    world.function("patient", Limits { restore_s: 600, pickup_s: 2, ..Limits::default() }).await;
    let plan = json!({ "function": "patient", "q": "", "at_once": { "in_all": 1 }, "no_show_s": 3 });
    let run = start(&world, plan).await;
    let row = run_is(&world, run, "done but for one", |_, tally| tally.back == 3).await;
    assert!(!row.run.is_over(), "the dark one is waited for");
    let missing = members(&world, run).await.into_iter().find(|row| row.name == dark).unwrap();
    assert_eq!(missing.member.job().unwrap().phase, Phase::Restoring);
    run_is(&world, run, "waiting for it in words", |row, _| {
        row.waiting.as_ref().is_some_and(|waiting| waiting.awaits.contains("shows no sign"))
    })
    .await;
    world.machine(&dark).power_on().await;
    run_is(&world, run, "closed", |row, tally| row.run.state == RunState::Closed && tally.back == 4).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_ends_in_the_middle_starts_nobody_twice() {
    let mut world = World::new(machines(12)).await;
    // What the end of the server interrupts is tried again soon.
    world.function("in-a-hurry", Limits { switch_s: 20, pickup_s: 5, ..Limits::default() }).await;
    let plan = json!({ "function": "in-a-hurry", "q": "", "canary": 1, "wave": { "percent": 34 }, "at_once": { "in_all": 4 } });
    let run = start(&world, plan).await;
    for back in [0, 3, 7] {
        run_is(&world, run, "so far", |_, tally| tally.back >= back).await;
        world.restart().await;
    }
    run_is(&world, run, "closed", |row, tally| row.run.state == RunState::Closed && tally.back == 12).await;
    // A machine that asked how to boot while nobody answered started its own system, and its next route was tried: no
    // restart without its call, and none into maintenance twice.
    for row in members(&world, run).await {
        let calls = world.calls(row.member.job().unwrap().job).await;
        let tally = world.machine(&row.name).status().tally;
        assert_eq!(tally.boots_maintenance, 1, "{} {tally:?}", row.name);
        assert!(tally.restarts as usize <= calls.len(), "{} {tally:?} {calls:?}", row.name);
    }
    let jobs: i64 =
        sqlx::query_scalar("select count(*) from jobs").fetch_one(world.store.pool()).await.unwrap();
    assert_eq!(jobs, 12);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_meant_is_refused_with_words_and_starts_nothing() {
    let world = World::new(machines(2)).await;
    let refused = async |plan: Value| {
        let (status, said) = ask(&world, "POST", "runs", plan).await;
        assert!((400..500).contains(&status), "{said}");
        said["detail"].as_str().unwrap_or_default().to_owned()
    };
    let says = refused(json!({ "function": "inventory" })).await;
    assert!(says.contains("say which machines"), "{says}");
    let says = refused(json!({ "function": "inventory", "q": "site:nowhere" })).await;
    assert!(says.contains("no machine is found"), "{says}");
    let says = refused(json!({ "function": "inventory", "machines": ["pc-none"] })).await;
    assert!(says.contains("`pc-none`"), "{says}");
    let says = refused(json!({ "function": "dance", "q": "" })).await;
    assert!(says.contains("no such function"), "{says}");
    let says = refused(json!({ "function": "inventory", "q": "", "at_once": { "in_all": 0 } })).await;
    assert!(says.contains("nothing would ever start"), "{says}");
    let says = refused(json!({ "function": "inventory", "q": "", "expect": 3 })).await;
    assert!(says.contains("2 machines now, not the 3"), "{says}");
    let says = refused(json!({ "function": "memtest86plus", "q": "" })).await;
    assert!(says.contains("none of the 2 machines can be started"), "{says}");
    assert_eq!(world.store.runs(false, None, None, 10).await.unwrap().len(), 0);
    world.stop().await;
}
