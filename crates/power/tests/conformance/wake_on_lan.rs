//! Wake-on-LAN, against a listener.

use super::case::{Case, SECRET};
use super::conforms;
use pitstop_domain::net::Mac;
use pitstop_domain::route::{Route, WakeOnLan};
use pitstop_domain::secret::Secret;
use std::cell::Cell;
use std::net::UdpSocket;

/// The packet of this machine, with its SecureOn password behind.
fn packet() -> Vec<u8> {
    let mut packet = vec![0xff; 6];
    (0..16).for_each(|_| packet.extend([2, 0, 0, 0, 0, 7]));
    packet.extend([1, 2, 3, 4, 5, 6]);
    packet
}

async fn start() -> Case {
    let listener = UdpSocket::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let route = Route::WakeOnLan(WakeOnLan {
        mac: Mac([2, 0, 0, 0, 0, 7]),
        broadcast: "127.0.0.1".parse().unwrap(),
        port: listener.local_addr().unwrap().port(),
        secure_on: Some(SECRET),
    });
    // Packets that come together are one press: a machine that wakes does not notice the second.
    let woken = Cell::new(0);
    let restarts = move || {
        let (mut buffer, mut any) = ([0; 200], false);
        while let Ok(length) = listener.recv(&mut buffer) {
            assert_eq!(buffer[..length], packet());
            any = true;
        }
        woken.set(woken.get() + usize::from(any));
        woken.get()
    };
    Case {
        route,
        secrets: [(SECRET, Secret::new("01:02:03:04:05:06"))].into(),
        wrong: None,
        unreachable: None,
        uuid: None,
        restarts: Box::new(restarts),
        changes: Box::new(String::new),
        hang: None,
        hang_at_restart: None,
        world: Box::new(()),
    }
}

conforms!(start:
    a_look_changes_nothing,
    preparing_twice_is_harmless,
    a_restart_restarts_once,
    no_secret_is_shown_or_logged,
);
