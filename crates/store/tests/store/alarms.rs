//! A held job raises an alarm, once, until it is held no more.

use super::world::{World, at, boot, own, simulated};
use pitstop_domain::facts::{CallState, Decision};
use pitstop_domain::job::{Job, Phase};
use pitstop_domain::route::{Route, Target};

impl World {
    /// A job that is held; the second at which it became so.
    pub(super) async fn held(&self) -> (Job, i64) {
        let job = self.job_by(self.machine(1).await, 0, vec![Route::Agent, Route::Person]).await;
        self.work(0).await;
        let order =
            self.store.fetch_order(job.machine, Target::Maintenance, &boot("b"), at(1)).await.unwrap();
        self.store.answer_call(order.unwrap().id, CallState::Accepted, "restarting", at(1)).await.unwrap();
        let mut second = 0;
        while self.now(&job).await.phase != Phase::Held {
            second += 700;
            self.work(second).await;
            assert!(second < 20_000, "the ladder has an end");
        }
        (self.now(&job).await, second)
    }
}

#[tokio::test]
async fn a_held_job_raises_one_alarm_with_its_reason_and_clears_it_when_the_machine_is_seen() {
    let world = World::new().await;
    let (job, second) = world.held().await;
    let alarms = world.store.open_alarms(10).await.unwrap();
    assert_eq!(alarms.len(), 1);
    assert_eq!((alarms[0].job, alarms[0].machine_name.as_str()), (job.id, "m1"));
    assert!(alarms[0].reason.contains("held for a person"), "{}", alarms[0].reason);
    world.saw(job.machine, own("late"), second + 1).await;
    world.work(second + 1).await;
    assert_eq!(world.now(&job).await.phase, Phase::Closed);
    assert!(world.store.open_alarms(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_first_who_looks_after_an_alarm_stands() {
    let world = World::new().await;
    let (job, second) = world.held().await;
    assert_eq!(world.store.count_alarms().await.unwrap(), (1, 1));
    let asked = world.store.last_calls(job.machine).await.unwrap();
    assert_eq!(
        asked.len(),
        asked.iter().map(|call| &call.route).collect::<std::collections::HashSet<_>>().len()
    );
    assert!(asked.iter().any(|call| call.route == Route::Agent), "the newest by each route that was asked");
    let id = world.store.open_alarms(1).await.unwrap()[0].id;
    world.store.see_alarm(id, "ann", at(second + 1)).await.unwrap();
    world.store.see_alarm(id, "bob", at(second + 2)).await.unwrap();
    let alarm = world.store.open_alarms(1).await.unwrap().remove(0);
    assert_eq!(alarm.seen, Some(("ann".to_owned(), at(second + 1))));
    assert_eq!(world.store.count_alarms().await.unwrap(), (1, 0));
    assert!(world.store.see_alarm(id + 1, "ann", at(second + 3)).await.is_err(), "there is no such alarm");
}

#[tokio::test]
async fn an_alarm_is_told_outside_until_it_was_taken_and_once_more_when_it_is_raised_again() {
    let world = World::new().await;
    let (job, second) = world.held().await;
    let due = async |second| world.store.take_alarms_to_tell(at(second)).await.unwrap();
    let first = due(second).await;
    assert_eq!(first.len(), 1);
    assert!(due(second + 1).await.is_empty(), "somebody is telling it");
    let again = due(second + 121).await;
    assert_eq!(again.len(), 1, "it was not taken");
    world.store.alarm_told(again[0].id, at(second + 121)).await.unwrap();
    assert!(due(second + 9000).await.is_empty());
    world.decide(job.id, Decision::ByRoute(Route::Person), second + 9000).await.unwrap();
    world.work(second + 9000).await;
    assert!(world.store.open_alarms(1).await.unwrap().is_empty(), "it is being tried again");
    world.work(second + 9700).await;
    assert_eq!(due(second + 9700).await.len(), 1, "and held again");
}

#[tokio::test]
async fn a_way_home_that_the_job_has_not_is_refused() {
    let world = World::new().await;
    let (job, second) = world.held().await;
    for missing in [Route::AgentKexec, simulated()] {
        let refused = world.decide(job.id, Decision::ByRoute(missing), second).await.unwrap_err();
        assert!(refused.to_string().contains("choose one of those"), "{refused}");
    }
}
