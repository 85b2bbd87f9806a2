//! What looks at every machine is asked once for all who look at the same time, and kept for a moment: so a hundred open
//! pages of a large fleet cost as much as one.

use super::glance::{Glance, glance};
use pitstop_domain::id::MachineId;
use pitstop_domain::query::complete::Values;
use pitstop_domain::query::{Group, Query, Scope, Sort};
use pitstop_store::fleet::Wanted;
use pitstop_store::{Result, Store};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Pages of a list refresh every second and a half; a count may lag behind by as much.
const GLANCE: Duration = Duration::from_millis(1500);
/// Sites and labels change seldom, and what is offered while typing may lag behind.
const VALUES: Duration = Duration::from_secs(15);
/// Searches that are kept at once; a fleet's people do not ask more at the same moment.
const MANY: usize = 256;
/// Orders that are kept at once: of a hundred thousand machines, one has 1.6 MB.
const MOST_ORDERS: usize = 16;

/// What was read a moment ago.
#[derive(Default)]
pub(super) struct Cache {
    glances: Kept<(String, Scope, Group), Glance>,
    orders: Kept<(String, Scope, Sort), Arc<[MachineId]>, MOST_ORDERS>,
    values: Kept<Scope, Values>,
}

impl Cache {
    pub(super) async fn glance(
        &self,
        store: &Store,
        query: &Query,
        scope: &Scope,
        group: Group,
    ) -> Result<Glance> {
        let key = |group| (query.to_string(), scope.clone(), group);
        let plain = |group| {
            self.glances
                .get(key(group), GLANCE, Instant::now(), move || glance(store, query, scope, group, None))
        };
        if group != Group::Label {
            return Ok(plain(group).await?.1);
        }
        // A machine stands with each of its labels, and is one: how many there are says the map by site, which is asked for
        // anyway where nothing is searched for. What is made of it is as old as that.
        let (counted_at, counted) = plain(Group::Site).await?;
        let by_label = || glance(store, query, scope, group, Some(counted));
        Ok(self.glances.get(key(group), GLANCE, counted_at, by_label).await?.1)
    }

    /// All machines that are meant, in an order that no index has: a page of them is a part of that.
    pub(super) async fn order(
        &self,
        store: &Store,
        wanted: &Wanted<'_>,
        sort: Sort,
    ) -> Result<Arc<[MachineId]>> {
        let key = (wanted.query.to_string(), wanted.scope.clone(), sort);
        let order = self
            .orders
            .get(key, GLANCE, Instant::now(), || async { Ok(store.fleet_order(wanted, sort).await?.into()) });
        Ok(order.await?.1)
    }

    pub(super) async fn values(&self, store: &Store, scope: &Scope) -> Result<Values> {
        let values = self.values.get(scope.clone(), VALUES, Instant::now(), || store.fleet_values(scope));
        Ok(values.await?.1)
    }

    /// Somebody changed machines, and wants to see it.
    pub(super) fn forget(&self) {
        self.glances.forget();
        self.orders.forget();
        self.values.forget();
    }
}

/// When a value was read. The lock is held while it is read, so that others wait for it instead of asking too.
type Slot<V> = Arc<tokio::sync::Mutex<Option<(Instant, V)>>>;

struct Kept<K, V, const MOST: usize = MANY>(Mutex<HashMap<K, Slot<V>>>);

impl<K, V, const MOST: usize> Default for Kept<K, V, MOST> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone, const MOST: usize> Kept<K, V, MOST> {
    /// The value, and since when it is known: read anew from `now` on, where what is kept is older than `keep`. What happens
    /// while it is read may not be in it, so it is as old as the reading's beginning.
    async fn get<F: Future<Output = Result<V>>>(
        &self,
        key: K,
        keep: Duration,
        now: Instant,
        read: impl FnOnce() -> F,
    ) -> Result<(Instant, V)> {
        let slot = self.slot(key);
        let mut slot = slot.lock().await;
        if let Some(kept) = slot.as_ref().filter(|(at, _)| at.elapsed() < keep) {
            return Ok(kept.clone());
        }
        let read = (now, read().await?);
        *slot = Some(read.clone());
        Ok(read)
    }

    fn slot(&self, key: K) -> Slot<V> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !slots.contains_key(&key) && slots.len() >= MOST {
            // What is being read stays, for those who wait for it.
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        slots.entry(key).or_default().clone()
    }

    fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn those_who_ask_at_once_are_answered_by_one_reading() {
        let (kept, read) = (Kept::<u8, u32>::default(), AtomicU32::new(0));
        let ask = |key| {
            kept.get(key, Duration::from_secs(60), Instant::now(), || async {
                tokio::task::yield_now().await;
                Ok(read.fetch_add(1, Ordering::Relaxed))
            })
        };
        let (a, b, c) = tokio::join!(ask(1), ask(1), ask(2));
        let (a, b, c) = (a.unwrap().1, b.unwrap().1, c.unwrap().1);
        assert!(a == b && a != c, "{a} {b} {c}");
        kept.forget();
        assert_eq!(ask(1).await.unwrap().1, 2);
    }

    #[tokio::test]
    async fn what_is_made_of_something_older_is_as_old_as_that() {
        let (kept, long_ago) = (Kept::<u8, u32>::default(), Instant::now() - Duration::from_secs(50));
        let ask = |from| kept.get(1, Duration::from_secs(60), from, || async { Ok(1) });
        assert_eq!(ask(long_ago).await.unwrap().0, long_ago);
        assert_eq!(
            ask(Instant::now()).await.unwrap().0,
            long_ago,
            "it is kept no longer for having been made of it late"
        );
    }
}
