//! `LISTEN`/`NOTIFY`: what is new is told at once; whoever misses it finds it by the slow poll.

use crate::{Result, Store};
use pitstop_domain::event::Changed;
use pitstop_domain::id::MachineId;
use sqlx::postgres::PgListener;

/// Something to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The line was lost for a while: what was told meanwhile is not known, so everybody looks for himself.
    Missed,
    /// A job or a run may move.
    Wake,
    /// A call waits for the agent of this machine.
    Order(MachineId),
    /// A page shows something that changed.
    Changed(Changed),
}

/// Signals as they come. After a lost connection it reconnects; what was told meanwhile is missed.
pub struct Signals(PgListener);

impl Store {
    pub async fn listen(&self) -> Result<Signals> {
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.listen_all(["pitstop_wake", "pitstop_order", "pitstop_changed"]).await?;
        Ok(Signals(listener))
    }
}

impl Signals {
    /// The next signal. A payload that this version cannot read is a wake: looking costs little. [`Signal::Missed`]
    /// when the line broke and was had again.
    ///
    /// # Errors
    /// When the connection is lost and cannot be had again.
    pub async fn next(&mut self) -> Result<Signal> {
        let Some(note) = self.0.try_recv().await? else { return Ok(Signal::Missed) };
        Ok(match note.channel() {
            "pitstop_order" => note.payload().parse().map_or(Signal::Wake, Signal::Order),
            "pitstop_changed" => serde_json::from_str(note.payload()).map_or(Signal::Wake, Signal::Changed),
            _ => Signal::Wake,
        })
    }
}
