//! A magic packet: six bytes of ones, the MAC sixteen times, and the SecureOn password where one is set
//! (AMD, "Magic Packet Technology", publication 20213).

use crate::{Board, Fault, Look};
use async_trait::async_trait;
use pitstop_domain::net::Mac;
use pitstop_domain::route::WakeOnLan;
use pitstop_domain::secret::Secret;
use tokio::net::UdpSocket;

/// Nothing answers, so it is said a few times: one lost packet is not a machine that stays off. A second one
/// does nothing to a machine that wakes already.
const TIMES: usize = 3;

pub(crate) struct WakeOnLanBoard {
    settings: WakeOnLan,
    packet: Vec<u8>,
}

impl WakeOnLanBoard {
    pub(crate) fn new(settings: &WakeOnLan, secure_on: Option<&Secret>) -> Result<Self, Fault> {
        let password = match secure_on {
            Some(secret) => Some(secret.expose().parse::<Mac>().map_err(|_| {
                Fault::refused("the SecureOn password is not six pairs of hexadecimal digits: set it again")
            })?),
            None => None,
        };
        Ok(Self { settings: settings.clone(), packet: packet(settings.mac, password) })
    }

    fn place(&self) -> (&str, u16) {
        (self.settings.broadcast.as_str(), self.settings.port)
    }
}

fn packet(mac: Mac, password: Option<Mac>) -> Vec<u8> {
    let mut packet = vec![0xff; 6];
    (0..16).for_each(|_| packet.extend(mac.0));
    packet.extend(password.iter().flat_map(|password| password.0));
    packet
}

#[async_trait]
impl Board for WakeOnLanBoard {
    async fn look(&mut self) -> Result<Look, Fault> {
        Ok(Look { power: None, uuid: None, words: "nothing can be seen by wake-on-LAN".to_owned() })
    }

    async fn prepare(&mut self) -> Result<String, Fault> {
        let (host, port) = self.place();
        let mut places = tokio::net::lookup_host((host, port)).await.map_err(|error| {
            Fault::later(format!("the broadcast address {host} cannot be found: {error}"))
        })?;
        places.next().ok_or_else(|| Fault::later(format!("the broadcast address {host} has no address")))?;
        Ok(format!("{} will be woken through {host}", self.settings.mac))
    }

    async fn restart(&mut self) -> Result<String, Fault> {
        let (host, port) = self.place();
        let not_sent = |error: std::io::Error| {
            Fault::later(format!(
                "the magic packet could not be sent to {host}: {error}. Nothing was touched"
            ))
        };
        let mut places = tokio::net::lookup_host((host, port)).await.map_err(not_sent)?;
        let place = places.next().ok_or_else(|| not_sent(std::io::ErrorKind::NotFound.into()))?;
        let any = if place.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(any).await.map_err(not_sent)?;
        socket.set_broadcast(true).map_err(not_sent)?;
        for sent in 0..TIMES {
            match socket.send_to(&self.packet, place).await {
                Ok(_) => {}
                // One that left is enough; a closed port answers the second with an error.
                Err(_) if sent > 0 => break,
                Err(error) => return Err(not_sent(error)),
            }
        }
        Ok(format!("a magic packet for {} was sent to {host}:{port}; nothing answers it", self.settings.mac))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_magic_packet_has_102_bytes_and_its_password_behind_them() {
        let mac = Mac([2, 3, 4, 5, 6, 7]);
        let plain = packet(mac, None);
        assert_eq!((plain.len(), &plain[..8]), (102, &[255, 255, 255, 255, 255, 255, 2, 3][..]));
        let secure = packet(mac, Some(Mac([9; 6])));
        assert_eq!((secure.len(), &secure[102..]), (108, &[9; 6][..]));
    }
}
