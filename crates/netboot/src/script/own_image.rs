//! The scripts of diskless machines: their own system is an image of ours, and there is nothing else to start. To
//! give up would leave such a machine in its firmware's menu until somebody walks there. So its scripts never end
//! without a system: they say what is wrong and ask again, more and more seldom.

use super::load::{Load, Unusable, word};
use super::plain::plain;
use super::{address, line, platform};
use crate::directory::OwnImage;
use pitstop_domain::machine::Firmware;
use pitstop_domain::net::Mac;
use pitstop_domain::wire::cmdline;
use uuid::Uuid;

/// Seconds before asking again, the first time and later. The last lasts: a server that comes back finds a room of
/// such machines asking within a minute, and until then they cost it next to nothing.
const PAUSES: [u32; 5] = [5, 10, 20, 40, 60];

/// What a script that boots an own system is made from.
#[derive(Clone, Debug)]
pub struct OwnBoot<'a> {
    pub own: &'a OwnImage,
    pub firmware: Firmware,
    /// The interface that the machine boots from.
    pub mac: Mac,
    /// Its SMBIOS UUID, where it said so.
    pub uuid: Option<Uuid>,
    /// Base URL of the server, without a slash at the end.
    pub base: &'a str,
    /// How often it has asked before in this boot.
    pub again: u8,
}

/// The script that boots a diskless machine's own system. When that fails, it asks for its script again: the image,
/// or what is asked of the machine, may be another by then.
///
/// # Errors
/// When the image cannot be booted by a script.
pub fn own_image(boot: &OwnBoot) -> Result<String, Unusable> {
    let OwnBoot { own, base, again, .. } = *boot;
    let (token, machine, image) = (word(&own.token)?, own.machine, &own.image);
    let (server, of_machine, opens) = (cmdline::SERVER, cmdline::MACHINE, cmdline::OWN);
    let load = Load {
        image,
        firmware: boot.firmware,
        mac: boot.mac,
        folder: format!("{base}/boot/own/{machine}/{token}"),
        query: format!("?image={}", image.digest),
        words: format!("{server}={base} {of_machine}={machine} {opens}={token}"),
    };
    let load = load.lines()?;
    let (name, system) = (plain(&own.machine_name), plain(&format!("{} {}", image.title, image.version)));
    let mut script = String::from("#!ipxe\n");
    line(&mut script, &format!("# Pitstop: own system of {name}, from the network"));
    line(&mut script, "echo");
    line(&mut script, "echo Pitstop: this computer's own system comes from the network");
    line(&mut script, &format!("echo Computer: {name}"));
    line(&mut script, &format!("echo System: {system}"));
    script.push_str(&load);
    line(&mut script, ":again");
    line(&mut script, "imgfree ||");
    line(&mut script, "echo The own system could not be loaded.");
    script.push_str(&ask_later(again, &asking(boot.base, boot.mac, boot.uuid, boot.firmware, again)));
    Ok(script)
}

/// The script for a machine that is known to be diskless, or was, and whose own system cannot be told: why, in words
/// for the person in front of it.
pub fn cannot_boot(
    why: &str,
    base: &str,
    mac: Mac,
    uuid: Option<Uuid>,
    firmware: Firmware,
    again: u8,
) -> String {
    let why = plain(why);
    let later = ask_later(again, &asking(base, mac, uuid, firmware, again));
    format!(
        "#!ipxe\n# Pitstop: {why}\necho This computer's own system comes from the network, and cannot be told: {why}\n{later}"
    )
}

fn asking(base: &str, mac: Mac, uuid: Option<Uuid>, firmware: Firmware, again: u8) -> String {
    let address = address(base, mac, uuid, platform(firmware));
    format!("{address}&diskless=true&again={}", again.saturating_add(1))
}

/// The pause grows with how often it was in vain.
fn ask_later(again: u8, url: &str) -> String {
    let pause = PAUSES.get(usize::from(again)).or(PAUSES.last()).copied().unwrap_or(60);
    format!("echo Asking again in {pause} seconds.\nsleep {pause}\n{}", ask_for_ever(url))
}

/// Asks at `url` until there is an answer, every 5 s at first and every minute in the end.
pub(super) fn ask_for_ever(url: &str) -> String {
    format!(
        "\
set pause:int32 5
:ask
chain --replace {url} ||
echo The server does not answer. Asking again in ${{pause}} seconds.
sleep ${{pause}}
iseq ${{pause}} 60 || inc pause 5
goto ask
"
    )
}
