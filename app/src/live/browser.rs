//! The stream in the browser: one `EventSource` a page, opened again with growing pauses when it is lost.

use super::{Pace, Status};
use leptos::prelude::*;
use pitstop_domain::event::Changed;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{EventSource, MessageEvent};

const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// A server that is away for an hour is found again within this.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

struct Subscriber {
    pace: Pace,
    wanted: Box<dyn Fn(&Changed) -> bool>,
    tick: RwSignal<u64>,
    /// Milliseconds of the last tick, and whether one is due already.
    last: f64,
    due: bool,
}

#[derive(Default)]
struct Hub {
    next: u32,
    subscribers: BTreeMap<u32, Subscriber>,
    pause: Option<Duration>,
}

thread_local! {
    static HUB: RefCell<Hub> = RefCell::default();
}

pub fn subscribe(pace: Pace, wanted: Box<dyn Fn(&Changed) -> bool>, tick: RwSignal<u64>) -> u32 {
    HUB.with_borrow_mut(|hub| {
        hub.next += 1;
        hub.subscribers.insert(hub.next, Subscriber { pace, wanted, tick, last: 0.0, due: false });
        hub.next
    })
}

pub fn unsubscribe(id: u32) {
    HUB.with_borrow_mut(|hub| hub.subscribers.remove(&id));
}

/// Opens the stream. Its closures live as long as the page.
pub fn start(status: RwSignal<Status>) {
    let Ok(source) = EventSource::new("/api/events") else { return };
    let opened = Closure::<dyn FnMut()>::new(move || {
        status.set(Status::Live);
        HUB.with_borrow_mut(|hub| hub.pause = None);
        // What changed before the stream was open, or while it was lost, nobody told us.
        notify(None);
    });
    let message = Closure::<dyn FnMut(MessageEvent)>::new(|event: MessageEvent| {
        let changed = event.data().as_string().and_then(|text| serde_json::from_str::<Changed>(&text).ok());
        if let Some(changed) = changed {
            notify(Some(&changed));
        }
    });
    let resync = Closure::<dyn FnMut()>::new(|| notify(None));
    let failing = source.clone();
    let failed = Closure::<dyn FnMut()>::new(move || {
        failing.close();
        status.set(Status::Lost);
        set_timeout(move || start(status), pause());
    });
    source.set_onopen(Some(opened.as_ref().unchecked_ref()));
    source.set_onmessage(Some(message.as_ref().unchecked_ref()));
    source.set_onerror(Some(failed.as_ref().unchecked_ref()));
    let _ = source.add_event_listener_with_callback("resync", resync.as_ref().unchecked_ref());
    opened.forget();
    message.forget();
    resync.forget();
    failed.forget();
}

/// The pause before the next try: doubled each time.
fn pause() -> Duration {
    HUB.with_borrow_mut(|hub| {
        let pause = hub.pause.map_or(FIRST_PAUSE, |last| (last * 2).min(LONGEST_PAUSE));
        hub.pause = Some(pause);
        pause
    })
}

/// Tells those who want this change; all, when nobody knows what changed.
fn notify(changed: Option<&Changed>) {
    let now = js_sys::Date::now();
    let mut at_once = Vec::new();
    let mut later = Vec::new();
    HUB.with_borrow_mut(|hub| {
        for (id, subscriber) in &mut hub.subscribers {
            if subscriber.due || !changed.is_none_or(|changed| (subscriber.wanted)(changed)) {
                continue;
            }
            let wait = subscriber.pace.millis() - (now - subscriber.last);
            if wait <= 0.0 {
                subscriber.last = now;
                at_once.push(subscriber.tick);
            } else {
                subscriber.due = true;
                later.push((*id, Duration::from_millis(wait.ceil() as u64)));
            }
        }
    });
    // Outside the borrow: a tick runs effects, which may subscribe.
    for tick in at_once {
        tick.try_update(|n| *n += 1);
    }
    for (id, wait) in later {
        set_timeout(move || tick_now(id), wait);
    }
}

fn tick_now(id: u32) {
    let tick = HUB.with_borrow_mut(|hub| {
        let subscriber = hub.subscribers.get_mut(&id)?;
        subscriber.due = false;
        subscriber.last = js_sys::Date::now();
        Some(subscriber.tick)
    });
    if let Some(tick) = tick {
        tick.try_update(|n| *n += 1);
    }
}
