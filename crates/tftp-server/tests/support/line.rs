//! A line between client and server that loses packets, the same ones in every run.

use std::collections::HashMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Loses every n-th packet of both directions together.
pub struct Line {
    pub address: SocketAddr,
    pub lost: Arc<AtomicU64>,
}

struct Loss {
    every: u64,
    seen: AtomicU64,
    lost: Arc<AtomicU64>,
}

impl Loss {
    fn takes_this_one(&self) -> bool {
        let nth = self.seen.fetch_add(1, Ordering::Relaxed) + 1;
        let taken = nth.is_multiple_of(self.every);
        if taken {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        taken
    }
}

impl Line {
    /// Its threads wait for packets until the test program ends.
    pub fn to(server: SocketAddr, every: u64) -> Self {
        let front = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = front.local_addr().unwrap();
        let lost = Arc::new(AtomicU64::new(0));
        let loss = Arc::new(Loss { every, seen: AtomicU64::new(0), lost: lost.clone() });
        std::thread::spawn(move || {
            let mut known = HashMap::new();
            let mut buffer = [0; 65536];
            while let Ok((length, client)) = front.recv_from(&mut buffer) {
                let pair = known.entry(client).or_insert_with(|| Pair::open(client, &loss));
                let _ = pair.back.send_to(&buffer[..length], server);
            }
        });
        Self { address, lost }
    }
}

/// The sockets that stand for one client before the server, and for the server before the client.
struct Pair {
    back: Arc<UdpSocket>,
}

impl Pair {
    fn open(client: SocketAddr, loss: &Arc<Loss>) -> Self {
        let back = Arc::new(UdpSocket::bind("127.0.0.1:0").unwrap());
        let front = Arc::new(UdpSocket::bind("127.0.0.1:0").unwrap());
        let (answers, asks, peer) = (back.clone(), front.clone(), Arc::new(AtomicU64::new(0)));
        let (loss, other, heard) = (loss.clone(), loss.clone(), peer.clone());
        let (there, here) = (front, back.clone());
        std::thread::spawn(move || {
            let mut buffer = [0; 65536];
            while let Ok((length, from)) = answers.recv_from(&mut buffer) {
                heard.store(from.port().into(), Ordering::Relaxed);
                if !loss.takes_this_one() {
                    let _ = there.send_to(&buffer[..length], client);
                }
            }
        });
        std::thread::spawn(move || {
            let mut buffer = [0; 65536];
            while let Ok((length, _)) = asks.recv_from(&mut buffer) {
                let port = u16::try_from(peer.load(Ordering::Relaxed)).unwrap();
                if !other.takes_this_one() {
                    let _ = here.send_to(&buffer[..length], ("127.0.0.1", port));
                }
            }
        });
        Self { back }
    }
}
