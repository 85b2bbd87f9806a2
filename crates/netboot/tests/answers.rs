//! What is answered to packets of real firmware, byte by byte.
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]

mod common;

use common::{
    FROM_CLIENTS, SERVER, assignment, capture, desktop, diskless, facts, has_desktop, known, lacks_desktop,
    linux, memtest, own_image, read, source,
};
use dhcproto::{Decodable as _, Decoder, v4};
use pitstop_domain::machine::{Arch, Firmware};
use pitstop_domain::sighting::Told;
use pitstop_netboot::config::ServerFacts;
use pitstop_netboot::dhcp::{Port, Reply, Request, Send, Silence, answer};
use pitstop_netboot::directory::{Found, Own};
use pitstop_netboot::loaders::LoaderFolder;
use std::net::{Ipv4Addr, SocketAddrV4};

fn answered(request: &Request) -> Reply {
    answer(request, &known(Some(assignment(linux()))), &facts()).unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().filter_map(|c| c.to_digit(16)).map(|d| d as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// A message: up to the MAC address, the file at its place, and the options after the cookie.
fn message(head: &str, file: &str, options: &str) -> Vec<u8> {
    let mut message = bytes(head);
    message.resize(108, 0);
    message.extend(file.as_bytes());
    message.resize(236, 0);
    message.extend(bytes("63825363"));
    message.extend(bytes(options));
    message.resize(message.len().max(300), 0);
    message
}

#[track_caller]
fn same(reply: &Reply, expected: &[u8]) {
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    assert_eq!(hex(&reply.bytes()), hex(expected));
    let referee = v4::Message::decode(&mut Decoder::new(&reply.bytes())).unwrap();
    assert_eq!(referee.yiaddr(), Ipv4Addr::UNSPECIFIED);
    assert_eq!(referee.siaddr(), SERVER);
}

#[test]
fn uefi_pxe_is_offered_a_loader_at_its_own_path() {
    let reply = answered(&read("ovmf-pxe-discover"));
    let expected = message(
        "02010600 4806978d 0000 8000 00000000 00000000 0a4d0002 00000000 5254001a3875",
        "52-54-00-1a-38-75/snponly.efi",
        "350102 36040a4d0002 3c09505845436c69656e74 61110077d828eaaec7818f92688e0545601d99 ff",
    );
    same(&reply, &expected);
    assert_eq!(reply.to, Send::Broadcast(68));
}

#[test]
fn uefi_pxe_that_asks_on_4011_is_answered_where_it_asked_from() {
    let reply = answered(&read("ovmf-pxe-request-4011"));
    let expected = message(
        "02010600 5d5244a9 0000 0000 0a4d00e6 00000000 0a4d0002 00000000 5254001a3875",
        "52-54-00-1a-38-75/snponly.efi",
        "350105 36040a4d0002 3c09505845436c69656e74 61110077d828eaaec7818f92688e0545601d99 ff",
    );
    same(&reply, &expected);
    assert_eq!(reply.to, Send::To(SocketAddrV4::new(Ipv4Addr::new(10, 77, 0, 230), 4011)));
}

#[test]
fn uefi_http_is_offered_the_loaders_url_in_option_67() {
    let reply = answered(&read("ovmf-http-discover"));
    let expected = message(
        "02010600 89cce5fa 0000 8000 00000000 00000000 0a4d0002 00000000 5254008039d5",
        "",
        "350102 36040a4d0002 3c0a48545450436c69656e74
         433f 687474703a2f2f31302e37372e302e323a383038302f626f6f742f6c6f616465722f
              35322d35342d30302d38302d33392d64352f736e706f6e6c792e656669
         61110024db5927508fd88cac1f58f158a6ce69 ff",
    );
    same(&reply, &expected);
    assert_eq!(reply.file, "http://10.77.0.2:8080/boot/loader/52-54-00-80-39-d5/snponly.efi");
}

#[test]
fn ipxe_is_given_its_script_and_never_a_loader() {
    let reply = answered(&read("ipxe-efi-discover"));
    let expected = message(
        "02010600 c496a759 0000 0000 00000000 00000000 0a4d0002 00000000 5254001a3875",
        "http://10.77.0.2:8080/boot/script?mac=52-54-00-1a-38-75&uuid=ea28d877-c7ae-8f81-9268-8e0545601d99&arch=x86_64-efi",
        "350102 36040a4d0002 3c09505845436c69656e74 61110077d828eaaec7818f92688e0545601d99 ff",
    );
    same(&reply, &expected);
    for name in [
        "ipxe-rom-bios-discover",
        "undionly-bios-discover",
        "ipxe-rom-bios-request-4011",
        "ipxe-efi-request-4011",
    ] {
        let reply = answered(&read(name));
        assert!(
            reply.file.starts_with("http://10.77.0.2:8080/boot/script?mac=52-54-00-"),
            "{name}: {}",
            reply.file
        );
    }
}

#[test]
fn bios_pxe_is_told_just_to_boot_the_file() {
    let reply = answered(&rom());
    let expected = message(
        "02010600 67b78e00 0000 0000 00000000 00000000 0a4d0002 00000000 5254003c2085",
        "52-54-00-3c-20-85/undionly.kpxe",
        "350102 36040a4d0002 3c09505845436c69656e74 2b04060108ff 61110082cee4b4efd5308d97bb4b63aaaf3622 ff",
    );
    same(&reply, &expected);
}

/// What a card maker's PXE ROM sends: as iPXE's ROM, without saying that it is iPXE.
fn rom() -> Request {
    let mut bytes = capture("ipxe-rom-bios-discover");
    for own in [77, 175] {
        let mut at = 240;
        while bytes[at] != own {
            at += 2 + usize::from(bytes[at + 1]);
        }
        let length = 2 + usize::from(bytes[at + 1]);
        bytes.drain(at..at + length);
    }
    Request::read(&bytes, Port::Discovery, source(&bytes, 68)).unwrap()
}

#[test]
fn every_client_is_known_for_what_it_is() {
    for (name, by) in [
        ("ipxe-rom-bios-discover", "iPXE"),
        ("undionly-bios-discover", "iPXE"),
        ("ipxe-efi-discover", "iPXE"),
        ("ovmf-pxe-discover", "UEFI PXE"),
        ("ovmf-http-discover", "UEFI HTTP"),
    ] {
        assert_eq!(read(name).by(), by, "{name}");
    }
    assert_eq!(rom().by(), "BIOS PXE");
    let uuid = read("ovmf-http-discover").client.uuid.unwrap();
    assert_eq!(uuid.to_string(), "2759db24-8f50-8cd8-ac1f-58f158a6ce69");
}

#[test]
fn silence_for_what_is_the_dhcp_servers_business() {
    for name in ["ipxe-rom-bios-request", "ovmf-pxe-request", "ipxe-efi-request"] {
        let bytes = capture(name);
        let read = Request::read(&bytes, Port::Discovery, source(&bytes, 68));
        assert_eq!(read, Err(Silence::ForTheDhcpServer(3)), "{name}");
    }
    let discover = capture("ovmf-pxe-discover");
    let on_4011 = Request::read(&discover, Port::BootServer, source(&discover, 68));
    assert_eq!(on_4011, Err(Silence::ForTheDhcpServer(1)));
}

#[test]
fn silence_for_what_servers_say() {
    for name in ["site-offer-to-ipxe-rom-bios", "dnsmasq-proxy-offer-to-ovmf-pxe"] {
        let bytes = capture(name);
        assert_eq!(
            Request::read(&bytes, Port::Discovery, source(&bytes, 67)),
            Err(Silence::NotARequest),
            "{name}"
        );
    }
}

#[test]
fn silence_for_unknown_machines_and_without_assignment() {
    for (name, port, from) in FROM_CLIENTS {
        let bytes = capture(name);
        let Ok(request) = Request::read(&bytes, port, source(&bytes, from)) else { continue };
        assert_eq!(answer(&request, &Found::Unknown, &facts()), Err(Silence::UnknownMachine), "{name}");
        assert_eq!(answer(&request, &known(None), &facts()), Err(Silence::NoAssignment), "{name}");
    }
}

#[test]
fn silence_when_no_loader_is_installed_but_scripts_need_none() {
    let bare = ServerFacts { loaders: LoaderFolder::empty(), ..facts() };
    let found = known(Some(assignment(memtest())));
    let silence = answer(&read("ovmf-pxe-discover"), &found, &bare).unwrap_err();
    assert_eq!(silence.name(), "no_loader");
    assert!(answer(&read("ipxe-efi-discover"), &found, &bare).is_ok());
}

#[test]
fn silence_when_the_image_does_not_start_there() {
    let mut image = linux();
    image.arch = Arch::Aarch64;
    let silence = answer(&read("ovmf-pxe-discover"), &known(Some(assignment(image))), &facts()).unwrap_err();
    assert_eq!(
        silence.to_string(),
        "the image maintenance does not start there: it is for arm64, the machine is x86-64"
    );
    let mut image = linux();
    image.firmware.pop();
    let silence = answer(&read("ovmf-pxe-discover"), &known(Some(assignment(image))), &facts()).unwrap_err();
    assert_eq!(silence.name(), "image_does_not_fit");
}

#[test]
fn silence_when_another_boot_server_is_meant() {
    let elsewhere = ServerFacts { address: Ipv4Addr::new(10, 77, 0, 9), ..facts() };
    let found = known(Some(assignment(linux())));
    assert_eq!(answer(&read("ipxe-efi-request-4011"), &found, &elsewhere), Err(Silence::ForAnotherServer));
}

#[test]
fn a_long_url_goes_where_there_is_room() {
    let long = format!("http://{}.example:8080", "boot-server-of-the-building".repeat(4));
    let server = ServerFacts { http: long.clone(), ..facts() };
    let found = known(Some(assignment(linux())));
    let reply = answer(&read("ipxe-efi-discover"), &found, &server).unwrap();
    assert_eq!(reply.packet().options.get(67), Some(reply.file.as_bytes()));
    assert_eq!(reply.packet().file, [0; 128]);
    let server = ServerFacts { http: long.repeat(3), ..facts() };
    assert_eq!(answer(&read("ipxe-efi-discover"), &found, &server), Err(Silence::TooLong));
}

/// A relay in front: its address, and its option 82 (a circuit id, and RFC 8357's source port if asked for).
fn relayed(source_port: bool) -> Request {
    let mut bytes = capture("ovmf-pxe-discover");
    bytes[24..28].copy_from_slice(&[10, 99, 0, 1]);
    bytes.pop();
    bytes.extend(if source_port { [82, 6, 1, 2, 7, 7, 19, 0].as_slice() } else { &[82, 4, 1, 2, 7, 7] });
    bytes.push(255);
    Request::read(&bytes, Port::Discovery, SocketAddrV4::new(Ipv4Addr::new(10, 99, 0, 1), 20067)).unwrap()
}

#[test]
fn a_relay_is_answered_at_its_port_and_gets_its_option_back() {
    let relay = Ipv4Addr::new(10, 99, 0, 1);
    let plain = answered(&relayed(false));
    assert_eq!(plain.to, Send::To(SocketAddrV4::new(relay, 67)));
    assert_eq!(plain.packet().giaddr, relay);
    let own_port = answered(&relayed(true));
    assert_eq!(own_port.to, Send::To(SocketAddrV4::new(relay, 20067)));
    assert!(own_port.bytes().windows(9).any(|end| end == [82, 6, 1, 2, 7, 7, 19, 0, 255]));
}

#[test]
fn a_client_with_an_address_is_answered_there() {
    let mut bytes = capture("ovmf-pxe-discover");
    bytes[12..16].copy_from_slice(&[10, 77, 0, 230]);
    let request = Request::read(&bytes, Port::Discovery, source(&bytes, 68)).unwrap();
    assert_eq!(answered(&request).to, Send::To(SocketAddrV4::new(Ipv4Addr::new(10, 77, 0, 230), 68)));
}

#[test]
fn a_diskless_machine_is_offered_its_own_system_where_another_is_left_in_silence() {
    for (name, ..) in FROM_CLIENTS.into_iter().filter(|(name, ..)| name.ends_with("discover")) {
        let request = read(name);
        let own = answer(&request, &diskless(None, has_desktop()), &facts()).unwrap();
        let work = answer(&request, &diskless(Some(assignment(linux())), has_desktop()), &facts()).unwrap();
        assert_eq!((own.told, work.told), (Told::OwnSystem, Told::Maintenance), "{name}");
        assert_eq!(own.bytes(), work.bytes(), "{name}: the same loader, and the script tells which it is");
        assert_eq!(answer(&request, &known(None), &facts()), Err(Silence::NoAssignment), "{name}");
    }
}

/// Whatever is in doubt, nothing is said: by its name as counted, whether somebody should look, and what the machine
/// counts as told thereby.
#[test]
fn every_doubt_is_answered_by_silence_with_its_own_name() {
    let of = |change: fn(&mut pitstop_domain::image::ImageVersion)| {
        let mut image = linux();
        change(&mut image);
        image
    };
    let arm = of(|image| image.arch = Arch::Aarch64);
    let bios_only = of(|image| image.firmware = vec![Firmware::Bios]);
    let own = |image| Own::Image(Box::new(own_image(image)));
    let doubts: [(&str, Found, &str, bool); 8] = [
        ("nobody knows the machine", Found::Unknown, "unknown_machine", false),
        ("nothing is asked of it", known(None), "no_assignment", false),
        (
            "maintenance for another architecture",
            known(Some(assignment(arm.clone()))),
            "image_does_not_fit",
            true,
        ),
        (
            "maintenance for other firmware",
            known(Some(assignment(bios_only.clone()))),
            "image_does_not_fit",
            true,
        ),
        (
            "an own system for another architecture",
            diskless(None, own(arm.clone())),
            "image_does_not_fit",
            true,
        ),
        ("an own system for other firmware", diskless(None, own(bios_only)), "image_does_not_fit", true),
        ("an own system that is gone", diskless(None, lacks_desktop()), "no_own_image", true),
        (
            "work that does not suit, although its own system would",
            diskless(Some(assignment(arm)), own(desktop())),
            "image_does_not_fit",
            true,
        ),
    ];
    for (doubt, found, reason, trouble) in doubts {
        let silence = answer(&read("ovmf-pxe-discover"), &found, &facts()).unwrap_err();
        assert_eq!((silence.name(), silence.is_trouble()), (reason, trouble), "{doubt}");
    }
}

#[test]
fn a_machine_with_nothing_else_to_boot_was_not_sent_home_by_silence() {
    assert_eq!(Own::Local.silence_tells(), Told::OwnSystem);
    assert_eq!(has_desktop().silence_tells(), Told::Nothing);
    assert_eq!(lacks_desktop().silence_tells(), Told::Nothing);
}
