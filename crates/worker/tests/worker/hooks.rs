//! Programs outside are told of what happens, each by itself: one that does not answer holds up no other.

use super::management::Management;
use super::world::World;
use super::{Working, until_phase};
use pitstop_domain::hook::{Hook, Kind, Written};
use pitstop_domain::id::HookId;
use pitstop_domain::job::Phase;
use pitstop_store::{Keys, Store};
use pitstop_worker::Worker;
use pitstop_worker::hooks::{Way, serve};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

fn keys() -> Keys {
    Keys::new([7; 32])
}

async fn hooked(world: &World, name: &str, url: String) -> Hook {
    let written = Written { name: name.to_owned(), url, kinds: vec![Kind::JobBegan], query: String::new() };
    let hook = Hook::of(HookId(Uuid::now_v7()), &written).unwrap();
    world.store.add_hook(&keys(), &hook, "anna", world.store.now()).await.unwrap();
    hook
}

/// Of two workers, each on a store of its own.
fn working(stores: [&Store; 2], stop: &CancellationToken) -> Working {
    let inner = ["127.0.0.1".to_owned()];
    let run = |store: &Store| {
        let worker = Worker::new(store.clone(), keys(), "worker").at("https://pitstop.example/".to_owned());
        tokio::spawn(worker.telling_inner(&inner).run(stop.clone()))
    };
    Working { tasks: stores.map(run).into(), stop: stop.clone() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_arrives_once_and_in_its_order_though_another_receiver_never_answers() {
    let world = World::new().await;
    let receiver = Management::start().await;
    // It takes what comes, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    hooked(&world, "silent", format!("http://{}/", silent.local_addr().unwrap())).await;
    hooked(&world, "tickets", receiver.url("hook")).await;
    let other = Store::open(&world.url).await.unwrap();
    let working = working([&world.store, &other], &CancellationToken::new());
    let mut told = Vec::new();
    for number in 1..=3 {
        let job = world.job(world.machine(number).await, 0).await;
        until_phase(&world, &job, Phase::Switching).await;
        told.push(job.id.to_string());
    }
    receiver.until_asked(3).await;
    working.stop().await;
    let requests = receiver.requests();
    let bodies: Vec<serde_json::Value> =
        requests.iter().map(|request| serde_json::from_str(&request.body).unwrap()).collect();
    let jobs: Vec<_> = bodies.iter().map(|body| body["data"]["job"].as_str().unwrap()).collect();
    assert_eq!(jobs, told);
    let names: std::collections::HashSet<_> = requests.iter().map(|request| &request.id).collect();
    assert_eq!(names.len(), 3, "each has a name of its own");
    assert_eq!(bodies[0]["type"], "job.began");
    assert_eq!(bodies[0]["data"]["api"], format!("https://pitstop.example/api/v1/jobs/{}", told[0]));
}

#[tokio::test]
async fn what_was_not_taken_stands_in_the_log_with_the_answer() {
    let world = World::new().await;
    let receiver = Management::that_answers(&["503 Service Unavailable", "302 Found", "200 OK"]).await;
    let hook = hooked(&world, "tickets", receiver.url("hook")).await;
    let way = |inner: &[&str]| Way {
        dashboard: String::new(),
        inner: inner.iter().map(|host| (*host).to_owned()).collect(),
    };
    for (inner, status, words) in [
        (&[][..], None, "--webhooks-inner"),
        (&["127.0.0.1"][..], Some(503), ""),
        (&["127.0.0.1"][..], Some(302), "not followed"),
        (&["127.0.0.1"][..], Some(200), ""),
    ] {
        world.store.test_hook(hook.id, "anna", world.store.now()).await.unwrap();
        let claimed = world.store.claim_hook(&keys(), world.store.now()).await.unwrap().unwrap();
        assert_eq!(serve(&world.store, &way(inner), &claimed).await.unwrap().min(1), 1);
        let tried = world.store.hook_deliveries(hook.id, false, None, 1).await.unwrap().remove(0);
        assert_eq!(tried.status, status, "{tried:?}");
        assert!(tried.said.as_ref().unwrap().contains(words), "{tried:?}");
    }
}
