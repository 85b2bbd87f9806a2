//! Debian packages, by what they are for.

/// Why packages are installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Run,
    Lab,
    Test,
    /// Asked for by its test alone: it is large, and most need none of it.
    Windows,
}

/// A package, and what makes it unnecessary.
#[derive(Debug, Clone, Copy)]
pub struct Need {
    pub package: &'static str,
    /// Another package, or a program on the PATH, that does as well.
    pub instead: Option<&'static str>,
}

const fn need(package: &'static str) -> Need {
    Need { package, instead: None }
}

const fn unless(package: &'static str, instead: &'static str) -> Need {
    Need { package, instead: Some(instead) }
}

/// What the server and the maintenance image need.
const RUN: &[Need] = &[
    // The private database. Its default cluster is not used.
    need("postgresql"),
    // Network boot loaders.
    need("ipxe"),
    // The image's kernel modules are listed with depmod and modinfo.
    need("kmod"),
    need("xz-utils"),
    need("iproute2"),
    need("ca-certificates"),
    // Signs the images that are built.
    need("minisign"),
    // Power by IPMI (docs/adr/0010-ipmi-by-ipmitool.md).
    need("ipmitool"),
    // Some crates have C inside.
    unless("gcc", "cc"),
    need("libc6-dev"),
];

/// Virtual machines with real firmware, their disks and their network.
const LAB: &[Need] = &[
    need("qemu-system-x86"),
    need("qemu-utils"),
    need("seabios"),
    need("ipxe-qemu"),
    need("ovmf"),
    // The site's DHCP server, which gives addresses only.
    need("dnsmasq-base"),
    // Disks that boot by BIOS and by UEFI.
    need("dosfstools"),
    need("mtools"),
    // Disks with faults: file systems made, broken and looked at.
    need("e2fsprogs"),
    need("ntfs-3g"),
    need("xfsprogs"),
    need("btrfs-progs"),
    // Disks captured and restored.
    need("partclone"),
    need("zstd"),
    // A board that speaks real IPMI, in front of a virtual machine.
    need("openipmi"),
    need("tcpdump"),
];

/// TFTP's clients, counterparts for power routes, the browser, and a second opinion on what went over the wire.
const TEST: &[Need] = &[
    need("tftp-hpa"),
    need("atftp"),
    need("curl"),
    unless("busybox-static", "busybox"),
    need("tshark"),
    need("socat"),
    // Discs as their makers lay them out.
    need("xorriso"),
    // Hosts and boards that restart machines: an SSH server, certificates.
    need("openssh-server"),
    need("openssh-client"),
    need("openssl"),
    // Servers whose time of day is wrong.
    need("libfaketime"),
    // For an environment with the Redfish emulator (python.rs).
    need("python3-venv"),
    unless("chromium", "chromium-browser"),
    unless("nodejs", "node"),
    unless("npm", "npm"),
];

/// The agent for Windows: what links it, and what runs it.
const WINDOWS: &[Need] = &[need("gcc-mingw-w64-x86-64"), need("wine64"), need("wine")];

impl Purpose {
    pub const ALL: [Self; 3] = [Self::Run, Self::Lab, Self::Test];

    pub fn needs(self) -> &'static [Need] {
        match self {
            Self::Run => RUN,
            Self::Lab => LAB,
            Self::Test => TEST,
            Self::Windows => WINDOWS,
        }
    }

    /// Completes "installing … for …".
    pub fn reason(self) -> &'static str {
        match self {
            Self::Run => "the server, its database and the maintenance image",
            Self::Lab => "the virtual machines of the lab and the demo",
            Self::Test => "the tests: TFTP clients, packet reading, boards, a browser",
            Self::Windows => "the agent for Windows and its tests",
        }
    }
}
