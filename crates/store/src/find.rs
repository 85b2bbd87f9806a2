//! Machines found by anything that is known of them, for people who have one thing only: a name, a room, a sticker.

use crate::{Result, Store};
use pitstop_domain::id::MachineId;
use sqlx::Row;

/// A machine that was found, and what it could have been found by besides its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundMachine {
    pub id: MachineId,
    pub serial: String,
    pub addresses: Vec<String>,
    pub macs: Vec<String>,
}

impl Store {
    /// Machines in which each of these words (small letters) is found somewhere: name, site, labels, vendor, model,
    /// serial number, MAC and IP addresses. Those of just this name first, then by name, `most` at most.
    pub async fn find_by_words(&self, words: &[String], most: i64) -> Result<Vec<FoundMachine>> {
        let sql = "select m.id, coalesce(m.inventory ->> 'serial', '') as serial, known.macs, known.addresses \
                   from machines m \
                   cross join lateral (select \
                       array(select n.mac from nics n where n.machine_id = m.id order by n.mac) as macs, \
                       array(select address from jsonb_path_query(m.inventory, '$.nics[*].addresses[*]') as found (value), \
                             lateral (select found.value #>> '{}' as address) as text) as addresses) known \
                   cross join lateral (select lower(concat_ws(' ', m.name, m.site, array_to_string(m.labels, ' '), \
                       m.inventory ->> 'vendor', m.inventory ->> 'model', m.inventory ->> 'serial', \
                       array_to_string(known.macs, ' '), array_to_string(known.addresses, ' '))) as text) searched \
                   where not exists (select 1 from unnest($1::text[]) as word where strpos(searched.text, word) = 0) \
                   order by lower(m.name) = any($1) desc, m.name limit $2";
        let rows = sqlx::query(sql).bind(words).bind(most).fetch_all(&self.pool).await?;
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
