//! Every route and every server function, as every role, as somebody of another site, and as nobody.
//!
//! [`table`] says what each takes. What is not in it fails the test: whoever adds a route says whom it is for.
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]

#[path = "doors/captures.rs"]
mod captures;
#[path = "support/database.rs"]
mod database;
#[path = "doors/found.rs"]
mod found;
#[path = "doors/health.rs"]
mod health;
#[path = "doors/house.rs"]
mod house;
#[path = "doors/programs.rs"]
mod programs;
#[path = "doors/provider.rs"]
mod provider;
#[path = "doors/sight.rs"]
mod sight;
#[path = "doors/signing_in.rs"]
mod signing_in;
#[path = "doors/sites.rs"]
mod sites;
#[path = "doors/sources.rs"]
mod sources;
#[path = "doors/symptoms.rs"]
mod symptoms;
#[path = "doors/table.rs"]
mod table;
#[path = "doors/webhook_rows.rs"]
mod webhook_rows;
#[path = "doors/webhooks.rs"]
mod webhooks;

use house::{House, Visitor};
use pitstop_domain::people::Role;
use table::{Needs, Row, rows};

#[tokio::test]
async fn every_route_is_in_the_table_and_nothing_else_is() {
    let mut known: Vec<_> = rows().iter().map(|row| (row.method.to_owned(), row.path.to_owned())).collect();
    let mut there = found::routes();
    known.sort();
    known.dedup();
    there.sort();
    let missing: Vec<_> = there.iter().filter(|route| !known.contains(route)).collect();
    assert!(missing.is_empty(), "say in `doors/table.rs` whom these are for: {missing:#?}");
    let gone: Vec<_> = known.iter().filter(|route| !there.contains(route)).collect();
    assert!(gone.is_empty(), "these are no routes any more: {gone:#?}");
}

#[tokio::test]
async fn nobody_is_let_in_anywhere_but_where_everybody_is() {
    let house = House::new().await;
    for row in rows() {
        let answer = house.ask(&row, None, "application/json").await;
        let turned_away = answer.status == 401 && answer.body.contains("signed_out");
        assert_eq!(turned_away, row.needs != Needs::Nothing, "{} {}: {answer:?}", row.method, row.path);
    }
}

#[tokio::test]
async fn a_browser_that_is_not_in_is_led_to_the_page_to_sign_in_at() {
    let house = House::new().await;
    for row in rows().iter().filter(|row| row.needs != Needs::Nothing && !row.path.starts_with("/api/v1/")) {
        let answer = house.ask(row, None, "text/html").await;
        assert_eq!(answer.status, 303, "{} {}", row.method, row.path);
        let location = answer.location.unwrap();
        assert!(location.starts_with("/login"), "{location}");
    }
}

#[tokio::test]
async fn every_role_may_what_the_table_says_and_is_refused_all_else() {
    let house = House::new().await;
    for role in Role::ALL {
        for row in rows() {
            let answer = house.ask(&row, Some(Visitor::Role(role)), "application/json").await;
            let allowed = row.needs.least().is_none_or(|least| role >= least);
            let told = format!("{role}: {} {}: {answer:?}", row.method, row.path);
            assert!(answer.status != 401 || row.path == "/login", "{told}");
            assert!(answer.status < 500, "{told}");
            assert_eq!(answer.status == 403, !allowed, "{told}");
        }
    }
}

#[tokio::test]
async fn what_belongs_to_a_machine_elsewhere_is_not_there() {
    let house = House::new().await;
    for row in rows().iter().filter(|row| matches!(row.needs, Needs::Machine(_) | Needs::Run(_))) {
        let answer = house.ask(row, Some(Visitor::Elsewhere), "application/json").await;
        assert_eq!(answer.status, 404, "{} {}: {answer:?}", row.method, row.path);
    }
}

#[tokio::test]
async fn an_administrator_of_one_site_administers_no_people() {
    let house = House::new().await;
    for row in rows().iter().filter(|row| matches!(row.needs, Needs::Whole(_))) {
        let answer = house.ask(row, Some(Visitor::Elsewhere), "application/json").await;
        assert_eq!(answer.status, 403, "{} {}: {answer:?}", row.method, row.path);
    }
}

#[tokio::test]
async fn a_form_of_another_site_does_nothing_although_the_cookie_comes_along() {
    let house = House::new().await;
    for row in rows().iter().filter(|row| row.method != "GET") {
        let before = house.audited().await;
        let answer = house.ask_from_elsewhere(row).await;
        assert_eq!(answer.status, 403, "{} {}: {answer:?}", row.method, row.path);
        assert_eq!(house.audited().await, before, "{}", row.path);
    }
}

#[tokio::test]
async fn no_page_of_another_site_makes_us_knock_at_a_board() {
    let house = House::new().await;
    let tries = rows().into_iter().find(|row| row.with == "try=1").unwrap();
    let administrator = Visitor::Role(Role::Administrator);
    let answer = house.ask_by_a_link_elsewhere(&tries, administrator).await;
    assert!(answer.body.contains("Nothing was asked"), "{answer:?}");
    let answer = house.ask(&tries, Some(administrator), "text/html").await;
    assert!(answer.body.contains("It answers"), "{answer:?}");
}

#[tokio::test]
async fn whatever_changes_something_is_written_down_and_so_is_what_was_refused() {
    let house = House::new().await;
    for row in rows().iter().filter(|row| row.is_audited()) {
        for visitor in [Visitor::Role(Role::Viewer), Visitor::Role(Role::Administrator)] {
            let before = house.audited().await;
            let answer = house.ask(row, Some(visitor), "application/json").await;
            // Not the form's fault, nor the store's: it came as far as the gate.
            if answer.status < 400 || answer.status == 403 {
                assert!(house.audited().await > before, "{visitor:?} {}: {answer:?}", row.path);
            }
        }
    }
}

impl Row {
    /// It changes something of a machine. What concerns people is written down in its own transaction, if it is done.
    fn is_audited(&self) -> bool {
        self.method != "GET"
            && matches!(self.needs, Needs::Machine(_) | Needs::Run(_))
            && !self.is_form_with_a_reading
    }
}
