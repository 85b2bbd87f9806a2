//! HTTP/1.1 as a machine needs it: one request at a time over connections that are kept, bodies counted or read.
//!
//! A thousand machines hold one long poll each, so this is as small as it can be: a socket and a buffer.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// What an answer may take beyond the time that the server was asked to wait: as the agent has it.
const PATIENCE: Duration = Duration::from_secs(15);
/// Answers of the server's interface are small; more is not ours.
const LARGEST_BODY: u64 = 16 << 20;
/// Lines of an answer's head that are read at most, each of at most as many bytes as a buffer holds by default.
const HEAD_LINES: usize = 100;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpError {
    #[error("`{0}` is not an address: http://host:port/path is expected")]
    Address(String),
    #[error("{0}")]
    Network(#[from] std::io::Error),
    #[error("no answer within {} s", .0.as_secs())]
    Silent(Duration),
    #[error("the answer is not understood: {0}")]
    Strange(&'static str),
}

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Request<'a> {
    pub method: &'static str,
    pub url: &'a str,
    pub token: Option<&'a str>,
    pub range: Option<&'a str>,
    pub body: Option<Vec<u8>>,
    /// How long the server was asked to hold the answer, in seconds.
    pub wait_s: u32,
    /// The body is only counted.
    pub discard: bool,
}

impl<'a> Request<'a> {
    pub fn get(url: &'a str) -> Self {
        Self { method: "GET", url, token: None, range: None, body: None, wait_s: 0, discard: false }
    }
}

/// An answer.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub status: u16,
    /// Of the whole file, where only a part was asked for.
    pub whole: Option<u64>,
    /// Bytes of the body, read or counted.
    pub bytes: u64,
    pub body: Vec<u8>,
    keep: bool,
}

/// Connections to one server, kept between requests.
#[derive(Default)]
pub(super) struct Http {
    idle: Mutex<Vec<(String, Connection)>>,
}

type Connection = BufReader<TcpStream>;

impl Http {
    /// Sends a request. A kept connection that the server has closed meanwhile is replaced by a new one: all that
    /// agents ask may be asked twice.
    pub async fn send(&self, request: &Request<'_>) -> Result<Answer, HttpError> {
        let limit = PATIENCE + Duration::from_secs(request.wait_s.into());
        timeout(limit, self.exchange(request)).await.unwrap_or(Err(HttpError::Silent(limit)))
    }

    /// Closes what is kept: the machine was restarted.
    pub fn close(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    async fn exchange(&self, request: &Request<'_>) -> Result<Answer, HttpError> {
        let (host, path) = split(request.url)?;
        if let Some(mut kept) = self.take(host)
            && let Ok(answer) = speak(&mut kept, host, path, request).await
        {
            return Ok(self.keep(host, kept, answer));
        }
        let stream = TcpStream::connect(host).await?;
        stream.set_nodelay(true)?;
        let mut connection = BufReader::new(stream);
        let answer = speak(&mut connection, host, path, request).await?;
        Ok(self.keep(host, connection, answer))
    }

    fn take(&self, host: &str) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let place = idle.iter().rposition(|(known, _)| known == host)?;
        Some(idle.swap_remove(place).1)
    }

    fn keep(&self, host: &str, connection: Connection, answer: Answer) -> Answer {
        if answer.keep {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.push((host.to_owned(), connection));
        }
        answer
    }
}

fn split(url: &str) -> Result<(&str, &str), HttpError> {
    let rest = url.strip_prefix("http://").ok_or_else(|| HttpError::Address(url.to_owned()))?;
    let slash = rest.find('/').unwrap_or(rest.len());
    let (host, path) = rest.split_at(slash);
    Ok((host, if path.is_empty() { "/" } else { path }))
}

async fn speak(
    to: &mut Connection,
    host: &str,
    path: &str,
    request: &Request<'_>,
) -> Result<Answer, HttpError> {
    let mut bytes = format!("{} {path} HTTP/1.1\r\nHost: {host}\r\n", request.method);
    if let Some(token) = request.token {
        bytes.push_str(&format!("Authorization: Bearer {token}\r\n"));
    }
    if let Some(range) = request.range {
        bytes.push_str(&format!("Range: bytes={range}\r\n"));
    }
    let body = request.body.as_deref().unwrap_or_default();
    if request.body.is_some() {
        bytes.push_str(&format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()));
    }
    bytes.push_str("\r\n");
    let mut bytes = bytes.into_bytes();
    bytes.extend_from_slice(body);
    to.write_all(&bytes).await?;
    let (mut answer, length) = read_head(to).await?;
    if request.method == "HEAD" || matches!(answer.status, 204 | 304) {
        return Ok(answer);
    }
    let length = length.ok_or(HttpError::Strange("it does not say how long it is"))?;
    answer.bytes = if request.discard {
        tokio::io::copy_buf(&mut to.take(length), &mut tokio::io::sink()).await?
    } else if length > LARGEST_BODY {
        return Err(HttpError::Strange("it is too long"));
    } else {
        to.take(length).read_to_end(&mut answer.body).await? as u64
    };
    if answer.bytes == length { Ok(answer) } else { Err(HttpError::Strange("it was cut short")) }
}

/// Status and the headers that matter; also the body's length, if it is told.
async fn read_head(from: &mut Connection) -> Result<(Answer, Option<u64>), HttpError> {
    let status = read_line(from).await?;
    let code = status.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
    let status = code.ok_or(HttpError::Strange("it does not begin with a status"))?;
    let (mut answer, mut length) = (Answer { status, keep: true, ..Answer::default() }, None);
    for _ in 0..HEAD_LINES {
        let line = read_line(from).await?;
        if line.is_empty() {
            return Ok((answer, length));
        }
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok(),
            "content-range" => {
                answer.whole = value.rsplit_once('/').and_then(|(_, whole)| whole.parse().ok())
            }
            "connection" if value.eq_ignore_ascii_case("close") => answer.keep = false,
            _ => {}
        }
    }
    Err(HttpError::Strange("it has too many headers"))
}

async fn read_line(from: &mut Connection) -> Result<String, HttpError> {
    let mut line = String::new();
    if (&mut *from).take(16 << 10).read_line(&mut line).await? == 0 {
        return Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into());
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
