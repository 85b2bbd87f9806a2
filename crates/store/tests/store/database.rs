//! A database of its own for a test, on the PostgreSQL that `cargo xtask test` starts (`DATABASE_URL`).

use sqlx::{Connection, Executor, PgConnection};

/// Makes an empty database and gives its URL. It goes with the PostgreSQL that the tests started.
pub async fn own_database() -> String {
    let url = std::env::var("DATABASE_URL")
        .expect("DATABASE_URL names the tests' PostgreSQL: run them by `cargo xtask test`");
    let name = format!("test_{}", uuid::Uuid::now_v7().simple());
    let mut admin = PgConnection::connect(&url).await.expect("the tests' PostgreSQL answers");
    admin
        .execute(sqlx::AssertSqlSafe(format!("create database {name}")))
        .await
        .expect("a database can be made");
    with_database(&url, &name)
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
