//! Machines that asked on the wire and that nobody told us of: to be adopted, by a person or a rule, or to stay strangers.

use crate::machines::NewMachine;
use crate::text::{value, word};
use crate::{Error, Result, Store};
use pitstop_domain::Time;
use pitstop_domain::adoption::{Rule, Stranger};
use pitstop_domain::id::MachineId;
use pitstop_domain::net::Mac;
use sqlx::Row;
use sqlx::postgres::PgRow;

/// A rule that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleRow {
    pub id: i64,
    pub rule: Rule,
    pub active: bool,
}

/// Rules that are kept at most; each stranger that asks is compared with all.
const MOST_RULES: i64 = 200;

impl Store {
    /// A stranger asked. What it does not say this time stays as it said before.
    pub async fn saw_stranger(&self, stranger: &Stranger) -> Result<()> {
        sqlx::query(
            "insert into strangers (mac, asked, at, first_at, uuid, arch, firmware, network) \
             values ($1, $2, $3, $3, $4, $5, $6, $7) \
             on conflict (mac) do update set asked = excluded.asked, at = excluded.at, times = strangers.times + 1, \
             uuid = coalesce(excluded.uuid, strangers.uuid), arch = coalesce(excluded.arch, strangers.arch), \
             firmware = coalesce(excluded.firmware, strangers.firmware), \
             network = coalesce(excluded.network, strangers.network)",
        )
        .bind(stranger.mac.to_string())
        .bind(&stranger.by)
        .bind(stranger.at)
        .bind(stranger.uuid)
        .bind(stranger.arch.as_ref().map(word).transpose()?)
        .bind(stranger.firmware.as_ref().map(word).transpose()?)
        .bind(stranger.from.map(|from| from.to_string()))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Strangers that are not known by now, those that asked last first.
    pub async fn strangers(&self, limit: i64) -> Result<Vec<Stranger>> {
        let sql = "select mac, asked, at, first_at, times, uuid, arch, firmware, network from strangers s \
                   where not exists (select 1 from nics n where n.mac = s.mac) order by at desc, mac limit $1";
        sqlx::query(sql).bind(limit).fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// One of them.
    pub async fn stranger(&self, mac: Mac) -> Result<Option<Stranger>> {
        let sql = "select mac, asked, at, first_at, times, uuid, arch, firmware, network from strangers where mac = $1";
        let row = sqlx::query(sql).bind(mac.to_string()).fetch_optional(&self.pool).await?;
        row.as_ref().map(read).transpose()
    }

    /// How many there are.
    pub async fn count_strangers(&self) -> Result<u64> {
        let sql =
            "select count(*) from strangers s where not exists (select 1 from nics n where n.mac = s.mac)";
        let n: i64 = sqlx::query_scalar(sql).fetch_one(&self.pool).await?;
        Ok(n.unsigned_abs())
    }

    /// A stranger becomes a machine.
    ///
    /// # Errors
    /// Refused when the machine is known already, or the name is taken.
    pub async fn adopt(&self, new: &NewMachine) -> Result<MachineId> {
        if let Some(known) = self.find_machine(&new.macs, None).await? {
            return Err(Error::Refused(format!("this machine is known already, as {}", known.name)));
        }
        if !self.machines_named(std::slice::from_ref(&new.name)).await?.is_empty() {
            return Err(Error::Refused(format!(
                "there is a machine called {} already: choose another name",
                new.name
            )));
        }
        let id = self.add(new, Some(self.now())).await?;
        let macs: Vec<String> = new.macs.iter().map(Mac::to_string).collect();
        sqlx::query("delete from strangers where mac = any($1)").bind(macs).execute(&self.pool).await?;
        Ok(id)
    }

    /// The rules, in the order in which they are tried.
    pub async fn adoption_rules(&self) -> Result<Vec<RuleRow>> {
        let sql = "select id, mac_prefix, uuid, arch, host(network) || '/' || masklen(network) as network, name, site, labels, active \
                   from adoption_rules order by position, id";
        sqlx::query(sql).fetch_all(&self.pool).await?.iter().map(read_rule).collect()
    }

    /// Adds a rule, to be tried last.
    ///
    /// # Errors
    /// Refused when there are too many.
    pub async fn add_adoption_rule(&self, rule: &Rule, now: Time) -> Result<()> {
        let sql = "insert into adoption_rules (position, mac_prefix, uuid, arch, network, name, site, labels, created_at) \
                   select coalesce(max(position), 0) + 1, $1, $2, $3, $4::text::cidr, $5, $6, $7, $8 \
                   from adoption_rules having count(*) < $9";
        let done = sqlx::query(sql)
            .bind(&rule.mac_prefix)
            .bind(rule.uuid)
            .bind(rule.arch.as_ref().map(word).transpose()?)
            .bind(rule.network.map(|network| network.to_string()))
            .bind(&rule.name)
            .bind(&rule.site)
            .bind(&rule.labels)
            .bind(now)
            .bind(MOST_RULES)
            .execute(&self.pool)
            .await?;
        match done.rows_affected() {
            0 => Err(Error::Refused(format!(
                "there are {MOST_RULES} rules: remove one that nobody needs first"
            ))),
            _ => Ok(()),
        }
    }

    /// Removes a rule; one that is gone already is no error.
    pub async fn drop_adoption_rule(&self, id: i64) -> Result<()> {
        sqlx::query("delete from adoption_rules where id = $1").bind(id).execute(&self.pool).await?;
        Ok(())
    }
}

fn read(row: &PgRow) -> Result<Stranger> {
    let text = |column: &str| row.try_get::<Option<String>, _>(column);
    let mac: String = row.try_get("mac")?;
    Ok(Stranger {
        mac: mac.parse().map_err(|_| Error::Unreadable { value: mac, expected: "a MAC address" })?,
        uuid: row.try_get("uuid")?,
        arch: text("arch")?.map(|word| value(&word, "an architecture")).transpose()?,
        firmware: text("firmware")?.map(|word| value(&word, "a firmware")).transpose()?,
        by: row.try_get("asked")?,
        from: text("network")?.and_then(|from| from.parse().ok()),
        first_at: row.try_get("first_at")?,
        at: row.try_get("at")?,
        times: row.try_get::<i64, _>("times")?.unsigned_abs(),
    })
}

fn read_rule(row: &PgRow) -> Result<RuleRow> {
    let text = |column: &str| row.try_get::<Option<String>, _>(column);
    let rule = Rule {
        mac_prefix: text("mac_prefix")?,
        uuid: row.try_get("uuid")?,
        arch: text("arch")?.map(|word| value(&word, "an architecture")).transpose()?,
        network: text("network")?.and_then(|network| network.parse().ok()),
        name: row.try_get("name")?,
        site: row.try_get("site")?,
        labels: row.try_get("labels")?,
    };
    Ok(RuleRow { id: row.try_get("id")?, rule, active: row.try_get("active")? })
}
