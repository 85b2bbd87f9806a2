//! Whoever calls the interface for programs. Handlers have no other way to the store.

use super::gate::{Deed, Fault, Gate, On};
use crate::api::{Api, Problem};
use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;
use pitstop_app::people::door::Entered;
use pitstop_domain::people::Right;
use pitstop_store::Store;

/// One caller.
pub struct Caller {
    gate: Gate,
}

impl Caller {
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// As [`Gate::read`].
    ///
    /// # Errors
    /// As there.
    pub async fn read(&self, right: Right, on: On) -> Result<&Store, Problem> {
        Ok(self.gate.read(right, on).await?)
    }

    /// As [`Gate::act`].
    ///
    /// # Errors
    /// As there.
    pub async fn act<'a, T, F>(
        &'a self,
        deed: Deed,
        work: impl FnOnce(&'a Store) -> F + Send,
    ) -> Result<T, Problem>
    where
        F: Future<Output = pitstop_store::Result<T>> + Send,
    {
        Ok(self.gate.act(deed, work).await?)
    }
}

impl<S: Sync> FromRequestParts<S> for Caller
where
    Api: FromRef<S>,
{
    type Rejection = Problem;

    /// Without the door before it, a route answers nobody.
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let entered = parts.extensions.get::<Entered>().ok_or_else(|| {
            Problem::from(Fault::NotAllowed("Nobody is signed in: show a token.".to_owned()))
        })?;
        Ok(Self { gate: Api::from_ref(state).gate(entered.who.clone(), entered.came_from.clone()) })
    }
}
