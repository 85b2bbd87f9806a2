//! An iPXE script, read as far as a machine that boots needs it: what to load, where to ask again, or home.

use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::wire::cmdline;

/// What a script leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Script {
    /// Fetch this and start it.
    Boot(Image),
    /// Wait so many seconds and fetch that script.
    Again { after_s: u32, url: String },
    /// Start the own system.
    Home,
}

/// What is to be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// URLs in the order in which they are fetched.
    pub parts: Vec<String>,
    /// Where the agent in it reports; `None`: it is not maintenance, or there is no agent in it.
    pub report_to: Option<Parameters>,
    /// It is the own system of a diskless machine: what enrols its agent.
    pub own: Option<OwnToken>,
    /// Where a machine with nothing else to start asks when this cannot be loaded, and after how many seconds.
    pub otherwise: Option<(u32, String)>,
}

/// Stays out of what is printed.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnToken(pub String);

impl std::fmt::Debug for OwnToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OwnToken")
    }
}

/// What the kernel's command line tells the maintenance agent.
#[derive(Clone, PartialEq, Eq)]
pub struct Parameters {
    /// Base URL of the server.
    pub server: String,
    pub job: JobId,
    pub token: String,
    pub machine: MachineId,
}

/// The token opens the job, so it stays out of what is printed.
impl std::fmt::Debug for Parameters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parameters")
            .field("server", &self.server)
            .field("job", &self.job)
            .finish_non_exhaustive()
    }
}

/// A script that leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadScript {
    #[error("it does not begin with #!ipxe")]
    NoScript,
    #[error("`{0}` names no address")]
    NoAddress(String),
    #[error("it ends without starting anything")]
    LeadsNowhere,
}

impl Script {
    /// Reads a script from its first line to the command that starts something. Of `a || b` only `a` counts:
    /// what goes wrong is the machine's affair.
    ///
    /// # Errors
    /// When it is no script, or starts nothing.
    pub fn read(text: &str) -> Result<Self, BadScript> {
        let mut lines = text.lines();
        if lines.next() != Some("#!ipxe") {
            return Err(BadScript::NoScript);
        }
        let (mut after_s, mut parts, mut report_to, mut own) = (0, Vec::new(), None, None);
        while let Some(line) = lines.next() {
            let command = line.split(" ||").next().unwrap_or_default();
            let words: Vec<&str> = command.split_whitespace().collect();
            match words.as_slice() {
                ["sleep", seconds] => after_s = seconds.parse().unwrap_or(0),
                ["chain", "--replace", rest @ ..] => {
                    return Ok(Self::Again { after_s, url: url(rest, line)? });
                }
                ["chain", rest @ ..] => {
                    let parts = vec![url(rest, line)?];
                    return Ok(Self::Boot(Image { parts, report_to: None, own: None, otherwise: None }));
                }
                ["kernel", rest @ ..] => {
                    parts = vec![url(rest, line)?];
                    report_to = parameters(rest);
                    own = value(rest, cmdline::OWN).map(|token| OwnToken(token.to_owned()));
                }
                ["initrd", rest @ ..] => parts.push(url(rest, line)?),
                ["boot"] if !parts.is_empty() => {
                    let otherwise = otherwise(lines);
                    return Ok(Self::Boot(Image { parts, report_to, own, otherwise }));
                }
                ["sanboot" | "exit", ..] => return Ok(Self::Home),
                _ => {}
            }
        }
        Err(BadScript::LeadsNowhere)
    }
}

fn url(words: &[&str], line: &str) -> Result<String, BadScript> {
    let url = words.iter().find(|word| word.starts_with("http://"));
    url.map(|url| (*url).to_owned()).ok_or_else(|| BadScript::NoAddress(line.to_owned()))
}

fn value<'a>(words: &[&'a str], key: &str) -> Option<&'a str> {
    words.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
}

/// What the rest of a script leads to that never gives up: the pause before it asks, and where.
fn otherwise<'a>(lines: impl Iterator<Item = &'a str>) -> Option<(u32, String)> {
    let (mut after_s, mut found) = (0, None);
    for line in lines {
        let words: Vec<&str> = line.split(" ||").next().unwrap_or_default().split_whitespace().collect();
        match words.as_slice() {
            ["sleep", seconds] if found.is_none() => after_s = seconds.parse().unwrap_or(after_s),
            ["chain", "--replace", rest @ ..] => found = Some((after_s, url(rest, line).ok()?)),
            // Somewhere it leaves the machine to its firmware.
            ["sanboot" | "exit", ..] => return None,
            _ => {}
        }
    }
    found
}

fn parameters(words: &[&str]) -> Option<Parameters> {
    let value = |key: &str| value(words, key);
    Some(Parameters {
        server: value(cmdline::SERVER)?.to_owned(),
        job: value(cmdline::JOB)?.parse().ok()?,
        token: value(cmdline::TOKEN)?.to_owned(),
        machine: value(cmdline::MACHINE)?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "00000000-0000-0000-0000-0000000000bb";

    #[test]
    fn a_maintenance_script_names_its_parts_and_where_to_report() {
        let text = format!(
            "#!ipxe\n# Pitstop: maintenance of pc-17, job {ID}\necho Work: Inventory\nset tries:int32 0\n:load\n\
             kernel http://s:1/boot/jobs/{ID}/tok/vmlinuz initrd=i.img quiet pitstop.server=http://s:1 \
             pitstop.job={ID} pitstop.token=tok pitstop.machine={ID} || goto again\n\
             initrd --name i.img http://s:1/boot/jobs/{ID}/tok/i.img || goto again\nboot || goto again\n\
             goto home\n:again\nsleep 5\ngoto load\n:home\nexit 1\n"
        );
        let Ok(Script::Boot(image)) = Script::read(&text) else { panic!("{:?}", Script::read(&text)) };
        let part = |file: &str| format!("http://s:1/boot/jobs/{ID}/tok/{file}");
        assert_eq!(image.parts, [part("vmlinuz"), part("i.img")]);
        let to = image.report_to.unwrap();
        assert_eq!(
            (to.server.as_str(), to.job.to_string().as_str(), to.token.as_str()),
            ("http://s:1", ID, "tok")
        );
        assert!(!format!("{to:?}").contains("tok"));
    }

    #[test]
    fn programs_have_nobody_to_report() {
        let uefi = "#!ipxe\n:load\nchain --autofree http://s/m.efi console=ttyS0 || goto again\n";
        let bios = "#!ipxe\n:load\nkernel http://s/m.bin nosmp || goto again\nboot || goto again\n";
        for (text, part) in [(uefi, "http://s/m.efi"), (bios, "http://s/m.bin")] {
            let image = Image { parts: vec![part.to_owned()], report_to: None, own: None, otherwise: None };
            assert_eq!(Script::read(text), Ok(Script::Boot(image)));
        }
    }

    #[test]
    fn an_own_system_from_the_network_says_where_to_ask_when_it_cannot_be_loaded() {
        let text = "#!ipxe\necho System: Desktop\nkernel http://s/own/tok/vmlinuz?image=d initrd=i quiet pitstop.server=http://s \
                    pitstop.machine=m pitstop.own=tok || goto again\ninitrd --name i http://s/own/tok/i?image=d || goto again\n\
                    boot || goto again\n:again\nimgfree ||\nsleep 10\nset pause:int32 5\n:ask\n\
                    chain --replace http://s/boot/script?again=2 ||\nsleep ${pause}\niseq ${pause} 60 || inc pause 5\ngoto ask\n";
        let Ok(Script::Boot(image)) = Script::read(text) else { panic!("{:?}", Script::read(text)) };
        assert_eq!(image.own, Some(OwnToken("tok".to_owned())));
        assert_eq!(
            (image.report_to, image.otherwise),
            (None, Some((10, "http://s/boot/script?again=2".to_owned())))
        );
    }

    #[test]
    fn a_machine_without_work_is_led_home() {
        let text = "#!ipxe\n# Pitstop: nothing is asked of this machine\necho Starting this computer's own system.\n\
                    iseq ${platform} efi && goto efi ||\nsanboot --no-describe --drive 0x80 || exit\n:efi\nexit 1\n";
        assert_eq!(Script::read(text), Ok(Script::Home));
    }

    #[test]
    fn a_server_that_cannot_say_is_asked_again() {
        let text = "#!ipxe\nsleep 5\nchain --replace http://s/boot/script?again=1 ||\nexit 1\n";
        let again = Script::Again { after_s: 5, url: "http://s/boot/script?again=1".to_owned() };
        assert_eq!(Script::read(text), Ok(again));
    }

    #[test]
    fn what_is_no_script_is_refused() {
        assert_eq!(Script::read("<html>"), Err(BadScript::NoScript));
        assert_eq!(Script::read("#!ipxe\necho hello\n"), Err(BadScript::LeadsNowhere));
    }
}
