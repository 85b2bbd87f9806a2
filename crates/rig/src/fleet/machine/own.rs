//! The own system and its agent: enrolment, heartbeats, orders taken.

use super::{Action, Call, Entry, Event, Failure, Identity, Machine, Orders, State, Timer};
use pitstop_domain::wire::{HeartbeatReply, LONGEST_WAIT_S};
use std::time::Duration;

/// Heartbeats begin at least this far apart, should a server answer at once that was asked to wait.
const CLOSEST: Duration = Duration::from_secs(1);

/// The own system runs.
#[derive(Clone, Debug, Default)]
pub struct Own {
    pub(super) orders: Orders,
    /// The server knows of this boot and its inventory.
    told: bool,
    failures: u32,
}

impl Machine {
    pub(super) fn enter_own_system(&mut self) -> Vec<Action> {
        self.tally.boots_own_system += 1;
        self.state = State::OwnSystem(Own::default());
        if self.profile.agent { self.beat() } else { vec![] }
    }

    pub(super) fn in_own_system(&mut self, event: Event) -> Vec<Action> {
        match event {
            Event::Enrolled(enrolled) => {
                self.identity = Some(Identity { machine: enrolled.machine, token: enrolled.token });
                self.beat()
            }
            Event::Beaten(reply) => self.beaten(&reply),
            Event::TimeUp(Timer::Retry(Call::Beat | Call::Enrol)) => self.beat(),
            Event::CallFailed { call: call @ (Call::Beat | Call::Enrol), why } => self.not_heard(call, &why),
            Event::Answered { call, delivered } => {
                self.answered(call, delivered).unwrap_or_else(|| self.beat())
            }
            event => self.unexpected(&event),
        }
    }

    /// Enrols if need be, else says that the machine is up. News are answered at once, so that a change is known
    /// as stored before the long poll.
    fn beat(&mut self) -> Vec<Action> {
        let Some(Identity { machine, token }) = self.identity.clone() else {
            let own = self.own.clone().filter(|_| self.profile.diskless);
            return vec![Action::Enrol { own }];
        };
        let Some(own) = self.own() else { return vec![] };
        let news = !own.told;
        let wait_s = if news { 0 } else { LONGEST_WAIT_S };
        vec![Action::Beat { machine, token, boot_id: self.boot_id(), news, wait_s }]
    }

    fn beaten(&mut self, reply: &HeartbeatReply) -> Vec<Action> {
        let boot = self.boot_id();
        self.tally.write(Entry::Heard { boot });
        let Some(own) = self.own() else { return vec![] };
        let waited = std::mem::replace(&mut own.told, true);
        own.failures = 0;
        if let (Some(order), Some(identity)) =
            (reply.order.as_ref().or(reply.shut_down.as_ref()), self.identity.clone())
        {
            let actions = self.take(order, None, identity.token);
            if !actions.is_empty() {
                // The next heartbeat comes when the order is answered.
                return actions;
            }
        }
        let quiet = Duration::from_secs(reply.next_in_s.into());
        if waited { vec![Action::Wait(Timer::Retry(Call::Beat), quiet.max(CLOSEST))] } else { self.beat() }
    }

    fn not_heard(&mut self, call: Call, why: &Failure) -> Vec<Action> {
        self.tally.trouble(format!("{call:?}: {why:?}"));
        if *why == Failure::Unauthorised {
            self.identity = None;
        }
        let Some(own) = self.own() else { return vec![] };
        // Whatever was told may have been lost with the server.
        own.told = false;
        let failures = own.failures;
        own.failures += 1;
        let pause = self.pause(failures);
        vec![Action::Wait(Timer::Retry(call), pause)]
    }

    fn own(&mut self) -> Option<&mut Own> {
        match &mut self.state {
            State::OwnSystem(own) => Some(own),
            _ => None,
        }
    }
}
