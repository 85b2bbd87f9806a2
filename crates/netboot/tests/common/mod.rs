//! A directory in memory, and something to find in it.
#![allow(dead_code, reason = "each test program uses its own part of this")]

use async_trait::async_trait;
use pitstop_domain::digest::Digest;
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::image::{ImageFormat, ImageKind, ImageVersion, Part, PartRole};
use pitstop_domain::machine::{Arch, Firmware};
use pitstop_domain::net::Mac;
use pitstop_domain::sighting::Sighting;
use pitstop_netboot::config::{BootServer, ServerFacts};
use pitstop_netboot::dhcp::{Port, Request};
use pitstop_netboot::directory::{
    Assignment, Client, Directory, DirectoryError, Found, Known, Own, OwnImage, PartError, PartFile,
};
use pitstop_netboot::loaders::LoaderFolder;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::mpsc;

pub const MACHINE: MachineId = MachineId(uuid::Uuid::from_u128(0xAA));
pub const JOB: JobId = JobId(uuid::Uuid::from_u128(0xBB));
pub const TOKEN: &str = "s3cret-token";
/// Where the lab's boot server was when firmware was recorded.
pub const SERVER: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 2);
/// Generous: a loaded machine is slow, and nothing waits this long that works.
pub const LIMIT: Duration = Duration::from_secs(20);

pub fn digest(digit: char) -> Digest {
    digit.to_string().repeat(64).parse().unwrap()
}

pub fn part(role: PartRole, file: &str) -> Part {
    Part { role, file: file.to_owned(), digest: digest('a'), bytes: 10 }
}

pub fn linux() -> ImageVersion {
    ImageVersion {
        digest: digest('d'),
        name: "maintenance".into(),
        version: "1".into(),
        title: "Maintenance".into(),
        kind: ImageKind::Maintenance,
        format: ImageFormat::Linux,
        arch: Arch::X86_64,
        firmware: vec![Firmware::Bios, Firmware::Uefi],
        parts: vec![part(PartRole::Kernel, "vmlinuz"), part(PartRole::Initrd, "initrd.img")],
        cmdline: "console=ttyS0 quiet".into(),
        agent: true,
        provenance: serde_json::Value::Null,
        created_at: chrono::DateTime::UNIX_EPOCH,
        standing: pitstop_domain::image::Standing::default(),
    }
}

pub fn memtest() -> ImageVersion {
    ImageVersion {
        name: "memtest".into(),
        format: ImageFormat::Program,
        parts: vec![
            part(PartRole::BiosProgram, "memtest86+x64.bin"),
            part(PartRole::EfiProgram, "memtest86+x64.efi"),
        ],
        cmdline: "nosmp".into(),
        agent: false,
        ..linux()
    }
}

pub fn assignment(image: ImageVersion) -> Assignment {
    Assignment {
        job: JOB,
        machine: MACHINE,
        machine_name: "pc-17".into(),
        image,
        token: TOKEN.into(),
        title: "Memory test".into(),
        told: "The memory of this computer is tested. This takes about an hour.".into(),
    }
}

pub fn known(assignment: Option<Assignment>) -> Found {
    Found::Known(Known {
        machine: MACHINE,
        name: "pc-17".into(),
        assignment: assignment.map(Box::new),
        own: Own::Local,
    })
}

/// The image of a diskless machine's own system.
pub fn own_image(image: ImageVersion) -> OwnImage {
    OwnImage { machine: MACHINE, machine_name: "pc-17".into(), image, token: TOKEN.into() }
}

pub fn desktop() -> ImageVersion {
    ImageVersion { name: "desktop".into(), title: "Desktop".into(), kind: ImageKind::Operational, ..linux() }
}

/// A diskless machine.
pub fn diskless(assignment: Option<Assignment>, own: Own) -> Found {
    Found::Known(Known { machine: MACHINE, name: "pc-17".into(), assignment: assignment.map(Box::new), own })
}

pub fn has_desktop() -> Own {
    Own::Image(Box::new(own_image(desktop())))
}

pub fn lacks_desktop() -> Own {
    Own::Missing { image: "desktop".into(), why: "there is no image `desktop` in the catalog".into() }
}

pub fn capture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/captures/{name}.bin"))).unwrap()
}

/// The packets of `tests/captures` that clients sent, with the port of ours and the port they came from.
pub const FROM_CLIENTS: [(&str, Port, u16); 11] = [
    ("ipxe-rom-bios-discover", Port::Discovery, 68),
    ("ipxe-rom-bios-request", Port::Discovery, 68),
    ("ipxe-rom-bios-request-4011", Port::BootServer, 68),
    ("undionly-bios-discover", Port::Discovery, 68),
    ("ovmf-pxe-discover", Port::Discovery, 68),
    ("ovmf-pxe-request", Port::Discovery, 68),
    ("ovmf-pxe-request-4011", Port::BootServer, 4011),
    ("ovmf-http-discover", Port::Discovery, 68),
    ("ipxe-efi-discover", Port::Discovery, 68),
    ("ipxe-efi-request", Port::Discovery, 68),
    ("ipxe-efi-request-4011", Port::BootServer, 68),
];

/// Where a captured packet came from: the client's address, if it had one.
pub fn source(bytes: &[u8], port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::new(bytes[12], bytes[13], bytes[14], bytes[15]), port)
}

pub fn read(name: &str) -> Request {
    let (_, port, from) = FROM_CLIENTS.into_iter().find(|(known, ..)| *known == name).unwrap();
    let bytes = capture(name);
    Request::read(&bytes, port, source(&bytes, from)).unwrap()
}

/// A folder with the loaders that Debian has, and a longer one for ranges.
pub fn loader_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["undionly.kpxe", "snponly.efi", "ipxe.efi"] {
        std::fs::write(folder.path().join(name), name).unwrap();
    }
    folder
}

pub fn loaders() -> LoaderFolder {
    LoaderFolder::open(loader_folder().path()).unwrap()
}

pub fn facts() -> ServerFacts {
    ServerFacts { address: SERVER, http: format!("http://{SERVER}:8080"), loaders: loaders() }
}

pub fn config(loaders: LoaderFolder) -> BootServer {
    BootServer { advertise: None, http_port: 8080, http_url: None, loaders }
}

/// A directory in memory that knows one machine.
pub struct Memory {
    pub found: Mutex<Result<Found, DirectoryError>>,
    pub asked: Mutex<Vec<Client>>,
    pub part: Mutex<Result<PartFile, PartError>>,
    seen: mpsc::UnboundedSender<Sighting>,
}

/// What such a directory was told.
pub struct Seen(mpsc::UnboundedReceiver<Sighting>);

impl Memory {
    pub fn new(found: Result<Found, DirectoryError>) -> (std::sync::Arc<Self>, Seen) {
        let (seen, receiver) = mpsc::unbounded_channel();
        let part = Mutex::new(Err(PartError::NotFound));
        let memory = Self { found: Mutex::new(found), asked: Mutex::default(), part, seen };
        (std::sync::Arc::new(memory), Seen(receiver))
    }
}

impl Seen {
    pub async fn next(&mut self) -> Sighting {
        tokio::time::timeout(LIMIT, self.0.recv()).await.expect("a sighting in time").unwrap()
    }

    /// The next sighting; `None` when the directory is gone and nobody is left to see anything.
    pub async fn until_the_end(&mut self) -> Option<Sighting> {
        tokio::time::timeout(LIMIT, self.0.recv()).await.expect("an end in time")
    }

    pub fn nothing_more(&mut self) -> bool {
        self.0.try_recv().is_err()
    }
}

#[async_trait]
impl Directory for Memory {
    async fn find(&self, client: &Client) -> Result<Found, DirectoryError> {
        self.asked.lock().unwrap().push(client.clone());
        self.found.lock().unwrap().clone()
    }

    async fn saw(&self, machine: MachineId, sighting: Sighting) {
        assert_eq!(machine, MACHINE);
        let _ = self.seen.send(sighting);
    }

    async fn part(&self, _: JobId, token: &str, _: &str) -> Result<PartFile, PartError> {
        if token != TOKEN {
            return Err(PartError::Forbidden);
        }
        self.part.lock().unwrap().clone()
    }

    async fn own_part(
        &self,
        machine: MachineId,
        token: &str,
        version: &Digest,
        _: &str,
    ) -> Result<PartFile, PartError> {
        assert_eq!((machine, version), (MACHINE, &digest('d')));
        if token != TOKEN {
            return Err(PartError::Forbidden);
        }
        self.part.lock().unwrap().clone()
    }
}

pub const MAC: Mac = Mac([0x52, 0x54, 0x00, 0x1a, 0x38, 0x75]);
