//! A FAKE backend: machines and jobs that are made up, and jobs that move as time passes.

use crate::fleet;
use crate::rows::{alarm, answers, offers, row};
use crate::runs;
use crate::search;
use crate::strangers;
use crate::trips::{self, Kind, Trip};
use async_trait::async_trait;
use chrono::{TimeDelta, Utc};
use pitstop_app::Failure;
use pitstop_app::alarms::api::{AlarmCount, AlarmLine};
use pitstop_app::backend::Backend;
use pitstop_app::console::api::ConsolePage;
use pitstop_app::discovery::api::{Discovery, KeptRule, Preview};
use pitstop_app::go::{Asked, Stage};
use pitstop_app::helpdesk::api::FoundList;
use pitstop_app::jobs::api::{JobPage, Jobs, JobsQuery, Show};
use pitstop_app::live::told::Told;
use pitstop_app::machines::api::{Fleet, MachinePage, MachineRow, MachineState, OwnSystem};
use pitstop_app::machines::fleet::address::FleetQuery;
use pitstop_app::machines::fleet::api::{CellName, SavedView};
use pitstop_app::machines::routes::api::{Fault, Looked, Tried};
use pitstop_app::machines::routes::words;
use pitstop_app::runs::api::{MembersQuery, RunOffer, RunPage, Runs};
use pitstop_domain::Time;
use pitstop_domain::adoption::Rule;
use pitstop_domain::event::{Changed, Noun};
use pitstop_domain::facts::{CallState, Decision};
use pitstop_domain::id::{CallId, JobId, MachineId, RunId, SecretId};
use pitstop_domain::job::Phase;
use pitstop_domain::keep::{Change, Kept};
use pitstop_domain::machine::Machine;
use pitstop_domain::net::Mac;
use pitstop_domain::probe::Probe;
use pitstop_domain::route::Route;
use pitstop_domain::route::form::Filled;
use pitstop_domain::run::{RunPlan, Wish};
use pitstop_domain::secret::Secret;
use pitstop_domain::symptom::Symptom;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use uuid::Uuid;

pub struct Fake {
    machines: Mutex<Vec<Machine>>,
    trips: Mutex<Vec<Trip>>,
    seen: Mutex<Vec<i64>>,
    views: Mutex<Vec<SavedView>>,
    rules: Mutex<Vec<KeptRule>>,
    /// Calls that a person answered.
    did: Mutex<HashMap<CallId, bool>>,
    told: Arc<Told>,
}

impl Fake {
    pub fn new(n: usize) -> Self {
        let now = Utc::now();
        let machines: Vec<_> = (0..n).map(|i| fleet::machine(i, now)).collect();
        let kinds = [
            (Kind::Healthy, 0, 3),
            (Kind::Kexec, 1, 30),
            (Kind::FoundErrors, 2, 7200),
            (Kind::HeldAtLast, 3, 3000),
            (Kind::PersonAsked, 5, 400),
            (Kind::NeverSwitched, 6, 86_400),
            (Kind::Healthy, 8, 200_000),
            (Kind::Healthy, 10, 50),
            (Kind::Behind, 3, 200),
            (Kind::HeldAtLast, 53, 9000),
        ];
        let trips = kinds
            .into_iter()
            .filter(|(_, machine, _)| *machine < n)
            .enumerate()
            .map(|(i, (kind, machine, ago))| Trip {
                id: JobId(Uuid::from_u128(0x2000_0000_0000_4000_8000_0000_0000_0000 + i as u128)),
                machine: machines[machine].clone(),
                kind,
                asked: now - TimeDelta::seconds(ago),
            })
            .collect();
        Self {
            machines: Mutex::new(machines),
            trips: Mutex::new(trips),
            seen: Mutex::default(),
            views: Mutex::new(search::views()),
            rules: Mutex::default(),
            did: Mutex::default(),
            told: Arc::new(Told::new(1)),
        }
    }

    /// Open jobs change twice a second.
    pub async fn tick(self: Arc<Self>) {
        let mut version = 0;
        loop {
            tokio::time::sleep(Duration::from_millis(500)).await;
            version += 1;
            for page in self.pages().into_iter().filter(|page| page.job.phase != Phase::Closed) {
                let machine = page.job.machine.to_string();
                self.told.tell(Some(Changed { kind: Noun::Job, id: page.job.id.to_string(), version }));
                self.told.tell(Some(Changed { kind: Noun::Machine, id: machine, version }));
            }
        }
    }

    fn pages(&self) -> Vec<JobPage> {
        let now = Utc::now();
        let trips = self.trips.lock().expect("a lock");
        let mut pages: Vec<_> = trips.iter().map(|trip| trips::page(trip, now)).collect();
        self.answer(&mut pages);
        let held: Vec<_> = pages.iter().filter(|page| page.job.phase.holds_machine()).cloned().collect();
        for page in pages.iter_mut().filter(|page| page.job.phase == Phase::Queued) {
            let holder = held.iter().find(|other| other.job.machine == page.job.machine);
            page.behind = holder.map(|holder| (holder.job.id, holder.title.clone()));
        }
        pages.sort_by_key(|page| std::cmp::Reverse(page.created_at));
        pages
    }

    fn rows(&self) -> Vec<(Machine, MachineRow)> {
        let (pages, now) = (self.pages(), Utc::now());
        let held: HashMap<_, _> = pages
            .iter()
            .filter(|page| page.job.phase.holds_machine())
            .map(|page| (page.job.machine, page))
            .collect();
        let machines = self.all().into_iter().enumerate();
        machines
            .map(|(i, machine)| {
                let page = held.get(&machine.id).copied();
                let state = page
                    .and_then(|page| MachineState::of_phase(page.job.phase))
                    .unwrap_or_else(|| search::quiet(i, &machine));
                let row = search::row(&machine, state, page, i, now);
                (machine, row)
            })
            .collect()
    }

    fn found(&self, q: &str) -> Vec<MachineRow> {
        search::found(self.rows(), q).into_iter().map(|(_, row)| row).collect()
    }

    fn answer(&self, pages: &mut [JobPage]) {
        let did = self.did.lock().expect("a lock");
        for call in pages.iter_mut().flat_map(|page| &mut page.calls) {
            if let Some(done) = did.get(&call.id) {
                call.state = if *done { CallState::Accepted } else { CallState::Refused };
            }
        }
    }

    fn all(&self) -> Vec<Machine> {
        self.machines.lock().expect("a lock").clone()
    }

    fn change(&self, id: MachineId, change: impl FnOnce(&mut Machine)) {
        let mut machines = self.machines.lock().expect("a lock");
        if let Some(machine) = machines.iter_mut().find(|machine| machine.id == id) {
            change(machine);
            machine.version += 1;
            let changed = Changed { kind: Noun::Machine, id: id.to_string(), version: machine.version };
            self.told.tell(Some(changed));
        }
    }

    fn state(&self, i: usize, machine: &Machine, pages: &[JobPage]) -> MachineState {
        let of = |page: &&JobPage| page.job.machine == machine.id;
        let held = pages.iter().filter(of).find_map(|page| MachineState::of_phase(page.job.phase));
        held.unwrap_or_else(|| search::quiet(i, machine))
    }
}

#[async_trait]
impl Backend for Fake {
    async fn fleet(&self, query: &FleetQuery) -> Result<Fleet, Failure> {
        let (rows, pages) = (self.rows(), self.pages());
        let seen = self.seen.lock().expect("a lock").clone();
        let silent = rows.iter().filter(|(_, row)| row.state == MachineState::Silent).count() as u64;
        let aside = search::aside(&pages, &seen, silent);
        let views = self.views.lock().expect("a lock").clone();
        Ok(Fleet { aside, views, ..search::fleet(rows, query) })
    }

    async fn cell(&self, q: &str, nth: u64) -> Result<Option<CellName>, Failure> {
        let mut found = self.found(q);
        found.sort_by(|a, b| a.name.cmp(&b.name));
        let row = found.into_iter().nth(nth as usize);
        Ok(row.map(|row| CellName { id: row.id, name: row.name, words: row.state.words().to_owned() }))
    }

    async fn change_machines(&self, q: &str, change: &Change, expect: u64) -> Result<u64, Failure> {
        let found = self.found(q);
        if found.len() as u64 != expect {
            return Err(Failure::Refused(format!("These are {} machines by now.", found.len())));
        }
        for row in &found {
            self.change(row.id, |machine| match change {
                Change::AddLabel(label) => machine.labels.push(label.clone()),
                Change::RemoveLabel(label) => machine.labels.retain(|old| old != label),
                Change::MoveTo(site) => machine.site = site.clone(),
            });
        }
        Ok(expect)
    }

    async fn keep_machine(&self, id: MachineId, kept: &Kept, version: i64) -> Result<(), Failure> {
        println!("FAKE: {kept:?} at version {version}");
        let kept = kept.clone();
        self.change(id, |machine| {
            (machine.site, machine.labels, machine.desk) = (kept.site, kept.labels, kept.desk);
        });
        Ok(())
    }

    async fn keep_view(&self, view: &SavedView) -> Result<(), Failure> {
        let mut views = self.views.lock().expect("a lock");
        let id = views.len() as i64 + 1;
        views.push(SavedView { id, ..view.clone() });
        Ok(())
    }

    async fn drop_view(&self, id: i64) -> Result<(), Failure> {
        self.views.lock().expect("a lock").retain(|view| view.id != id);
        Ok(())
    }

    async fn machine(&self, id: MachineId) -> Result<Option<MachinePage>, Failure> {
        let (pages, now) = (self.pages(), Utc::now());
        let machines = self.all();
        let Some((i, machine)) = machines.iter().enumerate().find(|(_, machine)| machine.id == id) else {
            return Ok(None);
        };
        let mine: Vec<_> = pages.iter().filter(|page| page.job.machine == id).cloned().collect();
        let current = mine.iter().find(|page| page.job.phase != Phase::Closed).cloned().map(row);
        let mut sightings: Vec<_> = mine.first().map(|page| page.sightings.clone()).unwrap_or_default();
        sightings.reverse();
        Ok(Some(MachinePage {
            own: OwnSystem::default(),
            asked_at: now,
            machine: machine.clone(),
            state: self.state(i, machine, &pages),
            last_seen: Some(now - TimeDelta::seconds(4)),
            functions: offers(machine),
            current,
            answers: answers(&mine),
            jobs: mine.into_iter().map(row).collect(),
            ribbon: search::ribbon_of(&sightings, now),
            sightings,
        }))
    }

    async fn find_machines(&self, words: &[String], most: usize) -> Result<FoundList, Failure> {
        Ok(crate::find::find(&self.all(), self.rows().into_iter().map(|(_, row)| row).collect(), words, most))
    }

    async fn symptoms(&self) -> Result<Vec<Symptom>, Failure> {
        Ok(crate::door::symptoms())
    }

    async fn start_job(
        &self,
        machine: MachineId,
        function: &str,
        filled: &Filled,
        reported: Option<&str>,
    ) -> Result<JobId, Failure> {
        let found =
            self.all().into_iter().find(|m| m.id == machine).ok_or_else(|| Failure::not_found("machine"))?;
        if function == "fsck" {
            return Err(Failure::Refused(
                "No image has the programs that repair file systems. Build one with cargo xtask image."
                    .into(),
            ));
        }
        println!("FAKE: {function} on {} with {filled:?} ({reported:?})", found.name);
        let mut trips = self.trips.lock().expect("a lock");
        let id = JobId(Uuid::from_u128(0x2000_0000_0000_4000_8000_0000_0000_0000 + trips.len() as u128));
        trips.push(Trip { id, machine: found.clone(), kind: Kind::Healthy, asked: Utc::now() });
        Ok(id)
    }

    async fn set_own_image(&self, _: MachineId, _: Option<&str>) -> Result<(), Failure> {
        Err(Failure::Refused("The preview has no images of own systems.".to_owned()))
    }

    async fn jobs(&self, query: &JobsQuery) -> Result<Jobs, Failure> {
        let pages = self.pages();
        let open = pages.iter().filter(|page| page.job.phase != Phase::Closed).count() as u64;
        let held = pages.iter().filter(|page| page.job.phase == Phase::Held).count() as u64;
        let rows = pages.into_iter().map(row).filter(|row| match query.show {
            Show::All => true,
            Show::Open => row.phase != Phase::Closed,
            Show::Held => row.phase == Phase::Held,
            Show::Closed => row.phase == Phase::Closed,
        });
        let rows = rows.collect();
        Ok(Jobs { asked_at: Utc::now(), rows, more: None, open, held })
    }

    async fn job(&self, id: JobId) -> Result<Option<JobPage>, Failure> {
        Ok(self.pages().into_iter().find(|page| page.job.id == id))
    }

    async fn console(&self, job: JobId) -> Result<Option<ConsolePage>, Failure> {
        Ok(Some(crate::door::console(job)))
    }

    async fn cancel_job(&self, _: JobId) -> Result<(), Failure> {
        Err(Failure::Refused("Fake jobs cannot be cancelled.".into()))
    }

    async fn decide(&self, id: JobId, decision: Decision) -> Result<(), Failure> {
        println!("FAKE: {id}: {decision:?}");
        Ok(())
    }

    async fn person_did(&self, job: JobId, call: CallId, done: bool) -> Result<(), Failure> {
        println!("FAKE: {job}: {call} done: {done}");
        self.did.lock().expect("a lock").insert(call, done);
        Ok(())
    }

    fn person_token(&self, call: CallId) -> String {
        call.0.simple().to_string().repeat(2)
    }

    fn public_url(&self) -> Option<String> {
        None
    }

    async fn person_asked(&self, job: JobId, call: CallId, token: &str) -> Result<Option<Asked>, Failure> {
        let pages = self.pages();
        let Some(page) = pages.iter().find(|page| page.job.id == job) else { return Ok(None) };
        let Some(line) = page.calls.iter().find(|line| line.id == call) else { return Ok(None) };
        if token != self.person_token(call) {
            return Ok(None);
        }
        let stage = match self.did.lock().expect("a lock").get(&call) {
            None => Stage::Waits,
            Some(done) => Stage::Answered {
                done: *done,
                now: "the machine is awaited: it should start from the network now".into(),
                over: false,
            },
        };
        Ok(Some(Asked {
            machine: page.machine_name.clone(),
            site: page.site.clone(),
            firmware: page.job.plan.firmware,
            target: line.target,
            stage,
        }))
    }

    async fn alarms(&self) -> Result<Vec<AlarmLine>, Failure> {
        let seen = self.seen.lock().expect("a lock");
        let held = self.pages().into_iter().filter(|page| page.job.phase == Phase::Held);
        let mut lines: Vec<_> = held.map(|page| alarm(page, &seen)).collect();
        lines.sort_by_key(|line| line.raised_at);
        Ok(lines)
    }

    async fn count_alarms(&self) -> Result<AlarmCount, Failure> {
        let alarms = self.alarms().await?;
        let unseen = alarms.iter().filter(|alarm| alarm.seen.is_none()).count() as u64;
        Ok(AlarmCount { open: alarms.len() as u64, unseen })
    }

    async fn see_alarm(&self, id: i64) -> Result<(), Failure> {
        self.seen.lock().expect("a lock").push(id);
        self.told.tell(Some(Changed { kind: Noun::Alarm, id: id.to_string(), version: 0 }));
        Ok(())
    }

    async fn machine_alone(&self, id: MachineId) -> Result<Option<Machine>, Failure> {
        Ok(self.all().into_iter().find(|machine| machine.id == id))
    }

    async fn set_routes(
        &self,
        id: MachineId,
        routes: Vec<Route>,
        _: Vec<(SecretId, Secret)>,
    ) -> Result<(), Failure> {
        self.change(id, |machine| machine.routes = routes);
        Ok(())
    }

    fn new_secret_id(&self) -> SecretId {
        SecretId(Uuid::from_u128(Utc::now().timestamp_micros() as u128))
    }

    async fn try_route(&self, id: MachineId, route: &Route) -> Result<Tried, Failure> {
        tokio::time::sleep(Duration::from_millis(1400)).await;
        let expected = self.all().into_iter().find(|m| m.id == id).and_then(|m| m.smbios_uuid);
        let fault = |what: &str, worth_retrying| Err(Fault { what: what.into(), worth_retrying });
        let place = words::place_of(route).unwrap_or_default();
        let found = match route {
            _ if place.contains("wrong-word") => {
                fault("the board does not know this user or password (401)", false)
            }
            _ if place.contains("another") => {
                Ok((Some(Uuid::from_u128(99)), "Redfish 1.15, ThinkSystem SR650"))
            }
            Route::Redfish(_) => Ok((expected, "Redfish 1.15.0, OptiPlex 7090; boot device once: none")),
            Route::Ipmi(_) => {
                fault("no answer from 10.78.0.4, port 623, within 15 s: is the board on this network?", true)
            }
            _ => Ok((None, "nothing is sent by a look: a magic packet has no answer")),
        };
        let looked = |(uuid, words): (Option<Uuid>, &str)| Looked {
            on: uuid.map(|_| true),
            uuid,
            expected,
            words: words.into(),
        };
        Ok(Tried { took_ms: 1400, found: found.map(looked) })
    }

    async fn set_probe(&self, id: MachineId, probe: Option<Probe>) -> Result<(), Failure> {
        self.change(id, |machine| machine.probe = probe);
        Ok(())
    }

    async fn runs(&self, _: Option<Time>) -> Result<Runs, Failure> {
        Ok(runs::list(&self.all(), Utc::now()))
    }

    async fn run(&self, id: RunId, query: MembersQuery) -> Result<Option<RunPage>, Failure> {
        Ok(runs::page(id, query, &self.all(), Utc::now()))
    }

    async fn offer_run(&self, q: &str, plan: Option<&RunPlan>) -> Result<RunOffer, Failure> {
        Ok(runs::offer(self.all().len(), &self.found(q), plan))
    }

    async fn start_run(&self, q: &str, plan: &RunPlan, expect: u32) -> Result<RunId, Failure> {
        runs::start(&self.found(q), plan, expect)
    }

    async fn wish_run(&self, id: RunId, wish: Wish) -> Result<(), Failure> {
        println!("FAKE: {id}: {wish:?}");
        Ok(())
    }

    async fn discovery(&self) -> Result<Discovery, Failure> {
        Ok(strangers::discovery(self.rules.lock().expect("a lock").clone()))
    }
    async fn adopt(&self, _: Mac, name: String, _: String, _: Vec<String>) -> Result<MachineId, Failure> {
        Err(Failure::Refused(format!("Fake strangers cannot be adopted, not even as {name}.")))
    }
    async fn add_rule(&self, rule: &Rule) -> Result<(), Failure> {
        let mut rules = self.rules.lock().expect("a lock");
        let id = rules.len() as i64 + 1;
        rules.push(KeptRule { id, rule: rule.clone() });
        Ok(())
    }
    async fn drop_rule(&self, _: i64) -> Result<(), Failure> {
        Ok(())
    }
    async fn draft_import(&self, csv: &str) -> Result<Uuid, Failure> {
        println!("FAKE: a list of {} bytes", csv.len());
        Ok(Uuid::from_u128(5))
    }
    async fn preview_import(&self, _: Uuid) -> Result<Preview, Failure> {
        Ok(strangers::preview())
    }
    async fn confirm_import(&self, _: Uuid, new: u64, changed: u64) -> Result<(), Failure> {
        Err(Failure::Refused(format!("{new} fake machines are not added, {changed} not changed.")))
    }

    async fn sees(&self, _: &Changed) -> bool {
        true
    }
    fn told(&self) -> &Arc<Told> {
        &self.told
    }
}
