//! Questions to whoever is at a machine: put once, told as often as one likes, and noticed by whoever decides.

use super::world::{World, at, plan};
use pitstop_domain::ask::{Answer, Ask, Told};
use pitstop_domain::id::{BootId, JobId, MachineId};
use pitstop_domain::job::{Job, Outcome, Phase, Plan};
use pitstop_domain::presence::Presence;
use pitstop_domain::route::Route;
use pitstop_store::Error;

fn boot() -> BootId {
    BootId("one".to_owned())
}

impl World {
    /// A job whose machine has somebody before it, asked at second 10.
    async fn asked(&self) -> (JobId, MachineId) {
        let machine = self.machine(1).await;
        let ask = Some(Ask { snoozes: 1, ..Ask::default() });
        let job = self.job_planned(machine, 0, Plan { ask, ..plan(vec![Route::Agent]) }).await;
        let seen = Presence { people: 1, asks: true, ..Presence::default() };
        self.store.saw_presence(machine, &seen, at(9)).await.unwrap();
        self.work(10).await;
        (job.id, machine)
    }

    async fn open(&self, machine: MachineId, second: i64) -> Option<u32> {
        let open = self.store.open_question(machine, &boot(), at(second)).await.unwrap();
        open.map(|(_, question)| question.round)
    }

    async fn say(&self, of: (JobId, MachineId), round: u32, told: Told, second: i64) -> Result<(), Error> {
        self.store.told(of, (&boot(), round), &told, at(second)).await
    }

    async fn row(&self, id: JobId) -> Job {
        self.store.job(id).await.unwrap().unwrap().job
    }
}

fn no(reason: &str) -> Told {
    Told::Answered(Answer::No(reason.to_owned()))
}

#[tokio::test]
async fn a_question_is_put_once_and_shown_once_by_a_boot() {
    let world = World::new().await;
    let (job, machine) = world.asked().await;
    world.work(11).await;
    assert_eq!(world.open(machine, 12).await, Some(0));
    world.say((job, machine), 0, Told::Shown, 13).await.unwrap();
    world.say((job, machine), 0, Told::Shown, 40).await.unwrap();
    assert_eq!(world.open(machine, 41).await, None);
    let question = world.store.question_of(job).await.unwrap().unwrap();
    assert_eq!((question.asked_at, question.shown_at), (at(10), Some(at(13))));
    assert_eq!(world.row(job).await.phase, Phase::Queued);
}

#[tokio::test]
async fn before_another_boot_nobody_has_read_it() {
    let world = World::new().await;
    let (job, machine) = world.asked().await;
    world.say((job, machine), 0, Told::Shown, 13).await.unwrap();
    let other = BootId("two".to_owned());
    assert!(world.store.open_question(machine, &other, at(60)).await.unwrap().is_some());
    world.store.told((job, machine), (&other, 0), &Told::Shown, at(61)).await.unwrap();
    assert_eq!(world.store.question_of(job).await.unwrap().unwrap().shown_at, Some(at(61)));
}

#[tokio::test]
async fn put_off_twice_for_one_round_it_is_put_off_once_and_comes_again() {
    let world = World::new().await;
    let (job, machine) = world.asked().await;
    world.say((job, machine), 0, Told::Shown, 13).await.unwrap();
    world.say((job, machine), 0, Told::Later, 20).await.unwrap();
    world.say((job, machine), 0, Told::Later, 21).await.unwrap();
    assert_eq!(world.open(machine, 1819).await, None);
    assert_eq!(world.open(machine, 1820).await, Some(1));
    world.say((job, machine), 1, Told::Shown, 1821).await.unwrap();
    assert!(world.say((job, machine), 1, Told::Later, 1822).await.is_err(), "once is what the plan allows");
}

#[tokio::test]
async fn the_first_answer_stands_and_its_reason_ends_the_job() {
    let world = World::new().await;
    let (job, machine) = world.asked().await;
    world.say((job, machine), 0, Told::Shown, 13).await.unwrap();
    world.say((job, machine), 0, no("an exam"), 14).await.unwrap();
    world.say((job, machine), 0, no("an exam"), 15).await.unwrap();
    assert!(world.say((job, machine), 0, Told::Answered(Answer::Yes), 16).await.is_err());
    world.work(17).await;
    let row = world.row(job).await;
    assert_eq!(row.outcome(), Some(Outcome::Cancelled));
    assert_eq!(row.ended.unwrap().because, "refused at the machine: an exam");
    assert!(world.say((job, machine), 0, no("an exam"), 18).await.is_err(), "the job is over");
}

#[tokio::test]
async fn a_step_decided_before_a_refusal_is_not_stored() {
    let world = World::new().await;
    let (job, machine) = world.asked().await;
    world.say((job, machine), 0, Told::Shown, 13).await.unwrap();
    world.work(14).await;
    let seen = Presence { people: 1, asks: true, ..Presence::default() };
    world.store.saw_presence(machine, &seen, at(310)).await.unwrap();
    let claimed = world.store.claim_due("slow", 10, at(313)).await.unwrap().remove(0);
    let facts = world.store.load_facts(&claimed, at(0)).await.unwrap();
    let step = pitstop_domain::step::step(&claimed.job, &facts, at(313));
    assert_eq!(step.job.phase, Phase::Switching, "the countdown is over");
    world.say((job, machine), 0, no("wait"), 313).await.unwrap();
    assert!(!world.store.commit_step(&claimed, &step, at(313)).await.unwrap());
    world.work(314).await;
    assert_eq!(world.row(job).await.ended.unwrap().because, "refused at the machine: wait");
}
