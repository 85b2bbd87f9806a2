//! The agents' interface in this process, over a store of its own, with or without a worker.

use super::world::World;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use pitstop_domain::id::MachineId;
use pitstop_domain::wire::HeartbeatReply;
use pitstop_server::agent_api::{AgentApi, router};
use pitstop_server::captures::Captures;
use pitstop_server::console::Consoles;
use pitstop_server::hub::Hub;
use pitstop_store::Keys;
use pitstop_worker::Worker;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio_util::sync::{CancellationToken, DropGuard};
use tower::ServiceExt;

pub const ENROL_KEY: &str = "the site's key";

/// Long past what a busy machine needs.
const LIMIT: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub struct Site {
    pub world: Arc<World>,
    pub keys: Keys,
    pub captures: Captures,
    /// Where their bytes lie.
    pub folder: Arc<TempDir>,
    router: Router,
    _stop: Arc<DropGuard>,
}

impl Site {
    /// Nobody steps jobs but the test.
    pub async fn new() -> Self {
        Self::start(false).await
    }

    pub async fn with_worker() -> Self {
        Self::start(true).await
    }

    async fn start(worker: bool) -> Self {
        let world = World::new().await;
        let (stop, hub, keys) = (CancellationToken::new(), Hub::default(), Keys::new([7; 32]));
        if worker {
            tokio::spawn(
                Worker::new(world.store.clone(), pitstop_store::Keys::new([7; 32]), "worker")
                    .run(stop.clone()),
            );
            tokio::spawn(hub.clone().run(world.store.clone(), stop.clone()));
            until_it_listens(&world, &hub).await;
        }
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let captures = Captures::new(world.store.clone(), folder.path().to_owned(), 0);
        let router = router(AgentApi {
            store: world.store.clone(),
            keys: keys.clone(),
            enrol_key: ENROL_KEY.to_owned(),
            hub,
            boot_url: Some("http://127.0.0.1".to_owned()),
            signatures: "/nowhere/virus-signatures".into(),
            consoles: Consoles::new(world.store.clone(), std::env::temp_dir()),
            captures: captures.clone(),
            stop: stop.clone(),
        });
        Self { world: Arc::new(world), keys, captures, folder, router, _stop: Arc::new(stop.drop_guard()) }
    }

    /// The status, and the answer as what it should be.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, token: &str, body: &Value) -> (StatusCode, T) {
        read(path, self.send("POST", path, token, body.to_string()).await)
    }

    pub async fn get<T: DeserializeOwned>(&self, path: &str, token: &str) -> (StatusCode, T) {
        read(path, self.send("GET", path, token, String::new()).await)
    }

    pub async fn send(&self, method: &str, path: &str, token: &str, body: String) -> (StatusCode, Vec<u8>) {
        let request = Request::builder()
            .method(method)
            .uri(format!("/agent/v1{path}"))
            .header("content-type", "application/json")
            .header("content-length", body.len())
            .header("authorization", format!("Bearer {token}"))
            .body(Body::from(body))
            .unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        (answer.status(), answer.into_body().collect().await.unwrap().to_bytes().to_vec())
    }

    pub fn beat(&self, machine: MachineId, boot: &str, wait_s: u32) -> Value {
        json!({ "machine": machine, "boot_id": boot, "uptime_s": 1, "inventory": null, "wait_s": wait_s })
    }

    /// A heartbeat that does not wait.
    pub async fn heartbeat(&self, machine: MachineId, boot: &str) -> HeartbeatReply {
        let token = self.keys.machine_token(machine, 1);
        let (status, reply) = self.post("/heartbeat", &token, &self.beat(machine, boot, 0)).await;
        assert_eq!(status, StatusCode::OK);
        reply
    }

    /// Looks whenever something changed, until it is so.
    pub async fn until(&self, what: &str, mut is_so: impl AsyncFnMut() -> bool) {
        let waiting = async {
            let mut signals = self.world.store.listen().await.unwrap();
            while !is_so().await {
                signals.next().await.unwrap();
            }
        };
        assert!(tokio::time::timeout(LIMIT, waiting).await.is_ok(), "not within {LIMIT:?}: {what}");
    }
}

fn read<T: DeserializeOwned>(path: &str, (status, body): (StatusCode, Vec<u8>)) -> (StatusCode, T) {
    let answer = serde_json::from_slice(&body);
    let text = String::from_utf8_lossy(&body);
    (status, answer.unwrap_or_else(|error| panic!("{path}: {status}, {error}: {text}")))
}

/// Signals again and again until one is passed on.
async fn until_it_listens(world: &World, hub: &Hub) {
    let mut signals = hub.subscribe();
    let told = async {
        loop {
            sqlx::query("select pg_notify('pitstop_wake', '')").execute(world.store.pool()).await.unwrap();
            if let Ok(passed_on) = tokio::time::timeout(Duration::from_millis(20), signals.recv()).await {
                return passed_on.unwrap();
            }
        }
    };
    assert!(tokio::time::timeout(LIMIT, told).await.is_ok(), "the hub does not listen");
}
