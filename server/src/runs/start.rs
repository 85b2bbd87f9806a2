//! Making a run: what it would do, and doing it.

use pitstop_domain::id::RunId;
use pitstop_domain::job::Initiator;
use pitstop_domain::run::estimate::{Candidate, Estimate, estimate};
use pitstop_domain::run::plan::MOST_MACHINES;
use pitstop_domain::run::{Run, RunPlan};
use pitstop_store::fleet::ChosenRow;
use pitstop_store::{Error, Result, Store};
use pitstop_worker::members::{self, Chosen};
use uuid::Uuid;

/// What a run over these machines would do.
///
/// # Errors
/// When the plan is nonsense, or there is no such function.
pub async fn would_do(store: &Store, rows: &[ChosenRow], plan: &RunPlan) -> Result<Estimate> {
    Ok(estimate(plan, &candidates(store, rows, plan).await?))
}

/// Starts a run over these machines. `expect`: how many are to be started, as the person was told.
///
/// # Errors
/// A refusal in words for people, with nothing touched.
pub async fn start(
    store: &Store,
    rows: &[ChosenRow],
    plan: &RunPlan,
    expect: Option<u32>,
    initiator: &Initiator,
) -> Result<(RunId, Estimate)> {
    let candidates = candidates(store, rows, plan).await?;
    let told = estimate(plan, &candidates);
    refuse(&told, rows.len(), expect)?;
    let run = Run::new(RunId(Uuid::now_v7()), plan.clone(), store.now());
    store.add_run(&run, initiator, &members::members(plan, &candidates)).await?;
    tracing::info!(run = %run.id, machines = told.machines, refused = told.refused.len(), function = plan.function, "A run was asked for.");
    Ok((run.id, told))
}

/// Reasons for which nothing is started at all.
fn refuse(told: &Estimate, found: usize, expect: Option<u32>) -> Result<()> {
    let why = match (told.machines, expect) {
        _ if found == 0 => "no machine is found: write fewer words, or others".to_owned(),
        _ if found > MOST_MACHINES => too_many(found),
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

/// Why so many machines are no run.
pub fn too_many(found: usize) -> String {
    format!(
        "a run has {MOST_MACHINES} machines at most, these are {found}: divide them, by site for instance"
    )
}

async fn candidates(store: &Store, rows: &[ChosenRow], plan: &RunPlan) -> Result<Vec<Candidate>> {
    let chosen = |row: &ChosenRow| Chosen {
        machine: row.id,
        name: row.name.clone(),
        site: row.site.clone(),
        model: row.model.clone(),
        held_by: row.held_by.clone(),
    };
    let chosen: Vec<_> = rows.iter().map(chosen).collect();
    members::candidates(store, &chosen, plan).await
}
