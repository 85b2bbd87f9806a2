//! Whole exchanges over real sockets, on loopback. The client plays relay, so that it needs no port of its own
//! below 1024: RFC 8357 has the answer sent to where the request came from.
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]

mod common;

use common::{
    LIMIT, MACHINE, Memory, Seen, TOKEN, assignment, capture, config, diskless, has_desktop, known,
    lacks_desktop, linux, loaders,
};
use pitstop_domain::sighting::{Sighting, Told};
use pitstop_netboot::dhcp::packet::Packet;
use pitstop_netboot::dhcp::{Counters, Listener, Port, ProxyDhcp};
use pitstop_netboot::directory::{DirectoryError, Found};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A running service and a client of it.
struct Bench {
    service: SocketAddr,
    client: UdpSocket,
    seen: Seen,
    counters: Arc<Counters>,
    cancel: CancellationToken,
    running: JoinHandle<std::io::Result<()>>,
}

async fn bench(port: Port, found: Result<Found, DirectoryError>) -> Bench {
    let (directory, seen) = Memory::new(found);
    let anywhere = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0);
    let socket = std::net::UdpSocket::bind(anywhere).unwrap();
    let service = socket.local_addr().unwrap();
    let listener = Listener::from_socket(port, socket).unwrap();
    let proxy = ProxyDhcp::new(directory, Arc::new(config(loaders())));
    let (counters, cancel) = (proxy.counters(), CancellationToken::new());
    let running = tokio::spawn(proxy.run(vec![listener], cancel.clone()));
    let client = UdpSocket::bind(anywhere).await.unwrap();
    Bench { service, client, seen, counters, cancel, running }
}

impl Bench {
    async fn send(&self, bytes: &[u8]) {
        self.client.send_to(bytes, self.service).await.unwrap();
    }

    async fn answer(&self) -> Packet {
        let mut bytes = [0; 2048];
        let received = tokio::time::timeout(LIMIT, self.client.recv_from(&mut bytes)).await;
        let (length, from) = received.expect("an answer in time").unwrap();
        assert_eq!(from, self.service);
        Packet::read(&bytes[..length]).unwrap()
    }

    fn count(&self, name: &str) -> u64 {
        self.counters.snapshot()[name]
    }

    /// The service ends when told to, with what it has in work.
    async fn stop(self) -> Arc<Counters> {
        self.cancel.cancel();
        tokio::time::timeout(LIMIT, self.running).await.expect("an end in time").unwrap().unwrap();
        self.counters
    }
}

/// A DISCOVER as a relay on any port passes it on.
fn relayed(name: &str) -> Vec<u8> {
    let mut bytes = capture(name);
    bytes[24..28].copy_from_slice(&[127, 0, 0, 1]);
    bytes.pop();
    bytes.extend([82, 2, 19, 0, 255]);
    bytes
}

fn asked(by: &str, told: Told) -> Sighting {
    Sighting::AskedToBoot { by: by.into(), told }
}

#[tokio::test]
async fn a_machine_with_an_assignment_is_answered_and_the_asking_is_remembered() {
    let mut bench = bench(Port::Discovery, Ok(known(Some(assignment(linux()))))).await;
    bench.send(&relayed("ovmf-pxe-discover")).await;
    let offer = bench.answer().await;
    assert_eq!((offer.yiaddr, offer.siaddr), (Ipv4Addr::UNSPECIFIED, Ipv4Addr::LOCALHOST));
    assert!(offer.file.starts_with(b"52-54-00-1a-38-75/snponly.efi\0"));
    assert_eq!(bench.seen.next().await, asked("UEFI PXE", Told::Maintenance));
    bench.send(&relayed("ipxe-efi-discover")).await;
    assert!(
        bench.answer().await.file.starts_with(b"http://127.0.0.1:8080/boot/script?mac=52-54-00-1a-38-75&")
    );
    assert_eq!(bench.seen.next().await, asked("iPXE", Told::Maintenance));
    assert_eq!((bench.count("answered"), bench.count("received")), (2, 2));
}

#[tokio::test]
async fn a_diskless_machine_is_offered_its_own_system_and_counts_as_sent_home() {
    let mut bench = bench(Port::Discovery, Ok(diskless(None, has_desktop()))).await;
    bench.send(&relayed("ovmf-pxe-discover")).await;
    assert!(bench.answer().await.file.starts_with(b"52-54-00-1a-38-75/snponly.efi\0"));
    assert_eq!(bench.seen.next().await, asked("UEFI PXE", Told::OwnSystem));
    assert_eq!(bench.count("answered"), 1);
}

#[tokio::test]
async fn silence_to_a_diskless_machine_is_counted_and_sends_it_nowhere() {
    let mut bench = bench(Port::Discovery, Ok(diskless(None, lacks_desktop()))).await;
    bench.send(&relayed("ovmf-pxe-discover")).await;
    assert_eq!(bench.seen.next().await, asked("UEFI PXE", Told::Nothing));
    assert_eq!((bench.count("answered"), bench.count("no_own_image")), (0, 1));
}

#[tokio::test]
async fn silence_when_no_assignment_and_the_machine_counts_as_sent_home() {
    let mut bench = bench(Port::Discovery, Ok(known(None))).await;
    bench.send(&relayed("ovmf-pxe-discover")).await;
    assert_eq!(bench.seen.next().await, asked("UEFI PXE", Told::OwnSystem));
    assert_eq!((bench.count("answered"), bench.count("no_assignment")), (0, 1));
}

#[tokio::test]
async fn silence_with_a_counted_reason_and_no_sighting() {
    for (found, name, reason) in [
        (Ok(Found::Unknown), "ovmf-pxe-discover", "unknown_machine"),
        (Err(DirectoryError("down".into())), "ovmf-pxe-discover", "directory_unavailable"),
        (Ok(known(None)), "ovmf-pxe-request", "for_the_dhcp_server"),
        (Ok(known(None)), "site-offer-to-ipxe-rom-bios", "not_a_request"),
    ] {
        let mut bench = bench(Port::Discovery, found).await;
        bench.send(&relayed(name)).await;
        while bench.count(reason) == 0 {
            tokio::task::yield_now().await;
        }
        assert!(bench.seen.nothing_more());
        assert_eq!(bench.stop().await.snapshot()["answered"], 0);
    }
}

#[tokio::test]
async fn a_request_to_the_boot_server_port_is_acknowledged() {
    let mut bench = bench(Port::BootServer, Ok(known(Some(assignment(linux()))))).await;
    bench.send(&capture("ovmf-pxe-request-4011")).await;
    let ack = bench.answer().await;
    assert_eq!(ack.options.get(53), Some([5].as_slice()));
    assert_eq!(ack.ciaddr, Ipv4Addr::new(10, 77, 0, 230));
    assert_eq!(bench.seen.next().await, asked("UEFI PXE", Told::Maintenance));
}

#[tokio::test]
async fn a_crowd_is_answered_and_what_is_in_work_is_finished_at_the_end() {
    let bench = bench(Port::Discovery, Ok(known(Some(assignment(linux()))))).await;
    let request = relayed("ovmf-pxe-discover");
    for round in 0..20 {
        for _ in 0..10 {
            bench.send(&request).await;
        }
        while bench.count("received") < (round + 1) * 10 {
            tokio::task::yield_now().await;
        }
    }
    let counters = bench.stop().await.snapshot();
    assert_eq!((counters["received"], counters["answered"], counters["unsent"]), (200, 200, 0));
}

#[test]
fn the_token_is_not_in_what_is_logged_of_an_assignment() {
    let text = format!("{:?}", known(Some(assignment(linux()))));
    assert!(!text.contains(TOKEN), "{text}");
    assert!(text.contains(&MACHINE.to_string()));
}
