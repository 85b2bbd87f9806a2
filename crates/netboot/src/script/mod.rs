//! iPXE scripts. Pure text: the same assignment gives the same script.
//!
//! Whatever people or images wrote is made harmless before it enters a script, since iPXE knows no quotes:
//! `||`, `&&`, `;` and `#` are words to it, and `${…}` is replaced.

mod plain;

use self::plain::{plain, wrapped};
use crate::directory::Assignment;
use crate::loaders::hyphened;
use pitstop_domain::image::{ImageFormat, ImageVersion, Part, PartRole};
use pitstop_domain::machine::Firmware;
use pitstop_domain::net::Mac;
use pitstop_domain::wire::cmdline;
use std::fmt::Write as _;
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
}

/// Why no script can be made that would boot the image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    #[error("the image {image} has no {missing}: it does not start from {firmware}")]
    Lacks { image: String, missing: &'static str, firmware: Firmware },
    #[error("`{0}` cannot stand in a boot script: letters, digits and . _ + - are allowed in file names")]
    Name(String),
    #[error("the command line of the image {image} cannot stand in a boot script because of `{word}`")]
    Cmdline { image: String, word: String },
}

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

/// The script that boots an assignment's image. When that fails for good, the machine says so: it fetches its
/// script once more, with `failed=true`, and is sent home, which is remembered.
///
/// # Errors
/// When the image cannot be booted by a script; the machine is then left to its own system.
pub fn maintenance(boot: &Boot) -> Result<String, Unusable> {
    let assignment = boot.assignment;
    let load = load(boot)?;
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
    line(&mut script, &format!("chain --replace {told}&failed=true ||"));
    script.push_str(HOME);
    Ok(script)
}

/// The script that leaves the machine to its own system.
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

/// The lines that load and start the image.
fn load(boot: &Boot) -> Result<String, Unusable> {
    match (boot.assignment.image.format, boot.firmware) {
        (ImageFormat::Linux, _) => load_linux(boot),
        (ImageFormat::Program, Firmware::Bios) => {
            let part = part(boot, PartRole::BiosProgram, "BIOS program")?;
            let start = format!(
                "kernel {}{} || goto again\nboot || goto again\n",
                url(boot, part)?,
                arguments(boot)?
            );
            Ok(start)
        }
        (ImageFormat::Program, Firmware::Uefi) => {
            let part = part(boot, PartRole::EfiProgram, "EFI program")?;
            Ok(format!("chain --autofree {}{} || goto again\n", url(boot, part)?, arguments(boot)?))
        }
    }
}

/// The kernel's EFI stub finds its initial RAM disks by the names on the command line; for BIOS the words do no
/// harm.
fn load_linux(boot: &Boot) -> Result<String, Unusable> {
    let kernel = part(boot, PartRole::Kernel, "kernel")?;
    let initrds: Vec<&Part> =
        boot.assignment.image.parts.iter().filter(|p| p.role == PartRole::Initrd).collect();
    let mut text = format!("kernel {}", url(boot, kernel)?);
    for initrd in &initrds {
        text.push_str(&format!(" initrd={}", file_name(&initrd.file)?));
    }
    text.push_str(&format!("{}{} || goto again\n", arguments(boot)?, ours(boot)?));
    for initrd in &initrds {
        text.push_str(&format!(
            "initrd --name {} {} || goto again\n",
            file_name(&initrd.file)?,
            url(boot, initrd)?
        ));
    }
    line(&mut text, "boot || goto again");
    Ok(text)
}

/// The words that tell the agent where to report, and which interface to use.
fn ours(boot: &Boot) -> Result<String, Unusable> {
    let Boot { assignment, mac, base, .. } = boot;
    let token = word(&assignment.token)?;
    let mut text = format!(" BOOTIF=01-{}", hyphened(*mac));
    // Writing to a String does not fail.
    let _ = write!(text, " {}={base} {}={}", cmdline::SERVER, cmdline::JOB, assignment.job);
    let _ = write!(text, " {}={token} {}={}", cmdline::TOKEN, cmdline::MACHINE, assignment.machine);
    Ok(text)
}

fn part<'a>(boot: &Boot<'a>, role: PartRole, missing: &'static str) -> Result<&'a Part, Unusable> {
    let image: &'a ImageVersion = &boot.assignment.image;
    let lacks = || Unusable::Lacks { image: image.name.clone(), missing, firmware: boot.firmware };
    image.parts.iter().find(|part| part.role == role).ok_or_else(lacks)
}

fn url(boot: &Boot, part: &Part) -> Result<String, Unusable> {
    let Boot { assignment, base, .. } = boot;
    let (token, file) = (word(&assignment.token)?, file_name(&part.file)?);
    Ok(format!("{base}/boot/jobs/{}/{token}/{file}", assignment.job))
}

/// The image's own command line, with a space in front of each word.
fn arguments(boot: &Boot) -> Result<String, Unusable> {
    let image = &boot.assignment.image;
    let mut text = String::new();
    for word in image.cmdline.split_whitespace() {
        let ends_command = matches!(word, "||" | "&&" | ";") || word.starts_with('#');
        if ends_command || word.chars().any(char::is_control) {
            return Err(Unusable::Cmdline { image: image.name.clone(), word: word.to_owned() });
        }
        text.push(' ');
        text.push_str(word);
    }
    Ok(text)
}

fn file_name(name: &str) -> Result<&str, Unusable> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-');
    let fine = name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(allowed);
    if fine { Ok(name) } else { Err(Unusable::Name(name.to_owned())) }
}

/// A token, as it may stand in a URL and on a command line. The error does not repeat it.
fn word(token: &str) -> Result<&str, Unusable> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '~' | '-' | '=');
    let fine = !token.is_empty() && token.chars().all(allowed);
    if fine { Ok(token) } else { Err(Unusable::Name("the job's token".to_owned())) }
}

fn line(script: &mut String, text: &str) {
    script.push_str(text);
    script.push('\n');
}
