//! Which machines a run would take: what can be refused is refused before anything is made.

use pitstop_domain::Time;
use pitstop_domain::function::Function;
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::image::ImageVersion;
use pitstop_domain::job::{Job, Plan};
use pitstop_domain::machine::Machine;
use pitstop_domain::preflight::{Preflight, preflight, worth_saying};
use pitstop_domain::presence::Presence;
use pitstop_domain::run::RunPlan;
use pitstop_domain::run::estimate::Candidate;
use pitstop_domain::run::waves::deal;
use pitstop_domain::start::{Asked, job, locate};
use pitstop_store::runs::NewMember;
use pitstop_store::runs::admission::Started;
use pitstop_store::{Error, Result, Store};
use std::collections::{BTreeSet, HashMap, HashSet};
use uuid::Uuid;

/// A machine that was chosen.
#[derive(Clone, Debug)]
pub struct Chosen {
    pub machine: MachineId,
    pub name: String,
    pub site: String,
    pub model: Option<String>,
    /// What the job that holds it does.
    pub held_by: Option<String>,
}

/// By which machines are known to be as they were.
pub(crate) type Marks = HashMap<MachineId, String>;

/// A function, its images, and the machines that it would be done on.
pub(crate) struct Known {
    function: Function,
    images: Vec<ImageVersion>,
    machines: HashMap<MachineId, Machine>,
}

impl Known {
    pub(crate) async fn of(store: &Store, machines: &[MachineId], function: &str) -> Result<Self> {
        let function = store.function(function).await?.ok_or(Error::NotFound("function"))?;
        let machines = store.machines_of(machines).await?.into_iter();
        Ok(Self {
            function,
            images: store.images().await?,
            machines: machines.map(|machine| (machine.id, machine)).collect(),
        })
    }

    /// The same, with a mark of each machine by which it is known again.
    pub(crate) async fn marked(
        store: &Store,
        machines: &[MachineId],
        function: &str,
    ) -> Result<(Self, Marks)> {
        let known = Self::of(store, &[], function).await?;
        let marked = store.marked_machines(machines).await?.into_iter();
        let (machines, marks) =
            marked.map(|(machine, mark)| ((machine.id, machine.clone()), (machine.id, mark))).unzip();
        Ok((Self { machines, ..known }, marks))
    }

    /// Reads anew what somebody changed since it was marked: gives those machines. `None` when the function or an image is
    /// another, or a machine is gone.
    pub(crate) async fn renew(&mut self, store: &Store, marks: &Marks) -> Result<Option<HashSet<MachineId>>> {
        let now = Self::of(store, &[], &self.function.name).await?;
        if now.function != self.function || now.images != self.images {
            return Ok(None);
        }
        let ids: Vec<_> = marks.keys().copied().collect();
        let marks_now = store.marks(&ids).await?;
        let others: Vec<_> = ids.into_iter().filter(|id| marks.get(id) != marks_now.get(id)).collect();
        let machines = store.machines_of(&others).await?;
        if machines.len() < others.len() {
            return Ok(None);
        }
        self.machines.extend(machines.into_iter().map(|machine| (machine.id, machine)));
        Ok(Some(others.into_iter().collect()))
    }

    /// The job with which a machine is started, or why there is none.
    pub(crate) fn start(
        &self,
        id: JobId,
        machine: MachineId,
        plan: &RunPlan,
        now: Time,
    ) -> std::result::Result<Job, String> {
        self.job(id, machine, plan, now).map(|job| asking(job, plan))
    }

    /// What would become of each machine, without what a person would want to know before.
    pub(crate) async fn candidates(
        &self,
        store: &Store,
        chosen: &[Chosen],
        plan: &RunPlan,
    ) -> Result<Vec<Candidate>> {
        let usual = usual(store, chosen, &self.function.name).await?;
        let turns = store.turns(&self.function.name).await?;
        let now = store.now();
        let candidate = |one: &Chosen| Candidate {
            machine: one.machine,
            name: one.name.clone(),
            site: one.site.clone(),
            usual_s: usual.get(&one.model).copied().flatten(),
            turn: turns.get(&one.site).copied(),
            // It is made, and dropped.
            refused: self.job(JobId(Uuid::nil()), one.machine, plan, now).err(),
            warned: None,
            busy: one.held_by.as_ref().map(|title| format!("{title} holds it until that is closed")),
        };
        Ok(chosen.iter().map(candidate).collect())
    }

    /// The machine's job, or why there is none.
    fn job(
        &self,
        id: JobId,
        machine: MachineId,
        plan: &RunPlan,
        now: Time,
    ) -> std::result::Result<Job, String> {
        let machine = self.machines.get(&machine).ok_or("the machine is not known any more")?;
        let asked =
            Asked { task: plan.task.clone(), limits_percent: plan.limits_percent, off_again: plan.off_again };
        job(id, &self.function, machine, &self.images, &asked, now)
    }
}

/// What would become of each machine.
///
/// # Errors
/// When the plan is nonsense, or there is no such function.
pub async fn candidates(store: &Store, chosen: &[Chosen], plan: &RunPlan) -> Result<Vec<Candidate>> {
    let (known, mut candidates) = unwarned(store, chosen, plan).await?;
    let ids = ids(chosen);
    let last = store.last_netboots(&ids).await?;
    let present = presences(store, plan, &ids).await?;
    let now = store.now();
    for candidate in &mut candidates {
        let id = candidate.machine;
        let Some(machine) = known.machines.get(&id) else { continue };
        // Looked at again when its turn comes.
        let seen = present.get(&id).map(|(presence, at)| (presence, *at));
        let spared = plan.spare.why(seen, now).map(|why| format!("It would be left alone now: {why}."));
        let looked_at = warned(machine, &known.function, &known.images, last.get(&id).copied());
        let words: Vec<_> = spared.into_iter().chain(looked_at).collect();
        candidate.warned = (!words.is_empty()).then(|| words.join(" "));
    }
    Ok(candidates)
}

/// The same without what a person would want to know before: a schedule asks nobody. With what their jobs are made of.
pub(crate) async fn unwarned(
    store: &Store,
    chosen: &[Chosen],
    plan: &RunPlan,
) -> Result<(Known, Vec<Candidate>)> {
    if let Some(why) = plan.nonsense() {
        return Err(Error::Refused(why.to_owned()));
    }
    let known = Known::of(store, &ids(chosen), &plan.function).await?;
    let candidates = known.candidates(store, chosen, plan).await?;
    Ok((known, candidates))
}

/// The job of each machine whose turn came, or why there is none: what was fine when the run was made may be so no
/// longer.
pub(crate) async fn started(
    store: &Store,
    known: &Known,
    plan: &RunPlan,
    machines: &[MachineId],
    now: Time,
) -> Result<Vec<Started>> {
    let present = presences(store, plan, machines).await?;
    let start = |id: &MachineId| {
        let seen = present.get(id).map(|(presence, at)| (presence, *at));
        let job = match plan.spare.why(seen, now) {
            Some(why) if known.machines.contains_key(id) => Err(why),
            _ => known.start(JobId(Uuid::now_v7()), *id, plan, now),
        };
        Started { machine: *id, job }
    };
    Ok(machines.iter().map(start).collect())
}

/// Whoever is at the machine is asked as the run's plan says.
fn asking(job: Job, plan: &RunPlan) -> Job {
    Job { plan: Plan { ask: plan.ask, ..job.plan }, ..job }
}

/// Who is at these machines, where the plan wants to know.
async fn presences(
    store: &Store,
    plan: &RunPlan,
    machines: &[MachineId],
) -> Result<HashMap<MachineId, (Presence, Time)>> {
    match plan.spare.is_nobody() {
        true => Ok(HashMap::new()),
        false => store.presences(machines).await,
    }
}

fn ids(chosen: &[Chosen]) -> Vec<MachineId> {
    chosen.iter().map(|one| one.machine).collect()
}

/// Waves are dealt over those that can be started; the refused stand behind them, for the record.
pub fn members(plan: &RunPlan, candidates: &[Candidate]) -> Vec<NewMember> {
    let (refused, goes): (Vec<_>, Vec<_>) =
        candidates.iter().partition(|candidate| candidate.refused.is_some());
    let sites: Vec<&str> = goes.iter().map(|candidate| candidate.site.as_str()).collect();
    let places = deal(plan, &sites);
    let last = places.last().map_or(0, |place| place.wave);
    let going = places.iter().map(|place| NewMember {
        machine: goes[place.index].machine,
        wave: place.wave,
        refused: None,
    });
    let refused = refused.iter().map(|candidate| NewMember {
        machine: candidate.machine,
        wave: last,
        refused: candidate.refused.clone(),
    });
    going.chain(refused).collect()
}

/// How long the function usually takes on each model; where it has not run on that model yet, on any.
async fn usual(
    store: &Store,
    chosen: &[Chosen],
    function: &str,
) -> Result<HashMap<Option<String>, Option<u64>>> {
    let models: BTreeSet<Option<&str>> = chosen.iter().map(|one| one.model.as_deref()).collect();
    let named: Vec<&str> = models.iter().copied().flatten().collect();
    let on_any = store.usual_seconds(function, None).await?.map(whole);
    let by_model = store.usual_seconds_by_model(function, &named).await?;
    let here = |model: Option<&str>| by_model.get(model?).copied().map(whole);
    Ok(models.into_iter().map(|model| (model.map(str::to_owned), here(model).or(on_any))).collect())
}

/// Seconds that a person reads.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rounded, and never below zero")]
pub fn whole(seconds: f64) -> u64 {
    seconds.round().max(0.0) as u64
}

/// What is worth knowing before the machine is touched.
fn warned(
    machine: &Machine,
    function: &Function,
    images: &[ImageVersion],
    last_netboot: Option<Time>,
) -> Option<String> {
    let image = locate(function, machine, images).ok()?;
    let checks = preflight(&Preflight { machine, image, risk: function.risk, last_netboot });
    let words: Vec<_> = worth_saying(&checks).into_iter().map(|check| check.words.as_str()).collect();
    (!words.is_empty()).then(|| words.join(" "))
}
