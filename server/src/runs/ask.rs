//! Somebody asks for a run: they must be allowed to do on each of its machines what it does there.

use super::choose::choose;
use super::start::start;
use crate::people::{Deed, Fault, Gate, On};
use pitstop_domain::id::RunId;
use pitstop_domain::people::{Right, Subject, Who};
use pitstop_domain::run::RunPlan;
use pitstop_domain::run::estimate::Estimate;
use pitstop_store::Error;
use pitstop_store::fleet::ChosenRow;
use serde_json::json;

/// Starts a run over the machines that are named or found. `expect`: so many can be started, as the person was told.
///
/// # Errors
/// A refusal in words, with nothing touched.
pub async fn ask(
    gate: &Gate,
    named: Option<&[String]>,
    q: &str,
    plan: &RunPlan,
    expect: Option<u32>,
) -> Result<(RunId, Estimate), Fault> {
    let store = gate.read(Right::StartRuns, On::Somewhere).await?;
    let rows = choose(store, gate.who(), named, q).await?;
    let function = store.function(&plan.function).await?.ok_or(Error::NotFound("function"))?;
    function.for_many().map_err(Error::Refused)?;
    let beyond = beyond(gate.who(), &rows, &[Right::StartRuns, function.right()]);
    let after = json!({ "plan": plan, "machines": rows.iter().map(|row| &row.name).collect::<Vec<_>>() });
    let what = format!("started {} on {} machines", function.title, rows.len());
    let deed = Deed { after: Some(after), ..Deed::new(Right::StartRuns, On::Somewhere, what) };
    let initiator = gate.who().initiator();
    let rows = &rows;
    let started = gate.act(deed, |store| async move {
        match beyond {
            Some(why) => Ok(Err(Fault::NotAllowed(why))),
            None => start(store, rows, plan, expect, &initiator).await.map(Ok),
        }
    });
    started.await?
}

/// Why it goes beyond what somebody may do.
fn beyond(who: &Who, rows: &[ChosenRow], rights: &[Right]) -> Option<String> {
    let may = |row: &ChosenRow, right: Right| {
        who.may(right, &Subject::Machine { site: row.site.clone(), labels: row.labels.clone() })
    };
    for right in rights {
        let not: Vec<_> = rows.iter().filter(|row| may(row, *right).is_err()).collect();
        if let Some(first) = not.first() {
            return Some(format!(
                "You may not {} on {} of these {} machines, {} for instance: choose those that are yours.",
                right.words(),
                not.len(),
                rows.len(),
                first.name
            ));
        }
    }
    None
}
