//! Reasons in words for people.

use super::{Reason, Verdict};
use crate::window::Shut;
use chrono::TimeDelta;
use std::fmt;

/// `20 s`, `5 min`, `2 h 10 min`, `3 days`.
pub fn length(time: TimeDelta) -> String {
    let s = time.num_seconds().max(0);
    match (s / 86_400, s / 3600, s / 60 % 60) {
        (days @ 2.., _, _) => format!("{days} days"),
        (_, hours @ 1.., 0) => format!("{hours} h"),
        (_, hours @ 1.., minutes) => format!("{hours} h {minutes} min"),
        (_, _, minutes @ 1..) => format!("{minutes} min"),
        _ => format!("{s} s"),
    }
}

impl fmt::Display for Shut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outside => f.write_str("no maintenance window was open"),
            Self::Blackout(title) => write!(f, "there was a blackout: {title}"),
            Self::TooShort { left_s, usual_s } => {
                let (left, usual) = (TimeDelta::seconds(*left_s), TimeDelta::seconds(*usual_s));
                write!(
                    f,
                    "only {} of the window were left, and a trip usually takes {}",
                    length(left),
                    length(usual)
                )
            }
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Paused => f.write_str("the schedule was paused"),
            Self::Late(late) => write!(f, "its time was missed by {}", length(*late)),
            Self::Shut(shut) => shut.fmt(f),
            Self::NoWindow => f.write_str("no maintenance window opens within weeks"),
            Self::Superseded => f.write_str("a later one was due as well"),
            Self::UnderWay => f.write_str("what was started before was not over"),
            Self::NotReadyInTime => f.write_str("it would not have been ready in time any more"),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start { late: None, .. } => f.write_str("started at its time"),
            Self::Start { late: Some(late), .. } => write!(f, "started {} after its time", length(*late)),
            Self::Skip(reason) => reason.fmt(f),
            Self::Wait { because, .. } => write!(f, "waits for the next window: {because}"),
        }
    }
}
