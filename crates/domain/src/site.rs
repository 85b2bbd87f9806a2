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
    /// So many of its machines are on their way into an image at once; `None`: as many as want to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slots: Option<u32>,
    /// What its line to this server carries, in Mbit/s; `None`: more than we need.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line_mbit: Option<u32>,
}

impl Site {
    /// Nothing is known of it but its name.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        *self == Self { name: self.name.clone(), ..Self::default() }
    }

    /// Do its machines take turns in fetching their images?
    #[must_use]
    pub fn has_places(&self) -> bool {
        self.slots.is_some() || self.line_mbit.is_some()
    }
}

/// A contact is read while somebody waits.
pub const LONGEST_CONTACT: usize = 300;

/// Puts this one in place of that of the same name, or beside the others; one of which nothing is known is left out.
#[must_use]
pub fn with(sites: &[Site], site: Site) -> Vec<Site> {
    let mut all: Vec<_> = sites.iter().filter(|other| other.name != site.name).cloned().collect();
    if !site.is_unknown() {
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
    if site.slots == Some(0) || site.line_mbit == Some(0) {
        return Err("With no place, no machine of this site could ever be taken: leave the field empty where there is no limit, and pause what is planned to keep machines where they are.".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(name: &str, zone: &str) -> Site {
        Site { name: name.to_owned(), zone: zone.to_owned(), ..Site::default() }
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

    #[test]
    fn places_are_kept_and_none_at_all_is_refused() {
        let two = Site { slots: Some(2), ..site("berlin", "") };
        assert_eq!(with(&[], two.clone()), std::slice::from_ref(&two));
        assert_eq!((check(&two), two.has_places(), site("berlin", "").has_places()), (Ok(()), true, false));
        assert!(check(&Site { slots: Some(0), ..two }).unwrap_err().contains("leave the field empty"));
        assert_eq!(serde_json::to_string(&site("a", "")).unwrap(), r#"{"name":"a","zone":"","contact":""}"#);
    }
}
