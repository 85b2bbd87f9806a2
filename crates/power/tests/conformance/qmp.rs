//! QMP, against a monitor.

use super::case::Case;
use super::conforms;
use pitstop_domain::route::Route;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use uuid::Uuid;

const UUID: Uuid = Uuid::from_u128(42);

#[derive(Default)]
struct Monitor {
    resets: AtomicUsize,
    hangs: AtomicBool,
    hangs_at_reset: AtomicBool,
}

impl Monitor {
    async fn serve(self: Arc<Self>, stream: UnixStream) -> std::io::Result<()> {
        let (reader, mut writer) = stream.into_split();
        writer.write_all(b"{\"QMP\": {}}\n").await?;
        let mut lines = BufReader::new(reader).lines();
        while let Some(line) = lines.next_line().await? {
            let command: Value = serde_json::from_str(&line).unwrap();
            let command = command["execute"].as_str().unwrap().to_owned();
            let at_reset = command == "system_reset";
            if self.hangs.load(Ordering::SeqCst) || (at_reset && self.hangs_at_reset.load(Ordering::SeqCst)) {
                // Gone, as QEMU is when it was killed: a monitor that is silent would cost the test a minute.
                return Ok(());
            }
            if at_reset {
                self.resets.fetch_add(1, Ordering::SeqCst);
                writer.write_all(b"{\"event\": \"RESET\"}\n").await?;
            }
            let answer = match command.as_str() {
                "query-status" => json!({ "return": { "status": "running", "running": true } }),
                "query-uuid" => json!({ "return": { "UUID": UUID } }),
                "qmp_capabilities" | "system_reset" => json!({ "return": {} }),
                _ => json!({ "error": { "desc": "not known" } }),
            };
            writer.write_all(format!("{answer}\n").as_bytes()).await?;
        }
        Ok(())
    }
}

async fn start() -> Case {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("qmp").display().to_string();
    let monitor = Arc::new(Monitor::default());
    let listener = UnixListener::bind(&path).unwrap();
    let serving = monitor.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serving.clone().serve(stream));
        }
    });
    let (book, hangs, hangs_at_reset) = (monitor.clone(), monitor.clone(), monitor);
    Case {
        route: Route::VirtualMachine { qmp: path },
        secrets: [].into(),
        wrong: None,
        unreachable: Some(Route::VirtualMachine { qmp: "/nonexistent/qmp".to_owned() }),
        uuid: Some(UUID),
        restarts: Box::new(move || book.resets.load(Ordering::SeqCst)),
        changes: Box::new(String::new),
        hang: Some(Box::new(move || hangs.hangs.store(true, Ordering::SeqCst))),
        hang_at_restart: Some(Box::new(move || hangs_at_reset.hangs_at_reset.store(true, Ordering::SeqCst))),
        world: Box::new(folder),
    }
}

conforms!(start:
    a_look_changes_nothing,
    a_look_knows_the_machine,
    preparing_twice_is_harmless,
    a_restart_restarts_once,
    a_counterpart_that_is_not_there_is_worth_another_try,
    another_machines_board_is_not_touched,
    a_question_that_hangs_ends_in_time_and_without_effect,
    a_restart_that_hangs_ends_in_time_and_nobody_knows,
);
