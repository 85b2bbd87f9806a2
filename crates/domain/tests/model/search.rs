//! Breadth first through all states that can be reached, so that the first breach found is a shortest one.

use super::case::Case;
use super::laws;
use super::moves::{Label, Moves, Next};
use super::normal::normalize;
use super::state::State;
use foldhash::quality::FixedState;
use std::collections::HashMap;
use std::fmt::Write;
use std::hash::BuildHasher;

/// More would not fit into a test.
const MOST_STATES: usize = 20_000_000;

/// How a search went.
#[derive(Debug)]
pub struct Found {
    pub states: usize,
    pub depth: usize,
    /// Runs that came to an end, by how they ended.
    pub ends: usize,
    pub closed: usize,
    pub held: usize,
    pub breach: Option<Breach>,
}

/// A law that broke, and the shortest way there.
#[derive(Debug)]
pub struct Breach {
    pub law: &'static str,
    pub story: String,
}

/// States are remembered by 64 bits: among ten million, two that are taken for one are less likely than one in 300,000.
fn hash(state: &State) -> u64 {
    FixedState::default().hash_one(state)
}

pub fn search(case: &Case) -> Found {
    let mut start = case.start();
    normalize(case, &mut start);
    let mut seen = HashMap::with_hasher(FixedState::default());
    seen.insert(hash(&start), 0_u32);
    let mut parents: Vec<(u32, Label)> = vec![(0, Label("start", 0))];
    let mut roads = Roads::default();
    let mut level = vec![(0_u32, start)];
    let mut found = Found { states: 1, depth: 0, ends: 0, closed: 0, held: 0, breach: None };
    let breach = |law, parents: &[_], at| Some(Breach { law, story: tell(case, &path(parents, at)) });
    while !level.is_empty() {
        let mut deeper = vec![];
        for (index, state) in &level {
            let (nexts, goes_on) = Moves::of(case, state);
            if !goes_on {
                found.count(state);
                roads.ends.push(*index);
                if let Some(law) = laws::in_the_end(case, state) {
                    found.breach = breach(law, &parents, *index);
                    return found;
                }
            }
            for Next { label, state: next, breach: broke, by_itself } in nexts {
                let new = u32::try_from(parents.len()).unwrap();
                let to = *seen.entry(hash(&next)).or_insert(new);
                if by_itself {
                    roads.all.push((to, *index));
                }
                if to != new && broke.is_none() {
                    continue;
                }
                parents.push((*index, label));
                if let Some(law) = broke.or_else(|| laws::in_every_state(&next)) {
                    found.breach = breach(law, &parents, new);
                    return found;
                }
                deeper.push((new, next));
            }
        }
        found.states = parents.len();
        assert!(found.states < MOST_STATES, "{}: too many states: {found:?}", case.name);
        found.depth += usize::from(!deeper.is_empty());
        level = deeper;
    }
    let lost = roads.first_without_an_end(found.states);
    found.breach = lost.and_then(|at| breach("a run that never ends", &parents, at));
    found
}

/// What leads where by itself: from every state an end must be reached, whatever went wrong before.
#[derive(Default)]
struct Roads {
    /// To a state, from a state.
    all: Vec<(u32, u32)>,
    ends: Vec<u32>,
}

impl Roads {
    fn first_without_an_end(mut self, states: usize) -> Option<u32> {
        self.all.sort_unstable();
        let mut reaches = vec![false; states];
        let mut left = self.ends;
        while let Some(at) = left.pop() {
            if !std::mem::replace(&mut reaches[at as usize], true) {
                let first = self.all.partition_point(|(to, _)| *to < at);
                left.extend(self.all[first..].iter().take_while(|(to, _)| *to == at).map(|(_, from)| *from));
            }
        }
        reaches.iter().position(|reaches| !reaches).map(|at| at as u32)
    }
}

impl Found {
    fn count(&mut self, state: &State) {
        use pitstop_domain::job::Phase;
        self.ends += 1;
        self.closed += usize::from(state.jobs.iter().all(|row| row.phase == Phase::Closed));
        self.held += usize::from(state.jobs.iter().any(|row| row.phase == Phase::Held));
    }
}

fn path(parents: &[(u32, Label)], to: u32) -> Vec<Label> {
    let mut labels = vec![];
    let mut at = to;
    while at != 0 {
        let (parent, label) = parents[at as usize];
        labels.push(label);
        at = parent;
    }
    labels.reverse();
    labels
}

/// The same moves once more, with what they led to.
fn tell(case: &Case, labels: &[Label]) -> String {
    let mut state = case.start();
    normalize(case, &mut state);
    let mut story = format!("{}\n      {}\n", case.name, line(&state));
    for (at, label) in labels.iter().enumerate() {
        let (nexts, _) = Moves::of(case, &state);
        let next = nexts.into_iter().find(|next| next.label == *label).unwrap();
        state = next.state;
        let _ = writeln!(story, "{:>4}. {} ({})\n      {}", at + 1, label.0, label.1, line(&state));
    }
    story
}

fn line(state: &State) -> String {
    let jobs: Vec<String> = state
        .jobs
        .iter()
        .map(|row| {
            let boots = (row.boot_before, row.boot_attempt, row.boot_maintenance);
            let since = (row.phase_since, row.attempt_since);
            format!(
                "{} {} since {since:?} boots {boots:?} wake {:?}",
                row.phase.name(),
                row.attempt,
                row.wake_at
            )
        })
        .collect();
    let calls: Vec<String> =
        state.calls.iter().map(|call| format!("{:?} {:?} of {}", call.rung, call.state, call.job)).collect();
    format!(
        "{:>4} {:?} | {} | {:?} | calls {calls:?} | assigned {:?}",
        state.now,
        state.machine,
        jobs.join("; "),
        state.facts,
        state.assignment
    )
}
