//! Sockets that know at which of our addresses, and on which interface, a packet came in.
//!
//! A boot server has several networks, and a machine must be told the address that it can reach. A broadcast
//! does not carry that address; Linux tells it beside the packet (`IP_PKTINFO`, ip(7)).

use nix::errno::Errno;
use nix::ifaddrs::{InterfaceAddress, getifaddrs};
use nix::libc;
use nix::net::if_::if_nametoindex;
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrIn, recvmsg, sendmsg, setsockopt, sockopt,
};
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{self, IoSlice, IoSliceMut};
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::os::fd::{AsRawFd, RawFd};

use super::answer::Send;

/// Larger than an Ethernet frame: what does not fit was never a boot request.
const LARGEST: usize = 2048;

/// Which of a boot server's two services a socket is for, whatever its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Port {
    /// UDP 67: clients look for servers.
    Discovery,
    /// UDP 4011: clients that have an address ask the server that they chose (PXE 2.1 §2.2.3).
    BootServer,
}

impl Port {
    /// The number that clients expect.
    pub fn number(self) -> u16 {
        match self {
            Self::Discovery => 67,
            Self::BootServer => 4011,
        }
    }
}

/// A socket for one of the services.
#[derive(Debug)]
pub struct Listener {
    pub(super) socket: UdpSocket,
    pub(super) port: Port,
    pub(super) ears: Ears,
}

/// What a listener that was asked to serve one address listens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ears {
    All,
    /// What was sent to this address, and what came in on the interface that has it (index, 0: none has).
    Only(Ipv4Addr, i32),
}

impl Ears {
    pub(super) fn hear(self, arrival: Arrival) -> bool {
        match self {
            Self::All => true,
            Self::Only(address, interface) => {
                arrival.local == address || (interface != 0 && arrival.interface == interface)
            }
        }
    }
}

impl Listener {
    /// Binds to the service's own port on all addresses, beside a DHCP server on the same host (which must share
    /// the port too: dnsmasq does with `--interface` and `--bind-interfaces`).
    ///
    /// # Errors
    /// When the port or the interface is not to be had; both need privileges.
    pub fn bind(port: Port, interface: Option<&str>) -> io::Result<Self> {
        Self::bind_to(port, SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port.number()), interface)
    }

    /// Binds to any address. Linux gives no broadcast to a socket that is bound to one address, so the discovery
    /// service binds to all even then, and closes its ears to other interfaces.
    ///
    /// # Errors
    /// As [`Listener::bind`].
    pub fn bind_to(port: Port, address: SocketAddrV4, interface: Option<&str>) -> io::Result<Self> {
        let one = !address.ip().is_unspecified() && !address.ip().is_loopback();
        let (bound, ears) = if port == Port::Discovery && one {
            let index = interface_of(*address.ip())?;
            (SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, address.port()), Ears::Only(*address.ip(), index))
        } else {
            (address, Ears::All)
        };
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
        socket.set_reuse_address(true)?;
        socket.set_reuse_port(true)?;
        socket.bind_device(interface.map(str::as_bytes))?;
        socket.bind(&bound.into())?;
        Ok(Self { ears, ..Self::from_socket(port, socket.into())? })
    }

    /// Takes a bound socket, of another network namespace for instance.
    ///
    /// # Errors
    /// When its options cannot be set.
    pub fn from_socket(port: Port, socket: UdpSocket) -> io::Result<Self> {
        socket.set_broadcast(true)?;
        socket.set_nonblocking(true)?;
        setsockopt(&socket, sockopt::Ipv4PacketInfo, &true)?;
        Ok(Self { socket, port, ears: Ears::All })
    }
}

/// The index of the interface that has an address; 0 when none has.
fn interface_of(address: Ipv4Addr) -> io::Result<i32> {
    let has_it = |of: &InterfaceAddress| {
        let own = of.address.as_ref().and_then(|own| own.as_sockaddr_in());
        own.is_some_and(|own| own.ip() == address)
    };
    let Some(found) = getifaddrs()?.find(has_it) else { return Ok(0) };
    let index = if_nametoindex(found.interface_name.as_str())?;
    i32::try_from(index).map_err(io::Error::other)
}

/// A packet, and how it came.
#[derive(Clone, Debug)]
pub(super) struct Datagram {
    pub bytes: Vec<u8>,
    pub from: SocketAddrV4,
    pub arrival: Arrival,
}

/// Where a packet came in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    /// Our address that it was sent to, or for a broadcast the interface's; unspecified when it has none.
    pub local: Ipv4Addr,
    /// Index of the interface; 0 when the system does not tell.
    pub interface: i32,
}

/// Takes a packet if there is one. One that is too long comes cut, and is then malformed.
pub(super) fn receive(socket: &impl AsRawFd) -> io::Result<Datagram> {
    let mut bytes = vec![0; LARGEST];
    let (length, from, arrival) = receive_into(socket.as_raw_fd(), &mut bytes)?;
    bytes.truncate(length);
    Ok(Datagram { bytes, from, arrival })
}

fn receive_into(fd: RawFd, bytes: &mut [u8]) -> io::Result<(usize, SocketAddrV4, Arrival)> {
    let mut beside = nix::cmsg_space!(libc::in_pktinfo);
    let mut parts = [IoSliceMut::new(bytes)];
    let message = recvmsg::<SockaddrIn>(fd, &mut parts, Some(&mut beside), MsgFlags::empty())?;
    let from = message.address.ok_or(Errno::EAFNOSUPPORT)?;
    let mut arrival = Arrival { local: Ipv4Addr::UNSPECIFIED, interface: 0 };
    for info in message.cmsgs()? {
        if let ControlMessageOwned::Ipv4PacketInfo(info) = info {
            let local = Ipv4Addr::from(u32::from_be(info.ipi_spec_dst.s_addr));
            arrival = Arrival { local, interface: info.ipi_ifindex };
        }
    }
    Ok((message.bytes, from.into(), arrival))
}

/// Sends a reply the way its request came: from the address that the client knows us by, and a broadcast out of
/// that interface only.
pub(super) fn send(socket: &impl AsRawFd, bytes: &[u8], to: Send, arrival: Arrival) -> io::Result<()> {
    let (address, interface) = match to {
        Send::Broadcast(port) => (SocketAddrV4::new(Ipv4Addr::BROADCAST, port), arrival.interface),
        Send::To(address) => (address, 0),
    };
    let info = libc::in_pktinfo {
        ipi_ifindex: interface,
        ipi_spec_dst: libc::in_addr { s_addr: u32::from(arrival.local).to_be() },
        ipi_addr: libc::in_addr { s_addr: 0 },
    };
    let beside = [ControlMessage::Ipv4PacketInfo(&info)];
    let to = SockaddrIn::from(address);
    sendmsg(socket.as_raw_fd(), &[IoSlice::new(bytes)], &beside, MsgFlags::empty(), Some(&to))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_for_one_address_hears_its_interface_and_what_is_sent_to_it() {
        let address = Ipv4Addr::new(10, 77, 0, 2);
        let ears = Ears::Only(address, 3);
        let arrival = |local: [u8; 4], interface| Arrival { local: local.into(), interface };
        assert!(ears.hear(arrival([10, 77, 0, 2], 1)));
        assert!(ears.hear(arrival([10, 77, 0, 9], 3)));
        assert!(!ears.hear(arrival([10, 88, 0, 2], 4)));
        assert!(!Ears::Only(address, 0).hear(arrival([0; 4], 0)));
    }

    #[test]
    fn the_interface_of_an_address_is_found() {
        assert!(interface_of(Ipv4Addr::LOCALHOST).is_ok_and(|index| index > 0));
        assert!(interface_of(Ipv4Addr::new(192, 0, 2, 1)).is_ok_and(|index| index == 0));
    }
}
