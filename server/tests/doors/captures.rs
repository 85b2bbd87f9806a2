//! What is on a disk is read by whoever may write its capture to a machine of theirs: that takes the right to capture it.

use super::house::{House, SITE, Visitor, machine};
use axum::body::Body;
use axum::http::{Request, header};
use pitstop_domain::capture::Capture;
use pitstop_domain::id::MachineId;
use pitstop_domain::people::{Grant, Role, Scope, Who};
use pitstop_domain::route::Route;
use pitstop_server::captures::desk::offer;
use pitstop_store::captures::CaptureFilter;
use serde_json::json;

/// A capture of `pc-7` that is whole, and a machine of another site.
async fn captured() -> (House, Capture, MachineId) {
    let house = House::new().await;
    let there = machine(&house.store, "pc-8", "wien", 8, &[Route::Person]).await;
    sqlx::query("update captures set state = 'whole'").execute(house.store.pool()).await.unwrap();
    let filter = CaptureFilter { limit: 1, ..CaptureFilter::default() };
    let capture = house.store.captures(&filter).await.unwrap().remove(0);
    (house, capture, there)
}

/// Of who sees the one site, and works at the other.
fn grants(role: Role) -> Vec<Grant> {
    let seen = Grant { role, scope: Scope::sites([SITE]) };
    vec![seen, Grant { role: Role::Administrator, scope: Scope::sites(["wien"]) }]
}

async fn mixed(house: &House, role: Role) -> String {
    house.cookie_of(house.new_person(&format!("mixed-{}", role.name()), &grants(role)).await).await
}

/// All three ways to ask for it; what each answers.
async fn restored(house: &House, capture: &Capture, cookie: &str) -> Vec<(u16, String)> {
    let machines = house.store.machines().await.unwrap();
    let there = machines.into_iter().find(|machine| machine.name == "pc-8").unwrap().id;
    let form = "machine=pc-8&device=/dev/sda&confirm=pc-8";
    let page =
        house.post(&format!("/captures/{}/restore", capture.id), form, [10, 4, 0, 1], Some(cookie)).await;
    let fields = format!(
        "machine={there}&function=restore&fields[capture]={}&fields[device]=/dev/sda&fields[confirm]=pc-8",
        capture.id
    );
    let request = Request::post("/api/start_job").header(header::COOKIE, cookie);
    let request = request.header(header::ACCEPT, "application/json");
    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let desk = house.answer(request.body(Body::from(fields)).unwrap()).await;
    let task = json!({ "kind": "restore", "capture": capture.id, "device": "/dev/sda", "confirm": "pc-8" });
    let asked = json!({ "machine": there, "function": "restore", "task": task }).to_string();
    let request = Request::post("/api/v1/jobs").header(header::COOKIE, cookie);
    let request = request.header(header::CONTENT_TYPE, "application/json").body(Body::from(asked)).unwrap();
    let program = house.answer(request).await;
    vec![(page.status, page.body), (desk.status, desk.body), (program.status, program.body)]
}

async fn jobs(house: &House, there: MachineId) -> i64 {
    let sql = "select count(*) from jobs where machine_id = $1";
    sqlx::query_scalar(sql).bind(there.0).fetch_one(house.store.pool()).await.unwrap()
}

#[tokio::test]
async fn who_may_not_capture_a_machine_carries_no_capture_of_it_to_one_of_theirs() {
    let (house, capture, there) = captured().await;
    for role in [Role::Viewer, Role::HelpDesk] {
        let cookie = mixed(&house, role).await;
        for (status, body) in restored(&house, &capture, &cookie).await {
            assert_eq!(status, 403, "{role:?}: {body}");
            assert!(body.contains("may not write this capture to another machine"), "{body}");
        }
    }
    assert_eq!(jobs(&house, there).await, 0);
    let elsewhere = house.cookie(Visitor::Elsewhere).await;
    for (status, body) in restored(&house, &capture, &elsewhere).await {
        assert_eq!(status, 404, "it is out of sight: {body}");
    }
    let operator = mixed(&house, Role::Operator).await;
    for (status, body) in restored(&house, &capture, &operator).await {
        assert!(![403, 404].contains(&status), "{status}: {body}");
    }
}

#[tokio::test]
async fn captures_are_offered_to_who_may_take_them_there() {
    let (house, capture, there) = captured().await;
    let id = capture.id.to_string();
    for (role, offered) in [(Role::Viewer, false), (Role::HelpDesk, false), (Role::Operator, true)] {
        let cookie = mixed(&house, role).await;
        for path in ["/api/v1/functions", "/api/v1/functions/restore"] {
            let answer = house.get(path, Some(&cookie)).await;
            assert_eq!((answer.status, answer.body.contains(&id)), (200, offered), "{role:?} {path}");
        }
        // On a machine's page: back to the machine that it is of it is taken by whoever may restore there.
        let who = Who { grants: grants(role), ..Who::holder_of_a_link() };
        for (to, offered) in [(there, offered), (house.machine, true)] {
            let mut functions = house.store.functions().await.unwrap();
            offer(&house.store, &who, Some(to), &mut functions).await.unwrap();
            let text = serde_json::to_string(&functions).unwrap();
            assert_eq!(text.contains(&id), offered, "{role:?} to {to}");
        }
    }
}

#[tokio::test]
async fn runs_schedules_and_rules_of_health_neither_restore_nor_offer_it() {
    let (house, _, _) = captured().await;
    let cookie = house.cookie(Visitor::Role(Role::Administrator)).await;
    let rule = "name=h&metric0=cpu.speed&against0=own&value0=30&how=all&for_min=10&hysteresis=5&function=restore\
                &severity=warning&acts=tells&cool_h=6&trips=2&brake_machines=3&brake_percent=5&brake_min=60\
                &storm_machines=5&storm_percent=10&enabled=on";
    let schedule =
        json!({ "name": "p", "function": "restore", "q": "", "zone": "UTC", "start": "2031-01-01T22:00:00" });
    let run = "q=&function=restore&expect=1";
    let rule = house.post("/health/rules", rule, [10, 4, 0, 3], Some(&cookie)).await;
    let run = house.post("/api/start_run", run, [10, 4, 0, 3], Some(&cookie)).await;
    let request = Request::post("/api/v1/schedules").header(header::COOKIE, &cookie);
    let request = request.header(header::CONTENT_TYPE, "application/json");
    let schedule = house.answer(request.body(Body::from(schedule.to_string())).unwrap()).await;
    for answer in [rule, run, schedule] {
        assert!(answer.body.contains("on one machine at a time"), "{answer:?}");
    }
    assert_eq!(
        house.store.health_rules().await.unwrap().iter().filter(|row| row.rule.name == "h").count(),
        0
    );
    for path in ["/health/rules/new", "/schedules/new", "/runs/new"] {
        let page = house.get(path, Some(&cookie)).await;
        assert!(page.body.contains("value=\"wipes\""), "{path}: {}", page.body);
        assert!(!page.body.contains("value=\"restore\""), "{path}");
    }
}
