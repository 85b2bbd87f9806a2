//! A terminal in the browser into a machine in maintenance: a real shell on a real machine, through two sockets. Needs
//! root and the packages of the lab; `cargo xtask test` brings it all.

#![expect(clippy::unwrap_used, reason = "a test program: what is missing ends the test")]

#[path = "support/lab.rs"]
mod lab;
mod support;

use support::{database, process};

use database::BEARER;
use lab::{LIMIT, World};
use pitstop_rig::lab::{Firmware, MachineSpec};
use process::Server;
use serde_json::{Value, json};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use tungstenite::client::IntoClientRequest;
use tungstenite::{Message, WebSocket};

/// A shell answers at once; the first one comes with the machine's next word to the server.
const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody at the console, as a browser is.
struct Viewer {
    socket: WebSocket<TcpStream>,
    /// What the terminal has written.
    screen: String,
    /// What was said beside it.
    told: Vec<Value>,
}

impl Viewer {
    fn sit_down(server: &Server, job: &str) -> Self {
        let address = server.address().strip_prefix("http://").unwrap();
        let mut request = format!("ws://{address}/jobs/{job}/console/socket").into_client_request().unwrap();
        request.headers_mut().insert("authorization", BEARER.parse().unwrap());
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let (socket, _) = tungstenite::client(request, stream).unwrap();
        Self { socket, screen: String::new(), told: vec![] }
    }

    fn types(&mut self, text: &str) {
        self.socket.send(Message::Binary(text.as_bytes().to_vec().into())).unwrap();
    }

    fn says(&mut self, what: &Value) {
        self.socket.send(Message::Text(what.to_string().into())).unwrap();
    }

    /// Reads until this holds.
    fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !holds(self) {
            assert!(
                begun.elapsed() < PATIENCE,
                "not within {PATIENCE:?}: {what}: {} {:?}",
                self.screen,
                self.told
            );
            match self.socket.read() {
                Ok(Message::Binary(bytes)) => self.screen.push_str(&String::from_utf8_lossy(&bytes)),
                Ok(Message::Text(text)) => self.told.push(serde_json::from_str(&text).unwrap()),
                Ok(_) | Err(tungstenite::Error::Io(_)) => {}
                Err(error) => panic!("{what}: {error}: {} {:?}", self.screen, self.told),
            }
        }
    }

    fn shows(&mut self, text: &str) {
        self.until(text, |viewer| viewer.screen.contains(text));
    }
}

#[tokio::test]
async fn a_shell_on_a_machine_in_maintenance_is_shared_recorded_and_over_when_the_machine_leaves() {
    let mut world = World::new(vec![]).await;
    let spec = MachineSpec { memory_mib: 768, ..MachineSpec::new("oak", Firmware::Bios) };
    let oak = world.with_agent(spec).await;
    let server = world.serve();
    oak.power_on().await.unwrap();
    server.until_enrolled("oak", LIMIT).await;
    let job = server.start_job("oak", "hold", &Value::Null);
    server.until_phase(&job, "running", LIMIT).await;

    let mut ada = Viewer::sit_down(&server, &job);
    ada.says(&json!({ "kind": "size", "rows": 30, "cols": 100 }));
    ada.until("the machine comes", |ada| ada.told.iter().any(|told| told["there"] == true));
    ada.types("stty size; echo $((6 * 7))-$(uname -s)\n");
    ada.shows("30 100");
    ada.shows("42-Linux");
    // Job control: what runs is interrupted, and the shell is not.
    ada.types("echo asleep-$((8 + 1)); sleep 1000\n");
    ada.shows("asleep-9");
    ada.types("\x03echo still-$((1 + 1))\n");
    ada.shows("still-2");

    // Whoever comes later sees the same, and what either types.
    let mut ben = Viewer::sit_down(&server, &job);
    ben.shows("42-Linux");
    ben.types("echo from-$((2 + 3))\n");
    ada.shows("from-5");

    // Much at once arrives whole.
    ada.types("seq 1 20000; echo done-$((3 + 4))\n");
    ada.shows("done-7");
    assert!(ada.screen.contains("\r\n19999\r\n20000\r\n"));
    // A shell that ends comes again with the next key.
    ada.types("exit\n");
    ada.shows("The shell has ended");
    ada.types("\n");
    ada.types("echo again-$((4 + 5))\n");
    ada.shows("again-9");

    server.cancel(&job);
    ada.until("it is over", |ada| ada.told.iter().any(|told| told["kind"] == "over"));
    let closed = server.until_phase(&job, "closed", LIMIT).await;
    assert_eq!(closed["proof"], "agent", "{closed:#}");

    let page = server.text(&format!("/jobs/{job}/console"));
    let recording = page.split(&format!("/jobs/{job}/console/")).nth(1).unwrap()[..36].to_owned();
    let cast = server.text(&format!("/jobs/{job}/console/{recording}/cast"));
    assert!(cast.starts_with("{") && cast.contains("42-Linux") && cast.contains("100x30"), "{cast}");
}
