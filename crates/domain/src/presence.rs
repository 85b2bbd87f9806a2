//! Whom maintenance would disturb: what the own system's agent sees of the people at a machine, and what a plan does about
//! it. Looked at when a machine's turn comes, before anything is touched.

use crate::Time;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// What the own system's agent sees.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Presence {
    /// People who are logged in, at the screen or from elsewhere.
    pub people: u16,
    /// It is not plugged in, and runs on its battery.
    pub on_battery: bool,
    /// Programs that keep the screen from going dark, with their reason: a presentation, a film, a call.
    pub busy: Vec<String>,
    /// The agent can put a question before them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub asks: bool,
}

/// Which machines a plan leaves alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Spare {
    /// Somebody is logged in.
    pub logged_in: bool,
    /// Something is presented, or somebody is on a call.
    pub busy: bool,
    pub on_battery: bool,
    /// The own system's agent is silent: the machine is off, or away.
    pub off: bool,
}

/// Agents report every half minute; a laptop that was shut this long ago says nothing of now.
const FRESH: TimeDelta = TimeDelta::minutes(3);

/// Does what was seen then say something of now?
pub fn is_fresh(at: Time, now: Time) -> bool {
    at > now - FRESH
}

impl Spare {
    /// Every machine is taken.
    pub fn is_nobody(&self) -> bool {
        *self == Self::default()
    }

    /// Why this machine is left alone; `None`: it may be taken. What nobody reports (an old agent, none at all) stops
    /// nothing but where the plan spares machines that are off.
    pub fn why(self, seen: Option<(&Presence, Time)>, now: Time) -> Option<String> {
        let Some((presence, _)) = seen.filter(|(_, at)| is_fresh(*at, now)) else {
            let words = "its own system's agent is silent: it is off, or away";
            return self.off.then(|| words.to_owned());
        };
        match presence {
            Presence { busy, .. } if self.busy && !busy.is_empty() => {
                Some(format!("somebody is busy at it: {}", busy.join(", ")))
            }
            Presence { people: 1, .. } if self.logged_in => Some("somebody is logged in".to_owned()),
            Presence { people: 2.., .. } if self.logged_in => {
                Some(format!("{} people are logged in", presence.people))
            }
            Presence { on_battery: true, .. } if self.on_battery => Some("it runs on its battery".to_owned()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Spare = Spare { logged_in: true, busy: true, on_battery: true, off: true };

    fn at(second: i64) -> Time {
        Time::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    fn why(spare: Spare, presence: &Presence) -> Option<String> {
        spare.why(Some((presence, at(1000))), at(1010))
    }

    #[test]
    fn who_would_be_disturbed_is_left_alone_and_the_reason_is_said() {
        let busy = Presence { busy: vec!["Impress: showing slides".to_owned()], ..Presence::default() };
        assert_eq!(why(ALL, &busy).unwrap(), "somebody is busy at it: Impress: showing slides");
        let two = Presence { people: 2, ..Presence::default() };
        assert_eq!(why(ALL, &two).unwrap(), "2 people are logged in");
        let unplugged = Presence { on_battery: true, ..Presence::default() };
        assert_eq!(why(ALL, &unplugged).unwrap(), "it runs on its battery");
        assert_eq!(why(ALL, &Presence::default()), None);
    }

    #[test]
    fn a_plan_that_spares_nobody_takes_everybody() {
        let seen = Presence { people: 3, on_battery: true, busy: vec!["x".to_owned()], asks: true };
        assert_eq!(why(Spare::default(), &seen), None);
        assert_eq!(Spare::default().why(None, at(0)), None);
        assert!(Spare::default().is_nobody() && !ALL.is_nobody());
    }

    #[test]
    fn what_was_seen_long_ago_says_nothing_of_now() {
        let one = Presence { people: 1, ..Presence::default() };
        let logged_in = Spare { logged_in: true, ..Spare::default() };
        let long_ago = Some((&one, at(0)));
        assert_eq!(logged_in.why(long_ago, at(180)), None);
        assert!(ALL.why(long_ago, at(180)).unwrap().contains("silent"));
        assert!(ALL.why(None, at(0)).unwrap().contains("silent"));
    }
}
