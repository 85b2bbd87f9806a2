//! What is usual at the times of day is learned, by the clocks of the machine's site, and only while those are its clocks.

use super::world::{World, at};
use pitstop_domain::Time;
use pitstop_domain::health::Metric;
use pitstop_domain::id::MachineId;
use pitstop_domain::site::Site;

const HEAT: Metric = Metric::Temperature;
const DAY: i64 = 86_400;

/// Noon there is three in the morning by UTC; no clocks are put ahead or back.
const TOKYO: &str = "Asia/Tokyo";

async fn clocks(world: &World, zone: &str) {
    let before = world.store.sites().await.unwrap();
    let site = Site { name: "main".to_owned(), zone: zone.to_owned(), ..Site::default() };
    world.store.set_sites(&before, &[site]).await.unwrap();
}

/// So many days, straight into the hours: from 8 to 20 by clocks nine hours ahead it is hot. A speed is always the same.
async fn hours(world: &World, machines: &[MachineId], days: std::ops::Range<i64>) {
    sqlx::raw_sql(
        "create table if not exists measurements_hourly_all partition of measurements_hourly default",
    )
    .execute(world.store.pool())
    .await
    .unwrap();
    let fill = "insert into measurements_hourly (machine_id, at, metrics, low, mid, high) \
        select id, at, array[1, 10]::smallint[], array[500, heat]::real[], array[500, heat]::real[], array[500, heat]::real[] \
        from unnest($1::uuid[]) as id, generate_series($2, $3 - interval '1 hour', '1 hour') as at, lateral (select \
        case when extract(hour from at at time zone 'Asia/Tokyo') between 8 and 19 then 70 else 45 end as heat) as of_hour";
    let ids: Vec<_> = machines.iter().map(|machine| machine.0).collect();
    let (from, until) = (at(days.start * DAY), at(days.end * DAY));
    sqlx::query(fill).bind(&ids).bind(from).bind(until).execute(world.store.pool()).await.unwrap();
    let row = "insert into machine_health (machine_id, stream, through, seen_at) select id, 1, 1, $2 from unnest($1::uuid[]) as id \
        on conflict do nothing";
    sqlx::query(row).bind(&ids).bind(until).execute(world.store.pool()).await.unwrap();
}

/// What is usual at an hour by UTC of some day: from, to. `None`: only the whole day is known.
async fn band(world: &World, machine: MachineId, hour: i64) -> Option<(f64, f64)> {
    let usual = world.store.known_of(&[machine]).await.unwrap().remove(&machine)?.own.remove(&HEAT)?;
    let at: Time = at(hour * 3600);
    usual.knows_time(at).then(|| usual.band(HEAT, at))
}

async fn learn(world: &World, day: i64) {
    assert!(world.store.learn_usual(100, at(day * DAY)).await.unwrap() > 0, "it is due");
}

#[tokio::test]
async fn the_times_of_day_are_learned_by_the_clocks_of_the_site() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    clocks(&world, TOKYO).await;
    hours(&world, &[machine], 0..14).await;
    learn(&world, 14).await;
    let noon = band(&world, machine, 3).await.unwrap();
    let night = band(&world, machine, 17).await.unwrap();
    assert!(noon.0 > 60.0 && night.1 < 60.0, "{noon:?}, {night:?}");
    let of_rule = world.store.known_figures_of(&[machine], &[HEAT]).await.unwrap().remove(&machine).unwrap();
    assert_eq!(of_rule.own[&HEAT].band(HEAT, at(17 * 3600)), night);
    let known = world.store.known_of(&[machine]).await.unwrap().remove(&machine).unwrap();
    assert_eq!(known.own[&Metric::CpuSpeed].parts, None, "it is the same all day");
    let few = world.store.known_figures_of(&[machine], &[Metric::CpuSpeed]).await.unwrap().remove(&machine);
    assert_eq!(few.unwrap().own[&Metric::CpuSpeed].day.median, 500.0);
}

#[tokio::test]
async fn of_a_few_days_only_the_whole_day_is_known() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    hours(&world, &[machine], 0..5).await;
    learn(&world, 5).await;
    let known = world.store.known_of(&[machine]).await.unwrap().remove(&machine).unwrap();
    assert_eq!((known.own.len(), band(&world, machine, 3).await), (2, None));
}

#[tokio::test]
async fn other_clocks_take_back_what_was_known_until_enough_is_measured_by_them() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    clocks(&world, TOKYO).await;
    hours(&world, &[machine], 0..14).await;
    learn(&world, 14).await;
    assert!(band(&world, machine, 3).await.is_some());
    clocks(&world, "America/Phoenix").await;
    assert_eq!(band(&world, machine, 3).await, None, "at once, before anything is learned");
    learn(&world, 15).await;
    assert_eq!(band(&world, machine, 3).await, None);
    hours(&world, &[machine], 14..20).await;
    learn(&world, 20).await;
    assert_eq!(band(&world, machine, 3).await, None, "five days of other clocks are too few");
    hours(&world, &[machine], 20..24).await;
    learn(&world, 24).await;
    assert!(band(&world, machine, 3).await.is_some());
    let since: Option<Time> =
        sqlx::query_scalar("select since from machine_rhythms").fetch_one(world.store.pool()).await.unwrap();
    assert_eq!(since, Some(at(15 * DAY)), "learning again does not begin anew");
}

#[tokio::test]
async fn a_model_has_times_of_day_from_its_machines_each_by_its_own_clocks() {
    let world = World::new().await;
    let mut machines = vec![];
    for n in 1..=6 {
        machines.push(world.machine(n).await);
    }
    sqlx::query("update machines set inventory = '{\"model\": \"M1\"}'")
        .execute(world.store.pool())
        .await
        .unwrap();
    clocks(&world, TOKYO).await;
    hours(&world, &machines, 0..14).await;
    learn(&world, 14).await;
    world.store.learn_models(at(14 * DAY)).await.unwrap();
    world.store.learn_models(at(14 * DAY)).await.unwrap();
    let known = world.store.known_of(&machines[..1]).await.unwrap().remove(&machines[0]).unwrap();
    let peers = &known.peers[&HEAT];
    let (noon, night) = (peers.band(HEAT, at(3 * 3600)), peers.band(HEAT, at(17 * 3600)));
    assert!(noon.0 > 60.0 && night.1 < 60.0, "{noon:?}, {night:?}");
    assert_eq!(known.peers[&Metric::CpuSpeed].parts, None);
}

#[tokio::test]
async fn rhythms_go_with_their_machine() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    hours(&world, &[machine], 0..14).await;
    learn(&world, 14).await;
    let count = async || -> i64 {
        sqlx::query_scalar("select count(*) from machine_rhythms")
            .fetch_one(world.store.pool())
            .await
            .unwrap()
    };
    assert_eq!(count().await, 1);
    sqlx::query("delete from machines").execute(world.store.pool()).await.unwrap();
    assert_eq!(count().await, 0);
}
