//! Does a machine that runs maintenance belong there? One that does not is told to go home, whatever its token opens:
//! it was started by a script that is older than its job's state, or by another machine's.

use super::AgentApi;
use super::refusal::Refusal;
use pitstop_domain::id::{BootId, MachineId};
use pitstop_domain::job::{Job, Phase};
use pitstop_domain::machine::Machine;
use pitstop_domain::net::Mac;
use pitstop_domain::sighting::Sighting;

/// Why this boot has no business in maintenance; `None` while it has. `boot`: where the machine has said so.
///
/// While the job switches, any boot of maintenance is the one that is awaited, by whichever attempt it came. After
/// that only the one that was seen to arrive counts: another would do the work, and its harm, a second time.
pub(super) fn outside(job: &Job, boot: Option<&BootId>) -> Option<&'static str> {
    let other = boot.is_some_and(|boot| job.boot_maintenance.as_ref() != Some(boot));
    match job.phase {
        Phase::Closed => Some("the job is over"),
        Phase::Queued => Some("the job has not begun"),
        Phase::Held => Some("the job is held until a person decides"),
        Phase::Switching => None,
        Phase::Running if other && job.boot_maintenance.is_some() => {
            Some("the job's work was begun in another boot of the machine")
        }
        Phase::Restoring if other => Some("the machine is being returned, and this boot is not the job's"),
        Phase::Running | Phase::Restoring => None,
    }
}

/// Why this machine is not the one that the job is for; `None` where it is, or where nothing tells them apart.
pub(super) fn another(machine: &Machine, macs: &[Mac]) -> Option<&'static str> {
    let nothing_tells = macs.is_empty() || machine.macs.is_empty();
    let same = nothing_tells || macs.iter().any(|mac| machine.macs.contains(mac));
    (!same).then_some("the job is another machine's")
}

/// Remembers that a machine was in maintenance outside its job, and gives the answer that sends it home.
pub(super) async fn go_home(
    api: &AgentApi,
    machine: Option<MachineId>,
    job: &Job,
    boot: Option<&BootId>,
    why: &str,
) -> Result<Refusal, Refusal> {
    tracing::warn!(job = %job.id, machine = ?machine, boot = ?boot, why, "A machine runs maintenance outside its job and is told to go home.");
    if let Some(machine) = machine {
        let seen = Sighting::OutsideJob { job: job.id, boot_id: boot.cloned(), why: why.to_owned() };
        api.store.saw(machine, &seen, api.store.now()).await?;
    }
    Ok(Refusal::GoHome(why.to_owned()))
}
