//! Machines that were off are shut down again: once, in the boot that proved the return, and while nobody else wants them.

use super::world::{World, at, boot, in_maintenance, own, plan, reported, simulated};
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::job::{Job, Phase, Plan};
use pitstop_domain::proof::Proof;
use pitstop_store::Error;
use pitstop_store::shut_downs::ShutDown;

impl World {
    async fn to_be_off_again(&self, machine: MachineId, second: i64) -> Job {
        let wanted = Plan { off_again: true, own_agent: true, ..plan(vec![simulated()]) };
        self.job_planned(machine, second, wanted).await
    }

    /// A trip that is proven back in boot `new` at second 6, of a machine that its board said was on, or off.
    async fn back(&self, on: bool) -> Job {
        let machine = self.machine(1).await;
        self.store.set_has_agent(machine).await.unwrap();
        self.saw(machine, own("old"), -500).await;
        let job = self.to_be_off_again(machine, 0).await;
        self.work(0).await;
        let mut taken = self.store.take_pushed_calls("worker", 1, at(1)).await.unwrap().remove(0);
        taken.on = Some(on);
        self.work(1).await;
        self.store.press(&taken, at(1)).await.unwrap();
        for (second, sighting) in [(3, in_maintenance(job.id)), (4, reported(job.id)), (6, own("new"))] {
            self.saw(machine, sighting, second).await;
            self.work(second).await;
        }
        let job = self.now(&job).await;
        assert_eq!((job.phase, job.proof, job.was_off), (Phase::Closed, Some(Proof::Agent), !on));
        job
    }

    async fn order(&self, job: &Job, in_boot: &str, second: i64) -> Option<ShutDown> {
        self.store.fetch_shut_down(job.machine, &boot(in_boot), at(second)).await.unwrap()
    }

    async fn answers(&self, order: &ShutDown, accepted: bool, second: i64) -> Result<(), Error> {
        self.store.answer_shut_down(order.id, &boot("new"), (accepted, "so it is"), at(second)).await
    }

    async fn last_line(&self, job: JobId) -> String {
        self.store.history(job).await.unwrap().pop().unwrap().reason
    }
}

#[tokio::test]
async fn a_machine_that_was_off_is_shut_down_once_and_in_the_boot_that_proved_its_return() {
    let world = World::new().await;
    let job = world.back(false).await;
    assert!(world.last_line(job.id).await.ends_with("is to be shut down again"));
    assert_eq!(world.order(&job, "later", 7).await, None);
    let order = world.order(&job, "new", 7).await.unwrap();
    assert_eq!(
        world.order(&job, "new", 8).await.as_ref(),
        Some(&order),
        "it was not answered: it comes again"
    );
    let later = world.store.answer_shut_down(order.id, &boot("later"), (true, ""), at(9)).await;
    assert!(matches!(later, Err(Error::Refused(_))));
    world.answers(&order, true, 9).await.unwrap();
    world.answers(&order, true, 10).await.unwrap();
    assert_eq!(world.last_line(job.id).await, "shut down again: so it is");
    assert_eq!(world.order(&job, "new", 11).await, None);
    let row = world.store.overview(Some(job.machine)).await.unwrap().remove(0);
    assert_eq!(row.state(at(9000)).name(), "off");
    world.answers(&order, false, 12).await.unwrap();
    assert_eq!(world.last_line(job.id).await, "kept on: so it is", "it could not be done after all");
}

#[tokio::test]
async fn a_machine_that_was_on_stays_on() {
    let world = World::new().await;
    let job = world.back(true).await;
    assert_eq!(world.order(&job, "new", 7).await, None);
    assert_eq!(world.count("select count(*) from shut_downs").await, 0);
}

#[tokio::test]
async fn an_order_that_nobody_took_in_time_is_over_and_the_story_says_so() {
    let world = World::new().await;
    let job = world.back(false).await;
    let order = world.order(&job, "new", 7).await.unwrap();
    assert_eq!(world.store.expire_shut_downs(at(605)).await.unwrap(), 0);
    assert_eq!(world.order(&job, "new", 606).await, None);
    assert!(matches!(world.answers(&order, true, 606).await, Err(Error::Refused(_))));
    assert_eq!(world.store.expire_shut_downs(at(606)).await.unwrap(), 1);
    assert!(world.last_line(job.id).await.starts_with("kept on: its agent did not say within 10 min"));
}

#[tokio::test]
async fn the_next_job_has_the_machine_first_and_leaves_it_as_it_was_before_both() {
    let world = World::new().await;
    let first = world.back(false).await;
    let order = world.order(&first, "new", 7).await.unwrap();
    let next = world.to_be_off_again(first.machine, 8).await;
    assert_eq!(world.order(&first, "new", 8).await, None, "another job waits");
    assert!(matches!(world.answers(&order, true, 8).await, Err(Error::Refused(_))));
    world.work(8).await;
    assert_eq!(world.last_line(first.id).await, "kept on: the next job has the machine");
    let next = world.now(&next).await;
    assert_eq!((next.phase, next.was_off), (Phase::Switching, true));
}
