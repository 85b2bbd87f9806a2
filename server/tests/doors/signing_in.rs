//! Signing in, as a browser does it.

use super::house::{Answer, House};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, header};
use std::net::SocketAddr;

const PASSWORD: &str = "correct+horse+battery";

impl House {
    pub async fn get(&self, path: &str, cookie: Option<&str>) -> Answer {
        let request = Request::get(path).header(header::ACCEPT, "text/html");
        let request = cookie.iter().fold(request, |request, cookie| request.header(header::COOKIE, *cookie));
        self.answer(request.body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, path: &str, form: &str, from: [u8; 4], cookie: Option<&str>) -> Answer {
        let request = Request::post(path)
            .header(header::ACCEPT, "text/html")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .extension(ConnectInfo(SocketAddr::from((from, 4000))));
        let request = cookie.iter().fold(request, |request, cookie| request.header(header::COOKIE, *cookie));
        self.answer(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    /// The first administrator, by the link of the first start; gives the cookie.
    pub async fn first(&self) -> String {
        let link = self.store.add_link(None, None).await.unwrap();
        let path = format!("/join/{}", link.expose());
        assert!(self.get(&path, None).await.body.contains("The first administrator"));
        let form = format!("name=Ada&title=Ada+Lovelace&password={PASSWORD}&again={PASSWORD}");
        let answer = self.post(&path, &form, [10, 1, 0, 1], None).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        assert_eq!(self.get(&path, None).await.status, 410, "a link works once");
        held(&answer)
    }
}

/// The cookie of an answer, as the browser sends it back.
pub fn held(answer: &Answer) -> String {
    answer.cookie.as_ref().unwrap().split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn before_anybody_is_there_the_page_says_where_the_link_is() {
    let house = House::new().await;
    let page = house.get("/login", None).await;
    assert!(page.body.contains("The terminal in which the server was started"), "{page:?}");
}

#[tokio::test]
async fn whoever_signs_in_comes_where_they_wanted_with_a_cookie_of_its_own() {
    let house = House::new().await;
    let first = house.first().await;
    let asked = house.get("/jobs?show=held", None).await;
    assert_eq!(asked.location.as_deref(), Some("/login?next=%2Fjobs%3Fshow%3Dheld"));
    let form = format!("name=ADA&password={PASSWORD}&next=%2Fjobs%3Fshow%3Dheld");
    // Whatever the browser held before, it holds another afterwards.
    let answer = house.post("/login", &form, [10, 1, 0, 2], Some("pitstop=0000")).await;
    assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/jobs?show=held")));
    let second = held(&answer);
    assert!(second != first && !second.contains("0000"));
    let cookie = answer.cookie.unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    assert_eq!(house.get("/", Some(&second)).await.status, 200);
}

#[tokio::test]
async fn nothing_leads_to_another_site_after_signing_in() {
    let house = House::new().await;
    house.first().await;
    for evil in
        ["https%3A%2F%2Fevil.example", "%2F%2Fevil.example", "%2F%5Cevil.example", "%2F%09%2Fevil.example"]
    {
        let form = format!("name=ada&password={PASSWORD}&next={evil}");
        let answer = house.post("/login", &form, [10, 1, 0, 3], None).await;
        assert_eq!(answer.location.as_deref(), Some("/"), "{evil}");
    }
}

#[tokio::test]
async fn a_wrong_name_and_a_wrong_password_are_told_by_the_same_words() {
    let house = House::new().await;
    house.first().await;
    let mut told = Vec::new();
    for form in
        ["name=ada&password=wrong+wrong+wrong", "name=eve&password=wrong+wrong+wrong", "name=%21&password=x"]
    {
        let answer = house.post("/login", form, [10, 1, 0, 4], None).await;
        assert_eq!(answer.status, 401, "{form}");
        assert!(answer.cookie.is_none());
        assert!(!answer.body.contains("wrong wrong"), "a password is not sent back");
        told.push(answer.body.split("Name or password").nth(1).map(|rest| rest[..20].to_owned()));
    }
    assert!(told.iter().all(|words| words.is_some() && *words == told[0]), "{told:?}");
    let who: Vec<String> =
        sqlx::query_scalar("select who from audit where act = 'sign_in_failed' order by id")
            .fetch_all(house.store.pool())
            .await
            .unwrap();
    assert_eq!(who, ["ada", "somebody", "somebody"], "what is typed as a name may be a password");
}

#[tokio::test]
async fn after_five_attempts_from_one_place_the_right_password_must_wait_and_elsewhere_it_need_not() {
    let house = House::new().await;
    house.first().await;
    let wrong = "name=ada&password=wrong+wrong+wrong";
    for _ in 0..5 {
        assert_eq!(house.post("/login", wrong, [10, 1, 0, 5], None).await.status, 401);
    }
    let right = format!("name=ada&password={PASSWORD}");
    let answer = house.post("/login", &right, [10, 1, 0, 5], None).await;
    assert_eq!(answer.status, 429);
    assert!(answer.body.contains("Too many attempts"), "{answer:?}");
    assert_eq!(house.post("/login", &right, [10, 1, 0, 6], None).await.status, 303);
}

#[tokio::test]
async fn whoever_signs_out_is_out_and_so_is_the_cookie() {
    let house = House::new().await;
    let cookie = house.first().await;
    assert_eq!(house.get("/account", Some(&cookie)).await.status, 200);
    let answer = house.post("/logout", "", [10, 1, 0, 7], Some(&cookie)).await;
    assert!(answer.cookie.unwrap().contains("Max-Age=0"));
    assert_eq!(house.get("/account", Some(&cookie)).await.status, 303);
}

#[tokio::test]
async fn an_invitation_is_a_link_that_is_shown_once_and_opens_once() {
    let house = House::new().await;
    let ada = house.first().await;
    let form = "name=ben&title=Ben&role0=operator&sites0=graz";
    let answer = house.post("/settings/people", form, [10, 1, 0, 8], Some(&ada)).await;
    assert_eq!(answer.status, 200);
    let link = answer.body.split("/join/").nth(1).unwrap()[..64].to_owned();
    assert!(!house.get("/settings/people", Some(&ada)).await.body.contains(&link));
    let form = format!("title=Ben&password={PASSWORD}&again={PASSWORD}");
    let joined = house.post(&format!("/join/{link}"), &form, [10, 1, 0, 9], None).await;
    let ben = held(&joined);
    assert!(house.get("/account", Some(&ben)).await.body.contains("operator at graz"));
    assert_eq!(house.get("/audit", Some(&ben)).await.status, 403);
    let sessions = house.get("/settings/people", Some(&ada)).await;
    assert!(sessions.body.contains("operator at graz"));
}

#[tokio::test]
async fn a_token_signs_a_program_in_and_makes_no_others() {
    let house = House::new().await;
    let ada = house.first().await;
    let made =
        house.post("/settings/tokens", "name=backup&role=viewer&days=7", [10, 1, 0, 10], Some(&ada)).await;
    let token = format!("pitstop_{}", &made.body.split("<code>pitstop_").nth(1).unwrap()[..64]);
    let ask = async |method: &str, path: &str, form: &str| {
        let request =
            Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}"));
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        house.answer(request.body(Body::from(form.to_owned())).unwrap()).await
    };
    let me = ask("GET", "/api/v1/me", "").await;
    assert!(me.body.contains("\"viewer\"") && me.body.contains("backup"), "{me:?}");
    let again = ask("POST", "/settings/tokens", "name=more&role=viewer&days=7").await;
    assert_eq!(again.status, 403, "{again:?}");
    let shown = house.get("/settings/tokens", Some(&ada)).await.body;
    assert!(shown.contains("backup") && !shown.contains(&token));
}

#[tokio::test]
async fn pages_are_not_kept_by_anybody_on_the_way() {
    let house = House::new().await;
    let ada = house.first().await;
    for path in ["/account", "/settings/people", "/", "/login"] {
        let request = Request::get(path).header(header::COOKIE, &ada).header(header::ACCEPT, "text/html");
        let response = tower::ServiceExt::oneshot(house.router.clone(), request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store", "{path}");
    }
}
