//! Asking for a job: what cannot end well is refused before anything is touched.
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]

#[path = "support/database.rs"]
mod database;
#[path = "../../crates/store/tests/store/world.rs"]
mod world;

use pitstop_domain::function::Task;
use pitstop_domain::id::MachineId;
use pitstop_domain::job::{Initiator, Phase};
use pitstop_domain::machine::{Arch, Firmware};
use pitstop_domain::route::Route;
use pitstop_server::start::{Asked, start};
use pitstop_store::machines::NewMachine;
use world::{World, new_machine};

impl World {
    async fn ask(&self, machine: MachineId, task: Option<Task>) -> Result<pitstop_domain::id::JobId, String> {
        let asked = Asked { task, limits_percent: 100, off_again: false };
        let initiator = Initiator::Program { name: "test".to_owned() };
        let begun = start(&self.store, machine, "inventory", &asked, &initiator).await;
        begun.map_err(|error| error.to_string())
    }
}

#[tokio::test]
async fn a_job_is_planned_with_the_machine_as_it_is_now() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    world.store.set_routes(machine, &[Route::Agent]).await.unwrap();
    let job = world.ask(machine, None).await.unwrap();
    world.store.set_routes(machine, &[]).await.unwrap();
    let row = world.store.job(job).await.unwrap().unwrap();
    assert_eq!((row.job.phase, row.job.plan.own_agent), (Phase::Queued, true));
    assert_eq!(row.job.plan.routes, [Route::Agent], "later changes are for later jobs");
}

#[tokio::test]
async fn what_cannot_end_well_is_refused_and_leaves_no_job() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    let arm = NewMachine { arch: Arch::Aarch64, firmware: Firmware::Uefi, ..new_machine(2) };
    let arm = world.store.add_machine(&arm).await.unwrap();
    let memory_test = Task::MemoryTest { mib: None, passes: 1 };
    for (routes, machine, task, why) in [
        (vec![], machine, None, "no power route"),
        (vec![Route::AgentKexec], machine, None, "that could return it"),
        (vec![Route::Agent], machine, Some(memory_test), "another kind of task"),
        (vec![Route::Agent], arm, None, "the machine is arm64"),
        (vec![Route::Agent], MachineId(uuid::Uuid::nil()), None, "no such machine"),
    ] {
        world.store.set_routes(machine, &routes).await.unwrap();
        let refused = world.ask(machine, task).await.expect_err(why);
        assert!(refused.contains(why), "{refused}");
    }
    assert_eq!(world.count("select count(*) from jobs").await, 0);
}
