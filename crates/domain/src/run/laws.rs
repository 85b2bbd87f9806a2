//! The laws of admission, over random runs: random plans, and jobs that end, are held, go missing, in random order,
//! with a person who pauses, resumes and cancels in between.

use super::fixtures::*;
use super::member::Standing;
use super::*;
use crate::job::{Outcome, Phase};
use proptest::prelude::*;

/// Something that happens. The number chooses the member.
#[derive(Clone, Debug)]
enum Event {
    Moves(usize, Phase),
    Ends(usize, Outcome, bool),
    Sign(usize),
    Passes(u16),
    Wants(Wish),
}

fn event() -> impl Strategy<Value = Event> {
    let phase =
        prop_oneof![Just(Phase::Switching), Just(Phase::Running), Just(Phase::Restoring), Just(Phase::Held)];
    let outcome = prop_oneof![
        4 => Just(Outcome::Succeeded),
        1 => Just(Outcome::Found),
        1 => Just(Outcome::Failed),
        1 => Just(Outcome::Cancelled)
    ];
    prop_oneof![
        4 => (any::<usize>(), phase).prop_map(|(n, phase)| Event::Moves(n, phase)),
        6 => (any::<usize>(), outcome, proptest::bool::weighted(0.9)).prop_map(|(n, outcome, proven)| Event::Ends(n, outcome, proven)),
        1 => any::<usize>().prop_map(Event::Sign),
        3 => (0..700_u16).prop_map(Event::Passes),
        1 => prop_oneof![4 => Just(Wish::Pause), 8 => Just(Wish::Resume), 1 => Just(Wish::Cancel), 1 => Just(Wish::CancelAll)].prop_map(Event::Wants),
    ]
}

fn plan() -> impl Strategy<Value = RunPlan> {
    let size = prop_oneof![(1..6_u32).prop_map(Size::Machines), (1..=100_u32).prop_map(Size::Percent)];
    let stop = prop_oneof![(1..4_u32).prop_map(StopOn::Failures), (1..=100_u32).prop_map(StopOn::Percent)];
    let limit = || proptest::option::of(1..5_u32);
    (0..4_u32, proptest::option::of(size), 0..200_u32, proptest::option::of(stop), limit(), limit()).prop_map(
        |(canary, wave, pause_s, stop_on, in_all, per_site)| RunPlan {
            canary,
            wave,
            pause_s: if pause_s < 100 { 0 } else { pause_s },
            stop_on,
            at_once: AtOnce { in_all, per_site },
            no_show_s: 600,
            ..RunPlan::plain("inventory")
        },
    )
}

struct World {
    run: Run,
    members: Vec<Member>,
    now: i64,
}

impl World {
    /// Decides once, looks the laws up, stores. True when it wants to look again at once.
    fn decide(&mut self, wish: Option<Wish>) -> bool {
        let now = at(self.now);
        let facts = RunFacts { wish: wish.map(|what| Seen { at: now, what }) };
        let admission = admit(&self.run, &self.members, &facts, now);
        self.check(&admission);
        let again = admit(&self.run, &self.members, &facts, now);
        assert_eq!(admission, again, "deciding twice gives the same");
        store(&mut self.run, &mut self.members, &admission, now);
        admission.wake_at.is_some_and(|wake_at| wake_at <= now)
    }

    fn settle(&mut self, mut wish: Option<Wish>) {
        for _ in 0..500 {
            if !self.decide(wish.take()) {
                return;
            }
        }
        panic!("it never comes to rest: {:?}", self.run);
    }

    fn standing(&self, member: &Member) -> Option<Standing> {
        member.job().map(|job| job.standing(self.run.plan.no_show_s, at(self.now)))
    }

    fn check(&self, admission: &Admission) {
        self.nothing_starts_above_the_limits(admission);
        self.nothing_starts_unless_it_runs(admission);
        self.waves_come_in_their_order(admission);
        self.a_stop_is_a_stop(admission);
        self.it_waits_for_something_or_is_over(admission);
    }

    fn nothing_starts_above_the_limits(&self, admission: &Admission) {
        if admission.start.is_empty() {
            return;
        }
        let under_way = |site: Option<&str>| {
            let at_site = |member: &&Member| site.is_none_or(|site| member.site == site);
            let taken = |member: &&Member| {
                self.standing(member) == Some(Standing::UnderWay) || admission.start.contains(&member.machine)
            };
            self.members.iter().filter(at_site).filter(taken).count()
        };
        let within = |limit: Option<u32>, n: usize| {
            assert!(limit.is_none_or(|limit| n <= limit as usize), "{n} > {limit:?}")
        };
        within(self.run.plan.at_once.in_all, under_way(None));
        let starts_at =
            |site: &str| self.members.iter().any(|m| m.site == site && admission.start.contains(&m.machine));
        for site in ["berlin", "porto"].into_iter().filter(|site| starts_at(site)) {
            within(self.run.plan.at_once.per_site, under_way(Some(site)));
        }
    }

    fn nothing_starts_unless_it_runs(&self, admission: &Admission) {
        let runs = self.run.state == RunState::Running && admission.run.state == RunState::Running;
        assert!(admission.start.is_empty() || (runs && !self.run.is_over()), "{admission:?}");
        let cancelled = self.run.state == RunState::Cancelled;
        assert!(!cancelled || admission.run.state == RunState::Cancelled, "cancelled is final");
    }

    fn waves_come_in_their_order(&self, admission: &Admission) {
        for machine in &admission.start {
            let member = self.members.iter().find(|member| member.machine == *machine).unwrap();
            assert!(member.waits());
            for earlier in self.members.iter().filter(|earlier| earlier.wave < member.wave) {
                let standing = self.standing(earlier);
                assert!(
                    !earlier.waits() && standing != Some(Standing::UnderWay),
                    "{earlier:?} before {member:?}"
                );
                assert!(earlier.wave > 0 || standing != Some(Standing::NoShow), "the canary must really end");
            }
        }
    }

    fn a_stop_is_a_stop(&self, admission: &Admission) {
        let Some(stop) = self.run.plan.stop_on else { return };
        let count = |wanted: &[Standing]| {
            let counts = |member: &&Member| {
                !member.forgiven && self.standing(member).is_some_and(|s| wanted.contains(&s))
            };
            self.members.iter().filter(counts).count()
        };
        let failed = count(&[Standing::Failed, Standing::Held]);
        let ended = failed + count(&[Standing::Well]);
        let too_many = match stop {
            StopOn::Failures(n) => failed >= n as usize,
            StopOn::Percent(n) => failed > 0 && failed * 100 >= ended * n as usize,
        };
        assert!(!too_many || admission.start.is_empty(), "{failed} of {ended} failed: {admission:?}");
    }

    fn it_waits_for_something_or_is_over(&self, admission: &Admission) {
        let over = admission.run.is_over();
        assert_eq!((admission.wake_at.is_none(), admission.waiting.is_none()), (over, over), "{admission:?}");
        if let Some(waiting) = &admission.waiting {
            assert!(!waiting.awaits.is_empty() && !waiting.then.is_empty());
        }
        if over {
            assert!(self.members.iter().all(Member::has_ended));
        }
    }

    fn open_job(&mut self, n: usize) -> Option<&mut JobSeen> {
        let open: Vec<usize> = (0..self.members.len())
            .filter(|n| self.members[*n].job().is_some_and(|job| job.phase != Phase::Closed))
            .collect();
        let n = *open.get(n.checked_rem(open.len())?)?;
        match &mut self.members[n].state {
            MemberState::Job(job) => Some(job),
            _ => None,
        }
    }

    fn happen(&mut self, event: &Event) {
        let now = at(self.now);
        let mut wish = None;
        match event {
            Event::Moves(n, phase) => {
                if let Some(job) = self.open_job(*n) {
                    (job.phase, job.since) = (*phase, now);
                }
            }
            Event::Ends(n, outcome, proven) => {
                if let Some(job) = self.open_job(*n) {
                    (job.phase, job.outcome, job.proven, job.since) =
                        (Phase::Closed, Some(*outcome), *proven, now);
                }
            }
            Event::Sign(n) => {
                if let Some(job) = self.open_job(*n) {
                    job.sign = Some(now);
                }
            }
            Event::Passes(seconds) => self.now += i64::from(*seconds),
            Event::Wants(wanted) => wish = Some(*wanted),
        }
        self.settle(wish);
    }

    /// All jobs end well, whatever pauses pass, and a person resumes what stands still.
    fn finish(&mut self) {
        for _ in 0..10_000 {
            if self.run.is_over() {
                return;
            }
            self.happen(&Event::Ends(0, Outcome::Succeeded, true));
            self.happen(&Event::Passes(200));
            if matches!(self.run.state, RunState::Paused | RunState::Stopped) {
                self.happen(&Event::Wants(Wish::Resume));
            }
        }
        panic!("it never ends: {:?} {:?}", self.run, self.members);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn the_laws_hold_whatever_happens_and_every_run_can_be_brought_to_an_end(
        plan in plan(), machines in 0..18_usize, events in proptest::collection::vec(event(), 0..60)
    ) {
        let mut world = World { run: run(plan.clone()), members: members(&plan, machines), now: 0 };
        world.settle(None);
        for event in &events {
            world.happen(event);
        }
        world.finish();
        prop_assert!(world.members.iter().all(Member::has_ended));
        let skipped = world.members.iter().filter(|member| member.state == MemberState::Skipped).count();
        prop_assert!(skipped == 0 || world.run.state == RunState::Cancelled);
    }
}
