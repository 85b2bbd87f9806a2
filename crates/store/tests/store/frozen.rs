//! A process that stands still in the middle of a transaction holds nobody up for long.

use super::world::{World, own};
use pitstop_store::Store;
use sqlx::postgres::PgPool;
use std::time::Duration;

#[tokio::test]
async fn a_transaction_that_stands_still_is_ended_so_that_others_go_on() {
    let world = World::new().await;
    let frozen = Store::open(&world.url).await.unwrap();
    let machine = world.machine(1).await;
    let mut standing_still = frozen.pool().begin().await.unwrap();
    let lock = "select 1 from machines where id = $1 for no key update";
    sqlx::query(lock).bind(machine.0).execute(&mut *standing_still).await.unwrap();
    let goes_on = tokio::time::timeout(Duration::from_secs(25), world.saw(machine, own("boot"), 10)).await;
    assert!(goes_on.is_ok(), "a worker's lease lasts 30 s: others must not wait longer for its locks");
    assert!(standing_still.commit().await.is_err(), "whoever wakes has lost");
}

#[tokio::test]
async fn a_listener_is_told_that_its_line_broke_though_it_has_a_new_one() {
    use pitstop_store::signals::Signal;
    let world = World::new().await;
    let mut signals = world.store.listen().await.unwrap();
    let admin = PgPool::connect(&world.url).await.unwrap();
    let cut = "select pg_terminate_backend(pid) from pg_stat_activity \
               where datname = current_database() and query ilike 'listen%'";
    let ended: Vec<bool> = sqlx::query_scalar(cut).fetch_all(&admin).await.unwrap();
    assert_eq!(ended, [true]);
    let told = tokio::time::timeout(Duration::from_secs(20), signals.next()).await.unwrap();
    // Either way somebody looks again: at an error the listener's owner registers anew.
    assert!(matches!(told, Ok(Signal::Missed) | Err(_)), "{told:?}");
}
