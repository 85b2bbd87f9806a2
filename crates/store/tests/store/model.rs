//! Random trips: anything may happen at any moment, in any order, twice or late; after every event the laws hold,
//! and in the end every job is closed. A failure prints its seed: `PITSTOP_SEED=… cargo test -p pitstop-store model`.

use super::world::{World, at, boot, own, reported, simulated};
use pitstop_domain::facts::{CallState, Decision};
use pitstop_domain::id::{CallId, MachineId};
use pitstop_domain::route::{Route, Target};
use pitstop_domain::sighting::{Sighting, Told};
use pitstop_domain::step::{Step, step};
use pitstop_store::Error;
use pitstop_store::jobs::JobFilter;
use pitstop_store::presses::{Press, Taken};
use pitstop_store::trip::Claimed;
use std::collections::HashMap;

const EVENTS: usize = 400;
/// At most so many jobs are open at once: a holder, and some that queue.
const OPEN_JOBS: u64 = 4;

/// Breaches of the laws, each in words with the job it is about.
const BREACHES: &str = "
    select 'an assignment outside of switching: ' || j.id || ' ' || j.phase
        from assignments a join jobs j on j.id = a.job_id where j.phase <> 'switching'
    union all select 'switching without an assignment: ' || j.id
        from jobs j where j.phase = 'switching' and not exists (select 1 from assignments a where a.job_id = j.id)
    union all select 'closed without proof or decision: ' || id
        from jobs where phase = 'closed' and proof is null and switching_since is not null
        and decision ->> 'what' is distinct from 'give_up'
    union all select 'neither woken nor waiting for another or a person: ' || id || ' ' || phase
        from jobs j where phase not in ('closed', 'held') and wake_at is null and lease_until is null
        and not (phase = 'queued' and exists (select 1 from jobs o where o.machine_id = j.machine_id and o.id <> j.id
            and o.phase <> 'closed' and (o.phase <> 'queued' or (o.created_at, o.id) < (j.created_at, j.id))))
    union all select 'waits without saying for what: ' || id || ' ' || phase
        from jobs where phase not in ('queued', 'closed') and waiting is null
    union all select 'a call waits for an attempt that is over: ' || c.id || ' of ' || j.id
        from calls c join jobs j on j.id = c.job_id where c.state = 'waiting'
        and (j.phase, j.phase_since, j.attempt) <> (c.phase, c.phase_since, c.attempt)
    union all select 'two calls left our hands in one attempt: ' || job_id || ' ' || phase || ' ' || attempt
        from calls where state in ('started', 'accepted') group by job_id, phase, phase_since, attempt
        having count(*) > 1";

/// SplitMix64: enough for tests, and the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        if all.is_empty() { None } else { all.get(self.roll(all.len() as u64) as usize) }
    }
}

struct Model {
    world: World,
    machine: MachineId,
    dice: Dice,
    second: i64,
    /// Counts the machine's boots, whatever it boots.
    boots: u64,
    sightings: Vec<(Sighting, i64)>,
    /// Who was given a call: it must never be another.
    given: HashMap<CallId, String>,
    /// Calls that a worker prepares.
    taken: Vec<Taken>,
    /// Steps decided and not yet stored, by workers that are slow or frozen.
    decided: Vec<(Claimed, Step, i64)>,
    story: Vec<String>,
}

impl Model {
    async fn new(seed: u64) -> Self {
        let world = World::new().await;
        let machine = world.machine(1).await;
        Self {
            world,
            machine,
            dice: Dice(seed),
            second: 0,
            boots: 0,
            sightings: vec![],
            given: HashMap::new(),
            taken: Vec::new(),
            decided: vec![],
            story: vec![],
        }
    }

    async fn happen(&mut self) {
        let event = self.dice.roll(16);
        match event {
            0 => self.ask_for_a_job().await,
            1 => self.own_system_boots().await,
            2 => self.saw(own(&self.boot())).await,
            3 => self.maintenance_is_seen().await,
            4 => self.work_ends().await,
            5 => self.asks_to_boot().await,
            6 => self.an_old_sighting_comes_again().await,
            7 => self.fetch(Target::Maintenance).await,
            8 => self.fetch(Target::OwnSystem).await,
            9 => self.answer().await,
            10 => self.push().await,
            11 => self.a_worker_decides().await,
            12 => self.a_late_step_is_stored().await,
            13 => self.people_decide().await,
            14 => self.time_passes(),
            _ => self.work().await,
        }
    }

    fn tell(&mut self, what: impl Into<String>) {
        self.story.push(format!("{:>6} {}", self.second, what.into()));
    }

    fn boot(&self) -> String {
        format!("boot {}", self.boots)
    }

    async fn saw(&mut self, sighting: Sighting) {
        self.tell(format!("{sighting:?}"));
        self.sightings.push((sighting.clone(), self.second));
        self.world.saw(self.machine, sighting, self.second).await;
    }

    async fn ask_for_a_job(&mut self) {
        if self.world.store.open_and_held().await.unwrap().0 < OPEN_JOBS {
            let routes = [
                vec![Route::Agent, simulated(), Route::Person],
                vec![simulated()],
                vec![Route::Agent, Route::AgentKexec],
                vec![Route::Person],
            ];
            let routes = self.dice.one_of(&routes).unwrap().clone();
            let job = self.world.job_by(self.machine, self.second, routes).await;
            self.tell(format!("asked for {}", job.id));
        }
    }

    async fn own_system_boots(&mut self) {
        self.boots += 1;
        self.saw(own(&self.boot())).await;
    }

    /// Maintenance boots where it is assigned, or is heard again where it was.
    async fn maintenance_is_seen(&mut self) {
        if let Some(assigned) = self.world.store.assignment(self.machine).await.unwrap() {
            self.boots += 1;
            let boot_id = boot(&self.boot());
            self.saw(Sighting::MaintenanceAgent { job: assigned.job, boot_id }).await;
        } else {
            let mut heard = self.sightings.iter().rev().map(|(sighting, _)| sighting);
            let last = heard.find(|sighting| matches!(sighting, Sighting::MaintenanceAgent { .. })).cloned();
            if let Some(last) = last {
                self.saw(last).await;
            }
        }
    }

    async fn work_ends(&mut self) {
        let holding = self.world.store.overview(Some(self.machine)).await.unwrap().remove(0).job;
        if let Some(job) = holding {
            self.saw(reported(job.id)).await;
        }
    }

    async fn asks_to_boot(&mut self) {
        let assigned = self.world.store.assignment(self.machine).await.unwrap().is_some();
        let told = if assigned { Told::Maintenance } else { Told::OwnSystem };
        self.saw(Sighting::AskedToBoot { by: "firmware".to_owned(), told }).await;
    }

    /// Late, with its own time, or doubled, as if it were new.
    async fn an_old_sighting_comes_again(&mut self) {
        let Some((sighting, second)) = self.dice.one_of(&self.sightings).cloned() else { return };
        let second = if self.dice.roll(2) == 0 { second } else { self.second };
        self.tell(format!("again, of {second}: {sighting:?}"));
        self.world.saw(self.machine, sighting, second).await;
    }

    async fn fetch(&mut self, target: Target) {
        let who = self.boot();
        let order =
            self.world.store.fetch_order(self.machine, target, &boot(&who), at(self.second)).await.unwrap();
        if let Some(order) = order {
            self.tell(format!("{who} fetches {} to {target:?}", order.id));
            let given = self.given.entry(order.id).or_insert_with(|| who.clone());
            assert_eq!(*given, who, "an order was given to two boots");
        }
    }

    async fn push(&mut self) {
        let taken = self.world.store.take_pushed_calls("worker", 64, at(self.second)).await.unwrap();
        self.taken.extend(taken);
        if self.taken.is_empty() {
            return;
        }
        let index = self.dice.roll(self.taken.len() as u64) as usize;
        let call = self.taken[index].call.id;
        let pressed = self.world.store.press(&self.taken[index], at(self.second)).await.unwrap();
        self.tell(format!("press of {call}: {pressed:?}"));
        if pressed != Press::Undecided {
            self.taken.swap_remove(index);
        }
        if pressed == Press::Now {
            assert!(self.given.insert(call, "worker".to_owned()).is_none(), "a call was pressed twice");
        }
    }

    async fn answer(&mut self) {
        let calls: Vec<_> = self.given.keys().copied().collect();
        let Some(call) = self.dice.one_of(&calls).copied() else { return };
        let state = if self.dice.roll(4) == 0 { CallState::Refused } else { CallState::Accepted };
        let answered = self.world.store.answer_call(call, state, "so it is", at(self.second)).await;
        self.tell(format!("{call} answered {state:?}: {answered:?}"));
        assert!(matches!(answered, Ok(()) | Err(Error::Refused(_))), "{answered:?}");
    }

    /// A worker claims and decides, and is then slow, frozen, or dead.
    async fn a_worker_decides(&mut self) {
        for claimed in self.world.claim(self.second).await {
            let facts = self.world.store.load_facts(&claimed, at(0)).await.unwrap();
            let decided = step(&claimed.job, &facts, at(self.second));
            let fate = self.dice.roll(3);
            self.tell(format!("decided {} of {}, fate {fate}", claimed.job.phase.name(), claimed.job.id));
            if fate > 0 {
                self.world.lease_runs_out(&claimed.job).await;
            }
            if fate < 2 {
                self.decided.push((claimed, decided, self.second));
            }
        }
    }

    async fn a_late_step_is_stored(&mut self) {
        if !self.decided.is_empty() {
            let index = self.dice.roll(self.decided.len() as u64) as usize;
            let (claimed, decided, second) = self.decided.swap_remove(index);
            let stored = self.world.store.commit_step(&claimed, &decided, at(second)).await.unwrap();
            self.tell(format!("late step of {}, stored: {stored}, {:?}", claimed.job.id, decided.moved));
        }
    }

    async fn people_decide(&mut self) {
        let open = JobFilter { open: Some(true), limit: 10, ..JobFilter::default() };
        let jobs: Vec<_> = self.world.store.jobs(&open).await.unwrap().iter().map(|row| row.job.id).collect();
        let Some(job) = self.dice.one_of(&jobs).copied() else { return };
        let choice = self.dice.roll(5);
        let done = match choice {
            0 => self.world.store.cancel_job(job, "enough", at(self.second)).await,
            1 => self.world.decide(job, Decision::ConfirmOwnSystem, self.second).await,
            2 => self.world.decide(job, Decision::GiveUp, self.second).await,
            _ => self.world.decide(job, Decision::TryAgain, self.second).await,
        };
        self.tell(format!("a person, {choice}, about {job}: {done:?}"));
    }

    fn time_passes(&mut self) {
        let steps = [1, 20, 70, 130, 650, 3700];
        self.second += steps[self.dice.roll(steps.len() as u64) as usize];
        self.tell("time passed");
    }

    async fn work(&mut self) {
        self.tell("a worker works");
        self.world.store.revive_lost_claims(at(self.second)).await.unwrap();
        self.world.work(self.second).await;
    }

    async fn laws_hold(&self) {
        let breaches: Vec<String> =
            sqlx::query_scalar(BREACHES).fetch_all(self.world.store.pool()).await.unwrap();
        if !breaches.is_empty() {
            let from = self.story.len().saturating_sub(60);
            panic!("{breaches:#?}\nafter\n{}", self.story[from..].join("\n"));
        }
    }

    /// Nothing goes wrong any more: every job comes to its end without a person, unless one must decide.
    async fn all_is_closed_in_the_end(&mut self) {
        self.decided.clear();
        let frozen =
            "update jobs set lease_until = lease_until - interval '1 hour' where lease_until is not null";
        sqlx::query(frozen).execute(self.world.store.pool()).await.unwrap();
        for _ in 0..200 {
            self.second += 700;
            self.own_system_boots().await;
            self.push().await;
            self.work().await;
            self.laws_hold().await;
            let (open, held) = self.world.store.open_and_held().await.unwrap();
            if open == 0 {
                return;
            }
            assert_eq!(
                held,
                0,
                "a machine that shows itself in its own system is not held\n{}",
                self.story.join("\n")
            );
        }
        panic!("jobs stay open although their machine is there\n{}", self.story.join("\n"));
    }
}

async fn random_trips(seed: u64) {
    println!("PITSTOP_SEED={seed}");
    let mut model = Model::new(seed).await;
    for _ in 0..EVENTS {
        model.happen().await;
        model.laws_hold().await;
    }
    model.all_is_closed_in_the_end().await;
    let closed = model.world.count("select count(*) from jobs where phase = 'closed'").await;
    assert!(closed > 3, "{closed} jobs were closed: nothing much happened");
}

#[tokio::test]
async fn whatever_happens_in_whatever_order_the_laws_hold() {
    let given = std::env::var("PITSTOP_SEED").ok().and_then(|seed| seed.parse().ok());
    let by_clock = || chrono::Utc::now().timestamp_subsec_nanos().into();
    random_trips(given.unwrap_or_else(by_clock)).await;
}

#[tokio::test]
async fn the_laws_hold_over_the_same_trips_as_ever() {
    for seed in 1..=3 {
        random_trips(seed).await;
    }
}
