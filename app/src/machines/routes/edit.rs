//! What an edit makes of a ladder. Pure: the server stores what comes out, or says why nothing does.

use pitstop_domain::route::Route;

/// A change of a ladder. Rungs are counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    Up(usize),
    Down(usize),
    Remove(usize),
    /// In the place of a rung.
    Replace(usize, Route),
    /// A new one, below those that are there.
    Add(Route),
}

/// The ladder after an edit. People come last: they are asked when nothing else helped.
///
/// # Errors
/// In words, when the machine could not be brought home by what is left.
pub fn edited(routes: &[Route], edit: Edit) -> Result<Vec<Route>, String> {
    let mut ladder = routes.to_vec();
    let there = |rung: usize| (rung < routes.len()).then_some(rung).ok_or_else(not_there);
    match edit {
        Edit::Up(rung) => {
            let rung = there(rung)?;
            ladder.swap(rung, rung.saturating_sub(1));
        }
        Edit::Down(rung) => {
            let rung = there(rung)?;
            ladder.swap(rung, (rung + 1).min(routes.len() - 1));
        }
        Edit::Remove(rung) => drop(ladder.remove(there(rung)?)),
        Edit::Replace(rung, route) => ladder[there(rung)?] = route,
        Edit::Add(route) => ladder.push(route),
    }
    check(&ladder)?;
    ladder.sort_by_key(|route| matches!(route, Route::Person));
    Ok(ladder)
}

/// May a machine have this ladder?
///
/// # Errors
/// In words, when it could not be brought home.
pub fn check(ladder: &[Route]) -> Result<(), String> {
    if !ladder.iter().any(Route::can_return) {
        return Err("None of these routes can bring the machine home from maintenance. Keep or add one that can, \
                    before anything else: the agent, a board, a webhook, SSH with a command home, or a person."
            .to_owned());
    }
    if let Some(twice) = ladder.iter().enumerate().find(|(i, route)| ladder[..*i].contains(route)) {
        return Err(format!(
            "This route is there already: {}. Once is enough, every ladder is climbed twice.",
            twice.1.words()
        ));
    }
    Ok(())
}

fn not_there() -> String {
    "This route is not there any more: look at the list again.".to_owned()
}

/// Tells a ladder from every other, so that an edit meant for one is not done to another (FNV-1a).
pub fn mark_of(routes: &[Route]) -> String {
    let json = serde_json::to_string(routes).unwrap_or_default();
    let mark = json.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{mark:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ladder() -> Vec<Route> {
        vec![Route::AgentKexec, Route::Agent, Route::Person]
    }

    #[test]
    fn rungs_move_and_a_person_stays_last() {
        assert_eq!(edited(&ladder(), Edit::Up(1)).unwrap(), [Route::Agent, Route::AgentKexec, Route::Person]);
        assert_eq!(edited(&ladder(), Edit::Up(2)).unwrap(), ladder());
        assert_eq!(edited(&ladder(), Edit::Up(0)).unwrap(), ladder());
        assert_eq!(edited(&ladder(), Edit::Down(2)).unwrap(), ladder());
        let added = edited(&ladder()[1..], Edit::Add(Route::AgentKexec)).unwrap();
        assert_eq!(added.last(), Some(&Route::Person));
    }

    #[test]
    fn a_ladder_that_brings_nobody_home_is_refused() {
        let two = [Route::AgentKexec, Route::Agent];
        assert!(edited(&two, Edit::Remove(1)).unwrap_err().contains("home"));
        assert!(edited(&[], Edit::Add(Route::AgentKexec)).unwrap_err().contains("home"));
        assert!(edited(&[Route::Agent], Edit::Remove(0)).is_err());
    }

    #[test]
    fn a_route_is_there_once() {
        assert!(edited(&ladder(), Edit::Add(Route::Agent)).unwrap_err().contains("already"));
        assert!(edited(&ladder(), Edit::Remove(9)).unwrap_err().contains("not there"));
    }

    #[test]
    fn another_order_is_another_ladder() {
        let turned = edited(&ladder(), Edit::Up(1)).unwrap();
        assert_ne!(mark_of(&ladder()), mark_of(&turned));
        assert_eq!(mark_of(&ladder()), mark_of(&ladder()));
    }
}
