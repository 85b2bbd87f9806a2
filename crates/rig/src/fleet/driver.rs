//! The effects around a machine: what it decides is done here, and what comes of it is an event.

use super::Settings;
use super::http::Http;
use super::machine::{Action, Event, Machine};
use super::status::Status;
use super::{boot, talk};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A press of a button on the machine's management, answered when the machine has felt it.
pub(super) struct Press {
    pub event: Event,
    pub felt: oneshot::Sender<()>,
}

/// A machine and what it has under way.
pub(super) struct Driver {
    /// `None` only while an event is taken.
    machine: Option<Machine>,
    world: Arc<World>,
    under_way: JoinSet<Event>,
    presses: mpsc::Receiver<Press>,
    shown: watch::Sender<Status>,
}

/// What the effects of one machine need.
pub(super) struct World {
    pub settings: Arc<Settings>,
    pub profile: super::Profile,
    pub http: Http,
    /// When this system was started: for its uptime.
    pub started: watch::Sender<Instant>,
    /// Ends copies of reports that are on their way; nothing else outlives a restart of their sender.
    pub stop: CancellationToken,
}

impl Driver {
    pub fn new(
        machine: Machine,
        settings: Arc<Settings>,
        presses: mpsc::Receiver<Press>,
        shown: watch::Sender<Status>,
        stop: CancellationToken,
    ) -> Self {
        let world = World {
            settings,
            profile: machine.profile.clone(),
            http: Http::default(),
            started: watch::Sender::new(Instant::now()),
            stop,
        };
        Self { machine: Some(machine), world: Arc::new(world), under_way: JoinSet::new(), presses, shown }
    }

    /// Lives until stopped. `power_on_after`: machines are not switched on all at once.
    pub async fn run(mut self, power_on_after: std::time::Duration) {
        self.under_way.spawn(async move {
            tokio::time::sleep(power_on_after).await;
            Event::PowerOn
        });
        let stop = self.world.stop.clone();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                press = self.presses.recv() => match press {
                    None => return,
                    Some(press) => {
                        self.take(press.event);
                        // Whoever pressed may have left.
                        let _ = press.felt.send(());
                    }
                },
                Some(done) = self.under_way.join_next() => match done {
                    Ok(event) => self.take(event),
                    Err(error) if error.is_panic() => tracing::error!(%error, "An effect of a simulated machine panicked."),
                    Err(_) => {}
                },
            }
        }
    }

    fn take(&mut self, event: Event) {
        let Some(machine) = self.machine.take() else { return };
        tracing::debug!(
            name = machine.profile.name,
            state = machine.state.name(),
            event = event.name(),
            "event"
        );
        let before = machine.tally.unexpected.len();
        let (machine, actions) = machine.event(event);
        if machine.tally.unexpected.len() > before {
            let what = machine.tally.unexpected.last();
            tracing::warn!(name = machine.profile.name, what, "A simulated machine did not expect this.");
        }
        let status = Status::of(&machine);
        self.shown.send_if_modified(|shown| {
            let news = *shown != status;
            *shown = status;
            news
        });
        self.machine = Some(machine);
        for action in actions {
            self.perform(action);
        }
    }

    fn perform(&mut self, action: Action) {
        if let Action::Cut = action {
            self.under_way = JoinSet::new();
            self.world.http.close();
            self.world.started.send_replace(Instant::now());
            return;
        }
        let world = self.world.clone();
        self.under_way.spawn(carry_out(world, action));
    }
}

async fn carry_out(world: Arc<World>, action: Action) -> Event {
    match action {
        Action::Cut => Event::PowerOff,
        Action::Wait(timer, time) => {
            tokio::time::sleep(time).await;
            Event::TimeUp(timer)
        }
        Action::Discover { by, xid, listen } => boot::discover(&world, by, xid, listen).await,
        Action::FetchLoader { file, loss, seed } => boot::loader(&world, &file, loss, seed).await,
        Action::FetchScript { url } => boot::script(&world, &url).await,
        Action::FetchPart { url } => boot::part(&world, &url).await,
        Action::Enrol { own } => talk::enrol(&world, own.as_ref().map(|own| own.0.as_str())).await,
        Action::Beat { machine, token, boot_id, news, wait_s } => {
            talk::beat(&world, machine, &token, boot_id, news, wait_s).await
        }
        Action::GetTask(to) => talk::task(&world, &to).await,
        Action::Report { call, to, report, fate } => talk::report(&world, call, &to, &report, fate).await,
        Action::Answer { server, token, call, answer } => {
            talk::answer(&world, server.as_deref(), &token, call, &answer).await
        }
    }
}
