//! What programs ask for under a key of their own is done once (`Idempotency-Key`).

use crate::{Result, Store};
use chrono::TimeDelta;
use pitstop_domain::Time;
use pitstop_domain::id::PersonId;
use sqlx::Row;
use std::collections::BTreeMap;

/// How long an answer is kept.
const KEPT: TimeDelta = TimeDelta::days(1);

/// An answer as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

/// Where something that is asked under a key stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is asked for the first time: whoever asked does it.
    New,
    Answered(Answered),
    /// It was begun, and there is no answer: it is being done, or the server ended meanwhile.
    NoAnswer,
    /// Something else was asked under this key.
    Other,
}

impl Store {
    /// Begins what is asked under a key. What was asked days ago is forgotten.
    pub async fn begin_once(&self, by: PersonId, key: &str, asked: &[u8; 32], now: Time) -> Result<Begun> {
        sqlx::query("delete from asked_once where begun_at < $1")
            .bind(now - KEPT)
            .execute(&self.pool)
            .await?;
        let sql = "insert into asked_once (person_id, key, asked, begun_at) values ($1, $2, $3, $4) on conflict do nothing";
        let query = sqlx::query(sql).bind(by.0).bind(key).bind(asked.as_slice()).bind(now);
        if query.execute(&self.pool).await?.rows_affected() == 1 {
            return Ok(Begun::New);
        }
        let sql = "select asked, status, headers, body from asked_once where person_id = $1 and key = $2";
        let row = sqlx::query(sql).bind(by.0).bind(key).fetch_optional(&self.pool).await?;
        // It went this moment, since it could not be done.
        let Some(row) = row else { return Ok(Begun::NoAnswer) };
        if row.try_get::<Vec<u8>, _>("asked")? != asked {
            return Ok(Begun::Other);
        }
        let Some(status) = row.try_get::<Option<i32>, _>("status")? else { return Ok(Begun::NoAnswer) };
        Ok(Begun::Answered(Answered {
            status: u16::try_from(status).unwrap_or(500),
            headers: row.try_get::<sqlx::types::Json<_>, _>("headers")?.0,
            body: row.try_get::<Option<Vec<u8>>, _>("body")?.unwrap_or_default(),
        }))
    }

    /// It is done: this is the answer to whoever asks again.
    pub async fn answer_once(&self, by: PersonId, key: &str, answer: &Answered) -> Result<()> {
        let sql =
            "update asked_once set status = $3, headers = $4, body = $5 where person_id = $1 and key = $2";
        sqlx::query(sql)
            .bind(by.0)
            .bind(key)
            .bind(i32::from(answer.status))
            .bind(sqlx::types::Json(&answer.headers))
            .bind(&answer.body)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// It could not be tried: whoever asks again begins anew.
    pub async fn forget_once(&self, by: PersonId, key: &str) -> Result<()> {
        let sql = "delete from asked_once where person_id = $1 and key = $2 and status is null";
        sqlx::query(sql).bind(by.0).bind(key).execute(&self.pool).await?;
        Ok(())
    }
}
