//! Machines that are alike in all that decides which image they get and where it is sent: of a large fleet, some hundred kinds.

use super::plain::MARK;
use crate::{Result, Store};
use pitstop_domain::id::MachineId;
use pitstop_domain::machine::Machine;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// Machines by their kinds.
#[derive(Clone, Debug, Default)]
pub struct Alike {
    /// One of each kind, for all of it.
    pub kinds: Vec<Machine>,
    /// Which of them a machine is like.
    pub of: HashMap<MachineId, usize>,
}

/// The kinds of the fleet that was read last, with its mark.
#[derive(Default)]
pub(crate) struct Last(tokio::sync::Mutex<Option<(String, Arc<Alike>)>>);

impl Store {
    /// The fleet by site, architecture, firmware, labels and model; read anew only where it is another than the last time.
    pub async fn fleet_alike(&self) -> Result<Arc<Alike>> {
        let mut last = self.alike.0.lock().await;
        // Before the fleet: what is changed meanwhile is read once more the next time.
        let mark: String = sqlx::query_scalar(MARK).fetch_one(&self.pool).await?;
        if let Some((_, alike)) = last.as_ref().filter(|(of, _)| *of == mark) {
            return Ok(alike.clone());
        }
        let alike = Arc::new(self.read_alike().await?);
        *last = Some((mark, alike.clone()));
        Ok(alike)
    }

    async fn read_alike(&self) -> Result<Alike> {
        let sql =
            "select array_agg(m.id) from machines m group by m.site, m.arch, m.firmware, m.labels, m.model";
        let groups: Vec<Vec<Uuid>> = sqlx::query_scalar(sql).fetch_all(&self.pool).await?;
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
