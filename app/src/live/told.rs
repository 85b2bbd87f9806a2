//! What changed, numbered. A page says in its markup at which place it was drawn, and its stream tells what came after that:
//! what changed between the two is neither missed nor asked for in vain.

use pitstop_domain::event::Changed;
use std::collections::VecDeque;
use std::fmt::{self, Display};
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{Receiver, Sender, channel};

/// Changes that are kept for those who come: some seconds of a busy fleet. A browser that lags behind by more is told to
/// look at everything.
const KEPT: usize = 1024;

/// A place among what is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Of one process: another counts anew.
    life: u64,
    /// So many were told before.
    nth: u64,
}

impl Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{:x}", self.life, self.nth)
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (life, nth) = text.split_once('-').ok_or(())?;
        let number = |text| u64::from_str_radix(text, 16).map_err(drop);
        Ok(Self { life: number(life)?, nth: number(nth)? })
    }
}

/// One thing that is told, and the place behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    pub place: Place,
    /// `None`: it is not known what changed.
    pub changed: Option<Changed>,
}

/// All that is told in this process.
#[derive(Debug)]
pub struct Told {
    kept: Mutex<Kept>,
    sender: Sender<News>,
}

#[derive(Debug)]
struct Kept {
    now: Place,
    /// The last, up to now.
    last: VecDeque<News>,
}

impl Told {
    /// `life`: a number that no other process has.
    pub fn new(life: u64) -> Self {
        let kept = Kept { now: Place { life, nth: 0 }, last: VecDeque::new() };
        Self { kept: Mutex::new(kept), sender: channel(KEPT).0 }
    }

    /// Tells everybody. `None`: something changed, and it is not known what.
    pub fn tell(&self, changed: Option<Changed>) {
        let mut kept = self.kept();
        kept.now.nth += 1;
        let news = News { place: kept.now, changed };
        if kept.last.len() == KEPT {
            kept.last.pop_front();
        }
        kept.last.push_back(news.clone());
        // Under the lock: whoever comes hears it either here or from what is kept. No page open is no failure.
        drop(self.sender.send(news));
    }

    /// Where it is now. What is read after this shows all that was told before.
    pub fn place(&self) -> Place {
        self.kept().now
    }

    /// What is told after this place; all that changed at once, where nobody knows any more what came after it.
    pub fn since(self: &Arc<Self>, place: Option<Place>) -> Listening {
        let kept = self.kept();
        let rest = self.sender.subscribe();
        let before = match place.and_then(|place| kept.after(place)) {
            Some(before) => before,
            None => VecDeque::from([News { place: kept.now, changed: None }]),
        };
        Listening { told: self.clone(), before, rest }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn after(&self, place: Place) -> Option<VecDeque<News>> {
        let missed = self.now.nth.checked_sub(place.nth)?;
        let missed = usize::try_from(missed).ok().filter(|n| *n <= self.last.len())?;
        let known = place.life == self.now.life;
        known.then(|| self.last.range(self.last.len() - missed..).cloned().collect())
    }
}

/// Somebody who listens.
#[derive(Debug)]
pub struct Listening {
    told: Arc<Told>,
    before: VecDeque<News>,
    rest: Receiver<News>,
}

impl Listening {
    /// What is told next. Whoever was too slow is told that something changed.
    pub async fn next(&mut self) -> News {
        if let Some(news) = self.before.pop_front() {
            return news;
        }
        match self.rest.recv().await {
            Ok(news) => news,
            Err(RecvError::Lagged(_)) => News { place: self.told.place(), changed: None },
            // The sender is held here.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use pitstop_domain::event::Noun;

    fn job(id: usize) -> Option<Changed> {
        Some(Changed { kind: Noun::Job, id: id.to_string(), version: 1 })
    }

    /// All that is there to be told.
    fn heard(listening: &mut Listening) -> Vec<Option<Changed>> {
        std::iter::from_fn(|| listening.next().now_or_never()).map(|news| news.changed).collect()
    }

    #[test]
    fn whoever_was_drawn_at_a_place_is_told_what_came_after_it_and_nothing_else() {
        let told = Arc::new(Told::new(7));
        told.tell(job(1));
        let place: Place = told.place().to_string().parse().unwrap();
        assert_eq!(heard(&mut told.since(Some(place))), []);
        told.tell(job(2));
        let mut listening = told.since(Some(place));
        told.tell(job(3));
        assert_eq!(heard(&mut listening), [job(2), job(3)]);
        assert_eq!(heard(&mut told.since(Some(told.place()))), []);
    }

    #[test]
    fn whoever_comes_from_a_place_that_is_not_known_looks_at_everything() {
        let (told, other) = (Arc::new(Told::new(7)), Arc::new(Told::new(8)));
        let long_ago = told.place();
        for strange in [None, Some(other.place()), Some(Place { nth: 1, ..long_ago })] {
            assert_eq!(heard(&mut told.since(strange)), [None], "{strange:?}");
        }
        (0..=KEPT).for_each(|n| told.tell(job(n)));
        assert_eq!(heard(&mut told.since(Some(long_ago))), [None]);
        assert_eq!("nonsense".parse::<Place>(), Err(()));
    }

    #[test]
    fn whoever_is_too_slow_looks_at_everything_and_hears_on() {
        let told = Arc::new(Told::new(7));
        let mut slow = told.since(Some(told.place()));
        (0..2 * KEPT).for_each(|n| told.tell(job(n)));
        let heard = heard(&mut slow);
        assert_eq!((heard.first(), heard.last()), (Some(&None), Some(&job(2 * KEPT - 1))));
    }
}
