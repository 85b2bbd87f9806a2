//! Captures: what was kept of disks. Their bytes lie elsewhere; what a capture consists of stands here.

use crate::text::value;
use crate::{Error, Result, Store};
use pitstop_domain::Time;
use pitstop_domain::capture::{Capture, Kept, PieceKept, Source, State, Way};
use pitstop_domain::id::{CaptureId, JobId, MachineId};
use pitstop_domain::job::Initiator;
use pitstop_domain::people::Scope;
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Which captures to list.
#[derive(Clone, Debug, Default)]
pub struct CaptureFilter {
    pub machine: Option<MachineId>,
    pub state: Option<State>,
    /// Only those that stand behind this one.
    pub after: Option<CaptureId>,
    pub limit: i64,
    /// Only of machines within one of these scopes; `None`: of all.
    pub scopes: Option<Vec<Scope>>,
    /// And of this one, wherever it is.
    pub or_of: Option<MachineId>,
}

const SELECT: &str = "select c.*, m.name as machine_name, j.initiator, \
    (select coalesce(jsonb_agg(jsonb_build_object('number', p.number, 'way', p.way, 'stored', p.stored) order by p.number), '[]') \
    from capture_pieces p where p.capture_id = c.id) as kept \
    from captures c join machines m on m.id = c.machine_id join jobs j on j.id = c.job_id";

/// Of a capture `c` and its job `j`: nobody went on with it since `$1`.
const ABANDONED: &str =
    "c.state = 'arriving' and c.changed_at < $1 and j.phase = 'closed' and j.closed_at < $1";

/// A job that is not over works with it: the one that it comes from, or one that restores it.
const USED: &str = "select exists (select from captures c join jobs j on j.id = c.job_id \
    where c.id = $1 and c.state = 'arriving' and j.phase <> 'closed') \
    or exists (select from jobs where phase <> 'closed' and plan->'task'->>'kind' = 'restore' \
    and plan->'task'->>'capture' = $1::text)";

fn read(row: &PgRow) -> Result<Capture> {
    let state: String = row.try_get("state")?;
    let kept = row.try_get::<Json<Vec<PieceKept>>, _>("kept")?.0;
    Ok(Capture {
        id: CaptureId(row.try_get("id")?),
        machine: MachineId(row.try_get("machine_id")?),
        machine_name: row.try_get("machine_name")?,
        job: JobId(row.try_get("job_id")?),
        by: row.try_get::<Json<Initiator>, _>("initiator")?.0,
        begun_at: row.try_get("begun_at")?,
        changed_at: row.try_get("changed_at")?,
        state: value(&state, "a state of captures")?,
        why: row.try_get("why")?,
        source: row.try_get::<Json<Source>, _>("source")?.0,
        stored: kept.iter().map(|piece| piece.stored).sum(),
        pieces: kept.len() as u32,
        kept,
    })
}

impl Store {
    /// Captures, newest first.
    pub async fn captures(&self, filter: &CaptureFilter) -> Result<Vec<Capture>> {
        let sql = format!(
            "{SELECT} where ($1::uuid is null or c.machine_id = $1) and ($2::text is null or c.state = $2) \
             and ($3::jsonb is null or c.machine_id = $6 or in_scope(m.site, m.labels, $3)) \
             and ($4::uuid is null or (c.begun_at, c.id) < (select begun_at, id from captures where id = $4)) \
             order by c.begun_at desc, c.id desc limit $5"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(filter.machine.map(|id| id.0))
            .bind(filter.state.map(State::name))
            .bind(filter.scopes.as_ref().map(Json))
            .bind(filter.after.map(|id| id.0))
            .bind(filter.limit)
            .bind(filter.or_of.map(|id| id.0))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    pub async fn capture(&self, id: CaptureId) -> Result<Option<Capture>> {
        let sql = format!("{SELECT} where c.id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.0).fetch_optional(&self.pool).await?;
        row.as_ref().map(read).transpose()
    }

    /// The capture that this job brings.
    pub async fn capture_of(&self, job: JobId) -> Result<Option<Capture>> {
        let sql = format!("{SELECT} where c.job_id = $1 order by c.begun_at desc limit 1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(job.0).fetch_optional(&self.pool).await?;
        row.as_ref().map(read).transpose()
    }

    /// Begins one, or goes on with one of the same disk that broke off. Gives its id, which pieces are here, and whether it
    /// goes on.
    ///
    /// Pieces of an earlier attempt are not believed, since the machine may have run since: only its chunks, which are named by
    /// what is in them, need not come again. Where this job has brought all of it, and is asked again since its agent was started
    /// anew, that is it: there is no second one.
    ///
    /// # Errors
    /// The database's.
    pub async fn begin_capture(
        &self,
        machine: MachineId,
        job: JobId,
        source: &Source,
    ) -> Result<(CaptureId, BTreeSet<u32>, bool)> {
        let mut tx = self.pool.begin().await?;
        crate::machines::lock(&mut tx, machine).await?;
        let sql = "select c.id, c.job_id from captures c join jobs j on j.id = c.job_id where c.machine_id = $1 \
                   and ((c.state = 'arriving' and (c.job_id = $2 or (j.phase = 'closed' \
                   and c.source->>'serial' = $3::jsonb->>'serial' and c.source->'bytes' = $3::jsonb->'bytes'))) \
                   or (c.state = 'whole' and c.job_id = $2 and c.source = $3::jsonb)) \
                   order by (c.job_id = $2) desc, c.changed_at desc limit 1 for update of c";
        let found: Option<(Uuid, Uuid)> = sqlx::query_as(sql)
            .bind(machine.0)
            .bind(job.0)
            .bind(Json(source))
            .fetch_optional(&mut *tx)
            .await?;
        let (id, earlier) = match found {
            Some((id, _)) => {
                let sql = "update captures set changed_at = $4, job_id = $2, source = $3 where id = $1 \
                           and (job_id <> $2 or source <> $3)";
                let query = sqlx::query(sql).bind(id).bind(job.0).bind(Json(source)).bind(self.now());
                let other = query.execute(&mut *tx).await?.rows_affected() > 0;
                if other {
                    let sql = "delete from capture_pieces where capture_id = $1";
                    sqlx::query(sql).bind(id).execute(&mut *tx).await?;
                }
                (id, true)
            }
            None => {
                let id = Uuid::now_v7();
                let sql = "insert into captures (id, machine_id, job_id, begun_at, changed_at, state, source) \
                           values ($1, $2, $3, $4, $4, 'arriving', $5)";
                let query = sqlx::query(sql).bind(id).bind(machine.0).bind(job.0).bind(self.now());
                query.bind(Json(source)).execute(&mut *tx).await?;
                (id, false)
            }
        };
        let sql = "select number from capture_pieces where capture_id = $1";
        let here: Vec<i32> = sqlx::query_scalar(sql).bind(id).fetch_all(&mut *tx).await?;
        tx.commit().await?;
        let here = here.into_iter().map(|number| number.max(0) as u32).collect();
        Ok((CaptureId(id), here, earlier))
    }

    /// A piece is here, whole.
    ///
    /// # Errors
    /// A refusal where the capture does not arrive any more, or its disk has no such piece.
    pub async fn keep_piece(&self, id: CaptureId, kept: &Kept) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        arriving(&mut tx, id, self.now()).await?.check_kept(kept).map_err(Error::Refused)?;
        let sql = "insert into capture_pieces (capture_id, number, kept, stored) values ($1, $2, $3, $4) \
                   on conflict (capture_id, number) do update set kept = excluded.kept, stored = excluded.stored";
        let (number, stored) = (kept.number as i32, i64::try_from(kept.stored()).unwrap_or(i64::MAX));
        sqlx::query(sql).bind(id.0).bind(number).bind(Json(kept)).bind(stored).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// A piece of a capture.
    pub async fn piece(&self, id: CaptureId, number: u32) -> Result<Option<Kept>> {
        let sql = "select kept from capture_pieces where capture_id = $1 and number = $2";
        let row: Option<Json<Kept>> =
            sqlx::query_scalar(sql).bind(id.0).bind(number as i32).fetch_optional(&self.pool).await?;
        Ok(row.map(|json| json.0))
    }

    /// All of it is here: each of its disk's pieces that anything is kept of.
    ///
    /// # Errors
    /// A refusal that names the first piece that is missing.
    pub async fn capture_is_whole(&self, id: CaptureId) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        let source = arriving(&mut tx, id, self.now()).await?;
        let sql = "select number from capture_pieces where capture_id = $1";
        let here: Vec<i32> = sqlx::query_scalar(sql).bind(id.0).fetch_all(&mut *tx).await?;
        let kept = source.pieces.iter().filter(|piece| piece.way() != Way::Anew);
        if let Some(piece) = kept.into_iter().find(|piece| !here.contains(&(piece.number as i32))) {
            return Err(Error::Refused(format!("it is not whole: {} is not here", piece.about())));
        }
        let sql = "update captures set state = 'whole' where id = $1";
        sqlx::query(sql).bind(id.0).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// What arrives will not be whole any more: why, in words. Gives whether that is so; then its bytes are removed by whoever
    /// says it.
    ///
    /// # Errors
    /// The database's.
    pub async fn break_capture(&self, id: CaptureId, why: &str) -> Result<bool> {
        let sql = "update captures set state = 'broken', why = $2, changed_at = $3 where id = $1 and state = 'arriving'";
        let query = sqlx::query(sql).bind(id.0).bind(why).bind(self.now());
        Ok(query.execute(&self.pool).await?.rows_affected() > 0)
    }

    /// Nobody went on with it since then: it will not be whole any more. Gives whether that is still so.
    ///
    /// # Errors
    /// The database's.
    pub async fn abandon_capture(&self, id: CaptureId, since: Time, why: &str) -> Result<bool> {
        let sql = format!(
            "update captures c set state = 'broken', why = $3, changed_at = $4 from jobs j \
             where c.id = $2 and j.id = c.job_id and {ABANDONED}"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(since).bind(id.0).bind(why).bind(self.now());
        Ok(query.execute(&self.pool).await?.rows_affected() > 0)
    }

    /// It is to be removed: nothing can be restored from it any more.
    ///
    /// # Errors
    /// A refusal while a job works with it.
    pub async fn doom_capture(&self, id: CaptureId) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        let sql = "select id from captures where id = $1 for update";
        let found: Option<Uuid> = sqlx::query_scalar(sql).bind(id.0).fetch_optional(&mut *tx).await?;
        found.ok_or(Error::NotFound("capture"))?;
        if sqlx::query_scalar::<_, bool>(USED).bind(id.0).fetch_one(&mut *tx).await? {
            let why = "a job works with this capture: wait for its end, or cancel it";
            return Err(Error::Refused(why.to_owned()));
        }
        let sql = "update captures set state = 'broken', why = 'it is being deleted', changed_at = $2 where id = $1";
        sqlx::query(sql).bind(id.0).bind(self.now()).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Its bytes are gone, and it is forgotten.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete_capture(&self, id: CaptureId) -> Result<()> {
        let sql = "delete from captures where id = $1 and state = 'broken'";
        sqlx::query(sql).bind(id.0).execute(&self.pool).await?;
        Ok(())
    }

    /// The machine of this name.
    pub async fn machine_named(&self, name: &str) -> Result<Option<MachineId>> {
        let sql = "select id from machines where name = $1";
        let found: Option<Uuid> = sqlx::query_scalar(sql).bind(name).fetch_optional(&self.pool).await?;
        Ok(found.map(MachineId))
    }

    /// Captures that nobody went on with since then.
    pub async fn abandoned_captures(&self, since: Time) -> Result<Vec<CaptureId>> {
        let sql = format!("select c.id from captures c join jobs j on j.id = c.job_id where {ABANDONED}");
        let query = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(since);
        let found: Vec<Uuid> = query.fetch_all(&self.pool).await?;
        Ok(found.into_iter().map(CaptureId).collect())
    }

    /// How far it is; `None`: there is no such capture.
    pub async fn capture_state(&self, id: CaptureId) -> Result<Option<State>> {
        let sql = "select state from captures where id = $1";
        let state: Option<String> = sqlx::query_scalar(sql).bind(id.0).fetch_optional(&self.pool).await?;
        state.map(|state| value(&state, "a state of captures")).transpose()
    }
}

/// Its disk, where it still arrives; something of it came now.
async fn arriving(tx: &mut sqlx::PgTransaction<'_>, id: CaptureId, now: Time) -> Result<Source> {
    let sql = "update captures set changed_at = $2 where id = $1 and state = 'arriving' returning source";
    let source: Option<Json<Source>> =
        sqlx::query_scalar(sql).bind(id.0).bind(now).fetch_optional(&mut **tx).await?;
    let over =
        || Error::Refused("this capture does not arrive any more: it is whole, or was given up".to_owned());
    source.map(|json| json.0).ok_or_else(over)
}
