//! The routes as a browser meets them: what they answer, and what they refuse.

#![cfg(feature = "ssr")]
#![expect(clippy::unwrap_used, reason = "what a test cannot go on without ends it")]

use async_trait::async_trait;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use pitstop_app::backend::Backend;
use pitstop_app::images::api::ImageRow;
use pitstop_app::jobs::api::{JobPage, Jobs, JobsQuery};
use pitstop_app::machines::api::{Fleet, MachinePage};
use pitstop_app::machines::query::FleetQuery;
use pitstop_app::runs::api::{MembersQuery, RunOffer, RunPage, Runs};
use pitstop_app::{Failure, serve};
use pitstop_domain::Time;
use pitstop_domain::event::{Changed, Noun};
use pitstop_domain::facts::Decision;
use pitstop_domain::function::Task;
use pitstop_domain::id::{CallId, JobId, MachineId, RunId};
use pitstop_domain::run::{RunPlan, Wish};
use std::sync::Arc;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use uuid::Uuid;

const MACHINE: &str = "00000000-0000-0000-0000-000000000007";

/// A server without machines that starts memory tests and refuses all else.
struct Bare(broadcast::Sender<Changed>);

#[async_trait]
impl Backend for Bare {
    async fn fleet(&self, query: &FleetQuery) -> Result<Fleet, Failure> {
        Ok(query.window(vec![], Time::UNIX_EPOCH))
    }
    async fn machine(&self, _: MachineId) -> Result<Option<MachinePage>, Failure> {
        Ok(None)
    }
    async fn start_job(&self, _: MachineId, function: &str, _: Option<Task>) -> Result<JobId, Failure> {
        match function {
            "memory-test" => Ok(JobId(Uuid::from_u128(9))),
            _ => Err(Failure::Refused("no image suits".to_owned())),
        }
    }
    async fn jobs(&self, _: &JobsQuery) -> Result<Jobs, Failure> {
        Err(Failure::Unavailable("the database is away".to_owned()))
    }
    async fn job(&self, _: JobId) -> Result<Option<JobPage>, Failure> {
        Ok(None)
    }
    async fn cancel_job(&self, _: JobId) -> Result<(), Failure> {
        Ok(())
    }
    async fn decide(&self, _: JobId, _: Decision) -> Result<(), Failure> {
        Ok(())
    }
    async fn person_did(&self, _: JobId, _: CallId, _: bool) -> Result<(), Failure> {
        Ok(())
    }
    async fn set_own_image(&self, _: MachineId, image: Option<&str>) -> Result<(), Failure> {
        match image {
            Some("gone") => Err(Failure::Refused("there is no image `gone` in the catalog".to_owned())),
            _ => Ok(()),
        }
    }
    async fn runs(&self, _: Option<Time>) -> Result<Runs, Failure> {
        Ok(Runs { asked_at: Time::UNIX_EPOCH, rows: vec![], more: None })
    }
    async fn run(&self, _: RunId, _: MembersQuery) -> Result<Option<RunPage>, Failure> {
        Ok(None)
    }
    async fn offer_run(&self, _: &str, _: Option<&RunPlan>) -> Result<RunOffer, Failure> {
        Ok(RunOffer { functions: vec![], total: 3, matching: 3, estimate: None, wrong: None })
    }
    async fn start_run(&self, q: &str, plan: &RunPlan, expect: u32) -> Result<RunId, Failure> {
        match (q, plan.canary, expect) {
            ("site:berlin", 2, 3) => Ok(RunId(Uuid::from_u128(11))),
            _ => Err(Failure::Refused(format!("not {q}, {}, {expect}", plan.canary))),
        }
    }
    async fn wish_run(&self, _: RunId, _: Wish) -> Result<(), Failure> {
        Ok(())
    }
    async fn images(&self) -> Result<Vec<ImageRow>, Failure> {
        Ok(vec![])
    }
    fn changes(&self) -> broadcast::Receiver<Changed> {
        self.0.subscribe()
    }
}

async fn ask(request: Request<Body>) -> Response<Body> {
    let backend = Arc::new(Bare(broadcast::channel(4).0));
    let options = serve::options("nowhere");
    serve::routes(options, backend, CancellationToken::new()).oneshot(request).await.unwrap()
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
async fn scripts_of_a_page_carry_the_nonce_of_its_policy() {
    let page = get("/images").await;
    let policy = page.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap().to_owned();
    let page = text(page).await;
    let scripts = page.matches("<script").count();
    assert!(scripts > 0);
    assert_eq!(page.matches(&format!("nonce=\"{nonce}\"")).count(), scripts);
    assert!(!page.contains("style="), "inline styles are against the policy");
}

#[tokio::test]
async fn a_form_posted_by_the_browser_leads_to_the_new_job() {
    let form = format!("machine={MACHINE}&function=memory-test&passes=2&mib=");
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
async fn the_stream_says_what_changed_and_ends_with_the_server() {
    let (changes, _) = broadcast::channel(4);
    let stop = CancellationToken::new();
    let routes = serve::routes(serve::options("nowhere"), Arc::new(Bare(changes.clone())), stop.clone());
    let answer = routes.oneshot(Request::get("/api/events").body(Body::empty()).unwrap()).await.unwrap();
    changes.send(Changed { kind: Noun::Job, id: "9".to_owned(), version: 3 }).unwrap();
    // Taken out of the channel before the stream is told to end.
    let mut body = answer.into_body().into_data_stream();
    let first = tokio_stream::StreamExt::next(&mut body).await.unwrap().unwrap();
    assert_eq!(&first[..], b"data: {\"kind\":\"job\",\"id\":\"9\",\"version\":3}\n\n");
    stop.cancel();
    assert!(tokio_stream::StreamExt::next(&mut body).await.is_none());
}
