//! What administrators keep for the whole installation.

use super::database::own_database;
use pitstop_domain::site::{Site, with};
use pitstop_domain::symptom::check_all;
use pitstop_store::{Error, Store};

#[tokio::test]
async fn a_new_server_has_symptoms_and_of_two_who_change_them_the_second_is_told() {
    let store = Store::open(&own_database().await).await.unwrap();
    let usual = store.symptoms().await.unwrap();
    assert_eq!((usual.len(), check_all(&usual)), (6, Ok(())));
    store.set_symptoms(&usual, &usual[1..]).await.unwrap();
    let refused = store.set_symptoms(&usual, &usual[..1]).await.unwrap_err();
    assert!(matches!(refused, Error::Refused(why) if why.contains("meanwhile")));
    assert_eq!(store.symptoms().await.unwrap(), usual[1..]);
}

#[tokio::test]
async fn what_is_known_of_a_site_is_kept_and_of_two_who_change_it_the_second_is_told() {
    let store = Store::open(&own_database().await).await.unwrap();
    let berlin = Site { name: "berlin".to_owned(), zone: "Europe/Berlin".to_owned(), ..Site::default() };
    let sites = with(&[], berlin.clone());
    store.set_sites(&[], &sites).await.unwrap();
    assert_eq!(store.site("berlin").await.unwrap(), Some(berlin));
    assert_eq!(store.site("porto").await.unwrap(), None);
    let refused = store.set_sites(&[], &[]).await.unwrap_err();
    assert!(matches!(refused, Error::Refused(why) if why.contains("meanwhile")));
    store.set_sites(&sites, &[]).await.unwrap();
    assert!(store.sites().await.unwrap().is_empty());
}
