//! Somebody at a console, in a browser.

use super::room::{Room, Tells, ToMachine};
use axum::extract::ws::{Message, WebSocket};
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

/// How often it is asked whether this person still may; the same question keeps the line alive.
const LOOK: Duration = Duration::from_secs(5);
/// A browser that takes nothing for this long is gone.
const STUCK: Duration = Duration::from_secs(30);
/// No window is larger.
const LARGEST: u16 = 1000;

/// What a browser says beside what is typed.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Says {
    Size { rows: u16, cols: u16 },
}

/// Until they leave, or may not stay. `may`: asked again and again; what is said when they may not.
pub async fn carry<F>(
    socket: WebSocket,
    room: Arc<Room>,
    name: &str,
    may: impl Fn() -> F,
    stop: CancellationToken,
) where
    F: Future<Output = Result<(), String>>,
{
    let (to, from) = socket.split();
    let (id, told) = room.join(name);
    tokio::select! {
        () = send(to, told, may) => {}
        () = hear(from, &room, id) => {}
        () = stop.cancelled() => {}
    }
    room.leave(id);
}

async fn send<F>(
    mut to: SplitSink<WebSocket, Message>,
    mut told: mpsc::Receiver<Message>,
    may: impl Fn() -> F,
) where
    F: Future<Output = Result<(), String>>,
{
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let message = tokio::select! {
            next = told.recv() => match next {
                Some(message) => message,
                None => break,
            },
            _ = looks.tick() => match may().await {
                Ok(()) => Message::Ping(Vec::new().into()),
                Err(why) => {
                    let _ = timeout(STUCK, to.send(Tells::Over { why }.message())).await;
                    break;
                }
            },
        };
        if !matches!(timeout(STUCK, to.send(message)).await, Ok(Ok(()))) {
            return;
        }
    }
    let _ = timeout(STUCK, to.send(Message::Close(None))).await;
}

async fn hear(mut from: SplitStream<WebSocket>, room: &Room, id: u64) {
    while let Some(Ok(message)) = from.next().await {
        match message {
            Message::Binary(bytes) => {
                // Without a machine nobody hears it; the page says so.
                let Some(machine) = room.types(id) else { continue };
                // Waits while the machine does not take it: this person's keys, nobody else's.
                let _ = machine.send(ToMachine::Typed(bytes.to_vec())).await;
            }
            Message::Text(text) => {
                if let Ok(Says::Size { rows, cols }) = serde_json::from_str(&text) {
                    room.resize(rows.clamp(2, LARGEST), cols.clamp(2, LARGEST));
                }
            }
            Message::Close(_) => return,
            _ => {}
        }
    }
}
