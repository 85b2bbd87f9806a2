//! What agents ask of the server, in this process and on a real PostgreSQL: who is served, what with, and when.
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]

#[path = "agent_api/captures.rs"]
mod captures;
#[path = "support/database.rs"]
mod database;
#[path = "support/site.rs"]
mod site;
#[path = "../../crates/store/tests/store/world.rs"]
mod world;

use axum::http::StatusCode;
use pitstop_domain::facts::CallState;
use pitstop_domain::function::Task;
use pitstop_domain::job::{Outcome, Phase};
use pitstop_domain::route::Route;
use pitstop_domain::sighting::Sighting;
use pitstop_domain::wire::{
    Action, Enrolled, HeartbeatReply, MeasurementsReply, Problem, ReportReply, TaskOrder,
};
use serde_json::{Value, json};
use site::{ENROL_KEY, Site};
use std::time::{Duration, Instant};
use world::{boot, mac, own};

fn enrolment(number: u8) -> Value {
    json!({
        "key": ENROL_KEY, "hostname": "debian", "smbios_uuid": null, "macs": [mac(number).to_string()],
        "arch": "x86_64", "inventory": { "model": "X1", "uefi": true },
    })
}

fn report(name: &str) -> Value {
    json!({ "boot_id": name, "progress": null, "log": [], "ended": null, "wait_s": 0 })
}

#[tokio::test]
async fn a_wrong_enrolment_key_is_refused_and_leaves_nothing() {
    let site = Site::new().await;
    let mut enrolment = enrolment(1);
    enrolment["key"] = "guessed".into();
    let (status, problem) = site.post::<Problem>("/enrol", "", &enrolment).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(problem.error.contains("enrol.key") && !problem.go_home, "{problem:?}");
    assert!(site.world.store.machines().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_machine_that_enrols_again_is_the_same_machine() {
    let site = Site::new().await;
    let (status, first) = site.post::<Enrolled>("/enrol", "", &enrolment(1)).await;
    assert_eq!(status, StatusCode::OK);
    let (_, again) = site.post::<Enrolled>("/enrol", "", &enrolment(1)).await;
    assert_eq!((first.machine, &first.name, &first.token), (again.machine, &again.name, &again.token));
    let machines = site.world.store.machines().await.unwrap();
    assert_eq!(machines.len(), 1);
    assert!(machines[0].has_agent && machines[0].routes.contains(&Route::Agent));
}

#[tokio::test]
async fn machines_of_one_name_are_told_the_name_they_got() {
    let site = Site::new().await;
    let (_, first) = site.post::<Enrolled>("/enrol", "", &enrolment(1)).await;
    let (_, second) = site.post::<Enrolled>("/enrol", "", &enrolment(2)).await;
    assert_ne!(first.machine, second.machine);
    let stored = site.world.store.machine(second.machine).await.unwrap().unwrap().name;
    assert_eq!((first.name.as_str(), second.name), ("debian", stored));
}

#[tokio::test]
async fn a_token_serves_its_own_machine_and_only_until_it_is_called_back() {
    let site = Site::new().await;
    let (one, other) = (site.world.machine(1).await, site.world.machine(2).await);
    let beat = site.beat(one, "boot", 0);
    let tokens = ["", "nonsense", &site.keys.machine_token(other, 1), &site.keys.machine_token(one, 2)];
    for token in tokens {
        let (status, _) = site.post::<Problem>("/heartbeat", token, &beat).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{token}");
    }
    assert!(site.world.store.facts_of(one).await.unwrap().is_empty(), "nobody was believed");
    let token = site.keys.machine_token(one, 1);
    let (status, _) = site.post::<HeartbeatReply>("/heartbeat", &token, &beat).await;
    assert_eq!(status, StatusCode::OK);
    let call_back = "update machines set token_generation = 2 where id = $1";
    sqlx::query(call_back).bind(one.0).execute(site.world.store.pool()).await.unwrap();
    let (status, _) = site.post::<Problem>("/heartbeat", &token, &beat).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_job_that_is_over_sends_its_image_home() {
    let site = Site::new().await;
    let job = site.world.job(site.world.machine(1).await, 0).await;
    let (task, reports) = (format!("/jobs/{}/task", job.id), format!("/jobs/{}/report", job.id));
    let token = site.keys.job_token(job.id);
    let (status, _) = site.get::<Problem>(&task, "nonsense").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    site.world.work(0).await;
    let (status, order) = site.get::<TaskOrder>(&task, &token).await;
    assert_eq!((status, order.task, order.dead_man_s), (StatusCode::OK, Task::Inventory, 300));
    site.world.store.cancel_job(job.id, "enough", world::at(1)).await.unwrap();
    site.world.work(1).await;
    assert_eq!(site.world.now(&job).await.phase, Phase::Closed);
    let (status, problem) = site.get::<Problem>(&task, &token).await;
    assert_eq!((status, problem.go_home), (StatusCode::GONE, true));
    let (status, problem) = site.post::<Problem>(&reports, &token, &report("late")).await;
    assert_eq!((status, problem.go_home), (StatusCode::GONE, true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_heartbeat_that_waits_is_answered_as_soon_as_there_is_an_order() {
    let site = Site::with_worker().await;
    let machine = site.world.machine(1).await;
    let (token, beat) = (site.keys.machine_token(machine, 1), site.beat(machine, "before", 25));
    let waiting = {
        let site = site.clone();
        tokio::spawn(async move { site.post::<HeartbeatReply>("/heartbeat", &token, &beat).await.1 })
    };
    site.until("the heartbeat is there", async || {
        !site.world.store.facts_of(machine).await.unwrap().is_empty()
    })
    .await;
    let start = Instant::now();
    site.world.job(machine, 0).await;
    let order = waiting.await.unwrap().order.unwrap();
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}: its time was up", start.elapsed());
    assert_eq!((order.boot_id, order.action), (boot("before"), Action::Restart { network_once: true }));
}

#[tokio::test]
async fn an_order_is_for_the_boot_that_fetched_it() {
    let site = Site::new().await;
    let machine = site.world.machine(1).await;
    let job = site.world.job(machine, 0).await;
    site.world.work(0).await;
    let order = async |name: &str| site.heartbeat(machine, name).await.order;
    let first = order("before").await.unwrap();
    assert_eq!(order("before").await, Some(first.clone()), "its answer may have been lost");
    let path = format!("/calls/{}", first.call);
    let answer = json!({ "boot_id": "before", "accepted": true, "answer": "restarting" });
    let foreign = site.keys.machine_token(site.world.machine(2).await, 1);
    let (status, _) = site.post::<Problem>(&path, &foreign, &answer).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    for _ in 0..2 {
        let (status, _) = site.post::<Value>(&path, &site.keys.machine_token(machine, 1), &answer).await;
        assert_eq!(status, StatusCode::OK);
    }
    let calls = site.world.store.calls_of(job.id).await.unwrap();
    assert_eq!((calls[0].state, calls[0].answer.as_deref()), (CallState::Accepted, Some("restarting")));
    assert_eq!(order("before").await, None);
    assert_eq!(order("another").await, None, "it was carried out");
    let long_after = chrono::Utc::now().signed_duration_since(world::at(0)).num_seconds() + 700;
    site.world.work(long_after).await;
    let (status, _) = site.post::<Problem>(&path, &site.keys.machine_token(machine, 1), &answer).await;
    assert_eq!(status, StatusCode::CONFLICT, "given up: the agent must not act");
}

#[tokio::test]
async fn kexec_comes_with_all_that_the_agent_needs() {
    let site = Site::new().await;
    let machine = site.world.machine(1).await;
    let job = site.world.job_by(machine, 0, vec![Route::AgentKexec]).await;
    site.world.work(0).await;
    let order = site.heartbeat(machine, "before").await.order.unwrap();
    let Action::Kexec { kernel, initrds, cmdline } = order.action else { panic!("{order:?}") };
    let token = site.keys.job_token(job.id);
    assert_eq!(kernel.path, format!("/boot/jobs/{}/{token}/vmlinuz", job.id));
    assert_eq!(initrds.len(), 1);
    for word in [format!("pitstop.job={}", job.id), format!("pitstop.token={token}")] {
        assert!(cmdline.split(' ').any(|part| part == word), "{cmdline}");
    }
}

#[tokio::test]
async fn an_image_that_kexec_cannot_start_is_refused_at_once() {
    let site = Site::new().await;
    let machine = site.world.machine(1).await;
    let job = site.world.job_by(machine, 0, vec![Route::AgentKexec, Route::Person]).await;
    site.world.work(0).await;
    let no_kernel = "update images set parts = jsonb_build_array(parts -> 1)";
    sqlx::query(no_kernel).execute(site.world.store.pool()).await.unwrap();
    assert_eq!(site.heartbeat(machine, "before").await.order, None);
    let call = site.world.store.calls_of(job.id).await.unwrap().remove(0);
    assert_eq!(call.state, CallState::Refused);
    assert!(call.answer.unwrap().contains("kernel"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_is_stored_once_however_often_it_comes_and_answered_with_the_way_home() {
    let site = Site::with_worker().await;
    let machine = site.world.machine(1).await;
    site.world.store.saw(machine, &own("before"), chrono::Utc::now()).await.unwrap();
    let job = site.world.job(machine, 0).await;
    site.until("switching", async || site.world.now(&job).await.phase == Phase::Switching).await;
    let (path, token) = (format!("/jobs/{}/report", job.id), site.keys.job_token(job.id));
    let mut working = report("maintenance");
    working["progress"] = json!({ "permille": 2000, "text": "half" });
    working["log"] = json!([{ "seq": 1, "text": "begun" }]);
    let (status, reply) = site.post::<ReportReply>(&path, &token, &working).await;
    assert_eq!((status, reply.log_through, reply.order), (StatusCode::OK, 1, None));
    site.until("running", async || site.world.now(&job).await.phase == Phase::Running).await;
    let mut ended = report("maintenance");
    ended["log"] = json!([{ "seq": 1, "text": "begun" }, { "seq": 2, "text": "ended" }]);
    ended["ended"] = json!({
        "outcome": "found", "summary": "a bad module", "report": { "errors": 3 },
        "inventory": { "model": "X2", "uefi": false },
    });
    ended["wait_s"] = 25.into();
    let mut orders = Vec::new();
    for _ in 0..2 {
        let (_, reply) = site.post::<ReportReply>(&path, &token, &ended).await;
        assert_eq!(reply.log_through, 2);
        orders.push(reply.order.expect("the way home"));
    }
    assert_eq!(orders[0], orders[1]);
    assert_eq!(orders[0].action, Action::Restart { network_once: false });
    let row = site.world.store.job(job.id).await.unwrap().unwrap();
    assert_eq!(row.job.ended.map(|ended| ended.outcome), Some(Outcome::Found));
    assert_eq!(row.report, Some(json!({ "errors": 3 })));
    assert_eq!(site.world.store.log_length(job.id).await.unwrap(), 2);
    let story = site.world.store.recent_sightings(machine, 100).await.unwrap();
    let ends = story.iter().filter(|seen| matches!(seen.sighting, Sighting::Reported { .. }));
    assert_eq!(ends.count(), 1);
    let overview = site.world.store.overview(Some(machine)).await.unwrap().remove(0);
    assert_eq!(overview.job.unwrap().permille, Some(1000), "no more than all");
    assert_eq!(overview.model.as_deref(), Some("X2"));
}

#[tokio::test]
async fn an_image_that_is_not_ours_ends_its_job_by_the_jobs_own_url() {
    let site = Site::new().await;
    let machine = site.world.machine(1).await;
    let job = site.world.job(machine, 0).await;
    site.world.work(0).await;
    let url =
        |token: &str| format!("/jobs/{}/ended?token={token}&outcome=found&summary=two+bad+blocks", job.id);
    let (status, _) = site.send("GET", &url("abcd"), "", String::new()).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let (status, _) = site.send("GET", &url(&site.keys.job_token(job.id)), "", String::new()).await;
    assert_eq!(status, StatusCode::OK);
    let called =
        Sighting::UrlCalled { job: job.id, outcome: Outcome::Found, summary: "two bad blocks".to_owned() };
    let story = site.world.store.recent_sightings(machine, 100).await.unwrap();
    assert_eq!(story.iter().filter(|seen| seen.sighting == called).count(), 1);
}

#[tokio::test]
async fn the_work_of_a_cancelled_job_is_to_stop() {
    let site = Site::new().await;
    let job = site.world.job(site.world.machine(1).await, 0).await;
    site.world.work(0).await;
    let (path, token) = (format!("/jobs/{}/report", job.id), site.keys.job_token(job.id));
    let (_, reply) = site.post::<ReportReply>(&path, &token, &report("maintenance")).await;
    assert!(!reply.stop);
    site.world.store.cancel_job(job.id, "the user needs it", world::at(1)).await.unwrap();
    let (_, reply) = site.post::<ReportReply>(&path, &token, &report("maintenance")).await;
    assert!(reply.stop);
}

#[tokio::test]
async fn what_a_newer_agent_adds_is_passed_over() {
    let site = Site::new().await;
    let machine = site.world.machine(1).await;
    let mut beat = site.beat(machine, "boot", 0);
    beat["weather"] = "fine".into();
    beat["inventory"] = json!({ "model": "X1", "flux_capacitors": 1, "abilities": { "fly": true } });
    let (status, _) =
        site.post::<HeartbeatReply>("/heartbeat", &site.keys.machine_token(machine, 1), &beat).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(site.world.store.machine(machine).await.unwrap().unwrap().model(), Some("X1"));
}

#[tokio::test]
async fn nul_in_what_a_machine_says_does_not_keep_its_report_out() {
    let site = Site::new().await;
    let job = site.world.job(site.world.machine(1).await, 0).await;
    site.world.work(0).await;
    let mut report = report("maintenance");
    report["log"] = json!([{ "seq": 1, "text": "a\0b" }]);
    report["ended"] = json!({ "outcome": "succeeded", "summary": "\0", "report": { "\0": ["\0"] }, "inventory": { "serial": "\0\0" } });
    let path = format!("/jobs/{}/report", job.id);
    let (status, reply) = site.post::<ReportReply>(&path, &site.keys.job_token(job.id), &report).await;
    assert_eq!((status, reply.log_through), (StatusCode::OK, 1));
    assert_eq!(site.world.store.log(job.id, 1).await.unwrap()[0].text, "a\u{fffd}b");
}

/// Sightings of maintenance outside its job, as the machine's story tells them, newest first.
async fn outside(site: &Site, machine: pitstop_domain::id::MachineId) -> Vec<String> {
    let story = site.world.store.recent_sightings(machine, 100).await.unwrap();
    let why = |seen: pitstop_store::sightings::Sighted| match seen.sighting {
        Sighting::OutsideJob { why, .. } => Some(why),
        _ => None,
    };
    story.into_iter().filter_map(why).collect()
}

#[tokio::test]
async fn maintenance_outside_its_job_is_told_to_go_home_and_the_story_tells_it() {
    let site = Site::new().await;
    let machine = site.world.machine(1).await;
    let job = site.world.job(machine, 0).await;
    let (task, reports) = (format!("/jobs/{}/task", job.id), format!("/jobs/{}/report", job.id));
    let token = site.keys.job_token(job.id);
    let homewards = async |boot: &str| {
        let (status, problem) = site.post::<Problem>(&reports, &token, &report(boot)).await;
        assert_eq!((status, problem.go_home), (StatusCode::GONE, true), "{}", problem.error);
        let told = outside(&site, machine).await.remove(0);
        assert_eq!(told, problem.error);
        told
    };
    assert!(homewards("early").await.contains("not begun"));
    site.world.work(0).await;

    // Whichever attempt it came by, the boot that arrives is the one that is awaited.
    let (status, _) = site.post::<ReportReply>(&reports, &token, &report("arrived")).await;
    assert_eq!(status, StatusCode::OK);
    site.world.saw(machine, world::in_maintenance(job.id), 5).await;
    let running =
        "update jobs set phase = 'running', attempt = 0, boot_maintenance = 'arrived' where id = $1";
    site.world.sql(running, &job).await.unwrap();
    assert_eq!(site.post::<ReportReply>(&reports, &token, &report("arrived")).await.0, StatusCode::OK);
    assert!(homewards("an older attempt's").await.contains("another boot"));

    let restoring = "update jobs set phase = 'restoring', attempt = 1, outcome = 'failed' where id = $1";
    site.world.sql(restoring, &job).await.unwrap();
    assert_eq!(site.post::<ReportReply>(&reports, &token, &report("arrived")).await.0, StatusCode::OK);
    assert!(homewards("late").await.contains("being returned"));

    site.world.sql("update jobs set phase = 'held', attempt = 0 where id = $1", &job).await.unwrap();
    assert!(homewards("arrived").await.contains("held"));
    let (status, problem) = site.get::<Problem>(&task, &token).await;
    assert_eq!((status, problem.go_home), (StatusCode::GONE, true), "a held job has no work");

    let closed = "update jobs set phase = 'closed', closed_at = now() where id = $1";
    site.world.sql(closed, &job).await.unwrap();
    assert!(homewards("arrived").await.contains("over"));
    assert_eq!(outside(&site, machine).await.len(), 6, "each tells something new");
}

#[tokio::test]
async fn another_machines_script_or_token_leads_home() {
    let site = Site::new().await;
    let (mine, other) = (site.world.machine(1).await, site.world.machine(2).await);
    let job = site.world.job(mine, 0).await;
    site.world.work(0).await;
    let token = site.keys.job_token(job.id);
    let task = |number: u8| format!("/jobs/{}/task?macs={},{}", job.id, mac(77), mac(number));
    assert_eq!(site.get::<TaskOrder>(&task(1), &token).await.0, StatusCode::OK);
    for number in [2, 9] {
        let (status, problem) = site.get::<Problem>(&task(number), &token).await;
        assert_eq!((status, problem.go_home), (StatusCode::GONE, true));
        assert!(problem.error.contains("another machine's"), "{}", problem.error);
    }
    assert_eq!((outside(&site, mine).await.len(), outside(&site, other).await.len()), (0, 1));
    let foreign = site.keys.job_token(pitstop_domain::id::JobId(uuid::Uuid::from_u128(5)));
    for token in [foreign.as_str(), "", &site.keys.machine_token(mine, 1)] {
        let (status, problem) = site.get::<Problem>(&task(1), token).await;
        assert_eq!((status, problem.go_home), (StatusCode::UNAUTHORIZED, true), "nobody will ever serve it");
    }
    assert_eq!(outside(&site, mine).await.len(), 0, "nobody was believed");
}

#[tokio::test]
async fn a_diskless_machine_enrols_by_its_own_token_at_each_boot_and_stays_itself() {
    let site = Site::new().await;
    let (machine, other) = (site.world.machine(1).await, site.world.machine(2).await);
    let mut enrolment = enrolment(1);
    enrolment["key"] = site.keys.own_token(machine, 1).into();
    let (status, _) = site.post::<Problem>("/enrol", "", &enrolment).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "its own system is on its disk, where the site's key is");
    let mut system = site.world.store.image(&world::digest()).await.unwrap().unwrap();
    (system.digest, system.name) = ("b".repeat(64).parse().unwrap(), "desktop".to_owned());
    system.kind = pitstop_domain::image::ImageKind::Operational;
    site.world.store.add_image(&system).await.unwrap();
    for machine in [machine, other] {
        site.world.store.set_own_image(machine, Some("desktop")).await.unwrap();
    }
    for _ in 0..2 {
        let (status, enrolled) = site.post::<Enrolled>("/enrol", "", &enrolment).await;
        assert_eq!((status, enrolled.machine), (StatusCode::OK, machine));
        assert_eq!(enrolled.token, site.keys.machine_token(machine, 1));
    }
    enrolment["key"] = site.keys.own_token(other, 1).into();
    assert_eq!(site.post::<Problem>("/enrol", "", &enrolment).await.0, StatusCode::FORBIDDEN);
    assert_eq!(site.world.store.machines().await.unwrap().len(), 2);
}

#[tokio::test]
async fn every_refusal_says_in_the_same_form_what_is_wrong() {
    let site = Site::new().await;
    for (body, expected) in [
        ("no json".to_owned(), StatusCode::BAD_REQUEST),
        (r#"{"boot_id": 7}"#.to_owned(), StatusCode::UNPROCESSABLE_ENTITY),
        (format!("\"{}\"", "x".repeat(4 << 20)), StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let (status, answer) = site.send("POST", "/heartbeat", "", body).await;
        assert_eq!(status, expected);
        let problem: Problem = serde_json::from_slice(&answer).unwrap();
        assert!(!problem.error.is_empty() && !problem.go_home);
    }
}

fn measured(machine: pitstop_domain::id::MachineId, samples: &[(i64, f64)]) -> Value {
    let samples: Vec<_> = samples
        .iter()
        .map(|(seq, age)| json!({ "seq": seq, "age_s": age, "figures": [[1, 500.0], [999, 1.0]] }))
        .collect();
    json!({ "machine": machine, "stream": 7, "samples": samples })
}

#[tokio::test]
async fn figures_are_stored_once_and_only_for_the_machine_whose_token_it_is() {
    let site = Site::new().await;
    let (one, other) = (site.world.machine(1).await, site.world.machine(2).await);
    let sent = measured(one, &[(1, 90.0), (2, 30.0)]);
    let (status, _) = site.post::<Problem>("/measurements", &site.keys.machine_token(other, 1), &sent).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let token = site.keys.machine_token(one, 1);
    for _ in 0..2 {
        let (status, reply) = site.post::<MeasurementsReply>("/measurements", &token, &sent).await;
        assert_eq!((status, reply.through), (StatusCode::OK, 2));
    }
    let stored: i64 = sqlx::query_scalar("select count(*) from measurements where machine_id = $1")
        .bind(one.0)
        .fetch_one(site.world.store.pool())
        .await
        .unwrap();
    assert_eq!(stored, 2);
}
