//! When a delivery that failed is tried again, when it is given up, and when its hook is left alone.

use crate::Time;
use chrono::TimeDelta;

/// Pauses after a try that failed, as the Standard Webhooks specification proposes: a receiver that restarts has it within
/// seconds, one that is repaired after a weekend still has it.
const PAUSES_S: [u32; 9] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// Pauses are up to this part longer or shorter, by chance, so that many deliveries do not come back at one moment.
const JITTER: f64 = 0.2;

/// Where not one delivery arrived for so long, the hook is paused when one is given up.
const LONG: TimeDelta = TimeDelta::days(2);

/// How long an answer may say that it wants to be left alone (`Retry-After`).
const LONGEST_REST_S: u32 = 3600;

/// The pause after so many tries (from 1); `None`: it is given up. `chance`: from 0 to 1.
pub fn pause(tries: u32, chance: f64) -> Option<TimeDelta> {
    let pause = PAUSES_S.get(usize::try_from(tries).ok()?.checked_sub(1)?)?;
    let ms = f64::from(*pause) * 1000.0 * (1.0 + JITTER * (2.0 * chance - 1.0));
    // Hours at most.
    #[expect(clippy::cast_possible_truncation, reason = "a day and a fifth in milliseconds")]
    Some(TimeDelta::milliseconds(ms as i64))
}

/// How long a hook is left alone after so many deliveries that failed one after the other. One says nothing of it: its
/// receiver may stumble over that delivery alone. `asked_s`: what the answer said.
pub fn rest(failures: u32, asked_s: Option<u32>) -> TimeDelta {
    let own = match failures {
        0 | 1 => 0,
        2.. => 2 << (failures - 2).min(7),
    };
    TimeDelta::seconds(i64::from(own.max(asked_s.unwrap_or(0).min(LONGEST_REST_S))))
}

/// Why a hook is paused, when a delivery failed; `None`: it is not.
///
/// `given_up`: the delivery is. `status`: what was answered.
pub fn paused_because(
    status: Option<u16>,
    given_up: bool,
    failing_since: Time,
    now: Time,
) -> Option<&'static str> {
    if status == Some(410) {
        return Some("it answered that it is gone for good (410)");
    }
    let long = given_up && now - failing_since >= LONG;
    long.then_some("nothing arrived there for days, and a delivery was given up")
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    #[test]
    fn pauses_grow_for_three_days_and_then_it_is_given_up() {
        let middle: Vec<_> = (1..).map_while(|tries| pause(tries, 0.5)).collect();
        assert_eq!(middle.len(), 9);
        assert!(middle.is_sorted());
        let in_all: TimeDelta = middle.iter().sum();
        assert!((3..4).contains(&in_all.num_days()), "{in_all}");
        assert_eq!(pause(10, 0.5), None);
        assert_eq!(pause(0, 0.5), None, "nothing was tried");
    }

    #[test]
    fn chance_moves_a_pause_by_a_fifth_at_most() {
        assert_eq!(pause(2, 0.0), Some(TimeDelta::seconds(240)));
        assert_eq!(pause(2, 1.0), Some(TimeDelta::seconds(360)));
    }

    #[test]
    fn one_failure_does_not_hold_up_the_others_and_many_do() {
        assert_eq!(rest(1, None), TimeDelta::zero());
        assert_eq!(rest(2, None), TimeDelta::seconds(2));
        assert_eq!(rest(1000, None), TimeDelta::seconds(256));
        assert_eq!(rest(1, Some(60)), TimeDelta::seconds(60), "it asked for it");
        assert_eq!(rest(1, Some(u32::MAX)), TimeDelta::hours(1));
    }

    #[test]
    fn a_hook_is_paused_when_it_is_gone_or_nothing_arrived_for_days() {
        let (long_ago, now) = (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH + TimeDelta::days(3));
        assert!(paused_because(Some(410), false, now, now).is_some());
        assert!(paused_because(Some(500), true, long_ago, now).is_some());
        assert!(paused_because(Some(500), false, long_ago, now).is_none(), "it is tried again");
        assert!(paused_because(None, true, now - TimeDelta::hours(1), now).is_none(), "others arrived");
    }
}
