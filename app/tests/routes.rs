//! The routes as a browser meets them: what they answer, and what they refuse.

#![cfg(feature = "ssr")]
#![expect(clippy::unwrap_used, reason = "what a test cannot go on without ends it")]

use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use pitstop_app::machines::routes::edit::mark_of;
use pitstop_app::serve;
use pitstop_domain::event::{Changed, Noun};
use pitstop_domain::route::Route;
use std::sync::Arc;
use support::door::OpenDoor;
use support::{Bare, MACHINE};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

mod support;

/// Of a call to a person, without its token.
const LINK: &str = "/go/00000000-0000-0000-0000-000000000009/00000000-0000-0000-0000-000000000008";

async fn ask(request: Request<Body>) -> Response<Body> {
    ask_of(&Arc::new(Bare::new()), request).await
}

async fn ask_of(backend: &Arc<Bare>, request: Request<Body>) -> Response<Body> {
    let options = serve::options("nowhere");
    serve::routes(options, OpenDoor::to(backend.clone()), CancellationToken::new())
        .oneshot(request)
        .await
        .unwrap()
}

async fn get(path: &str) -> Response<Body> {
    ask(Request::get(path).body(Body::empty()).unwrap()).await
}

async fn text(response: Response<Body>) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn post(path: &str, form: &str, more: &[(&str, &str)]) -> Request<Body> {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let request = more.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(Body::from(form.to_owned())).unwrap()
}

#[tokio::test]
async fn an_empty_fleet_says_what_to_do_next() {
    let page = get("/").await;
    assert_eq!(page.status(), StatusCode::OK);
    assert!(text(page).await.contains("pitstop-agent own"));
}

#[tokio::test]
async fn a_search_that_is_not_understood_says_which_word_and_keeps_what_was_typed() {
    let page = get("/?q=lab+sitte:berlin&sort=-name").await;
    assert_eq!(page.status(), StatusCode::OK);
    let page = text(page).await;
    assert!(page.contains("value=\"lab sitte:berlin\""), "{page}");
    assert!(page.contains("there is no key") && page.contains("Known are site, label"), "{page}");
    assert!(
        page.contains("/?q=lab+site:berlin&amp;sort=-name"),
        "what may have been meant is a link: {page}"
    );
}

#[tokio::test]
async fn the_words_of_a_search_are_taken_away_by_links() {
    let page = text(get("/?q=site:berlin+-label:kiosk&view=table").await).await;
    assert!(
        page.contains("/?q=site:berlin&amp;view=table") && page.contains("/?q=-label:kiosk&amp;view=table"),
        "{page}"
    );
    assert!(page.contains("No machine matches"), "{page}");
}

#[tokio::test]
async fn many_machines_are_changed_by_a_form_that_says_how_many_they_are() {
    let change = |what: &str, value: &str, expect: u64, accept: &str| {
        let form = format!("q=site%3Aberlin&what={what}&value={value}&expect={expect}");
        ask(post("/api/change_machines", &form, &[("accept", accept)]))
    };
    let answer = change("add_label", "lab", 3, "text/html").await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()[header::LOCATION], "/act?q=site:berlin&changed=2");
    for (what, value, expect) in [("add_label", "lab", 4), ("add_label", "a*b", 3), ("explode", "lab", 3)] {
        let answer = change(what, value, expect, "application/json").await;
        assert_eq!(answer.status(), StatusCode::CONFLICT, "{what} {value} {expect}");
    }
}

#[tokio::test]
async fn nobody_chosen_is_not_everybody() {
    let page = text(get("/act?chosen=1").await).await;
    assert!(page.contains("No machine is meant") && !page.contains("Move "), "{page}");
}

#[tokio::test]
async fn what_is_kept_of_a_machine_is_changed_by_a_form() {
    let from = format!("http://here/machines/{MACHINE}");
    let headers = [("accept", "text/html"), ("referer", from.as_str())];
    for (version, refused) in [(1, false), (2, true)] {
        let form = format!("machine={MACHINE}&version={version}&site=berlin&labels=lab%2C+office&room=2.14");
        let answer = ask(post("/api/keep_machine", &form, &headers)).await;
        let location = answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
        assert_eq!(location.contains("__err"), refused, "{location}");
    }
}

#[tokio::test]
async fn strangers_are_adopted_rules_kept_and_lists_shown_before_they_are_stored() {
    let to = async |path: &str, form: &str| {
        let answer = ask(post(path, form, &[("accept", "text/html")])).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
        answer.headers()[header::LOCATION].to_str().unwrap().to_owned()
    };
    let adopted = to("/api/adopt", "mac=52%3A54%3A00%3A00%3A00%3A09&name=pc-9&site=berlin&labels=").await;
    assert_eq!(adopted, format!("/machines/{MACHINE}"));
    let rule = "rule[mac]=52%3A54%3A00&rule[name]=pc-{mac6}&rule[site]=berlin&rule[labels]=lab";
    assert_eq!(to("/api/add_rule", rule).await, "/discovery");
    let draft = to("/api/draft_import", "csv=name%2Cmac%0Apc-1%2C525400000001").await;
    assert_eq!(draft, "/discovery/import?draft=00000000-0000-0000-0000-000000000005");
    let page = text(get(&draft).await).await;
    assert!(page.contains("Import 2 machines") && page.contains("name=\"new\" value=\"2\""), "{page}");
    assert_eq!(
        to("/api/confirm_import", "draft=00000000-0000-0000-0000-000000000005&new=2&changed=0").await,
        "/"
    );
    let page = text(get("/discovery?rule[mac]=52&rule[name]=pc&rule[site]=main").await).await;
    assert!(page.contains("Machines need names of their own") && page.contains("value=\"52\""), "{page}");
}

#[tokio::test]
async fn what_is_not_there_is_answered_by_404_and_a_page() {
    for path in [
        "/nowhere",
        "/jobs/no-id",
        &format!("/jobs/{MACHINE}"),
        &format!("/machines/{MACHINE}"),
        &format!("/runs/{MACHINE}"),
    ] {
        let page = get(path).await;
        assert_eq!(page.status(), StatusCode::NOT_FOUND, "{path}");
        assert!(text(page).await.contains("Not found"), "{path}");
    }
}

#[tokio::test]
async fn a_page_that_cannot_be_had_just_now_says_why() {
    let page = get("/jobs").await;
    assert_eq!(page.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(text(page).await.contains("the database is away"));
}

#[tokio::test]
async fn scripts_of_a_page_carry_the_nonce_of_the_policy_in_it() {
    let page = get("/alarms").await;
    let header = page.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    assert!(header.contains("frame-ancestors 'none'") && !header.contains("script-src"), "{header}");
    let page = text(page).await;
    let nonce = page.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap().to_owned();
    let scripts = page.matches("<script").count();
    assert!(scripts > 0);
    assert_eq!(page.matches(&format!("nonce=\"{nonce}\"")).count(), scripts);
    assert!(page.find("Content-Security-Policy") < page.find("<script"), "the policy comes first");
    assert!(!page.contains("style="), "inline styles are against the policy");
}

#[tokio::test]
async fn a_form_posted_by_the_browser_leads_to_the_new_job() {
    let form = format!("machine={MACHINE}&function=memory-test&fields[passes]=2&fields[mib]=");
    let answer = ask(post("/api/start_job", &form, &[("accept", "text/html")])).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()[header::LOCATION], "/jobs/00000000-0000-0000-0000-000000000009");
}

#[tokio::test]
async fn a_refusal_is_a_conflict_and_leads_a_form_back_to_its_page() {
    let form = format!("machine={MACHINE}&function=fsck");
    let answer = ask(post("/api/start_job", &form, &[("accept", "application/json")])).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    assert!(text(answer).await.contains("no image suits"));
    let from = format!("http://here/machines/{MACHINE}");
    let answer = ask(post("/api/start_job", &form, &[("accept", "text/html"), ("referer", &from)])).await;
    assert!(answer.status().is_redirection());
    assert!(answer.headers()[header::LOCATION].to_str().unwrap().starts_with(&from));
}

#[tokio::test]
async fn the_own_system_is_chosen_without_javascript_and_refused_in_words() {
    let from = format!("http://here/machines/{MACHINE}");
    let headers = [("accept", "text/html"), ("referer", from.as_str())];
    for (image, refused) in [("", false), ("desktop", false), ("gone", true)] {
        let form = format!("machine={MACHINE}&image={image}");
        let answer = ask(post("/api/set_own_image", &form, &headers)).await;
        assert!(answer.status().is_redirection(), "{image}");
        let location = answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
        assert!(location.contains(&format!("/machines/{MACHINE}")), "{location}");
        assert_eq!(location.contains("__err"), refused, "{location}");
    }
}

#[tokio::test]
async fn a_run_is_started_by_a_form_as_its_fields_say() {
    let form = "q=site%3Aberlin&function=inventory&canary=2&wave=10%25&pause=&stop_on=2&expect=3";
    let answer = ask(post("/api/start_run", form, &[("accept", "text/html")])).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()[header::LOCATION], "/runs/00000000-0000-0000-0000-00000000000b");
    for (wrong, words) in [("wave=some", "A wave: write a number"), ("wave=1", "how many machines")] {
        let form = format!("q=&function=inventory&{wrong}");
        let answer = ask(post("/api/start_run", &form, &[("accept", "application/json")])).await;
        assert_eq!(answer.status(), StatusCode::CONFLICT, "{wrong}");
        assert!(text(answer).await.contains(words), "{wrong}");
    }
}

#[tokio::test]
async fn the_form_of_a_run_names_the_field_that_it_cannot_understand() {
    let page = get("/runs/new?function=inventory&pause=soon").await;
    assert_eq!(page.status(), StatusCode::OK);
    let page = text(page).await;
    assert!(page.contains("The pause: write a time") && page.contains("value=\"soon\""), "{page}");
}

#[tokio::test]
async fn a_page_of_another_site_cannot_post() {
    let form = format!("machine={MACHINE}&function=memory-test");
    let answer =
        ask(post("/api/start_job", &form, &[("origin", "http://elsewhere"), ("host", "here")])).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_stream_says_what_changed_since_the_page_was_drawn_and_ends_with_the_server() {
    let backend = Arc::new(Bare::new());
    let (told, stop) = (backend.told.clone(), CancellationToken::new());
    let drawn = told.place();
    told.tell(Some(Changed { kind: Noun::Job, id: "8".to_owned(), version: 2 }));
    let routes = serve::routes(serve::options("nowhere"), OpenDoor::to(backend), stop.clone());
    let ask = |path: String| routes.clone().oneshot(Request::get(path).body(Body::empty()).unwrap());
    let answer = ask(format!("/api/events?since={drawn}")).await.unwrap();
    let lost = ask("/api/events".to_owned()).await.unwrap();
    told.tell(Some(Changed { kind: Noun::Job, id: "9".to_owned(), version: 3 }));
    // Taken out of the channel before the stream is told to end.
    let mut body = answer.into_body().into_data_stream();
    for (id, version) in [(8, 2), (9, 3)] {
        let next = tokio_stream::StreamExt::next(&mut body).await.unwrap().unwrap();
        let said = format!(
            "id: 1-{}\ndata: {{\"kind\":\"job\",\"id\":\"{id}\",\"version\":{version}}}\n\n",
            version - 1
        );
        assert_eq!(String::from_utf8_lossy(&next), said);
    }
    let mut lost = lost.into_body().into_data_stream();
    let first = tokio_stream::StreamExt::next(&mut lost).await.unwrap().unwrap();
    assert_eq!(&first[..], b"id: 1-1\nevent: resync\ndata: {}\n\n");
    stop.cancel();
    assert!(tokio_stream::StreamExt::next(&mut body).await.is_none());
}

fn plain(path: &str, form: &str) -> Request<Body> {
    let from = format!("http://here/machines/{MACHINE}/routes?add=ipmi");
    post(path, form, &[("accept", "text/html"), ("referer", &from)])
}

#[tokio::test]
async fn a_route_is_added_by_a_form_and_its_password_kept_apart() {
    let backend = Arc::new(Bare::new());
    let mark = mark_of(&[Route::Agent, Route::Person]);
    let form = format!(
        "machine={MACHINE}&mark={mark}&rung=&kind=ipmi&fields%5Bhost%5D=10.0.0.9&fields%5Buser%5D=admin&fields%5Bpassword%5D=hunter2"
    );
    let answer = ask_of(&backend, plain("/api/save_route", &form)).await;
    assert_eq!(answer.headers()[header::LOCATION], format!("/machines/{MACHINE}/routes"));
    let routes = backend.routes.lock().unwrap().clone();
    assert!(matches!(&routes[..], [Route::Agent, Route::Ipmi(_), Route::Person]), "{routes:?}");
    assert_eq!(backend.secrets.lock().unwrap()[0].expose(), "hunter2");
}

#[tokio::test]
async fn wrong_fields_lead_back_to_the_form_with_all_that_was_typed_but_the_secrets() {
    let backend = Arc::new(Bare::new());
    let mark = mark_of(&[Route::Agent, Route::Person]);
    let fields = "fields[host]=-x&fields[user]=admin&fields[port]=0&fields[password]=hunter2";
    let form = format!("machine={MACHINE}&mark={mark}&kind=ipmi&{fields}");
    let answer = ask_of(&backend, plain("/api/save_route", &form)).await;
    assert!(answer.status().is_redirection());
    let location = answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
    assert!(location.starts_with(&format!("http://here/machines/{MACHINE}/routes?add=ipmi&")), "{location}");
    let json = post("/api/save_route", &form, &[("accept", "application/json")]);
    let answer = ask_of(&backend, json).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let words = text(answer).await;
    assert!(words.contains("admin") && words.contains("1 to 65535") && !words.contains("hunter2"), "{words}");
    assert_eq!(backend.routes.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn an_edit_of_a_ladder_that_somebody_changed_meanwhile_is_refused() {
    let form = format!("machine={MACHINE}&mark=0&rung=0&how=remove");
    let answer = ask(post("/api/move_route", &form, &[("accept", "application/json")])).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    assert!(text(answer).await.contains("meanwhile"));
}

#[tokio::test]
async fn a_persons_link_is_answered_once_and_then_says_thanks() {
    let backend = Arc::new(Bare::new());
    let path = format!("{LINK}/right");
    let get = || Request::get(&path).body(Body::empty()).unwrap();
    let page = text(ask_of(&backend, get()).await).await;
    assert!(page.contains("pc-7") && page.contains("value=\"done\""), "{page}");
    for _ in 0..2 {
        let answer = ask_of(&backend, post(&path, "did=done", &[])).await;
        assert_eq!(
            (answer.status(), &answer.headers()[header::LOCATION]),
            (StatusCode::SEE_OTHER, &path.parse().unwrap())
        );
    }
    assert_eq!(*backend.did.lock().unwrap(), [true], "pressed twice is done once");
    assert!(text(ask_of(&backend, get()).await).await.contains("Thank you"));
}

#[tokio::test]
async fn a_wrong_link_says_so_and_touches_nothing() {
    let backend = Arc::new(Bare::new());
    for path in [format!("{LINK}/wrong"), "/go/no/such/link".to_owned()] {
        for request in [Request::get(&path).body(Body::empty()).unwrap(), post(&path, "did=done", &[])] {
            let answer = ask_of(&backend, request).await;
            assert_eq!(answer.status(), StatusCode::GONE, "{path}");
            let page = text(answer).await;
            assert!(page.contains("Nothing to do here") && !page.contains("pc-7"), "{page}");
        }
    }
    assert!(backend.did.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_help_desk_asks_for_a_machine_and_says_when_none_fits() {
    let page = text(get("/helpdesk").await).await;
    assert!(page.contains("Find the machine of whoever rings") && !page.contains("No machine fits"));
    assert!(text(get("/helpdesk?q=nobody").await).await.contains("No machine fits"));
    assert_eq!(get(&format!("/helpdesk/{MACHINE}")).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_style_guide_is_whole_without_scripts_and_sorted_by_its_address() {
    let page = text(get("/styleguide?sort=-memory").await).await;
    for section in ["Buttons", "Stepper", "Charts", "Empty and trouble"] {
        assert!(page.contains(section), "{section}");
    }
    assert!(page.find("srv-001") < page.find("srv-002"), "the most memory first");
    assert!(page.contains("aria-sort=\"descending\""));
}

#[tokio::test]
async fn a_density_that_was_chosen_stands_in_the_page_from_the_first_byte() {
    let asked = Request::get("/alarms").header(header::COOKIE, "density=compact; theme=dark");
    let page = text(ask(asked.body(Body::empty()).unwrap()).await).await;
    assert!(page.contains("data-density=\"compact\"") && page.contains("data-theme=\"dark\""));
    assert!(!text(get("/alarms").await).await.contains("data-density"));
}

#[tokio::test]
async fn an_image_has_its_versions_with_what_can_be_done_and_a_refusal_stands_where_it_was_pressed() {
    let list = text(get("/images").await).await;
    assert!(list.contains("href=\"/images/maintenance\"") && list.contains("91 % of 24"), "{list}");
    for words in ["Where images are kept", "It is away: ", "nobody answers", "3.0 GiB"] {
        assert!(list.contains(words), "{words}: {list}");
    }
    assert_eq!(get("/images/nothing").await.status(), StatusCode::NOT_FOUND);
    let page = get("/images/maintenance").await;
    let policy = page.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    assert!(policy.contains("connect-src 'self'") && !policy.contains("unsafe"), "{policy}");
    let page = text(page).await;
    for words in ["Promote to stable", "Roll back to candidate", "it boots everywhere", "Example Simulated 1"]
    {
        assert!(page.contains(words), "{words}");
    }
    let press = |act: &str| format!("/images/maintenance/{}/{act}", "a".repeat(64));
    assert_eq!(
        ask(post(&press("promote"), "why=x", &[])).await.headers()[header::LOCATION],
        "/images/maintenance"
    );
    let refused = text(ask(post(&press("remove"), "why=too+old", &[])).await).await;
    assert!(
        refused.contains("the job inventory on pc-7") && refused.contains("value=\"too old\""),
        "{refused}"
    );
    assert!(refused.contains("data-method=\"post\""), "it is not fetched again");
}

#[tokio::test]
async fn a_capture_says_how_each_piece_was_kept_and_what_in_use_means() {
    let page = get("/captures/00000000-0000-4000-8000-000000000001").await;
    assert_eq!(page.status(), StatusCode::OK);
    let page = text(page).await;
    let kept = |piece: &str, words: &str| {
        let row =
            page.split("<tr>").find(|row| row.contains(piece)).unwrap_or_else(|| panic!("{piece}: {page}"));
        assert!(row.contains(words), "{piece}: {row}");
    };
    kept("Partition 1 (vfat, EFI)", "not closed cleanly");
    kept("Partition 2 (swap)", "made anew");
    kept("Partition 3 (crypto_LUKS)", "all of it");
    kept("Partition 4 (ntfs, Data)", "what is in use");
    assert!(page.contains("Deleted files and free space are not kept"), "{page}");
}
