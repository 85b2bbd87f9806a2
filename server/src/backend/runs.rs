//! Runs, as the dashboard sees them.

use crate::runs::choose::choose;
use crate::runs::start;
use pitstop_app::runs::api::{Choice, RunOffer, Said};
use pitstop_domain::function::Function;
use pitstop_domain::people::{Right, Who};
use pitstop_domain::query::{Query, Scope};
use pitstop_domain::run::RunPlan;
use pitstop_domain::run::estimate::{Estimate, Noted, alike};
use pitstop_store::fleet::Wanted;
use pitstop_store::{Error, Result, Store};
use std::mem::take;

/// Machines of which the same is said that are named.
const NAMED: usize = 12;

/// What can be chosen, and what the plan would do over the machines that the search finds.
pub(super) async fn offer(store: &Store, who: &Who, q: &str, plan: Option<&RunPlan>) -> Result<RunOffer> {
    let everything = Query::default();
    let scope = Scope::of(who.scopes(Right::See));
    let total = store.fleet_count(&Wanted { query: &everything, scope: &scope, now: store.now() }).await?;
    let (rows, misread) = match choose(store, who, None, q).await {
        Ok(rows) => (rows, None),
        Err(Error::Refused(why)) => (vec![], Some(why)),
        Err(error) => return Err(error),
    };
    let functions: Vec<Choice> = store.functions().await?.into_iter().map(choice).collect();
    let (estimate, wrong) = match plan.filter(|_| !rows.is_empty()) {
        None => (None, None),
        Some(plan) => match start::would_do(store, &rows, plan).await {
            Ok(estimate) => (Some(estimate), None),
            Err(Error::Refused(why)) => (None, Some(why)),
            Err(Error::NotFound(what)) => (None, Some(format!("There is no such {what}: choose another."))),
            Err(error) => return Err(error),
        },
    };
    let (estimate, said) = estimate.map_or((None, Said::default()), |estimate| {
        let (estimate, said) = in_short(estimate);
        (Some(estimate), said)
    });
    Ok(RunOffer { functions, total, matching: rows.len() as u64, estimate, said, wrong: misread.or(wrong) })
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
