//! A boot server for one machine, without a database: for trying firmware out.
//!
//! ```text
//! boot_one ADDRESS MAC KERNEL INITRD COMMAND-LINE…     boots Linux
//! boot_one ADDRESS MAC BIOS-PROGRAM EFI-PROGRAM program COMMAND-LINE…
//! boot_one ADDRESS MAC                                 leaves the machine to its own system
//! ```
//!
//! It needs root and the package `ipxe`, and prints what it sees of the machine.
#![expect(clippy::unwrap_used, reason = "a tool for trying things out: what fails, fails loudly")]

use async_trait::async_trait;
use pitstop_domain::digest::Digest;
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::image::{ImageFormat, ImageKind, ImageVersion, Part, PartRole};
use pitstop_domain::machine::{Arch, Firmware};
use pitstop_domain::net::Mac;
use pitstop_domain::sighting::Sighting;
use pitstop_netboot::config::BootServer;
use pitstop_netboot::dhcp::{Listener, Port, ProxyDhcp};
use pitstop_netboot::directory::{
    Assignment, Client, Directory, DirectoryError, Found, Known, Own, PartError, PartFile,
};
use pitstop_netboot::http::{BootState, router};
use pitstop_netboot::loaders::LoaderFolder;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;
use std::sync::Arc;
use tftp_server::{Content, Handler, Refusal, Request};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const MACHINE: MachineId = MachineId(Uuid::from_u128(1));
const JOB: JobId = JobId(Uuid::from_u128(2));

struct One {
    mac: Mac,
    paths: Vec<PathBuf>,
    assignment: Option<Assignment>,
}

#[async_trait]
impl Directory for One {
    async fn find(&self, client: &Client) -> Result<Found, DirectoryError> {
        if !client.macs.contains(&self.mac) {
            return Ok(Found::Unknown);
        }
        let assignment = self.assignment.clone().map(Box::new);
        Ok(Found::Known(Known { machine: MACHINE, name: "trial".into(), assignment, own: Own::Local }))
    }

    async fn saw(&self, _: MachineId, sighting: Sighting) {
        println!("SEEN {}", serde_json::to_string(&sighting).unwrap());
    }

    async fn part(&self, _: JobId, _: &str, file: &str) -> Result<PartFile, PartError> {
        let parts = self.assignment.iter().flat_map(|assignment| &assignment.image.parts);
        let mut both = parts.zip(&self.paths);
        let (part, path) = both.find(|(part, _)| part.file == file).ok_or(PartError::NotFound)?;
        let (digest, bytes, role) = (part.digest.clone(), part.bytes, part.role);
        Ok(PartFile { path: path.clone(), digest, bytes, role, machine: MACHINE })
    }

    async fn own_part(&self, _: MachineId, _: &str, _: &Digest, _: &str) -> Result<PartFile, PartError> {
        Err(PartError::NotFound)
    }
}

struct Loaders(LoaderFolder);

#[async_trait]
impl Handler for Loaders {
    async fn open(&self, request: &Request) -> Result<Content, Refusal> {
        let path = self.0.file(&request.name).ok_or_else(Refusal::not_found)?;
        let file = std::fs::File::open(path).map_err(|_| Refusal::not_found())?;
        let size = file.metadata().map_err(|_| Refusal::not_found())?.len();
        Ok(Content::File { file, size })
    }
}

fn assignment(paths: &[PathBuf], words: &[String]) -> Assignment {
    let program = words.first().is_some_and(|word| word == "program");
    let (format, roles) = match program {
        true => (ImageFormat::Program, [PartRole::BiosProgram, PartRole::EfiProgram]),
        false => (ImageFormat::Linux, [PartRole::Kernel, PartRole::Initrd]),
    };
    let digest: Digest = "0".repeat(64).parse().unwrap();
    let part = |(path, role): (&PathBuf, PartRole)| Part {
        role,
        file: path.file_name().unwrap().to_str().unwrap().to_owned(),
        digest: digest.clone(),
        bytes: path.metadata().unwrap().len(),
    };
    let image = ImageVersion {
        digest: digest.clone(),
        name: "trial".into(),
        version: "1".into(),
        title: "Trial".into(),
        kind: ImageKind::Maintenance,
        format,
        arch: Arch::X86_64,
        firmware: vec![Firmware::Bios, Firmware::Uefi],
        parts: paths.iter().zip(roles).map(part).collect(),
        cmdline: words[usize::from(program)..].join(" "),
        agent: false,
        provenance: serde_json::Value::Null,
        created_at: chrono::DateTime::UNIX_EPOCH,
        standing: pitstop_domain::image::Standing::default(),
    };
    Assignment {
        job: JOB,
        machine: MACHINE,
        machine_name: "trial".into(),
        image,
        token: "trial-token".into(),
        title: "A trial".into(),
        told: "This computer is being tried out. It will be free again in a minute.".into(),
    }
}

#[tokio::main]
async fn main() {
    tracing_subscriber::fmt().with_env_filter("info").init();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let address: Ipv4Addr = arguments[0].parse().unwrap();
    let mac = arguments[1].parse().unwrap();
    let paths: Vec<PathBuf> = arguments.iter().skip(2).take(2).map(PathBuf::from).collect();
    let assignment = (paths.len() == 2).then(|| assignment(&paths, &arguments[4..]));
    let directory = Arc::new(One { mac, paths, assignment });
    let loaders = LoaderFolder::open("/usr/lib/ipxe".as_ref()).unwrap();
    let config =
        Arc::new(BootServer { advertise: None, http_port: 8080, http_url: None, loaders: loaders.clone() });

    let own = |port| Listener::bind_to(port, SocketAddrV4::new(address, port.number()), None).unwrap();
    let proxy = ProxyDhcp::new(directory.clone(), config.clone());
    let counters = proxy.counters();
    let dhcp = proxy.run(vec![own(Port::Discovery), own(Port::BootServer)], CancellationToken::new());
    let tftp = tftp_server::Server::new(tftp_server::Config::default(), Loaders(loaders))
        .run(std::net::UdpSocket::bind((address, 69)).unwrap(), CancellationToken::new());
    let web = tokio::net::TcpListener::bind((address, 8080)).await.unwrap();
    let http = axum::serve(web, router(BootState::new(directory, config)));
    tokio::select! {
        ended = dhcp => ended.unwrap(),
        ended = tftp => ended.unwrap(),
        ended = async { http.await } => ended.unwrap(),
        _ = tokio::signal::ctrl_c() => println!("{:?}", counters.snapshot()),
    }
}
