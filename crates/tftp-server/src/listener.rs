//! The listening socket, and the address each request was sent to.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::os::fd::AsRawFd as _;

use nix::cmsg_space;
use nix::libc::{in_pktinfo, in6_pktinfo};
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, SockaddrLike as _, SockaddrStorage, recvmsg, setsockopt, sockopt,
};
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// Room for a thousand requests in one moment (the kernel may grant less).
const RECEIVE_BUFFER: usize = 2 << 20;

pub(crate) struct Listener {
    socket: UdpSocket,
    /// Where the socket is bound; unspecified on a wildcard.
    bound: SocketAddr,
}

/// A datagram that arrived.
pub(crate) struct Datagram {
    pub length: usize,
    pub client: SocketAddr,
    /// The address it was sent to; its port is to be chosen.
    pub local: SocketAddr,
}

impl Listener {
    pub(crate) fn new(socket: std::net::UdpSocket) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let bound = socket.local_addr()?;
        // A smaller buffer only means that more clients must ask twice.
        let _ = socket2::SockRef::from(&socket).set_recv_buffer_size(RECEIVE_BUFFER);
        match bound {
            SocketAddr::V4(_) => setsockopt(&socket, sockopt::Ipv4PacketInfo, &true)?,
            SocketAddr::V6(_) => setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &true)?,
        }
        Ok(Self { socket: UdpSocket::from_std(socket)?, bound })
    }

    pub(crate) async fn receive(&self, buffer: &mut [u8]) -> io::Result<Datagram> {
        self.socket.async_io(Interest::READABLE, || self.receive_now(buffer)).await
    }

    fn receive_now(&self, buffer: &mut [u8]) -> io::Result<Datagram> {
        let mut control = cmsg_space!(in_pktinfo, in6_pktinfo);
        let mut parts = [IoSliceMut::new(buffer)];
        let message = recvmsg::<SockaddrStorage>(
            self.socket.as_raw_fd(),
            &mut parts,
            Some(&mut control),
            MsgFlags::MSG_DONTWAIT,
        )?;
        let client = message.address.as_ref().and_then(socket_address);
        let client = client.ok_or_else(|| io::Error::other("a datagram without a sender"))?;
        let told = message.cmsgs()?.find_map(|message| destination(&message));
        let local = told.unwrap_or(SocketAddr::new(self.bound.ip(), 0));
        Ok(Datagram { length: message.bytes, client: plain(client), local: plain(local) })
    }
}

fn socket_address(address: &SockaddrStorage) -> Option<SocketAddr> {
    match address.family()? {
        nix::sys::socket::AddressFamily::Inet => address.as_sockaddr_in().map(|v4| SocketAddr::from(*v4)),
        nix::sys::socket::AddressFamily::Inet6 => address.as_sockaddr_in6().map(|v6| SocketAddr::from(*v6)),
        _ => None,
    }
}

fn destination(message: &ControlMessageOwned) -> Option<SocketAddr> {
    match message {
        // `ipi_spec_dst` is our own address even where the request was sent to a broadcast one.
        // It is unset in a datagram that arrived before the socket option was on.
        ControlMessageOwned::Ipv4PacketInfo(info) => {
            let [own, header] =
                [info.ipi_spec_dst, info.ipi_addr].map(|ip| Ipv4Addr::from(u32::from_be(ip.s_addr)));
            let ip = if own.is_unspecified() { header } else { own };
            Some(SocketAddr::new(own_address(ip.into()), 0))
        }
        ControlMessageOwned::Ipv6PacketInfo(info) => {
            let ip = Ipv6Addr::from(info.ipi6_addr.s6_addr);
            let scope = if ip.is_unicast_link_local() { info.ipi6_ifindex } else { 0 };
            match own_address(ip.to_canonical()) {
                IpAddr::V6(ip) => Some(SocketAddr::V6(SocketAddrV6::new(ip, 0, 0, scope))),
                v4 @ IpAddr::V4(_) => Some(SocketAddr::new(v4, 0)),
            }
        }
        _ => None,
    }
}

/// No socket can be bound to a group's address: the system then chooses one of ours.
fn own_address(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(v4) if v4.is_broadcast() || v4.is_multicast() => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(v6) if v6.is_multicast() => Ipv6Addr::UNSPECIFIED.into(),
        own => own,
    }
}

/// An IPv4 client of a dual-stack socket is answered from a plain IPv4 socket: on the wire it is
/// the same, and all who look at the address see one form.
fn plain(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        IpAddr::V4(ip) => SocketAddr::new(IpAddr::V4(ip), address.port()),
        IpAddr::V6(_) => address,
    }
}
