//! Sign-ins that failed, so that nobody finds a password by trying.

use crate::{Result, Store};
use chrono::TimeDelta;
use pitstop_domain::Time;

/// Failures older than this no longer count.
pub const WINDOW: TimeDelta = TimeDelta::minutes(15);
/// Somebody who mistypes. Counted by name and address together, so that nobody can lock another out from elsewhere.
const BY_BOTH: i64 = 5;
/// One address that tries many names. An office behind one address has several people who mistype.
const BY_ADDRESS: i64 = 30;
/// One name tried from many addresses.
const BY_NAME: i64 = 60;
/// Ways to the identity provider from one address that nobody came back from: each is a row.
const STARTS: i64 = 60;

/// What is counted about one attempt: `(key, most)`. A name is written as it is typed, known or not: the answer must not
/// tell who there is.
fn keys(name: &str, from: &str) -> [(String, i64); 3] {
    [
        (format!("both:{from}:{name}"), BY_BOTH),
        (format!("address:{from}"), BY_ADDRESS),
        (format!("name:{name}"), BY_NAME),
    ]
}

impl Store {
    /// Until when nobody may try to sign in by this name from there. Counts this attempt as one that failed, until
    /// [`Store::sign_in_worked`]: many that come at once are all counted before the first is looked at.
    pub async fn try_sign_in(&self, name: &str, from: &str) -> Result<Option<Time>> {
        self.count(keys(name, from).into()).await
    }

    /// Until when nobody may go to the identity provider from there. What came back is forgotten by
    /// [`Store::came_back`].
    pub async fn try_start(&self, from: &str) -> Result<Option<Time>> {
        self.count(vec![(format!("start:{from}"), STARTS)]).await
    }

    /// Somebody came back from the identity provider, and was let in.
    pub async fn came_back(&self, from: &str) -> Result<()> {
        let sql = "delete from failed_sign_ins where ctid in \
                   (select ctid from failed_sign_ins where key = $1 order by at desc limit 1)";
        sqlx::query(sql).bind(format!("start:{from}")).execute(&self.pool).await?;
        Ok(())
    }

    async fn count(&self, keys: Vec<(String, i64)>) -> Result<Option<Time>> {
        let now = self.now();
        let (keys, most): (Vec<String>, Vec<i64>) = keys.into_iter().unzip();
        let sql = "select max(k.until) from unnest($1::text[], $2::bigint[]) as t (key, most) cross join lateral \
                   (select at + $4 as until from failed_sign_ins f where f.key = t.key and f.at > $3 \
                    order by at desc offset t.most - 1 limit 1) k";
        let mut tx = self.pool.begin().await?;
        // One after the other, or a hundred attempts at the same moment would all find room.
        sqlx::query("select pg_advisory_xact_lock(hashtext('pitstop sign-in'))").execute(&mut *tx).await?;
        let until: Option<Time> = sqlx::query_scalar(sql)
            .bind(&keys)
            .bind(most)
            .bind(now - WINDOW)
            .bind(WINDOW)
            .fetch_one(&mut *tx)
            .await?;
        if until.is_none() {
            sqlx::query("insert into failed_sign_ins (key, at) select unnest($1::text[]), $2")
                .bind(&keys)
                .bind(now)
                .execute(&mut *tx)
                .await?;
            sqlx::query("delete from failed_sign_ins where at < $1")
                .bind(now - WINDOW)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(until)
    }

    /// It was the right one: what was mistyped before is forgotten, and this attempt did not fail.
    pub async fn sign_in_worked(&self, name: &str, from: &str) -> Result<()> {
        let [both, address, by_name] = keys(name, from).map(|(key, _)| key);
        sqlx::query(
            "with mine as (delete from failed_sign_ins where key = $1), \
             last as (select ctid from failed_sign_ins where key = $2 order by at desc limit 1), \
             last_by_name as (select ctid from failed_sign_ins where key = $3 order by at desc limit 1) \
             delete from failed_sign_ins where ctid in (select ctid from last union all select ctid from last_by_name)",
        )
        .bind(both)
        .bind(address)
        .bind(by_name)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
