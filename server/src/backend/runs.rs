//! Runs, as the dashboard sees them.

use crate::runs::choose::{choose, count};
use crate::runs::start;
use pitstop_app::runs::api::{Choice, RunOffer, Said};
use pitstop_domain::function::Function;
use pitstop_domain::people::{Right, Who};
use pitstop_domain::query::{Query, Scope};
use pitstop_domain::run::RunPlan;
use pitstop_domain::run::estimate::{Estimate, Noted, alike};
use pitstop_domain::run::plan::MOST_MACHINES;
use pitstop_store::fleet::{ChosenRow, Wanted};
use pitstop_store::{Error, Result, Store};
use std::mem::take;

/// Machines of which the same is said that are named.
const NAMED: usize = 12;

/// What can be chosen, and what the plan would do over the machines that the search finds.
pub(super) async fn offer(store: &Store, who: &Who, q: &str, plan: Option<&RunPlan>) -> Result<RunOffer> {
    let everything = Query::default();
    let scope = Scope::of(who.scopes(Right::See));
    let total = store.fleet_count(&Wanted { query: &everything, scope: &scope, now: store.now() }).await?;
    let functions = store.functions().await?.into_iter().filter(|function| function.for_many().is_ok());
    let functions: Vec<Choice> = functions.map(choice).collect();
    let nothing =
        RunOffer { functions, total, matching: 0, estimate: None, said: Said::default(), wrong: None };
    let looked_at = plan.is_some() && total <= MOST_MACHINES as u64;
    let (matching, chosen) = match search(store, who, q, looked_at).await {
        Ok(found) => found,
        Err(Error::Refused(why)) => return Ok(RunOffer { wrong: Some(why), ..nothing }),
        Err(error) => return Err(error),
    };
    let found = usize::try_from(matching).unwrap_or(usize::MAX);
    let Some(plan) = plan.filter(|_| matching > 0) else { return Ok(RunOffer { matching, ..nothing }) };
    if found > MOST_MACHINES {
        return Ok(RunOffer { matching, wrong: Some(start::too_many(found)), ..nothing });
    }
    let rows = match chosen {
        Some(rows) => rows,
        None => choose(store, who, None, q).await?,
    };
    let offer = RunOffer { matching: rows.len() as u64, ..nothing };
    match start::would_do(store, &rows, plan).await {
        Ok(estimate) => {
            let (estimate, said) = in_short(estimate);
            Ok(RunOffer { estimate: Some(estimate), said, ..offer })
        }
        Err(Error::Refused(why)) => Ok(RunOffer { wrong: Some(why), ..offer }),
        Err(Error::NotFound(what)) => {
            Ok(RunOffer { wrong: Some(format!("There is no such {what}: choose another.")), ..offer })
        }
        Err(error) => Err(error),
    }
}

/// How many the search finds, and which, where they are looked at one by one; others are only counted.
async fn search(store: &Store, who: &Who, q: &str, looked_at: bool) -> Result<(u64, Option<Vec<ChosenRow>>)> {
    if !looked_at {
        return Ok((count(store, who, q).await?, None));
    }
    let rows = choose(store, who, None, q).await?;
    Ok((rows.len() as u64, Some(rows)))
}

/// A page names some machines; the run itself keeps all.
fn in_short(mut estimate: Estimate) -> (Estimate, Said) {
    let said = |noted: Vec<Noted>| alike(&noted, NAMED);
    let all = Said {
        refused: said(take(&mut estimate.refused)),
        busy: said(take(&mut estimate.busy)),
        warned: said(take(&mut estimate.warned)),
    };
    (estimate, all)
}

fn choice(function: Function) -> Choice {
    Choice {
        right: function.right(),
        name: function.name,
        title: function.title,
        description: function.description,
        risk: function.risk,
        told: function.told,
    }
}
