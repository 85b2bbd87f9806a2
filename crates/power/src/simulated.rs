//! A simulated machine of the rig: one HTTP request to its management address.

use crate::Answer;
use pitstop_domain::id::CallId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Asks for a reset by `POST`. The address is `http://host:port/path`; the rig speaks plain HTTP/1.1 and closes.
pub(crate) async fn reset(url: &str, call: CallId) -> Answer {
    let Some((host, path)) = split(url) else {
        return Answer::Refused(format!("`{url}` is not an address of a simulated machine"));
    };
    let mut stream = match TcpStream::connect(host).await {
        Ok(stream) => stream,
        Err(error) => return Answer::Refused(format!("the simulated machine cannot be reached: {error}")),
    };
    // The machine's book names the call: tests count what took effect by it.
    let request = format!(
        "POST /{path} HTTP/1.1\r\nHost: {host}\r\nX-Pitstop-Call: {call}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    let mut reply = Vec::new();
    let asked = async {
        stream.write_all(request.as_bytes()).await?;
        stream.take(4096).read_to_end(&mut reply).await
    };
    match asked.await {
        Err(error) => Answer::Unknown(format!("the connection broke: {error}")),
        Ok(_) if reply.starts_with(b"HTTP/1.1 2") => {
            Answer::Accepted("the simulated machine was reset".to_owned())
        }
        Ok(_) => {
            Answer::Refused(String::from_utf8_lossy(&reply).lines().next().unwrap_or("no answer").to_owned())
        }
    }
}

fn split(url: &str) -> Option<(&str, &str)> {
    let rest = url.strip_prefix("http://")?;
    Some(rest.split_once('/').unwrap_or((rest, "")))
}
