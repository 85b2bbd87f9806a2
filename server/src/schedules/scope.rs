//! Whose a schedule is. It keeps what whoever saved it may touch, and starts nothing beyond; others see and change it
//! only where all that lies within their own part of the fleet.

use pitstop_domain::people::Scope;

/// Is all of one within the other? `None`: everything.
pub fn within(of: Option<&[Scope]>, all: Option<&[Scope]>) -> bool {
    match (of, all) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(of), Some(all)) => of.iter().all(|part| all.iter().any(|whole| holds(whole, part))),
    }
}

/// What lies in both.
pub fn both(one: Option<Vec<Scope>>, other: Option<Vec<Scope>>) -> Option<Vec<Scope>> {
    match (one, other) {
        (None, scopes) | (scopes, None) => scopes,
        (Some(one), Some(other)) => {
            let narrow = |part: &Scope| other.iter().any(|whole| holds(whole, part));
            let mut parts: Vec<_> = one.iter().filter(|part| narrow(part)).cloned().collect();
            for part in other.iter().filter(|part| one.iter().any(|whole| holds(whole, part))) {
                if !parts.contains(part) {
                    parts.push(part.clone());
                }
            }
            Some(parts)
        }
    }
}

/// An empty list of sites is all sites, and one of labels all labels.
fn holds(whole: &Scope, part: &Scope) -> bool {
    let sites = whole.sites.is_empty() || (!part.sites.is_empty() && part.sites.is_subset(&whole.sites));
    let labels = whole.labels.is_empty() || (!part.labels.is_empty() && part.labels.is_subset(&whole.labels));
    sites && labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_within_what_names_less_or_more() {
        let (berlin, both_sites) = (Scope::sites(["berlin"]), Scope::sites(["berlin", "wien"]));
        let lab = Scope::labels(["lab"]);
        assert!(within(Some(std::slice::from_ref(&berlin)), Some(std::slice::from_ref(&both_sites))));
        assert!(!within(Some(std::slice::from_ref(&both_sites)), Some(std::slice::from_ref(&berlin))));
        assert!(!within(Some(&[Scope::everything()]), Some(std::slice::from_ref(&berlin))));
        assert!(!within(None, Some(std::slice::from_ref(&berlin))) && within(None, None));
        assert!(!within(Some(&[lab]), Some(std::slice::from_ref(&berlin))));
        assert_eq!(both(Some(vec![both_sites]), Some(vec![berlin.clone()])), Some(vec![berlin]));
    }
}
