//! A server in a thread, and a client driven by hand.
#![allow(dead_code, reason = "each test binary uses its own part")]

pub mod line;

use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use tftp_server::packet::{Asked, Packet};
use tftp_server::{Config, Counters, Handler, Observer, Report, Server, Transfer};
use tokio_util::sync::CancellationToken;

/// A limit for what must happen, many times longer than it takes.
pub const SOON: Duration = Duration::from_secs(60);

pub struct Running {
    pub address: SocketAddr,
    pub counters: Arc<Counters>,
    pub progress: Arc<AtomicU64>,
    ended: mpsc::Receiver<(Transfer, Report)>,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

struct Tell {
    ended: mpsc::Sender<(Transfer, Report)>,
    progress: Arc<AtomicU64>,
}

impl Observer for Tell {
    fn acknowledged(&self, transfer: &Transfer, bytes: u64) {
        assert!(transfer.size.is_some_and(|size| bytes <= size), "progress beyond the size");
        self.progress.store(bytes, Ordering::Relaxed);
    }

    fn ended(&self, transfer: &Transfer, report: &Report) {
        let _ = self.ended.send((transfer.clone(), report.clone()));
    }
}

/// Short waits, so that repetitions come soon, and enough of them for a test that is held up.
pub fn quick() -> Config {
    Config {
        first_wait: Duration::from_millis(20),
        longest_wait: Duration::from_millis(60),
        repeats: 12,
        ..Config::default()
    }
}

/// Long waits: within a test nothing is sent again by the clock.
pub fn patient() -> Config {
    Config { first_wait: SOON, longest_wait: SOON, ..Config::default() }
}

impl Running {
    pub fn new(config: Config, handler: impl Handler) -> Self {
        Self::on("127.0.0.1:0", config, handler)
    }

    pub fn on(bind: &str, config: Config, handler: impl Handler) -> Self {
        let socket = UdpSocket::bind(bind).unwrap();
        let address = socket.local_addr().unwrap();
        let (sender, ended) = mpsc::channel();
        let progress = Arc::new(AtomicU64::new(0));
        let tell = Tell { ended: sender, progress: progress.clone() };
        let server = Server::new(config, handler).observed_by(tell);
        let counters = server.counters();
        let stop = CancellationToken::new();
        let token = stop.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(server.run(socket, token)).unwrap();
        });
        Self { address, counters, progress, ended, stop, thread: Some(thread) }
    }

    pub fn next_end(&self) -> (Transfer, Report) {
        self.ended.recv_timeout(SOON).expect("no transfer ended")
    }

    /// Stops the server and waits for its end.
    pub fn stop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }

    pub fn no_more_ends(&mut self) {
        self.stop();
        assert_eq!(self.ended.try_recv().ok(), None, "one transfer too many");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A client whose every packet the test decides.
pub struct Client {
    socket: UdpSocket,
    server: SocketAddr,
    /// The transfer's address, from the first answer on.
    pub peer: Option<SocketAddr>,
}

impl Client {
    pub fn new(server: SocketAddr) -> Self {
        let any = if server.is_ipv4() { "127.0.0.1:0" } else { "[::1]:0" };
        let socket = UdpSocket::bind(any).unwrap();
        socket.set_read_timeout(Some(SOON)).unwrap();
        Self { socket, server, peer: None }
    }

    pub fn request(server: SocketAddr, name: &str, options: &[(&str, &str)]) -> Self {
        let mut client = Self::new(server);
        client.ask(name, options);
        client
    }

    pub fn ask(&mut self, name: &str, options: &[(&str, &str)]) {
        self.peer = None;
        self.ask_raw(&Packet::Read(asked(name, "octet", options)).encode());
    }

    /// To the listening port.
    pub fn ask_raw(&self, bytes: &[u8]) {
        self.socket.send_to(bytes, self.server).unwrap();
    }

    /// To the transfer's port.
    pub fn send(&self, packet: &Packet) {
        self.socket.send_to(&packet.encode(), self.peer.expect("no answer yet")).unwrap();
    }

    pub fn ack(&self, block: u16) {
        self.send(&Packet::Ack(block));
    }

    pub fn receive(&mut self) -> Packet {
        let mut buffer = [0; 65536];
        let (length, from) = self.socket.recv_from(&mut buffer).expect("no answer");
        self.peer = Some(from);
        Packet::decode(&buffer[..length]).unwrap()
    }

    /// The next packet must be this block.
    pub fn expect_block(&mut self, number: u16) -> Vec<u8> {
        match self.receive() {
            Packet::Data { block, payload } if block == number => payload,
            other => panic!("block {number} expected, not {other:?}"),
        }
    }

    /// As `expect_block`, but late repetitions of an older block may come first.
    pub fn expect_block_after(&mut self, number: u16, older: u16) {
        loop {
            match self.receive() {
                Packet::Data { block, .. } if block == number => return,
                Packet::Data { block, .. } if block == older => {}
                other => panic!("block {number} expected, not {other:?}"),
            }
        }
    }

    pub fn expect_blocks(&mut self, numbers: impl IntoIterator<Item = u16>) {
        for number in numbers {
            self.expect_block(number);
        }
    }

    pub fn expect_options(&mut self) -> Vec<(String, String)> {
        match self.receive() {
            Packet::OptionAck(options) => options,
            other => panic!("an OACK expected, not {other:?}"),
        }
    }

    pub fn expect_error(&mut self) -> (u16, String) {
        match self.receive() {
            Packet::Error { code, message } => (code.number(), message),
            other => panic!("an ERROR expected, not {other:?}"),
        }
    }

    /// Nothing has arrived so far. Ask the server something else first, so that it had its chance.
    pub fn expect_silence(&self) {
        self.socket.set_nonblocking(true).unwrap();
        let got = self.socket.recv_from(&mut [0; 2048]);
        self.socket.set_nonblocking(false).unwrap();
        assert!(got.is_err(), "silence expected, not {got:?}");
    }

    /// Reads to the end, window by window. A block out of order is answered once with the last
    /// good one (RFC 7440), from which the server then goes on; the last good one itself, come
    /// again, always, for then an ACK was lost. So is a repeated OACK.
    pub fn read_all(&mut self, blksize: usize, windowsize: u16) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut good = 0_u16;
        let mut in_window = 0;
        let mut complained = false;
        loop {
            let (block, payload) = match self.receive() {
                Packet::Data { block, payload } => (block, payload),
                Packet::OptionAck(_) if good == 0 => {
                    self.ack(0);
                    continue;
                }
                other => panic!("DATA expected, not {other:?}"),
            };
            if block != good.wrapping_add(1) {
                if !complained || block == good {
                    self.ack(good);
                    in_window = 0;
                    complained = true;
                }
                continue;
            }
            good = block;
            complained = false;
            in_window += 1;
            bytes.extend_from_slice(&payload);
            let last = payload.len() < blksize;
            if last || in_window == windowsize {
                self.ack(block);
                in_window = 0;
            }
            if last {
                return bytes;
            }
        }
    }
}

pub fn asked(name: &str, mode: &str, options: &[(&str, &str)]) -> Asked {
    let options = options.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Asked { name: name.into(), mode: mode.into(), options }
}

/// Bytes in which no two blocks are alike.
pub fn sample(length: usize) -> Vec<u8> {
    (0_u64..).flat_map(|word| (word.wrapping_mul(0x9E37_79B9_7F4A_7C15)).to_be_bytes()).take(length).collect()
}

/// A folder with one file `file` of this content.
pub fn folder_with(content: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), content).unwrap();
    folder
}

/// Runs a program that must be there.
pub fn run(program: &str, package: &str, arguments: &[&str], folder: &Path) -> Output {
    let found = find(program);
    let program = found.unwrap_or_else(|| panic!("this test needs `{program}`: apt-get install {package}"));
    Command::new(program).args(arguments).current_dir(folder).output().unwrap()
}

fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}
