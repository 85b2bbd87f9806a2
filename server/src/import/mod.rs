//! Lists of machines (CSV): read, compared with what is known, and stored when somebody confirms.
//!
//! - [`read`]: text into rows, with what is wrong in each; [`plan`]: what each row would do

pub mod plan;
pub mod read;

use pitstop_app::discovery::api::Preview;
use pitstop_domain::net::Mac;
use pitstop_store::{Error, Result, Store};
use plan::{Planned, plan};
use read::{Row, read};
use uuid::Uuid;

/// What a list would do; nothing is stored.
pub async fn preview(store: &Store, text: &str) -> Result<Preview> {
    Ok(planned(store, text).await?.preview())
}

/// Does what the list says. `expect`: how many new and how many changed ones somebody has seen.
///
/// # Errors
/// Refused where a row is wrong, or where it would be other numbers by now; then nothing is stored.
pub async fn import(store: &Store, text: &str, expect: Option<(u64, u64)>) -> Result<Preview> {
    let planned = planned(store, text).await?;
    let preview = planned.preview();
    if preview.wrong > 0 {
        return Err(Error::Refused(format!(
            "{} rows are wrong: put them right first, nothing was stored",
            preview.wrong
        )));
    }
    if let Some((new, changed)) = expect.filter(|expect| *expect != (preview.new, preview.changed)) {
        return Err(Error::Refused(format!(
            "it would be {} new and {} changed machines now, not {new} and {changed} as you agreed to: look at the list again",
            preview.new, preview.changed
        )));
    }
    store.import(&planned.new, &planned.updated).await?;
    tracing::info!(new = preview.new, changed = preview.changed, "A list of machines was imported.");
    Ok(preview)
}

async fn planned(store: &Store, text: &str) -> Result<Planned> {
    let rows = read(text).map_err(Error::Refused)?;
    let names: Vec<String> =
        rows.iter().map(|row| row.name.clone()).filter(|name| !name.is_empty()).collect();
    let macs: Vec<Mac> = rows.iter().flat_map(|row: &Row| row.macs.clone()).collect();
    let uuids: Vec<Uuid> = rows.iter().filter_map(|row| row.uuid).collect();
    let known = store.machines_known_by(&names, &macs, &uuids).await?;
    Ok(plan(&rows, &known))
}
