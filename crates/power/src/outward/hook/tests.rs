use super::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Made by the package `standardwebhooks` 1.1.0 of PyPI: secret, id, timestamp, body, signature.
const VECTORS: [(&str, &str, i64, &str, &str); 4] = [
    (
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1_614_265_330,
        r#"{"test": 2432232314}"#,
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ),
    (
        "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "msg_2",
        1_767_225_600,
        r#"{"test": 1}"#,
        "v1,HtIlnWNhLTiTKLRvJwMqlnfPYh0YyNZCAyIFgB8G5Wk=",
    ),
    (
        "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0BBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZWltcXV5fYGFiYw==",
        "0193f0e2-0000-7000-8000-000000000001",
        1_767_225_600,
        r#"{"type":"job.closed","data":{"machine":{"name":"Zoë"}}}"#,
        "v1,QjGK5gkn/b/Ko9cdqps/PjneAk3v7CMrWVgRAtEK8fQ=",
    ),
    (
        "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH",
        "e",
        0,
        r#""#,
        "v1,2DcVIFqD7zoUcrTBox2OuaWufRmiQU88fTKEtrCV0fQ=",
    ),
];

fn secret() -> Secret {
    Secret::new(VECTORS[0].0)
}

const MESSAGE: Message<'_> = Message { id: "e", timestamp: 7, body: "{}" };

/// Answers once; gives its address, and what it was asked.
async fn receiver(answer: &'static str) -> (HttpUrl, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap()).parse().unwrap();
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = vec![0; 4096];
        let mut length = 0;
        while !asked[..length].ends_with(b"{}") {
            length += stream.read(&mut asked[length..]).await.unwrap();
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8_lossy(&asked[..length]).into_owned()
    });
    (url, asked)
}

async fn posted(url: &HttpUrl) -> Result<Answered, String> {
    post(url, &["127.0.0.1".to_owned()], &[secret(), Secret::new(VECTORS[1].0)], MESSAGE).await
}

#[test]
fn a_signature_is_as_another_implementation_makes_it() {
    for (secret, id, timestamp, body, expected) in VECTORS {
        assert_eq!(
            signature(&Secret::new(secret), Message { id, timestamp, body }).as_deref(),
            Ok(expected),
            "{id}"
        );
    }
    assert!(signature(&Secret::new("no secret"), MESSAGE).is_err());
}

#[tokio::test]
async fn a_delivery_has_its_name_its_time_and_a_signature_for_each_secret() {
    let (url, asked) = receiver("HTTP/1.1 204 No Content\r\n\r\n").await;
    assert_eq!(posted(&url).await.unwrap().status, 204);
    let asked = asked.await.unwrap();
    assert!(asked.starts_with("POST /hook HTTP/1.1"), "{asked}");
    let both = [signature(&secret(), MESSAGE), signature(&Secret::new(VECTORS[1].0), MESSAGE)];
    let signatures = format!("{} {}", both[0].as_ref().unwrap(), both[1].as_ref().unwrap());
    for line in ["webhook-id: e", "webhook-timestamp: 7", &format!("webhook-signature: {signatures}")] {
        assert!(asked.contains(line), "{line} is not in {asked}");
    }
}

#[tokio::test]
async fn it_is_not_followed_elsewhere_and_waits_as_long_as_it_is_asked_to() {
    let (url, _asked) =
        receiver("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n").await;
    let answered = posted(&url).await.unwrap();
    assert!(answered.status == 302 && answered.said.contains("not followed"), "{answered:?}");
    let (url, _asked) =
        receiver("HTTP/1.1 429 Slow Down\r\nretry-after: 30\r\ncontent-length: 2\r\n\r\nno").await;
    let answered = posted(&url).await.unwrap();
    assert_eq!(answered, Answered { status: 429, said: "no".to_owned(), rest_s: Some(30) });
}

#[tokio::test]
async fn ones_own_networks_are_told_only_where_that_is_allowed() {
    let url = "http://127.0.0.1:9/hook".parse().unwrap();
    let refused = post(&url, &["localhost".to_owned()], &[secret()], MESSAGE).await.unwrap_err();
    assert!(refused.contains("--webhooks-inner 127.0.0.1"), "{refused}");
}

#[tokio::test]
async fn an_endless_answer_is_cut_and_is_an_answer() {
    let long = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(100_000)).leak();
    let (url, _asked) = receiver(long).await;
    let answered = posted(&url).await.unwrap();
    assert!(answered.status == 200 && answered.said.len() == 200, "{answered:?}");
}
