//! Secrets of power routes, sealed: AES-256-GCM (NIST SP 800-38D) under a key derived from the server's key, which
//! lies in a file outside the database ([`Keys`]).
//!
//! A row is bound to its id and its machine (associated data), so that whoever can write to the database cannot
//! make one board's password go to another.

use crate::{Error, Keys, Result, Store};
use aes_gcm::aead::array::Array;
use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use pitstop_domain::id::{MachineId, SecretId};
use pitstop_domain::route::Route;
pub use pitstop_domain::secret::Secret;
use sqlx::Row;
use sqlx::types::Json;

/// AES-256-GCM, nonce by chance. 2^32 sealings under one key are safe (SP 800-38D §8.3); people type fewer.
const FORMAT: i16 = 1;

impl Store {
    /// Seals a secret of a machine. One that has this id and is the same machine's is replaced.
    ///
    /// # Errors
    /// [`Error::Refused`] when the id is another machine's; [`Error::NotFound`] when there is no such machine.
    pub async fn put_secret(
        &self,
        keys: &Keys,
        machine: MachineId,
        id: SecretId,
        secret: &Secret,
    ) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        put(&mut tx, keys, machine, id, secret).await?;
        Ok(tx.commit().await?)
    }

    /// Stores a machine's ladder with the secrets that are new in it, and removes those that no route of the
    /// machine and no open job needs any more. All of it, or nothing.
    ///
    /// # Errors
    /// [`Error::Refused`] when a route names a secret that is not this machine's.
    pub async fn set_routes_with_secrets(
        &self,
        keys: &Keys,
        machine: MachineId,
        routes: &[Route],
        secrets: &[(SecretId, Secret)],
    ) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        crate::machines::lock(&mut tx, machine).await?;
        for (id, secret) in secrets {
            put(&mut tx, keys, machine, *id, secret).await?;
        }
        all_are_of(&mut tx, machine, routes).await?;
        let sql = "update machines set routes = $2, version = version + 1 where id = $1";
        sqlx::query(sql).bind(machine.0).bind(Json(routes)).execute(&mut *tx).await?;
        remove_unused(&mut tx, machine).await?;
        crate::machines::changed(&mut tx, machine).await?;
        Ok(tx.commit().await?)
    }

    /// Opens a secret, for the moment in which a route needs it.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is not there or is another machine's; [`Error::Refused`] when it does not open:
    /// the server's key is another one than it was sealed with, or the row was changed.
    pub async fn open_secret(&self, keys: &Keys, machine: MachineId, id: SecretId) -> Result<Secret> {
        let sql = "select nonce, sealed from secrets where id = $1 and machine_id = $2";
        let row = sqlx::query(sql).bind(id.0).bind(machine.0).fetch_optional(&self.pool).await?;
        let row = row.ok_or(Error::NotFound("secret of this machine: set its password or key again"))?;
        let (nonce, sealed): (Vec<u8>, Vec<u8>) = (row.try_get("nonce")?, row.try_get("sealed")?);
        let nonce: [u8; 12] = nonce.try_into().map_err(|_| does_not_open(id))?;
        let aad = bound_to(machine, id);
        let plain = cipher(keys)
            .decrypt(&Array::from(nonce), Payload { msg: &sealed, aad: &aad })
            .map_err(|_| does_not_open(id))?;
        String::from_utf8(plain).map(Secret::new).map_err(|_| does_not_open(id))
    }

    /// Removes a secret. True when it was there.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_secret(&self, machine: MachineId, id: SecretId) -> Result<bool> {
        let sql = "delete from secrets where id = $1 and machine_id = $2";
        let done = sqlx::query(sql).bind(id.0).bind(machine.0).execute(&self.pool).await?;
        Ok(done.rows_affected() > 0)
    }

    /// Removes a machine's secrets that none of its routes and no plan of its open jobs names. Gives how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn remove_unused_secrets(&self, machine: MachineId) -> Result<u64> {
        let mut tx = self.pool.begin().await?;
        crate::machines::lock(&mut tx, machine).await?;
        let removed = remove_unused(&mut tx, machine).await?;
        tx.commit().await?;
        Ok(removed)
    }
}

async fn put(
    tx: &mut sqlx::PgTransaction<'_>,
    keys: &Keys,
    machine: MachineId,
    id: SecretId,
    secret: &Secret,
) -> Result<()> {
    let nonce: [u8; 12] = rand::random();
    let payload = Payload { msg: secret.expose().as_bytes(), aad: &bound_to(machine, id) };
    let sealed = cipher(keys)
        .encrypt(&Array::from(nonce), payload)
        .map_err(|_| Error::Refused("the secret is too long to be sealed".to_owned()))?;
    let sql = "insert into secrets (id, machine_id, format, nonce, sealed) \
               select $1, id, $3, $4, $5 from machines where id = $2 \
               on conflict (id) do update set nonce = $4, sealed = $5, format = $3, changed_at = now() \
               where secrets.machine_id = $2";
    let done = sqlx::query(sql)
        .bind(id.0)
        .bind(machine.0)
        .bind(FORMAT)
        .bind(&nonce[..])
        .bind(sealed)
        .execute(&mut **tx)
        .await?;
    if done.rows_affected() == 1 {
        return Ok(());
    }
    let sql = "select exists (select 1 from machines where id = $1)";
    match sqlx::query_scalar(sql).bind(machine.0).fetch_one(&mut **tx).await? {
        true => Err(another_machines(id)),
        false => Err(Error::NotFound("machine")),
    }
}

/// Seals what belongs to something else than a machine; `subject` names what, and is not that of anything else.
pub(crate) fn seal(keys: &Keys, subject: &[u8], secret: &Secret) -> Result<([u8; 12], Vec<u8>)> {
    let nonce: [u8; 12] = rand::random();
    let payload = Payload { msg: secret.expose().as_bytes(), aad: subject };
    let sealed = cipher(keys).encrypt(&Array::from(nonce), payload);
    Ok((nonce, sealed.map_err(|_| Error::Refused("the secret is too long to be sealed".to_owned()))?))
}

/// `None`: it was sealed with another key, or for something else.
pub(crate) fn unseal(keys: &Keys, subject: &[u8], nonce: &[u8], sealed: &[u8]) -> Option<Secret> {
    let nonce: [u8; 12] = nonce.try_into().ok()?;
    let plain = cipher(keys).decrypt(&Array::from(nonce), Payload { msg: sealed, aad: subject }).ok()?;
    String::from_utf8(plain).ok().map(Secret::new)
}

/// A route must not borrow another machine's password: its board's address would be told it.
async fn all_are_of(tx: &mut sqlx::PgTransaction<'_>, machine: MachineId, routes: &[Route]) -> Result<()> {
    let sql = "select exists (select 1 from secrets where id = $1 and machine_id = $2)";
    for id in routes.iter().flat_map(Route::secrets) {
        if !sqlx::query_scalar::<_, bool>(sql).bind(id.0).bind(machine.0).fetch_one(&mut **tx).await? {
            return Err(another_machines(id));
        }
    }
    Ok(())
}

/// A plan keeps its routes as they were, so an open job may need a secret that the machine's ladder has no more.
async fn remove_unused(tx: &mut sqlx::PgTransaction<'_>, machine: MachineId) -> Result<u64> {
    let machines = "select routes from machines where id = $1";
    let plans = "select plan -> 'routes' from jobs where machine_id = $1 and phase <> 'closed'";
    let mut used = Vec::new();
    for sql in [machines, plans] {
        let rows: Vec<Json<Vec<Route>>> =
            sqlx::query_scalar(sql).bind(machine.0).fetch_all(&mut **tx).await?;
        used.extend(rows.iter().flat_map(|routes| &routes.0).flat_map(Route::secrets).map(|id| id.0));
    }
    let sql = "delete from secrets where machine_id = $1 and id <> all($2)";
    Ok(sqlx::query(sql).bind(machine.0).bind(used).execute(&mut **tx).await?.rows_affected())
}

fn cipher(keys: &Keys) -> Aes256Gcm {
    Aes256Gcm::new(&Array::from(keys.sealing_key()))
}

/// Both are of fixed length, so that no two pairs give the same bytes.
fn bound_to(machine: MachineId, id: SecretId) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(machine.0.as_bytes());
    bytes[16..].copy_from_slice(id.0.as_bytes());
    bytes
}

fn does_not_open(id: SecretId) -> Error {
    Error::Refused(format!(
        "the secret {id} does not open: the server's key is not the one it was sealed with, or its row was changed. \
         Bring the former key file back, or set the password or key again"
    ))
}

fn another_machines(id: SecretId) -> Error {
    Error::Refused(format!("the secret {id} is not one of this machine's: set its password or key again"))
}
