//! What is usual, of a machine and of a model, of whole days and of their parts: from the middles of hours.

use super::now::{metrics_of, numbered};
use super::rhythms::{self, Clocks, OfMachine, Rhythms};
use crate::{Result, Store};
use chrono::TimeDelta;
use pitstop_calendar::Zone;
use pitstop_domain::Time;
use pitstop_domain::health::baseline::{ENOUGH, ENOUGH_PEERS};
use pitstop_domain::health::rhythm::{PARTS, Parts};
use pitstop_domain::health::{Baseline, Metric};
use sqlx::types::Json;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Four weeks: each day of the week and each hour of the day is in it four times.
const LOOK_BACK: TimeDelta = TimeDelta::days(28);

/// What is usual moves slowly: it is learned anew every quarter of a day.
const EVERY: TimeDelta = TimeDelta::hours(6);

/// By which clocks a machine's parts of the day are told, and since when.
#[derive(Clone, Copy)]
struct Told {
    zone: Zone,
    since: Option<Time>,
}

/// What is learned of one machine.
#[derive(Default)]
struct Learned {
    days: BTreeMap<Metric, Baseline>,
    rhythms: Rhythms,
}

impl Learned {
    /// A figure's hours: their middles, and when each began, where that matters.
    fn take(&mut self, metric: i16, mids: Vec<f32>, at: Vec<Time>, told: Told) {
        let mids: Vec<f64> = mids.into_iter().map(f64::from).collect();
        let Some(metric) = Metric::of_number(metric) else { return };
        let Some(day) = Baseline::of(&mids, ENOUGH) else { return };
        let by_these = |at: &Time| told.since.is_none_or(|since| *at >= since);
        let hours = at.into_iter().zip(mids).filter(|(at, _)| by_these(at));
        let hours = hours.map(|(at, mid)| (told.zone.local(at), mid));
        if let Some(parts) = Parts::of(metric, &day, hours) {
            self.rhythms.insert(metric, parts);
        }
        self.days.insert(metric, day);
    }
}

impl Store {
    /// Learns what is usual on so many machines where that is long ago. Of a machine on which an alert fires nothing is
    /// learned: illness must not become usual. Gives how many were looked at.
    pub async fn learn_usual(&self, limit: i64, now: Time) -> Result<usize> {
        let sql = "update machine_health h set learned_at = $1 where machine_id in (\
                   select machine_id from machine_health where learned_at is null or learned_at < $2 \
                   order by learned_at nulls first limit $3 for update skip locked) \
                   returning machine_id, not exists (select 1 from health_alerts a where a.machine_id = h.machine_id \
                       and a.state in ('firing', 'acknowledged', 'acting'))";
        let due: Vec<(Uuid, bool)> =
            sqlx::query_as(sql).bind(now).bind(now - EVERY).bind(limit).fetch_all(&self.pool).await?;
        let well: Vec<Uuid> = due.iter().filter(|(_, well)| *well).map(|(machine, _)| *machine).collect();
        let learned = self.learn(&well, now).await?;
        let (machines, values): (Vec<Uuid>, Vec<_>) =
            learned.iter().map(|(machine, (_, of))| (*machine, Json(numbered(&of.days)))).unzip();
        let sql = "update machine_health h set usual = s.usual from unnest($1::uuid[], $2::jsonb[]) as s (machine, usual) \
                   where h.machine_id = s.machine";
        sqlx::query(sql).bind(machines).bind(values).execute(&self.pool).await?;
        let rhythms = learned.into_iter().map(|(machine, (Told { zone, since }, of))| OfMachine {
            machine,
            zone,
            since,
            rhythms: of.rhythms,
        });
        self.keep_machine_rhythms(&rhythms.collect::<Vec<_>>()).await?;
        Ok(due.len())
    }

    /// From the hours of these machines.
    async fn learn(&self, machines: &[Uuid], now: Time) -> Result<HashMap<Uuid, (Told, Learned)>> {
        let told = self.told_by(machines, now).await?;
        let with_rhythm: Vec<i16> =
            Metric::all().filter(|metric| metric.has_rhythm()).map(Metric::number).collect();
        let sql = "select machine_id, f.metric, array_agg(f.mid), \
                       coalesce(array_agg(m.at) filter (where f.metric = any($4)), '{}') from measurements_hourly m \
                   cross join lateral unnest(m.metrics, m.mid) as f (metric, mid) \
                   where machine_id = any($1) and at >= $2 and at <= $3 group by machine_id, f.metric";
        let rows: Vec<(Uuid, i16, Vec<f32>, Vec<Time>)> = sqlx::query_as(sql)
            .bind(machines)
            .bind(now - LOOK_BACK)
            .bind(now)
            .bind(with_rhythm)
            .fetch_all(&self.pool)
            .await?;
        let mut learned: HashMap<Uuid, (Told, Learned)> = HashMap::new();
        for (machine, metric, mids, at) in rows {
            let told = told.get(&machine).copied().unwrap_or(Told { zone: Zone::UTC, since: None });
            let of = learned.entry(machine).or_insert_with(|| (told, Learned::default()));
            of.1.take(metric, mids, at, told);
        }
        learned.retain(|_, (_, of)| !of.days.is_empty());
        Ok(learned)
    }

    /// By which clocks these machines are told of. Where a machine's site has others than were learned by, what was measured
    /// before now says nothing about its times of day: it went by others, or by the same at another place.
    async fn told_by(&self, machines: &[Uuid], now: Time) -> Result<HashMap<Uuid, Told>> {
        let clocks = self.clocks().await?;
        let sql = "select m.id, m.site, r.zone, r.since from machines m left join machine_rhythms r on r.machine_id = m.id \
                   where m.id = any($1)";
        let rows: Vec<(Uuid, String, Option<String>, Option<Time>)> =
            sqlx::query_as(sql).bind(machines).fetch_all(&self.pool).await?;
        let told = |(machine, site, by, since): (Uuid, String, Option<String>, Option<Time>)| {
            let zone = clocks.of_site(&site);
            let since = match by {
                Some(by) if by != zone.name() => Some(now),
                _ => since,
            };
            (machine, Told { zone, since })
        };
        Ok(rows.into_iter().map(told).collect())
    }

    /// Learns what is usual on the models, from what is usual on their machines.
    pub async fn learn_models(&self, now: Time) -> Result<()> {
        let clocks = self.clocks().await?;
        let sql = "select m.model, m.site, h.usual, r.zone, r.metrics, r.medians from machine_health h \
                   join machines m on m.id = h.machine_id left join machine_rhythms r on r.machine_id = h.machine_id \
                   where m.model <> '' and h.usual <> '{}'";
        let mut models: BTreeMap<String, OfModel> = BTreeMap::new();
        for row in sqlx::query_as::<_, MachineRow>(sql).fetch_all(&self.pool).await? {
            models.entry(row.model.clone()).or_default().take(row, &clocks);
        }
        let usual: BTreeMap<String, BTreeMap<Metric, Baseline>> =
            models.iter().map(|(model, of)| (model.clone(), of.days())).collect();
        let (names, values): (Vec<&String>, Vec<_>) =
            usual.iter().map(|(model, days)| (model, Json(numbered(days)))).unzip();
        let sql = "insert into model_health (model, usual, learned_at) \
                   select model, usual, $3 from unnest($1::text[], $2::jsonb[]) as s (model, usual) \
                   on conflict (model) do update set usual = excluded.usual, learned_at = excluded.learned_at";
        sqlx::query(sql).bind(names).bind(values).bind(now).execute(&self.pool).await?;
        let rhythms = models.iter().map(|(model, of)| (model.clone(), of.rhythms(&usual[model])));
        self.keep_model_rhythms(&rhythms.collect()).await
    }
}

/// A machine as its model is learned from.
#[derive(sqlx::FromRow)]
struct MachineRow {
    model: String,
    site: String,
    usual: Json<BTreeMap<String, Baseline>>,
    zone: Option<String>,
    metrics: Option<Vec<i16>>,
    medians: Option<Vec<Option<f32>>>,
}

/// What is usual on the machines of a model: their medians.
#[derive(Default)]
struct OfModel {
    days: BTreeMap<Metric, Vec<f64>>,
    parts: BTreeMap<Metric, [Vec<f64>; PARTS]>,
}

impl OfModel {
    fn take(&mut self, row: MachineRow, clocks: &Clocks) {
        let medians = row.medians.unwrap_or_default();
        let known = row.zone.is_some_and(|zone| zone == clocks.of_site(&row.site).name());
        let of = if known { row.metrics.unwrap_or_default() } else { vec![] };
        let rhythms = rhythms::read(of, &medians, &medians);
        for (metric, found) in metrics_of(row.usual.0) {
            self.days.entry(metric).or_default().push(found.median);
            if !metric.has_rhythm() {
                continue;
            }
            // Where nothing else is known of a time of day, it is as the day.
            let of_part = |part: usize| rhythms.get(&metric)?.0[part].map(|part| part.median);
            let parts = self.parts.entry(metric).or_default();
            for (part, all) in parts.iter_mut().enumerate() {
                all.push(of_part(part).unwrap_or(found.median));
            }
        }
    }

    fn days(&self) -> BTreeMap<Metric, Baseline> {
        let days = self.days.iter();
        days.filter_map(|(metric, all)| Some((*metric, Baseline::of(all, ENOUGH_PEERS)?))).collect()
    }

    fn rhythms(&self, days: &BTreeMap<Metric, Baseline>) -> Rhythms {
        let parts = self.parts.iter().filter_map(|(metric, medians)| {
            Some((*metric, Parts::of_peers(*metric, days.get(metric)?, medians, ENOUGH_PEERS)?))
        });
        parts.collect()
    }
}
