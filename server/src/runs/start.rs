//! Making a run: what it would do, and doing it.

use super::choose::ids;
use pitstop_app::machines::api::MachineRow;
use pitstop_domain::Time;
use pitstop_domain::function::Function;
use pitstop_domain::id::{JobId, MachineId, RunId};
use pitstop_domain::image::ImageVersion;
use pitstop_domain::job::Initiator;
use pitstop_domain::machine::Machine;
use pitstop_domain::preflight::{Preflight, preflight, worth_saying};
use pitstop_domain::run::estimate::{Candidate, Estimate, estimate};
use pitstop_domain::run::plan::MOST_MACHINES;
use pitstop_domain::run::waves::deal;
use pitstop_domain::run::{Run, RunPlan};
use pitstop_domain::start::{Asked, job, locate};
use pitstop_store::runs::NewMember;
use pitstop_store::{Error, Result, Store};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// What a run over these machines would do.
///
/// # Errors
/// When the plan is nonsense, or there is no such function.
pub async fn would_do(store: &Store, rows: &[MachineRow], plan: &RunPlan) -> Result<Estimate> {
    Ok(estimate(plan, &candidates(store, rows, plan).await?))
}

/// Starts a run over these machines. `expect`: how many are to be started, as the person was told.
///
/// # Errors
/// A refusal in words for people, with nothing touched.
pub async fn start(
    store: &Store,
    rows: &[MachineRow],
    plan: &RunPlan,
    expect: Option<u32>,
    initiator: &Initiator,
) -> Result<(RunId, Estimate)> {
    let candidates = candidates(store, rows, plan).await?;
    let told = estimate(plan, &candidates);
    refuse(&told, rows.len(), expect)?;
    let run = Run::new(RunId(Uuid::now_v7()), plan.clone(), store.now());
    store.add_run(&run, initiator, &members(plan, &candidates)).await?;
    tracing::info!(run = %run.id, machines = told.machines, refused = told.refused.len(), function = plan.function, "A run was asked for.");
    Ok((run.id, told))
}

/// Reasons for which nothing is started at all.
fn refuse(told: &Estimate, found: usize, expect: Option<u32>) -> Result<()> {
    let why = match (told.machines, expect) {
        _ if found == 0 => "no machine is found: write fewer words, or others".to_owned(),
        _ if found > MOST_MACHINES => {
            format!(
                "a run has {MOST_MACHINES} machines at most, these are {found}: divide them, by site for instance"
            )
        }
        (0, _) => {
            let first = told.refused.first().map_or("", |noted| noted.why.as_str());
            format!("none of the {found} machines can be started; the first: {first}")
        }
        (n, Some(expect)) if n != expect => {
            format!(
                "it would be {n} machines now, not the {expect} that you agreed to: look at the estimate again"
            )
        }
        _ => return Ok(()),
    };
    Err(Error::Refused(why))
}

/// Waves are dealt over those that can be started; the refused stand behind them, for the record.
fn members(plan: &RunPlan, candidates: &[Candidate]) -> Vec<NewMember> {
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

async fn candidates(store: &Store, rows: &[MachineRow], plan: &RunPlan) -> Result<Vec<Candidate>> {
    if let Some(why) = plan.nonsense() {
        return Err(Error::Refused(why.to_owned()));
    }
    let function = store.function(&plan.function).await?.ok_or(Error::NotFound("function"))?;
    let images = store.images().await?;
    let machines = machines(store, rows).await?;
    let usual = usual(store, rows, &function.name).await?;
    let last = store.last_netboots(&ids(rows)).await?;
    let warned = |id: MachineId| {
        let machine = machines.get(&id)?;
        let image = locate(&function, machine, &images).ok()?;
        let last_netboot = last.get(&id).copied();
        let checks = preflight(&Preflight { machine, image, risk: function.risk, last_netboot });
        let words: Vec<_> = worth_saying(&checks).into_iter().map(|check| check.words.as_str()).collect();
        (!words.is_empty()).then(|| words.join(" "))
    };
    let candidate = |row: &MachineRow| Candidate {
        warned: warned(row.id),
        machine: row.id,
        name: row.name.clone(),
        site: row.site.clone(),
        usual_s: usual.get(&row.model).copied().flatten(),
        refused: refused(machines.get(&row.id), &function, &images, plan, store.now()),
        busy: row.job.as_ref().map(|job| format!("{} holds it until that is closed", job.title)),
    };
    Ok(rows.iter().map(candidate).collect())
}

async fn machines(store: &Store, rows: &[MachineRow]) -> Result<HashMap<MachineId, Machine>> {
    let found = store.machines_of(&ids(rows)).await?.into_iter();
    Ok(found.map(|machine| (machine.id, machine)).collect())
}

/// How long the function usually takes on each model; where it has not run on that model yet, on any.
async fn usual(
    store: &Store,
    rows: &[MachineRow],
    function: &str,
) -> Result<HashMap<Option<String>, Option<u64>>> {
    let models: BTreeSet<Option<String>> = rows.iter().map(|row| row.model.clone()).collect();
    let seconds = |s: Option<f64>| s.map(crate::backend::machine::whole_seconds);
    let on_any = seconds(store.usual_seconds(function, None).await?);
    let mut usual = HashMap::new();
    for model in models {
        let here = match model.as_deref() {
            Some(model) => seconds(store.usual_seconds(function, Some(model)).await?),
            None => None,
        };
        usual.insert(model, here.or(on_any));
    }
    Ok(usual)
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
