//! What is usual at the times of day is learned, by the clocks of the machine's site, and only while those are its clocks.

use super::world::{World, at};
use pitstop_domain::Time;
use pitstop_domain::health::rule::{Against, Term};
use pitstop_domain::health::{Metric, Rule};
use pitstop_domain::id::{MachineId, RuleId};
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
    hours(&world, &[machine], 0..21).await;
    learn(&world, 21).await;
    let noon = band(&world, machine, 3).await.unwrap();
    let night = band(&world, machine, 17).await.unwrap();
    assert!(noon.0 > 57.0 && night.1 < 57.0, "{noon:?}, {night:?}");
    let both = [HEAT, Metric::CpuSpeed];
    let of_rule =
        world.store.known_figures_of(&[machine], &both, &[HEAT]).await.unwrap().remove(&machine).unwrap();
    assert_eq!((of_rule.own.len(), of_rule.own[&HEAT].band(HEAT, at(17 * 3600))), (1, night));
    let known = world.store.known_of(&[machine]).await.unwrap().remove(&machine).unwrap();
    assert_eq!(known.own[&Metric::CpuSpeed].parts, None, "it is the same all day");
    let speed = [Metric::CpuSpeed];
    let few = world.store.known_figures_of(&[machine], &speed, &speed).await.unwrap().remove(&machine);
    assert_eq!(few.unwrap().own[&Metric::CpuSpeed].day.median, 500.0);
    let none = world.store.known_figures_of(&[machine], &speed, &[]).await.unwrap().remove(&machine);
    assert_eq!(none.unwrap().own, [].into(), "a rule that asks for nothing usual reads nothing");
}

/// As they are asked for together, whatever else there is: each with its own parts.
#[tokio::test]
async fn of_several_figures_each_has_its_own_times_of_day() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    clocks(&world, TOKYO).await;
    let row = "insert into machine_health (machine_id, stream, through, seen_at, usual) values ($1, 1, 1, now(), \
        '{\"6\": {\"median\": 6, \"mad\": 1, \"samples\": 9}, \"10\": {\"median\": 10, \"mad\": 1, \"samples\": 9}, \
          \"16\": {\"median\": 16, \"mad\": 1, \"samples\": 9}}')";
    sqlx::query(row).bind(machine.0).execute(world.store.pool()).await.unwrap();
    let parts = "insert into machine_rhythms (machine_id, zone, metrics, medians, mads) select $1, $2, '{6, 10, 16}', \
        array_agg(m * 100), array_agg(1) from unnest(array[6, 10, 16]) as m, generate_series(1, 12)";
    sqlx::query(parts).bind(machine.0).bind(TOKYO).execute(world.store.pool()).await.unwrap();
    let asked = [Metric::Load, Metric::MemoryFree, Metric::CpuSpeed];
    let known = world.store.known_figures_of(&[machine], &asked, &asked).await.unwrap().remove(&machine);
    let own = known.unwrap().own;
    let medians: Vec<_> =
        own.iter().map(|(metric, usual)| (*metric, usual.beside(*metric, 0.0, at(0)).median)).collect();
    assert_eq!(medians, [(Metric::MemoryFree, 600.0), (Metric::Load, 1600.0)]);
}

#[tokio::test]
async fn of_a_few_days_only_the_whole_day_is_known() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    clocks(&world, TOKYO).await;
    hours(&world, &[machine], 0..5).await;
    learn(&world, 5).await;
    let known = world.store.known_of(&[machine]).await.unwrap().remove(&machine).unwrap();
    assert_eq!((known.own.len(), band(&world, machine, 3).await), (2, None));
}

#[tokio::test]
async fn other_clocks_take_back_what_was_known_until_all_that_is_learned_from_goes_by_them() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    clocks(&world, TOKYO).await;
    hours(&world, &[machine], 0..21).await;
    learn(&world, 21).await;
    assert!(band(&world, machine, 3).await.is_some());
    clocks(&world, "America/Phoenix").await;
    assert_eq!(band(&world, machine, 3).await, None, "at once, before anything is learned");
    learn(&world, 22).await;
    assert_eq!(band(&world, machine, 3).await, None);
    hours(&world, &[machine], 21..48).await;
    learn(&world, 48).await;
    assert_eq!(band(&world, machine, 3).await, None, "of the four weeks some days went by others");
    hours(&world, &[machine], 48..51).await;
    learn(&world, 51).await;
    assert!(band(&world, machine, 3).await.is_some());
    let since: Option<Time> =
        sqlx::query_scalar("select since from machine_rhythms").fetch_one(world.store.pool()).await.unwrap();
    assert_eq!(since, Some(at(22 * DAY)), "learning again does not begin anew");
}

#[tokio::test]
async fn another_name_of_the_same_clocks_takes_nothing_back() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    clocks(&world, "Japan").await;
    hours(&world, &[machine], 0..21).await;
    learn(&world, 21).await;
    let before = band(&world, machine, 3).await;
    clocks(&world, TOKYO).await;
    assert!(before.is_some() && band(&world, machine, 3).await == before);
    learn(&world, 22).await;
    assert_eq!(band(&world, machine, 3).await, before);
    let sql = "select zone, since from machine_rhythms";
    let told: (String, Option<Time>) = sqlx::query_as(sql).fetch_one(world.store.pool()).await.unwrap();
    assert_eq!(told, (TOKYO.to_owned(), None));
}

/// Machines of one model in Tokyo, each with three weeks of which the store has learned.
async fn six_of_a_model(world: &World) -> Vec<MachineId> {
    let mut machines = vec![];
    for n in 1..=6 {
        machines.push(world.machine(n).await);
    }
    sqlx::query("update machines set inventory = '{\"model\": \"M1\"}'")
        .execute(world.store.pool())
        .await
        .unwrap();
    clocks(world, TOKYO).await;
    hours(world, &machines, 0..21).await;
    learn(world, 21).await;
    machines
}

#[tokio::test]
async fn where_a_site_names_no_clocks_the_whole_day_is_all_that_is_known() {
    let world = World::new().await;
    let machines = six_of_a_model(&world).await;
    world.store.learn_models(at(21 * DAY)).await.unwrap();
    assert!(band(&world, machines[0], 3).await.is_some());
    clocks(&world, "").await;
    let known = world.store.known_of(&machines[..1]).await.unwrap().remove(&machines[0]).unwrap();
    assert!(known.own[&HEAT].parts.is_none() && known.peers[&HEAT].parts.is_none());
    // What was told by clocks that nobody names is forgotten, and not held against clocks that are named later.
    learn(&world, 22).await;
    world.store.learn_models(at(22 * DAY)).await.unwrap();
    let sql = "select (select count(*) from machine_rhythms) + (select count(*) from model_rhythms)";
    let rows: i64 = sqlx::query_scalar(sql).fetch_one(world.store.pool()).await.unwrap();
    assert_eq!(rows, 0);
    clocks(&world, TOKYO).await;
    learn(&world, 23).await;
    assert!(band(&world, machines[0], 3).await.is_some());
}

#[tokio::test]
async fn hours_in_which_an_alert_stood_do_not_become_usual() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    clocks(&world, TOKYO).await;
    hours(&world, &[machine], 0..26).await;
    // Fourteen of its days it was at half of its speed, and as cool as ever; an alert stood for all of that.
    let sql = "update measurements_hourly set mid = array[250, mid[2]] where at >= $1 and at < $2";
    let (from, until) = (at(10 * DAY), at(24 * DAY));
    sqlx::query(sql).bind(from).bind(until).execute(world.store.pool()).await.unwrap();
    let speed = async |day: i64| {
        learn(&world, day).await;
        let known = world.store.known_of(&[machine]).await.unwrap().remove(&machine).unwrap();
        assert_eq!(known.own[&HEAT].day.median, 57.5, "heat was not what it was about");
        (known.own[&Metric::CpuSpeed].day.median, known.own[&Metric::CpuSpeed].day.samples)
    };
    assert_eq!(speed(26).await.0, 250.0, "without the alert, half of all hours are slow");
    let term = Term { metric: Metric::CpuSpeed, against: Against::Own(30.0) };
    let rule = Rule::new(RuleId(uuid::Uuid::from_u128(1)), "slow", vec![term], "inventory");
    world.store.keep_health_rule(&rule, None, "anna", world.store.now()).await.unwrap();
    let stood = "insert into health_alerts (id, rule_id, machine_id, state, alert, since, fired_at, needs_person, resolved_at) \
        values (gen_random_uuid(), $1, $2, 'resolved', '{}', $3, $3, false, $4)";
    let noticed = from + chrono::TimeDelta::seconds(rule.condition.for_s.into());
    let query = sqlx::query(stood).bind(rule.id.0).bind(machine.0).bind(noticed).bind(until);
    query.execute(world.store.pool()).await.unwrap();
    assert_eq!(speed(27).await, (500.0, 12 * 24), "the hour in which it began is left out, too");
    // Where nothing is left, what was usual stays.
    sqlx::query("update health_alerts set since = $1, fired_at = $1, resolved_at = $2")
        .bind(at(0))
        .bind(at(28 * DAY))
        .execute(world.store.pool())
        .await
        .unwrap();
    assert_eq!(speed(28).await, (500.0, 12 * 24));
}

#[tokio::test]
async fn a_model_has_times_of_day_from_its_machines_each_by_its_own_clocks() {
    let world = World::new().await;
    let machines = six_of_a_model(&world).await;
    let learned = async |day: i64| {
        world.store.learn_models(at(day * DAY)).await.unwrap();
        let sql = "select array_agg(xmin::text || ' ' || ctid::text) from \
            (select xmin, ctid from model_health union all select xmin, ctid from model_rhythms) as rows";
        let rows: Vec<String> = sqlx::query_scalar(sql).fetch_one(world.store.pool()).await.unwrap();
        rows
    };
    let first = learned(21).await;
    assert_eq!((first.len(), learned(22).await), (2, first), "what is as it was is not written");
    let known = world.store.known_of(&machines[..1]).await.unwrap().remove(&machines[0]).unwrap();
    let peers = &known.peers[&HEAT];
    let (noon, night) = (peers.band(HEAT, at(3 * 3600)), peers.band(HEAT, at(17 * 3600)));
    assert!(noon.0 > 57.0 && night.1 < 57.0, "{noon:?}, {night:?}");
    assert_eq!(known.peers[&Metric::CpuSpeed].parts, None);
}

#[tokio::test]
async fn rhythms_go_with_their_machine() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    clocks(&world, TOKYO).await;
    hours(&world, &[machine], 0..21).await;
    learn(&world, 21).await;
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
