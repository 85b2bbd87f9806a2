//! What is usual, of a machine and of a model, of whole days and of their parts: from the middles of hours.

use super::now::{metrics_of, numbered};
use super::rhythms::{self, Alike, Clocks, OfMachine, Rhythms};
use crate::{Result, Store};
use chrono::TimeDelta;
use pitstop_calendar::Zone;
use pitstop_domain::Time;
use pitstop_domain::health::baseline::{ENOUGH, ENOUGH_PEERS};
use pitstop_domain::health::rhythm::{PARTS, Parts};
use pitstop_domain::health::{Baseline, Metric};
use sqlx::types::Json;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use uuid::Uuid;

/// Four weeks: each day of the week and each hour of the day is in it four times.
pub(super) const LOOK_BACK: TimeDelta = TimeDelta::days(28);

/// What is usual moves slowly: it is learned anew every quarter of a day.
const EVERY: TimeDelta = TimeDelta::hours(6);

/// By which clocks a machine's parts of the day are told, and since when.
#[derive(Clone, Copy)]
struct Told {
    zone: Zone,
    since: Option<Time>,
}

impl Told {
    /// Do all of these hours go by these clocks? A few weeks of them beside a whole day of four would make what came lately usual
    /// sooner than the whole day does.
    fn of_all(self, hours: &[Time]) -> bool {
        self.since.is_none_or(|since| hours.iter().all(|at| *at >= since))
    }
}

/// When alerts stood that are about a figure of a machine.
#[derive(Default)]
struct Ill {
    machines: Vec<Uuid>,
    metrics: Vec<i16>,
    from: Vec<Time>,
    until: Vec<Time>,
}

/// What is learned of one machine.
#[derive(Default)]
struct Learned {
    days: BTreeMap<Metric, Baseline>,
    rhythms: Rhythms,
}

impl Learned {
    /// A figure's hours: their middles, and when each began, where that matters. `told`: by which clocks; `None`: nobody says.
    fn take(&mut self, metric: i16, mids: Vec<f32>, at: Vec<Time>, told: Option<Told>) {
        let mids: Vec<f64> = mids.into_iter().map(f64::from).collect();
        let Some(metric) = Metric::of_number(metric) else { return };
        let Some(day) = Baseline::of(&mids, ENOUGH) else { return };
        if let Some(told) = told.filter(|told| told.of_all(&at)) {
            let hours = at.into_iter().zip(mids).map(|(at, mid)| (told.zone.local(at), mid));
            if let Some(parts) = Parts::of(metric, &day, hours) {
                self.rhythms.insert(metric, Arc::new(parts));
            }
        }
        self.days.insert(metric, day);
    }
}

impl Store {
    /// Learns what is usual on so many machines where that is long ago. Of a machine on which an alert fires nothing is
    /// learned, and later nothing from the hours in which it stood, of the figures that it was about: illness must not become
    /// usual. Of what too few hours are left what was usual stays. Gives how many were looked at.
    pub async fn learn_usual(&self, limit: i64, now: Time) -> Result<usize> {
        let sql = "update machine_health h set learned_at = $1 where machine_id in (\
                   select machine_id from machine_health where learned_at is null or learned_at < $2 \
                   order by learned_at nulls first limit $3 for update skip locked) \
                   returning machine_id, not exists (select 1 from health_alerts a where a.machine_id = h.machine_id \
                       and a.state in ('firing', 'acknowledged', 'acting'))";
        let due: Vec<(Uuid, bool)> =
            sqlx::query_as(sql).bind(now).bind(now - EVERY).bind(limit).fetch_all(&self.pool).await?;
        let well: Vec<Uuid> = due.iter().filter(|(_, well)| *well).map(|(machine, _)| *machine).collect();
        let told = self.told_by(&well, now).await?;
        let learned = self.learn(&well, &told, now).await?;
        let (machines, values): (Vec<Uuid>, Vec<_>) =
            learned.iter().map(|(machine, of)| (*machine, Json(numbered(&of.days)))).unzip();
        let sql = "update machine_health h set usual = h.usual || s.usual from unnest($1::uuid[], $2::jsonb[]) as s (machine, usual) \
                   where h.machine_id = s.machine and h.usual || s.usual is distinct from h.usual";
        sqlx::query(sql).bind(machines).bind(values).execute(&self.pool).await?;
        let rhythms = learned.into_iter().filter_map(|(machine, of)| {
            let Told { zone, since } = *told.get(&machine)?;
            Some(OfMachine { machine, zone, since, rhythms: of.rhythms })
        });
        self.keep_machine_rhythms(&rhythms.collect::<Vec<_>>()).await?;
        let untold: Vec<Uuid> = well.into_iter().filter(|machine| !told.contains_key(machine)).collect();
        self.forget_machine_rhythms(&untold).await?;
        Ok(due.len())
    }

    /// From the hours of these machines.
    async fn learn(
        &self,
        machines: &[Uuid],
        told: &HashMap<Uuid, Told>,
        now: Time,
    ) -> Result<HashMap<Uuid, Learned>> {
        let ill = self.ill(machines, now).await?;
        let with_rhythm: Vec<i16> =
            Metric::all().filter(|metric| metric.has_rhythm()).map(Metric::number).collect();
        let sql = "select machine_id, f.metric, array_agg(f.mid), \
                       coalesce(array_agg(m.at) filter (where f.metric = any($4)), '{}') from measurements_hourly m \
                   cross join lateral unnest(m.metrics, m.mid) as f (metric, mid) \
                   where machine_id = any($1) and at >= $2 and at <= $3 and not exists (\
                       select 1 from unnest($5::uuid[], $6::smallint[], $7::timestamptz[], $8::timestamptz[]) \
                           as ill (machine, metric, since, until) \
                       where ill.machine = m.machine_id and ill.metric = f.metric \
                           and m.at + interval '1 hour' > ill.since and m.at < ill.until) \
                   group by machine_id, f.metric";
        let rows: Vec<(Uuid, i16, Vec<f32>, Vec<Time>)> = sqlx::query_as(sql)
            .bind(machines)
            .bind(now - LOOK_BACK)
            .bind(now)
            .bind(with_rhythm)
            .bind(ill.machines)
            .bind(ill.metrics)
            .bind(ill.from)
            .bind(ill.until)
            .fetch_all(&self.pool)
            .await?;
        let mut learned: HashMap<Uuid, Learned> = HashMap::new();
        for (machine, metric, mids, at) in rows {
            learned.entry(machine).or_default().take(metric, mids, at, told.get(&machine).copied());
        }
        learned.retain(|_, of| !of.days.is_empty());
        Ok(learned)
    }

    /// When alerts stood on these machines that fired, from when their figures began to be so; of each figure that their rules name.
    async fn ill(&self, machines: &[Uuid], now: Time) -> Result<Ill> {
        let sql = "select a.machine_id, jsonb_path_query_array(r.rule, '$.condition.terms[*].metric'), \
                       least(a.since, a.fired_at - make_interval(secs => (r.rule #>> '{condition,for_s}')::float8)), \
                       coalesce(a.resolved_at, $3) \
                   from health_alerts a join health_rules r on r.id = a.rule_id \
                   where a.machine_id = any($1) and a.fired_at is not null and coalesce(a.resolved_at, $3) > $2";
        let rows: Vec<(Uuid, Json<Vec<String>>, Time, Time)> =
            sqlx::query_as(sql).bind(machines).bind(now - LOOK_BACK).bind(now).fetch_all(&self.pool).await?;
        let mut ill = Ill::default();
        for (machine, metrics, from, until) in rows {
            for metric in metrics.0.iter().filter_map(|name| name.parse::<Metric>().ok()) {
                ill.machines.push(machine);
                ill.metrics.push(metric.number());
                ill.from.push(from);
                ill.until.push(until);
            }
        }
        Ok(ill)
    }

    /// By which clocks these machines are told of; those whose site names none are not in it. Where a machine's site has others than
    /// were learned by, what was measured before now says nothing about its times of day: it went by others, or by the same at another
    /// place. Another name of the same clocks is nothing new.
    async fn told_by(&self, machines: &[Uuid], now: Time) -> Result<HashMap<Uuid, Told>> {
        let clocks = self.clocks().await?;
        let mut alike = Alike::at(now);
        let sql = "select m.id, m.site, r.zone, r.since from machines m left join machine_rhythms r on r.machine_id = m.id \
                   where m.id = any($1)";
        let rows: Vec<(Uuid, String, Option<String>, Option<Time>)> =
            sqlx::query_as(sql).bind(machines).fetch_all(&self.pool).await?;
        let told = |(machine, site, by, since): (Uuid, String, Option<String>, Option<Time>)| {
            let zone = clocks.of_site(&site)?;
            let since = match by {
                Some(by) if !alike.are(&by, zone) => Some(now),
                _ => since,
            };
            Some((machine, Told { zone, since }))
        };
        Ok(rows.into_iter().filter_map(told).collect())
    }

    /// Learns what is usual on the models, from what is usual on their machines.
    pub async fn learn_models(&self, now: Time) -> Result<()> {
        let clocks = self.clocks().await?;
        let sql = "select m.model, m.site, h.usual, r.zone, r.metrics, r.medians, r.mads from machine_health h \
                   join machines m on m.id = h.machine_id left join machine_rhythms r on r.machine_id = h.machine_id \
                   where m.model <> '' and h.usual <> '{}'";
        let (mut models, mut alike) = (BTreeMap::<String, OfModel>::new(), Alike::at(now));
        for row in sqlx::query_as::<_, MachineRow>(sql).fetch_all(&self.pool).await? {
            models.entry(row.model.clone()).or_default().take(row, &clocks, &mut alike);
        }
        let usual: BTreeMap<String, BTreeMap<Metric, Baseline>> =
            models.iter().map(|(model, of)| (model.clone(), of.days())).collect();
        let (names, values): (Vec<&String>, Vec<_>) =
            usual.iter().map(|(model, days)| (model, Json(numbered(days)))).unzip();
        let sql = "insert into model_health (model, usual, learned_at) \
                   select model, usual, $3 from unnest($1::text[], $2::jsonb[]) as s (model, usual) \
                   on conflict (model) do update set usual = excluded.usual, learned_at = excluded.learned_at \
                   where model_health.usual is distinct from excluded.usual";
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
    mads: Option<Vec<Option<f32>>>,
}

/// What is usual on the machines of a model: their medians, and of each part all that is known.
#[derive(Default)]
struct OfModel {
    days: BTreeMap<Metric, Vec<f64>>,
    parts: BTreeMap<Metric, [Vec<Baseline>; PARTS]>,
}

impl OfModel {
    fn take(&mut self, row: MachineRow, clocks: &Clocks, alike: &mut Alike) {
        let (medians, mads) = (row.medians.unwrap_or_default(), row.mads.unwrap_or_default());
        let told = row.zone.zip(clocks.of_site(&row.site));
        let known = told.is_some_and(|(by, zone)| alike.are(&by, zone));
        let of = if known { row.metrics.unwrap_or_default() } else { vec![] };
        let rhythms = rhythms::read(of, &medians, &mads);
        for (metric, found) in metrics_of(row.usual.0) {
            self.days.entry(metric).or_default().push(found.median);
            if !metric.has_rhythm() {
                continue;
            }
            // Where nothing else is known of a time of day, it is as the day; how it wanders then is not known.
            let of_part = |part: usize| rhythms.get(&metric)?.0[part];
            let parts = self.parts.entry(metric).or_default();
            for (part, all) in parts.iter_mut().enumerate() {
                all.push(of_part(part).unwrap_or(Baseline { mad: 0.0, ..found }));
            }
        }
    }

    fn days(&self) -> BTreeMap<Metric, Baseline> {
        let days = self.days.iter();
        days.filter_map(|(metric, all)| Some((*metric, Baseline::of(all, ENOUGH_PEERS)?))).collect()
    }

    fn rhythms(&self, days: &BTreeMap<Metric, Baseline>) -> Rhythms {
        let parts = self.parts.iter().filter_map(|(metric, each)| {
            Some((*metric, Arc::new(Parts::of_peers(*metric, days.get(metric)?, each, ENOUGH_PEERS)?)))
        });
        parts.collect()
    }
}
