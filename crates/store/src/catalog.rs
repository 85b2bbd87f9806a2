//! Where versions of images stand: promoted, rolled back, taken out; and who uses them.

use crate::demands::rules;
use crate::images::VERSION;
use crate::text::{value, word};
use crate::{Error, Result, Store};
use pitstop_domain::Time;
use pitstop_domain::digest::Digest;
use pitstop_domain::id::MachineId;
use pitstop_domain::image::{Channel, ImageVersion, Part};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{PgConnection, Row};
use std::collections::HashMap;

/// A promotion, a roll-back or a removal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    pub at: Time,
    /// `candidate`, `stable` or `removed`.
    pub to: String,
    pub by: String,
    pub why: String,
}

/// How jobs with an image went on a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Success {
    /// Empty: not known.
    pub model: String,
    /// Closed jobs in which the machine was to boot it.
    pub jobs: i64,
    /// Of these: it was seen to boot.
    pub booted: i64,
    /// Of these: the machine's return was proven.
    pub proved: i64,
}

impl Store {
    /// Puts a version into a channel.
    ///
    /// # Errors
    /// A refusal where it stands there already, or where nothing would be left for those who need a stable one; that
    /// there is no such version.
    pub async fn move_image(&self, digest: &Digest, to: Channel, by: &str, why: &str) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        let image = locked(&mut transaction, digest).await?;
        if image.standing.channel == to && to == Channel::Candidate {
            return Err(Error::Refused("it is a candidate already".to_owned()));
        }
        if to == Channel::Stable {
            let tested = Self::seen_to_boot(&mut transaction, digest).await?;
            if let Some(why) = rules(&mut transaction).await?.against_stable(&image, &tested) {
                return Err(Error::Refused(why));
            }
        }
        let need = if to == Channel::Candidate { needing(&mut transaction, &image).await? } else { vec![] };
        if !need.is_empty() {
            return Err(Error::Refused(format!(
                "version {} is the only stable one of {}, and it is needed: {}. Promote another version first",
                image.version,
                image.name,
                need.join("; ")
            )));
        }
        sqlx::query("update images set channel = $2, channel_since = $3 where digest = $1")
            .bind(digest.as_str())
            .bind(word(&to)?)
            .bind(self.now())
            .execute(&mut *transaction)
            .await?;
        remember(&mut transaction, digest, &word(&to)?, by, why, self.now()).await?;
        Ok(transaction.commit().await?)
    }

    /// Takes a version out of the catalog. Gives the parts that no other version has: their bytes can go.
    ///
    /// # Errors
    /// A refusal that says who uses it; that there is no such version.
    pub async fn remove_image(&self, digest: &Digest, by: &str, why: &str) -> Result<Vec<Digest>> {
        let mut transaction = self.pool.begin().await?;
        let image = locked(&mut transaction, digest).await?;
        let uses = uses(&mut transaction, &image).await?;
        if !uses.is_empty() {
            return Err(Error::Refused(format!(
                "version {} of {} is used: {}",
                image.version,
                image.name,
                uses.join("; ")
            )));
        }
        sqlx::query("update images set removed_at = $2 where digest = $1")
            .bind(digest.as_str())
            .bind(self.now())
            .execute(&mut *transaction)
            .await?;
        remember(&mut transaction, digest, "removed", by, why, self.now()).await?;
        let others: Vec<Json<Vec<Part>>> =
            sqlx::query_scalar("select parts from images where removed_at is null")
                .fetch_all(&mut *transaction)
                .await?;
        transaction.commit().await?;
        let is_kept =
            |digest: &Digest| others.iter().any(|parts| parts.0.iter().any(|part| part.digest == *digest));
        Ok(image.parts.into_iter().map(|part| part.digest).filter(|digest| !is_kept(digest)).collect())
    }

    /// What people did with a version, newest first.
    pub async fn image_moves(&self, digest: &Digest) -> Result<Vec<Move>> {
        let sql = "select at, \"to\", by_who, why from image_moves where image = $1 order by id desc";
        let rows = sqlx::query(sql).bind(digest.as_str()).fetch_all(&self.pool).await?;
        rows.iter().map(moved).collect()
    }

    /// What people last did with each version that is in the catalog.
    pub async fn last_moves(&self) -> Result<Vec<(Digest, Move)>> {
        let sql = "select distinct on (m.image) m.image, m.at, m.\"to\", m.by_who, m.why from image_moves m \
                   join images i on i.digest = m.image where i.removed_at is null order by m.image, m.id desc";
        let rows = sqlx::query(sql).fetch_all(&self.pool).await?;
        let read = |row: &PgRow| Ok((value(&row.try_get::<String, _>("image")?, "a digest")?, moved(row)?));
        rows.iter().map(read).collect()
    }

    /// Writes what people should know of a version, in place of what was seen.
    ///
    /// # Errors
    /// A refusal where somebody else wrote meanwhile; that there is no such version.
    pub async fn note_image(&self, digest: &Digest, seen: &str, notes: &str) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        let image = locked(&mut transaction, digest).await?;
        if image.standing.notes != seen {
            let why = "somebody else changed these notes meanwhile: look at them, then write yours";
            return Err(Error::Refused(why.to_owned()));
        }
        sqlx::query("update images set notes = $2 where digest = $1")
            .bind(digest.as_str())
            .bind(notes)
            .execute(&mut *transaction)
            .await?;
        tell(&mut transaction, digest, self.now()).await?;
        Ok(transaction.commit().await?)
    }

    /// When a machine last fetched a maintenance image whole.
    pub async fn last_netboot(&self, machine: MachineId) -> Result<Option<Time>> {
        let sql = "select max(at) from facts where machine_id = $1 \
                   and kind in ('fetched_initrd', 'fetched_program') and (sighting ->> 'done')::boolean";
        Ok(sqlx::query_scalar(sql).bind(machine.0).fetch_one(&self.pool).await?)
    }

    /// When each of these machines last fetched a maintenance image whole; those that never did are missing.
    pub async fn last_netboots(&self, machines: &[MachineId]) -> Result<HashMap<MachineId, Time>> {
        let ids: Vec<_> = machines.iter().map(|machine| machine.0).collect();
        let sql = "select machine_id, max(at) from facts where machine_id = any($1) \
                   and kind in ('fetched_initrd', 'fetched_program') and (sighting ->> 'done')::boolean group by machine_id";
        let rows: Vec<(uuid::Uuid, Time)> = sqlx::query_as(sql).bind(ids).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(|(id, at)| (MachineId(id), at)).collect())
    }

    /// How closed jobs went with each version, over all models.
    pub async fn image_successes(&self) -> Result<Vec<(Digest, Success)>> {
        let rows = sqlx::query(
            "select j.image, '' as model, count(*) as jobs, \
               count(*) filter (where exists \
                 (select from job_history h where h.job_id = j.id and h.\"to\" = 'running')) as booted, \
               count(*) filter (where j.proof is not null) as proved \
             from jobs j where j.phase = 'closed' and j.switching_since is not null group by j.image",
        )
        .fetch_all(&self.pool)
        .await?;
        let read = |row: &PgRow| Ok((value(&row.try_get::<String, _>("image")?, "a digest")?, success(row)?));
        rows.iter().map(read).collect()
    }

    /// How closed jobs with this version went, by model. Those whose machine was never touched say nothing of it.
    pub async fn image_success(&self, digest: &Digest) -> Result<Vec<Success>> {
        let rows = sqlx::query(
            "select m.model, count(*) as jobs, \
               count(*) filter (where exists \
                 (select from job_history h where h.job_id = j.id and h.\"to\" = 'running')) as booted, \
               count(*) filter (where j.proof is not null) as proved \
             from jobs j join machines m on m.id = j.machine_id \
             where j.image = $1 and j.phase = 'closed' and j.switching_since is not null \
             group by m.model order by count(*) desc, m.model",
        )
        .bind(digest.as_str())
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(success).collect()
    }
}

fn success(row: &PgRow) -> Result<Success> {
    Ok(Success {
        model: row.try_get("model")?,
        jobs: row.try_get("jobs")?,
        booted: row.try_get("booted")?,
        proved: row.try_get("proved")?,
    })
}

fn moved(row: &PgRow) -> Result<Move> {
    Ok(Move {
        at: row.try_get("at")?,
        to: row.try_get("to")?,
        by: row.try_get("by_who")?,
        why: row.try_get("why")?,
    })
}

/// All versions of that name are locked, in one order: two people who move two of them at once wait for each other, and
/// the second decides by what the first left.
async fn locked(connection: &mut PgConnection, digest: &Digest) -> Result<ImageVersion> {
    let sql = format!(
        "select {VERSION} from images where removed_at is null \
         and name = (select name from images where digest = $1) order by digest for no key update"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(digest.as_str()).fetch_all(connection).await?;
    let versions = rows.iter().map(crate::images::read).collect::<Result<Vec<_>>>()?;
    versions.into_iter().find(|image| image.digest == *digest).ok_or(Error::NotFound("image version"))
}

async fn remember(
    connection: &mut PgConnection,
    digest: &Digest,
    to: &str,
    by: &str,
    why: &str,
    now: Time,
) -> Result<()> {
    sqlx::query("insert into image_moves (image, at, \"to\", by_who, why) values ($1, $2, $3, $4, $5)")
        .bind(digest.as_str())
        .bind(now)
        .bind(to)
        .bind(by)
        .bind(why)
        .execute(&mut *connection)
        .await?;
    tell(connection, digest, now).await
}

/// Told to pages when this is committed.
async fn tell(connection: &mut PgConnection, digest: &Digest, now: Time) -> Result<()> {
    let changed = serde_json::json!({ "kind": "image", "id": digest, "version": now.timestamp_millis() });
    sqlx::query("select pg_notify('pitstop_changed', $1)")
        .bind(changed.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

/// Who uses the version, in words: jobs that are not closed, diskless machines that were last told to start from it,
/// and those who would be left without a stable version.
async fn uses(connection: &mut PgConnection, image: &ImageVersion) -> Result<Vec<String>> {
    let digest = image.digest.as_str();
    let jobs: Vec<(String, String)> = sqlx::query_as(
        "select m.name, j.function from jobs j join machines m on m.id = j.machine_id \
         where j.image = $1 and j.phase <> 'closed' order by m.name limit 5",
    )
    .bind(digest)
    .fetch_all(&mut *connection)
    .await?;
    let running: Vec<String> = sqlx::query_scalar(
        "select m.name from facts f join machines m on m.id = f.machine_id \
         where f.kind = 'told_own_image' and f.sighting ->> 'digest' = $1 and m.own_image = $2 order by m.name limit 5",
    )
    .bind(digest)
    .bind(&image.name)
    .fetch_all(&mut *connection)
    .await?;
    let jobs = jobs.into_iter().map(|(machine, function)| format!("the job {function} on {machine}"));
    let running = running.into_iter().map(|name| format!("{name} runs it: restart it into another version"));
    let mut uses: Vec<_> = jobs.chain(running).collect();
    uses.extend(needing(connection, image).await?);
    Ok(uses)
}

/// Functions and diskless machines that name its image, where no other stable version would be left.
async fn needing(connection: &mut PgConnection, image: &ImageVersion) -> Result<Vec<String>> {
    if image.standing.channel == Channel::Candidate {
        return Ok(vec![]);
    }
    let left: i64 = sqlx::query_scalar(
        "select count(*) from images where name = $1 and digest <> $2 and channel = 'stable' and kind = $3 \
         and removed_at is null",
    )
    .bind(&image.name)
    .bind(image.digest.as_str())
    .bind(word(&image.kind)?)
    .fetch_one(&mut *connection)
    .await?;
    if left > 0 {
        return Ok(vec![]);
    }
    let functions: Vec<String> =
        sqlx::query_scalar("select name from functions where definition ->> 'image' = $1 order by name")
            .bind(&image.name)
            .fetch_all(&mut *connection)
            .await?;
    let machines: Vec<String> =
        sqlx::query_scalar("select name from machines where own_image = $1 order by name limit 5")
            .bind(&image.name)
            .fetch_all(connection)
            .await?;
    let functions = functions.into_iter().map(|name| format!("the function {name} has no other version"));
    Ok(functions.chain(machines.into_iter().map(|name| format!("{name} starts from it"))).collect())
}
