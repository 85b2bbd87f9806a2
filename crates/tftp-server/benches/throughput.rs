//! How fast one transfer goes, by block size and window: `cargo bench -p tftp-server`.
//!
//! Prints figures and ratios and judges nothing: the machine decides about megabytes a second,
//! only the ratios say something about the server. Run as a test it sends one small file a row.

#![expect(clippy::unwrap_used, reason = "a measurement ends at the first surprise")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use support::{Client, Running, sample};
use tftp_server::{Config, from_fn};

const BLKSIZES: [u16; 4] = [512, 1024, 1468, 8192];
/// Sixty-four blocks of 8192 would not fit into the receive buffer of the client.
const WINDOWS: [u16; 5] = [1, 4, 8, 16, 64];
/// Takes the best of so many, for other programs only ever slow it down.
const ROUNDS: usize = 3;

fn main() {
    let measuring = std::env::args().any(|argument| argument == "--bench");
    let (length, rounds) = if measuring { (32 << 20, ROUNDS) } else { (64 << 10, 1) };
    let content = bytes::Bytes::from(sample(length));
    let config = Config { blksize: 8192, windowsize: 64, ..Config::default() };
    let server = Running::new(config, from_fn(move |_| Some(content.clone())));

    let mut base = None;
    println!("{:>8} {:>8} {:>8} {:>7}", "blksize", "window", "MB/s", "ratio");
    for blksize in BLKSIZES {
        for window in WINDOWS {
            if usize::from(blksize) * usize::from(window) > 128 << 10 {
                continue;
            }
            let best = (0..rounds).map(|_| transfer(&server.address, blksize, window, length)).min().unwrap();
            let rate = length as f64 / best.as_secs_f64() / 1e6;
            let base = *base.get_or_insert(rate);
            println!("{blksize:>8} {window:>8} {rate:>8.1} {:>7.2}", rate / base);
        }
    }
    crowd(if measuring { 1000 } else { 10 });
}

/// Many clients at the same moment, as after a power cut: a megabyte each, windows of four.
fn crowd(clients: usize) {
    const EACH: usize = 1 << 20;
    let content = bytes::Bytes::from(sample(EACH));
    let server = Running::new(Config::default(), from_fn(move |_| Some(content.clone())));
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..clients {
            scope.spawn(|| transfer(&server.address, 1468, 4, EACH));
        }
    });
    let seconds = began.elapsed().as_secs_f64();
    let rate = (clients * EACH) as f64 / seconds / 1e6;
    println!("{clients} clients at once, {EACH} bytes each: {seconds:.1} s, {rate:.1} MB/s together");
}

fn transfer(server: &SocketAddr, blksize: u16, window: u16, length: usize) -> Duration {
    let began = Instant::now();
    let (blksize_text, window_text) = (blksize.to_string(), window.to_string());
    let options = [("blksize", blksize_text.as_str()), ("windowsize", window_text.as_str())];
    let mut client = Client::request(*server, "file", &options);
    client.expect_options();
    client.ack(0);
    assert_eq!(client.read_all(blksize.into(), window).len(), length);
    began.elapsed()
}
