//! Machines found by anything that is known of them, for people who have one thing only: a name, a room, a sticker.

use crate::{Result, Store};
use pitstop_domain::id::MachineId;
use pitstop_domain::query::Scope;
use sqlx::Row;
use sqlx::types::Json;

/// A machine that was found, and what it could have been found by besides its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundMachine {
    pub id: MachineId,
    pub serial: String,
    pub addresses: Vec<String>,
    pub macs: Vec<String>,
}

impl Store {
    /// Machines in which each of these words (small letters) is found somewhere: name, site, labels, room, asset tag, user, vendor,
    /// model, serial number, MAC and IP addresses. Those of just this name first, then by name, `most` at most.
    pub async fn find_by_words(
        &self,
        words: &[String],
        scope: &Scope,
        most: i64,
    ) -> Result<Vec<FoundMachine>> {
        let sql = "select m.id, m.serial, m.addresses, known.macs from machines m \
                   cross join lateral (select \
                       array(select n.mac from nics n where n.machine_id = m.id order by n.mac) as macs) known \
                   where not exists (select 1 from unnest($1::text[]) as word \
                       where strpos(m.search, word) = 0 and strpos(array_to_string(known.macs, ' '), word) = 0) \
                   and ($3::jsonb is null or in_scope(m.site, m.labels, $3)) \
                   order by lower(m.name) = any($1) desc, m.name limit $2";
        let rows = sqlx::query(sql)
            .bind(words)
            .bind(most)
            .bind(scope.parts().map(Json))
            .fetch_all(&self.pool)
            .await?;
        let read = |row: &sqlx::postgres::PgRow| {
            Ok(FoundMachine {
                id: MachineId(row.try_get("id")?),
                serial: row.try_get("serial")?,
                addresses: row.try_get("addresses")?,
                macs: row.try_get("macs")?,
            })
        };
        rows.iter().map(read).collect()
    }
}
