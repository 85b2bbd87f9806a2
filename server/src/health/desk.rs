//! What the pages about health need, with the rights that it takes.

use super::form::{self, text};
use super::page::{self, alert_line, line};
use super::would::would;
use crate::backend::fleet::understood;
use crate::backend::{failure, failure_of};
use crate::people::{Deed, Gate, On};
use async_trait::async_trait;
use chrono::{Days, NaiveDate};
use pitstop_app::Failure;
use pitstop_app::health::desk::{
    Day, Filled, Fleet, Group, HealthDesk, Inbox, ListenerLine, MachinePage, Offer, Question, RuleLine,
    Rules, SourceLine, SourcePage, Would,
};
use pitstop_domain::health::alert::Act;
use pitstop_domain::health::elsewhere::Source;
use pitstop_domain::health::rule::Stopped;
use pitstop_domain::health::spread::{Class, Spread};
use pitstop_domain::health::{Guard, Rule};
use pitstop_domain::id::{MachineId, RuleId};
use pitstop_domain::people::{Right, Scope};
use pitstop_domain::secret::Secret;
use pitstop_store::health::alerts::AlertFilter;
use pitstop_store::health::counts;
use pitstop_store::health::rules::RuleRow;
use pitstop_store::{Error, Keys, Store};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Machines in the list of the worst, and alerts in the inbox.
const WORST: i64 = 25;
const ALERTS: i64 = 200;

/// Days of the trend before today.
const TREND_DAYS: u64 = 29;

/// Of so many machines at a few sites the worst are found by looking at all of them; of more by walking along the fleet's
/// worst, until enough of theirs were met.
const FEW: u64 = 3000;

/// Health, for one person.
pub struct StoreHealth {
    pub(super) gate: Gate,
    /// Make the secrets of sources.
    pub(super) keys: Keys,
}

pub(super) type Result<T> = std::result::Result<T, Failure>;

impl StoreHealth {
    pub fn new(gate: Gate, keys: Keys) -> Self {
        Self { gate, keys }
    }

    async fn see(&self) -> Result<&Store> {
        self.gate.read(Right::See, On::Somewhere).await.map_err(failure_of)
    }

    /// Rules are for all machines, so they are for who may start jobs on all of them.
    async fn plan(&self) -> Result<&Store> {
        self.gate.read(Right::StartRuns, On::Installation).await.map_err(failure_of)
    }

    /// What a rule starts by itself takes the right to it everywhere.
    async fn may_start(&self, store: &Store, function: &str) -> Result<()> {
        let function = store.function(function).await.map_err(failure)?;
        let function = function.ok_or_else(|| Failure::not_found("function"))?;
        function.for_many().map_err(Failure::Refused)?;
        self.gate.read(function.right(), On::Installation).await.map(drop).map_err(failure_of)
    }

    async fn functions(&self, store: &Store) -> Result<Vec<(String, String)>> {
        let functions = store.functions().await.map_err(failure)?.into_iter();
        let functions = functions.filter(|function| function.for_many().is_ok());
        Ok(functions.map(|function| (function.name, function.title)).collect())
    }

    async fn rule(&self, store: &Store, id: &str) -> Result<RuleRow> {
        let id: RuleId = id.parse().map_err(|_| Failure::not_found("rule"))?;
        store.health_rule(id).await.map_err(failure)?.ok_or_else(|| Failure::not_found("rule"))
    }

    async fn evaluate(&self, store: &Store, filled: &Filled) -> Result<std::result::Result<Would, String>> {
        let rule = match form::read(filled, None) {
            Ok(rule) => rule,
            Err(why) => return Ok(Err(why)),
        };
        match would(store, &rule).await {
            Ok(would) => Ok(Ok(would)),
            Err(Error::Refused(why)) => Ok(Err(why)),
            Err(error) => Err(failure(error)),
        }
    }

    async fn put_guard(&self, guard: Guard, before: Guard, what: String) -> Result<()> {
        let deed = Deed::new(Right::StartRuns, On::Installation, what).changes(json!(before), json!(guard));
        let work = |store: &Store| {
            let store = store.clone();
            async move { store.set_health_guard(&guard, store.now()).await }
        };
        self.gate.act(deed, work).await.map_err(failure_of)
    }
}

fn groups(of: BTreeMap<String, Spread>) -> Vec<Group> {
    of.into_iter().map(|(name, spread)| Group { name, spread }).collect()
}

/// What was kept of the days before; of today the count of now, which stands beside it.
fn trend(days: Vec<counts::Day>, now: &BTreeMap<String, Spread>, today: NaiveDate) -> Vec<Day> {
    let kept = |day: counts::Day| Day { day: day.day, machines: [day.well, day.fair, day.poor, day.unknown] };
    let before = days.into_iter().filter(|day| day.day < today).map(kept);
    let machines = Class::ALL.map(|class| now.values().map(|here| here.of(class)).sum::<u64>());
    let today = machines.iter().any(|of| *of > 0).then_some(Day { day: today, machines });
    before.chain(today).collect()
}

/// The sites of scopes that are of sites alone, or of labels at sites.
fn sites_of(scopes: Option<&[Scope]>) -> Option<Vec<&str>> {
    let scopes = scopes.filter(|scopes| scopes.iter().all(|scope| !scope.sites.is_empty()))?;
    Some(scopes.iter().flat_map(|scope| scope.sites.iter().map(String::as_str)).collect())
}

fn told(rule: &Rule) -> serde_json::Value {
    json!({ "when": rule.condition.words(), "rule": rule })
}

#[async_trait]
impl HealthDesk for StoreHealth {
    async fn fleet(&self) -> Result<Fleet> {
        let store = self.see().await?;
        let scopes = self.gate.scopes();
        let scopes = scopes.as_deref();
        let now = store.now();
        let counted = store.health_counts(scopes, now).await.map_err(failure)?;
        let here: u64 = counted.sites.values().map(Spread::machines).sum();
        let sites = sites_of(scopes).filter(|_| here <= FEW);
        let worst = store.worst_health(scopes, sites.as_deref(), WORST).await.map_err(failure)?;
        let today = now.date_naive();
        let days = store.health_days(scopes, today - Days::new(TREND_DAYS)).await.map_err(failure)?;
        Ok(Fleet {
            counted_at: counted.at,
            today,
            days: trend(days, &counted.sites, today),
            sites: groups(counted.sites),
            models: groups(counted.models),
            worst: worst.into_iter().map(line).collect(),
            alerts: store.count_health_alerts(scopes).await.map_err(failure)?,
            guard: store.health_guard().await.map_err(failure)?,
        })
    }

    async fn machine(&self, id: MachineId, days: u32) -> Result<MachinePage> {
        let store = self.gate.read(Right::See, On::Machine(id)).await.map_err(failure_of)?;
        page::page(store, id, days).await.map_err(failure)
    }

    async fn inbox(&self, all: bool) -> Result<Inbox> {
        let store = self.see().await?;
        let scopes = self.gate.scopes();
        let (open, _) = store.count_health_alerts(scopes.as_deref()).await.map_err(failure)?;
        // A question is about the fleet: for who sees a part of it there is none.
        let asked = match scopes {
            None => store.health_questions(store.now()).await.map_err(failure)?,
            Some(_) => vec![],
        };
        let questions = asked.into_iter().filter(|question| all || question.answered.is_none());
        let question = |question: pitstop_store::health::alerts::Question| Question {
            id: question.id.to_string(),
            rule_name: question.rule_name,
            words: question.words,
            asked_at: question.asked_at,
            answered: question.answered,
        };
        let questions = questions.map(question).collect();
        let filter = AlertFilter { resolved: all, scopes, limit: ALERTS, ..AlertFilter::default() };
        let alerts = store.health_alerts(&filter).await.map_err(failure)?;
        Ok(Inbox { questions, alerts: alerts.into_iter().map(alert_line).collect(), open })
    }

    async fn decide(&self, alert: &str, act: &str) -> Result<()> {
        let store = self.see().await?;
        let id: Uuid = alert.parse().map_err(|_| Failure::not_found("alert"))?;
        let act = Act::of_name(act).ok_or_else(|| Failure::not_found("decision"))?;
        let row =
            store.health_alert(id).await.map_err(failure)?.ok_or_else(|| Failure::not_found("alert"))?;
        let right = match act {
            Act::Acknowledge | Act::Dismiss => Right::LookAfter,
            Act::Approve => {
                let function = store.function(&row.rule.function).await.map_err(failure)?;
                function.ok_or_else(|| Failure::not_found("function"))?.right()
            }
        };
        let what = format!("{} the health alert {}", act.did(), row.rule.name);
        let by = self.gate.who().to_string();
        let work = |store: &Store| {
            let store = store.clone();
            async move { store.decide_health_alert(id, act, &by, store.now()).await }
        };
        let deed = Deed::new(right, On::Machine(row.alert.machine), what);
        self.gate.act(deed, work).await.map_err(failure_of)
    }

    async fn answer(&self, question: &str, answer: &str) -> Result<()> {
        let id: Uuid = question.parse().map_err(|_| Failure::not_found("question"))?;
        let store = self.plan().await?;
        let asked = store.health_questions(store.now()).await.map_err(failure)?;
        let asked =
            asked.into_iter().find(|asked| asked.id == id).ok_or_else(|| Failure::not_found("question"))?;
        let approve = match Act::of_name(answer) {
            Some(Act::Approve) => true,
            Some(Act::Dismiss) => false,
            _ => return Err(Failure::not_found("answer")),
        };
        if approve {
            let rule = self.rule(store, &asked.rule.to_string()).await?;
            self.may_start(store, &rule.rule.function).await?;
        }
        let did = if approve { "approved" } else { "dismissed" };
        let what = format!("{did} all that the health rule {} fires on", asked.rule_name);
        let by = self.gate.who().to_string();
        let work = |store: &Store| {
            let store = store.clone();
            async move { store.answer_health_question(id, approve, &by, store.now()).await }
        };
        self.gate.act(Deed::new(Right::StartRuns, On::Installation, what), work).await.map_err(failure_of)
    }

    async fn rules(&self) -> Result<Rules> {
        let store = self.see().await?;
        let titles: HashMap<_, _> = self.functions(store).await?.into_iter().collect();
        let mut rules = Vec::new();
        for row in store.health_rules().await.map_err(failure)? {
            let open = store.open_health_alerts(row.rule.id).await.map_err(failure)?.len();
            let function_title = titles.get(&row.rule.function).unwrap_or(&row.rule.function).clone();
            let RuleRow { rule, changed_by, changed_at, .. } = row;
            rules.push(RuleLine { rule, function_title, changed_by, changed_at, open });
        }
        Ok(Rules { rules, guard: store.health_guard().await.map_err(failure)? })
    }

    async fn offer(&self, id: Option<&str>, filled: Filled) -> Result<Offer> {
        let store = self.plan().await?;
        let functions = self.functions(store).await?;
        let (filled, would) = if filled.contains_key("name") {
            let would = self.evaluate(store, &filled).await?;
            (filled, Some(would))
        } else if let Some(id) = id {
            let row = self.rule(store, id).await?;
            let filled = form::fields(&row.rule, row.version);
            let would = self.evaluate(store, &filled).await?;
            (filled, Some(would))
        } else {
            (form::first(functions.first().map(|(name, _)| name.as_str()).unwrap_or_default()), None)
        };
        let sources = store.health_sources().await.map_err(failure)?.into_iter();
        let sources = sources.filter(|row| row.revoked.is_none());
        let sources = sources.map(|row| (row.source.id.to_string(), row.source.name)).collect();
        let heard = store.told_names().await.map_err(failure)?;
        Ok(Offer { functions, sources, heard, filled, would })
    }

    async fn keep(&self, filled: &Filled) -> Result<()> {
        let store = self.plan().await?;
        let old = match text(filled, "id") {
            "" => None,
            id => Some(self.rule(store, id).await?),
        };
        let rule = form::read(filled, old.as_ref().map(|row| row.rule.id)).map_err(Failure::Refused)?;
        understood(&rule.query).map_err(failure)?;
        self.may_start(store, &rule.function).await?;
        let version = old.as_ref().map(|row| text(filled, "version").parse().unwrap_or(row.version));
        let did = if old.is_some() { "changed" } else { "made" };
        let what = format!("{did} the health rule {}", rule.name);
        let deed = Deed {
            before: old.map(|row| told(&row.rule)),
            after: Some(told(&rule)),
            ..Deed::new(Right::StartRuns, On::Installation, what)
        };
        let by = self.gate.who().to_string();
        let work = |store: &Store| {
            let store = store.clone();
            async move { store.keep_health_rule(&rule, version, &by, store.now()).await }
        };
        self.gate.act(deed, work).await.map_err(failure_of)
    }

    async fn remove(&self, id: &str) -> Result<()> {
        let id: RuleId = id.parse().map_err(|_| Failure::not_found("rule"))?;
        let deed = Deed::new(Right::StartRuns, On::Installation, format!("deleted the health rule {id}"));
        let work = |store: &Store| {
            let store = store.clone();
            async move { store.remove_health_rule(id, store.now()).await }
        };
        self.gate.act(deed, work).await.map_err(failure_of)
    }

    async fn set_guard(&self, filled: &Filled) -> Result<()> {
        let before = self.plan().await?.health_guard().await.map_err(failure)?;
        let guard = form::guard(filled, before.clone()).map_err(Failure::Refused)?;
        self.put_guard(guard, before, "changed the brakes of health rules".to_owned()).await
    }

    async fn listeners(&self) -> Result<Vec<ListenerLine>> {
        self.all_listeners().await
    }

    async fn make_listener(&self, filled: &Filled) -> Result<()> {
        self.new_listener(filled).await
    }

    async fn act_listener(&self, id: &str, act: &str, base: &str) -> Result<Option<String>> {
        self.on_listener(id, act, &format!("{base}/health/alerts")).await
    }

    async fn sources(&self) -> Result<Vec<SourceLine>> {
        self.all_sources().await
    }

    async fn source(&self, id: &str) -> Result<SourcePage> {
        self.one_source(id).await
    }

    async fn make_source(&self, filled: &Filled) -> Result<(Source, Secret)> {
        self.new_source(filled).await
    }

    async fn act_source(&self, id: &str, act: &str, filled: &Filled) -> Result<Option<(Source, Secret)>> {
        self.on_source(id, act, filled).await
    }

    async fn stop(&self, why: Option<&str>) -> Result<()> {
        let store = self.plan().await?;
        let before = store.health_guard().await.map_err(failure)?;
        let (stopped, what) = match why {
            None => (None, "let health rules act again".to_owned()),
            Some("") => return Err(Failure::Refused("Say why: others will wonder.".to_owned())),
            Some(why) => {
                let stopped =
                    Stopped { by: self.gate.who().to_string(), at: store.now(), why: why.to_owned() };
                (Some(stopped), format!("stopped all health rules: {why}"))
            }
        };
        self.put_guard(Guard { stopped, ..before.clone() }, before, what).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn today_is_what_is_counted_now_and_not_what_was_kept_an_hour_ago() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 28).unwrap();
        let kept = |day, unknown| counts::Day { day, well: 0, fair: 0, poor: 0, unknown };
        let days = vec![kept(today - Days::new(1), 2), kept(today, 3)];
        let mut spread = Spread::default();
        spread.add(Some(100), 3);
        let trend = trend(days, &BTreeMap::from([("lab".to_owned(), spread)]), today);
        let machines: Vec<_> = trend.iter().map(|day| (day.day, day.machines)).collect();
        assert_eq!(machines, [(today - Days::new(1), [0, 0, 0, 2]), (today, [3, 0, 0, 0])]);
        assert!(super::trend(vec![], &BTreeMap::new(), today).is_empty(), "there is no machine");
    }
}
