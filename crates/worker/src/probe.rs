//! Asks probes. One that does not answer in time is silent, whatever the reason.

use pitstop_domain::probe::Probe;
use pitstop_domain::route::HttpUrl;
use pitstop_power::outward;
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{self, Read};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpStream;

/// Longer than a healthy machine needs across a slow line, shorter than the pause between two looks.
const LIMIT: Duration = Duration::from_secs(3);

/// Does the machine answer?
pub(crate) async fn answers(probe: &Probe) -> bool {
    let asked = async {
        match probe {
            Probe::Tcp { host, port } => {
                TcpStream::connect((host.trim_matches(['[', ']']), *port)).await.is_ok()
            }
            Probe::Http { url } => http(url).await,
            Probe::Ping { host } => ping(host).await.unwrap_or(false),
        }
    };
    tokio::time::timeout(LIMIT, asked).await.unwrap_or(false)
}

/// A status below 400.
async fn http(url: &str) -> bool {
    let Ok(url) = url.parse::<HttpUrl>() else { return false };
    outward::status_of(&url).await.is_ok_and(|status| status < 400)
}

/// An ICMP echo (RFC 792, RFC 4443). By a datagram socket where the system lets everybody ping
/// (`net.ipv4.ping_group_range`), else by a raw one, which takes `CAP_NET_RAW`.
async fn ping(host: &str) -> io::Result<bool> {
    let mut found = tokio::net::lookup_host((host.trim_matches(['[', ']']), 0)).await?;
    let address = found.next().ok_or(io::ErrorKind::NotFound)?;
    tokio::task::spawn_blocking(move || echo(address)).await.map_err(io::Error::other)?
}

fn echo(address: SocketAddr) -> io::Result<bool> {
    let (domain, protocol, request, reply) = match address.ip() {
        IpAddr::V4(_) => (Domain::IPV4, Protocol::ICMPV4, 8, 0),
        IpAddr::V6(_) => (Domain::IPV6, Protocol::ICMPV6, 128, 129),
    };
    let (socket, raw) = match Socket::new(domain, Type::DGRAM, Some(protocol)) {
        Ok(socket) => (socket, false),
        Err(_) => (Socket::new(domain, Type::RAW, Some(protocol))?, true),
    };
    socket.set_read_timeout(Some(LIMIT))?;
    socket.connect(&address.into())?;
    let mark: [u8; 8] = rand::random();
    let mut packet = [request, 0, 0, 0, 0, 0, 0, 1].to_vec();
    packet.extend(mark);
    let sum = checksum(&packet).to_be_bytes();
    packet[2..4].copy_from_slice(&sum);
    socket.send(&packet)?;
    let began = std::time::Instant::now();
    while began.elapsed() < LIMIT {
        let mut buffer = [0; 256];
        let bytes = (&socket).read(&mut buffer)?;
        let heard = &buffer[..bytes];
        // A raw IPv4 socket gives the IP header too, and everybody's packets.
        let skip = if raw && domain == Domain::IPV4 { 20 } else { 0 };
        if heard.get(skip) == Some(&reply) && heard.ends_with(&mark) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The Internet checksum (RFC 1071) over an even number of bytes.
fn checksum(packet: &[u8]) -> u16 {
    let sum: u32 = packet.chunks(2).map(|two| u32::from(two[0]) << 8 | u32::from(two[1])).sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    !((folded & 0xffff) as u16 + (folded >> 16) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    async fn tcp(listener: &TcpListener) -> Probe {
        Probe::Tcp { host: "127.0.0.1".to_owned(), port: listener.local_addr().unwrap().port() }
    }

    #[tokio::test]
    async fn a_port_that_accepts_answers_and_a_closed_one_is_silent() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let probe = tcp(&listener).await;
        assert!(answers(&probe).await);
        drop(listener);
        assert!(!answers(&probe).await);
    }

    #[tokio::test]
    async fn a_page_answers_when_it_is_fine_and_not_when_it_says_that_it_is_ill() {
        for (status, fine) in [("200 OK", true), ("302 Found", true), ("503 Service Unavailable", false)] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}/health", listener.local_addr().unwrap());
            let page = tokio::spawn(async move {
                let (mut stream, _) = listener.accept().await.unwrap();
                let _ = stream.read(&mut [0; 1024]).await.unwrap();
                let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.unwrap();
            });
            assert_eq!(answers(&Probe::Http { url }).await, fine, "{status}");
            page.await.unwrap();
        }
    }

    #[tokio::test]
    async fn loopback_answers_a_ping_and_a_name_that_nobody_has_does_not() {
        assert!(answers(&Probe::Ping { host: "127.0.0.1".to_owned() }).await);
        assert!(!answers(&Probe::Ping { host: "nobody.invalid".to_owned() }).await);
    }
}
