//! Which changes somebody may be told of. Whoever sees all is told all; for others each thing is looked up, and
//! remembered for a while, since the same things change again and again.

use crate::people::{Gate, On};
use pitstop_domain::Time;
use pitstop_domain::event::{Changed, Noun};
use pitstop_domain::people::Right;
use std::collections::HashMap;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

/// A machine that moves to another site is seen, or seen no more, after so long.
const FORGET_S: i64 = 60;
/// Things remembered for one listener.
const MOST: usize = 4096;

/// What one listener was told of.
#[derive(Default)]
pub(super) struct Sight(Mutex<HashMap<(Noun, String), (Time, bool)>>);

impl Sight {
    pub async fn sees(&self, gate: &Gate, changed: &Changed) -> bool {
        if gate.scopes().is_none() {
            return true;
        }
        let on = match changed.kind {
            Noun::Image | Noun::Function => return true,
            // It names nothing; the list is read again, as far as it may be seen.
            Noun::Alarm | Noun::Health => return true,
            // The same where many machines changed at once.
            Noun::Machine if changed.id.is_empty() => return true,
            // Pages of the timetable do not follow what happens; hooks are for who sees everything.
            Noun::Person | Noun::Schedule | Noun::Hook => return false,
            Noun::Machine => parsed(&changed.id).map(On::Machine),
            Noun::Job => parsed(&changed.id).map(On::Job),
            Noun::Run => parsed(&changed.id).map(On::Run),
        };
        let Some(on) = on else { return false };
        let (key, now) = ((changed.kind, changed.id.clone()), gate.now());
        if let Some(seen) = self.known(&key, now) {
            return seen;
        }
        let seen = gate.read(Right::See, on).await.is_ok();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(key, (now, seen));
        seen
    }

    fn known(&self, key: &(Noun, String), now: Time) -> Option<bool> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(key).filter(|(at, _)| (now - *at).num_seconds() < FORGET_S).map(|(_, seen)| *seen)
    }
}

fn parsed<T: FromStr>(id: &str) -> Option<T> {
    id.parse().ok()
}
