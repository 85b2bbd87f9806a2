//! Who may decide nothing about health is told so, and is given no buttons that would be refused.

use super::house::{House, SITE, Visitor, machine};
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

/// A machine's health, as if it had been judged.
async fn judged(house: &House, name: &str, score: i16) {
    let sql = "insert into machine_health (machine_id, stream, through, seen_at, score) \
               select id, 1, 1, now(), $2 from machines where name = $1";
    sqlx::query(sql).bind(name).bind(score).execute(house.store.pool()).await.unwrap();
}

#[tokio::test]
async fn the_fleets_health_tells_whoever_is_limited_to_a_site_of_that_site_alone() {
    let house = House::new().await;
    let there = machine(&house.store, "pc-8", "wien", 8, &[]).await;
    judged(&house, "pc-7", 13).await;
    judged(&house, "pc-8", 91).await;
    // Before the worker has counted, and after.
    for counted in [false, true] {
        assert_eq!(counted, counted && house.store.count_health(house.store.now()).await.unwrap());
        let answer = house.get("/health", Some(&house.cookie(Visitor::Elsewhere).await)).await;
        assert_eq!(answer.status, 200);
        for hidden in [SITE, "pc-7", ">13<", "3 machines", &house.machine.to_string()] {
            assert!(!answer.body.contains(hidden), "{hidden}, counted {counted}: {}", answer.body);
        }
        for shown in ["1 machine", "wien", "pc-8", &there.to_string()] {
            assert!(answer.body.contains(shown), "{shown}, counted {counted}: {}", answer.body);
        }
        let whole = page(&house, Role::Viewer, "/health").await;
        assert!(whole.contains("3 machines") && whole.contains(SITE) && whole.contains("wien"), "{whole}");
    }
}
