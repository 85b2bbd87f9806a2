//! Lines of pages, made of the fake jobs and machines.

use crate::trips;
use chrono::Utc;
use pitstop_app::alarms::api::AlarmLine;
use pitstop_app::jobs::api::{JobPage, JobRow};
use pitstop_app::jobs::trip::Trip as Measured;
use pitstop_app::machines::api::Offer;
use pitstop_app::machines::routes::api::LastAnswer;
use pitstop_domain::ending::Ending;
use pitstop_domain::function::{Risk, Task};
use pitstop_domain::machine::{Arch, Machine};
use pitstop_domain::people::Right;

pub fn row(page: JobPage) -> JobRow {
    let permille = Measured::of(&page).progress.map(|progress| progress.permille);
    JobRow {
        id: page.job.id,
        machine: page.job.machine,
        machine_name: page.machine_name,
        function: page.job.function,
        title: page.title,
        phase: page.job.phase,
        created_at: page.created_at,
        phase_since: page.job.phase_since,
        closed_at: page.closed_at,
        permille,
        awaits: page.waiting.map(|waiting| waiting.awaits),
        ended: page.job.ended,
        proof: page.job.proof,
    }
}

pub fn alarm(page: JobPage, seen: &[i64]) -> AlarmLine {
    let id = (page.job.id.0.as_u128() & 0xff) as i64;
    AlarmLine {
        id,
        job: page.job.id,
        machine: page.job.machine,
        machine_name: page.machine_name,
        reason: page.history.last().map(|line| line.reason.clone()).unwrap_or_default(),
        raised_at: page.job.phase_since,
        seen: seen.contains(&id).then(|| ("a person at the dashboard".into(), Utc::now())),
    }
}

/// The newest call by each route.
pub fn answers(pages: &[JobPage]) -> Vec<LastAnswer> {
    let mut answers: Vec<LastAnswer> = Vec::new();
    for page in pages {
        for call in page.calls.iter().rev() {
            if answers.iter().all(|answer| answer.route != call.route) {
                let (route, answer) = (call.route.clone(), call.answer.clone());
                answers.push(LastAnswer {
                    route,
                    job: page.job.id,
                    state: call.state,
                    answer,
                    at: call.changed_at,
                });
            }
        }
    }
    answers
}

pub fn offers(machine: &Machine) -> Vec<Offer> {
    let image = match machine.arch {
        Arch::X86_64 => Ok(trips::image()),
        Arch::Aarch64 => {
            Err("the only image, maintenance 2026.11.23, is for x86-64, the machine is arm64".to_owned())
        }
    };
    let offer = |name: &str, title: &str, description: &str, risk, task, usual_s| Offer {
        name: name.into(),
        title: title.into(),
        description: description.into(),
        risk,
        told: format!("{title} in progress, please do not switch off"),
        task,
        ending: Ending::by_agent(),
        run_s: 4 * 3600,
        parameters: vec![],
        right: Right::Repair(risk),
        image: image.clone(),
        checks: vec![],
        usual_s,
    };
    vec![
        offer(
            "memory-test",
            "Memory test",
            "Writes patterns over all free memory and reads them back. Finds modules that forget.",
            Risk::ReadsOnly,
            Task::MemoryTest { mib: None, passes: 2 },
            Some(95),
        ),
        offer(
            "inventory",
            "Inventory",
            "Lists what is in the machine, disks included.",
            Risk::ReadsOnly,
            Task::Inventory,
            None,
        ),
        offer(
            "fsck",
            "Repair file systems",
            "Checks all file systems and repairs what can be repaired.",
            Risk::Repairs,
            Task::None,
            Some(840),
        ),
    ]
}
