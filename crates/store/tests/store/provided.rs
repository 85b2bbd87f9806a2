//! People whom an identity provider vouches for, and sign-ins on their way to it.

use super::database::own_database;
use pitstop_domain::people::{Grant, Role, Scope};
use pitstop_domain::secret::Secret;
use pitstop_store::people::audit::{AuditFilter, Entry};
use pitstop_store::people::provided::{Came, Provided};
use pitstop_store::people::{Person, started};
use pitstop_store::{Error, Store};

async fn store() -> Store {
    Store::open(&own_database().await).await.unwrap()
}

fn entry() -> Entry {
    Entry { who: "ada".into(), came_from: "::1".into(), act: "test".into(), ..Entry::default() }
}

fn provided(subject: &str, grants: &[Grant]) -> Provided {
    Provided {
        issuer: "https://id.example".into(),
        subject: subject.into(),
        name: "Ben".into(),
        title: "Ben B.".into(),
        grants: grants.to_vec(),
        provider: "Example ID".into(),
    }
}

fn operator() -> Grant {
    Grant { role: Role::Operator, scope: Scope::sites(["graz"]) }
}

async fn come(store: &Store, who: &Provided) -> Came {
    store.come_from_provider(who, "192.0.2.7", "a test").await.unwrap()
}

async fn let_in(store: &Store, who: &Provided) -> (Person, Secret) {
    match come(store, who).await {
        Came::In(person, session) => (*person, session),
        other => panic!("{other:?}"),
    }
}

async fn acts(store: &Store) -> Vec<String> {
    let rows = store.audit(&AuditFilter { limit: 50, ..AuditFilter::default() }).await.unwrap();
    rows.into_iter().rev().map(|row| row.entry.act).collect()
}

#[tokio::test]
async fn somebody_new_is_made_known_with_what_their_groups_give_and_signed_in() {
    let store = store().await;
    let (ben, session) = let_in(&store, &provided("1", &[operator()])).await;
    assert_eq!((ben.name.as_str(), ben.title.as_str()), ("ben", "Ben B."));
    assert_eq!((ben.issuer.as_deref(), ben.has_password), (Some("https://id.example"), false));
    let there = store.session(session.expose()).await.unwrap().unwrap();
    assert_eq!(there.person.grants, [operator()]);
    assert_eq!(acts(&store).await, ["join", "sign_in"]);
}

#[tokio::test]
async fn roles_are_what_the_provider_says_at_each_sign_in_and_that_they_changed_is_written_down() {
    let store = store().await;
    let (first, _) = let_in(&store, &provided("1", &[operator()])).await;
    let viewer = [Grant::everywhere(Role::Viewer)];
    let (again, _) = let_in(&store, &provided("1", &viewer)).await;
    assert_eq!((again.id, again.grants.as_slice()), (first.id, &viewer[..]));
    assert_eq!(acts(&store).await, ["join", "sign_in", "people", "sign_in"]);
    let rows =
        store.audit(&AuditFilter { act: Some("people".into()), limit: 2, ..AuditFilter::default() }).await;
    let row = &rows.unwrap()[0].entry;
    assert!(row.before.as_ref().unwrap().to_string().contains("operator"), "{row:?}");
    assert!(row.after.as_ref().unwrap().to_string().contains("viewer"), "{row:?}");
}

#[tokio::test]
async fn without_a_right_nobody_comes_in_and_who_had_some_loses_them_with_all_sessions() {
    let store = store().await;
    assert!(matches!(come(&store, &provided("2", &[])).await, Came::NoRight));
    assert!(store.people().await.unwrap().iter().all(|person| person.issuer.is_none()), "nobody is kept");
    let (ben, session) = let_in(&store, &provided("1", &[operator()])).await;
    assert!(matches!(come(&store, &provided("1", &[])).await, Came::NoRight));
    assert!(store.session(session.expose()).await.unwrap().is_none());
    assert!(store.person(ben.id).await.unwrap().unwrap().grants.is_empty());
    let refused = acts(&store).await.into_iter().filter(|act| act == "sign_in_failed").count();
    assert_eq!(refused, 2);
}

#[tokio::test]
async fn whoever_is_locked_out_does_not_come_in_by_the_provider() {
    let store = store().await;
    let (ben, session) = let_in(&store, &provided("1", &[operator()])).await;
    store.lock_person(ben.id, true, &entry()).await.unwrap();
    assert!(store.session(session.expose()).await.unwrap().is_none());
    assert!(matches!(come(&store, &provided("1", &[operator()])).await, Came::LockedOut(_)));
}

#[tokio::test]
async fn somebody_here_is_never_taken_over_by_who_has_their_name() {
    let store = store().await;
    let local = store.add_person("ben", "Ben", &[operator()], &entry()).await.unwrap();
    let (other, _) = let_in(&store, &provided("1", &[Grant::everywhere(Role::Viewer)])).await;
    assert_eq!(other.name, "ben+oidc");
    let (third, _) = let_in(&store, &provided("2", &[operator()])).await;
    assert!(third.name == "ben+oidc2" && third.id != other.id && other.id != local);
    let untouched = store.person(local).await.unwrap().unwrap();
    assert_eq!((untouched.grants, untouched.issuer), (vec![operator()], None));
    let renamed = Provided { name: "administrator".into(), ..provided("1", &[operator()]) };
    assert_eq!(let_in(&store, &renamed).await.0.name, "ben+oidc", "a name is given once");
}

#[tokio::test]
async fn the_same_subject_of_another_issuer_is_another_person() {
    let store = store().await;
    let (one, _) = let_in(&store, &provided("1", &[operator()])).await;
    let other = Provided { issuer: "https://other.example".into(), ..provided("1", &[operator()]) };
    assert_ne!(let_in(&store, &other).await.0.id, one.id);
}

#[tokio::test]
async fn two_that_come_at_the_same_moment_are_one_person() {
    let store = store().await;
    let who = provided("1", &[operator()]);
    let all = futures_of(&store, &who).await;
    assert!(all.windows(2).all(|two| two[0] == two[1]), "{all:?}");
}

async fn futures_of(store: &Store, who: &Provided) -> Vec<pitstop_domain::id::PersonId> {
    let mut coming = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let (store, who) = (store.clone(), who.clone());
        coming.spawn(async move { let_in(&store, &who).await.0.id });
    }
    coming.join_all().await
}

#[tokio::test]
async fn who_comes_from_a_provider_has_no_password_and_no_roles_of_ours() {
    let store = store().await;
    let (ben, _) = let_in(&store, &provided("1", &[operator()])).await;
    for refused in [
        store.change_person(ben.id, "Ben", &[Grant::everywhere(Role::Administrator)], &entry()).await,
        store.add_link(Some(ben.id), None).await.map(drop),
    ] {
        assert!(matches!(refused, Err(Error::Refused(why)) if why.contains("id.example")));
    }
    let hash = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA";
    assert!(store.set_password(ben.id, hash, None, &entry()).await.is_err(), "nor by the database");
}

#[tokio::test]
async fn an_administrator_of_the_provider_is_not_the_last_one() {
    let store = store().await;
    let_in(&store, &provided("1", &[Grant::everywhere(Role::Administrator)])).await;
    assert!(!store.has_administrator().await.unwrap(), "somebody must come in when the provider is down");
}

#[tokio::test]
async fn a_sign_in_comes_back_once_to_the_browser_that_started_it_and_within_its_time() {
    let store = store().await;
    let (nonce, verifier) = (Secret::new("nonce"), Secret::new("verifier"));
    let start = async || store.start_sign_in(&nonce, &verifier, "/jobs").await.unwrap();
    let take = async |state: &Secret, browser: &Secret| {
        store.take_sign_in(state.expose(), browser.expose()).await.unwrap()
    };
    let (mine, theirs) = (start().await, start().await);
    assert!(take(&mine.state, &theirs.browser).await.is_none(), "of another browser");
    assert!(take(&Secret::new("x"), &mine.browser).await.is_none(), "tampered with");
    let back = take(&mine.state, &mine.browser).await.unwrap();
    assert_eq!(
        (back.nonce.expose(), back.verifier.expose(), back.next.as_str()),
        ("nonce", "verifier", "/jobs")
    );
    assert!(take(&mine.state, &mine.browser).await.is_none(), "a second time");
    let sql = "update started_sign_ins set expires_at = $1";
    let over = store.now() - chrono::TimeDelta::seconds(1);
    sqlx::query(sql).bind(over).execute(store.pool()).await.unwrap();
    assert!(
        take(&theirs.state, &theirs.browser).await.is_none(),
        "after {} min",
        started::LASTS.num_minutes()
    );
}

#[tokio::test]
async fn what_browsers_hold_is_not_in_the_table_of_sign_ins() {
    let store = store().await;
    let started = store.start_sign_in(&Secret::new("n"), &Secret::new("v"), "/").await.unwrap();
    let sql = "select string_agg(t::text, ' ') from started_sign_ins t";
    let text: String = sqlx::query_scalar(sql).fetch_one(store.pool()).await.unwrap();
    assert!(!text.contains(started.state.expose()) && !text.contains(started.browser.expose()));
}

#[tokio::test]
async fn one_address_goes_to_the_provider_sixty_times_and_who_comes_back_does_not_count() {
    let store = store().await;
    for _ in 0..60 {
        assert_eq!(store.try_start("192.0.2.7").await.unwrap(), None);
    }
    assert!(store.try_start("192.0.2.7").await.unwrap().is_some());
    assert_eq!(store.try_start("192.0.2.8").await.unwrap(), None);
    store.came_back("192.0.2.7").await.unwrap();
    assert_eq!(store.try_start("192.0.2.7").await.unwrap(), None);
}
