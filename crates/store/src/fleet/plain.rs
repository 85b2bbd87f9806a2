//! What plain searches look in, of the whole fleet: read once for a page that asks many of them.

use super::filter::column;
use crate::{Result, Store};
use pitstop_domain::id::MachineId;
use pitstop_domain::query::Key;
use pitstop_domain::query::plain::Plain;
use sqlx::{QueryBuilder, Row};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Machines read at a time: what is held twice meanwhile stays at some megabytes, however large the fleet is.
const AT_A_TIME: i64 = 20_000;

impl Store {
    /// The fleet by these keys.
    pub async fn fleet_plain(&self, keys: &BTreeSet<Key>) -> Result<Plain> {
        let mut plain = Plain::of(keys);
        let kept: Vec<Key> = plain.kept().collect();
        let mut behind = Uuid::nil();
        loop {
            let mut sql = QueryBuilder::new("select m.id");
            for key in &kept {
                sql.push(", ").push(column(*key).unwrap_or("m.labels"));
            }
            sql.push(" from machines m where m.id > ").push_bind(behind);
            sql.push(" order by m.id limit ").push_bind(AT_A_TIME);
            let rows = sql.build().fetch_all(&self.pool).await?;
            for row in &rows {
                behind = row.try_get(0)?;
                let place = plain.add(MachineId(behind));
                for (nth, key) in kept.iter().enumerate() {
                    match key {
                        Key::Label => {
                            let labels: Vec<String> = row.try_get(nth + 1)?;
                            labels.iter().for_each(|label| plain.put(place, *key, label));
                        }
                        _ => plain.put(place, *key, row.try_get(nth + 1)?),
                    }
                }
            }
            if i64::try_from(rows.len()).is_ok_and(|read| read < AT_A_TIME) {
                return Ok(plain.filled());
            }
        }
    }
}
