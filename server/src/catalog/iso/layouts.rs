//! Where on a disc kernel, initial RAM disk and the rest lie, by who made it; and what its kernel is told so that the rest
//! is fetched from us. A star stands for any letters; of several files the last by name is taken.

/// A layout.
pub(super) struct Layout {
    pub name: &'static str,
    /// Only discs of this layout have this; empty: its files say enough.
    pub sign: &'static str,
    /// The first that is there.
    pub kernel: &'static [&'static str],
    /// Loaded before the RAM disk, where they are there: microcode.
    pub before: &'static [&'static str],
    /// The first that is there.
    pub initrd: &'static [&'static str],
    /// What the system fetches when it runs; of each the first that is there.
    pub files: &'static [&'static [&'static str]],
    /// `{0}` is the address of the first file, `{files}` of the folder of all.
    pub cmdline: &'static str,
    pub note: &'static str,
}

const EMPTY: Layout =
    Layout { name: "", sign: "", kernel: &[], before: &[], initrd: &[], files: &[], cmdline: "", note: "" };
const LIVE_KERNEL: &[&str] = &["live/vmlinuz", "live/vmlinuz*"];
const LIVE_INITRD: &[&str] = &["live/initrd.img", "live/initrd*"];
const LIVE_ROOT: &[&[&str]] = &[&["live/filesystem.squashfs", "live/*.squashfs"]];
const PXEBOOT_KERNEL: &[&str] = &["images/pxeboot/vmlinuz", "boot/x86_64/loader/linux"];
const PXEBOOT_INITRD: &[&str] = &["images/pxeboot/initrd.img", "boot/x86_64/loader/initrd"];

/// The more special first.
pub(super) const KNOWN: &[Layout] = &[
    Layout {
        name: "SystemRescue",
        sign: "sysresccd",
        kernel: &["sysresccd/boot/x86_64/vmlinuz"],
        before: &["sysresccd/boot/intel_ucode.img", "sysresccd/boot/amd_ucode.img"],
        initrd: &["sysresccd/boot/x86_64/sysresccd.img"],
        files: &[&["sysresccd/x86_64/airootfs.sfs"]],
        // It asks for sysresccd/x86_64/airootfs.sfs below this; of such a path we look at the file's name alone.
        cmdline: "archisobasedir=sysresccd ip=dhcp archiso_http_srv={files}/ copytoram",
        ..EMPTY
    },
    Layout {
        name: "GParted Live",
        sign: "GParted-Live-Version",
        kernel: LIVE_KERNEL,
        initrd: LIVE_INITRD,
        files: LIVE_ROOT,
        cmdline: "boot=live config components union=overlay username=user noswap noeject ip= net.ifnames=0 fetch={0}",
        ..EMPTY
    },
    Layout {
        name: "Clonezilla Live",
        sign: "Clonezilla-Live-Version",
        kernel: LIVE_KERNEL,
        initrd: LIVE_INITRD,
        files: LIVE_ROOT,
        cmdline: "boot=live union=overlay username=user config components quiet noswap nolocales edd=on nomodeset \
                  ocs_live_run=ocs-live-general ocs_live_extra_param= ocs_live_batch=no keyboard-layouts= locales= ip= \
                  net.ifnames=0 nosplash fetch={0}",
        ..EMPTY
    },
    Layout {
        name: "Fedora Live",
        kernel: PXEBOOT_KERNEL,
        initrd: PXEBOOT_INITRD,
        files: &[&["LiveOS/squashfs.img"]],
        cmdline: "root=live:{0} rd.live.image ip=dhcp",
        ..EMPTY
    },
    Layout {
        name: "Fedora installer",
        kernel: PXEBOOT_KERNEL,
        initrd: PXEBOOT_INITRD,
        files: &[&["images/install.img"]],
        cmdline: "inst.stage2={files} ip=dhcp",
        note: "It installs packages from the mirrors that it knows, not from the disc.",
        ..EMPTY
    },
    Layout {
        name: "Alpine",
        kernel: &["boot/vmlinuz-lts", "boot/vmlinuz-virt", "boot/vmlinuz-*"],
        initrd: &["boot/initramfs-lts", "boot/initramfs-virt", "boot/initramfs-*"],
        files: &[&["boot/modloop-lts", "boot/modloop-virt", "boot/modloop-*"]],
        cmdline: "modules=loop,squashfs quiet ip=dhcp modloop={0}",
        note: "Its packages are not taken from the disc: add alpine_repo=ADDRESS to the command line, with a mirror that \
               the machines reach.",
        ..EMPTY
    },
    Layout {
        name: "Debian Live",
        kernel: LIVE_KERNEL,
        initrd: LIVE_INITRD,
        files: LIVE_ROOT,
        cmdline: "boot=live components ip=dhcp fetch={0}",
        ..EMPTY
    },
    Layout {
        name: "Debian installer (netboot)",
        kernel: &["linux"],
        initrd: &["initrd.gz"],
        cmdline: "---",
        ..EMPTY
    },
    Layout {
        name: "Debian installer (disc)",
        kernel: &["install.amd/vmlinuz", "install.a64/vmlinuz"],
        initrd: &["install.amd/initrd.gz", "install.a64/initrd.gz"],
        cmdline: "---",
        note: "Its initial RAM disk looks for the disc. For an installation from the network take Debian's mini.iso.",
        ..EMPTY
    },
];
