//! How far the members of a run are, counted.

use super::member::{JobSeen, Member, MemberState, Standing};
use crate::Time;
use crate::job::Outcome;
use serde::{Deserialize, Serialize};

/// Counts of members; each member is in one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Tally {
    pub machines: u32,
    pub waiting: u32,
    pub under_way: u32,
    /// Under way, and no sign of the machine for too long.
    pub no_show: u32,
    /// The work is done, all is well, the machine is back.
    pub back: u32,
    /// As `back`, and something wrong was found with the machine.
    pub found: u32,
    pub failed: u32,
    pub held: u32,
    /// Jobs that a person took back.
    pub cancelled: u32,
    pub refused: u32,
    pub skipped: u32,
}

/// What a member is counted as; also the word for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Back,
    Found,
    Failed,
    Held,
    Cancelled,
    NoShow,
    UnderWay,
    Waiting,
    Refused,
    Skipped,
}

impl Kind {
    /// All kinds, in the order in which bars show them: what is over first.
    pub const ALL: [Self; 10] = [
        Self::Back,
        Self::Found,
        Self::Failed,
        Self::Held,
        Self::Cancelled,
        Self::NoShow,
        Self::UnderWay,
        Self::Waiting,
        Self::Refused,
        Self::Skipped,
    ];

    /// What this member is counted as.
    pub fn of(member: &Member, no_show_s: u32, now: Time) -> Self {
        match &member.state {
            MemberState::Waiting => Self::Waiting,
            MemberState::Refused { .. } => Self::Refused,
            MemberState::Skipped => Self::Skipped,
            MemberState::Job(job) => Self::of_job(job, no_show_s, now),
        }
    }

    /// What a member with this job is counted as.
    pub fn of_job(job: &JobSeen, no_show_s: u32, now: Time) -> Self {
        match job.standing(no_show_s, now) {
            Standing::UnderWay => Self::UnderWay,
            Standing::NoShow => Self::NoShow,
            Standing::Held => Self::Held,
            Standing::Well if job.outcome == Some(Outcome::Found) => Self::Found,
            Standing::Well => Self::Back,
            Standing::Failed => Self::Failed,
            Standing::Cancelled => Self::Cancelled,
        }
    }

    /// The words on the screen.
    pub fn words(self) -> &'static str {
        match self {
            Self::Back => "back",
            Self::Found => "found something",
            Self::Failed => "failed",
            Self::Held => "held",
            Self::Cancelled => "cancelled",
            Self::NoShow => "no sign",
            Self::UnderWay => "under way",
            Self::Waiting => "waiting",
            Self::Refused => "refused",
            Self::Skipped => "skipped",
        }
    }
}

impl Tally {
    /// Counts the members as they stand now.
    pub fn of(members: &[Member], no_show_s: u32, now: Time) -> Self {
        let mut tally = Self::default();
        members.iter().for_each(|member| tally.add(Kind::of(member, no_show_s, now), 1));
        tally
    }

    /// So many more of a kind.
    pub fn add(&mut self, kind: Kind, n: u32) {
        self.machines += n;
        *match kind {
            Kind::Back => &mut self.back,
            Kind::Found => &mut self.found,
            Kind::Failed => &mut self.failed,
            Kind::Held => &mut self.held,
            Kind::Cancelled => &mut self.cancelled,
            Kind::NoShow => &mut self.no_show,
            Kind::UnderWay => &mut self.under_way,
            Kind::Waiting => &mut self.waiting,
            Kind::Refused => &mut self.refused,
            Kind::Skipped => &mut self.skipped,
        } += n;
    }

    /// How many of a kind.
    pub fn count(&self, kind: Kind) -> u32 {
        match kind {
            Kind::Back => self.back,
            Kind::Found => self.found,
            Kind::Failed => self.failed,
            Kind::Held => self.held,
            Kind::Cancelled => self.cancelled,
            Kind::NoShow => self.no_show,
            Kind::UnderWay => self.under_way,
            Kind::Waiting => self.waiting,
            Kind::Refused => self.refused,
            Kind::Skipped => self.skipped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{at, job, members};
    use super::super::plan::RunPlan;
    use super::*;
    use crate::job::Phase;

    #[test]
    fn every_member_is_counted_once() {
        let mut members = members(&RunPlan::plain("inventory"), 5);
        members[0].state = job(0, Phase::Closed, Some(Outcome::Found), at(1));
        members[1].state = job(1, Phase::Switching, None, at(1));
        members[2].state = MemberState::Refused { why: "no route".to_owned() };
        members[3].state = job(3, Phase::Closed, Some(Outcome::Succeeded), at(1));
        let tally = Tally::of(&members, 600, at(700));
        let expected =
            Tally { machines: 5, found: 1, no_show: 1, refused: 1, back: 1, waiting: 1, ..Tally::default() };
        assert_eq!(tally, expected);
        assert_eq!(Kind::ALL.iter().map(|kind| tally.count(*kind)).sum::<u32>(), tally.machines);
    }

    #[test]
    fn work_that_succeeded_on_a_machine_that_was_given_up_has_failed() {
        let MemberState::Job(seen) = job(0, Phase::Closed, Some(Outcome::Succeeded), at(1)) else { panic!() };
        let given_up = JobSeen { proven: false, ..seen };
        assert_eq!(Kind::of_job(&given_up, 600, at(2)), Kind::Failed);
    }
}
