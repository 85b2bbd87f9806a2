//! What people say on the phone is kept by administrators, on a page.

use super::house::{House, Visitor};
use pitstop_domain::people::Role;

const NEW: &str = "words=It+smokes&also=a+smell&looks=It+is+looked+at.&sign=warning&function0=inventory";

async fn post(house: &House, path: &str, form: &str) -> (u16, String) {
    let cookie = house.cookie(Visitor::Role(Role::Administrator)).await;
    let answer = house.post(path, form, [10, 2, 0, 1], Some(&cookie)).await;
    (answer.status, answer.body)
}

async fn names(house: &House) -> Vec<String> {
    house.store.symptoms().await.unwrap().into_iter().map(|symptom| symptom.name).collect()
}

#[tokio::test]
async fn a_symptom_that_is_added_stands_before_the_help_desk() {
    let house = House::new().await;
    assert_eq!(post(&house, "/settings/help-desk", NEW).await.0, 303);
    assert_eq!(names(&house).await.last().map(String::as_str), Some("it-smokes"));
    let cookie = house.cookie(Visitor::Role(Role::HelpDesk)).await;
    let desk = house.get(&format!("/helpdesk/{}", house.machine), Some(&cookie)).await;
    assert_eq!(desk.status, 200);
    // A job has this machine: what is under way is shown instead. The words are asked of the free one.
    let free = house.store.machines().await.unwrap().into_iter().find(|machine| machine.name == "pc-9");
    let desk = house.get(&format!("/helpdesk/{}", free.unwrap().id), Some(&cookie)).await;
    assert!(desk.body.contains("It smokes") && desk.body.contains("a smell"), "{}", desk.body);
}

#[tokio::test]
async fn what_is_wrong_is_said_and_what_was_written_stands_there_again() {
    let house = House::new().await;
    let form = NEW.replace("function0=inventory", "function0=");
    let (status, body) = post(&house, "/settings/help-desk", &form).await;
    assert_eq!(status, 409, "{body}");
    assert!(body.contains("Choose a function that helps") && body.contains("It smokes"), "{body}");
    assert_eq!(names(&house).await.len(), 6);
    let (status, _) = post(&house, "/settings/help-desk", &NEW.replace("It+smokes", "Slow")).await;
    assert_eq!(status, 409, "a name that is taken");
}

#[tokio::test]
async fn of_two_who_change_the_same_symptom_the_second_looks_again() {
    let house = House::new().await;
    let slow =
        house.store.symptoms().await.unwrap().into_iter().find(|symptom| symptom.name == "slow").unwrap();
    let seen: String =
        url::form_urlencoded::byte_serialize(serde_json::to_string(&slow).unwrap().as_bytes()).collect();
    let form = format!("{NEW}&seen={seen}");
    assert_eq!(post(&house, "/settings/help-desk/slow", &form).await.0, 303);
    let (status, body) =
        post(&house, "/settings/help-desk/slow", &form.replace("It+smokes", "It+burns")).await;
    assert!(status == 409 && body.contains("meanwhile") && body.contains("It burns"), "{status} {body}");
}

#[tokio::test]
async fn symptoms_move_and_go_and_that_is_written_down() {
    let house = House::new().await;
    assert_eq!(post(&house, "/settings/help-desk/slow/up", "").await.0, 303);
    assert_eq!(names(&house).await[..2], ["slow", "crashes"]);
    let before = house.audited().await;
    assert_eq!(post(&house, "/settings/help-desk/slow/remove", "").await.0, 303);
    assert_eq!((names(&house).await.len(), house.audited().await), (5, before + 1));
}
