//! What pages show of alerts and questions, and what people do about them.

use super::changed;
use crate::{Error, Result, Store};
use pitstop_domain::Time;
use pitstop_domain::health::alert::{Act, decide};
use pitstop_domain::health::{Alert, Rule};
use pitstop_domain::id::{MachineId, RuleId};
use pitstop_domain::people::Scope;
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use uuid::Uuid;

/// An alert, with the names of what it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertRow {
    pub id: Uuid,
    pub alert: Alert,
    pub rule: Rule,
    pub machine_name: String,
    pub site: String,
    pub seen_by: Option<String>,
}

/// A person is asked about a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub id: Uuid,
    pub rule: RuleId,
    pub rule_name: String,
    pub words: String,
    pub asked_at: Time,
    /// Whether it was approved, by whom.
    pub answered: Option<(bool, String)>,
}

/// Which alerts to list.
#[derive(Clone, Debug, Default)]
pub struct AlertFilter {
    pub rule: Option<RuleId>,
    pub machine: Option<MachineId>,
    /// Also those that are over.
    pub resolved: bool,
    pub scopes: Option<Vec<Scope>>,
    pub limit: i64,
}

const COLUMNS: &str = "a.id, a.alert, a.seen_by, r.rule, m.name as machine_name, m.site";
const JOINS: &str = "join health_rules r on r.id = a.rule_id join machines m on m.id = a.machine_id";

pub(super) fn read(row: &PgRow) -> Result<AlertRow> {
    Ok(AlertRow {
        id: row.try_get("id")?,
        alert: row.try_get::<Json<Alert>, _>("alert")?.0,
        rule: row.try_get::<Json<Rule>, _>("rule")?.0,
        machine_name: row.try_get("machine_name")?,
        site: row.try_get("site")?,
        seen_by: row.try_get("seen_by")?,
    })
}

impl Store {
    /// Alerts: those that need a person first, then the newest.
    pub async fn health_alerts(&self, filter: &AlertFilter) -> Result<Vec<AlertRow>> {
        let sql = format!(
            "select {COLUMNS} from health_alerts a {JOINS} \
             where ($1::uuid is null or a.rule_id = $1) and ($2::uuid is null or a.machine_id = $2) \
             and ($3 or a.state <> 'resolved') and ($4::jsonb is null or in_scope(m.site, m.labels, $4)) \
             order by a.state = 'resolved', a.needs_person desc, a.since desc, a.id limit $5"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(filter.rule.map(|id| id.0))
            .bind(filter.machine.map(|id| id.0))
            .bind(filter.resolved)
            .bind(filter.scopes.as_ref().map(Json))
            .bind(filter.limit)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    pub async fn health_alert(&self, id: Uuid) -> Result<Option<AlertRow>> {
        let sql = format!("select {COLUMNS} from health_alerts a {JOINS} where a.id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(&self.pool).await?;
        row.as_ref().map(read).transpose()
    }

    /// Those of these alerts that there are, the newest first.
    pub async fn health_alerts_by_id(&self, ids: &[Uuid]) -> Result<Vec<AlertRow>> {
        let sql = format!(
            "select {COLUMNS} from health_alerts a {JOINS} where a.id = any($1) order by a.since desc, a.id"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(ids).fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }

    /// How many alerts are open (but for those that may yet be forgotten), and how many of them need a person.
    pub async fn count_health_alerts(&self, scopes: Option<&[Scope]>) -> Result<(u64, u64)> {
        let sql = "select count(*), count(*) filter (where a.needs_person) from health_alerts a \
                   join machines m on m.id = a.machine_id where a.state not in ('resolved', 'pending') \
                   and ($1::jsonb is null or in_scope(m.site, m.labels, $1))";
        let (open, person): (i64, i64) =
            sqlx::query_as(sql).bind(scopes.map(Json)).fetch_one(&self.pool).await?;
        Ok((open.unsigned_abs(), person.unsigned_abs()))
    }

    /// Questions that nobody has answered, and those of the last week that somebody has.
    pub async fn health_questions(&self, now: Time) -> Result<Vec<Question>> {
        let sql = "select q.id, q.rule_id, r.name, q.words, q.asked_at, q.answer = 'approved', q.answered_by \
                   from health_questions q join health_rules r on r.id = q.rule_id \
                   where q.answer is null or q.answered_at > $1 - interval '7 days' \
                   order by q.answer is not null, q.asked_at desc";
        type Row = (Uuid, Uuid, String, String, Time, Option<bool>, Option<String>);
        let rows: Vec<Row> = sqlx::query_as(sql).bind(now).fetch_all(&self.pool).await?;
        let read = |(id, rule, rule_name, words, asked_at, approved, by): Row| Question {
            id,
            rule: RuleId(rule),
            rule_name,
            words,
            asked_at,
            answered: approved.zip(by),
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// Alerts that somebody outside is to be told of now, each with when it comes again unless it is told. Each is taken by one
    /// worker; it comes again later and later: after a minute, two, four, up to an hour.
    pub async fn take_health_alerts_to_tell(&self, now: Time) -> Result<Vec<(AlertRow, Time)>> {
        let sql = format!(
            "with due as (update health_alerts set tries = tries + 1, \
                 tell_at = $1 + make_interval(mins => least(60, (2 ^ least(tries, 6))::int)) \
                 where id in (select id from health_alerts where tell_at <= $1 \
                              order by tell_at limit 16 for update skip locked) returning *) \
             select {COLUMNS}, a.tell_at from due a {JOINS}"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(now).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((read(row)?, row.try_get("tell_at")?))).collect()
    }

    /// An alert was told to somebody outside as it was taken; what it became meanwhile is told once more. Whether it is another is
    /// seen by when it was to come again (`again_at`): figures do not come back from JSON to the last digit.
    pub async fn health_alert_told(&self, alert: Uuid, again_at: Time) -> Result<()> {
        let sql = "update health_alerts set tell_at = null where id = $1 and tell_at = $2";
        sqlx::query(sql).bind(alert).bind(again_at).execute(&self.pool).await?;
        Ok(())
    }

    /// A person decides about an alert. What a worker is deciding on at this moment is not stored, and decided on anew.
    ///
    /// # Errors
    /// When there is nothing to decide about it any more.
    pub async fn decide_health_alert(&self, id: Uuid, act: Act, by: &str, now: Time) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        let rule: Option<Uuid> = sqlx::query_scalar("select rule_id from health_alerts where id = $1")
            .bind(id)
            .fetch_optional(&mut *tx)
            .await?;
        wake(&mut tx, rule.ok_or(Error::NotFound("alert"))?, now).await?;
        let sql = "select alert from health_alerts where id = $1 for update";
        let Json(alert): Json<Alert> = sqlx::query_scalar(sql).bind(id).fetch_one(&mut *tx).await?;
        let alert = decide(alert, act, by).map_err(Error::Refused)?;
        put(&mut tx, id, &alert, by).await?;
        changed(&mut tx, now).await?;
        Ok(tx.commit().await?)
    }

    /// A person answers a question: what fires then is approved, or dismissed, all of it.
    ///
    /// # Errors
    /// When it has been answered.
    pub async fn answer_health_question(&self, id: Uuid, approve: bool, by: &str, now: Time) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        let sql = "update health_questions set answer = $2, answered_by = $3, answered_at = $4 \
                   where id = $1 and answer is null returning rule_id";
        let answer = if approve { "approved" } else { "dismissed" };
        let query = sqlx::query_scalar(sql).bind(id).bind(answer).bind(by).bind(now);
        let rule: Option<Uuid> = query.fetch_optional(&mut *tx).await?;
        let rule = rule.ok_or_else(|| Error::Refused("somebody has answered this question".to_owned()))?;
        wake(&mut tx, rule, now).await?;
        let sql = "select id, alert from health_alerts where rule_id = $1 and state in ('firing', 'acknowledged') \
                   order by id for update";
        let alerts: Vec<(Uuid, Json<Alert>)> = sqlx::query_as(sql).bind(rule).fetch_all(&mut *tx).await?;
        let act = if approve { Act::Approve } else { Act::Dismiss };
        for (id, Json(alert)) in alerts {
            put(&mut tx, id, &decide(alert, act, by).map_err(Error::Refused)?, by).await?;
        }
        changed(&mut tx, now).await?;
        Ok(tx.commit().await?)
    }
}

/// The rule is looked at at once; a claim on it is void. Taken before its alerts by all who change them.
async fn wake(tx: &mut sqlx::PgTransaction<'_>, rule: Uuid, now: Time) -> Result<()> {
    let sql = "update health_rules set wake_at = $2 where id = $1";
    sqlx::query(sql).bind(rule).bind(now).execute(&mut **tx).await?;
    sqlx::query("select pg_notify('pitstop_wake', '')").execute(&mut **tx).await?;
    Ok(())
}

async fn put(tx: &mut sqlx::PgTransaction<'_>, id: Uuid, alert: &Alert, by: &str) -> Result<()> {
    let sql =
        "update health_alerts set alert = $2, state = $3, needs_person = $4, seen_by = $5 where id = $1";
    sqlx::query(sql)
        .bind(id)
        .bind(Json(alert))
        .bind(alert.state.name())
        .bind(alert.needs_person)
        .bind(by)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
