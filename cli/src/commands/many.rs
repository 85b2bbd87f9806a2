//! Starts a function on many machines.

use super::{Context, find, print, remark, runs};
use crate::args::Run;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::shape::Function;
use crate::show::runs::estimate;
use pitstop_domain::id::RunId;
use pitstop_domain::run::estimate::Estimate;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Told {
    estimate: Estimate,
}

#[derive(Deserialize)]
struct Started {
    id: RunId,
    estimate: Estimate,
}

/// Prints the run's id and nothing else, for scripts; who is refused is said beside it. Watched, the story follows.
pub fn start(context: &Context, asked: &Run) -> Result<Exit, Fault> {
    if asked.machines.is_empty() && asked.site.is_none() && asked.labels.is_empty() {
        let why = "say which machines: one by its name, or --machines, --site or --label for many";
        return Err(Fault::Usage(why.to_owned()));
    }
    let function = find::function(context, &asked.function)?;
    let mut plan = plan(context, asked)?;
    if asked.care.dry_run {
        return tell(context, plan);
    }
    if let Some(number) = agreed(&function, asked.destroy.as_deref())? {
        plan["expect"] = json!(number);
    }
    let answer = context.client.post("runs", &plan)?;
    let Started { id, estimate } = context.understood(&answer)?;
    print(&if context.json { format!("{answer}\n") } else { format!("{id}\n") })?;
    for refused in &estimate.refused {
        remark(&format!("{} is left out: {}", refused.name, refused.why));
    }
    match asked.watch {
        true => runs::watch(context, id, asked.patience),
        false => Ok(Exit::Done),
    }
}

fn tell(context: &Context, mut plan: Value) -> Result<Exit, Fault> {
    plan["dry_run"] = json!(true);
    let answer = context.client.post("runs", &plan)?;
    if context.json {
        print(&format!("{answer}\n"))?;
        return Ok(Exit::Done);
    }
    let Told { estimate: told } = context.understood(&answer)?;
    print(&estimate(&told))?;
    Ok(Exit::Done)
}

fn plan(context: &Context, asked: &Run) -> Result<Value, Fault> {
    let care = &asked.care;
    let mut plan = json!({
        "function": asked.function, "q": search(asked), "canary": care.canary, "wave": care.wave,
        "pause_s": care.pause, "stop_on": care.stop_on, "no_show_s": care.no_show, "spare": care.spare(), "ask": care.ask(),
        "off_again": care.off_again,
        "at_once": { "in_all": care.at_once, "per_site": care.per_site },
    });
    if !asked.machines.is_empty() {
        let machines =
            asked.machines.iter().map(|wanted| find::machine(context, wanted).map(|machine| machine.id));
        plan["machines"] = json!(machines.collect::<Result<Vec<_>, _>>()?);
    }
    Ok(plan)
}

/// Site and labels in the words of the fleet's search.
fn search(asked: &Run) -> String {
    let site = asked.site.iter().map(|site| format!("site:\"{site}\""));
    let labels = asked.labels.iter().map(|label| format!("label:\"{label}\""));
    site.chain(labels).collect::<Vec<_>>().join(" ")
}

/// Destroying asks for the number of machines; the server compares.
fn agreed(function: &Function, said: Option<&str>) -> Result<Option<u32>, Fault> {
    if function.risk != "destroys" {
        return Ok(None);
    }
    let number = said.and_then(|said| said.parse().ok());
    number.map(Some).ok_or_else(|| {
        Fault::Usage(format!(
            "`{}` destroys what is on the machines: look at --dry-run, then say for how many with --destroy NUMBER",
            function.name
        ))
    })
}
