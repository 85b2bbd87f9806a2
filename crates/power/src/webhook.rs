//! A URL of the user's, called by POST with what is to be done.
//!
//! ```text
//! Pitstop-Timestamp: 1767225600                    seconds since 1970
//! Pitstop-Signature: v1=HEX                        HMAC-SHA-256 over "TIMESTAMP.BODY" (RFC 2104)
//! Idempotency-Key: CALL                            the same for a call that is repeated
//!
//! {"version":1,"action":"restart","machine":"…","uuid":"…","macs":["…"],"target":"maintenance","job":"…","call":"…"}
//! ```
//!
//! 2xx: taken, which is not done. 408, 425, 429, 503: not taken, worth trying again. Other 4xx: not taken. Anything
//! else, or no answer: nobody knows. Redirects are not followed. The receiver should refuse timestamps that are more
//! than five minutes away, and do a call once.

use crate::http::{Http, Lost, Reply, tame};
use crate::limit::within;
use crate::{Board, Fault, Look, Subject};
use async_trait::async_trait;
use chrono::Utc;
use hmac::{Hmac, KeyInit, Mac};
use hyper::header::{HeaderMap, HeaderValue};
use hyper::{Method, StatusCode};
use pitstop_domain::route::{Trust, Webhook};
use pitstop_domain::secret::Secret;
use serde_json::json;
use sha2::{Digest, Sha256};

pub(crate) struct WebhookBoard {
    http: Http,
    path: String,
    subject: Subject,
    secret: Secret,
}

impl WebhookBoard {
    pub(crate) fn new(settings: &Webhook, subject: &Subject, secret: Secret) -> Result<Self, Fault> {
        let http = Http::new(&settings.url, &Trust::SystemRoots).map_err(Fault::refused)?;
        Ok(Self { http, path: settings.url.path(), subject: subject.clone(), secret })
    }

    fn body(&self) -> String {
        let subject = &self.subject;
        json!({
            "version": 1,
            "action": "restart",
            "machine": subject.machine,
            "uuid": subject.uuid,
            "macs": subject.macs,
            "target": subject.target,
            "job": subject.job,
            "call": subject.call,
        })
        .to_string()
    }

    async fn call(&self) -> Result<String, Fault> {
        let body = self.body();
        let (key, call) = (self.secret.expose().as_bytes(), self.subject.call.to_string());
        let headers = signed(key, Utc::now().timestamp(), &call, &body).map_err(Fault::refused)?;
        match self.http.send(Method::POST, &self.path, headers, body.into_bytes()).await {
            Ok(reply) => judge(self.http.origin(), &reply),
            Err(Lost::Before(words)) => Err(Fault::later(words)),
            Err(Lost::After(words)) => Err(Fault::unknown(format!(
                "{words}. It may have restarted the machine: the machine will show"
            ))),
        }
    }
}

/// The headers of a signed body.
pub(crate) fn signed(secret: &[u8], timestamp: i64, id: &str, body: &str) -> Result<HeaderMap, String> {
    let signature = sign(secret, timestamp, body);
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    for (name, value) in [
        ("pitstop-timestamp", timestamp.to_string()),
        ("pitstop-signature", format!("v1={signature}")),
        ("idempotency-key", id.to_owned()),
    ] {
        let value = HeaderValue::from_str(&value);
        headers.insert(name, value.map_err(|_| "the call cannot be written as headers".to_owned())?);
    }
    Ok(headers)
}

/// HMAC-SHA-256 over `TIMESTAMP.BODY`, in hexadecimal digits.
fn sign(secret: &[u8], timestamp: i64, body: &str) -> String {
    // RFC 2104 §2: a key longer than the hash's block is hashed, a shorter one filled with zeros.
    let mut block = [0; 64];
    match secret {
        short if short.len() <= 64 => block[..short.len()].copy_from_slice(short),
        long => block[..32].copy_from_slice(&Sha256::digest(long)),
    }
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(format!("{timestamp}.{body}").as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

fn judge(origin: &str, reply: &Reply) -> Result<String, Fault> {
    let status = reply.status;
    let said = tame(&String::from_utf8_lossy(&reply.body));
    if status.is_success() {
        return Ok(format!("{origin} took the call ({})", status.as_u16()));
    }
    let words = match said.as_str() {
        "" => format!("{origin} answered {status}"),
        said => format!("{origin} answered {status}: {said}"),
    };
    Err(match status {
        StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::TOO_MANY_REQUESTS
        | StatusCode::REQUEST_TIMEOUT
        | StatusCode::TOO_EARLY => Fault::later(words),
        status if status.is_redirection() => Fault::refused(format!(
            "{words}. Redirects are not followed: they would take the call to a place that nobody wrote down. Correct \
             the URL of the route"
        )),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Fault::refused(format!("{words}. Is the signing secret the same there? Nothing was touched"))
        }
        status if status.is_client_error() => Fault::refused(words),
        _ => Fault::unknown(format!("{words}. It may have restarted the machine: the machine will show")),
    })
}

#[async_trait]
impl Board for WebhookBoard {
    async fn look(&mut self) -> Result<Look, Fault> {
        Ok(Look { power: None, uuid: None, words: "a webhook shows nothing before it is called".to_owned() })
    }

    async fn prepare(&mut self) -> Result<String, Fault> {
        Ok(format!("{} will be called", self.http.origin()))
    }

    async fn restart(&mut self) -> Result<String, Fault> {
        within("the webhook", Fault::unknown, self.call()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `printf '1700000000.{}' | openssl dgst -sha256 -hmac KEY`.
    #[test]
    fn the_signature_is_what_other_programs_make_of_it() {
        assert_eq!(
            sign(b"0123456789abcdef", 1_700_000_000, "{}"),
            "e4f8e2ecae2295b2ddb2f0b5584c8275e226c0ebe9b3b819e70156bb67122e3e"
        );
        let long = "0123456789abcdef".repeat(5);
        assert_eq!(
            sign(long.as_bytes(), 1_700_000_000, "{}"),
            "2a586d1d79510e95d4897b5a4cf39152e462fc0e3c0bc608b614dc4ad19acd5d"
        );
    }
}
