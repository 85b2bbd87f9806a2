//! From a boot request and what is known of the machine to a reply, or a reason to be silent.

use super::option;
use super::packet::{Options, Packet};
use super::request::{Class, Request};
use super::silence::Silence;
use super::socket::Port;
use crate::config::ServerFacts;
use crate::directory::{Found, Own};
use crate::loaders::LoaderPath;
use crate::script;
use pitstop_domain::image::ImageVersion;
use pitstop_domain::machine::Firmware;
use pitstop_domain::sighting::Told;
use std::net::{Ipv4Addr, SocketAddrV4};

const BOOTREPLY: u8 = 2;
const OFFER: u8 = 2;
const ACK: u8 = 5;
const CLIENT_PORT: u16 = 68;
const RELAY_PORT: u16 = 67;
/// RFC 8357: the relay listens where it sent from. Sub-option of option 82, of length 0.
const RELAY_SOURCE_PORT: u8 = 19;

/// PXE 2.1 §2.2.4: discovery control (6), one byte, bit 3: no menu, no prompt, no search for boot servers, just
/// boot the file named in this offer. Then the end of the encapsulated options.
const JUST_BOOT: [u8; 4] = [6, 1, 8, 255];

/// A reply, ready to be sent. It never carries an address for the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    packet: Packet,
    /// Where it goes.
    pub to: Send,
    /// The file or URL that the machine is told.
    pub file: String,
    /// What that leads to.
    pub told: Told,
}

/// Where a reply goes (RFC 2131 §4.1, RFC 8357).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Send {
    /// To all, on the interface where the request came in: the client has no address yet.
    Broadcast(u16),
    To(SocketAddrV4),
}

/// Answers a boot request.
///
/// # Errors
/// The reason to be silent.
pub fn answer(request: &Request, found: &Found, server: &ServerFacts) -> Result<Reply, Silence> {
    meant_for(request, server)?;
    let (image, told) = wanted(found)?;
    fits(request, image)?;
    let file = boot_file(request, server)?;
    offer(request, server, file, told)
}

/// On port 4011 a client names the server that it means, if it means one.
fn meant_for(request: &Request, server: &ServerFacts) -> Result<(), Silence> {
    match request.packet.options.get(option::SERVER) {
        Some(named) if named != server.address.octets() => Err(Silence::ForAnotherServer),
        _ => Ok(()),
    }
}

/// What the machine is to boot: maintenance if that is asked of it, else the own system that comes from us. One that
/// has its own system on itself is left to it.
fn wanted(found: &Found) -> Result<(&ImageVersion, Told), Silence> {
    let Found::Known(known) = found else { return Err(Silence::UnknownMachine) };
    if let Some(assignment) = &known.assignment {
        return Ok((&assignment.image, Told::Maintenance));
    }
    match &known.own {
        Own::Image(own) => Ok((&own.image, Told::OwnSystem)),
        Own::Local => Err(Silence::NoAssignment),
        Own::Missing { image, why } => Err(Silence::NoOwnImage { image: image.clone(), why: why.clone() }),
    }
}

/// The machine may boot otherwise than it did when the image was chosen.
fn fits(request: &Request, image: &ImageVersion) -> Result<(), Silence> {
    let platform = request.platform;
    let unfit = |why| Err(Silence::ImageDoesNotFit { image: image.name.clone(), why });
    if image.arch != platform.arch {
        return unfit(format!("it is for {}, the machine is {}", image.arch, platform.arch));
    }
    if !image.firmware.contains(&platform.firmware) {
        return unfit(format!("the machine boots with {}", platform.firmware));
    }
    Ok(())
}

/// What the client is told to fetch. iPXE gets its script and never a loader again, or it would load itself
/// without end.
fn boot_file(request: &Request, server: &ServerFacts) -> Result<String, Silence> {
    if request.ipxe {
        let Request { mac, client, platform, .. } = request;
        return Ok(script::address(&server.http, *mac, client.uuid, platform.ipxe));
    }
    let loaders = request.platform.loaders;
    let loader = server.loaders.first_of(loaders).ok_or(Silence::NoLoader(loaders))?;
    let path = LoaderPath::tell(request.mac, loader);
    Ok(if request.wants_http() { format!("{}/boot/loader/{path}", server.http) } else { path })
}

fn offer(request: &Request, server: &ServerFacts, file: String, told: Told) -> Result<Reply, Silence> {
    let asked = &request.packet;
    let (field, in_options) = place(request, &file)?;
    let packet = Packet {
        op: BOOTREPLY,
        htype: asked.htype,
        hlen: asked.hlen,
        hops: 0,
        xid: asked.xid,
        secs: 0,
        flags: asked.flags,
        ciaddr: asked.ciaddr,
        yiaddr: Ipv4Addr::UNSPECIFIED,
        siaddr: server.address,
        giaddr: asked.giaddr,
        chaddr: asked.chaddr,
        sname: [0; 64],
        file: field,
        options: options(request, server, in_options.then_some(&file)),
    };
    Ok(Reply { packet, to: destination(request), file, told })
}

/// Where the file's name goes: into the message's field, ended by a zero, or into option 67, where UEFI HTTP boot
/// looks for its URI and which has room for long URLs.
fn place(request: &Request, file: &str) -> Result<([u8; 128], bool), Silence> {
    let mut field = [0; 128];
    let fits = file.len() < field.len();
    if file.len() > usize::from(u8::MAX) || (!fits && !request.ipxe && request.class == Class::Pxe) {
        return Err(Silence::TooLong);
    }
    if request.class == Class::Http || !fits {
        return Ok((field, true));
    }
    field[..file.len()].copy_from_slice(file.as_bytes());
    Ok((field, false))
}

/// The options; the message type comes first, as old ROMs like it, relay information last (RFC 3046 §2.1).
///
/// Option 43 goes to BIOS firmware only. Its PXE ROMs want to be told that they shall just boot the file, or some
/// of them look for a menu. UEFI firmware goes both ways. Measured with OVMF 2022.11: with discovery control it
/// takes the file of the offer straight to TFTP; without, it asks again on port 4011 (as Microsoft's boot servers
/// have it) and is told the same there, half a second later. Since some UEFI firmware in the field ignores proxy
/// offers that carry discovery control, and none is known that cannot ask on 4011, it goes without. iPXE takes
/// next server and file of the offer and needs neither.
fn options(request: &Request, server: &ServerFacts, file: Option<&String>) -> Options {
    let mut options = Options::default();
    let asked = &request.packet.options;
    options.push(option::MESSAGE_TYPE, &[if request.port == Port::Discovery { OFFER } else { ACK }]);
    options.push(option::SERVER, &server.address.octets());
    options.push(option::VENDOR_CLASS, request.class.name().as_bytes());
    if request.class == Class::Pxe && request.platform.firmware == Firmware::Bios && !request.ipxe {
        options.push(option::VENDOR, &JUST_BOOT);
    }
    if let Some(file) = file {
        options.push(option::BOOT_FILE, file.as_bytes());
    }
    for echoed in [option::GUID, option::RELAY] {
        if let Some(value) = asked.get(echoed) {
            options.push(echoed, value);
        }
    }
    options
}

fn destination(request: &Request) -> Send {
    let asked = &request.packet;
    if request.port == Port::BootServer {
        // The client has an address and waits where it sent from.
        return Send::To(request.from);
    }
    if !asked.giaddr.is_unspecified() {
        let port = if relay_source_port(asked) { request.from.port() } else { RELAY_PORT };
        return Send::To(SocketAddrV4::new(asked.giaddr, port));
    }
    if !asked.ciaddr.is_unspecified() {
        return Send::To(SocketAddrV4::new(asked.ciaddr, CLIENT_PORT));
    }
    // Without an address of its own the client hears broadcasts only, whatever its broadcast flag says: sending
    // to an address that the DHCP server may give it later would need that address.
    Send::Broadcast(CLIENT_PORT)
}

fn relay_source_port(packet: &Packet) -> bool {
    let mut rest = packet.options.get(option::RELAY).unwrap_or_default();
    while let [code, length, value @ ..] = rest {
        if *code == RELAY_SOURCE_PORT {
            return true;
        }
        rest = value.get(usize::from(*length)..).unwrap_or_default();
    }
    false
}

impl Reply {
    /// The message as it goes over the wire.
    pub fn bytes(&self) -> Vec<u8> {
        self.packet.write()
    }

    /// The message.
    pub fn packet(&self) -> &Packet {
        &self.packet
    }
}
