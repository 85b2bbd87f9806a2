//! What the address of the audit says.

use crate::machines::fleet::address::encode;
use crate::people::desk::AuditQuery;
use chrono::{NaiveDate, TimeDelta};
use serde::Deserialize;

/// As a form fills it in: days are UTC.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Filter {
    pub who: String,
    pub machine: String,
    pub act: String,
    /// The first day.
    pub since: String,
    /// The last day.
    pub until: String,
    pub before: Option<i64>,
}

impl Filter {
    pub fn query(&self) -> AuditQuery {
        let day = |text: &str| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
        AuditQuery {
            who: self.who.trim().to_owned(),
            machine: self.machine.trim().to_owned(),
            act: self.act.trim().to_owned(),
            since: day(&self.since).map(|at| at.and_utc()),
            until: day(&self.until).map(|at| at.and_utc() + TimeDelta::days(1)),
            before: self.before,
        }
    }

    /// The address that shows this, with more behind it.
    pub fn href(&self, path: &str, more: &[(&str, &str)]) -> String {
        let fields = [
            ("who", &self.who),
            ("machine", &self.machine),
            ("act", &self.act),
            ("since", &self.since),
            ("until", &self.until),
        ];
        let own = fields.iter().map(|(name, value)| (*name, value.trim()));
        let all: Vec<_> = own
            .chain(more.iter().copied())
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        if all.is_empty() { path.to_owned() } else { format!("{path}?{}", all.join("&")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_day_is_within() {
        let filter = Filter { since: "2026-03-01".into(), until: "2026-03-01".into(), ..Filter::default() };
        let query = filter.query();
        assert_eq!(query.until.unwrap() - query.since.unwrap(), TimeDelta::days(1));
        assert_eq!(Filter { since: "soon".into(), ..Filter::default() }.query().since, None);
    }

    #[test]
    fn the_address_says_what_is_filled_in() {
        let filter = Filter { who: "ada b".into(), ..Filter::default() };
        assert_eq!(filter.href("/audit", &[("before", "7")]), "/audit?who=ada+b&before=7");
        assert_eq!(Filter::default().href("/audit", &[]), "/audit");
    }
}
