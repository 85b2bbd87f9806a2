//! Machines found by anything that is known of them, for people who have one thing only: a name, a room, a sticker.

use crate::{Result, Store};
use pitstop_domain::id::MachineId;
use pitstop_domain::query::Scope;
use pitstop_domain::query::known::mac_part;
use sqlx::types::Json;
use sqlx::{Postgres, QueryBuilder, Row};

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
        let mut sql = QueryBuilder::new(
            "select m.id, m.serial, m.addresses, \
             array(select n.mac from nics n where n.machine_id = m.id order by n.mac) as macs from machines m where true",
        );
        for word in words {
            push_word(&mut sql, word);
        }
        if let Some(parts) = scope.parts() {
            sql.push(" and in_scope(m.site, m.labels, ").push_bind(Json(parts)).push(")");
        }
        sql.push(" order by lower(m.name) = any(")
            .push_bind(words)
            .push(") desc, m.name limit ")
            .push_bind(most);
        let rows = sql.build().fetch_all(&self.pool).await?;
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

/// Addresses are looked through only for what may be a part of one: there are more of them than machines.
fn push_word(sql: &mut QueryBuilder<Postgres>, word: &str) {
    sql.push(" and (strpos(m.search, ").push_bind(word.to_owned()).push(") > 0");
    if let Some(digits) = mac_part(word) {
        sql.push(" or m.id in (select n.machine_id from nics n where strpos(replace(n.mac, ':', ''), ");
        sql.push_bind(digits).push(") > 0)");
    }
    sql.push(")");
}
