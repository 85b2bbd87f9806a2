//! Who may do what. Network namespaces and the ports below 1024 are root's; where we are not root,
//! sudo starts what needs them, and the server gets just the rights it needs and no more.

use std::{env, path::Path, process::Command};

use anyhow::{Context, Result, bail};
use nix::unistd::{Uid, getgid, getuid};

use super::household::EndBy;
use crate::{process, say};

/// Entering the lab's namespace, its ports and raw sockets, and QEMU's control sockets, which are root's.
const RIGHTS: &str = "+sys_admin,+net_bind_service,+net_admin,+net_raw,+dac_override";

pub fn is_root() -> bool {
    Uid::effective().is_root()
}

/// Asks for the password now, while the terminal is ours.
pub fn prepare() -> Result<()> {
    if is_root() {
        return Ok(());
    }
    let sudo = process::find("sudo").context("network namespaces need root, and there is no sudo here")?;
    say::line("the virtual machines' network needs root: sudo may ask for your password");
    if !Command::new(sudo).arg("-v").status()?.success() {
        bail!("network namespaces need root, and sudo did not allow it");
    }
    Ok(())
}

/// A command as root. It must end with its input: through sudo it cannot be signalled.
pub fn as_root(program: &Path) -> Command {
    if is_root() {
        return process::guarded(program, "TERM");
    }
    let mut command = Command::new("sudo");
    command.arg("-n").arg(program);
    command
}

/// A command as ourselves with the rights above.
pub fn with_rights(program: &Path, environment: &[(&str, String)]) -> Result<(Command, EndBy)> {
    if is_root() {
        let mut command = process::guarded(program, "TERM");
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        return Ok((command, EndBy::Signal));
    }
    let mut command = Command::new("sudo");
    command.arg("-n").arg(env::current_exe()?).args(["hold", "setpriv", "--pdeathsig", "TERM"]);
    command.args(["--reuid", &getuid().to_string(), "--regid", &getgid().to_string(), "--init-groups"]);
    command.args(["--inh-caps", RIGHTS, "--ambient-caps", RIGHTS, "env"]);
    let inherited = ["HOME", "PATH", "DATABASE_URL", "RUST_LOG"].into_iter();
    let inherited = inherited.filter_map(|name| Some((name, env::var(name).ok()?)));
    for (name, value) in inherited.chain(environment.iter().cloned()) {
        command.arg(format!("{name}={value}"));
    }
    command.arg(program);
    Ok((command, EndBy::Input))
}
