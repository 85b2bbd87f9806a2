//! The fleet at a glance: one row a machine, in one query.

use crate::text::value;
use crate::{Result, Store};
use pitstop_domain::Time;
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::job::Phase;
use pitstop_domain::machine::{Arch, Firmware};
use pitstop_domain::state::{MachineState, Seen};
use sqlx::Row;
use sqlx::postgres::PgRow;

/// A machine in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct OverviewRow {
    pub id: MachineId,
    pub name: String,
    pub site: String,
    pub labels: Vec<String>,
    pub model: Option<String>,
    pub arch: Arch,
    pub firmware: Firmware,
    pub has_agent: bool,
    /// Any sighting.
    pub last_seen: Option<Time>,
    /// The own system's agent.
    pub own_agent_seen: Option<Time>,
    /// It asked at boot and was left to its own system.
    pub sent_home: Option<Time>,
    /// Its agent said that it shuts it down.
    pub shut_down: Option<Time>,
    /// The job that holds the machine.
    pub job: Option<HoldingJob>,
}

impl OverviewRow {
    /// What the machine does, as far as it is known.
    pub fn state(&self, now: Time) -> MachineState {
        let seen = Seen {
            has_agent: self.has_agent,
            own_agent: self.own_agent_seen,
            sent_home: self.sent_home,
            shut_down: self.shut_down,
        };
        MachineState::of(self.job.as_ref().map(|job| job.phase), &seen, now)
    }
}

/// The job that holds a machine.
#[derive(Clone, Debug, PartialEq)]
pub struct HoldingJob {
    pub id: JobId,
    pub function: String,
    pub phase: Phase,
    /// How far its task is, in thousandths, as its agent said.
    pub permille: Option<u16>,
}

impl Store {
    /// All machines, or one, with what is known of them now.
    pub async fn overview(&self, only: Option<MachineId>) -> Result<Vec<OverviewRow>> {
        let sql = "select m.id, m.name, m.site, m.labels, m.inventory ->> 'model' as model, m.arch, m.firmware, \
                   m.has_agent, seen.last_seen, seen.own_agent_seen, seen.sent_home, seen.shut_down, \
                   j.id as job_id, j.function, j.phase, \
                   case when seen.progress ->> 'job' = j.id::text then (seen.progress ->> 'permille')::int end as permille \
                   from machines m \
                   left join jobs j on j.machine_id = m.id and j.phase in ('switching', 'running', 'restoring', 'held') \
                   left join (select machine_id, max(at) as last_seen, \
                        max(at) filter (where kind = 'own_agent') as own_agent_seen, \
                        max(at) filter (where kind = 'sent_home') as sent_home, \
                        max(at) filter (where kind = 'shut_down') as shut_down, \
                        (array_agg(sighting) filter (where kind = 'progress'))[1] as progress \
                        from facts where $1::uuid is null or machine_id = $1 group by machine_id) seen on seen.machine_id = m.id \
                   where $1::uuid is null or m.id = $1";
        let rows = sqlx::query(sql).bind(only.map(|id| id.0)).fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }

    /// How many jobs are not closed, and how many of these wait for a person.
    pub async fn open_and_held(&self) -> Result<(u64, u64)> {
        let sql = "select count(*), count(*) filter (where phase = 'held') from jobs where phase <> 'closed'";
        let (open, held): (i64, i64) = sqlx::query_as(sql).fetch_one(&self.pool).await?;
        Ok((open.unsigned_abs(), held.unsigned_abs()))
    }
}

fn read(row: &PgRow) -> Result<OverviewRow> {
    let (arch, firmware): (String, String) = (row.try_get("arch")?, row.try_get("firmware")?);
    Ok(OverviewRow {
        id: MachineId(row.try_get("id")?),
        name: row.try_get("name")?,
        site: row.try_get("site")?,
        labels: row.try_get("labels")?,
        model: row.try_get::<Option<String>, _>("model")?.filter(|model| !model.is_empty()),
        arch: value(&arch, "an architecture")?,
        firmware: value(&firmware, "a firmware")?,
        has_agent: row.try_get("has_agent")?,
        last_seen: row.try_get("last_seen")?,
        own_agent_seen: row.try_get("own_agent_seen")?,
        sent_home: row.try_get("sent_home")?,
        shut_down: row.try_get("shut_down")?,
        job: holding_job(row)?,
    })
}

pub(crate) fn holding_job(row: &PgRow) -> Result<Option<HoldingJob>> {
    let Some(id) = row.try_get::<Option<uuid::Uuid>, _>("job_id")? else { return Ok(None) };
    let phase: String = row.try_get("phase")?;
    let permille: Option<i32> = row.try_get("permille")?;
    Ok(Some(HoldingJob {
        id: JobId(id),
        function: row.try_get("function")?,
        phase: value(&phase, "a phase")?,
        permille: permille.and_then(|permille| u16::try_from(permille).ok()),
    }))
}
