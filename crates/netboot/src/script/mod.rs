//! iPXE scripts. Pure text: the same assignment gives the same script.
//!
//! - [`maintenance`](mod@maintenance): boots a job's image, and sends the machine home when that fails
//! - [`own_image`]: boots the own system of a diskless machine, which has nothing else and therefore never gives up
//! - [`load`]: the lines that load an image, whichever it is for
//! - here: the way home, and the scripts for machines about which nobody can say anything
//!
//! Whatever people or images wrote is made harmless before it enters a script, since iPXE knows no quotes:
//! `||`, `&&`, `;` and `#` are words to it, and `${…}` is replaced.

mod load;
mod maintenance;
mod own_image;
mod plain;

pub use load::Unusable;
pub use maintenance::{Boot, maintenance};
pub use own_image::{OwnBoot, cannot_boot, own_image};

use self::plain::plain;
use crate::loaders::hyphened;
use pitstop_domain::machine::Firmware;
use pitstop_domain::net::Mac;
use uuid::Uuid;

/// Where a machine finds its script. `arch` is iPXE's `${buildarch}-${platform}`, or the platform alone.
pub(crate) fn address(base: &str, mac: Mac, uuid: Option<Uuid>, arch: &str) -> String {
    let uuid = uuid.map(|uuid| format!("&uuid={uuid}")).unwrap_or_default();
    format!("{base}/boot/script?mac={}{uuid}&arch={arch}", hyphened(mac))
}

/// What iPXE calls itself there.
pub(crate) fn platform(firmware: Firmware) -> &'static str {
    match firmware {
        Firmware::Bios => "pcbios",
        Firmware::Uefi => "efi",
    }
}

/// The script that leaves the machine to the own system that is on it.
pub fn own_system(why: &str) -> String {
    format!("#!ipxe\n# Pitstop: {}\n{HOME}", plain(why))
}

/// The script for a machine about which nobody can say anything at the moment: it asks again, at `url`.
pub fn ask_again(url: &str) -> String {
    format!(
        "#!ipxe\necho Pitstop does not answer yet. Asking again in 5 seconds.\nsleep 5\nchain --replace {url} ||\n{HOME}"
    )
}

/// The script for a loader that was started without being told its machine's script (a static boot entry): it
/// asks again and says who it is. `netX` is the interface that was opened last, the one that it boots from.
pub fn who_are_you(base: &str) -> String {
    let query = "mac=${netX/mac:hexhyp}&uuid=${uuid}&arch=${buildarch}-${platform}";
    format!("#!ipxe\nchain --replace {base}/boot/script?{query} ||\n{HOME}")
}

/// BIOS: start the first disk, and if there is none, leave it to the firmware. UEFI: a status that is not zero
/// makes firmware go on to its next boot entry; after zero it stays in its menu.
const HOME: &str = "\
echo Starting this computer's own system.
iseq ${platform} efi && goto efi ||
sanboot --no-describe --drive 0x80 || exit
:efi
exit 1
";

fn line(script: &mut String, text: &str) {
    script.push_str(text);
    script.push('\n');
}
