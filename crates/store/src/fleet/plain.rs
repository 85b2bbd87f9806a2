//! What plain searches look in, of the whole fleet: read once for a page that asks many of them.

use super::filter::column;
use crate::{Result, Store};
use pitstop_domain::id::MachineId;
use pitstop_domain::query::Key;
use pitstop_domain::query::plain::Plain;
use sqlx::{QueryBuilder, Row};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use uuid::Uuid;

/// Machines read at a time: what is held twice meanwhile stays at some megabytes, however large the fleet is.
const AT_A_TIME: i64 = 20_000;

/// Whoever leafs through a timetable looks at one fleet again and again. After this nobody does any more.
const LATELY: Duration = Duration::from_secs(60);

/// What is another one whenever a machine is added, changed or taken away: how many there are, and the sum of the numbers of
/// the transactions that wrote their rows, which only rise.
pub(super) const MARK: &str = "select count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) from machines";

/// Fleets that were read a moment ago, by the keys that were kept of them. The lock is held while one is read, so that others
/// wait for it instead of reading it too.
#[derive(Default)]
pub(crate) struct Lately(Mutex<HashMap<BTreeSet<Key>, Read>>);

/// When it was read, its mark, and what.
type Read = (Instant, String, Arc<Plain>);

impl Store {
    /// The fleet by these keys, as it is; read anew only where it is another than a moment ago.
    pub async fn fleet_lately(&self, keys: &BTreeSet<Key>) -> Result<Arc<Plain>> {
        let mut lately = self.lately.0.lock().await;
        // Before the fleet: what is changed meanwhile is read once more the next time.
        let mark: String = sqlx::query_scalar(MARK).fetch_one(&self.pool).await?;
        lately.retain(|_, (at, of, _)| at.elapsed() < LATELY && *of == mark);
        if let Some((_, _, plain)) = lately.get(keys) {
            return Ok(plain.clone());
        }
        let (at, plain) = (Instant::now(), Arc::new(self.fleet_plain(keys).await?));
        lately.insert(keys.clone(), (at, mark, plain.clone()));
        Ok(plain)
    }

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
