//! Who is served now, who waits, and whose request is only a repetition: decisions as values.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::packet::Asked;

/// A client that is being served and asks again in the same words is taken to have begun anew
/// only after this silence; before, the request is a late repetition. Clients repeat a request
/// after a second at the earliest, and acknowledge within milliseconds.
const NEW_AFTER_SILENCE: Duration = Duration::from_millis(500);

/// A request as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Arrival {
    pub client: SocketAddr,
    /// Where it was sent to; the port is to be chosen.
    pub local: SocketAddr,
    pub asked: Asked,
}

/// What becomes of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Serve it under this number, having stopped the client's older transfer if there is one.
    Start { number: u64, stop: Option<u64> },
    /// It waits for its turn.
    Wait,
    /// The client has sent it before and will be, or is being, served.
    Repeated,
    /// Too many wait; the client will ask again.
    Full,
}

#[derive(Debug)]
struct Waiting {
    arrival: Arrival,
    last_asked: Instant,
}

#[derive(Debug)]
struct Serving {
    number: u64,
    asked: Asked,
}

/// The server's book of clients.
#[derive(Debug)]
pub(crate) struct Admission {
    places: usize,
    queue: usize,
    patience: Duration,
    next_number: u64,
    serving: HashMap<SocketAddr, Serving>,
    /// Transfers not yet ended, among them those that were replaced and are just ending.
    busy: usize,
    waiting: VecDeque<Waiting>,
}

impl Admission {
    pub(crate) fn new(places: usize, queue: usize, patience: Duration) -> Self {
        Self {
            places: places.max(1),
            queue,
            patience,
            next_number: 1,
            serving: HashMap::new(),
            busy: 0,
            waiting: VecDeque::new(),
        }
    }

    /// A request arrived. `silent_for` tells how long the client has not been heard by a running
    /// transfer, or none when it never answered it.
    pub(crate) fn arrived(
        &mut self,
        arrival: &Arrival,
        now: Instant,
        silent_for: impl FnOnce(u64) -> Option<Duration>,
    ) -> Verdict {
        if let Some(serving) = self.serving.get(&arrival.client) {
            let began_anew = serving.asked != arrival.asked
                || silent_for(serving.number).is_some_and(|silence| silence >= NEW_AFTER_SILENCE);
            if !began_anew {
                return Verdict::Repeated;
            }
            // It takes the place of the older transfer, which ends at once.
            let stop = Some(serving.number);
            return Verdict::Start { number: self.serve(arrival), stop };
        }
        if let Some(waiting) =
            self.waiting.iter_mut().find(|waiting| waiting.arrival.client == arrival.client)
        {
            waiting.last_asked = now;
            let same = waiting.arrival == *arrival;
            waiting.arrival = arrival.clone();
            return if same { Verdict::Repeated } else { Verdict::Wait };
        }
        if self.busy < self.places {
            return Verdict::Start { number: self.serve(arrival), stop: None };
        }
        if self.waiting.len() >= self.queue {
            return Verdict::Full;
        }
        self.waiting.push_back(Waiting { arrival: arrival.clone(), last_asked: now });
        Verdict::Wait
    }

    /// A transfer ended.
    pub(crate) fn ended(&mut self, client: SocketAddr, number: u64) {
        self.busy = self.busy.saturating_sub(1);
        if self.serving.get(&client).is_some_and(|serving| serving.number == number) {
            self.serving.remove(&client);
        }
    }

    /// The next one in line, if there is a place; clients that gave up are counted in `gave_up`.
    pub(crate) fn next(&mut self, now: Instant, mut gave_up: impl FnMut()) -> Option<(u64, Arrival)> {
        while self.busy < self.places {
            let Waiting { arrival, last_asked } = self.waiting.pop_front()?;
            if now.duration_since(last_asked) > self.patience {
                gave_up();
                continue;
            }
            return Some((self.serve(&arrival), arrival));
        }
        None
    }

    fn serve(&mut self, arrival: &Arrival) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        self.busy += 1;
        self.serving.insert(arrival.client, Serving { number, asked: arrival.asked.clone() });
        number
    }
}

#[cfg(test)]
mod tests;
