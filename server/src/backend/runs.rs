//! Runs, as the dashboard sees them.

use crate::runs::choose::choose;
use crate::runs::start;
use pitstop_app::runs::api::{Choice, RunOffer};
use pitstop_domain::function::Function;
use pitstop_domain::people::{Right, Who};
use pitstop_domain::query::{Query, Scope};
use pitstop_domain::run::RunPlan;
use pitstop_store::fleet::Wanted;
use pitstop_store::{Error, Result, Store};

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
    Ok(RunOffer { functions, total, matching: rows.len() as u64, estimate, wrong: misread.or(wrong) })
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
