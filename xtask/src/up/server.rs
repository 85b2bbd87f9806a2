//! The server: its command line, and when it is ready.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    process::Command,
};

use anyhow::{Context, Result, bail};

use super::{
    Options,
    build::Built,
    demo::{BOOT_ADDRESS, BOOT_PORT},
    fleet,
    household::{EndBy, Event, Household, Interrupted},
    machines::{Machines, Place},
    privilege,
};
use crate::{bundle, paths, process, say, sign};

pub const NAME: &str = "the server";
/// It says so on standard output, with the dashboard's address after it.
const READY: &str = "pitstop-server ready: ";
/// So it says the link of the first administrator.
const FIRST: &str = "First administrator: open ";

pub fn start(
    options: &Options,
    built: &Built,
    machines: Option<&Machines>,
    household: &mut Household,
) -> Result<()> {
    let environment = environment();
    let (mut command, end_by) = match machines.map(|machines| &machines.place) {
        Some(Place::Namespace(_)) => privilege::with_rights(&built.server, &environment)?,
        Some(Place::Loopback) | None => (plain(&built.server, &environment), EndBy::Signal),
    };
    let data = options.data();
    command.current_dir(paths::root());
    command.args(["--listen", &format!("{}:{}", options.address, options.port)]).arg("--data").arg(&data);
    command.arg("--site-root").arg(paths::site()).arg("--image-drop").arg(&built.images);
    command.arg("--trusted-keys").arg(sign::keys());
    command.args(["--loaders", "/usr/lib/ipxe"]).arg("--enrol-key-file").arg(key_file(&data));
    if let Some(machines) = machines {
        command.arg("--lab-machines").arg(&machines.file);
    }
    command.args(boot_services(options, machines.map(|machines| &machines.place)));
    command.args(&options.server_arguments);
    household.start(NAME, end_by, &mut command)
}

/// Where machines are served.
fn boot_services(options: &Options, place: Option<&Place>) -> Vec<String> {
    let (mut dhcp, mut tftp) = (options.dhcp_port, options.tftp_port);
    let mut words = Vec::new();
    let mut say = |key: &str, value: String| words.extend([key.to_owned(), value]);
    match place {
        Some(Place::Namespace(namespace)) => {
            let boot = format!("{BOOT_ADDRESS}:{BOOT_PORT}");
            say("--boot-url", format!("http://{boot}"));
            say("--boot-listen", boot);
            say("--boot-netns", namespace.display().to_string());
        }
        Some(Place::Loopback) => {
            say("--boot-listen", options.boot_listen.clone().unwrap_or_else(|| fleet::BOOT.to_owned()));
            say("--boot-address", "127.0.0.1".to_owned());
            say("--pxe-port", "0".to_owned());
            dhcp = dhcp.or(Some(fleet::DHCP_PORT));
            tftp = tftp.or(Some(fleet::TFTP_PORT));
        }
        None => options.boot_listen.iter().for_each(|listen| say("--boot-listen", listen.clone())),
    }
    dhcp.iter().for_each(|port| say("--dhcp-port", port.to_string()));
    tftp.iter().for_each(|port| say("--tftp-port", port.to_string()));
    words
}

fn plain(program: &Path, environment: &[(&str, String)]) -> Command {
    let mut command = process::guarded(program, "TERM");
    command.envs(environment.iter().map(|(name, value)| (name, value)));
    command
}

/// What Leptos looks for: the names in the pages must be those the bundle was written under.
fn environment() -> [(&'static str, String); 3] {
    [
        ("LEPTOS_OUTPUT_NAME", bundle::NAME.to_owned()),
        ("LEPTOS_SITE_ROOT", paths::site().display().to_string()),
        ("LEPTOS_SITE_PKG_DIR", bundle::PKG.to_owned()),
    ]
}

/// A server that answers.
pub struct Ready {
    /// The dashboard's address.
    pub address: String,
    /// Makes the first administrator, while there is none.
    pub first: Option<String>,
}

/// Until the server says that it is ready.
pub fn wait_until_ready(household: &mut Household) -> Result<Ready> {
    say::step("starting the server", || {
        let mut first = None;
        loop {
            match household.next() {
                Event::Line { name: NAME, line } => match line.strip_prefix(READY) {
                    Some(address) => return Ok(Ready { address: address.trim().to_owned(), first }),
                    None => match line.trim().strip_prefix(FIRST) {
                        Some(link) => first = Some(link.to_owned()),
                        None => println!("{line}"),
                    },
                },
                Event::Ended { name: NAME, status } => {
                    bail!("the server did not start ({status}); it says why above")
                }
                Event::Signal => return Err(Interrupted.into()),
                Event::Line { .. } | Event::Ended { .. } => {}
            }
        }
    })
}

fn key_file(data: &Path) -> std::path::PathBuf {
    data.join("enrol.key")
}

/// The key with which agents introduce themselves; made when there is none.
pub fn enrolment_key(data: &Path) -> Result<String> {
    let path = key_file(data);
    let mut random = [0; 32];
    fs::File::open("/dev/urandom")?.read_exact(&mut random)?;
    let key: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
        Ok(mut file) => {
            writeln!(file, "{key}").map(|()| key).with_context(|| format!("cannot write {}", path.display()))
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let key = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            Ok(key.trim().to_owned())
        }
        Err(error) => Err(error).with_context(|| format!("cannot make {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::enrolment_key;

    #[test]
    fn the_enrolment_key_is_made_once() {
        let data = tempfile::tempdir().unwrap();
        let key = enrolment_key(data.path()).unwrap();
        assert_eq!(key.len(), 64);
        assert_eq!(enrolment_key(data.path()).unwrap(), key);
    }
}
