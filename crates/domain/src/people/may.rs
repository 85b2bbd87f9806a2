//! The one decision about who may do what.

use super::{Grant, Right, Role, Scope};
use thiserror::Error;

/// What something is done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Nothing that belongs to a machine: only a role for the whole installation counts.
    Installation,
    /// A list, or a thing whose machines are looked at one by one: a role for any part counts.
    Somewhere,
    /// A machine, or what belongs to one.
    Machine { site: String, labels: Vec<String> },
}

/// No, and why.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// It is outside of all that this person sees. They are told what they would be told if it were not there.
    #[error("there is no such thing, or you may not see it")]
    OutOfSight,
    /// They see it, and may not do this to it.
    #[error("{0}")]
    NotAllowed(String),
}

/// May somebody with these grants do this to that?
///
/// # Errors
/// A [`Refusal`] in words for the person.
pub fn may(grants: &[Grant], right: Right, subject: &Subject) -> Result<(), Refusal> {
    let within: Vec<&Grant> = grants.iter().filter(|grant| reaches(&grant.scope, subject)).collect();
    if within.iter().any(|grant| grant.role.has(right)) {
        return Ok(());
    }
    if within.is_empty() && matches!(subject, Subject::Machine { .. }) {
        return Err(Refusal::OutOfSight);
    }
    Err(Refusal::NotAllowed(words(grants, &within, right)))
}

/// The parts of the fleet in which somebody with these grants has this right; `None`: all of it.
pub fn scopes(grants: &[Grant], right: Right) -> Option<Vec<Scope>> {
    let having = grants.iter().filter(|grant| grant.role.has(right)).map(|grant| grant.scope.clone());
    let scopes: Vec<Scope> = having.collect();
    (!scopes.iter().any(Scope::is_everything)).then_some(scopes)
}

fn reaches(scope: &Scope, subject: &Subject) -> bool {
    match subject {
        Subject::Installation => scope.is_everything(),
        Subject::Somewhere => true,
        Subject::Machine { site, labels } => scope.covers(site, labels),
    }
}

fn words(grants: &[Grant], within: &[&Grant], right: Right) -> String {
    let (needs, what) = (Role::least_for(right), right.words());
    let elsewhere = grants.iter().any(|grant| grant.role.has(right));
    match within.iter().map(|grant| grant.role).max() {
        _ if grants.is_empty() => {
            format!("You may not {what}: you have no role yet. Ask an administrator for one.")
        }
        Some(role) if elsewhere => {
            format!("You may not {what} here: your role is {role} for this, and {needs} only elsewhere.")
        }
        None if elsewhere => {
            format!(
                "You may not {what}: that takes the role {needs} for the whole installation, and yours has limits."
            )
        }
        Some(role) => format!(
            "You may not {what}: your role here is {role}, and that takes {needs}. Ask an administrator, or somebody who is {needs}."
        ),
        None => format!("You may not {what}: that takes the role {needs}. Ask an administrator."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::Risk;

    fn at(site: &str, labels: &[&str]) -> Subject {
        Subject::Machine { site: site.into(), labels: labels.iter().map(|&l| l.into()).collect() }
    }

    fn grant(role: Role, site: &str) -> Grant {
        Grant { role, scope: Scope::sites([site]) }
    }

    #[test]
    fn every_role_may_what_the_table_says_and_nothing_else() {
        for role in Role::ALL {
            for right in Right::ALL {
                let allowed = may(&[Grant::everywhere(role)], right, &at("graz", &[])).is_ok();
                assert_eq!(allowed, role >= Role::least_for(right), "{role} {right:?}");
            }
        }
    }

    #[test]
    fn nobody_may_anything() {
        for right in Right::ALL {
            for subject in [Subject::Installation, Subject::Somewhere, at("graz", &[])] {
                assert!(may(&[], right, &subject).is_err(), "{right:?} {subject:?}");
            }
        }
    }

    #[test]
    fn a_machine_elsewhere_is_out_of_sight() {
        let grants = [grant(Role::Operator, "graz")];
        assert_eq!(may(&grants, Right::See, &at("wien", &[])), Err(Refusal::OutOfSight));
        assert_eq!(may(&grants, Right::Decide, &at("wien", &[])), Err(Refusal::OutOfSight));
        assert_eq!(may(&grants, Right::Decide, &at("graz", &[])), Ok(()));
    }

    #[test]
    fn roles_of_several_sites_do_not_mix() {
        let grants = [grant(Role::Viewer, "graz"), grant(Role::Operator, "wien")];
        assert_eq!(may(&grants, Right::Decide, &at("wien", &[])), Ok(()));
        let Err(Refusal::NotAllowed(words)) = may(&grants, Right::Decide, &at("graz", &[])) else {
            panic!("a viewer of graz decides nothing there")
        };
        assert!(words.contains("viewer for this") && words.contains("only elsewhere"), "{words}");
    }

    #[test]
    fn who_administers_one_site_does_not_administer_people() {
        let grants = [grant(Role::Administrator, "graz")];
        assert_eq!(may(&grants, Right::EditRoutes, &at("graz", &[])), Ok(()));
        for right in [Right::ManagePeople, Right::ReadAudit, Right::EditImages] {
            let Err(Refusal::NotAllowed(words)) = may(&grants, right, &Subject::Installation) else {
                panic!("{right:?} is for the whole installation")
            };
            assert!(words.contains("whole installation"), "{words}");
        }
    }

    #[test]
    fn a_refusal_says_what_it_takes() {
        let grants = [Grant::everywhere(Role::HelpDesk)];
        let refusal = may(&grants, Right::Repair(Risk::Destroys), &at("graz", &[])).unwrap_err().to_string();
        assert!(refusal.contains("destroy") && refusal.contains("takes operator"), "{refusal}");
    }

    #[test]
    fn a_list_shows_the_parts_that_are_seen() {
        let grants = [grant(Role::Viewer, "graz"), grant(Role::Operator, "wien")];
        assert_eq!(scopes(&grants, Right::See), Some(vec![Scope::sites(["graz"]), Scope::sites(["wien"])]));
        assert_eq!(scopes(&grants, Right::Decide), Some(vec![Scope::sites(["wien"])]));
        assert_eq!(scopes(&[Grant::everywhere(Role::Viewer)], Right::See), None);
        assert_eq!(scopes(&[], Right::See), Some(vec![]), "nobody sees nothing, not everything");
    }

    #[test]
    fn a_token_has_no_more_than_it_was_made_for_nor_than_its_owner() {
        let owner = grant(Role::Operator, "graz");
        assert_eq!(owner.at_most(Role::Viewer), grant(Role::Viewer, "graz"));
        assert_eq!(owner.at_most(Role::Administrator), owner);
    }
}
