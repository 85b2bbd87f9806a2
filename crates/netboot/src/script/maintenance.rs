//! The script that boots a job's image.

use super::load::{Load, Unusable, word};
use super::own_image::ask_for_ever;
use super::plain::{plain, wrapped};
use super::{HOME, address, line, platform};
use crate::directory::Assignment;
use pitstop_domain::machine::Firmware;
use pitstop_domain::net::Mac;
use pitstop_domain::wire::cmdline;
use uuid::Uuid;

/// Times that loading is tried before the machine is left to its own system: with 5 s between them a switch
/// that restarts its spanning tree (30 s) is mostly outlived by firmware's own timeouts on top.
const TRIES: u32 = 5;

/// What a maintenance script is made from.
#[derive(Clone, Debug)]
pub struct Boot<'a> {
    pub assignment: &'a Assignment,
    pub firmware: Firmware,
    /// The interface that the machine boots from.
    pub mac: Mac,
    /// Its SMBIOS UUID, where it said so.
    pub uuid: Option<Uuid>,
    /// Base URL of the server, without a slash at the end.
    pub base: &'a str,
    /// Its own system comes from us too: there is nothing on the machine to fall back to.
    pub diskless: bool,
}

/// The script that boots an assignment's image. When that fails for good, the machine says so: it fetches its
/// script once more, with `failed=true`, and is sent home, which is remembered. One that has its own system on itself
/// goes there if even that fails; a diskless one asks until it is answered.
///
/// # Errors
/// When the image cannot be booted by a script; the machine is then left to its own system.
pub fn maintenance(boot: &Boot) -> Result<String, Unusable> {
    let assignment = boot.assignment;
    let load = load(boot)?.lines()?;
    let mut script = String::from("#!ipxe\n");
    let name = plain(&assignment.machine_name);
    line(&mut script, &format!("# Pitstop: maintenance of {name}, job {}", assignment.job));
    line(&mut script, "echo");
    line(&mut script, "echo Pitstop maintenance");
    line(&mut script, &format!("echo Computer: {name}"));
    line(&mut script, &format!("echo Work: {}", plain(&assignment.title)));
    for text in wrapped(&plain(&assignment.told)) {
        line(&mut script, &format!("echo {text}"));
    }
    line(&mut script, "echo Please do not switch this computer off.");
    line(&mut script, "echo");
    line(&mut script, "set tries:int32 0");
    line(&mut script, ":load");
    script.push_str(&load);
    line(&mut script, "goto home");
    script.push_str(&again());
    line(&mut script, ":home");
    line(&mut script, "echo Maintenance could not be started.");
    let told = address(boot.base, boot.mac, boot.uuid, platform(boot.firmware));
    if boot.diskless {
        script.push_str(&ask_for_ever(&format!("{told}&failed=true&diskless=true")));
    } else {
        line(&mut script, &format!("chain --replace {told}&failed=true ||"));
        script.push_str(HOME);
    }
    Ok(script)
}

fn again() -> String {
    format!(
        "\
:again
imgfree ||
inc tries
iseq ${{tries}} {TRIES} && goto home ||
echo Loading failed. Trying again in 5 seconds.
sleep 5
goto load
"
    )
}

/// The words tell the agent where to report.
fn load<'a>(boot: &'a Boot<'a>) -> Result<Load<'a>, Unusable> {
    let Boot { assignment, base, .. } = boot;
    let (job, token, machine) = (assignment.job, word(&assignment.token)?, assignment.machine);
    let (server, of_job) = (cmdline::SERVER, cmdline::JOB);
    let (shown, of_machine) = (cmdline::TOKEN, cmdline::MACHINE);
    Ok(Load {
        image: &assignment.image,
        firmware: boot.firmware,
        mac: boot.mac,
        folder: format!("{base}/boot/jobs/{job}/{token}"),
        query: String::new(),
        words: format!("{server}={base} {of_job}={job} {shown}={token} {of_machine}={machine}"),
    })
}
