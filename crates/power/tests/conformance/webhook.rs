//! A webhook, against a receiver that checks the signature and does each call once.

use super::case::{Case, SECRET};
use super::conforms;
use hmac::{Hmac, KeyInit, Mac};
use pitstop_domain::route::{Route, Target, Webhook};
use pitstop_domain::secret::Secret;
use pitstop_power::{Effect, board};
use serde_json::Value;
use sha2::Sha256;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

const SIGNING: &str = "a signing secret of some length";

#[derive(Default)]
struct Receiver {
    calls: Vec<Value>,
    seen: HashSet<(String, String)>,
    /// Answers this instead, whatever the signature is. 0: hangs.
    answers: Option<u16>,
}

type Shared = Arc<Mutex<Receiver>>;

async fn serve(stream: TcpStream, receiver: Shared) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let (mut line, mut headers) = (String::new(), HashMap::new());
    stream.read_line(&mut line).await?;
    loop {
        line.clear();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let mut body = vec![0; headers["content-length"].parse().unwrap()];
    stream.read_exact(&mut body).await?;
    let answers = receiver.lock().unwrap().answers;
    let status = match answers {
        Some(0) => return std::future::pending().await,
        Some(status) => status,
        None if !is_signed(&headers, &body) => 401,
        None => {
            let call: Value = serde_json::from_slice(&body).unwrap();
            let mut receiver = receiver.lock().unwrap();
            let key = (headers["idempotency-key"].clone(), call["target"].to_string());
            assert_eq!(key.0, call["call"]);
            if receiver.seen.insert(key) {
                receiver.calls.push(call);
            }
            202
        }
    };
    let answer = format!(
        "HTTP/1.1 {status} -\r\nLocation: /elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(answer.as_bytes()).await
}

fn is_signed(headers: &HashMap<String, String>, body: &[u8]) -> bool {
    let mut mac = Hmac::<Sha256>::new_from_slice(SIGNING.as_bytes()).unwrap();
    mac.update(headers["pitstop-timestamp"].as_bytes());
    mac.update(b".");
    mac.update(body);
    let signature = headers["pitstop-signature"].strip_prefix("v1=").unwrap();
    let now = chrono::Utc::now().timestamp();
    let sent: i64 = headers["pitstop-timestamp"].parse().unwrap();
    (now - sent).abs() < 300 && mac.verify_slice(&hex::decode(signature).unwrap()).is_ok()
}

async fn start_with(receiver: Receiver) -> (Case, Shared) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hooks/restart?site=a", listener.local_addr().unwrap());
    let shared = Arc::new(Mutex::new(receiver));
    let serving = shared.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, serving.clone()));
        }
    });
    let route = |url: &str| Route::Webhook(Webhook { url: url.parse().unwrap(), signing_secret: SECRET });
    let (book, hangs) = (shared.clone(), shared.clone());
    let case = Case {
        route: route(&url),
        secrets: [(SECRET, Secret::new(SIGNING))].into(),
        wrong: Some([(SECRET, Secret::new("another secret of some length"))].into()),
        unreachable: Some(route("http://127.0.0.1:9/")),
        uuid: Some(uuid::Uuid::from_u128(5)),
        restarts: Box::new(move || book.lock().unwrap().calls.len()),
        changes: Box::new(String::new),
        hang: None,
        hang_at_restart: Some(Box::new(move || hangs.lock().unwrap().answers = Some(0))),
        world: Box::new(()),
    };
    (case, shared)
}

async fn start() -> Case {
    start_with(Receiver::default()).await.0
}

conforms!(start:
    a_look_changes_nothing,
    preparing_twice_is_harmless,
    a_restart_restarts_once,
    wrong_credentials_are_refused_before_anything_is_touched,
    a_counterpart_that_is_not_there_is_worth_another_try,
    a_restart_that_hangs_ends_in_time_and_nobody_knows,
    no_secret_is_shown_or_logged,
);

#[tokio::test]
async fn a_call_says_which_machine_is_meant_and_what_for() {
    let (case, receiver) = start_with(Receiver::default()).await;
    case.board(Target::Maintenance).await.restart().await.unwrap();
    let call = receiver.lock().unwrap().calls[0].clone();
    assert_eq!(call["action"], "restart");
    assert_eq!(call["target"], "maintenance");
    assert_eq!(call["machine"], "00000000-0000-0000-0000-000000000007");
    assert_eq!(call["macs"][0], "02:00:00:00:00:07");
    assert_eq!(call["job"], "00000000-0000-0000-0000-000000000008");
}

#[tokio::test]
async fn what_a_receiver_answers_tells_whether_it_acted() {
    for (status, effect, worth_retrying) in [
        (503, Effect::None, true),
        (429, Effect::None, true),
        (404, Effect::None, false),
        (302, Effect::None, false),
        (500, Effect::Unknown, false),
        (504, Effect::Unknown, false),
    ] {
        let (case, _) = start_with(Receiver { answers: Some(status), ..Receiver::default() }).await;
        let subject = case.subject(Target::Maintenance);
        let mut board = board(&case.route, &subject, &case.secrets).await.unwrap();
        let fault = board.restart().await.unwrap_err();
        assert_eq!((fault.effect, fault.worth_retrying), (effect, worth_retrying), "{status}: {fault}");
    }
}
