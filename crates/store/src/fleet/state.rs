//! What a machine does now, as SQL: as [`pitstop_domain::state::MachineState::of`] says it.

use pitstop_domain::Time;
use pitstop_domain::query::Query;
use pitstop_domain::state::{MachineState, SILENT_AFTER};
use sqlx::{Postgres, QueryBuilder};

/// What the state is made from, beside the machine `m`.
pub(super) const JOINS: &str = " left join jobs j on j.machine_id = m.id \
     and j.phase in ('switching', 'running', 'restoring', 'held') \
     left join facts own on own.machine_id = m.id and own.kind = 'own_agent' \
     left join facts shut on shut.machine_id = m.id and shut.kind = 'shut_down' ";

/// The same, and `last`, when the machine was seen. What was seen is read whole, once: by machine it would be asked as many
/// times as there are machines.
pub(super) const JOINS_OF_ALL: &str = " left join jobs j on j.machine_id = m.id \
     and j.phase in ('switching', 'running', 'restoring', 'held') \
     left join (select machine_id, max(at) as at, max(at) filter (where kind = 'own_agent') as own, \
         max(at) filter (where kind = 'shut_down') as shut from facts group by machine_id) last on last.machine_id = m.id \
     cross join lateral (select last.own as at) own cross join lateral (select last.shut as at) shut ";

/// The job that holds the machine, where its state is not asked for.
pub(super) const HOLDER: &str = " left join jobs j on j.machine_id = m.id \
     and j.phase in ('switching', 'running', 'restoring', 'held') ";

/// The state's letter, over [`JOINS`]. Whether a machine was sent home is asked of those without an agent alone.
pub(super) fn push_letter(sql: &mut QueryBuilder<Postgres>, now: Time) {
    sql.push(
        " case when j.phase = 'held' then 'h' when j.phase = 'switching' then 's' \
         when j.phase = 'running' then 'm' when j.phase = 'restoring' then 'r' \
         when m.has_agent and shut.at >= coalesce(own.at, shut.at) then 'f' \
         when m.has_agent then case when own.at >= ",
    );
    sql.push_bind(now - SILENT_AFTER);
    sql.push(" then 'o' else 'q' end \
         when exists (select from facts home where home.machine_id = m.id and home.kind = 'sent_home') then 'o' else 'u' end ",
    );
}

/// The joins, where the query asks for states.
pub(super) fn push_joins_for(sql: &mut QueryBuilder<Postgres>, query: &Query) {
    if query.asks_for_state() {
        sql.push(JOINS);
    }
}

/// The letters of states, as SQL compares them.
pub(super) fn letters(states: &[MachineState]) -> Vec<String> {
    states.iter().map(|state| state.letter().to_string()).collect()
}
