//! How machines are now.

use super::rhythms::{self, Alike, Clocks, Rhythms};
use crate::{Error, Result, Store};
use pitstop_domain::Time;
use pitstop_domain::health::sample::Point;
use pitstop_domain::health::score::{Known, Reason, health};
use pitstop_domain::health::{Baseline, Health, Metric, rule::Severity};
use pitstop_domain::id::MachineId;
use pitstop_domain::people::Scope;
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// A machine, with how it is.
#[derive(Clone, Debug, PartialEq)]
pub struct HealthRow {
    pub machine: MachineId,
    pub name: String,
    pub site: String,
    pub model: String,
    pub seen_at: Option<Time>,
    pub health: Health,
}

/// By their numbers, as they are stored.
pub(super) fn numbered<T: Clone>(of: &BTreeMap<Metric, T>) -> BTreeMap<String, T> {
    of.iter().map(|(metric, value)| (metric.number().to_string(), value.clone())).collect()
}

/// What this version knows of them.
pub(super) fn metrics_of<T>(stored: BTreeMap<String, T>) -> BTreeMap<Metric, T> {
    let metric = |number: &str| Metric::of_number(number.parse().ok()?);
    stored.into_iter().filter_map(|(number, value)| Some((metric(&number)?, value))).collect()
}

type Stored<T> = Json<BTreeMap<String, T>>;

impl Store {
    /// What is known of these machines. A machine of which nothing was ever measured is not in it.
    pub async fn known_of(&self, machines: &[MachineId]) -> Result<HashMap<MachineId, Known>> {
        let ids: Vec<Uuid> = machines.iter().map(|machine| machine.0).collect();
        let sql = "select h.machine_id, m.site, m.model, h.newest, h.usual, coalesce(p.usual, '{}') as peers, \
                   r.zone, r.metrics, r.medians, r.mads from machine_health h \
                   join machines m on m.id = h.machine_id left join model_health p on p.model = m.model \
                   left join machine_rhythms r on r.machine_id = h.machine_id where h.machine_id = any($1)";
        let rows = sqlx::query(sql).bind(ids).fetch_all(&self.pool).await?;
        self.known(&rows).await
    }

    /// As [`Store::known_of`], but of these figures alone, with what is usual of some of them (`usual`) alone: a rule looks at the whole
    /// fleet each minute, and needs a few of each.
    pub async fn known_figures_of(
        &self,
        machines: &[MachineId],
        figures: &[Metric],
        usual: &[Metric],
    ) -> Result<HashMap<MachineId, Known>> {
        let ids: Vec<Uuid> = machines.iter().map(|machine| machine.0).collect();
        let keys = |of: &[Metric]| of.iter().map(|metric| metric.number().to_string()).collect::<Vec<_>>();
        let with_rhythm: Vec<i16> =
            usual.iter().filter(|metric| metric.has_rhythm()).map(|metric| metric.number()).collect();
        let sql = format!(
            "select h.machine_id, m.site, m.model, few.newest, few.usual, few.peers, r.zone, {} \
             from machine_health h \
             join machines m on m.id = h.machine_id left join model_health p on p.model = m.model \
             left join machine_rhythms r on r.machine_id = h.machine_id and r.metrics && $4 \
             cross join lateral (select coalesce(jsonb_object_agg(k, h.newest -> k) filter (where h.newest ? k), '{{}}') as newest, \
                 coalesce(jsonb_object_agg(k, h.usual -> k) filter (where h.usual ? k and k = any($3)), '{{}}') as usual, \
                 coalesce(jsonb_object_agg(k, p.usual -> k) filter (where p.usual ? k and k = any($3)), '{{}}') as peers \
                 from unnest($2::text[]) as k) as few \
             where h.machine_id = any($1)",
            rhythms::of_these(&with_rhythm)
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(ids).bind(keys(figures)).bind(keys(usual));
        let rows = query.bind(with_rhythm).fetch_all(&self.pool).await?;
        self.known(&rows).await
    }

    /// With what is usual at the times of day, by the clocks of each machine's site.
    async fn known(&self, rows: &[PgRow]) -> Result<HashMap<MachineId, Known>> {
        let (clocks, now) = (self.clocks().await?, self.now());
        let models =
            rows.iter().map(|row| Ok(row.try_get("model")?)).collect::<Result<BTreeSet<String>>>()?;
        let of_models = self.model_rhythms(models.into_iter().collect()).await?;
        let mut alike = Alike::at(now);
        rows.iter().map(|row| known(row, &clocks, &of_models, &mut alike, now)).collect()
    }

    /// Gives machines their health anew: those of which something came in, and those that fell silent. Gives how many.
    pub async fn judge_health(&self, limit: i64, now: Time) -> Result<usize> {
        let sql = "select machine_id from machine_health where judged_at is null or judged_at < seen_at \
                   or (score is not null and judged_at < $1 - interval '5 minutes') order by judged_at nulls first limit $2";
        let due: Vec<Uuid> = sqlx::query_scalar(sql).bind(now).bind(limit).fetch_all(&self.pool).await?;
        let machines: Vec<MachineId> = due.iter().copied().map(MachineId).collect();
        let mut known = self.known_of(&machines).await?;
        for (machine, severity, words) in self.firing_on(&due).await? {
            if let Some(known) = known.get_mut(&machine) {
                known.alerts.push((severity, words));
            }
        }
        let found: Vec<(Uuid, Health)> =
            known.iter().map(|(machine, known)| (machine.0, health(known, now))).collect();
        let sql = "update machine_health h set score = s.score, reasons = s.reasons, judged_at = $4 \
                   from unnest($1::uuid[], $2::smallint[], $3::jsonb[]) as s (machine, score, reasons) \
                   where h.machine_id = s.machine";
        sqlx::query(sql)
            .bind(found.iter().map(|(machine, _)| *machine).collect::<Vec<_>>())
            .bind(found.iter().map(|(_, health)| health.score.map(i16::from)).collect::<Vec<_>>())
            .bind(found.iter().map(|(_, health)| Json(health.reasons.clone())).collect::<Vec<_>>())
            .bind(now)
            .execute(&self.pool)
            .await?;
        Ok(due.len())
    }

    async fn firing_on(&self, machines: &[Uuid]) -> Result<Vec<(MachineId, Severity, String)>> {
        let sql = "select a.machine_id, r.rule -> 'severity', r.name from health_alerts a \
                   join health_rules r on r.id = a.rule_id \
                   where a.machine_id = any($1) and a.state in ('firing', 'acknowledged', 'acting')";
        let rows: Vec<(Uuid, Json<Severity>, String)> =
            sqlx::query_as(sql).bind(machines).fetch_all(&self.pool).await?;
        let say = |(machine, severity, name): (Uuid, Json<Severity>, String)| {
            (MachineId(machine), severity.0, format!("the rule {name} fires"))
        };
        Ok(rows.into_iter().map(say).collect())
    }

    /// The worst first; after them those of which nothing is known. `sites`: only there, to find the few machines of a small
    /// part of a large fleet without a walk past all the others.
    pub async fn worst_health(
        &self,
        scopes: Option<&[Scope]>,
        sites: Option<&[&str]>,
        limit: i64,
    ) -> Result<Vec<HealthRow>> {
        let at = if sites.is_some() { "and m.site = any($3)" } else { "and $3::text[] is null" };
        let sql = format!(
            "select m.id, m.name, m.site, m.model, h.seen_at, h.score, coalesce(h.reasons, '[]') as reasons \
             from machines m join machine_health h on h.machine_id = m.id \
             where ($1::jsonb is null or in_scope(m.site, m.labels, $1)) {at} \
             order by h.score asc nulls last, h.machine_id limit $2"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(scopes.map(Json)).bind(limit).bind(sites);
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    pub async fn health_of(&self, machine: MachineId) -> Result<Option<HealthRow>> {
        let sql = "select m.id, m.name, m.site, m.model, h.seen_at, h.score, coalesce(h.reasons, '[]') as reasons \
                   from machines m left join machine_health h on h.machine_id = m.id where m.id = $1";
        sqlx::query(sql).bind(machine.0).fetch_optional(&self.pool).await?.as_ref().map(read).transpose()
    }
}

fn known(
    row: &PgRow,
    clocks: &Clocks,
    of_models: &HashMap<String, Rhythms>,
    alike: &mut Alike,
    now: Time,
) -> Result<(MachineId, Known)> {
    let zone = clocks.of_site(row.try_get("site")?);
    // What was learned by other clocks says nothing about times of day here.
    let learned_by: Option<&str> = row.try_get("zone")?;
    let own = match learned_by.zip(zone).is_some_and(|(by, zone)| alike.are(by, zone)) {
        true => Some(rhythms::of_row(row)?),
        false => None,
    };
    let of_model = of_models.get(row.try_get::<&str, _>("model")?);
    let days = |column| Ok::<_, Error>(metrics_of(row.try_get::<Stored<Baseline>, _>(column)?.0));
    let known = Known {
        newest: metrics_of(row.try_get::<Stored<Point>, _>("newest")?.0),
        own: rhythms::together(days("usual")?, own.as_ref(), zone, now),
        peers: rhythms::together(days("peers")?, of_model, zone, now),
        alerts: vec![],
    };
    Ok((MachineId(row.try_get("machine_id")?), known))
}

fn read(row: &PgRow) -> Result<HealthRow> {
    let score: Option<i16> = row.try_get("score")?;
    Ok(HealthRow {
        machine: MachineId(row.try_get("id")?),
        name: row.try_get("name")?,
        site: row.try_get("site")?,
        model: row.try_get("model")?,
        seen_at: row.try_get("seen_at")?,
        health: Health {
            score: score.and_then(|score| u8::try_from(score).ok()),
            reasons: row.try_get::<Json<Vec<Reason>>, _>("reasons")?.0,
        },
    })
}
