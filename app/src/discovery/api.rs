//! What goes over the wire for machines that are not known yet.

use crate::Failure;
use leptos::prelude::*;
use pitstop_domain::Time;
use pitstop_domain::adoption::{Rule, RuleForm, Stranger};
use pitstop_domain::id::MachineId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the page shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Discovery {
    pub asked_at: Time,
    /// Those that asked last first, a few hundred at most.
    pub strangers: Vec<Stranger>,
    /// All that there are.
    pub total: u64,
    /// In the order in which they are tried.
    pub rules: Vec<KeptRule>,
    /// Sites that there are, to choose from.
    pub sites: Vec<String>,
    /// Questions over DHCP since the server's start, by what became of them; empty where it does not listen.
    pub silences: BTreeMap<String, u64>,
}

/// A rule and its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptRule {
    pub id: i64,
    pub rule: Rule,
}

/// What a list would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    pub new: u64,
    pub changed: u64,
    pub same: u64,
    pub wrong: u64,
    /// Those that are wrong first; a few hundred at most.
    pub lines: Vec<PreviewLine>,
    /// Lines that are not told.
    pub more: u64,
}

/// What a row would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewLine {
    /// As editors count.
    pub line: u64,
    pub name: String,
    pub verdict: Verdict,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// A machine is added.
    New,
    /// A machine that is known changes, in words.
    Changed {
        what: Vec<String>,
    },
    /// It is so already.
    Same,
    Wrong {
        why: Vec<String>,
    },
}

/// A stranger becomes a machine; answers by its page.
#[server(prefix = "/api", endpoint = "adopt")]
pub async fn adopt(
    mac: String,
    name: String,
    site: String,
    #[server(default)] labels: String,
) -> Result<MachineId, Failure> {
    crate::serve::answer(super::server::adopt(&mac, &name, &site, &labels)).await
}

/// Adds a rule. Answers by the page of what is not known.
#[server(prefix = "/api", endpoint = "add_rule")]
pub async fn add_rule(rule: RuleForm) -> Result<(), Failure> {
    crate::serve::answer(super::server::add_rule(&rule)).await
}

/// Removes a rule. Answers by the page of what is not known.
#[server(prefix = "/api", endpoint = "drop_rule")]
pub async fn drop_rule(id: i64) -> Result<(), Failure> {
    crate::serve::answer(super::server::drop_rule(id)).await
}

/// Keeps a list to be looked at; answers by the page that shows what it would do. No machine comes of it.
#[server(prefix = "/api", endpoint = "draft_import")]
pub async fn draft_import(csv: String) -> Result<String, Failure> {
    crate::serve::answer(super::server::draft_import(&csv)).await
}

/// Does what the list of a draft says. `new`, `changed`: so many the person has seen. Answers by the fleet's page.
#[server(prefix = "/api", endpoint = "confirm_import")]
pub async fn confirm_import(draft: String, new: u64, changed: u64) -> Result<(), Failure> {
    crate::serve::answer(super::server::confirm_import(&draft, new, changed)).await
}
