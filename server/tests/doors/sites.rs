//! What is known of sites is kept by administrators, on a page, and used where it matters.

use super::house::{House, Visitor};
use pitstop_domain::people::Role;
use pitstop_domain::site::Site;

async fn post(house: &House, site: &str, zone: &str, seen: &Site) -> (u16, String) {
    let cookie = house.cookie(Visitor::Role(Role::Administrator)).await;
    let seen = serde_json::to_string(seen).unwrap();
    let seen: String = url::form_urlencoded::byte_serialize(seen.as_bytes()).collect();
    let form = format!("zone={zone}&contact=Ada,+0301+1&seen={seen}");
    let answer = house.post(&format!("/settings/sites/{site}"), &form, [10, 2, 0, 1], Some(&cookie)).await;
    (answer.status, answer.body)
}

fn unknown(name: &str) -> Site {
    Site { name: name.to_owned(), ..Site::default() }
}

#[tokio::test]
async fn a_site_has_clocks_with_which_its_schedules_begin() {
    let house = House::new().await;
    assert_eq!(post(&house, "berlin", "Europe/Berlin", &unknown("berlin")).await.0, 303);
    assert_eq!(post(&house, "porto", "Europe/Lisbon", &unknown("porto")).await.0, 303);
    let cookie = house.cookie(Visitor::Role(Role::Administrator)).await;
    let zone = async |q: &str| {
        let page = house.get(&format!("/schedules/new?q={q}"), Some(&cookie)).await;
        let chosen =
            page.body.split("<option").find(|option| option.contains("selected") && option.contains('/'));
        chosen.unwrap_or_default().to_owned()
    };
    assert!(zone("site:porto").await.contains("Europe/Lisbon"));
    assert!(zone("site:berlin%20label:lab").await.contains("Europe/Berlin"));
}

#[tokio::test]
async fn a_zone_that_there_is_not_is_refused_and_what_was_written_stays() {
    let house = House::new().await;
    let (status, body) = post(&house, "berlin", "Europe/Bern", &unknown("berlin")).await;
    assert_eq!(status, 409, "{body}");
    assert!(
        body.contains("no time zone") && body.contains("Europe/Bern") && body.contains("Ada, 0301 1"),
        "{body}"
    );
    assert!(house.store.sites().await.unwrap().is_empty());
}

#[tokio::test]
async fn of_two_who_change_the_same_site_the_second_looks_again() {
    let house = House::new().await;
    assert_eq!(post(&house, "berlin", "Europe/Berlin", &unknown("berlin")).await.0, 303);
    let (status, body) = post(&house, "berlin", "Europe/Rome", &unknown("berlin")).await;
    assert!(status == 409 && body.contains("meanwhile") && body.contains("Europe/Rome"), "{status} {body}");
}

#[tokio::test]
async fn places_at_a_site_are_kept_and_what_is_no_number_stays_to_be_mended() {
    let house = House::new().await;
    let cookie = house.cookie(Visitor::Role(Role::Administrator)).await;
    let seen = serde_json::to_string(&unknown("berlin")).unwrap();
    let seen: String = url::form_urlencoded::byte_serialize(seen.as_bytes()).collect();
    let post =
        async |form: String| house.post("/settings/sites/berlin", &form, [10, 2, 0, 1], Some(&cookie)).await;
    for (slots, says) in [("many", "“many”"), ("0", "leave the field empty")] {
        let refused = post(format!("slots={slots}&line_mbit=100&seen={seen}")).await;
        assert_eq!(refused.status, 409, "{}", refused.body);
        assert!(refused.body.contains(says) && refused.body.contains("value=\"100\""), "{}", refused.body);
    }
    assert_eq!(post(format!("slots=20&line_mbit=&seen={seen}")).await.status, 303);
    let kept = house.store.site("berlin").await.unwrap().unwrap();
    assert_eq!((kept.slots, kept.line_mbit), (Some(20), None));
}
