//! Packets that nobody should send: nothing panics, nothing is promised that we may not promise.
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]

mod common;

use common::{FROM_CLIENTS, assignment, capture, facts, known, linux, source};
use pitstop_netboot::config::ServerFacts;
use pitstop_netboot::dhcp::packet::Packet;
use pitstop_netboot::dhcp::{Port, Request, answer};
use proptest::prelude::*;
use std::net::Ipv4Addr;
use std::sync::LazyLock;

static FACTS: LazyLock<ServerFacts> = LazyLock::new(facts);

/// Reads, answers if it can, and looks at what it would send.
fn try_it(bytes: &[u8], port: Port) -> Result<(), TestCaseError> {
    let from = if bytes.len() >= 16 { source(bytes, 68) } else { source(&[0; 16], 68) };
    let Ok(request) = Request::read(bytes, port, from) else { return Ok(()) };
    let Ok(reply) = answer(&request, &known(Some(assignment(linux()))), &FACTS) else { return Ok(()) };
    let sent = reply.bytes();
    let read = Packet::read(&sent).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(read.yiaddr, Ipv4Addr::UNSPECIFIED);
    prop_assert_eq!(&sent[16..20], &[0; 4]);
    prop_assert_eq!(read.xid, request.packet.xid);
    prop_assert!(sent.len() >= 300 && sent[0] == 2);
    prop_assert!(!request.ipxe || reply.file.contains("/boot/script?"));
    Ok(())
}

fn ports() -> impl Strategy<Value = Port> {
    prop_oneof![Just(Port::Discovery), Just(Port::BootServer)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn random_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..700), port in ports()) {
        try_it(&bytes, port)?;
    }

    #[test]
    fn random_options_do_no_harm(options in prop::collection::vec(any::<u8>(), 0..400), port in ports()) {
        let mut bytes = capture("ovmf-pxe-discover");
        bytes.truncate(240);
        bytes.extend(options);
        try_it(&bytes, port)?;
    }

    #[test]
    fn mutated_packets_of_real_firmware_do_no_harm(
        which in 0..FROM_CLIENTS.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
        doubled in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let (name, port, _) = FROM_CLIENTS[which];
        let mut bytes = capture(name);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(at) = doubled {
            let tail = bytes[at.index(bytes.len())..].to_vec();
            bytes.extend(tail);
        }
        if let Some(at) = cut {
            bytes.truncate(at.index(bytes.len()));
        }
        try_it(&bytes, port)?;
    }
}
