//! Who may decide nothing about health is told so, and is given no buttons that would be refused.

use super::house::{House, Visitor};
use pitstop_domain::people::Role;

async fn page(house: &House, role: Role, path: &str) -> String {
    let answer = house.get(path, Some(&house.cookie(Visitor::Role(role)).await)).await;
    assert_eq!(answer.status, 200, "{path}");
    answer.body
}

#[tokio::test]
async fn a_viewer_sees_alerts_and_why_there_is_nothing_to_press() {
    let house = House::new().await;
    for path in ["/health/alerts".to_owned(), format!("/machines/{}/health", house.machine)] {
        let viewer = page(&house, Role::Viewer, &path).await;
        assert!(!viewer.contains("/acknowledge\"") && viewer.contains("You may not"), "{path}: {viewer}");
        assert!(page(&house, Role::HelpDesk, &path).await.contains("/acknowledge\""), "{path}");
    }
}

#[tokio::test]
async fn rules_brakes_and_the_switch_are_for_who_may_start_runs_everywhere() {
    let house = House::new().await;
    let helper = page(&house, Role::HelpDesk, "/health/rules").await;
    assert!(!helper.contains("Stop all rules") && !helper.contains("New rule"), "{helper}");
    let operator = page(&house, Role::Administrator, "/health/rules").await;
    assert!(operator.contains("Stop all rules") && operator.contains("New rule"), "{operator}");
}
