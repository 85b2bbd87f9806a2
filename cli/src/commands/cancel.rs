//! A job is taken back.

use super::{Context, print, remark};
use crate::exit::Exit;
use crate::fault::Fault;
use pitstop_domain::id::JobId;
use serde_json::json;

/// Cancelling is a wish: a machine that was taken is given back first, which `watch` shows.
pub fn cancel(context: &Context, id: JobId) -> Result<Exit, Fault> {
    let answer = context.client.post(&format!("jobs/{id}/cancel"), &json!({}))?;
    if context.json {
        print(&format!("{answer}\n"))?;
    } else {
        remark(&format!("the job is to end; its machine is returned first: `pitstop watch {id}` follows it"));
    }
    Ok(Exit::Done)
}
