//! One job, its whole story.

use super::{Context, print};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::shape::Job;
use crate::show::page::page;
use pitstop_domain::id::JobId;

pub fn job(context: &Context, id: JobId) -> Result<Exit, Fault> {
    let answer = context.client.get(&format!("jobs/{id}"))?;
    if context.json {
        print(&format!("{answer}\n"))?;
    } else {
        let job: Job = context.understood(&answer)?;
        print(&page(&job, &context.look()))?;
    }
    Ok(Exit::Done)
}
