//! Transfers over a line that loses packets.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod support;

use std::sync::atomic::Ordering;
use std::time::Duration;

use support::line::Line;
use support::{Client, Running, sample};
use tftp_server::packet::Packet;
use tftp_server::{Config, from_fn};

#[test]
fn files_arrive_whole_however_windows_and_losses_fall_together() {
    let bytes = sample(150_000);
    let content = bytes::Bytes::from(bytes.clone());
    let config = Config { first_wait: Duration::from_millis(10), ..Config::default() };
    let server = Running::new(config, from_fn(move |_| Some(content.clone())));
    for window in [1, 2, 4, 8] {
        for every in [7, 10, 13, 50] {
            let line = Line::to(server.address, every);
            let text = window.to_string();
            let options = [("blksize", "512"), ("windowsize", text.as_str())];
            let mut client = Client::request(line.address, "file", &options);
            assert!(matches!(client.receive(), Packet::OptionAck(_)));
            client.ack(0);
            let copy = client.read_all(512, window);
            assert!(copy == bytes, "window {window}, every {every}th packet lost: the copy differs");
            assert!(line.lost.load(Ordering::Relaxed) > 0);
        }
    }
}
