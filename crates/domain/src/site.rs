//! A site: a place with its own network. Machines name it; what is kept of it beside that is kept here.

use serde::{Deserialize, Serialize};

/// What is known of a site.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// As its machines name it.
    pub name: String,
    /// Its clocks, by the name that the time zone database has; empty: not known.
    #[serde(default)]
    pub zone: String,
    /// Who can go to a machine there, and how they are reached: shown when somebody must press a button.
    #[serde(default)]
    pub contact: String,
}

/// A contact is read while somebody waits.
pub const LONGEST_CONTACT: usize = 300;

/// Puts this one in place of that of the same name, or beside the others; one of which nothing is known is left out.
#[must_use]
pub fn with(sites: &[Site], site: Site) -> Vec<Site> {
    let mut all: Vec<_> = sites.iter().filter(|other| other.name != site.name).cloned().collect();
    if !(site.zone.is_empty() && site.contact.is_empty()) {
        all.push(site);
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// # Errors
/// What is wrong with it, in words for people. Whether there is such a zone the caller knows.
pub fn check(site: &Site) -> Result<(), String> {
    if site.name.trim().is_empty() {
        return Err("A site has a name.".to_owned());
    }
    if site.contact.chars().count() > LONGEST_CONTACT {
        return Err(format!("The contact is longer than {LONGEST_CONTACT} letters: say only who to call."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(name: &str, zone: &str) -> Site {
        Site { name: name.to_owned(), zone: zone.to_owned(), contact: String::new() }
    }

    #[test]
    fn a_site_takes_its_own_place_and_one_of_which_nothing_is_known_is_left_out() {
        let sites = with(&[], site("porto", "Europe/Lisbon"));
        let sites = with(&sites, site("berlin", "Europe/Rome"));
        let sites = with(&sites, site("berlin", "Europe/Berlin"));
        assert_eq!(sites, [site("berlin", "Europe/Berlin"), site("porto", "Europe/Lisbon")]);
        assert_eq!(with(&sites, site("berlin", "")), [site("porto", "Europe/Lisbon")]);
    }

    #[test]
    fn a_contact_that_nobody_would_read_is_refused() {
        let long = Site { contact: "call ".repeat(100), ..site("berlin", "") };
        assert!(check(&long).unwrap_err().contains("300"));
        assert_eq!(check(&site("berlin", "")), Ok(()));
    }
}
