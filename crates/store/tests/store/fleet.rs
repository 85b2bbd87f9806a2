//! A search means the same in SQL as in memory, and what is shown of a fleet is a part of it.

use super::world::{World, at, boot, numbered, plan};
use pitstop_domain::Time;
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::keep::{Change, Kept};
use pitstop_domain::machine::{Arch, Desk, Firmware, Inventory, Machine, Nic};
use pitstop_domain::net::Mac;
use pitstop_domain::people::Scope as Part;
use pitstop_domain::query::plain::keys;
use pitstop_domain::query::sort::By;
use pitstop_domain::query::{Group, Known, Query, Scope, Sort};
use pitstop_domain::route::Route;
use pitstop_domain::sighting::{Sighting, Told};
use pitstop_domain::state::{MachineState, Seen};
use pitstop_store::Error;
use pitstop_store::fleet::views::ViewRow;
use pitstop_store::fleet::{Wanted, Window};
use pitstop_store::machines::NewMachine;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::HashSet;

/// The moment at which fleets are looked at.
const NOW: i64 = 1_000_000;

/// A machine, and how it came to its state.
#[derive(Clone, Debug)]
struct Made {
    new: NewMachine,
    desk: Desk,
    inventory: Option<Inventory>,
    agent: bool,
    /// Seconds ago that its own system's agent reported, and that it was sent home.
    own: Option<i64>,
    home: Option<i64>,
    /// ... and that its agent said that it shuts it down.
    off: Option<i64>,
    phase: Option<&'static str>,
}

const WORDS: [&str; 8] = ["berlin", "Berlin", "new york", "b_r%", "lab", "a*b", "Ä", ""];

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(WORDS.to_vec()).prop_map(str::to_owned)
}

fn inventory() -> impl Strategy<Value = Inventory> {
    (
        word(),
        word(),
        prop::collection::vec(prop::sample::select(vec!["10.0.0.1/24", "10.0.1.1", "fe80::1"]), 0..3),
    )
        .prop_map(|(model, serial, addresses)| Inventory {
            vendor: "Dell Inc.".to_owned(),
            model,
            serial,
            nics: vec![Nic {
                name: "eth0".to_owned(),
                mac: Mac([2, 0, 0, 0, 0, 1]),
                link: true,
                addresses: addresses.into_iter().map(str::to_owned).collect(),
            }],
            ..Inventory::default()
        })
}

fn made(number: u32) -> impl Strategy<Value = Made> {
    let ago = || prop::option::of(prop::sample::select(vec![0i64, 75, 76, 3600, 90_000]));
    let names = (
        word(),
        prop::collection::vec(word().prop_filter("a label", |w| !w.is_empty()), 0..3),
        word(),
        word(),
    );
    let phases =
        prop::option::weighted(0.3, prop::sample::select(vec!["switching", "running", "restoring", "held"]));
    (names, prop::option::of(inventory()), any::<bool>(), (ago(), ago(), ago()), phases, any::<bool>())
        .prop_map(move |((site, labels, room, used_by), inventory, agent, (own, home, off), phase, arm)| {
            Made {
                new: NewMachine {
                    site: if site.is_empty() { "main".to_owned() } else { site },
                    labels,
                    arch: if arm { Arch::Aarch64 } else { Arch::X86_64 },
                    ..numbered(number)
                },
                desk: Desk { room, used_by, asset_tag: format!("A-{number}") },
                inventory,
                agent,
                own,
                home,
                off,
                phase,
            }
        })
}

impl Made {
    async fn store(&self, world: &World) -> MachineId {
        let store = &world.store;
        let id = store.add_machine(&self.new).await.unwrap();
        let kept =
            Kept { site: self.new.site.clone(), labels: self.new.labels.clone(), desk: self.desk.clone() };
        store.keep_machine(id, &kept, 1).await.unwrap();
        if let Some(inventory) = &self.inventory {
            store.set_inventory(id, inventory).await.unwrap();
        }
        if self.agent {
            store.set_has_agent(id).await.unwrap();
        }
        if let Some(ago) = self.own {
            world.saw(id, Sighting::OwnAgent { boot_id: boot("own") }, NOW - ago).await;
        }
        if let Some(ago) = self.home {
            let sighting = Sighting::AskedToBoot { by: "BIOS".to_owned(), told: Told::OwnSystem };
            world.saw(id, sighting, NOW - ago).await;
        }
        if let Some(ago) = self.off {
            world.saw(id, Sighting::ShutDown { job: JobId(sqlx::types::Uuid::nil()) }, NOW - ago).await;
        }
        if !self.new.macs[0].0[5].is_multiple_of(4) {
            let sql = "insert into machine_health (machine_id, stream, through, seen_at, score, judged_at) \
                       values ($1, 0, 0, now(), $2, $3)";
            // What was judged long ago is not known by now.
            let (score, judged) = match self.health() {
                None => (Some(7), at(NOW - 3600)),
                score => (score.map(i16::from), at(NOW)),
            };
            sqlx::query(sql).bind(id.0).bind(score).bind(judged).execute(store.pool()).await.unwrap();
        }
        if let Some(phase) = self.phase {
            let job = world.job_planned(id, NOW - 50, plan(vec![Route::Person])).await;
            let attempt = i32::from(matches!(phase, "switching" | "restoring"));
            let outcome = if matches!(phase, "restoring" | "held") { "'failed'" } else { "null" };
            let sql = format!(
                "update jobs set phase = '{phase}', attempt = {attempt}, outcome = {outcome}, switching_since = now() where id = $1"
            );
            world.sql(&sql, &job).await.unwrap();
        }
        id
    }

    /// Some were never measured, some are not judged, and all others differ.
    fn health(&self) -> Option<u8> {
        match self.new.macs[0].0[5] {
            number if number % 4 < 2 => None,
            number => Some(number.wrapping_mul(37) % 101),
        }
    }

    fn last_seen(&self) -> Option<Time> {
        let ago = [self.own, self.home, self.off].into_iter().flatten().min();
        ago.map(|ago| at(NOW - ago))
    }

    fn state(&self) -> MachineState {
        let holds = MachineState::ALL.into_iter().find(|state| {
            let phase = match state {
                MachineState::Held => "held",
                MachineState::Switching => "switching",
                MachineState::InMaintenance => "running",
                MachineState::Returning => "restoring",
                _ => return false,
            };
            self.phase == Some(phase)
        });
        let heard = |ago: Option<i64>| ago.map(|ago| at(NOW - ago));
        let seen = Seen {
            has_agent: self.agent,
            own_agent: heard(self.own),
            sent_home: heard(self.home),
            shut_down: heard(self.off),
        };
        holds.unwrap_or_else(|| MachineState::of(None, &seen, at(NOW)))
    }
}

fn queries() -> impl Strategy<Value = String> {
    let value = || {
        prop::sample::select(vec![
            "berlin",
            "\"new york\"",
            "b*",
            "*",
            "b_r%",
            "lab",
            "a\\*b",
            "\"a*b\"",
            "ä",
            "Ä",
            "m1*",
            "A-1",
            "dell",
            "10.0.0.1",
            "10.*",
            "lab,berlin",
            "y",
        ])
    };
    let key =
        prop::sample::select(vec!["site", "label", "room", "model", "name", "user", "asset", "serial", "ip"]);
    let keyed = (key, prop::sample::select(vec![":", "="]), value())
        .prop_map(|(key, sign, value)| format!("{key}{sign}{value}"));
    let plain = prop::sample::select(vec![
        "state:held",
        "state:own,silent",
        "state:off",
        "state:unknown",
        "arch:arm64",
        "firmware:bios",
        "seen<2h",
        "seen>75s",
        "seen:never",
        "seen<76s",
        "health<60",
        "health>59",
        "health:none",
        "5254",
        "52:54:00:00:00:1",
        "mac:0000*",
        "mac:01",
        "berlin",
        "fe80::1",
        "\"new york\"",
        "b_r",
        "m3",
    ])
    .prop_map(str::to_owned);
    let term = (any::<bool>(), prop_oneof![keyed, plain])
        .prop_map(|(not, word)| if not { format!("-{word}") } else { word });
    prop::collection::vec(term, 1..4).prop_map(|terms| terms.join(" "))
}

fn draw<S: Strategy>(runner: &mut TestRunner, strategy: S) -> S::Value {
    strategy.new_tree(runner).unwrap().current()
}

/// How many searches each fleet is asked: chosen so that the test takes a few seconds.
const SEARCHES: usize = 150;

#[tokio::test]
async fn a_search_means_the_same_in_sql_as_in_memory() {
    let mut runner = TestRunner::default();
    let world = World::new().await;
    let mut fleet: Vec<(Made, Machine)> = Vec::new();
    for number in 1..=40 {
        let made = draw(&mut runner, made(number));
        let id = made.store(&world).await;
        fleet.push((made, world.store.machine(id).await.unwrap().unwrap()));
    }
    for _ in 0..SEARCHES {
        let line = draw(&mut runner, queries());
        let query = Query::parse(&line).unwrap();
        let wanted = Wanted { query: &query, scope: &Scope::ALL, now: at(NOW) };
        let window = Window { sort: Sort { by: By::Name, down: false }, offset: 0, limit: None };
        let found = world.store.fleet_window(&wanted, window).await.unwrap();
        let mut expected: Vec<_> = fleet
            .iter()
            .filter(|(made, machine)| {
                query.holds(
                    &Known {
                        machine,
                        state: made.state(),
                        last_seen: made.last_seen(),
                        health: made.health(),
                    },
                    at(NOW),
                )
            })
            .map(|(made, machine)| (machine.name.clone(), made.state(), made.last_seen()))
            .collect();
        expected.sort();
        let told: Vec<_> = found.iter().map(|row| (row.name.clone(), row.state, row.last_seen)).collect();
        assert_eq!(told, expected, "{line}");
        assert_eq!(world.store.fleet_count(&wanted).await.unwrap(), expected.len() as u64, "{line}");
        if let Some(keys) = keys(&query, &Scope::ALL) {
            let plain = world.store.fleet_plain(&keys).await.unwrap();
            let machines = plain.find(&query, &Scope::ALL).unwrap();
            let found: HashSet<_> = machines.places().filter_map(|place| plain.id(place)).collect();
            assert_eq!(found, told_ids(&world, &wanted).await, "{line}");
        }
    }
}

async fn told_ids(world: &World, wanted: &Wanted<'_>) -> HashSet<MachineId> {
    world.store.fleet_ids(wanted).await.unwrap().into_iter().collect()
}

async fn some(world: &World, count: u32) -> Vec<MachineId> {
    let mut ids = Vec::new();
    for number in 0..count {
        let new = NewMachine {
            site: if number.is_multiple_of(2) { "berlin" } else { "hamburg" }.to_owned(),
            labels: if number.is_multiple_of(3) { vec!["lab".to_owned()] } else { vec![] },
            ..numbered(number + 100)
        };
        ids.push(world.store.add_machine(&new).await.unwrap());
    }
    ids
}

#[tokio::test]
async fn pages_of_any_order_show_each_machine_once() {
    let world = World::new().await;
    let ids = some(&world, 25).await;
    world.store.set_has_agent(ids[3]).await.unwrap();
    world.saw(ids[4], Sighting::OwnAgent { boot_id: boot("a") }, NOW).await;
    let query = Query::default();
    let wanted = Wanted { query: &query, scope: &Scope::ALL, now: at(NOW) };
    for by in By::ALL {
        for down in [false, true] {
            let sort = Sort { by, down };
            let all = Window { sort, offset: 0, limit: None };
            let all = world.store.fleet_window(&wanted, all).await.unwrap();
            let mut paged = Vec::new();
            for page in 0..3 {
                let window = Window { sort, offset: page * 10, limit: Some(10) };
                paged.extend(world.store.fleet_window(&wanted, window).await.unwrap());
            }
            assert_eq!(paged, all, "{by:?} {down}");
            let order = world.store.fleet_order(&wanted, sort).await.unwrap();
            assert_eq!(world.store.fleet_rows(&order, wanted.now).await.unwrap(), all, "{by:?} {down}");
            assert_eq!(all.iter().map(|row| row.id).collect::<HashSet<_>>().len(), 25);
        }
    }
    let by_seen = Window { sort: Sort { by: By::Seen, down: false }, offset: 0, limit: Some(1) };
    assert_eq!(world.store.fleet_window(&wanted, by_seen).await.unwrap()[0].id, ids[4]);
    let by_state = Window { sort: Sort { by: By::State, down: false }, offset: 0, limit: Some(1) };
    assert_eq!(world.store.fleet_window(&wanted, by_state).await.unwrap()[0].state, MachineState::Silent);
}

#[tokio::test]
async fn groups_count_what_their_cells_show() {
    let world = World::new().await;
    some(&world, 12).await;
    let query = Query::parse("-name:m111").unwrap();
    let wanted = Wanted { query: &query, scope: &Scope::ALL, now: at(NOW) };
    for group in [Group::Site, Group::Room, Group::Label, Group::Model] {
        let cells = world.store.fleet_cells(&wanted, group).await.unwrap();
        let counts = world.store.fleet_groups(&wanted, group).await.unwrap();
        let counted: Vec<_> = cells.iter().map(|row| (row.value.clone(), row.states.clone())).collect();
        assert_eq!(
            counted,
            counts.into_iter().map(|row| (row.value, row.states)).collect::<Vec<_>>(),
            "{group:?}"
        );
    }
    let labels = world.store.fleet_cells(&wanted, Group::Label).await.unwrap();
    assert_eq!(labels[0].value.as_deref(), Some("lab"));
    assert_eq!(labels[1].value, None, "those without stand last");
    assert_eq!(world.store.fleet_states(&wanted).await.unwrap()[&MachineState::Unknown], 11);
}

#[tokio::test]
async fn nobody_finds_more_than_they_may_see() {
    let world = World::new().await;
    some(&world, 12).await;
    let query = Query::default();
    let count = async |scope: Scope| {
        let wanted = Wanted { query: &query, scope: &scope, now: at(NOW) };
        let counted = world.store.fleet_count(&wanted).await.unwrap();
        let window = Window { sort: Sort::default(), offset: 0, limit: None };
        assert_eq!(world.store.fleet_window(&wanted, window).await.unwrap().len() as u64, counted);
        let cells = world.store.fleet_cells(&wanted, Group::Site).await.unwrap();
        assert_eq!(
            cells.iter().flat_map(|row| row.cells.clone()).map(|cells| cells.len() as u64).sum::<u64>(),
            counted
        );
        counted
    };
    let berlin = Part::sites(["berlin"]);
    let labelled = Part { labels: ["lab".to_owned()].into(), ..berlin.clone() };
    assert_eq!(count(Scope::ALL).await, 12);
    assert_eq!(count(Scope::of(Some(vec![Part::everything()]))).await, 12);
    assert_eq!(count(Scope::of(Some(vec![berlin.clone()]))).await, 6);
    assert_eq!(count(Scope::of(Some(vec![labelled.clone()]))).await, 2);
    assert_eq!(count(Scope::of(Some(vec![labelled, berlin]))).await, 6, "within either");
    assert_eq!(count(Scope::of(Some(vec![]))).await, 0);
}

#[tokio::test]
async fn many_machines_are_changed_at_once_or_none() {
    let world = World::new().await;
    some(&world, 12).await;
    let query = Query::parse("site:berlin").unwrap();
    let wanted = Wanted { query: &query, scope: &Scope::ALL, now: at(NOW) };
    let add = Change::AddLabel("kiosk".to_owned());
    let refused = world.store.change_machines(&wanted, &add, Some(5)).await.unwrap_err();
    assert!(matches!(&refused, Error::Refused(why) if why.contains("6 machines by now")), "{refused}");
    assert_eq!(world.store.change_machines(&wanted, &add, Some(6)).await.unwrap(), 6);
    assert_eq!(world.store.change_machines(&wanted, &add, None).await.unwrap(), 0, "they have it already");
    let remove = Change::RemoveLabel("lab".to_owned());
    assert_eq!(world.store.change_machines(&wanted, &remove, None).await.unwrap(), 2);
    let moved = Change::MoveTo("munich".to_owned());
    assert_eq!(world.store.change_machines(&wanted, &moved, None).await.unwrap(), 6);
    let values = world.store.fleet_values(&Scope::ALL).await.unwrap();
    assert_eq!(
        (values.sites, values.labels),
        (vec!["hamburg".to_owned(), "munich".to_owned()], vec!["kiosk".to_owned(), "lab".to_owned()])
    );
}

#[tokio::test]
async fn a_machine_that_somebody_changed_meanwhile_is_not_changed_again() {
    let world = World::new().await;
    let id = world.machine(1).await;
    let before = world.store.machine(id).await.unwrap().unwrap();
    let desk = Desk { room: "2.14".to_owned(), ..Desk::default() };
    let kept = Kept { site: "berlin".to_owned(), labels: vec!["lab".to_owned()], desk: desk.clone() };
    world.store.keep_machine(id, &kept, before.version).await.unwrap();
    assert!(matches!(world.store.keep_machine(id, &kept, before.version).await, Err(Error::Refused(_))));
    let after = world.store.machine(id).await.unwrap().unwrap();
    assert_eq!((after.site.as_str(), after.desk, after.firmware), ("berlin", desk, Firmware::Bios));
}

#[tokio::test]
async fn a_view_is_kept_by_its_name() {
    let world = World::new().await;
    let view = |name: &str, q: &str| ViewRow {
        id: 0,
        name: name.to_owned(),
        q: q.to_owned(),
        sort: String::new(),
        view: "grid".to_owned(),
        grouped: String::new(),
    };
    for (name, q) in [("lab", "label:lab"), ("Held", "state:held"), ("lab", "label:lab -state:own")] {
        world.store.keep_view(&view(name, q), at(0)).await.unwrap();
    }
    let views = world.store.views().await.unwrap();
    let told: Vec<_> = views.iter().map(|view| (view.name.as_str(), view.q.as_str())).collect();
    assert_eq!(told, [("Held", "state:held"), ("lab", "label:lab -state:own")]);
    world.store.drop_view(views[0].id).await.unwrap();
    assert_eq!(world.store.views().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_fleet_that_was_read_lately_is_read_anew_as_soon_as_it_is_another() {
    let world = World::new().await;
    let ids = some(&world, 3).await;
    let sites: std::collections::BTreeSet<_> = [pitstop_domain::query::Key::Site].into();
    let read = async || world.store.fleet_lately(&sites).await.unwrap();
    let alike = async || world.store.fleet_alike().await.unwrap();
    let (first, kinds) = (read().await, alike().await);
    assert!(std::sync::Arc::ptr_eq(&first, &read().await), "nothing changed");
    assert!(std::sync::Arc::ptr_eq(&kinds, &alike().await), "nothing changed");
    assert_eq!((first.len(), kinds.of.len()), (3, 3));
    let changes = [
        "update machines set site = 'moved' where id = $1",
        "update machines set labels = array['new'] where id = $1",
    ];
    for change in changes {
        let before = (read().await, alike().await);
        sqlx::query(change).bind(ids[0].0).execute(world.store.pool()).await.unwrap();
        assert!(!std::sync::Arc::ptr_eq(&before.0, &read().await), "{change}");
        assert!(!std::sync::Arc::ptr_eq(&before.1, &alike().await), "{change}");
    }
    world.machine(77).await;
    assert_eq!((read().await.len(), alike().await.of.len()), (4, 4));
}
