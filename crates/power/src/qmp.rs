//! A QEMU virtual machine, through its QMP socket (QEMU Machine Protocol, qemu.org "QMP spec").

use crate::limit::within;
use crate::redfish::is_it;
use crate::{Board, Fault, Look, PowerState, Subject};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::io;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use uuid::Uuid;

pub(crate) struct QmpBoard {
    socket: String,
    subject: Subject,
    /// Kept from one question to the next: QEMU serves one at a time.
    monitor: Option<Monitor>,
}

impl QmpBoard {
    pub(crate) fn new(socket: &str, subject: &Subject) -> Self {
        Self { socket: socket.to_owned(), subject: subject.clone(), monitor: None }
    }

    async fn monitor(&mut self) -> Result<&mut Monitor, Fault> {
        if self.monitor.is_none() {
            let connected = Monitor::connect(&self.socket).await;
            self.monitor = Some(connected.map_err(|error| {
                Fault::later(format!("the virtual machine's monitor cannot be reached: {error}"))
            })?);
        }
        self.monitor.as_mut().ok_or_else(|| Fault::later("the virtual machine's monitor went away"))
    }

    async fn ask(&mut self, command: &str) -> Result<Value, Failed> {
        let monitor = self.monitor().await.map_err(Failed::Unreached)?;
        let answer = monitor.execute(command).await;
        if matches!(answer, Err(Failed::Lost(_))) {
            self.monitor = None;
        }
        answer
    }

    async fn looked(&mut self) -> Result<Look, Fault> {
        let status = self.ask("query-status").await.map_err(Failed::harmless)?;
        let uuid = self.ask("query-uuid").await.map_err(Failed::harmless)?;
        let status = status["status"].as_str().unwrap_or_default();
        // What QEMU calls shutdown is a machine that is off and whose process was kept.
        let power = if status == "shutdown" { PowerState::Off } else { PowerState::On };
        // A machine that was given none has zeros.
        let uuid =
            uuid["UUID"].as_str().and_then(|text| text.parse().ok()).filter(|uuid: &Uuid| !uuid.is_nil());
        Ok(Look { power: Some(power), uuid, words: format!("QEMU says that the machine is {status}") })
    }

    async fn reset(&mut self) -> Result<String, Fault> {
        let look = self.looked().await?;
        is_it(&self.subject, look.uuid)?;
        match self.ask("system_reset").await {
            Ok(_) => Ok("the virtual machine was reset".to_owned()),
            Err(Failed::Lost(error)) => {
                Err(Fault::unknown(format!("the monitor went away while it was asked: {error}")))
            }
            Err(failed) => Err(failed.harmless()),
        }
    }
}

#[async_trait]
impl Board for QmpBoard {
    async fn look(&mut self) -> Result<Look, Fault> {
        within("the virtual machine", Fault::later, self.looked()).await
    }

    async fn prepare(&mut self) -> Result<String, Fault> {
        let look = within("the virtual machine", Fault::later, self.looked()).await?;
        is_it(&self.subject, look.uuid)?;
        Ok("it is the right machine; its own boot order decides".to_owned())
    }

    async fn restart(&mut self) -> Result<String, Fault> {
        within("the virtual machine", Fault::unknown, self.reset()).await
    }
}

struct Monitor {
    lines: Lines<BufReader<OwnedReadHalf>>,
    writer: OwnedWriteHalf,
}

enum Failed {
    Unreached(Fault),
    Refused(String),
    Lost(io::Error),
}

impl Failed {
    /// For questions that change nothing, and for refusals.
    fn harmless(self) -> Fault {
        match self {
            Self::Unreached(fault) => fault,
            Self::Refused(why) => Fault::refused(format!("QEMU refused: {why}")),
            Self::Lost(error) => Fault::later(format!("the virtual machine's monitor went away: {error}")),
        }
    }
}

impl Monitor {
    /// QEMU greets, and takes commands only after `qmp_capabilities`.
    async fn connect(socket: &str) -> io::Result<Self> {
        let (reader, writer) = UnixStream::connect(socket).await?.into_split();
        let mut monitor = Self { lines: BufReader::new(reader).lines(), writer };
        monitor.next().await?;
        match monitor.execute("qmp_capabilities").await {
            Ok(_) => Ok(monitor),
            Err(Failed::Lost(error)) => Err(error),
            Err(failed) => Err(io::Error::other(failed.harmless().what)),
        }
    }

    async fn execute(&mut self, command: &str) -> Result<Value, Failed> {
        let line = format!("{}\n", json!({ "execute": command }));
        self.writer.write_all(line.as_bytes()).await.map_err(Failed::Lost)?;
        loop {
            let mut answer = self.next().await.map_err(Failed::Lost)?;
            if let Some(returned) = answer.get_mut("return") {
                return Ok(returned.take());
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
