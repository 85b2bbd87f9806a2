//! Which machines somebody has to do with.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// Machines at one of these sites that have one of these labels. Nothing named is no limit: an empty scope is the whole
/// installation, sites without labels are all that stands there.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Scope {
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub sites: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub labels: BTreeSet<String>,
}

impl Scope {
    /// The whole installation.
    pub fn everything() -> Self {
        Self::default()
    }

    /// All that stands at these sites.
    pub fn sites<S: Into<String>>(sites: impl IntoIterator<Item = S>) -> Self {
        Self { sites: sites.into_iter().map(Into::into).collect(), labels: BTreeSet::new() }
    }

    /// All that has one of these labels, wherever it stands.
    pub fn labels<S: Into<String>>(labels: impl IntoIterator<Item = S>) -> Self {
        Self { sites: BTreeSet::new(), labels: labels.into_iter().map(Into::into).collect() }
    }

    /// Is a machine at this site with these labels within it? Sites and labels are compared letter by letter: a scope is
    /// chosen from what there is, and must not grow because somebody writes a name in another way.
    pub fn covers(&self, site: &str, labels: &[impl AsRef<str>]) -> bool {
        let at_site = self.sites.is_empty() || self.sites.contains(site);
        let labelled =
            self.labels.is_empty() || labels.iter().any(|label| self.labels.contains(label.as_ref()));
        at_site && labelled
    }

    /// Has it no limit?
    pub fn is_everything(&self) -> bool {
        self.sites.is_empty() && self.labels.is_empty()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
        match (self.sites.is_empty(), self.labels.is_empty()) {
            (true, true) => f.write_str("everywhere"),
            (false, true) => write!(f, "at {}", list(&self.sites)),
            (true, false) => write!(f, "labelled {}", list(&self.labels)),
            (false, false) => write!(f, "at {}, labelled {}", list(&self.sites), list(&self.labels)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [&str; 0] = [];

    #[test]
    fn an_empty_scope_is_the_whole_installation() {
        assert!(Scope::everything().is_everything());
        assert!(Scope::everything().covers("graz", &NONE));
        assert_eq!(Scope::everything().to_string(), "everywhere");
    }

    #[test]
    fn a_site_is_all_that_stands_there_and_nothing_else() {
        let graz = Scope::sites(["graz"]);
        assert!(graz.covers("graz", &["lab"]) && graz.covers("graz", &NONE));
        assert!(!graz.covers("Graz", &NONE) && !graz.covers("wien", &["graz"]));
    }

    #[test]
    fn with_labels_one_of_them_must_be_there_and_the_site_too() {
        let scope = Scope { labels: ["lab".into(), "pc".into()].into(), ..Scope::sites(["graz"]) };
        assert!(scope.covers("graz", &["kiosk", "pc"]));
        assert!(!scope.covers("graz", &["kiosk"]) && !scope.covers("wien", &["pc"]));
        assert!(!Scope::labels(["lab"]).covers("lab", &NONE), "a machine without labels has none of these");
    }
}
