//! A played server: for each question the answers in their order, the last of them again and again.

use serde_json::Value;
use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// What the server says, or does.
#[derive(Clone)]
pub enum Answer {
    Says { status: u16, kind: &'static str, body: String },
    HangsUp,
}

impl Answer {
    pub fn json(body: &Value) -> Self {
        Self::Says { status: 200, kind: "application/json", body: body.to_string() }
    }

    pub fn problem(status: u16, detail: &str) -> Self {
        let body = serde_json::json!({ "title": "Refused", "status": status, "detail": detail });
        Self::Says { status, kind: "application/problem+json", body: body.to_string() }
    }

    pub fn page(status: u16, body: &str) -> Self {
        Self::Says { status, kind: "text/html", body: body.to_owned() }
    }
}

type Script = HashMap<String, VecDeque<Answer>>;

/// Ends with the value.
pub struct Played {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    thread: Option<JoinHandle<()>>,
}

impl Played {
    /// Questions are like `GET /api/v1/machines`; what is not in the script is answered with a page that says 404.
    pub fn new<const N: usize>(script: [(&str, Vec<Answer>); N]) -> Self {
        let script =
            script.into_iter().map(|(question, answers)| (question.to_owned(), answers.into())).collect();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let book = Arc::clone(&asked);
        let thread = std::thread::spawn(move || play(&listener, script, &book));
        Self { address, asked, thread: Some(thread) }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was asked, with the body: `POST /api/v1/jobs {"function":…}`.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no holder panicked").clone()
    }
}

impl Drop for Played {
    fn drop(&mut self) {
        // A connection that says nothing ends the play.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn play(listener: &TcpListener, mut script: Script, asked: &Mutex<Vec<String>>) {
    for stream in listener.incoming() {
        let stream = stream.expect("a connection");
        let Some((question, body)) = read(&stream) else { return };
        asked.lock().expect("no holder panicked").push(format!("{question} {body}").trim_end().to_owned());
        match script.get_mut(&question).and_then(next).unwrap_or_else(|| Answer::page(404, "<html>")) {
            Answer::Says { status, kind, body } => write(&stream, status, kind, &body),
            Answer::HangsUp => {}
        }
    }
}

fn next(answers: &mut VecDeque<Answer>) -> Option<Answer> {
    if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() }
}

/// Method and path, and the body; `None` when nothing was said.
fn read(stream: &TcpStream) -> Option<(String, String)> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|bytes| *bytes > 0)?;
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let header = header.trim().to_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let question = first.split(' ').take(2).collect::<Vec<_>>().join(" ");
    Some((question, String::from_utf8(body).ok()?))
}

fn write(mut stream: &TcpStream, status: u16, kind: &str, body: &str) {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} Played\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    // A client that went away is its own affair.
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
}
