//! A server whose sockets live in another network namespace than its threads. Needs root.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod support;

use std::net::UdpSocket;
use std::os::fd::OwnedFd;

use nix::sched::{CloneFlags, setns, unshare};
use support::{Client, patient};
use tftp_server::{Server, from_fn};
use tokio_util::sync::CancellationToken;

/// A new network namespace in which loopback is up; it goes when the last handle is closed.
fn new_namespace() -> OwnedFd {
    std::thread::spawn(|| {
        unshare(CloneFlags::CLONE_NEWNET).expect("this test needs root: it makes a network namespace");
        let up = std::process::Command::new("ip").args(["link", "set", "lo", "up"]).status();
        assert!(up.is_ok_and(|status| status.success()), "this test needs `ip`: apt-get install iproute2");
        std::fs::File::open("/proc/thread-self/ns/net").unwrap().into()
    })
    .join()
    .unwrap()
}

/// Does something inside the namespace, in a thread that is not used for anything else.
fn inside<T: Send>(namespace: &OwnedFd, action: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            setns(namespace, CloneFlags::CLONE_NEWNET).unwrap();
            action()
        });
        thread.join().unwrap()
    })
}

#[test]
fn transfers_answer_within_the_namespace_of_the_listening_socket() {
    let namespace = new_namespace();
    let socket = inside(&namespace, || UdpSocket::bind("127.0.0.1:69").unwrap());
    let address = socket.local_addr().unwrap();
    let handle = namespace.try_clone().unwrap();
    let server = Server::new(patient(), from_fn(|_| Some("from afar".into())))
        .with_sockets(move |local| inside(&handle, || UdpSocket::bind(local)));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let stop = CancellationToken::new();
    let running = {
        let _inside = runtime.enter();
        server.start(socket, stop.clone())
    };
    let mut client = inside(&namespace, || Client::new(address));
    client.ask("file", &[]);
    assert_eq!(client.expect_block(1), b"from afar");
    client.ack(1);
    stop.cancel();
    runtime.block_on(running).unwrap().unwrap();
}
