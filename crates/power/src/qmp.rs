//! A QEMU virtual machine, through its QMP socket (QEMU Machine Protocol, qemu.org "QMP spec").

use crate::Answer;
use serde_json::{Value, json};
use std::io;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

/// Presses the reset button.
pub(crate) async fn reset(socket: &str) -> Answer {
    let mut monitor = match Monitor::connect(socket).await {
        Ok(monitor) => monitor,
        Err(error) => {
            return Answer::Refused(format!("the virtual machine's monitor cannot be reached: {error}"));
        }
    };
    match monitor.execute("system_reset").await {
        Ok(()) => Answer::Accepted("the virtual machine was reset".to_owned()),
        Err(Failed::Refused(why)) => Answer::Refused(format!("QEMU refused the reset: {why}")),
        Err(Failed::Lost(error)) => {
            Answer::Unknown(format!("the monitor went away while it was asked: {error}"))
        }
    }
}

struct Monitor {
    lines: Lines<BufReader<OwnedReadHalf>>,
    writer: OwnedWriteHalf,
}

enum Failed {
    Refused(String),
    Lost(io::Error),
}

impl Monitor {
    /// QEMU greets, and takes commands only after `qmp_capabilities`.
    async fn connect(socket: &str) -> io::Result<Self> {
        let (reader, writer) = UnixStream::connect(socket).await?.into_split();
        let mut monitor = Self { lines: BufReader::new(reader).lines(), writer };
        monitor.next().await?;
        match monitor.execute("qmp_capabilities").await {
            Ok(()) => Ok(monitor),
            Err(Failed::Refused(why)) => Err(io::Error::other(why)),
            Err(Failed::Lost(error)) => Err(error),
        }
    }

    async fn execute(&mut self, command: &str) -> Result<(), Failed> {
        let line = format!("{}\n", json!({ "execute": command }));
        self.writer.write_all(line.as_bytes()).await.map_err(Failed::Lost)?;
        loop {
            let answer = self.next().await.map_err(Failed::Lost)?;
            if answer.get("return").is_some() {
                return Ok(());
            }
            if let Some(error) = answer.get("error") {
                return Err(Failed::Refused(error["desc"].as_str().unwrap_or("no reason given").to_owned()));
            }
            // Anything else is an event of the machine.
        }
    }

    async fn next(&mut self) -> io::Result<Value> {
        let line = self.lines.next_line().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        serde_json::from_str(&line).map_err(io::Error::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::UnixListener;

    /// A monitor that answers each command with the next of these lines.
    async fn monitor(answers: &'static [&'static str]) -> (tempfile::TempDir, String) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("qmp").display().to_string();
        let listener = UnixListener::bind(&path).unwrap();
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let (reader, mut writer) = stream.into_split();
            writer.write_all(b"{\"QMP\": {}}\n").await.unwrap();
            let mut commands = BufReader::new(reader).lines();
            for answer in answers {
                commands.next_line().await.unwrap();
                writer.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        (dir, path)
    }

    #[tokio::test]
    async fn a_reset_is_accepted_even_when_an_event_comes_first() {
        let (_dir, path) =
            monitor(&["{\"return\": {}}\n", "{\"event\": \"RESET\"}\n{\"return\": {}}\n"]).await;
        assert!(matches!(reset(&path).await, Answer::Accepted(_)));
    }

    #[tokio::test]
    async fn a_refusal_is_told_in_qemus_own_words() {
        let (_dir, path) = monitor(&["{\"return\": {}}\n", "{\"error\": {\"desc\": \"not now\"}}\n"]).await;
        assert_eq!(reset(&path).await, Answer::Refused("QEMU refused the reset: not now".to_owned()));
    }

    #[tokio::test]
    async fn a_monitor_that_hangs_up_after_the_request_leaves_it_unknown() {
        let (_dir, path) = monitor(&["{\"return\": {}}\n", ""]).await;
        assert!(matches!(reset(&path).await, Answer::Unknown(_)));
    }

    #[tokio::test]
    async fn a_machine_that_is_not_there_refuses() {
        assert!(matches!(reset("/nonexistent/qmp").await, Answer::Refused(_)));
    }
}
