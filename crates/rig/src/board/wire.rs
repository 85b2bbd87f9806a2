//! HTTP/1.1 for one request a connection, and the quirks that are about time and connections.

use super::redfish::{Answer, Request};
use super::{Hang, Shared};
use serde_json::Value;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// More of a request is not read.
const LONGEST: u64 = 64 << 10;

pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>, stop: CancellationToken) {
    while let Some(Ok((stream, _))) = stop.run_until_cancelled(listener.accept()).await {
        let shared = shared.clone();
        tokio::spawn(stop.clone().run_until_cancelled_owned(async move {
            // Whoever breaks the connection does not want the answer.
            let _ = one(stream, &shared).await;
        }));
    }
}

async fn one(stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let request = read(&mut stream).await?;
    let (hangs, late) = {
        let mut state = shared.state();
        state.has_in_hand(&request, true);
        (state.hangs_at(&request), state.settings.quirks.late)
    };
    if hangs {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(late).await;
    let (answer, quirks) = {
        let mut state = shared.state();
        state.has_in_hand(&request, false);
        (state.answer(&request), state.settings.quirks.clone())
    };
    if let Some(press) = &answer.pressed {
        (shared.machine)(press);
        if quirks.hangs == Some(Hang::AfterReset) {
            std::future::pending::<()>().await;
        }
        if quirks.loses_answer {
            return Ok(());
        }
    }
    stream.write_all(&written(&answer)).await?;
    stream.shutdown().await
}

async fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<Request> {
    let mut limited = stream.take(LONGEST);
    let mut line = String::new();
    limited.read_line(&mut line).await?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut request = Request { method, path, token: None, basic: None, if_match: None, body: Value::Null };
    let mut length = 0;
    loop {
        line.clear();
        limited.read_line(&mut line).await?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        let value = value.trim().to_owned();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap_or(0),
            "x-auth-token" => request.token = Some(value),
            "authorization" => request.basic = value.strip_prefix("Basic ").map(str::to_owned),
            "if-match" => request.if_match = Some(value),
            _ => {}
        }
    }
    let mut body = Vec::new();
    limited.take(length).read_to_end(&mut body).await?;
    request.body = serde_json::from_slice(&body).unwrap_or_default();
    Ok(request)
}

fn written(answer: &Answer) -> Vec<u8> {
    let body = if answer.body.is_null() { String::new() } else { answer.body.to_string() };
    let mut text = format!("HTTP/1.1 {} -\r\n", answer.status);
    for (name, value) in &answer.headers {
        text += &format!("{name}: {value}\r\n");
    }
    text += &format!(
        "Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    text.into_bytes()
}
