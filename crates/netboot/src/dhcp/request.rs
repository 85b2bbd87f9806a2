//! From bytes to a boot request, or a reason to be silent.

use super::option;
use super::packet::Packet;
use super::platform::{self, Platform, Transport};
use super::silence::Silence;
use super::socket::Port;
use crate::directory::{Asked, Client};
use pitstop_domain::machine::Firmware;
use pitstop_domain::net::Mac;
use std::net::{Ipv4Addr, SocketAddrV4};
use uuid::Uuid;

const BOOTREQUEST: u8 = 1;
const ETHERNET: u8 = 1;
const DISCOVER: u8 = 1;
const REQUEST: u8 = 3;
const INFORM: u8 = 8;

/// A request to boot from the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Which of our ports was asked.
    pub port: Port,
    /// Where the packet came from.
    pub from: SocketAddrV4,
    pub packet: Packet,
    pub client: Client,
    pub mac: Mac,
    pub platform: &'static Platform,
    pub class: Class,
    /// It is iPXE that asks, so it is past the loader.
    pub ipxe: bool,
}

/// How the client wants to boot: its vendor class, which the answer must repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    Pxe,
    Http,
}

impl Class {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pxe => "PXEClient",
            Self::Http => "HTTPClient",
        }
    }
}

impl Request {
    /// Reads a datagram.
    ///
    /// # Errors
    /// The reason to be silent, as far as the packet alone gives one.
    pub fn read(bytes: &[u8], port: Port, from: SocketAddrV4) -> Result<Self, Silence> {
        let packet = Packet::read(bytes)?;
        let mac = validate(&packet, port)?;
        let class = class(&packet)?;
        let platform = architecture(&packet)?;
        let client = Client { macs: vec![mac], uuid: uuid(&packet), asked: Asked::default() };
        let ipxe = is_ipxe(&packet);
        let mut request = Self { port, from, packet, client, mac, platform, class, ipxe };
        request.client.asked = Asked {
            by: request.by(),
            arch: Some(platform.arch),
            firmware: Some(platform.firmware),
            from: request.network(),
        };
        Ok(request)
    }

    /// The network that it asks from: its relay's address, or its own where it has one already.
    fn network(&self) -> Option<Ipv4Addr> {
        let known = [self.packet.giaddr, self.packet.ciaddr, *self.from.ip()];
        known.into_iter().find(|ip| !ip.is_unspecified())
    }

    /// Who asks, in words for the machine's history.
    pub fn by(&self) -> &'static str {
        match (self.ipxe, self.platform.firmware, self.class) {
            (true, ..) => "iPXE",
            (false, Firmware::Uefi, Class::Http) => "UEFI HTTP",
            (false, Firmware::Uefi, Class::Pxe) => "UEFI PXE",
            (false, Firmware::Bios, Class::Http) => "BIOS HTTP",
            (false, Firmware::Bios, Class::Pxe) => "BIOS PXE",
        }
    }
}

/// Is it a client's question that a boot server answers? The client's hardware address, if so.
fn validate(packet: &Packet, port: Port) -> Result<Mac, Silence> {
    if packet.op != BOOTREQUEST {
        return Err(Silence::NotARequest);
    }
    let message = packet.options.get(option::MESSAGE_TYPE).and_then(|value| value.first().copied());
    match (port, message.unwrap_or(0)) {
        // On port 67 a REQUEST asks for an address, and we never offered one.
        (Port::Discovery, DISCOVER) | (Port::BootServer, REQUEST | INFORM) => {}
        (_, other) => return Err(Silence::ForTheDhcpServer(other)),
    }
    if packet.htype != ETHERNET || packet.hlen != 6 {
        return Err(Silence::NotEthernet);
    }
    let [a, b, c, d, e, f, ..] = packet.chaddr;
    Ok(Mac([a, b, c, d, e, f]))
}

fn class(packet: &Packet) -> Result<Class, Silence> {
    let class = packet.options.get(option::VENDOR_CLASS).unwrap_or_default();
    [Class::Pxe, Class::Http]
        .into_iter()
        .find(|known| class.starts_with(known.name().as_bytes()))
        .ok_or(Silence::NotABootClient)
}

fn architecture(packet: &Packet) -> Result<&'static Platform, Silence> {
    let option = packet.options.get(option::ARCHITECTURE).ok_or(Silence::NoArchitecture)?;
    let (first, served) = platform::listed(option).ok_or(Silence::NoArchitecture)?;
    served.ok_or(Silence::UnservedArchitecture { code: first })
}

/// The SMBIOS UUID of option 97: type 0, then the first three fields in little-endian order, as SMBIOS has them.
/// All zeros or all ones mean that nobody set it (SMBIOS §7.2.1).
fn uuid(packet: &Packet) -> Option<Uuid> {
    let bytes: [u8; 17] = packet.options.get(option::GUID)?.try_into().ok()?;
    let (kind, uuid) = bytes.split_first()?;
    let uuid = Uuid::from_bytes_le(uuid.try_into().ok()?);
    (*kind == 0 && !uuid.is_nil() && !uuid.is_max()).then_some(uuid)
}

/// iPXE says so in its user class, raw or as a list of counted texts (RFC 3004), and sends Etherboot options.
fn is_ipxe(packet: &Packet) -> bool {
    let user_class = packet.options.get(option::USER_CLASS).unwrap_or_default();
    user_class == b"iPXE" || user_class == b"\x04iPXE" || packet.options.get(option::ETHERBOOT).is_some()
}

impl Request {
    /// Does the firmware fetch its loader over HTTP?
    pub(crate) fn wants_http(&self) -> bool {
        self.class == Class::Http || self.platform.transport == Transport::Http
    }
}
