//! A job's consoles.

use crate::console::can_open;
use pitstop_app::console::api::{ConsolePage, RecordingLine};
use pitstop_domain::id::JobId;
use pitstop_store::consoles::ConsoleRow;
use pitstop_store::{Result, Store};

pub(super) async fn page(store: &Store, id: JobId) -> Result<Option<ConsolePage>> {
    let Some(row) = store.job(id).await? else { return Ok(None) };
    let function = store.function(&row.job.function).await?;
    let recordings = store.consoles_of(id).await?.into_iter().map(line).collect();
    Ok(Some(ConsolePage {
        job: id,
        title: function.map_or_else(|| row.job.function.clone(), |function| function.title),
        machine: row.job.machine,
        machine_name: row.machine_name,
        cannot: can_open(&row.job).err(),
        recordings,
    }))
}

fn line(row: ConsoleRow) -> RecordingLine {
    RecordingLine {
        id: row.id,
        opened_at: row.opened_at,
        closed_at: row.closed_at,
        people: row.people,
        bytes: row.bytes.unsigned_abs(),
    }
}
