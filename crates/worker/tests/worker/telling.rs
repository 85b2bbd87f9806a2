//! People outside are told once of what belongs together, and again until it is taken.

use super::management::Management;
use super::world::World;
use chrono::TimeDelta;
use pitstop_domain::health::listener::{Listener, Way};
use pitstop_domain::health::rule::{Severity, Term};
use pitstop_domain::health::{Alert, AlertState, Metric, Rule, rule::Against};
use pitstop_domain::id::{ListenerId, RuleId};
use pitstop_domain::secret::Secret;
use pitstop_store::Keys;
use pitstop_store::health::commit::{Changed, Decided};
use pitstop_worker::telling::tell_one;
use uuid::Uuid;

const DASHBOARD: &str = "https://pitstop.example";

fn keys() -> Keys {
    Keys::new([7; 32])
}

async fn listens(world: &World, chat: &Management, least: Severity) {
    let listener = Listener {
        id: ListenerId(Uuid::now_v7()),
        name: "Chat".to_owned(),
        way: Way::Slack,
        least,
        mail: None,
    };
    let secret = Secret::new(chat.url("hook/secret"));
    world.store.add_listener(&keys(), &listener, &secret, "anna", world.store.now()).await.unwrap();
}

/// A rule fires on so many machines; gives it, with its alerts.
async fn fires(world: &World, machines: u8) -> (Rule, Vec<Changed>) {
    let term = Term { metric: Metric::CpuSpeed, against: Against::Own(30.0) };
    let rule = Rule::new(RuleId(Uuid::now_v7()), "slow", vec![term], "inventory");
    world.store.keep_health_rule(&rule, None, "anna", world.store.now()).await.unwrap();
    let mut changed = Vec::new();
    for number in 1..=machines {
        let machine = world.machine(number).await;
        let now = world.store.now();
        let alert = Alert {
            state: AlertState::Firing,
            fired_at: Some(now),
            note: "this rule only tells".to_owned(),
            ..Alert::new(rule.id, machine, "Processor speed is 200 MB/s", now)
        };
        changed.push(Changed { id: Uuid::now_v7(), alert, tell: true });
    }
    commit(world, &changed).await;
    (rule, changed)
}

async fn commit(world: &World, changed: &[Changed]) {
    let now = world.store.now();
    sqlx::query("update health_rules set wake_at = $1").bind(now).execute(world.store.pool()).await.unwrap();
    let claimed = world.store.claim_due_health_rules(1, now).await.unwrap().remove(0);
    let guard = world.store.health_guard().await.unwrap();
    let trips_since = (now - TimeDelta::days(7), 0);
    let decided = Decided { changed: changed.to_vec(), guard, trips_since, ..Decided::default() };
    assert!(world.store.commit_health(&claimed, &decided, now + TimeDelta::minutes(1), now).await.unwrap());
}

/// As if so much time had passed.
async fn later(world: &World, seconds: i32) {
    let sql = "update tellings set tell_at = tell_at - make_interval(secs => $1), told_at = told_at - make_interval(secs => $1)";
    sqlx::query(sql).bind(f64::from(seconds)).execute(world.store.pool()).await.unwrap();
}

async fn tell(world: &World) -> bool {
    tell_one(&world.store, &keys(), DASHBOARD).await.unwrap()
}

#[tokio::test]
async fn what_fires_on_many_is_one_message_and_what_is_over_is_told_not_within_the_same_minute() {
    let (world, chat) = (World::new().await, Management::start().await);
    listens(&world, &chat, Severity::Warning).await;
    let (_, mut changed) = fires(&world, 3).await;
    assert!(!tell(&world).await, "it is gathered first");
    later(&world, 11).await;
    assert!(tell(&world).await && !tell(&world).await);
    let first = &chat.requests()[0];
    assert_eq!(first.path, "hook/secret");
    assert!(first.body.contains("and 2 more: firing") && first.body.contains("How sure"), "{}", first.body);
    for one in &mut changed {
        (one.alert.state, one.alert.resolved_at) = (AlertState::Resolved, Some(world.store.now()));
    }
    commit(&world, &changed).await;
    later(&world, 30).await;
    assert!(!tell(&world).await, "a minute is not over");
    later(&world, 31).await;
    assert!(tell(&world).await);
    assert!(chat.requests()[1].body.contains("and 2 more: resolved"));
}

#[tokio::test]
async fn what_was_not_taken_is_told_again_and_the_page_says_why() {
    let world = World::new().await;
    let chat = Management::that_answers(&["503 Service Unavailable", "200 OK"]).await;
    listens(&world, &chat, Severity::Warning).await;
    fires(&world, 1).await;
    later(&world, 11).await;
    assert!(tell(&world).await);
    let row = world.store.listeners().await.unwrap().remove(0);
    assert!(row.failed.unwrap().1.contains("503") && row.waiting == 1);
    assert!(!tell(&world).await, "not at once");
    later(&world, 121).await;
    assert!(tell(&world).await);
    let row = world.store.listeners().await.unwrap().remove(0);
    assert_eq!((row.failed, row.waiting, chat.requests().len()), (None, 0, 2));
}

#[tokio::test]
async fn who_wants_only_the_worst_is_not_told_of_less() {
    let (world, chat) = (World::new().await, Management::start().await);
    listens(&world, &chat, Severity::Critical).await;
    fires(&world, 1).await;
    later(&world, 11).await;
    assert!(!tell(&world).await);
}
