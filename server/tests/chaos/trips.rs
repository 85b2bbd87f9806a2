//! Whoever asks for the trips of a machine, one after the other, and looks how each ended.

use super::database::BEARER;
use super::schedule::Trip;
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::job::{Job, Phase};
use pitstop_rig::fleet::Handle;
use pitstop_store::Store;
use pitstop_store::jobs::{JobFilter, JobRow};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Between two looks.
const LOOK: Duration = Duration::from_millis(400);
/// The longest way of a trip: every rung there and back, with all limits, and servers that are away meanwhile.
const LIMIT: Duration = Duration::from_secs(420);
/// A server that is frozen or has lost its database answers late.
const PATIENCE: Duration = Duration::from_secs(15);

/// A machine and who asks for its trips.
pub struct Driver {
    pub store: Store,
    pub machine: Handle,
    pub addresses: watch::Receiver<Vec<String>>,
}

/// What a driver saw.
#[derive(Debug, Default)]
pub struct Seen {
    pub trips: u32,
    /// Held and really not back.
    pub held: u32,
    /// Held since nobody was there when the machine asked at boot on its way back, and it has no agent to tell.
    pub unproven: u32,
    pub wrong: Vec<String>,
}

impl Driver {
    pub async fn drive(self, trips: Vec<Trip>) -> Seen {
        let mut seen = Seen::default();
        let id = self.known().await;
        for trip in trips {
            let before = self.machine.status().tally.restarts;
            tokio::time::sleep(trip.pause).await;
            let job = self.ask(id, trip).await;
            let after = self.machine.status().tally;
            if seen.trips > 0 && after.restarts > before && self.calls(job).await == 0 {
                seen.wrong.push(format!("restarted between trips: {:?}", after.book.last()));
            }
            if let Some(after) = trip.cancel_after {
                tokio::time::sleep(after).await;
                self.post(&format!("jobs/{job}/cancel"), json!({})).await;
            }
            self.settle(id, &mut seen).await;
            seen.trips += 1;
        }
        seen
    }

    async fn calls(&self, job: JobId) -> usize {
        patiently("calls", async || self.store.calls_of(job).await.ok()).await.len()
    }

    async fn known(&self) -> MachineId {
        let name = self.machine.status().name;
        patiently("the machine is known and up", async || {
            let machines = self.store.machines().await.ok()?;
            let up = self.machine.status().state == "own-system";
            let agent = self.machine.status().agent;
            machines.iter().find(|m| m.name == name && up && m.has_agent == agent).map(|m| m.id)
        })
        .await
    }

    /// An answer may be lost while the job is made: whoever asks looks first.
    async fn ask(&self, machine: MachineId, trip: Trip) -> JobId {
        patiently("the job is taken", async || {
            let filter =
                JobFilter { machine: Some(machine), open: Some(true), limit: 1, ..JobFilter::default() };
            if let Some(open) = self.store.jobs(&filter).await.ok()?.first() {
                return Some(open.job.id);
            }
            let answer = self.post("jobs", json!({ "machine": machine, "function": trip.function })).await?;
            answer["id"].as_str()?.parse().ok()
        })
        .await
    }

    async fn post(&self, path: &str, body: Value) -> Option<Value> {
        let addresses = self.addresses.borrow().clone();
        let start = self.machine.status().tally.restarts as usize;
        for turn in 0..addresses.len() {
            let url = format!("{}/api/v1/{path}", addresses[(start + turn) % addresses.len()]);
            let body = body.clone();
            let asked = tokio::task::spawn_blocking(move || {
                let limited = ureq::post(url)
                    .header("authorization", BEARER)
                    .config()
                    .timeout_global(Some(PATIENCE))
                    .build();
                limited.send_json(&body).ok()?.body_mut().read_json().ok()
            });
            if let Some(answer) = asked.await.unwrap() {
                return Some(answer);
            }
        }
        None
    }

    /// Until no job of the machine is open. One that is held must be held rightly; then somebody walks there.
    async fn settle(&self, machine: MachineId, seen: &mut Seen) {
        let mut helped = None;
        patiently("the job is closed", async || {
            let filter =
                JobFilter { machine: Some(machine), open: Some(true), limit: 5, ..JobFilter::default() };
            let open = self.store.jobs(&filter).await.ok()?;
            let held = open.iter().find(|row| row.job.phase == Phase::Held);
            if let Some(row) = held {
                self.held(row, &mut helped, seen).await;
            }
            open.is_empty().then_some(())
        })
        .await;
        let status = self.machine.status();
        if status.state != "own-system" {
            seen.wrong
                .push(format!("closed, and the machine is `{}`: {:?}", status.state, status.tally.book));
        }
    }

    async fn held(&self, row: &JobRow, helped: &mut Option<JobId>, seen: &mut Seen) {
        let status = self.machine.status();
        if *helped != Some(row.job.id) {
            let asked_unseen = !status.agent && !self.was_seen_going_home(&row.job).await;
            *helped = Some(row.job.id);
            match status.state {
                "dark" => seen.held += 1,
                "own-system" if asked_unseen => seen.unproven += 1,
                state => seen.wrong.push(format!("{} is held while the machine is `{state}`", row.job.id)),
            }
            self.machine.power_on().await;
        } else if !status.agent && status.state == "own-system" {
            // Nothing but a person can tell.
            let decision = json!({ "decision": "confirm_own_system" });
            self.post(&format!("jobs/{}/decide", row.job.id), decision).await;
        }
    }
}

impl Driver {
    /// On this trip it asked how to boot and was sent home, after it was last seen in maintenance.
    async fn was_seen_going_home(&self, job: &Job) -> bool {
        let facts = patiently("facts", async || self.store.facts_of(job.machine).await.ok()).await;
        let of = |kind| facts.iter().find(|seen| seen.sighting.fact() == kind).map(|seen| seen.at);
        of("sent_home") > of("maintenance_agent").max(of("asked_to_boot")).max(job.switching_since)
    }
}

/// Looks again and again, also while the database is away.
async fn patiently<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(since.elapsed() < LIMIT, "not within {LIMIT:?}: {what}");
        tokio::time::sleep(LOOK).await;
    }
}
