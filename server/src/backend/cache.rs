//! What looks at every machine is asked once for all who look at the same time, and kept for a moment: so a hundred open
//! pages of a large fleet cost as much as one.

use super::glance::{Glance, glance};
use pitstop_domain::query::complete::Values;
use pitstop_domain::query::{Group, Query, Scope};
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
const MOST: usize = 256;

/// What was read a moment ago.
#[derive(Default)]
pub(super) struct Cache {
    glances: Kept<(String, Scope, Group), Glance>,
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
        let counted = match group {
            // A machine stands with each of its labels, and is one: how many there are says the map by site, which is
            // asked for anyway where nothing is searched for.
            Group::Label => Some(self.kept(store, query, scope, Group::Site, None).await?),
            _ => None,
        };
        self.kept(store, query, scope, group, counted).await
    }

    async fn kept(
        &self,
        store: &Store,
        query: &Query,
        scope: &Scope,
        group: Group,
        counted: Option<Glance>,
    ) -> Result<Glance> {
        let key = (query.to_string(), scope.clone(), group);
        self.glances.get(key, GLANCE, || glance(store, query, scope, group, counted)).await
    }

    pub(super) async fn values(&self, store: &Store, scope: &Scope) -> Result<Values> {
        self.values.get(scope.clone(), VALUES, || store.fleet_values(scope)).await
    }

    /// Somebody changed machines, and wants to see it.
    pub(super) fn forget(&self) {
        self.glances.forget();
        self.values.forget();
    }
}

/// When a value was read. The lock is held while it is read, so that others wait for it instead of asking too.
type Slot<V> = Arc<tokio::sync::Mutex<Option<(Instant, V)>>>;

struct Kept<K, V>(Mutex<HashMap<K, Slot<V>>>);

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Kept<K, V> {
    async fn get<F: Future<Output = Result<V>>>(
        &self,
        key: K,
        keep: Duration,
        read: impl FnOnce() -> F,
    ) -> Result<V> {
        let slot = self.slot(key);
        let mut slot = slot.lock().await;
        if let Some((_, value)) = slot.as_ref().filter(|(at, _)| at.elapsed() < keep) {
            return Ok(value.clone());
        }
        let value = read().await?;
        *slot = Some((Instant::now(), value.clone()));
        Ok(value)
    }

    fn slot(&self, key: K) -> Slot<V> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MOST {
            slots.clear();
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
            kept.get(key, Duration::from_secs(60), || async {
                tokio::task::yield_now().await;
                Ok(read.fetch_add(1, Ordering::Relaxed))
            })
        };
        let (a, b, c) = tokio::join!(ask(1), ask(1), ask(2));
        let (a, b, c) = (a.unwrap(), b.unwrap(), c.unwrap());
        assert!(a == b && a != c, "{a} {b} {c}");
        kept.forget();
        assert_eq!(ask(1).await.unwrap(), 2);
    }
}
