//! Signing in by an identity provider. The provider here is ours and lies when it is told to; the browser tests use one
//! that is not.

use super::house::{Answer, House};
use super::signing_in::held;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openidconnect::core::{CoreEdDsaPrivateSigningKey, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKeyId, PrivateSigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// What it says next.
#[derive(Clone, Default)]
struct Says {
    /// Claims over the usual ones.
    claims: HashMap<&'static str, Value>,
    /// Said only when it is asked once more.
    user_info: HashMap<&'static str, Value>,
    /// Which of its keys signs.
    key: u8,
    /// Signed by nobody, or by the secret that both know.
    alg: Option<&'static str>,
    /// It does not answer.
    away: bool,
    /// It has no place to sign out at.
    no_way_out: bool,
}

#[derive(Clone)]
struct Provider {
    issuer: String,
    says: Arc<Mutex<Says>>,
    /// The sign-in that is under way: nonce and challenge.
    asked: Arc<Mutex<(String, String)>>,
}

fn key(n: u8) -> CoreEdDsaPrivateSigningKey {
    // PKCS #8 of an Ed25519 key (RFC 8410, section 7), which is any 32 bytes.
    let mut der = hex::decode("302e020100300506032b657004220420").unwrap();
    der.extend([n; 32]);
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----", STANDARD.encode(der));
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(JsonWebKeyId::new(n.to_string()))).unwrap()
}

impl Provider {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let this = Self { issuer, says: Arc::default(), asked: Arc::default() };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(about))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/me", get(me))
            .with_state(this.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        this
    }

    async fn house(&self) -> House {
        let (issuer, client) = (self.issuer.as_str(), "--oidc-client-id=pitstop");
        let roles = "--oidc-role=admins=administrator;lab=operator@site:graz";
        House::with(&["--oidc-issuer", issuer, client, roles, "--oidc-name", "Example ID"]).await
    }

    fn says(&self, change: impl FnOnce(&mut Says)) {
        let mut says = Says::default();
        change(&mut says);
        *self.says.lock().unwrap() = says;
    }

    fn groups(&self, groups: &[&str]) {
        self.says(|says| drop(says.claims.insert("groups", json!(groups))));
    }

    /// A browser goes there; gives where it is sent back, and what it holds.
    async fn send(&self, house: &House, next: &str) -> (String, String) {
        let sent = house.get(&format!("/auth/oidc/start?next={next}"), None).await;
        let to = url::Url::parse(sent.location.as_deref().unwrap_or_else(|| panic!("{sent:?}"))).unwrap();
        let asked: HashMap<_, _> = to.query_pairs().into_owned().collect();
        assert_eq!((asked["response_type"].as_str(), asked["client_id"].as_str()), ("code", "pitstop"));
        assert_eq!(asked["redirect_uri"], "http://127.0.0.1:3000/auth/oidc/callback");
        assert_eq!(asked["code_challenge_method"], "S256");
        assert!(asked["scope"].split(' ').any(|scope| scope == "openid"));
        *self.asked.lock().unwrap() = (asked["nonce"].clone(), asked["code_challenge"].clone());
        let cookie = sent.cookie.as_deref().unwrap_or_default();
        assert!(cookie.contains("HttpOnly") && cookie.contains("Path=/auth/oidc/"), "{cookie}");
        (format!("/auth/oidc/callback?code=abc&state={}", asked["state"]), held(&sent))
    }

    async fn sign_in(&self, house: &House) -> Answer {
        let (back, browser) = self.send(house, "/jobs").await;
        house.get(&back, Some(&browser)).await
    }
}

async fn about(State(this): State<Provider>) -> Response {
    if this.says.lock().unwrap().away {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let at = |path: &str| format!("{}{path}", this.issuer);
    Json(json!({
        "issuer": this.issuer, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
        "jwks_uri": at("/keys"), "userinfo_endpoint": at("/me"),
        "end_session_endpoint": if this.says.lock().unwrap().no_way_out { Value::Null } else { at("/out").into() },
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["EdDSA"],
    }))
    .into_response()
}

async fn keys(State(this): State<Provider>) -> Json<Value> {
    let n = this.says.lock().unwrap().key;
    Json(json!({ "keys": [key(n).as_verification_key()] }))
}

async fn token(
    State(this): State<Provider>,
    Form(form): Form<HashMap<String, String>>,
) -> (StatusCode, Json<Value>) {
    let says = this.says.lock().unwrap().clone();
    let (nonce, challenge) = this.asked.lock().unwrap().clone();
    let proven = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
    if form["code"] != "abc" || proven != challenge {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" })));
    }
    let now = chrono::Utc::now().timestamp();
    let mut claims = json!({
        "iss": this.issuer, "aud": "pitstop", "sub": "7", "nonce": nonce, "iat": now, "exp": now + 300,
        "preferred_username": "ben", "name": "Ben B.",
    });
    for (name, value) in says.claims {
        claims[name] = value;
    }
    let alg = says.alg.unwrap_or("EdDSA");
    let header = json!({ "alg": alg, "kid": says.key.to_string() });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&header), part(&claims));
    let by = key(says.key).sign(&CoreJwsSigningAlgorithm::EdDsa, signed.as_bytes()).unwrap();
    let by = if alg == "none" { String::new() } else { URL_SAFE_NO_PAD.encode(by) };
    let tokens = json!({ "access_token": "a", "token_type": "Bearer", "id_token": format!("{signed}.{by}") });
    (StatusCode::OK, Json(tokens))
}

async fn me(State(this): State<Provider>) -> Json<Value> {
    let mut claims = json!({ "sub": "7" });
    for (name, value) in this.says.lock().unwrap().user_info.clone() {
        claims[name] = value;
    }
    Json(claims)
}

#[tokio::test]
async fn somebody_of_a_known_group_comes_in_where_they_wanted_with_what_it_gives() {
    let (provider, page) = (Provider::start().await, "/jobs?show=held");
    let house = provider.house().await;
    house.first().await;
    assert!(house.get("/login", None).await.body.contains("Sign in with Example ID"));
    provider.groups(&["lab", "others"]);
    let (back, browser) = provider.send(&house, "%2Fjobs%3Fshow%3Dheld").await;
    let answer = house.get(&back, Some(&browser)).await;
    assert_eq!((answer.status, answer.location.as_deref()), (303, Some(page)), "{answer:?}");
    let account = house.get("/account", Some(&held(&answer))).await.body;
    for words in ["Ben B.", "operator at graz", "You sign in by your identity provider"] {
        assert!(account.contains(words), "{words}: {account}");
    }
}

#[tokio::test]
async fn groups_that_are_told_only_when_asked_once_more_count_as_well() {
    let provider = Provider::start().await;
    let house = provider.house().await;
    provider.says(|says| drop(says.user_info.insert("groups", json!(["admins"]))));
    let answer = provider.sign_in(&house).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    assert_eq!(house.get("/settings/people", Some(&held(&answer))).await.status, 200);
    // About somebody else it tells nothing.
    provider.says(|says| {
        says.user_info = HashMap::from([("groups", json!(["admins"])), ("sub", json!("8"))]);
    });
    assert_eq!(provider.sign_in(&house).await.status, 403);
}

#[tokio::test]
async fn roles_follow_the_groups_and_end_with_them() {
    let provider = Provider::start().await;
    let house = provider.house().await;
    provider.groups(&["admins"]);
    let first = held(&provider.sign_in(&house).await);
    provider.groups(&["lab"]);
    let second = held(&provider.sign_in(&house).await);
    for cookie in [&first, &second] {
        assert_eq!(house.get("/settings/people", Some(cookie)).await.status, 403);
    }
    provider.groups(&["others"]);
    let answer = provider.sign_in(&house).await;
    assert!(answer.status == 403 && answer.body.contains("gives you a right here"), "{answer:?}");
    assert_eq!(house.get("/account", Some(&second)).await.status, 303, "all that they held is closed");
}

#[tokio::test]
async fn a_token_that_is_not_for_this_sign_in_signs_nobody_in() {
    let provider = Provider::start().await;
    let house = provider.house().await;
    let past = json!(chrono::Utc::now().timestamp() - 5);
    for (claim, lie) in [
        ("iss", json!("https://id.example")),
        ("aud", json!("another")),
        ("aud", json!(["pitstop", "another"])),
        ("nonce", json!("another")),
        ("nonce", json!(null)),
        ("exp", past),
        ("sub", json!("")),
        ("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA")),
    ] {
        provider.says(|says| {
            says.claims = HashMap::from([("groups", json!(["admins"])), (claim, lie.clone())]);
        });
        let answer = provider.sign_in(&house).await;
        assert_eq!(answer.status, 403, "{claim}: {lie}: {answer:?}");
        assert!(answer.body.contains("could not be verified"), "{claim}: {answer:?}");
    }
    for alg in ["none", "HS256"] {
        provider.says(|says| {
            says.claims = HashMap::from([("groups", json!(["admins"]))]);
            says.alg = Some(alg);
        });
        assert_eq!(provider.sign_in(&house).await.status, 403, "{alg}");
    }
}

#[tokio::test]
async fn a_stolen_answer_opens_nothing_in_another_browser_and_nothing_twice() {
    let provider = Provider::start().await;
    let house = provider.house().await;
    provider.groups(&["admins"]);
    let (back, browser) = provider.send(&house, "").await;
    assert_eq!(house.get(&back, None).await.status, 403);
    assert_eq!(house.get(&back, Some("pitstop_sign_in=0000")).await.status, 403);
    assert_eq!(house.get(&back, Some(&browser)).await.status, 303);
    let again = house.get(&back, Some(&browser)).await;
    assert!(again.status == 403 && again.body.contains("used already"), "{again:?}");
}

#[tokio::test]
async fn whoever_cancels_there_is_told_and_can_begin_again() {
    let provider = Provider::start().await;
    let house = provider.house().await;
    let (back, browser) = provider.send(&house, "").await;
    let back = back.replace("code=abc", "error=access_denied&error_description=Call+0900");
    let answer = house.get(&back, Some(&browser)).await;
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("Example ID did not sign you in") && !answer.body.contains("0900"));
}

#[tokio::test]
async fn a_new_key_of_the_provider_is_fetched_when_it_is_met() {
    let provider = Provider::start().await;
    let house = provider.house().await;
    provider.groups(&["admins"]);
    assert_eq!(provider.sign_in(&house).await.status, 303);
    // Not again and again: whoever comes with unknown keys must not make the server ask as often.
    for (key, status) in [(1, 303), (2, 403)] {
        provider.says(|says| {
            says.claims = HashMap::from([("groups", json!(["admins"]))]);
            says.key = key;
        });
        assert_eq!(provider.sign_in(&house).await.status, status, "{key}");
    }
}

#[tokio::test]
async fn a_provider_that_is_away_is_said_and_passwords_still_work() {
    let provider = Provider::start().await;
    let house = provider.house().await;
    house.first().await;
    provider.says(|says| says.away = true);
    let answer = house.get("/auth/oidc/start", None).await;
    assert!(answer.status == 503 && answer.body.contains("Example ID does not answer"), "{answer:?}");
    let form = "name=ada&password=correct+horse+battery&next=%2F";
    assert_eq!(house.post("/login", form, [10, 1, 0, 20], None).await.status, 303);
}

#[tokio::test]
async fn nothing_leads_to_another_site_after_coming_back() {
    let provider = Provider::start().await;
    let house = provider.house().await;
    provider.groups(&["admins"]);
    for evil in ["https%3A%2F%2Fevil.example", "%2F%2Fevil.example", "%2Fauth%2Foidc%2Fstart"] {
        let (back, browser) = provider.send(&house, evil).await;
        assert_eq!(house.get(&back, Some(&browser)).await.location.as_deref(), Some("/"), "{evil}");
    }
}

#[tokio::test]
async fn whoever_comes_from_the_provider_gets_no_password_and_no_roles_here() {
    let provider = Provider::start().await;
    let house = provider.house().await;
    let ada = house.first().await;
    provider.groups(&["lab"]);
    provider.sign_in(&house).await;
    let people = house.get("/settings/people", Some(&ada)).await.body;
    assert!(people.contains("which says their roles at each sign-in"), "{people}");
    let ben = house.store.people().await.unwrap().into_iter().find(|person| person.name == "ben").unwrap();
    for (path, form) in [("", "title=B&role0=administrator"), ("/link", "")] {
        let path = format!("/settings/people/{}{path}", ben.id);
        let answer = house.post(&path, form, [10, 1, 0, 21], Some(&ada)).await;
        assert!(answer.status == 409 || answer.status == 422, "{path}: {answer:?}");
    }
    let lock = format!("/settings/people/{}/lock", ben.id);
    house.post(&lock, "", [10, 1, 0, 22], Some(&ada)).await;
    let answer = provider.sign_in(&house).await;
    assert!(answer.status == 403 && answer.body.contains("locked out here"), "{answer:?}");
}

#[tokio::test]
async fn whoever_signs_out_is_told_that_the_provider_still_knows_them_and_where_to_end_that() {
    let provider = Provider::start().await;
    let house = provider.house().await;
    let ada = house.first().await;
    provider.groups(&["lab"]);
    let ben = held(&provider.sign_in(&house).await);
    let out = house.post("/logout", "", [10, 1, 0, 23], Some(&ben)).await;
    assert_eq!(out.location.as_deref(), Some("/login?left=provider"), "{out:?}");
    assert_eq!(house.get("/account", Some(&ben)).await.status, 303, "here it is over at once");
    let page = house.get("/login?left=provider", None).await.body;
    let place = format!("{}/out?client_id=pitstop", provider.issuer);
    assert!(page.contains(&place) && page.contains("Sign out of Example ID, too"), "{page}");
    assert!(!house.get("/login", None).await.body.contains("/out?"), "nobody has just left");
    let out = house.post("/logout", "", [10, 1, 0, 24], Some(&ada)).await;
    assert_eq!(out.location.as_deref(), Some("/login"), "she has a password");
}

#[tokio::test]
async fn a_provider_without_a_place_to_sign_out_at_offers_none() {
    let provider = Provider::start().await;
    let house = provider.house().await;
    house.first().await;
    for says in [Says { no_way_out: true, ..Says::default() }, Says { away: true, ..Says::default() }] {
        *provider.says.lock().unwrap() = says;
        let page = house.get("/login?left=provider", None).await;
        assert!(page.status == 200 && !page.body.contains("You are signed out"), "{page:?}");
    }
}
