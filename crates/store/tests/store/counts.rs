//! What is counted once says what counting the machines themselves would say, to whoever may see a part of them.

use super::world::{World, at, in_maintenance, own, reported};
use pitstop_domain::health::spread::Class;
use pitstop_domain::id::JobId;
use pitstop_domain::people::{Grant, Role, Scope};
use pitstop_domain::sighting::{FetchStep, Fetched, Sighting};
use pitstop_store::health::counts::Counted;
use pitstop_store::people::audit::Entry;

/// 600 machines at three sites, of two models, with none to three labels; every seventh is not judged.
async fn fleet(world: &World) {
    let sql = "insert into machines (id, name, site, labels, arch, firmware, inventory) select gen_random_uuid(), 'c' || i, \
               (array['berlin', 'graz', 'wien'])[1 + i % 3], \
               array_remove(array[case when i % 2 = 0 then 'lab' end, case when i % 5 = 0 then 'kiosk' end, 'no-' || i], null), \
               'x86_64', 'uefi', jsonb_build_object('model', 'M' || i % 2) from generate_series(1, 600) as i";
    sqlx::query(sql).execute(world.store.pool()).await.unwrap();
    let sql = "insert into machine_health (machine_id, stream, through, seen_at, score) \
               select id, 1, 1, $1, case when substr(name, 2)::int % 7 > 0 then (substr(name, 2)::int * 37) % 101 end \
               from machines where name like 'c%'";
    sqlx::query(sql).bind(at(0)).execute(world.store.pool()).await.unwrap();
}

/// Somebody with this scope, so that its labels are told apart.
async fn person(world: &World, name: &str, scope: Scope) {
    let test = || "test".to_owned();
    let entry = Entry { who: test(), came_from: test(), act: test(), ..Entry::default() };
    let grants = [Grant { role: Role::Viewer, scope }];
    world.store.add_person(name, name, &grants, &entry).await.unwrap();
}

async fn told(world: &World, scopes: Option<&[Scope]>, second: i64) -> Counted {
    world.store.health_counts(scopes, at(second)).await.unwrap()
}

#[tokio::test]
async fn whoever_sees_a_part_is_told_what_its_machines_say_and_nothing_of_the_others() {
    let world = World::new().await;
    fleet(&world).await;
    let at_graz = Scope { labels: ["lab".to_owned(), "kiosk".to_owned()].into(), ..Scope::sites(["graz"]) };
    let parts = [
        vec![Scope::sites(["graz"])],
        vec![Scope::sites(["graz", "nowhere"]), Scope::labels(["kiosk"])],
        vec![Scope::labels(["lab"]), Scope::labels(["kiosk"])],
        vec![at_graz.clone()],
        vec![Scope::sites(["nowhere"])],
        vec![],
    ];
    person(&world, "ann", at_graz).await;
    let before: Vec<_> = {
        let mut all = vec![told(&world, None, 0).await];
        for scopes in &parts {
            all.push(told(&world, Some(scopes), 0).await);
        }
        all
    };
    assert!(before.iter().all(|counted| counted.at.is_none()), "nobody has counted yet");
    assert!(world.store.count_health(at(0)).await.unwrap());
    assert!(!world.store.count_health(at(10)).await.unwrap(), "it is counted once a minute");
    let all = told(&world, None, 1).await;
    assert_eq!((all.at, &all.sites, &all.models), (Some(at(0)), &before[0].sites, &before[0].models));
    assert_eq!((all.sites.len(), all.sites["graz"].machines()), (3, 200));
    for (scopes, machines) in parts.iter().zip(&before[1..]) {
        let counted = told(&world, Some(scopes), 1).await;
        assert_eq!(counted.at, Some(at(0)), "{scopes:?}");
        assert_eq!((&counted.sites, &counted.models), (&machines.sites, &machines.models), "{scopes:?}");
    }
    let rows = world.count("select count(*) from health_counts").await;
    assert!(rows < 600, "labels that no scope names make no rows of their own: {rows}");
}

#[tokio::test]
async fn a_label_that_was_not_told_apart_is_counted_by_the_machines_and_its_days_are_left_out() {
    let world = World::new().await;
    fleet(&world).await;
    world.store.count_health(at(0)).await.unwrap();
    let day = at(0).date_naive();
    let lab = [Scope::labels(["lab"])];
    let counted = told(&world, Some(&lab), 1).await;
    assert_eq!((counted.at, counted.sites.values().map(|here| here.machines()).sum::<u64>()), (None, 300));
    assert!(world.store.health_days(Some(&lab), day).await.unwrap().is_empty());
    person(&world, "ann", lab[0].clone()).await;
    world.store.count_health(at(60)).await.unwrap();
    assert_eq!(told(&world, Some(&lab), 61).await.at, Some(at(60)));
    let days = world.store.health_days(Some(&lab), day).await.unwrap();
    assert_eq!((days.len(), days[0].well + days[0].fair + days[0].poor + days[0].unknown), (1, 300));
    let stale = told(&world, Some(&lab), 60 + 601).await;
    assert_eq!(stale.at, None, "where nobody counts any more, the machines are counted");
}

#[tokio::test]
async fn a_day_keeps_its_last_hour_and_goes_when_hours_go() {
    let world = World::new().await;
    fleet(&world).await;
    let (all, day) = (None, at(0).date_naive());
    world.store.count_health(at(0)).await.unwrap();
    let first = world.store.health_days(all, day).await.unwrap()[0];
    let whole = told(&world, all, 1).await;
    let of = |class| whole.sites.values().map(|here| here.of(class)).sum::<u64>();
    assert_eq!([first.well, first.fair, first.poor, first.unknown], Class::ALL.map(of));
    let sick = "update machine_health set score = 1";
    sqlx::query(sick).execute(world.store.pool()).await.unwrap();
    world.store.count_health(at(600)).await.unwrap();
    assert_eq!(world.store.health_days(all, day).await.unwrap(), [first], "not within the hour");
    world.store.count_health(at(3600)).await.unwrap();
    let last = world.store.health_days(all, day).await.unwrap();
    assert_eq!((last.len(), last[0].poor, last[0].unknown), (1, 600, 0));
    let next = world.store.count_health(at(86_400)).await.unwrap();
    assert!(next && world.store.health_days(all, day).await.unwrap().len() == 2);
    world.store.forget_old_health_days(at(86_400)).await.unwrap();
    assert_eq!(world.count("select count(*) from health_day_counts").await, 3);
}

fn fetched(job: JobId, name: &str) -> Sighting {
    let (name, step) = (name.to_owned(), FetchStep::Initrd);
    Sighting::Fetched(Fetched {
        job: Some(job),
        step,
        name,
        bytes: 9,
        total: Some(9),
        done: true,
        digest: None,
    })
}

#[tokio::test]
async fn hops_of_a_trip_that_is_over_are_counted_once() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    world.saw(machine, own("before"), 0).await;
    let job = world.job(machine, 1).await;
    world.work(4).await;
    world.saw(machine, fetched(job.id, "kernel"), 24).await;
    world.saw(machine, fetched(job.id, "initrd"), 40).await;
    for (second, seen) in [(60, in_maintenance(job.id)), (90, reported(job.id)), (130, own("after"))] {
        world.saw(machine, seen, second).await;
        world.work(second).await;
    }
    assert_eq!(
        world.store.count_hops(at(131)).await.unwrap(),
        0,
        "one that began to close before may come yet"
    );
    assert_eq!(world.store.count_hops(at(200)).await.unwrap(), 1);
    assert_eq!(world.store.count_hops(at(300)).await.unwrap(), 0);
    let hops = world.store.ourselves().await.unwrap().hops;
    let told: Vec<_> = hops.iter().map(|hop| (hop.hop.name(), hop.hops, hop.seconds)).collect();
    let expected = [
        ("waiting", 1, 3.0),
        ("restarting", 1, 20.0),
        ("transferring", 1, 16.0),
        ("starting", 1, 20.0),
        ("working", 1, 30.0),
        ("returning", 1, 40.0),
        ("held", 0, 0.0),
    ];
    assert_eq!(told, expected);
    assert_eq!(hops[1].took[4], 1, "20 s are no longer than the limit of 20 s");
}
