//! Runs: jobs started together, exactly once, whoever crashes and however many decide.

use super::world::{World, at, in_maintenance, reported, simulated};
use pitstop_domain::facts::Decision;
use pitstop_domain::id::{JobId, MachineId, RunId};
use pitstop_domain::job::{Initiator, Phase};
use pitstop_domain::people::Scope;
use pitstop_domain::run::tally::{Kind, Tally};
use pitstop_domain::run::{
    Admission, AtOnce, Member, MemberState, Run, RunFacts, RunPlan, RunState, Size, StopOn, Wish, admit,
};
use pitstop_domain::start::{Asked, job};
use pitstop_store::Store;
use pitstop_store::runs::NewMember;
use pitstop_store::runs::admission::{ClaimedRun, Started};
use pitstop_store::runs::standing::Members;
use std::collections::HashSet;
use uuid::Uuid;

fn plan() -> RunPlan {
    RunPlan { canary: 1, wave: Some(Size::Machines(2)), ..RunPlan::plain("inventory") }
}

/// Machines that a simulated route restarts, and a run over them, asked for at second 0.
async fn run_of(world: &World, plan: RunPlan, machines: u8) -> (RunId, Vec<MachineId>) {
    let mut members = Vec::new();
    for number in 1..=machines {
        let machine = world.machine(number).await;
        world.store.set_routes(machine, &[simulated()]).await.unwrap();
        members.push(machine);
    }
    let sites = vec!["main"; members.len()];
    let places = pitstop_domain::run::waves::deal(&plan, &sites);
    let new: Vec<_> = places
        .iter()
        .map(|place| NewMember { machine: members[place.index], wave: place.wave, refused: None })
        .collect();
    let run = Run::new(RunId(Uuid::now_v7()), plan, at(0));
    world.store.add_run(&run, &Initiator::Program { name: "test".to_owned() }, &new).await.unwrap();
    (run.id, members)
}

/// What a worker decides about a claimed run.
async fn decide(store: &Store, claimed: &ClaimedRun, second: i64) -> (Admission, Vec<Started>) {
    let members: Vec<Member> =
        store.run_members(claimed.run.id).await.unwrap().into_iter().map(|row| row.member).collect();
    let admission = admit(&claimed.run, &members, &RunFacts { wish: claimed.wish.clone() }, at(second));
    let function = store.function(&claimed.run.plan.function).await.unwrap().unwrap();
    let images = store.images().await.unwrap();
    let asked = Asked { task: None, limits_percent: 100, off_again: false };
    let mut started = Vec::new();
    for id in &admission.start {
        let machine = store.machine(*id).await.unwrap().unwrap();
        let job = job(JobId(Uuid::now_v7()), &function, &machine, &images, &asked, at(second));
        started.push(Started { machine: *id, job });
    }
    (admission, started)
}

async fn claim(store: &Store, second: i64) -> Vec<ClaimedRun> {
    store.claim_due_runs("worker", 8, at(second)).await.unwrap()
}

async fn commit(store: &Store, claimed: &ClaimedRun, second: i64) -> bool {
    let (admission, started) = decide(store, claimed, second).await;
    store.commit_admission(claimed, &admission, &started, at(second)).await.unwrap()
}

/// Decides until nothing is due.
async fn work(store: &Store, second: i64) {
    loop {
        let claimed = claim(store, second).await;
        if claimed.is_empty() {
            return;
        }
        for claimed in &claimed {
            commit(store, claimed, second).await;
        }
    }
}

async fn members(world: &World, run: RunId) -> Vec<Member> {
    world.store.run_members(run).await.unwrap().into_iter().map(|row| row.member).collect()
}

async fn started(world: &World, run: RunId) -> usize {
    members(world, run).await.iter().filter(|member| member.job().is_some()).count()
}

/// The member's job makes its whole trip.
async fn trip(world: &World, member: &Member, boot: &str, second: i64) {
    let job = member.job().unwrap().job;
    world.work(second).await;
    world.saw(member.machine, in_maintenance(job), second + 1).await;
    world.work(second + 1).await;
    world.saw(member.machine, reported(job), second + 2).await;
    world.work(second + 2).await;
    world.saw(member.machine, super::world::own(boot), second + 3).await;
    world.work(second + 3).await;
}

#[tokio::test]
async fn a_run_goes_from_its_canary_to_its_end() {
    let world = World::new().await;
    let (run, _) = run_of(&world, plan(), 3).await;
    work(&world.store, 0).await;
    let canary = members(&world, run).await;
    assert_eq!(canary.iter().filter(|member| member.job().is_some()).count(), 1);
    let row = world.store.run(run).await.unwrap().unwrap();
    assert_eq!(row.waiting.unwrap().awaits, "the canary: 0 of 1 machine have ended");
    let of_run = world.store.job(canary[0].job().unwrap().job).await.unwrap().unwrap();
    assert_eq!(of_run.run, Some(run));
    trip(&world, &canary[0], "new", 10).await;
    // The job's end made the run due: nobody had to wait for a poll.
    assert_eq!(world.store.next_run_wake().await.unwrap(), Some(at(13)));
    work(&world.store, 13).await;
    assert_eq!(started(&world, run).await, 3);
    for (n, member) in members(&world, run).await[1..].iter().enumerate() {
        trip(&world, member, &format!("new{n}"), 20 + 10 * n as i64).await;
    }
    work(&world.store, 50).await;
    let row = world.store.run(run).await.unwrap().unwrap();
    assert_eq!((row.run.state, row.run.over_at), (RunState::Closed, Some(at(50))));
    let tally = world.store.run_tallies(&[run]).await.unwrap()[&run];
    assert_eq!((tally.machines, tally.back), (3, 3));
    let reasons: Vec<_> =
        world.store.run_history(run).await.unwrap().into_iter().map(|line| line.reason).collect();
    assert_eq!(
        reasons,
        ["asked for", "the canary starts: 1 machine", "wave 1 starts: 2 machines", "every machine has ended"]
    );
}

#[tokio::test]
async fn a_worker_that_comes_late_starts_nobody() {
    let world = World::new().await;
    let (run, _) = run_of(&world, plan(), 3).await;
    let frozen = claim(&world.store, 0).await.remove(0);
    let (admission, jobs) = decide(&world.store, &frozen, 0).await;
    assert_eq!(jobs.len(), 1);
    assert!(claim(&world.store, 0).await.is_empty(), "a claimed run is nobody else's");
    sqlx::query("update runs set lease_until = lease_until - interval '1 hour'")
        .execute(world.store.pool())
        .await
        .unwrap();
    assert_eq!(world.store.revive_lost_runs(at(0)).await.unwrap(), 1);
    work(&world.store, 0).await;
    assert_eq!(started(&world, run).await, 1);
    assert!(!world.store.commit_admission(&frozen, &admission, &jobs, at(1)).await.unwrap());
    assert_eq!(world.count("select count(*) from jobs").await, 1);
}

#[tokio::test]
async fn a_wish_that_comes_while_it_is_decided_on_is_heard_first() {
    let world = World::new().await;
    let (run, _) = run_of(&world, plan(), 3).await;
    let claimed = claim(&world.store, 0).await.remove(0);
    world.store.wish_run(run, Wish::Pause, at(0)).await.unwrap();
    assert!(!commit(&world.store, &claimed, 0).await);
    work(&world.store, 1).await;
    assert_eq!(world.store.run(run).await.unwrap().unwrap().run.state, RunState::Paused);
    assert_eq!(world.count("select count(*) from jobs").await, 0);
    world.store.wish_run(run, Wish::Resume, at(2)).await.unwrap();
    work(&world.store, 2).await;
    assert_eq!(started(&world, run).await, 1);
}

#[tokio::test]
async fn cancelled_with_its_jobs_it_takes_them_back_and_is_over_when_they_are() {
    let world = World::new().await;
    let (run, _) = run_of(&world, plan(), 3).await;
    work(&world.store, 0).await;
    world.store.wish_run(run, Wish::CancelAll, at(1)).await.unwrap();
    work(&world.store, 1).await;
    assert!(!world.store.run(run).await.unwrap().unwrap().run.is_over());
    world.work(1).await;
    work(&world.store, 2).await;
    let row = world.store.run(run).await.unwrap().unwrap();
    assert_eq!((row.run.state, row.run.is_over()), (RunState::Cancelled, true));
    let tally = world.store.run_tallies(&[run]).await.unwrap()[&run];
    assert_eq!((tally.cancelled, tally.skipped), (1, 2));
    let error = world.store.wish_run(run, Wish::Resume, at(3)).await.unwrap_err();
    assert!(error.to_string().contains("the run is over"), "{error}");
    let unknown = world.store.wish_run(RunId(Uuid::now_v7()), Wish::Pause, at(3)).await.unwrap_err();
    assert_eq!(unknown.to_string(), "there is no such run");
}

#[tokio::test]
async fn held_jobs_stop_it_and_a_decision_about_them_closes_it() {
    let world = World::new().await;
    let plan = RunPlan { stop_on: Some(StopOn::Failures(1)), ..plan() };
    let (run, _) = run_of(&world, plan, 2).await;
    work(&world.store, 0).await;
    let canary = members(&world, run).await.remove(0);
    // Seen in maintenance, and never again: every rung home is tried.
    world.work(1).await;
    world.saw(canary.machine, in_maintenance(canary.job().unwrap().job), 2).await;
    world.work(2).await;
    for second in 1..40 {
        world.work(second * 1000).await;
    }
    work(&world.store, 40_000).await;
    assert_eq!(members(&world, run).await[0].job().unwrap().phase, Phase::Held);
    let row = world.store.run(run).await.unwrap().unwrap();
    assert_eq!(
        (row.run.state, row.run.because.as_str()),
        (RunState::Stopped, "1 of 1 job that ended failed, 1 held")
    );
    world.store.wish_run(run, Wish::Cancel, at(40_001)).await.unwrap();
    work(&world.store, 40_001).await;
    let job = canary.job().unwrap().job;
    world.decide(job, Decision::GiveUp, 40_002).await.unwrap();
    world.work(40_002).await;
    work(&world.store, 40_002).await;
    let row = world.store.run(run).await.unwrap().unwrap();
    assert_eq!((row.run.state, row.run.is_over()), (RunState::Cancelled, true));
    let tally = world.store.run_tallies(&[run]).await.unwrap()[&run];
    assert_eq!(tally.failed, 1);
    // It is counted for good: no job is looked at for it again.
    sqlx::query("delete from run_members").execute(world.store.pool()).await.unwrap();
    assert_eq!(world.store.run_tallies(&[run]).await.unwrap()[&run], tally);
}

#[tokio::test]
async fn a_machine_that_lost_its_routes_meanwhile_is_refused_and_the_others_go_on() {
    let world = World::new().await;
    let (run, machines) = run_of(&world, plan(), 2).await;
    world.store.set_routes(machines[0], &[]).await.unwrap();
    work(&world.store, 0).await;
    let members = members(&world, run).await;
    let why = "the machine has no power route".to_owned();
    assert_eq!(members[0].state, MemberState::Refused { why });
    assert!(members[1].job().is_some(), "a refused canary holds nobody up");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_workers_that_crash_at_any_moment_start_every_machine_once() {
    let world = World::new().await;
    let at_once = AtOnce { in_all: Some(5), per_site: None };
    let plan = RunPlan { wave: Some(Size::Machines(7)), at_once, ..plan() };
    let (run, _) = run_of(&world, plan, 40).await;
    let mut workers = Vec::new();
    for number in 0..6_u64 {
        let store = Store::open(&world.url).await.unwrap();
        workers.push(tokio::spawn(async move { crashing_worker(&store, run, number).await }));
    }
    for worker in workers {
        worker.await.unwrap();
    }
    let members = members(&world, run).await;
    let jobs: HashSet<JobId> = members.iter().filter_map(|member| member.job().map(|job| job.job)).collect();
    assert_eq!((jobs.len(), world.count("select count(*) from jobs").await), (40, 40));
    assert_eq!(
        world
            .count(
                "select count(*) from jobs j join run_members m on m.job_id = j.id and m.run_id = j.run_id"
            )
            .await,
        40
    );
    assert_eq!(world.count("select count(distinct machine_id) from jobs").await, 40);
}

/// Decides, and crashes every third time between claim and commit; ends jobs by hand, five at once at most.
async fn crashing_worker(store: &Store, run: RunId, number: u64) {
    for round in 0..3000_u64 {
        if store.run(run).await.unwrap().unwrap().run.is_over() {
            return;
        }
        for claimed in claim(store, 1_000_000).await {
            if (round + number).is_multiple_of(3) {
                // Gone. Somebody finds the lease run out.
                let sql = "update runs set lease_until = clock_timestamp() - interval '1 second' where lease_by = $1 and lease_until = (select lease_until from runs where id = $2)";
                sqlx::query(sql).bind("worker").bind(run.0).execute(store.pool()).await.unwrap();
            } else {
                commit(store, &claimed, 1_000_000).await;
            }
        }
        store.revive_lost_runs(at(1_000_000)).await.unwrap();
        let open = "select count(*) from jobs where phase <> 'closed'";
        let open: i64 = sqlx::query_scalar(open).fetch_one(store.pool()).await.unwrap();
        assert!(open <= 5, "{open} at once");
        let end = "with one as (select id from jobs where phase <> 'closed' order by random() limit 1 for update skip locked) \
                   update jobs set phase = 'closed', outcome = 'succeeded', closed_at = now() from one where jobs.id = one.id";
        sqlx::query(end).execute(store.pool()).await.unwrap();
        sqlx::query("update runs set wake_at = $1 where over_at is null")
            .bind(at(1_000_000))
            .execute(store.pool())
            .await
            .unwrap();
    }
    panic!("the run never ended");
}

#[tokio::test]
async fn what_a_run_may_not_be_cannot_be_stored() {
    let world = World::new().await;
    let (run, _) = run_of(&world, plan(), 2).await;
    work(&world.store, 0).await;
    let refused = async |sql: &'static str| {
        let error = sqlx::query(sql).bind(run.0).execute(world.store.pool()).await.expect_err(sql);
        error.into_database_error().unwrap().constraint().unwrap_or_default().to_owned()
    };
    for (sql, law) in [
        (
            "update runs set wake_at = null, lease_until = null where id = $1",
            "a_run_that_is_not_over_looks_again",
        ),
        ("update runs set state = 'closed' where id = $1", "closed_runs_are_over"),
        ("update runs set over_at = now(), wake_at = null where id = $1", "only_ended_runs_are_over"),
        (
            "update run_members set state = 'job' where run_id = $1 and state = 'waiting'",
            "started_members_have_a_job",
        ),
        (
            "update run_members set state = 'refused' where run_id = $1 and state = 'waiting'",
            "refused_members_say_why",
        ),
    ] {
        assert_eq!(refused(sql).await, law, "{sql}");
    }
    let again = "insert into jobs (id, machine_id, function, image, initiator, plan, phase, attempt, phase_since, attempt_since, created_at, run_id) \
                 select gen_random_uuid(), machine_id, function, image, initiator, plan, 'queued', 0, now(), now(), now(), run_id from jobs where run_id = $1";
    assert_eq!(refused(again).await, "a_run_starts_a_machine_once");
}

#[tokio::test]
async fn whoever_sees_one_site_gets_whole_pages_of_its_runs() {
    let world = World::new().await;
    let (run, _) = run_of(&world, plan(), 1).await;
    let seen = async |site: &str| {
        let scopes = [Scope::sites([site])];
        let rows = world.store.runs(false, None, Some(&scopes), 1).await.unwrap();
        rows.into_iter().map(|row| row.run.id).collect::<Vec<_>>()
    };
    assert_eq!((seen("main").await, seen("elsewhere").await), (vec![run], vec![]));
}

/// Puts members of a run into all the states that there are, by hand.
async fn all_kinds_of_members(world: &World) -> RunId {
    let plan =
        RunPlan { canary: 1, wave: Some(Size::Machines(7)), no_show_s: 60, ..RunPlan::plain("inventory") };
    let (run, machines) = run_of(world, plan, 24).await;
    work(&world.store, 0).await;
    let jobs = "insert into jobs (id, machine_id, function, image, initiator, plan, phase, attempt, phase_since, attempt_since, \
         switching_since, outcome, proof, created_at, closed_at, run_id, waiting) \
         select gen_random_uuid(), m.id, j.function, j.image, j.initiator, j.plan, made.phase, case when made.phase in ('switching', 'restoring') then 1 else 0 end, to_timestamp(made.since), j.attempt_since, \
         case when made.touched then to_timestamp(0) end, made.outcome, made.proof, to_timestamp(0), \
         case when made.phase = 'closed' then to_timestamp(90) end, j.run_id, made.waiting::jsonb \
         from (select row_number() over (order by position) as nth, machine_id as id from run_members where state = 'waiting') as m \
         cross join (select * from jobs limit 1) as j \
         join (values (1, 'closed', 90, true, 'succeeded', 'agent', null), (2, 'closed', 90, true, 'found', 'agent', null), \
             (3, 'closed', 90, true, 'succeeded', null, null), (4, 'closed', 90, false, 'cancelled', null, null), \
             (5, 'held', 50, true, 'failed', null, null), (6, 'running', 10, true, null, null, null), \
             (7, 'switching', 10, true, null, null, null), (8, 'switching', 10, true, null, null, null), \
             (9, 'restoring', 80, true, 'succeeded', null, null), (10, 'queued', 10, false, null, null, null), \
             (11, 'queued', 10, false, null, null, '{\"awaits\":\"a place\",\"since\":\"2026-01-01T00:00:00Z\",\"then\":\"x\",\"for_others\":true}'), \
             (12, 'restoring', 10, true, 'failed', null, null)) \
             as made (nth, phase, since, touched, outcome, proof, waiting) on made.nth = m.nth";
    for statement in [
        jobs,
        "update run_members rm set state = 'job', job_id = j.id from jobs j \
         where j.run_id = rm.run_id and j.machine_id = rm.machine_id",
        "update run_members set state = 'refused', why = 'no route' where position = 20",
        "update run_members set state = 'skipped' where position = 21",
    ] {
        sqlx::query(statement).execute(world.store.pool()).await.unwrap();
    }
    // Of two that are switching, one was seen a moment ago.
    let at_place = "select machine_id from run_members where position = 9";
    let seen: Uuid = sqlx::query_scalar(at_place).fetch_one(world.store.pool()).await.unwrap();
    world
        .saw(
            MachineId(seen),
            pitstop_domain::sighting::Sighting::OwnAgent { boot_id: super::world::boot("a") },
            99,
        )
        .await;
    sqlx::query("update machines set site = 'elsewhere' where id = any($1)")
        .bind(machines.iter().step_by(2).map(|id| id.0).collect::<Vec<_>>())
        .execute(world.store.pool())
        .await
        .unwrap();
    run
}

#[tokio::test]
async fn what_is_counted_and_listed_by_the_database_is_what_a_decision_sees_in_each_member() {
    let world = World::new().await;
    let run = all_kinds_of_members(&world).await;
    let row = world.store.run(run).await.unwrap().unwrap();
    let elsewhere = [Scope { sites: ["elsewhere".to_owned()].into(), ..Scope::default() }];
    let all = world.store.run_members(run).await.unwrap();
    let kind = |member: &Member| Kind::of(member, row.run.plan.no_show_s, at(100));
    let mut kinds = HashSet::new();
    for scopes in [None, Some(&elsewhere[..])] {
        let asked = Members { run: &row.run, scopes, now: at(100) };
        let within: Vec<_> =
            all.iter().filter(|row| scopes.is_none() || row.member.site == "elsewhere").collect();
        let members: Vec<_> = within.iter().map(|row| row.member.clone()).collect();
        let standing = world.store.run_standing(asked).await.unwrap();
        assert_eq!(standing.tally(), Tally::of(&members, row.run.plan.no_show_s, at(100)));
        for (wave, tally) in &standing.waves {
            let of_wave: Vec<_> = members.iter().filter(|one| one.wave == *wave).cloned().collect();
            assert_eq!(*tally, Tally::of(&of_wave, row.run.plan.no_show_s, at(100)), "wave {wave}");
        }
        for wanted in Kind::ALL.into_iter().map(Some).chain([None]) {
            let is = |member: &&Member| wanted.is_none_or(|wanted| kind(member) == wanted);
            let expected: Vec<_> = members.iter().filter(is).map(|one| one.machine).collect();
            let mut listed = Vec::new();
            for page in 0..9 {
                let rows = world.store.run_window(asked, wanted, page * 3, 3).await.unwrap();
                listed.extend(rows.into_iter().map(|row| row.member.machine));
            }
            assert_eq!(listed, expected, "{wanted:?}");
            kinds.extend(wanted.filter(|_| !expected.is_empty()));
        }
    }
    assert_eq!(kinds.len(), Kind::ALL.len(), "the test has members of each kind: {kinds:?}");
}
