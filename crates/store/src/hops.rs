//! How long the hops of trips took. Each trip is counted once, after its end, by whoever looks first.

use crate::text::value;
use crate::{Result, Store};
use chrono::TimeDelta;
use pitstop_domain::Time;
use pitstop_domain::hop::{Hop, Seen, hops};
use pitstop_domain::job::Phase;
use sqlx::PgTransaction;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Seconds that are told apart: an answer is a second, a boot a minute, a memory test hours.
pub const LIMITS: [f64; 14] =
    [1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 14_400.0, 86_400.0];

/// A job is closed at the time at which its transaction began: one that commits later than this after it is missed.
const LATE: TimeDelta = TimeDelta::seconds(30);

/// Trips of one look.
const SOME: i64 = 500;

/// A hop, over all trips.
#[derive(Clone, Debug, PartialEq)]
pub struct HopCount {
    pub hop: Hop,
    pub hops: u64,
    pub seconds: f64,
    /// How many took no longer than each of [`LIMITS`], and longer than the one before; the last: longer than all.
    pub took: Vec<u64>,
}

type Ended = (Uuid, Time);

impl Store {
    /// Counts trips that are over and not counted yet. Gives how many; another process that counts at this moment leaves
    /// none.
    pub async fn count_hops(&self, now: Time) -> Result<usize> {
        let mut tx = self.pool.begin().await?;
        let sql = "select closed_at, job_id from hops_counted for update skip locked";
        let Some(mark) = sqlx::query_as::<_, (Time, Uuid)>(sql).fetch_optional(&mut *tx).await? else {
            return Ok(0);
        };
        let sql = "select id, closed_at from jobs where phase = 'closed' and (closed_at, id) > ($1, $2) and closed_at <= $3 \
                   order by closed_at, id limit $4";
        let query = sqlx::query_as(sql).bind(mark.0).bind(mark.1).bind(now - LATE).bind(SOME);
        let ended: Vec<Ended> = query.fetch_all(&mut *tx).await?;
        let Some((last, at)) = ended.last() else {
            // At once: dropped, it would hold the mark until the connection is used again.
            tx.rollback().await?;
            return Ok(0);
        };
        let mut counts: BTreeMap<(&str, i16), (i64, f64)> = BTreeMap::new();
        for seen in seen_of(&mut tx, &ended).await? {
            for (hop, took) in hops(&seen) {
                let seconds = took.as_seconds_f64();
                let count = counts.entry((hop.name(), place(seconds))).or_default();
                *count = (count.0 + 1, count.1 + seconds);
            }
        }
        let sql = "insert into hop_counts (hop, place, hops, seconds) \
                   select * from unnest($1::text[], $2::smallint[], $3::bigint[], $4::float8[]) \
                   on conflict (hop, place) do update set hops = hop_counts.hops + excluded.hops, \
                       seconds = hop_counts.seconds + excluded.seconds";
        sqlx::query(sql)
            .bind(counts.keys().map(|(hop, _)| *hop).collect::<Vec<_>>())
            .bind(counts.keys().map(|(_, place)| *place).collect::<Vec<_>>())
            .bind(counts.values().map(|(hops, _)| *hops).collect::<Vec<_>>())
            .bind(counts.values().map(|(_, seconds)| *seconds).collect::<Vec<_>>())
            .execute(&mut *tx)
            .await?;
        let sql = "update hops_counted set closed_at = $1, job_id = $2";
        sqlx::query(sql).bind(at).bind(last).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(ended.len())
    }

    /// All hops, also those that nobody has made.
    pub(crate) async fn hop_counts(&self) -> Result<Vec<HopCount>> {
        let sql = "select hop, place, hops, seconds from hop_counts";
        let rows: Vec<(String, i16, i64, f64)> = sqlx::query_as(sql).fetch_all(&self.pool).await?;
        let count = |hop: Hop| {
            let mut count = HopCount { hop, hops: 0, seconds: 0.0, took: vec![0; LIMITS.len() + 1] };
            for (_, place, hops, seconds) in rows.iter().filter(|row| row.0 == hop.name()) {
                count.hops += hops.unsigned_abs();
                count.seconds += seconds;
                let took = usize::try_from(*place).ok().and_then(|place| count.took.get_mut(place));
                if let Some(took) = took {
                    *took += hops.unsigned_abs();
                }
            }
            count
        };
        Ok(Hop::ALL.into_iter().map(count).collect())
    }
}

/// What took just as long as a limit counts below it, as Prometheus has it.
fn place(seconds: f64) -> i16 {
    i16::try_from(LIMITS.iter().filter(|limit| **limit < seconds).count()).unwrap_or(i16::MAX)
}

async fn seen_of(tx: &mut PgTransaction<'_>, ended: &[Ended]) -> Result<Vec<Seen>> {
    let ids: Vec<Uuid> = ended.iter().map(|(job, _)| *job).collect();
    let sql = "select job_id, at, \"to\" from job_history where job_id = any($1) order by job_id, id";
    let lines: Vec<(Uuid, Time, String)> = sqlx::query_as(sql).bind(&ids).fetch_all(&mut **tx).await?;
    let mut moves: HashMap<Uuid, Vec<(Time, Phase)>> = HashMap::new();
    for (job, at, to) in lines {
        moves.entry(job).or_default().push((at, value(&to, "a phase")?));
    }
    // Loaders name no job: what a machine fetches meanwhile is for the one that holds it.
    let sql = "select j.id, s.first, s.last from jobs j cross join lateral (\
                   select max(h.at) as at from job_history h where h.job_id = j.id and h.\"to\" = 'switching') as began \
               cross join lateral (select min(s.at) as first, max(s.at) as last from sightings s \
                   where s.machine_id = j.machine_id and s.at >= began.at and s.at <= j.closed_at \
                   and s.sighting ->> 'kind' = 'fetched' \
                   and coalesce(s.sighting ->> 'job', j.id::text) = j.id::text) as s \
               where j.id = any($1) and s.first is not null";
    let rows: Vec<(Uuid, Time, Time)> = sqlx::query_as(sql).bind(&ids).fetch_all(&mut **tx).await?;
    let fetched: HashMap<Uuid, (Time, Time)> =
        rows.into_iter().map(|(job, first, last)| (job, (first, last))).collect();
    let seen = |(job, _): &Ended| Seen {
        moves: moves.remove(job).unwrap_or_default(),
        fetched: fetched.get(job).copied(),
    };
    Ok(ended.iter().map(seen).collect())
}
