//! Orders to restart: decided, answered, and only then carried out, as the agent does it.

use super::{Action, Cause, Machine, State};
use pitstop_domain::id::{BootId, CallId};
use pitstop_domain::wire::{self, CallAnswer, Order};

/// The orders of one boot.
#[derive(Clone, Debug, Default)]
pub struct Orders {
    known: Vec<CallId>,
    /// The order that is carried out once its answer has reached the server.
    going: Option<(CallId, Cause)>,
}

enum Decision {
    Go(Cause, String),
    Decline(String),
}

impl Orders {
    /// Is this order for this boot, and new?
    fn is_news(&mut self, order: &Order, boot: &BootId) -> bool {
        let news = order.boot_id == *boot && !self.known.contains(&order.call);
        if news {
            self.known.push(order.call);
        }
        news
    }

    pub(super) fn is_going(&self) -> bool {
        self.going.is_some()
    }
}

impl Machine {
    /// An order came: nothing for orders that are known or for another boot, else its answer.
    pub(super) fn take(&mut self, order: &Order, server: Option<String>, token: String) -> Vec<Action> {
        let boot = self.boot_id();
        let decision = self.decide(order);
        let Some(orders) = self.orders() else { return vec![] };
        if !orders.is_news(order, &boot) {
            self.tally.dropped_orders += 1;
            return vec![];
        }
        let (accepted, answer) = match decision {
            Decision::Go(cause, words) => {
                orders.going = Some((order.call, cause));
                (true, words)
            }
            Decision::Decline(words) => {
                self.tally.declined_orders += 1;
                (false, words)
            }
        };
        let answer = CallAnswer { boot_id: boot, accepted, answer };
        vec![Action::Answer { server, token, call: order.call, answer }]
    }

    fn decide(&self, order: &Order) -> Decision {
        match &order.action {
            wire::Action::Kexec { .. } => Decision::Decline(
                "this simulated machine has no kernel that could be started with kexec".to_owned(),
            ),
            wire::Action::Restart { network_once: true } if self.profile.firmware.is_uefi() => {
                Decision::Go(Cause::Order(order.call), "BootNext set to Boot0004, restarting".to_owned())
            }
            wire::Action::RestartInto { boot_entry } if self.profile.firmware.is_uefi() => Decision::Go(
                Cause::OrderHome(order.call),
                format!("BootNext set to Boot{boot_entry:04X}, restarting"),
            ),
            wire::Action::RestartInto { .. } => {
                Decision::Decline("this machine does not boot with UEFI and has no boot entries".to_owned())
            }
            wire::Action::ShutDown => {
                Decision::Go(Cause::ShutDown(order.call), "nobody is logged in, shutting down".to_owned())
            }
            wire::Action::Restart { .. } => Decision::Go(Cause::Order(order.call), "restarting".to_owned()),
        }
    }

    /// The answer reached the server, or not: then nothing is done, and the order may come again. `None` when the
    /// machine goes on as before.
    pub(super) fn answered(&mut self, call: CallId, delivered: bool) -> Option<Vec<Action>> {
        let orders = self.orders()?;
        let going = orders.going.take_if(|(going, _)| *going == call);
        if !delivered {
            orders.known.retain(|known| *known != call);
            self.tally.trouble("the answer to an order could not be delivered".to_owned());
            return None;
        }
        going.map(|(_, cause)| self.restart(cause))
    }

    fn orders(&mut self) -> Option<&mut Orders> {
        match &mut self.state {
            State::OwnSystem(own) => Some(&mut own.orders),
            State::Maintenance(maintenance) => Some(&mut maintenance.orders),
            _ => None,
        }
    }
}
