//! Machines that are alike in all that decides which image they get and where it is sent: of a large fleet, some hundred kinds.

use crate::{Result, Store};
use pitstop_domain::id::MachineId;
use pitstop_domain::machine::Machine;
use std::collections::HashMap;
use uuid::Uuid;

/// Machines by their kinds.
#[derive(Clone, Debug, Default)]
pub struct Alike {
    /// One of each kind, for all of it.
    pub kinds: Vec<Machine>,
    /// Which of them a machine is like.
    pub of: HashMap<MachineId, usize>,
}

impl Store {
    /// Those of these machines that there are, by site, architecture, firmware, labels and model.
    pub async fn machines_alike(&self, ids: &[MachineId]) -> Result<Alike> {
        let sql = "select array_agg(m.id) from machines m where m.id = any($1) \
                   group by m.site, m.arch, m.firmware, m.labels, m.model";
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let groups: Vec<Vec<Uuid>> = sqlx::query_scalar(sql).bind(ids).fetch_all(&self.pool).await?;
        let first: Vec<_> =
            groups.iter().filter_map(|group| group.first()).map(|id| MachineId(*id)).collect();
        let kinds = self.machines_of(&first).await?;
        let place: HashMap<MachineId, usize> =
            kinds.iter().enumerate().map(|(place, machine)| (machine.id, place)).collect();
        let mut of = HashMap::new();
        for group in groups {
            // Who was taken away between the two questions has no kind any more.
            let Some(kind) = group.first().and_then(|id| place.get(&MachineId(*id))) else { continue };
            of.extend(group.into_iter().map(|id| (MachineId(id), *kind)));
        }
        Ok(Alike { kinds, of })
    }
}
