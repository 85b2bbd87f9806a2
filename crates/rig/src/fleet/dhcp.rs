//! A machine's question how to boot, as a relay passes it on (RFC 2131, RFC 4578), and the answer to it.
//!
//! Written byte by byte, as firmware does, and read with a library that the server does not use: the two sides
//! must not share a mistake.

use super::machine::Asker;
use super::profile::{Firmware, Profile};
use dhcproto::v4::{DhcpOption, Message, MessageType, OptionCode};
use dhcproto::{Decodable, Decoder};
use pitstop_domain::net::Mac;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

/// What a machine is told to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub next_server: Ipv4Addr,
    /// A path on TFTP, or a URL.
    pub file: String,
}

const COOKIE: [u8; 4] = [99, 130, 83, 99];
const DISCOVER: u8 = 1;
/// The relay is on loopback, where the fleet is.
const RELAY: [u8; 4] = [127, 0, 0, 1];

/// Asks once and listens for as long as firmware collects offers; `None`: silence.
///
/// # Errors
/// When the network cannot be used at all, or the answer breaks the protocol; in words.
pub(super) async fn ask(
    server: SocketAddr,
    profile: &Profile,
    by: Asker,
    xid: u32,
    listen: Duration,
) -> Result<Option<Offer>, String> {
    let socket = UdpSocket::bind(SocketAddr::from((RELAY, 0))).await.map_err(|error| error.to_string())?;
    let until = Instant::now() + listen;
    socket.send_to(&discover(profile, by, xid), server).await.map_err(|error| error.to_string())?;
    let mut bytes = [0; 1500];
    while let Ok(received) = timeout_at(until, socket.recv_from(&mut bytes)).await {
        let (length, from) = received.map_err(|error| error.to_string())?;
        if from == server {
            return read(&bytes[..length], profile.mac, xid).map(Some);
        }
    }
    Ok(None)
}

/// The DISCOVER, with the options that firmware sends and the relay's own: RFC 8357 has the answer sent back to
/// the port that it came from, which need not be 67.
fn discover(profile: &Profile, by: Asker, xid: u32) -> Vec<u8> {
    let mut bytes = vec![0; 236];
    bytes[..4].copy_from_slice(&[1, 1, 6, 1]);
    bytes[4..8].copy_from_slice(&xid.to_be_bytes());
    bytes[24..28].copy_from_slice(&RELAY);
    bytes[28..34].copy_from_slice(&profile.mac.0);
    bytes.extend(COOKIE);
    let mut option = |code: u8, value: &[u8]| {
        bytes.extend([code, value.len() as u8]);
        bytes.extend(value);
    };
    let (class, architecture): (&[u8], u8) = match profile.firmware {
        Firmware::Bios => (b"PXEClient:Arch:00000:UNDI:002001", 0),
        Firmware::Uefi => (b"PXEClient:Arch:00007:UNDI:003001", 7),
        Firmware::UefiHttp if by == Asker::Firmware => (b"HTTPClient:Arch:00016:UNDI:003001", 16),
        Firmware::UefiHttp => (b"PXEClient:Arch:00007:UNDI:003001", 7),
    };
    option(53, &[DISCOVER]);
    option(60, class);
    option(93, &[0, architecture]);
    option(94, &[1, 3, 1]);
    let mut guid = vec![0];
    guid.extend(profile.uuid.to_bytes_le());
    option(97, &guid);
    if by == Asker::Loader {
        // iPXE writes its user class as plain text, not as RFC 3004 has it.
        option(77, b"iPXE");
        option(175, &[177, 1, 1]);
    }
    option(55, &[1, 3, 6, 12, 15, 43, 60, 66, 67, 175]);
    option(82, &[19, 0]);
    bytes.push(255);
    bytes
}

fn read(bytes: &[u8], mac: Mac, xid: u32) -> Result<Offer, String> {
    let message = Message::decode(&mut Decoder::new(bytes))
        .map_err(|error| format!("the answer is no DHCP: {error}"))?;
    if message.xid() != xid || message.chaddr() != mac.0 {
        return Err("the answer is for somebody else".to_owned());
    }
    if message.opts().msg_type() != Some(MessageType::Offer) {
        return Err("the answer is no offer".to_owned());
    }
    if !message.yiaddr().is_unspecified() {
        return Err(format!(
            "a boot server offers the address {}, which is not its business",
            message.yiaddr()
        ));
    }
    let in_field = message.fname().and_then(|name| name.split(|byte| *byte == 0).next()).unwrap_or_default();
    let file = match message.opts().get(OptionCode::BootfileName) {
        Some(DhcpOption::BootfileName(name)) => name.as_slice(),
        _ => in_field,
    };
    if file.is_empty() {
        return Err("the offer names no file".to_owned());
    }
    Ok(Offer { next_server: message.siaddr(), file: String::from_utf8_lossy(file).into_owned() })
}
