//! Packages: which are missing, and installing them.

use std::{collections::HashSet, process::Command, sync::Once};

use anyhow::{Context, Result, bail};
use nix::unistd::Uid;

use super::{
    backports,
    purpose::{Need, Purpose},
};
use crate::{process, say};

/// Installs what the purpose needs and the machine has not.
pub fn ensure(purpose: Purpose) -> Result<()> {
    let missing = missing(purpose)?;
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    say::line(&format!("for {}, this machine lacks: {names}", purpose.reason()));
    if process::find("apt-get").is_none() {
        bail!(
            "there is no apt-get here: install what does the same as Debian's {names}, then run this again"
        );
    }
    say::step(&format!("installing {names}"), || install(&missing))
        .with_context(|| format!("the packages for {} could not be installed", purpose.reason()))
}

fn missing(purpose: Purpose) -> Result<Vec<&'static str>> {
    let needs = purpose.needs();
    let Some(dpkg) = process::find("dpkg-query") else {
        return Ok(needs.iter().map(|need| need.package).collect());
    };
    let asked = needs.iter().flat_map(|need| [Some(need.package), need.instead]).flatten();
    // dpkg-query fails when one of the names is unknown to it, and answers for the others all the same.
    let answer = process::captured(
        Command::new(dpkg).args(["-W", "-f", "${Package} ${db:Status-Status}\n"]).args(asked),
    )?;
    let answer = String::from_utf8_lossy(&answer.stdout);
    let installed: HashSet<&str> =
        answer.lines().filter_map(|line| line.strip_suffix(" installed")).collect();
    Ok(needs.iter().filter(|need| !is_met(need, &installed)).map(|need| need.package).collect())
}

fn is_met(need: &Need, installed: &HashSet<&str>) -> bool {
    installed.contains(need.package)
        || need.instead.is_some_and(|other| installed.contains(other) || process::find(other).is_some())
}

/// Tries the release as it is; where its versions do not fit what is installed (QEMU's tools from
/// backports ask for the emulator from there too), the release's backports.
fn install(packages: &[&str]) -> Result<()> {
    update_once()?;
    if simulate(packages, None).is_ok() {
        return apt_install(packages, None);
    }
    let known = known_to_apt(packages)?;
    let Some(suite) = backports::suite()? else { return apt_install(packages, None) };
    say::line(&format!("the release alone cannot give them beside what is installed: trying {suite}"));
    if backports::add(&suite)? {
        update()?;
    }
    if simulate(&known, Some(&suite)).is_ok() {
        return apt_install(&known, Some(&suite));
    }
    apt_install(packages, None)
}

/// Without the names no repository has (a package may have been renamed or folded into another).
fn known_to_apt<'a>(packages: &[&'a str]) -> Result<Vec<&'a str>> {
    let mut known = Vec::new();
    for package in packages {
        match has_candidate(&process::output(Command::new("apt-cache").args(["policy", package]))?) {
            true => known.push(*package),
            false => say::warning(&format!("no repository has the package {package}: going on without it")),
        }
    }
    Ok(known)
}

fn has_candidate(policy: &str) -> bool {
    policy.lines().any(|line| line.trim().starts_with("Candidate: ") && !line.ends_with("(none)"))
}

fn simulate(packages: &[&str], suite: Option<&str>) -> Result<String> {
    process::output(&mut install_command(Command::new("apt-get"), packages, suite, true))
}

/// Nothing that is there is removed: rather a failure that says why.
fn apt_install(packages: &[&str], suite: Option<&str>) -> Result<()> {
    process::run(&mut install_command(as_root("apt-get")?, packages, suite, false))
}

fn install_command(mut command: Command, packages: &[&str], suite: Option<&str>, simulate: bool) -> Command {
    command.args(["install", "-y", "-q", "--no-install-recommends", "--no-remove"]);
    if simulate {
        command.arg("--simulate");
    } else {
        command.args(["-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=300"]);
    }
    if let Some(suite) = suite {
        command.args(["-t", suite]);
    }
    command.args(packages);
    command
}

/// Package lists age: read anew once before the first installation of a run.
fn update_once() -> Result<()> {
    static UPDATED: Once = Once::new();
    let mut result = Ok(());
    UPDATED.call_once(|| result = update());
    result
}

/// Images are made of packages that are downloaded and never installed: apt must know them.
pub fn ensure_lists(example: &str) -> Result<()> {
    let policy = process::output(Command::new("apt-cache").args(["policy", example]))?;
    // A version that is only installed cannot be downloaded: it must come from somewhere.
    if has_candidate(&policy) && policy.contains("://") {
        Ok(())
    } else {
        say::step("reading the package lists", update_once)
    }
}

fn update() -> Result<()> {
    process::run(as_root("apt-get")?.args(["update", "-q", "-o", "DPkg::Lock::Timeout=300"]))
        .context("the package lists could not be read: is the network there?")
}

/// A command as root: itself when we are, else through sudo, which may ask for the password.
pub fn as_root(program: &str) -> Result<Command> {
    let mut command = if Uid::effective().is_root() {
        Command::new(program)
    } else {
        let Some(sudo) = process::find("sudo") else {
            bail!("this needs root, and there is no sudo: run `cargo xtask setup` once as root");
        };
        say::line(&format!("{program} needs root: sudo may ask for your password"));
        let mut command = Command::new(sudo);
        // sudo drops the environment, so the question's answer goes along as an argument.
        command.args(["DEBIAN_FRONTEND=noninteractive", program]);
        command
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    Ok(command)
}
