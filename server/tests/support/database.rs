//! A database of its own for a test, on the PostgreSQL that `cargo xtask test` starts (`DATABASE_URL`).

#![allow(dead_code, reason = "each test is a crate of its own and uses a part")]

use pitstop_store::Store;
use sqlx::{Connection, Executor, PgConnection};

/// Makes a database with nothing in it but who the tests are, and gives its URL. It goes with the PostgreSQL that the
/// tests started.
pub async fn own_database() -> String {
    let url = std::env::var("DATABASE_URL")
        .expect("DATABASE_URL names the tests' PostgreSQL: run them by `cargo xtask test`");
    let name = format!("test_{}", uuid::Uuid::now_v7().simple());
    let mut admin = PgConnection::connect(&url).await.expect("the tests' PostgreSQL answers");
    admin
        .execute(sqlx::AssertSqlSafe(format!("create database {name}")))
        .await
        .expect("a database can be made");
    let url = with_database(&url, &name);
    let_tests_in(&Store::open(&url).await.expect("the database can be filled")).await;
    url
}

/// The same server, another database.
fn with_database(url: &str, name: &str) -> String {
    let (base, query) = url.split_once('?').map_or((url, None), |(base, query)| (base, Some(query)));
    let authority = base.find("://").map_or(0, |at| at + 3);
    let end = base[authority..].find('/').map_or(base.len(), |at| authority + at);
    match query {
        Some(query) => format!("{}/{name}?{query}", &base[..end]),
        None => format!("{}/{name}", &base[..end]),
    }
}

/// What the tests show the interface for programs, as an administrator would.
pub const BEARER: &str = "Bearer pitstop_of_the_tests";

/// Lets [`BEARER`] in.
pub async fn let_tests_in(store: &Store) {
    let sql = "with person as (insert into people (id, name, title, grants, created_at) \
               values (gen_random_uuid(), 'tests', 'Tests', '[{\"role\": \"administrator\"}]', now()) returning id) \
               insert into tokens (id, person_id, name, prefix, token, role, created_at, expires_at) \
               select gen_random_uuid(), id, 'tests', 'pitstop_', sha256('pitstop_of_the_tests'), 'administrator', now(), \
               now() + interval '1 day' from person";
    store.pool().execute(sql).await.expect("the tests are let in");
}
