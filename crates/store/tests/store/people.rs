//! People: what they hold, how long it holds, and what is written down.

use super::database::own_database;
use chrono::TimeDelta;
use pitstop_domain::id::{MachineId, PersonId};
use pitstop_domain::people::{Grant, Role, Scope};
use pitstop_store::people::audit::{AuditFilter, Entry};
use pitstop_store::people::links::{Chosen, For};
use pitstop_store::people::token;
use pitstop_store::{Error, Store};
use uuid::Uuid;

const HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA";

async fn store() -> Store {
    Store::open(&own_database().await).await.unwrap()
}

fn entry(act: &str) -> Entry {
    Entry {
        who: "ada".into(),
        came_from: "192.0.2.7".into(),
        act: act.into(),
        what: act.into(),
        ..Entry::default()
    }
}

fn chosen(name: &str) -> Chosen {
    Chosen { name: name.into(), title: name.into(), hash: HASH.into() }
}

/// Somebody who may do everything, by the link of the first start.
async fn administrator(store: &Store, name: &str) -> (PersonId, String) {
    let link = store.add_link(None, None).await.unwrap();
    let used = store.use_link(link.expose(), &chosen(name), "192.0.2.7", "", |_| entry("join")).await;
    let (id, token) = used.unwrap();
    (id, token.expose().to_owned())
}

#[tokio::test]
async fn the_first_link_makes_an_administrator_once_and_ends_the_others_of_its_kind() {
    let store = store().await;
    assert!(!store.has_administrator().await.unwrap());
    let (first, second) =
        (store.add_link(None, None).await.unwrap(), store.add_link(None, None).await.unwrap());
    assert!(matches!(store.link(second.expose()).await.unwrap(), Some(For::Administrator)));
    let used = store.use_link(first.expose(), &chosen("ada"), "::1", "", |_| entry("join")).await.unwrap();
    assert!(store.has_administrator().await.unwrap());
    assert_eq!(store.session(used.1.expose()).await.unwrap().unwrap().person.name, "ada");
    for link in [first, second] {
        assert!(store.link(link.expose()).await.unwrap().is_none());
        let again = store.use_link(link.expose(), &chosen("eve"), "::1", "", |_| entry("join")).await;
        assert!(matches!(again, Err(Error::NotFound("link"))));
    }
}

#[tokio::test]
async fn a_new_link_of_a_person_ends_the_one_before() {
    let store = store().await;
    let person = store.add_person("ben", "Ben", &[], &entry("invite")).await.unwrap();
    let first = store.add_link(Some(person), Some(&entry("link"))).await.unwrap();
    let second = store.add_link(Some(person), Some(&entry("link"))).await.unwrap();
    assert!(store.link(first.expose()).await.unwrap().is_none());
    assert!(matches!(store.link(second.expose()).await.unwrap(), Some(For::Person(p)) if p.name == "ben"));
}

#[tokio::test]
async fn only_digests_of_tokens_are_stored() {
    let store = store().await;
    let (ada, session) = administrator(&store, "ada").await;
    let program =
        store.add_token(ada, "backup", Role::Viewer, TimeDelta::days(1), &entry("token")).await.unwrap();
    let link = store.add_link(Some(ada), None).await.unwrap();
    for table in ["people", "sessions", "links", "tokens", "audit"] {
        let sql = format!("select coalesce(string_agg(t::text, ' '), '') from {table} t");
        let text: String =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(store.pool()).await.unwrap();
        for secret in [session.as_str(), program.expose(), link.expose()] {
            let bytes = hex_of(secret.trim_start_matches(token::PREFIX));
            assert!(!text.contains(secret) && !text.contains(&bytes), "{table}");
        }
    }
}

fn hex_of(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn the_old_cookie_holds_until_the_new_one_was_used() {
    let store = store().await;
    let (_, old) = administrator(&store, "ada").await;
    let id = store.session(&old).await.unwrap().unwrap().id;
    let lost = store.change_session(id).await.unwrap();
    let seen = store.session(&old).await.unwrap().unwrap();
    assert!(seen.is_old, "its answer may be lost: the browser is given another");
    let new = store.change_session(id).await.unwrap();
    assert!(store.session(lost.expose()).await.unwrap().is_none(), "nobody has it");
    assert!(store.session(new.expose()).await.unwrap().is_some_and(|session| !session.is_old));
    assert!(store.session(&old).await.unwrap().is_some_and(|session| !session.is_old), "requests under way");
    let sql = "update sessions set previous_until = now() - interval '1 second'";
    sqlx::query(sql).execute(store.pool()).await.unwrap();
    assert!(store.session(&old).await.unwrap().is_none());
    assert!(store.session(new.expose()).await.unwrap().is_some());
}

#[tokio::test]
async fn a_session_ends_when_nobody_uses_it_and_after_a_week_in_any_case() {
    let store = store().await;
    let (_, token) = administrator(&store, "ada").await;
    for (sql, holds) in [
        ("update sessions set seen_at = now() - interval '11 hours'", true),
        ("update sessions set seen_at = now() - interval '13 hours'", false),
        ("update sessions set seen_at = now(), expires_at = now() - interval '1 second'", false),
    ] {
        sqlx::query(sql).execute(store.pool()).await.unwrap();
        assert_eq!(store.session(&token).await.unwrap().is_some(), holds, "{sql}");
    }
}

#[tokio::test]
async fn whoever_is_locked_out_holds_nothing_any_more() {
    let store = store().await;
    administrator(&store, "ada").await;
    let (ben, session) = administrator(&store, "ben").await;
    let token = store.add_token(ben, "x", Role::Operator, TimeDelta::days(1), &entry("token")).await.unwrap();
    assert!(store.use_token(token.expose(), "::1").await.unwrap().is_some());
    store.lock_person(ben, true, &entry("lock")).await.unwrap();
    assert!(store.session(&session).await.unwrap().is_none());
    assert!(store.use_token(token.expose(), "::1").await.unwrap().is_none());
    store.lock_person(ben, false, &entry("unlock")).await.unwrap();
    assert!(store.session(&session).await.unwrap().is_none(), "they sign in again");
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let store = store().await;
    let (ada, _) = administrator(&store, "ada").await;
    let refused = store.lock_person(ada, true, &entry("lock")).await;
    assert!(matches!(refused, Err(Error::Refused(why)) if why.contains("nobody would be left")));
    let scoped = [Grant { role: Role::Administrator, scope: Scope::sites(["graz"]) }];
    assert!(store.change_person(ada, "Ada", &scoped, &entry("roles")).await.is_err());
    let (ben, _) = administrator(&store, "ben").await;
    store.lock_person(ada, true, &entry("lock")).await.unwrap();
    assert!(store.change_person(ben, "Ben", &[], &entry("roles")).await.is_err());
    assert!(store.has_administrator().await.unwrap());
}

#[tokio::test]
async fn another_password_ends_all_sessions_but_the_one_that_set_it() {
    let store = store().await;
    let (ada, here) = administrator(&store, "ada").await;
    let (_, elsewhere) = store.add_session(ada, "192.0.2.8", "", &entry("sign_in")).await.unwrap();
    let id = store.session(&here).await.unwrap().unwrap().id;
    store.set_password(ada, HASH, Some(id), &entry("password")).await.unwrap();
    assert!(store.session(&here).await.unwrap().is_some());
    assert!(store.session(elsewhere.expose()).await.unwrap().is_none());
}

#[tokio::test]
async fn nobody_ends_the_session_or_token_of_another() {
    let store = store().await;
    let (ada, session) = administrator(&store, "ada").await;
    let (ben, _) = administrator(&store, "ben").await;
    let id = store.session(&session).await.unwrap().unwrap().id;
    assert!(matches!(store.end_session(ben, id, &entry("end")).await, Err(Error::NotFound("session"))));
    store.add_token(ada, "x", Role::Viewer, TimeDelta::days(1), &entry("token")).await.unwrap();
    let token = store.tokens(Some(ada)).await.unwrap()[0].id;
    assert!(matches!(store.end_token(token, Some(ben), &entry("end")).await, Err(Error::NotFound("token"))));
    store.end_token(token, None, &entry("end")).await.unwrap();
    assert!(store.tokens(None).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_name_is_tried_five_times_and_only_from_there_it_must_wait() {
    let store = store().await;
    for _ in 0..5 {
        assert_eq!(store.try_sign_in("ada", "192.0.2.7").await.unwrap(), None);
    }
    let until = store.try_sign_in("ada", "192.0.2.7").await.unwrap().expect("the sixth must wait");
    assert!(until > store.now());
    assert_eq!(store.try_sign_in("ben", "192.0.2.7").await.unwrap(), None);
    assert_eq!(store.try_sign_in("ada", "192.0.2.8").await.unwrap(), None, "she is not locked out");
}

#[tokio::test]
async fn one_address_tries_thirty_times_whatever_the_names() {
    let store = store().await;
    for n in 0..30 {
        assert_eq!(store.try_sign_in(&format!("name{n}"), "192.0.2.7").await.unwrap(), None, "{n}");
    }
    assert!(store.try_sign_in("another", "192.0.2.7").await.unwrap().is_some());
}

#[tokio::test]
async fn a_sign_in_that_worked_does_not_count() {
    let store = store().await;
    for _ in 0..40 {
        assert_eq!(store.try_sign_in("ada", "192.0.2.7").await.unwrap(), None);
        store.sign_in_worked("ada", "192.0.2.7").await.unwrap();
    }
}

#[tokio::test]
async fn the_audit_takes_rows_and_changes_none() {
    let store = store().await;
    let id = store.record(&entry("repair")).await.unwrap();
    store.record_not_done(id, "no image suits").await.unwrap();
    for sql in ["update audit set who = 'eve'", "delete from audit", "truncate audit"] {
        let error = sqlx::query(sql).execute(store.pool()).await.unwrap_err().to_string();
        assert!(error.contains("append-only"), "{sql}: {error}");
    }
    let rows = store.audit(&AuditFilter { limit: 10, ..AuditFilter::default() }).await.unwrap();
    assert_eq!(rows.len(), 1, "an act and its end are one line");
    assert_eq!(rows[0].why_not.as_deref(), Some("no image suits"));
}

#[tokio::test]
async fn the_audit_is_filtered_by_person_machine_act_and_time() {
    let store = store().await;
    let machine = MachineId(Uuid::from_u128(7));
    store.record(&Entry { machine: Some((machine, "pc-7".into())), ..entry("repair") }).await.unwrap();
    store.record(&Entry { who: "b_n".into(), ..entry("cancel") }).await.unwrap();
    let count =
        async |filter: AuditFilter| store.audit(&AuditFilter { limit: 9, ..filter }).await.unwrap().len();
    let who = |who: &str| AuditFilter { who: Some(who.into()), ..AuditFilter::default() };
    assert_eq!((count(who("AD")).await, count(who("b_n")).await, count(who("b%")).await), (1, 1, 0));
    for machine in ["pc-7".to_owned(), machine.to_string()] {
        assert_eq!(count(AuditFilter { machine: Some(machine), ..AuditFilter::default() }).await, 1);
    }
    assert_eq!(count(AuditFilter { act: Some("cancel".into()), ..AuditFilter::default() }).await, 1);
    let later = store.now() + TimeDelta::minutes(1);
    assert_eq!(count(AuditFilter { since: Some(later), ..AuditFilter::default() }).await, 0);
    assert_eq!(count(AuditFilter { until: Some(later), ..AuditFilter::default() }).await, 2);
}

#[tokio::test]
async fn the_database_agrees_with_the_domain_about_scopes() {
    let store = store().await;
    let (sites, labels): (_, [&[&str]; 4]) = (["graz", "wien"], [&[], &["lab"], &["pc"], &["lab", "pc"]]);
    let both = Scope { labels: ["lab".into()].into(), ..Scope::sites(["graz"]) };
    let scopes = [Scope::everything(), Scope::sites(["graz"]), Scope::labels(["pc", "x"]), both];
    for scope in &scopes {
        for site in sites {
            for labels in labels {
                let sql = "select in_scope($1, $2, $3)";
                let within: bool = sqlx::query_scalar(sql)
                    .bind(site)
                    .bind(labels)
                    .bind(sqlx::types::Json([scope]))
                    .fetch_one(store.pool())
                    .await
                    .unwrap();
                assert_eq!(within, scope.covers(site, labels), "{scope} {site} {labels:?}");
            }
        }
    }
}
