//! The machines' management, and the referee's window: one small HTTP service for the whole fleet.
//!
//! - `GET /machines`, `GET /machines/{name}`: what happened so far
//! - `POST /machines/{name}/reset`, `…/on`, `…/off`: answered when the machine has felt it. A header
//!   `X-Pitstop-Call: UUID` says for which call it is reset: it stands in the referee's book

use super::Handle;
use super::machine::Event;
use pitstop_domain::id::CallId;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// Whoever asks has its question ready.
const PATIENCE: Duration = Duration::from_secs(10);
/// More of a request's head is not read.
const LONGEST_HEAD: u64 = 16 << 10;
/// After an error of the listener (no file left), so that a lasting one does not spin.
const AFTER_ERROR: Duration = Duration::from_millis(100);

pub(super) type Machines = Arc<BTreeMap<String, Handle>>;

struct Reply {
    status: &'static str,
    body: Value,
}

/// Serves until stopped.
pub(super) async fn serve(listener: TcpListener, machines: Machines, stop: CancellationToken) {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let (machines, stop) = (machines.clone(), stop.clone());
                tokio::spawn(stop.run_until_cancelled_owned(async move {
                    // Whoever breaks the connection does not want the answer.
                    let _ = tokio::time::timeout(PATIENCE, one(stream, &machines)).await;
                }));
            }
            Err(error) => {
                tracing::warn!(%error, "A request to the simulated machines' management was lost.");
                tokio::time::sleep(AFTER_ERROR).await;
            }
        }
    }
}

async fn one(stream: TcpStream, machines: &Machines) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut head = (&mut stream).take(LONGEST_HEAD);
    let mut first = String::new();
    head.read_line(&mut first).await?;
    let mut line = String::from("-");
    let mut call = None;
    while !line.trim().is_empty() {
        line.clear();
        head.read_line(&mut line).await?;
        call = call_of(&line).or(call);
    }
    let mut words = first.split_whitespace();
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let Reply { status, body } = answer(method, path, call, machines).await;
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).await?;
    stream.shutdown().await
}

fn call_of(line: &str) -> Option<CallId> {
    let (name, value) = line.split_once(':')?;
    name.eq_ignore_ascii_case("x-pitstop-call").then(|| value.trim().parse().ok()).flatten()
}

async fn answer(method: &str, path: &str, call: Option<CallId>, machines: &Machines) -> Reply {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let ok = |body| Reply { status: "200 OK", body };
    let refuse = |status, why: &str| Reply { status, body: json!({ "error": why }) };
    let event = match parts.as_slice() {
        ["machines"] if method == "GET" => {
            return ok(machines.values().map(|machine| json!(machine.status())).collect());
        }
        ["machines", name] if method == "GET" => {
            return match machines.get(*name) {
                Some(machine) => ok(json!(machine.status())),
                None => refuse("404 Not Found", "there is no such machine"),
            };
        }
        ["machines", _, "reset"] => Event::Reset { call },
        ["machines", _, "on"] => Event::PowerOn,
        ["machines", _, "off"] => Event::PowerOff,
        _ => {
            return refuse(
                "404 Not Found",
                "ask for /machines, /machines/NAME, or post to …/reset, …/on, …/off",
            );
        }
    };
    if method != "POST" {
        return refuse("405 Method Not Allowed", "buttons are pressed by POST");
    }
    let Some(machine) = machines.get(parts[1]) else {
        return refuse("404 Not Found", "there is no such machine");
    };
    if matches!(event, Event::Reset { .. }) && machine.status().state == "off" {
        return refuse("409 Conflict", "the machine is off");
    }
    machine.press(event).await;
    tokio::time::sleep(machine.board_late).await;
    ok(json!(machine.status()))
}
