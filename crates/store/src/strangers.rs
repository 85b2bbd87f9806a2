//! Machines that asked on the wire and that nobody told us of: to be adopted, or to stay strangers.

use crate::{Result, Store};
use pitstop_domain::Time;
use pitstop_domain::net::Mac;

impl Store {
    /// A stranger asked, in this way ("UEFI PXE").
    pub async fn saw_stranger(&self, mac: Mac, asked: &str, now: Time) -> Result<()> {
        sqlx::query(
            "insert into strangers (mac, asked, at) values ($1, $2, $3) \
             on conflict (mac) do update set asked = excluded.asked, at = excluded.at, times = strangers.times + 1",
        )
        .bind(mac.to_string())
        .bind(asked)
        .bind(now)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
