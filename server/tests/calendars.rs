//! Blackouts read from an address, again and again.
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]

#[path = "support/database.rs"]
mod database;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use pitstop_server::schedules::calendars::read_next;
use pitstop_store::Store;
use pitstop_store::schedules::calendars::Calendar;
use std::sync::{Arc, Mutex};

/// What the calendar's server answers now.
type Says = Arc<Mutex<(StatusCode, String)>>;

async fn server(says: Says) -> String {
    let answer = |State(says): State<Says>| async move { says.lock().unwrap().clone() };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/holidays.ics", listener.local_addr().unwrap());
    let app = Router::new().route("/holidays.ics", get(answer)).with_state(says);
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

fn calendar(days: &[&str]) -> String {
    let event =
        |day: &&str| format!("BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:{day}\r\nSUMMARY:{day}\r\nEND:VEVENT\r\n");
    format!("BEGIN:VCALENDAR\r\n{}END:VCALENDAR\r\n", days.iter().map(event).collect::<String>())
}

async fn titles(store: &Store) -> Vec<String> {
    store.held_times().await.unwrap().into_iter().map(|row| row.held.title).collect()
}

/// As if its time had come.
async fn read_now(store: &Store, inside: bool) {
    store.ask_calendar("Holidays", store.now()).await.unwrap();
    assert!(read_next(store, inside).await.unwrap());
}

#[tokio::test]
async fn a_calendar_gives_its_blackouts_anew_and_what_it_gave_holds_while_it_cannot_be_read() {
    let store = Store::open(&database::own_database().await).await.unwrap();
    let says: Says = Arc::new(Mutex::new((StatusCode::OK, calendar(&["20261224", "20261225"]))));
    let url = server(says.clone()).await;
    let kept = Calendar { name: "Holidays".into(), url, query: String::new(), zone: "Europe/Berlin".into() };
    store.keep_calendar(&kept, "ada", store.now()).await.unwrap();
    assert!(read_next(&store, true).await.unwrap());
    assert_eq!(titles(&store).await, ["20261224", "20261225"]);
    assert!(!read_next(&store, true).await.unwrap(), "its time comes in hours");

    for wrong in [
        (StatusCode::SERVICE_UNAVAILABLE, String::new()),
        (StatusCode::OK, "<html>".into()),
        (StatusCode::OK, calendar(&[])),
    ] {
        *says.lock().unwrap() = wrong;
        read_now(&store, true).await;
        let row = store.calendars().await.unwrap().remove(0);
        assert!(row.trouble.is_some() && row.read_at < row.asked_at, "{row:?}");
        assert_eq!(titles(&store).await, ["20261224", "20261225"], "{row:?}");
    }

    *says.lock().unwrap() = (StatusCode::OK, calendar(&["20270101"]));
    read_now(&store, true).await;
    assert_eq!(titles(&store).await, ["20270101"]);
    assert_eq!(store.calendars().await.unwrap()[0].trouble, None);

    store.remove_calendar("Holidays", store.now()).await.unwrap();
    assert!(titles(&store).await.is_empty());
}

#[tokio::test]
async fn ones_own_networks_are_not_asked_unless_that_is_allowed() {
    let store = Store::open(&database::own_database().await).await.unwrap();
    let url = server(Arc::new(Mutex::new((StatusCode::OK, calendar(&["20261224"]))))).await;
    let kept = Calendar { name: "Holidays".into(), url, query: String::new(), zone: "UTC".into() };
    store.keep_calendar(&kept, "ada", store.now()).await.unwrap();
    assert!(read_next(&store, false).await.unwrap());
    let trouble = store.calendars().await.unwrap().remove(0).trouble.unwrap();
    assert!(trouble.contains("--calendars-from-inside"), "{trouble}");
    assert!(titles(&store).await.is_empty());
}
