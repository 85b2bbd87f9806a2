//! How many machines can tell their figures each minute, and how soon a year of one is charted. Run by `cargo xtask bench
//! health`; needs `DATABASE_URL`. `cargo bench -p pitstop-store --bench health -- 20000` takes another number of machines.
//!
//! The store alone, on a real PostgreSQL: what comes in goes the way that the server's takes, a machine a call, gathered there.
//! HTTP, JSON and the agents are not in it. What the worker does with what came in is measured beside it, and all together is
//! told as the part of a minute that it takes: where that is a whole one, a backlog begins.

#![expect(clippy::unwrap_used, reason = "a benchmark: what is missing ends it")]

#[path = "../tests/store/database.rs"]
mod database;

use chrono::{DurationRound, TimeDelta};
use pitstop_domain::Time;
use pitstop_domain::health::baseline::ENOUGH;
use pitstop_domain::health::rhythm::PARTS;
use pitstop_domain::health::sample::Figures;
use pitstop_domain::health::{Baseline, Metric};
use pitstop_domain::id::MachineId;
use pitstop_store::Store;
use pitstop_store::health::measure::Batch;
use std::collections::BTreeMap;
use std::time::Instant;
use uuid::Uuid;

/// Machines that tell at the same moment: the server answers no more at once.
const AT_ONCE: usize = 512;
/// Minutes, after one that makes the rows of machines that have never told.
const MINUTES: i64 = 5;
/// Figures of a machine in a minute; the rare ones come once in ten.
const FIGURES: usize = 14;

/// Machines whose year is in the tables: each hour's rows of so many fill more than one page, as those of a fleet do.
const WITH_A_YEAR: usize = 60;
const CHARTS: usize = 20;

/// Machines of which a whole hour is rolled up, as it is where nothing was missed.
const WITH_AN_HOUR: usize = 2000;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let machines: i32 = std::env::args().filter_map(|word| word.parse().ok()).next().unwrap_or(100_000);
    let store = Store::open(&database::own_database().await).await.unwrap();
    let sql = "insert into machines (id, name, site, arch, firmware, inventory) select gen_random_uuid(), 'm' || n, 's' || n % 40, \
               'x86_64', 'uefi', jsonb_build_object('model', 'M' || n % 60) from generate_series(1, $1) n returning id";
    let ids: Vec<Uuid> = sqlx::query_scalar(sql).bind(machines).fetch_all(store.pool()).await.unwrap();
    // An hour that is over, so that it can be rolled up.
    let from = store.now() - TimeDelta::hours(3);
    minute(&store, &ids, from, 0).await;
    let usual = serde_json::to_value(usual()).unwrap();
    let sql = "update machine_health set usual = $1, learned_at = $2";
    sqlx::query(sql).bind(usual).bind(store.now()).execute(store.pool()).await.unwrap();
    times_of_day(&store).await;
    sqlx::query("vacuum analyze").execute(store.pool()).await.unwrap();

    println!("{machines} machines, {FIGURES} figures each, every minute\n");
    let mut tells = Vec::new();
    for n in 1..=MINUTES {
        // The last is of now: health is judged of fresh figures.
        let at = if n == MINUTES { store.now() } else { from + TimeDelta::minutes(n) };
        let took = minute(&store, &ids, at, n).await;
        println!("minute {n}: told in {took:6.1} s, {:6.0} machines a second", f64::from(machines) / took);
        tells.push(took);
    }
    tells.sort_by(f64::total_cmp);
    let tell = tells[tells.len() / 2];
    let share = |took: f64, done: usize, each_minute: f64| took / done as f64 * each_minute;
    let all = f64::from(machines);
    let (took, done) =
        until_done(&store, ids.len() / 5, async |now| store.judge_health(1000, now).await.unwrap()).await;
    let judge = share(took, done, all);
    let with_an_hour = &ids[..WITH_AN_HOUR.min(ids.len())];
    whole_hour(&store, with_an_hour, from - TimeDelta::hours(1)).await;
    let (took, done) =
        until_done(&store, with_an_hour.len(), async |now| store.roll_up(500, now).await.unwrap()).await;
    let roll = share(took, done, all / 60.0);
    let with_a_year = &ids[..WITH_A_YEAR.min(ids.len())];
    let rows = fill_year(&store, with_a_year).await;
    let sql = "update machine_health set learned_at = case when machine_id = any($1) then null else $2 end";
    sqlx::query(sql).bind(with_a_year).bind(store.now()).execute(store.pool()).await.unwrap();
    let (took, done) =
        until_done(&store, with_a_year.len(), async |now| store.learn_usual(1000, now).await.unwrap()).await;
    let learn = share(took, done, all / 360.0);
    let begun = Instant::now();
    store.count_health(store.now()).await.unwrap();
    let count = begun.elapsed().as_secs_f64();
    let sum = tell + judge + roll + learn + count;
    println!("\nof each minute, in seconds");
    for (what, took) in [
        ("figures are stored", tell),
        ("health is judged", judge),
        ("an hour's sixtieth is rolled up", roll),
        ("what is usual is learned", learn),
        ("the fleet is counted", count),
        ("together", sum),
    ] {
        println!("  {what:<32} {took:6.2}  {:5.1} %", took / 0.6);
    }
    println!("  a backlog begins at about {:.0} machines, where nothing else is done\n", all * 60.0 / sum);
    chart_year(&store, with_a_year, rows).await;
}

/// All machines tell once. Gives the seconds.
async fn minute(store: &Store, ids: &[Uuid], at: Time, seq: i64) -> f64 {
    let figures = Figures(Metric::all().take(FIGURES).map(|metric| (metric, 42.5 + seq as f64)).collect());
    let begun = Instant::now();
    let mut telling = tokio::task::JoinSet::new();
    for id in ids {
        if telling.len() >= AT_ONCE {
            telling.join_next().await.unwrap().unwrap();
        }
        let (store, figures, machine) = (store.clone(), figures.clone(), MachineId(*id));
        telling.spawn(async move {
            let batch = Batch { machine, stream: 1, samples: vec![(seq + 1, at, figures)] };
            store.measured(batch, store.now()).await.unwrap();
        });
    }
    telling.join_all().await;
    begun.elapsed().as_secs_f64()
}

/// Until so many are done. Gives the seconds and how many were.
async fn until_done(store: &Store, enough: usize, mut some: impl AsyncFnMut(Time) -> usize) -> (f64, usize) {
    let (begun, now, mut done) = (Instant::now(), store.now(), 0);
    while done < enough {
        let more = some(now).await;
        assert!(more > 0, "there is something to do");
        done += more;
    }
    (begun.elapsed().as_secs_f64(), done)
}

fn usual() -> BTreeMap<String, Baseline> {
    let hours: Vec<f64> = (0..ENOUGH * 4).map(|n| 40.0 + (n % 7) as f64).collect();
    let usual = Baseline::of(&hours, ENOUGH).unwrap();
    Metric::all().take(FIGURES).map(|metric| (metric.number().to_string(), usual)).collect()
}

/// All machines have times of day, in all figures that can.
async fn times_of_day(store: &Store) {
    let metrics: Vec<i16> =
        Metric::all().take(FIGURES).filter(|metric| metric.has_rhythm()).map(Metric::number).collect();
    let sql = "insert into machine_rhythms (machine_id, zone, metrics, medians, mads) select id, 'UTC', $1, \
               array_fill(42.5::real, array[$2]), array_fill(1.5::real, array[$2]) from machines";
    let values = (metrics.len() * PARTS) as i32;
    sqlx::query(sql).bind(metrics).bind(values).execute(store.pool()).await.unwrap();
}

/// Figures of each minute of this hour, which is due.
async fn whole_hour(store: &Store, ids: &[Uuid], hour: Time) {
    let hour = hour.duration_trunc(TimeDelta::hours(1)).unwrap();
    // Through the store once, so that the part of the table is there.
    let figures = Figures([(Metric::CpuSpeed, 1.0)].into());
    let batch = Batch { machine: MachineId(ids[0]), stream: 2, samples: vec![(1, hour, figures)] };
    store.measured(batch, store.now()).await.unwrap();
    let sql = "insert into measurements (machine_id, at, metrics, figures) select id, $2 + n * interval '1 minute', \
               array(select generate_series(1, $3))::smallint[], array_fill((40 + n % 7)::real, array[$3]) \
               from generate_series(0, 59) as n, unnest($1::uuid[]) as id on conflict do nothing";
    sqlx::query(sql).bind(ids).bind(hour).bind(FIGURES as i32).execute(store.pool()).await.unwrap();
    let sql =
        "insert into measurements_due select id, $2 from unnest($1::uuid[]) as id on conflict do nothing";
    sqlx::query(sql).bind(ids).bind(hour).execute(store.pool()).await.unwrap();
}

/// A year of hours, whose rows lie between those of others, as they do when all are rolled up hourly. Gives how many.
async fn fill_year(store: &Store, ids: &[Uuid]) -> u64 {
    let until = store.now();
    let from = until - TimeDelta::days(365);
    let months = "do $$ declare m date := date_trunc('month', now() - interval '13 months'); begin while m < now() + interval '1 month' loop \
                  execute format('create table if not exists measurements_hourly_%s partition of measurements_hourly for values \
                  from (%L) to (%L)', to_char(m, 'YYYYMMDD'), m::text || 'T00:00:00Z', (m + interval '1 month')::date::text || 'T00:00:00Z'); \
                  m := m + interval '1 month'; end loop; end $$";
    sqlx::raw_sql(months).execute(store.pool()).await.unwrap();
    let sql = "insert into measurements_hourly (machine_id, at, metrics, low, mid, high) \
               select id, at, array(select generate_series(1, $4))::smallint[], array_fill(1::real, array[$4]), \
               array_fill((case when extract(hour from at) between 8 and 19 then 2.9 else 2 end)::real, array[$4]), array_fill(3::real, array[$4]) \
               from generate_series(date_trunc('hour', $2::timestamptz), $3, '1 hour') as at, unnest($1::uuid[]) as id \
               order by at on conflict do nothing";
    let fill = sqlx::query(sql).bind(ids).bind(from).bind(until).bind(FIGURES as i32);
    let rows = fill.execute(store.pool()).await.unwrap().rows_affected();
    sqlx::query("vacuum analyze measurements_hourly").execute(store.pool()).await.unwrap();
    rows
}

async fn chart_year(store: &Store, ids: &[Uuid], rows: u64) {
    let until = store.now();
    let from = until - TimeDelta::days(365);
    let (mut times, mut points) = (Vec::new(), 0);
    for id in ids.iter().cycle().take(CHARTS) {
        let begun = Instant::now();
        let chart = store.chart(MachineId(*id), from, until).await.unwrap();
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
        points = chart.values().map(Vec::len).sum();
    }
    times.sort_by(f64::total_cmp);
    println!("a year of a machine, {points} points, in a table of {rows} hours of {} machines:", ids.len());
    println!("  half within {:.0} ms, the slowest {:.0} ms", times[times.len() / 2], times[times.len() - 1]);
}
