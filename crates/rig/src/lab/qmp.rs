//! QEMU's control socket: JSON lines over a Unix socket (QEMU, `docs/interop/qmp-spec.rst`).

use std::{path::Path, time::Duration};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::UnixStream,
    time::timeout,
};

/// QEMU answers in milliseconds unless another client holds the socket.
const LIMIT: Duration = Duration::from_secs(10);

/// A line from QEMU.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    Greeting,
    Return(Value),
    Error(String),
    Event(String),
}

impl Message {
    /// Reads one line. Fails when it is not of the protocol.
    pub fn parse(line: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(line).context("QEMU sent something that is not JSON")?;
        if value.get("QMP").is_some() {
            Ok(Self::Greeting)
        } else if let Some(answer) = value.get("return") {
            Ok(Self::Return(answer.clone()))
        } else if let Some(words) = value.pointer("/error/desc").and_then(Value::as_str) {
            Ok(Self::Error(words.to_owned()))
        } else if let Some(event) = value.get("event").and_then(Value::as_str) {
            Ok(Self::Event(event.to_owned()))
        } else {
            bail!("QEMU sent a line of an unknown kind: {line}")
        }
    }
}

/// The line that asks for a command.
#[must_use]
pub fn command(name: &str) -> String {
    format!("{}\n", json!({ "execute": name }))
}

/// A connection, ready for commands.
#[derive(Debug)]
pub struct Qmp {
    stream: BufReader<UnixStream>,
}

impl Qmp {
    /// Connects and agrees on the protocol. Fails when the machine is off or another client
    /// holds the socket for 10 seconds.
    pub async fn connect(path: &Path) -> Result<Self> {
        let connecting = async {
            let stream = UnixStream::connect(path)
                .await
                .with_context(|| format!("cannot reach QEMU at {}: is the machine on?", path.display()))?;
            let mut qmp = Self { stream: BufReader::new(stream) };
            while qmp.next().await? != Message::Greeting {}
            qmp.exchange("qmp_capabilities").await?;
            Ok(qmp)
        };
        timeout(LIMIT, connecting).await.context("QEMU's control socket is held by another client")?
    }

    /// Runs a command such as `system_reset` or `query-status` and gives its answer.
    pub async fn execute(&mut self, name: &str) -> Result<Value> {
        timeout(LIMIT, self.exchange(name)).await.with_context(|| format!("QEMU did not answer {name}"))?
    }

    async fn exchange(&mut self, name: &str) -> Result<Value> {
        self.stream.write_all(command(name).as_bytes()).await?;
        loop {
            match self.next().await? {
                Message::Return(answer) => return Ok(answer),
                Message::Error(words) => bail!("QEMU refused {name}: {words}"),
                Message::Greeting | Message::Event(_) => {}
            }
        }
    }

    async fn next(&mut self) -> Result<Message> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).await? == 0 {
            bail!("QEMU closed its control socket");
        }
        Message::parse(&line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_apart() {
        assert_eq!(Message::parse(r#"{"QMP": {"version": {}}}"#).unwrap(), Message::Greeting);
        assert_eq!(Message::parse(r#"{"return": {}}"#).unwrap(), Message::Return(json!({})));
        assert_eq!(Message::parse(r#"{"event": "RESET"}"#).unwrap(), Message::Event("RESET".to_owned()));
        let error = r#"{"error": {"class": "CommandNotFound", "desc": "no such command"}}"#;
        assert_eq!(Message::parse(error).unwrap(), Message::Error("no such command".to_owned()));
        assert!(Message::parse("{}").is_err());
        assert!(Message::parse("hello").is_err());
    }

    #[test]
    fn command_is_one_line() {
        assert_eq!(command("system_reset"), "{\"execute\":\"system_reset\"}\n");
    }
}
