//! Health: what is measured, how it usually is, rules and their alerts.
//!
//! - [`measure`]: figures come in, once each, with `together` many machines at once; [`parts`]: the tables that hold them, a day or a month each, and what goes
//! - [`rollup`]: minutes become hours; [`learn`]: what is usual, with `rhythms` at which time of day; [`chart`]: how a figure went
//! - [`now`]: how machines are now, for rules and pages; [`counts`]: how many are how well, and were; [`rules`]: rules and the guard over all of them
//! - [`alerts`]: what pages show of alerts and questions, and what people do about them
//! - [`boards`]: management boards that are asked, and what they said
//! - [`sources`]: who elsewhere may tell of machines; [`tidings`]: what they told
//! - [`commit`]: what the worker needs: claim a rule, look, store what was decided, exactly once

pub mod alerts;
pub mod boards;
pub mod chart;
pub mod commit;
pub mod counts;
pub mod learn;
pub mod measure;
pub mod now;
mod parts;
mod rhythms;
pub mod rollup;
pub mod rules;
pub mod sources;
pub mod tidings;
pub(crate) mod together;

use crate::Result;
use pitstop_domain::Time;
use pitstop_domain::event::{Changed, Noun};

/// Tells pages, when the transaction commits. They read again what they show, so nothing is named.
pub(crate) async fn changed(tx: &mut sqlx::PgTransaction<'_>, now: Time) -> Result<()> {
    let changed = Changed { kind: Noun::Health, id: String::new(), version: now.timestamp_micros() };
    let text = serde_json::to_string(&changed)?;
    sqlx::query("select pg_notify('pitstop_changed', $1)").bind(text).execute(&mut **tx).await?;
    Ok(())
}
