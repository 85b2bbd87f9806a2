//! Sign-ins that were started and are on their way to the identity provider.

use super::token;
use crate::{Result, Store};
use chrono::TimeDelta;
use pitstop_domain::secret::Secret;
use sqlx::Row;

/// Time to sign in there, with a second factor.
pub const LASTS: TimeDelta = TimeDelta::minutes(10);
/// Anybody can begin; what lies here does not grow with that. The oldest go first.
const MOST: i64 = 10_000;

/// What whoever started it holds, and what goes to the provider.
#[derive(Clone, Debug)]
pub struct Started {
    /// In the address; comes back with the answer.
    pub state: Secret,
    /// In a cookie: nobody else's browser can bring the answer.
    pub browser: Secret,
}

/// What is needed when it comes back.
#[derive(Clone, Debug)]
pub struct Back {
    pub nonce: Secret,
    pub verifier: Secret,
    /// Where they wanted to go.
    pub next: String,
}

impl Store {
    /// Remembers that a sign-in is on its way, for [`LASTS`].
    pub async fn start_sign_in(&self, nonce: &Secret, verifier: &Secret, next: &str) -> Result<Started> {
        let (now, started) = (self.now(), Started { state: token::new(), browser: token::new() });
        let over = "delete from started_sign_ins where expires_at < $1 or expires_at <= \
                    (select expires_at from started_sign_ins order by expires_at desc offset $2 limit 1)";
        sqlx::query(over).bind(now).bind(MOST - 1).execute(&self.pool).await?;
        let sql = "insert into started_sign_ins (state, browser, nonce, verifier, next, expires_at) \
                   values ($1, $2, $3, $4, $5, $6)";
        sqlx::query(sql)
            .bind(token::digest(started.state.expose()))
            .bind(token::digest(started.browser.expose()))
            .bind(nonce.expose())
            .bind(verifier.expose())
            .bind(next)
            .bind(now + LASTS)
            .execute(&self.pool)
            .await?;
        Ok(started)
    }

    /// Takes it up, once: the same state is nothing the second time, whatever came of the first. `None`: it was not
    /// started, not by this browser, is over, or was taken up.
    pub async fn take_sign_in(&self, state: &str, browser: &str) -> Result<Option<Back>> {
        let sql = "delete from started_sign_ins where state = $1 and browser = $2 and expires_at > $3 \
                   returning nonce, verifier, next";
        let row = sqlx::query(sql)
            .bind(token::digest(state))
            .bind(token::digest(browser))
            .bind(self.now())
            .fetch_optional(&self.pool)
            .await?;
        let read = |row: sqlx::postgres::PgRow| -> Result<Back> {
            let secret = |name| row.try_get::<String, _>(name).map(Secret::new);
            Ok(Back { nonce: secret("nonce")?, verifier: secret("verifier")?, next: row.try_get("next")? })
        };
        row.map(read).transpose()
    }
}
