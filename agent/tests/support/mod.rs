//! A server that says what the test wants, and a machine that only writes down what is done to it.

#![allow(dead_code, reason = "each test program uses its own part")]

use pitstop_agent::backoff::Backoff;
use pitstop_agent::host::{Host, HostError};
use pitstop_domain::id::{BootId, CallId};
use pitstop_domain::machine::{Inventory, Nic};
use pitstop_domain::net::Mac;
use pitstop_domain::wire::{Action, Order};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use uuid::Uuid;

/// What happened, in order: calls to the server and deeds on the machine alike.
#[derive(Default)]
pub struct Journal {
    lines: Mutex<Vec<String>>,
    changed: Condvar,
}

impl Journal {
    pub fn note(&self, line: impl Into<String>) {
        self.lines.lock().unwrap().push(line.into());
        self.changed.notify_all();
    }

    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    pub fn count(&self, line: &str) -> usize {
        self.lines().iter().filter(|known| *known == line).count()
    }

    /// Where a line first stands.
    pub fn place(&self, line: &str) -> usize {
        let lines = self.lines();
        lines.iter().position(|known| known == line).unwrap_or_else(|| panic!("no `{line}` in {lines:#?}"))
    }

    pub fn wait_for(&self, line: &str) {
        let lines = self.lines.lock().unwrap();
        let (lines, waited) = self
            .changed
            .wait_timeout_while(lines, Duration::from_secs(30), |lines| {
                !lines.iter().any(|known| known == line)
            })
            .unwrap();
        assert!(!waited.timed_out(), "no `{line}` in {lines:#?}");
    }
}

pub struct Request {
    pub method: String,
    pub path: String,
    pub token: Option<String>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap()
    }
}

pub enum Reply {
    Json(u16, Value),
    Bytes(Vec<u8>),
    HangUp,
}

pub fn ok(value: impl serde::Serialize) -> Reply {
    Reply::Json(200, json!(value))
}

pub fn problem(status: u16, go_home: bool) -> Reply {
    Reply::Json(status, json!({"error": "the job is over", "go_home": go_home}))
}

/// Serves on loopback as long as the test program runs. Every call is written down as "METHOD /path" when it
/// arrives.
pub fn serve(journal: &Arc<Journal>, answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (journal, answer) = (Arc::clone(journal), Arc::new(answer));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (journal, answer) = (Arc::clone(&journal), Arc::clone(&answer));
            std::thread::spawn(move || {
                if let Some(request) = receive(&stream) {
                    journal.note(format!("{} {}", request.method, request.path));
                    send(stream, answer(&request));
                }
            });
        }
    });
    url
}

fn receive(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (mut length, mut token) = (0, None);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim().split_once(": ") {
            None => break,
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().unwrap()
            }
            Some((name, value)) if name.eq_ignore_ascii_case("authorization") => {
                token = value.strip_prefix("Bearer ").map(str::to_owned);
            }
            Some(_) => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { method, path, token, body })
}

fn send(mut stream: TcpStream, reply: Reply) {
    let (status, body) = match reply {
        Reply::Json(status, value) => (status, value.to_string().into_bytes()),
        Reply::Bytes(bytes) => (200, bytes),
        Reply::HangUp => return,
    };
    let head = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(&body);
}

/// A machine of the name `boot-1`.
#[derive(Default)]
pub struct Machine {
    pub journal: Arc<Journal>,
    pub no_network_entry: bool,
    pub kexec_forbidden: bool,
    pub restart_fails: bool,
    /// Why it must not be shut down.
    pub in_use: Arc<Mutex<Option<String>>>,
}

impl Machine {
    pub fn new(journal: &Arc<Journal>) -> Self {
        Self { journal: Arc::clone(journal), ..Self::default() }
    }

    fn done(&self, deed: &str) -> Result<(), HostError> {
        self.journal.note(deed);
        if self.restart_fails { Err(HostError("the restart failed: not root".to_owned())) } else { Ok(()) }
    }
}

impl Host for Machine {
    fn boot_id(&self) -> BootId {
        BootId("boot-1".to_owned())
    }

    fn uptime_s(&self) -> u64 {
        7
    }

    fn inventory(&self) -> Inventory {
        let nic = Nic { name: "eth0".to_owned(), mac: Mac([2; 6]), link: true, addresses: vec![] };
        Inventory { cores: 4, nics: vec![nic], ..Inventory::default() }
    }

    fn in_use(&self) -> Option<String> {
        self.in_use.lock().unwrap().clone()
    }

    fn shut_down(&self) -> Result<(), HostError> {
        self.done("shut down")
    }

    fn boot_network_once(&self) -> Result<String, HostError> {
        if self.no_network_entry {
            return Err(HostError("none of the 2 UEFI boot entries".to_owned()));
        }
        self.journal.note("boot-next");
        Ok("BootNext set to Boot0004".to_owned())
    }

    fn boot_entry_once(&self, number: u16) -> Result<String, HostError> {
        self.journal.note(format!("boot-next {number}"));
        Ok(format!("BootNext set to Boot{number:04X}"))
    }

    fn forget_boot_next(&self) {
        self.journal.note("forget boot-next");
    }

    fn load_kernel(&self, mut kernel: &File, mut initrd: &File, cmdline: &str) -> Result<(), HostError> {
        if self.kexec_forbidden {
            return Err(HostError("kexec is forbidden here".to_owned()));
        }
        let text = |file: &mut &File| {
            let mut text = String::new();
            file.seek(SeekFrom::Start(0)).unwrap();
            file.read_to_string(&mut text).unwrap();
            text
        };
        self.journal.note(format!("load {:?} {:?} {cmdline:?}", text(&mut kernel), text(&mut initrd)));
        Ok(())
    }

    fn unload_kernel(&self) {
        self.journal.note("unload");
    }

    fn restart(&self) -> Result<(), HostError> {
        self.done("restart")
    }

    fn start_loaded(&self) -> Result<(), HostError> {
        self.done("start kernel")
    }
}

pub const CALL: CallId = CallId(Uuid::from_u128(77));

pub fn ack() -> String {
    format!("POST /agent/v1/calls/{CALL}")
}

pub fn order(boot: &str, action: Action) -> Order {
    Order { call: CALL, boot_id: BootId(boot.to_owned()), action }
}

/// Tests are in a hurry.
pub fn hurry() -> Backoff {
    Backoff::new(Duration::from_millis(2), Duration::from_millis(20))
}
