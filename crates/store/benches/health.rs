//! How many machines can tell their figures each minute. Needs `DATABASE_URL`; run by
//! `cargo bench -p pitstop-store --bench health -- 100000`.
//!
//! The store alone, on a real PostgreSQL: machines tell once, together as the server gathers them; then an hour of some is
//! rolled up, and all are judged. HTTP and JSON are not in the figures.

#![expect(clippy::unwrap_used, reason = "a benchmark: what is missing ends it")]

#[path = "../tests/store/database.rs"]
mod database;

use chrono::TimeDelta;
use pitstop_domain::health::Metric;
use pitstop_domain::health::sample::Figures;
use pitstop_domain::id::MachineId;
use pitstop_store::Store;
use pitstop_store::health::measure::Batch;
use std::time::Instant;

/// As `Store::measured` gathers them.
const TOGETHER: usize = 256;
/// Writers beside each other, as web processes are.
const WRITERS: usize = 2;
const ROUNDS: i64 = 3;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let machines: i32 = std::env::args().filter_map(|word| word.parse().ok()).next().unwrap_or(20_000);
    let store = Store::open(&database::own_database().await).await.unwrap();
    let sql = "insert into machines (id, name, arch, firmware) \
               select gen_random_uuid(), 'm' || n, 'x86_64', 'uefi' from generate_series(1, $1) n returning id";
    let ids: Vec<uuid::Uuid> = sqlx::query_scalar(sql).bind(machines).fetch_all(store.pool()).await.unwrap();
    let figures = Figures(Metric::all().take(14).map(|metric| (metric, 42.5)).collect());
    let now = store.now();
    for round in 1..=ROUNDS {
        let begun = Instant::now();
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..WRITERS {
            let (store, ids, figures) = (store.clone(), ids.clone(), figures.clone());
            writers.spawn(async move {
                for some in ids.chunks(TOGETHER).skip(writer).step_by(WRITERS) {
                    let at = now - TimeDelta::hours(3) + TimeDelta::minutes(round);
                    let batch = |id: &uuid::Uuid| Batch {
                        machine: MachineId(*id),
                        stream: 1,
                        samples: vec![(round, at, figures.clone())],
                    };
                    let batches: Vec<_> = some.iter().map(batch).collect();
                    store.store_measurements(&batches, now).await.unwrap();
                }
            });
        }
        writers.join_all().await;
        let took = begun.elapsed().as_secs_f64();
        println!(
            "round {round}: {machines} machines told in {took:.1} s, {:.0} a second",
            f64::from(machines) / took
        );
    }
    let (begun, mut hours) = (Instant::now(), 0);
    while hours < machines as usize / 10 {
        hours += store.roll_up(1000, now).await.unwrap();
    }
    println!("rolled up: {hours} hours in {:.1} s", begun.elapsed().as_secs_f64());
    let (begun, mut judged) = (Instant::now(), 0);
    while judged < machines as usize / 10 {
        judged += store.judge_health(1000, now).await.unwrap();
    }
    println!("judged: {judged} machines in {:.1} s", begun.elapsed().as_secs_f64());
}
