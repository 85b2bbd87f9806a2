//! What the server functions for the fleet need of the backend. Plain functions: the reactive side is left before the
//! first `await`.

use super::address::{FleetQuery, encode};
use super::api::{CellName, Fleet, SavedView};
use crate::backend::backend;
use crate::serve::Reply;
use crate::{Failure, format};
use pitstop_domain::keep::{Change, name as named};

pub async fn fleet(query: FleetQuery) -> Result<Fleet, Failure> {
    backend()?.fleet(&query).await
}

pub async fn cell(q: &str, nth: u64) -> Result<Option<CellName>, Failure> {
    backend()?.cell(q, nth).await
}

pub async fn change(q: &str, what: &str, value: &str, expect: u64) -> Result<u64, Failure> {
    let (backend, reply) = (backend()?, Reply::here());
    let change = Change::read(what, value).map_err(|why| Failure::Refused(format::sentence(&why)))?;
    let changed = backend.change_machines(q, &change, expect).await?;
    reply.go_to(&format!("/act?q={}&changed={changed}", encode(q.trim())));
    Ok(changed)
}

pub async fn keep_view(name: &str, query: FleetQuery) -> Result<(), Failure> {
    let (backend, reply) = (backend()?, Reply::here());
    let name = named(name).map_err(|why| Failure::Refused(format::sentence(&why)))?;
    let back = query.href();
    backend.keep_view(&SavedView { id: 0, name, query }).await?;
    reply.back_to(&back);
    Ok(())
}

pub async fn drop_view(id: i64) -> Result<(), Failure> {
    let (backend, reply) = (backend()?, Reply::here());
    backend.drop_view(id).await?;
    reply.back_to("/");
    Ok(())
}
