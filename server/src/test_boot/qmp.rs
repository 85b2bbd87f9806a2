//! QEMU's control socket: JSON lines over a Unix socket (QEMU, `docs/interop/qmp-spec.rst`). For pictures of the screen,
//! and whether the processor helps.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// QEMU answers in milliseconds; on a busy server later.
const LIMIT: Duration = Duration::from_secs(10);
/// No answer to what is asked here is longer. What runs in the virtual machine may have taken QEMU over.
const LONGEST: u64 = 1 << 20;

pub(super) struct Qmp {
    stream: BufReader<UnixStream>,
}

impl Qmp {
    pub async fn connect(path: &Path) -> Result<Self> {
        let connecting = async {
            let mut qmp = Self { stream: BufReader::new(UnixStream::connect(path).await?) };
            while qmp.next().await?.get("QMP").is_none() {}
            qmp.exchange("qmp_capabilities", json!({})).await?;
            Ok(qmp)
        };
        timeout(LIMIT, connecting).await.context("QEMU does not answer on its control socket")?
    }

    pub async fn ask(&mut self, command: &str, arguments: Value) -> Result<Value> {
        let asked = timeout(LIMIT, self.exchange(command, arguments)).await;
        asked.with_context(|| format!("QEMU did not answer {command}"))?
    }

    async fn exchange(&mut self, command: &str, arguments: Value) -> Result<Value> {
        let line = format!("{}\n", json!({ "execute": command, "arguments": arguments }));
        self.stream.write_all(line.as_bytes()).await?;
        loop {
            let answer = self.next().await?;
            if let Some(value) = answer.get("return") {
                return Ok(value.clone());
            }
            if let Some(words) = answer.pointer("/error/desc").and_then(Value::as_str) {
                bail!("QEMU refused {command}: {words}");
            }
        }
    }

    async fn next(&mut self) -> Result<Value> {
        let mut line = String::new();
        if (&mut self.stream).take(LONGEST).read_line(&mut line).await? == 0 {
            bail!("QEMU closed its control socket");
        }
        serde_json::from_str(&line).context("QEMU sent something that is not JSON")
    }
}
