//! What the stream says (`public/stream.js`), to those who want it, no faster than they want it.

use super::Pace;
use leptos::prelude::*;
use pitstop_domain::event::Changed;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::CustomEvent;

struct Subscriber {
    pace: Pace,
    wanted: Box<dyn Fn(&Changed) -> bool>,
    tick: RwSignal<u64>,
    /// Milliseconds of the last tick, whether one is due already, and whether more changed since that was known.
    last: f64,
    due: bool,
    more: bool,
}

impl Subscriber {
    /// The server keeps what it counted for as long as a list paces: what is fetched upon a change may be from before it, so
    /// that a list is fetched once more when nothing else comes.
    fn looks_again(&self) -> bool {
        self.pace == Pace::List
    }

    fn pause(&self) -> Duration {
        Duration::from_millis(self.pace.millis() as u64)
    }
}

#[derive(Default)]
struct Hub {
    next: u32,
    subscribers: BTreeMap<u32, Subscriber>,
}

thread_local! {
    static HUB: RefCell<Hub> = RefCell::default();
}

pub fn subscribe(pace: Pace, wanted: Box<dyn Fn(&Changed) -> bool>, tick: RwSignal<u64>) -> u32 {
    HUB.with_borrow_mut(|hub| {
        hub.next += 1;
        hub.subscribers
            .insert(hub.next, Subscriber { pace, wanted, tick, last: 0.0, due: false, more: false });
        hub.next
    })
}

pub fn unsubscribe(id: u32) {
    HUB.with_borrow_mut(|hub| hub.subscribers.remove(&id));
}

/// Listens, and says that the program is there: then the stream is opened. The closure lives as long as the page.
pub fn start() {
    let document = document();
    let changed = Closure::<dyn FnMut(CustomEvent)>::new(|event: CustomEvent| {
        let text = event.detail().as_string();
        match text.map(|text| serde_json::from_str::<Changed>(&text)) {
            Some(Ok(changed)) => notify(Some(&changed)),
            Some(Err(_)) => {}
            // Nobody knows what changed: the stream was lost, or opened only now.
            None => notify(None),
        }
    });
    let _ = document.add_event_listener_with_callback("pitstop:changed", changed.as_ref().unchecked_ref());
    changed.forget();
    if let Ok(ready) = CustomEvent::new("pitstop:ready") {
        let _ = document.dispatch_event(&ready);
    }
}

/// Tells those who want this change; all, when nobody knows what changed.
fn notify(changed: Option<&Changed>) {
    let now = js_sys::Date::now();
    let mut at_once = Vec::new();
    let mut later = Vec::new();
    HUB.with_borrow_mut(|hub| {
        for (id, subscriber) in &mut hub.subscribers {
            if !changed.is_none_or(|changed| (subscriber.wanted)(changed)) {
                continue;
            }
            if subscriber.due {
                subscriber.more = true;
                continue;
            }
            let wait = subscriber.pace.millis() - (now - subscriber.last);
            if wait <= 0.0 {
                subscriber.last = now;
                at_once.push(subscriber.tick);
                if subscriber.looks_again() {
                    subscriber.due = true;
                    later.push((*id, subscriber.pause()));
                }
            } else {
                subscriber.due = true;
                subscriber.more = subscriber.looks_again();
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
        subscriber.last = js_sys::Date::now();
        subscriber.due = subscriber.more && subscriber.looks_again();
        subscriber.more = false;
        if subscriber.due {
            set_timeout(move || tick_now(id), subscriber.pause());
        }
        Some(subscriber.tick)
    });
    if let Some(tick) = tick {
        tick.try_update(|n| *n += 1);
    }
}
