//! Orders to restart or to shut down: decided, prepared, answered, and only then carried out.

use crate::backoff::Backoff;
use crate::client::{CallError, Client};
use crate::console::say;
use crate::host::{Host, HostError};
use crate::kexec;
use pitstop_domain::id::{BootId, CallId};
use pitstop_domain::wire::{Action, CallAnswer, Order};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Tries to deliver an answer. With waits of 1, 2, 4, 8 s: about a quarter of a minute, within the server's patience
/// for an agent that fetches an order (90 s). An order that could not be answered comes again.
const TRIES: u32 = 5;

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handled {
    /// The restart, or the shutting down, is under way.
    Leaving,
    /// It cannot be done, and the server knows.
    Refused,
    /// The server could not be told, so nothing was done; or it does not want it any more.
    NotDone,
    /// It was for another boot, or is known already.
    Dropped,
}

/// Is this order for us, now?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Take,
    OtherBoot,
    Known,
}

/// An order names its boot: in any other it has been done. Within the boot its call is remembered.
pub fn decide(order: &Order, boot: &BootId, known: &[CallId]) -> Decision {
    if order.boot_id != *boot {
        Decision::OtherBoot
    } else if known.contains(&order.call) {
        Decision::Known
    } else {
        Decision::Take
    }
}

/// Takes orders, one at a time.
pub struct Orders {
    boot: BootId,
    known: Mutex<Vec<CallId>>,
    backoff: Backoff,
}

/// What is prepared and waits for the server's having been told.
#[derive(Clone, Copy)]
enum Ready {
    Restart { boot_next: bool },
    Start,
    ShutDown,
}

enum Delivery {
    Delivered,
    /// The server refuses the answer: it has given the call up.
    Unwanted,
    Lost,
}

impl Orders {
    pub fn new(boot: BootId) -> Self {
        Self::with_backoff(boot, Backoff::new(Duration::from_secs(1), Duration::from_secs(8)))
    }

    /// With other waits between the tries to deliver an answer.
    pub fn with_backoff(boot: BootId, backoff: Backoff) -> Self {
        Self { boot, known: Mutex::default(), backoff }
    }

    /// Does what is ordered, if it is for us. Holds other orders back meanwhile.
    pub fn handle(&self, host: &dyn Host, client: &Client, order: &Order) -> Handled {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match decide(order, &self.boot, &known) {
            Decision::Take => known.push(order.call),
            Decision::OtherBoot => {
                say(format_args!(
                    "an order is for boot {} and not for this one; nothing is done",
                    order.boot_id
                ));
                return Handled::Dropped;
            }
            Decision::Known => return Handled::Dropped,
        }
        let handled = self.carry_out(host, client, order);
        if handled == Handled::NotDone {
            // Should the server want it after all, it sends it again.
            known.retain(|call| *call != order.call);
        }
        handled
    }

    fn carry_out(&self, host: &dyn Host, client: &Client, order: &Order) -> Handled {
        let (ready, words) = match prepare(host, client, &order.action) {
            Ok(prepared) => prepared,
            Err(why) => {
                say(format_args!("an order cannot be carried out: {why}"));
                self.deliver(client, order.call, false, &why);
                return Handled::Refused;
            }
        };
        match self.deliver(client, order.call, true, &words) {
            Delivery::Delivered => {}
            Delivery::Unwanted | Delivery::Lost => {
                ready.undo(host);
                return Handled::NotDone;
            }
        }
        say(format_args!("ordered by the server: {words}"));
        match ready.go(host) {
            Ok(()) => Handled::Leaving,
            Err(error) => {
                say(&error);
                ready.undo(host);
                self.deliver(client, order.call, false, &error.to_string());
                Handled::Refused
            }
        }
    }

    fn deliver(&self, client: &Client, call: CallId, accepted: bool, words: &str) -> Delivery {
        let answer = CallAnswer { boot_id: self.boot.clone(), accepted, answer: words.to_owned() };
        let mut backoff = self.backoff.clone();
        for attempt in 1..=TRIES {
            match client.tell(&format!("/agent/v1/calls/{call}"), &answer) {
                Ok(()) => return Delivery::Delivered,
                Err(error) if error.is_final() => {
                    say(format_args!("the answer to an order was not wanted ({error}); nothing is done"));
                    return Delivery::Unwanted;
                }
                Err(error) => wait_after(attempt, &error, &mut backoff),
            }
        }
        say("the answer to an order could not be delivered, so nothing is done");
        Delivery::Lost
    }
}

fn wait_after(attempt: u32, error: &CallError, backoff: &mut Backoff) {
    if attempt == 1 {
        say(error);
    }
    if attempt < TRIES {
        std::thread::sleep(backoff.failed());
    }
}

/// Everything that can fail and be taken back. Says what will be done.
fn prepare(host: &dyn Host, client: &Client, action: &Action) -> Result<(Ready, String), String> {
    match action {
        Action::Restart { network_once: false } => {
            Ok((Ready::Restart { boot_next: false }, "restarting".to_owned()))
        }
        // The boot order may lead there all the same; that it did is seen, not assumed.
        Action::Restart { network_once: true } => Ok(by_boot_next(host.boot_network_once())),
        Action::RestartInto { boot_entry } => Ok(by_boot_next(host.boot_entry_once(*boot_entry))),
        Action::ShutDown => match host.in_use() {
            Some(why) => Err(why),
            None => Ok((Ready::ShutDown, "nobody is logged in, shutting down".to_owned())),
        },
        Action::Kexec { kernel, initrds, cmdline } => {
            kexec::load(host, client, kernel, initrds, cmdline).map(|words| (Ready::Start, words))
        }
    }
}

fn by_boot_next(pointed: Result<String, HostError>) -> (Ready, String) {
    match pointed {
        Ok(done) => (Ready::Restart { boot_next: true }, format!("{done}, restarting")),
        Err(error) => {
            (Ready::Restart { boot_next: false }, format!("BootNext not set ({error}), restarting"))
        }
    }
}

impl Ready {
    fn go(self, host: &dyn Host) -> Result<(), HostError> {
        match self {
            Self::Restart { .. } => host.restart(),
            Self::Start => host.start_loaded(),
            // Telling the server took a moment, in which somebody may have come.
            Self::ShutDown => match host.in_use() {
                Some(why) => Err(HostError(why)),
                None => host.shut_down(),
            },
        }
    }

    fn undo(self, host: &dyn Host) {
        match self {
            Self::Restart { boot_next: true } => host.forget_boot_next(),
            Self::Restart { boot_next: false } | Self::ShutDown => {}
            Self::Start => host.unload_kernel(),
        }
    }
}
