//! Which machines a run is for.

use crate::backend::fleet::{rows, seen};
use pitstop_app::machines::api::MachineRow;
use pitstop_app::machines::query::FleetQuery;
use pitstop_domain::id::MachineId;
use pitstop_domain::people::Who;
use pitstop_store::{Error, Result, Store};

/// The machines that are meant, by site and name: those that are named, or all, as far as the search finds them and this
/// person sees them.
///
/// # Errors
/// When a machine is named that there is not, or none is found; in words for people.
pub async fn choose(store: &Store, who: &Who, named: Option<&[String]>, q: &str) -> Result<Vec<MachineRow>> {
    let mut all = seen(rows(store).await?, who);
    all.sort_by(|a, b| (&a.site, &a.name).cmp(&(&b.site, &b.name)));
    if let Some(named) = named {
        let unknown = named.iter().find(|wanted| !all.iter().any(|row| is(row, wanted)));
        if let Some(unknown) = unknown {
            return Err(Error::Refused(format!("there is no machine `{unknown}`: nothing was started")));
        }
        all.retain(|row| named.iter().any(|wanted| is(row, wanted)));
    }
    let query = FleetQuery { q: q.to_owned(), page: 0 };
    all.retain(|row| query.matches(row));
    Ok(all)
}

/// By name or id.
fn is(row: &MachineRow, wanted: &str) -> bool {
    row.name == wanted || wanted.parse() == Ok(row.id)
}

/// The ids of rows.
pub fn ids(rows: &[MachineRow]) -> Vec<MachineId> {
    rows.iter().map(|row| row.id).collect()
}
