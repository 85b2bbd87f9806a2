//! A machine at its console: what its terminal writes goes to the room, what is typed there goes to it.

use super::room::{Room, ToMachine};
use axum::extract::ws::{Message, WebSocket};
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use pitstop_domain::wire::ConsoleSays;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{interval, timeout};
use tokio_util::sync::CancellationToken;

/// A line on which nothing is said is asked whether it is alive. The agent gives up after three times as long.
const PING: Duration = Duration::from_secs(15);
/// A machine that does not take a byte for this long is gone.
const STUCK: Duration = Duration::from_secs(30);
/// After the shell's end, on the screen of all.
const ENDED: &[u8] = b"\r\n\x1b[2m[The shell has ended. Press a key for another.]\x1b[0m\r\n";

/// Until its line breaks, or the server ends.
pub async fn carry(socket: WebSocket, room: Arc<Room>, stop: CancellationToken) {
    let (to, from) = socket.split();
    let mut typed = room.machine_came();
    tokio::select! {
        () = send(to, &mut typed) => {}
        () = hear(from, &room) => {}
        () = stop.cancelled() => {}
    }
    room.machine_left(&typed);
}

/// Ends when the room lets it go, or it does not take what is sent.
async fn send(mut to: SplitSink<WebSocket, Message>, typed: &mut mpsc::Receiver<ToMachine>) {
    let mut pings = interval(PING);
    loop {
        let message = tokio::select! {
            next = typed.recv() => match next {
                Some(ToMachine::Typed(bytes)) => Message::Binary(bytes.into()),
                Some(ToMachine::Says(says)) => match serde_json::to_string(&says) {
                    Ok(text) => Message::Text(text.into()),
                    Err(_) => continue,
                },
                None => {
                    let _ = timeout(STUCK, to.send(Message::Close(None))).await;
                    return;
                }
            },
            _ = pings.tick() => Message::Ping(Vec::new().into()),
        };
        if !matches!(timeout(STUCK, to.send(message)).await, Ok(Ok(()))) {
            return;
        }
    }
}

async fn hear(mut from: SplitStream<WebSocket>, room: &Room) {
    while let Some(Ok(message)) = from.next().await {
        match message {
            Message::Binary(bytes) => room.wrote(bytes.to_vec()),
            Message::Text(text) if matches!(serde_json::from_str(&text), Ok(ConsoleSays::Ended)) => {
                room.wrote(ENDED.to_vec());
            }
            Message::Close(_) => return,
            _ => {}
        }
    }
}
