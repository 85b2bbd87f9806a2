//! What happened is told to who wants it: written with what made it so, dealt by search, delivered by one worker at a time and
//! at least once, in its order, and given up at last.

use super::world::{World, at};
use chrono::TimeDelta;
use pitstop_domain::facts::Decision;
use pitstop_domain::health::listener::{Listener, Way};
use pitstop_domain::health::rule::Severity;
use pitstop_domain::hook::{DeliveryState, Hook, Kind, Written};
use pitstop_domain::id::{HookId, ListenerId, MachineId};
use pitstop_domain::route::Route;
use pitstop_domain::secret::Secret;
use pitstop_store::Keys;
use pitstop_store::hooks::deliver::{ClaimedHook, Due, Tried};
use uuid::Uuid;

fn keys() -> Keys {
    Keys::new([7; 32])
}

fn hook(name: &str, kinds: &[Kind], query: &str) -> Hook {
    let written = Written {
        name: name.to_owned(),
        url: "https://receiver.example/".to_owned(),
        kinds: kinds.to_vec(),
        query: query.to_owned(),
    };
    Hook::of(HookId(Uuid::now_v7()), &written).unwrap()
}

fn answered(status: u16) -> Tried {
    Tried { status: Some(status), ms: 5, said: String::new(), rest_s: None }
}

/// So long after a second of the test that no claim or rest lasts any more.
const LATER: i64 = 3600;

impl World {
    async fn hooked(&self, kinds: &[Kind], query: &str) -> Hook {
        let hook = hook(&format!("hook of {query}"), kinds, query);
        self.store.add_hook(&keys(), &hook, "anna", at(0)).await.unwrap();
        hook
    }

    /// Somebody presses *test* so many times, at seconds from this one on.
    async fn tested(&self, hook: &Hook, times: i64, second: i64) {
        for n in 0..times {
            self.store.test_hook(hook.id, &format!("test {n}"), at(second + n)).await.unwrap();
        }
    }

    async fn claimed(&self, second: i64) -> Option<ClaimedHook> {
        self.store.claim_hook(&keys(), at(second)).await.unwrap()
    }

    async fn next(&self, claimed: &ClaimedHook, second: i64) -> Option<Due> {
        self.store.next_delivery(claimed, at(second)).await.unwrap()
    }

    /// One claim in which each delivery that is due is answered so; gives what they said of who tested.
    async fn deliver(&self, status: u16, second: i64) -> Vec<String> {
        let mut told = Vec::new();
        let Some(claimed) = self.claimed(second).await else { return told };
        while let Some(due) = self.next(&claimed, second).await {
            told.push(due.data["by"].as_str().unwrap_or(due.kind.name()).to_owned());
            self.store.delivery_tried(&claimed, &due, &answered(status), at(second)).await.unwrap();
        }
        self.store.release_hook(&claimed, at(second)).await.unwrap();
        told
    }

    async fn kinds_of(&self, hook: &Hook) -> Vec<Kind> {
        let deliveries = self.store.hook_deliveries(hook.id, false, None, 100).await.unwrap();
        deliveries.into_iter().rev().map(|delivery| delivery.kind).collect()
    }

    async fn moved_to(&self, machine: MachineId, site: &str) {
        let sql = "update machines set site = $2 where id = $1";
        sqlx::query(sql).bind(machine.0).bind(site).execute(self.store.pool()).await.unwrap();
    }
}

#[tokio::test]
async fn an_event_is_written_with_what_made_it_so_and_not_without() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    let hook = world.hooked(&[Kind::JobBegan, Kind::JobClosed], "").await;
    let job = world.job(machine, 1).await;
    let claimed = world.claim_one(1).await;
    world.lease_runs_out(&job).await;
    assert!(!world.commit(&claimed, 1).await, "it is another's");
    assert_eq!(world.count("select count(*) from hook_events").await, 0);
    world.store.revive_lost_claims(at(1)).await.unwrap();
    world.work(1).await;
    world.store.cancel_job(job.id, "enough", at(2)).await.unwrap();
    world.work(2).await;
    assert_eq!(world.store.deal_events(at(2)).await.unwrap(), 2);
    assert_eq!(world.kinds_of(&hook).await, [Kind::JobBegan, Kind::JobClosed]);
    let told = world.store.hook_deliveries(hook.id, false, None, 10).await.unwrap().remove(1);
    assert_eq!((told.kind, told.at, told.state), (Kind::JobBegan, at(1), DeliveryState::Waiting));
    assert_eq!(told.data["job"], job.id.to_string());
    assert_eq!(told.data["machine"]["name"], "m1");
    assert!(told.data.get("run").is_none(), "{}", told.data);
}

#[tokio::test]
async fn a_held_job_is_told_with_its_alarm_and_the_end_with_its_proof() {
    let world = World::new().await;
    let kinds = [Kind::JobHeld, Kind::AlarmRaised, Kind::AlarmCleared, Kind::JobClosed];
    let hook = world.hooked(&kinds, "").await;
    let (job, second) = world.held().await;
    world.decide(job.id, Decision::ConfirmOwnSystem, second + 1).await.unwrap();
    world.work(second + 1).await;
    world.store.deal_events(at(second + 1)).await.unwrap();
    assert_eq!(world.kinds_of(&hook).await, kinds);
    let last = world.store.hook_deliveries(hook.id, false, None, 10).await.unwrap();
    let closed = last.iter().find(|delivery| delivery.kind == Kind::JobClosed).unwrap();
    assert_eq!(closed.data["proof"], "person");
}

#[tokio::test]
async fn nothing_is_written_that_nobody_wants_and_only_machines_of_the_search_are_told_of() {
    let world = World::new().await;
    let (here, there) = (world.machine(1).await, world.machine(2).await);
    world.moved_to(there, "graz").await;
    world.job(here, 1).await;
    world.work(1).await;
    assert_eq!(world.count("select count(*) from hook_events").await, 0, "there is no hook");
    let graz = world.hooked(&[Kind::JobBegan], "site:graz").await;
    let all = world.hooked(&[Kind::JobBegan], "").await;
    world.job(there, 2).await;
    world.job(world.machine(3).await, 2).await;
    world.work(2).await;
    assert_eq!(world.store.deal_events(at(2)).await.unwrap(), 2);
    assert_eq!(world.store.deal_events(at(2)).await.unwrap(), 0, "once");
    assert_eq!(world.kinds_of(&graz).await.len(), 1);
    assert_eq!(world.kinds_of(&all).await.len(), 2);
    world.store.remove_hook(all.id, at(3)).await.unwrap();
    world.job_by(here, 3, vec![Route::Person]).await;
    world.job(world.machine(4).await, 3).await;
    world.work(3).await;
    world.store.deal_events(at(3)).await.unwrap();
    assert_eq!(
        world
            .count(
                "select count(*) from hook_events where at >= now() - interval '100 years' and not exists \
        (select 1 from hook_deliveries d where d.event_id = hook_events.id)"
            )
            .await,
        1,
        "of the hook that was removed"
    );
    assert_eq!(world.kinds_of(&graz).await.len(), 1, "neither is in Graz");
}

#[tokio::test]
async fn an_adopted_machine_is_told_of() {
    let world = World::new().await;
    let hook = world.hooked(&[Kind::MachineAdopted], "").await;
    world.store.add_machine(&super::world::new_machine(1)).await.unwrap();
    world.store.adopt(&super::world::new_machine(2)).await.unwrap();
    world.store.deal_events(at(1)).await.unwrap();
    let told = world.store.hook_deliveries(hook.id, false, None, 10).await.unwrap();
    assert_eq!((told.len(), &told[0].data["machine"]["name"]), (1, &serde_json::json!("m2")));
}

#[tokio::test]
async fn one_worker_delivers_to_a_hook_and_another_takes_over_when_it_dies() {
    let world = World::new().await;
    let (slow, other) =
        (world.hooked(&[Kind::JobBegan], "").await, world.hooked(&[Kind::JobHeld], "site:x").await);
    world.tested(&slow, 2, 1).await;
    let first = world.claimed(10).await.unwrap();
    let due = world.next(&first, 10).await.unwrap();
    assert!(world.claimed(10).await.is_none(), "one at a time");
    world.tested(&other, 1, 11).await;
    assert_eq!(world.claimed(11).await.unwrap().hook, other, "the other is not held up");
    // The first worker dies with its delivery on the way.
    let second = world.claimed(10 + 60).await.unwrap();
    assert_eq!(second.hook, slow);
    assert!(world.next(&first, 10 + 60).await.is_none(), "the claim is over");
    let again = world.next(&second, 10 + 60).await.unwrap();
    assert_eq!((again.event, again.tries), (due.event, 2), "delivered at least once, under the same name");
}

#[tokio::test]
async fn one_that_is_stumbled_over_holds_up_no_other_and_what_waited_goes_in_its_order() {
    let world = World::new().await;
    let hook = world.hooked(&[Kind::JobBegan], "").await;
    world.tested(&hook, 3, 1).await;
    assert_eq!(world.deliver(500, 10).await, ["test 0", "test 1"], "after two it is left alone");
    assert!(world.claimed(11).await.is_none());
    // The third arrives: its receiver is back, and nobody waits any longer than that.
    assert_eq!(world.deliver(200, 12).await, ["test 2", "test 0", "test 1"]);
    let standing = world.store.hook(hook.id).await.unwrap().unwrap();
    assert_eq!((standing.waiting, standing.failing_since, standing.delivered_at), (0, None, Some(at(12))));
}

#[tokio::test]
async fn after_days_it_is_given_up_the_hook_is_paused_and_people_are_told() {
    let world = World::new().await;
    let hook = world.hooked(&[Kind::JobBegan], "").await;
    let id = ListenerId(Uuid::now_v7());
    let listener =
        Listener { id, name: "Chat".to_owned(), way: Way::Slack, least: Severity::Warning, mail: None };
    let secret = Secret::new("https://chat.example/");
    world.store.add_listener(&keys(), &listener, &secret, "anna", at(0)).await.unwrap();
    world.tested(&hook, 1, 1).await;
    let mut second = 1;
    let mut tries = 0;
    while world.store.hook(hook.id).await.unwrap().unwrap().paused.is_none() {
        tries += world.deliver(503, second).await.len();
        second += LATER;
        assert!(second < 10 * 86_400, "it has an end");
    }
    assert_eq!(tries, 10);
    let standing = world.store.hook(hook.id).await.unwrap().unwrap();
    assert_eq!((standing.given_up, standing.waiting), (1, 0));
    let telling = world.store.take_telling(at(second)).await.unwrap().unwrap();
    assert_eq!(telling.hooks.iter().map(|hook| hook.hook.name.as_str()).collect::<Vec<_>>(), ["hook of"]);
    assert!(world.store.test_hook(hook.id, "anna", at(second)).await.is_err(), "it is paused");
    world.store.resume_hook(hook.id, at(second)).await.unwrap();
    assert_eq!(world.store.send_failed_again(hook.id, at(0), at(second)).await.unwrap(), 1);
    assert_eq!(world.deliver(200, second).await, ["test 0"]);
    let delivery = world.store.hook_deliveries(hook.id, false, None, 1).await.unwrap()[0].id;
    world.store.send_again(hook.id, delivery, at(second)).await.unwrap();
    assert_eq!(world.deliver(200, second).await, ["test 0"], "as often as somebody wants");
}

#[tokio::test]
async fn who_says_that_it_is_gone_is_paused_at_once_and_a_former_secret_signs_for_a_day() {
    let world = World::new().await;
    let hook = world.hooked(&[Kind::JobBegan], "").await;
    world.store.rotate_hook(&keys(), hook.id, "anna", at(1)).await.unwrap();
    world.tested(&hook, 1, 2).await;
    let both: Vec<_> = [2, 1].map(|generation| keys().hook_secret(hook.id, generation)).into();
    let secrets = |claimed: ClaimedHook| {
        claimed.secrets.iter().map(|secret| secret.expose().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(secrets(world.claimed(3).await.unwrap()), both);
    let day = TimeDelta::days(1).num_seconds();
    assert_eq!(secrets(world.claimed(1 + day).await.unwrap()), both[..1]);
    assert_eq!(world.deliver(410, day + LATER).await.len(), 1);
    let paused = world.store.hook(hook.id).await.unwrap().unwrap().paused.unwrap();
    assert!(paused.by.is_none() && paused.why.contains("410"), "{paused:?}");
}

#[tokio::test]
async fn what_is_old_is_forgotten() {
    let world = World::new().await;
    let hook = world.hooked(&[Kind::JobBegan], "").await;
    world.tested(&hook, 2, 1).await;
    let days = |days: i64| at(TimeDelta::days(days).num_seconds());
    assert_eq!(world.store.forget_old_events(days(14)).await.unwrap(), 0);
    assert_eq!(world.store.forget_old_events(days(15)).await.unwrap(), 2);
    assert!(world.kinds_of(&hook).await.is_empty());
}
