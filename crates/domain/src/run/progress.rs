//! What the members of a run amount to at a moment.

use super::member::{Member, Standing};
use super::plan::StopOn;
use super::{Run, RunPlan};
use crate::Time;
use std::collections::BTreeMap;

/// Counts, made once for each decision.
pub(super) struct Progress<'a> {
    pub members: &'a [Member],
    pub waiting: usize,
    pub under_way: usize,
    pub no_show: usize,
    pub held: usize,
    pub ended: usize,
    /// Places taken, in all and by site.
    pub taken: usize,
    pub taken_at: BTreeMap<&'a str, usize>,
    /// Jobs that count for the stop: failed ones, and all that have ended well or failed.
    pub failures: usize,
    pub counted: usize,
    /// When the next machine would be taken for missing.
    pub next_missing: Option<Time>,
    plan: &'a RunPlan,
    now: Time,
}

impl<'a> Progress<'a> {
    pub fn of(run: &'a Run, members: &'a [Member], now: Time) -> Self {
        let mut progress = Self {
            members,
            waiting: 0,
            under_way: 0,
            no_show: 0,
            held: 0,
            ended: 0,
            taken: 0,
            taken_at: BTreeMap::new(),
            failures: 0,
            counted: 0,
            next_missing: None,
            plan: &run.plan,
            now,
        };
        members.iter().for_each(|member| progress.add(member));
        progress
    }

    fn add(&mut self, member: &'a Member) {
        self.waiting += usize::from(member.waits());
        self.ended += usize::from(member.has_ended());
        let Some(standing) = self.standing(member) else { return };
        match standing {
            Standing::UnderWay => {
                self.under_way += 1;
                self.taken += 1;
                *self.taken_at.entry(&member.site).or_default() += 1;
                let missing = member.job().and_then(|job| job.missing_from(self.plan.no_show_s));
                self.next_missing = self.next_missing.into_iter().chain(missing).min();
            }
            Standing::NoShow => self.no_show += 1,
            Standing::Held => self.held += 1,
            Standing::Well | Standing::Failed | Standing::Cancelled => {}
        }
        let failed = matches!(standing, Standing::Held | Standing::Failed);
        if !member.forgiven && (failed || standing == Standing::Well) {
            self.counted += 1;
            self.failures += usize::from(failed);
        }
    }

    pub fn standing(&self, member: &Member) -> Option<Standing> {
        member.job().map(|job| job.standing(self.plan.no_show_s, self.now))
    }

    /// Have too many failed?
    pub fn must_stop(&self) -> bool {
        match self.plan.stop_on {
            None => false,
            Some(StopOn::Failures(n)) => self.failures >= (n as usize).max(1),
            Some(StopOn::Percent(percent)) => {
                self.failures > 0 && self.failures * 100 >= self.counted * percent as usize
            }
        }
    }

    /// Members that failed and still count.
    pub fn failed(&self) -> impl Iterator<Item = &'a Member> {
        self.members.iter().filter(|member| {
            let failed = matches!(self.standing(member), Some(Standing::Held | Standing::Failed));
            failed && !member.forgiven
        })
    }

    /// The wave of which machines wait.
    pub fn next_wave(&self) -> Option<u32> {
        self.members.iter().filter(|member| member.waits()).map(|member| member.wave).min()
    }

    /// Members before this wave that keep it from starting. The canary must really end: a machine that is missing has
    /// proven nothing. Of other waves only those hold up the next that take a place.
    pub fn in_the_way(&self, wave: u32) -> impl Iterator<Item = &'a Member> {
        self.members.iter().filter(move |member| match self.standing(member) {
            Some(Standing::UnderWay) => member.wave < wave,
            Some(Standing::NoShow) => member.wave == 0 && wave > 0,
            _ => false,
        })
    }

    /// Was a machine of an earlier wave started? Before the first there is no pause.
    pub fn follows_another(&self, wave: u32) -> bool {
        self.members.iter().any(|member| member.wave < wave && member.job().is_some())
    }

    /// How many of a wave there are.
    pub fn size_of(&self, wave: u32) -> usize {
        self.members.iter().filter(|member| member.wave == wave).count()
    }
}
