//! Which machines a run would take: what can be refused is refused before anything is made.

use pitstop_domain::Time;
use pitstop_domain::function::Function;
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::image::ImageVersion;
use pitstop_domain::machine::Machine;
use pitstop_domain::preflight::{Preflight, preflight, worth_saying};
use pitstop_domain::run::RunPlan;
use pitstop_domain::run::estimate::Candidate;
use pitstop_domain::run::waves::deal;
use pitstop_domain::start::{Asked, job, locate};
use pitstop_store::runs::NewMember;
use pitstop_store::{Error, Result, Store};
use std::collections::{BTreeSet, HashMap};
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

/// What would become of each machine.
///
/// # Errors
/// When the plan is nonsense, or there is no such function.
pub async fn candidates(store: &Store, chosen: &[Chosen], plan: &RunPlan) -> Result<Vec<Candidate>> {
    if let Some(why) = plan.nonsense() {
        return Err(Error::Refused(why.to_owned()));
    }
    let function = store.function(&plan.function).await?.ok_or(Error::NotFound("function"))?;
    let images = store.images().await?;
    let machines = machines(store, chosen).await?;
    let usual = usual(store, chosen, &function.name).await?;
    let ids: Vec<_> = chosen.iter().map(|one| one.machine).collect();
    let last = store.last_netboots(&ids).await?;
    let present = if plan.spare.is_nobody() { HashMap::new() } else { store.presences(&ids).await? };
    let now = store.now();
    let warned = |id: MachineId| {
        // Looked at again when its turn comes.
        let seen = present.get(&id).map(|(presence, at)| (presence, *at));
        let spared = plan.spare.why(seen, now).map(|why| format!("It would be left alone now: {why}."));
        let looked_at = warned(machines.get(&id)?, &function, &images, last.get(&id).copied());
        let words: Vec<_> = spared.into_iter().chain(looked_at).collect();
        (!words.is_empty()).then(|| words.join(" "))
    };
    let candidate = |one: &Chosen| Candidate {
        machine: one.machine,
        name: one.name.clone(),
        site: one.site.clone(),
        usual_s: usual.get(&one.model).copied().flatten(),
        refused: refused(machines.get(&one.machine), &function, &images, plan, store.now()),
        warned: warned(one.machine),
        busy: one.held_by.as_ref().map(|title| format!("{title} holds it until that is closed")),
    };
    Ok(chosen.iter().map(candidate).collect())
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

async fn machines(store: &Store, chosen: &[Chosen]) -> Result<HashMap<MachineId, Machine>> {
    let ids: Vec<_> = chosen.iter().map(|one| one.machine).collect();
    let found = store.machines_of(&ids).await?.into_iter();
    Ok(found.map(|machine| (machine.id, machine)).collect())
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

/// Why this machine's job would be refused: it is made, and dropped.
fn refused(
    machine: Option<&Machine>,
    function: &Function,
    images: &[ImageVersion],
    plan: &RunPlan,
    now: Time,
) -> Option<String> {
    let Some(machine) = machine else { return Some("the machine is not known any more".to_owned()) };
    let asked = Asked { task: plan.task.clone(), limits_percent: plan.limits_percent };
    job(JobId(Uuid::nil()), function, machine, images, &asked, now).err()
}
