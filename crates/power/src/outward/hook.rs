//! Events, posted to whoever wants them, signed as the Standard Webhooks specification has it:
//!
//! ```text
//! webhook-id: EVENT                  the same however often it is sent: what was had is passed over
//! webhook-timestamp: 1767225600      seconds since 1970, of this try
//! webhook-signature: v1,BASE64 …     HMAC-SHA-256 over "ID.TIMESTAMP.BODY"; one for each secret that holds
//! ```
//!
//! Where it goes is looked up once, and never an inner address, unless the server is told that it may. Redirects are not
//! followed.

use super::inner::places;
use super::words;
use crate::http::{Http, Lost, Reply, tame};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use hyper::Method;
use hyper::header::{HeaderMap, HeaderValue};
use pitstop_domain::route::{HttpUrl, Trust};
use pitstop_domain::secret::Secret;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// In all. Receivers are to put aside what they are told, and to work on it afterwards.
const PATIENCE: Duration = Duration::from_secs(15);

/// Of an answer, to be shown.
const LONGEST: usize = 4096;

/// What is posted.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    pub id: &'a str,
    /// Seconds since 1970.
    pub timestamp: i64,
    pub body: &'a str,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    pub status: u16,
    /// Its beginning, fit for a line.
    pub said: String,
    /// `Retry-After`, in seconds.
    pub rest_s: Option<u32>,
}

/// Posts an event. `inner`: hosts that may be told although their addresses are inner ones.
///
/// # Errors
/// In words, when no answer came.
pub async fn post(
    url: &HttpUrl,
    inner: &[String],
    secrets: &[Secret],
    message: Message<'_>,
) -> Result<Answered, String> {
    let late = |_| Err(format!("it did not answer within {} s", PATIENCE.as_secs()));
    let reply = tokio::time::timeout(PATIENCE, ask(url, inner, secrets, message));
    let reply = reply.await.unwrap_or_else(late)?;
    let rest = reply.headers.get("retry-after").and_then(|value| value.to_str().ok());
    let said = tame(&String::from_utf8_lossy(&reply.body));
    let said = match reply.status.is_redirection() {
        true => format!("it leads elsewhere, which is not followed: correct the address. {said}"),
        false => said,
    };
    Ok(Answered {
        status: reply.status.as_u16(),
        said: said.trim().to_owned(),
        rest_s: rest.and_then(|text| text.trim().parse().ok()),
    })
}

async fn ask(
    url: &HttpUrl,
    inner: &[String],
    secrets: &[Secret],
    message: Message<'_>,
) -> Result<Reply, String> {
    let is_let = inner.iter().any(|allowed| allowed.eq_ignore_ascii_case(url.host()));
    let places = places(url, is_let, &format!("--webhooks-inner {}", url.host())).await?;
    let headers = headers(secrets, message)?;
    let mut why = String::new();
    for place in places {
        let http = Http::new(url, &Trust::SystemRoots)?.at(place, LONGEST).beginning();
        let body = message.body.as_bytes().to_vec();
        match http.send(Method::POST, &url.path(), headers.clone(), body).await {
            Err(Lost::Before(lost)) => why = lost,
            reply => return reply.map_err(words),
        }
    }
    Err(why)
}

fn headers(secrets: &[Secret], message: Message<'_>) -> Result<HeaderMap, String> {
    let signatures: Vec<_> =
        secrets.iter().map(|secret| signature(secret, message)).collect::<Result<_, _>>()?;
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    for (name, value) in [
        ("webhook-id", message.id.to_owned()),
        ("webhook-timestamp", message.timestamp.to_string()),
        ("webhook-signature", signatures.join(" ")),
    ] {
        let value = HeaderValue::from_str(&value);
        headers.insert(name, value.map_err(|_| "it cannot be written as headers".to_owned())?);
    }
    Ok(headers)
}

/// `v1,BASE64`, by a secret as it is shown: `whsec_` and the key in base64.
///
/// # Errors
/// When it is no such secret.
pub fn signature(secret: &Secret, message: Message<'_>) -> Result<String, String> {
    let key = secret.expose().strip_prefix("whsec_").and_then(|text| BASE64.decode(text).ok());
    let key = key.ok_or("the secret is none that could be signed with")?;
    // RFC 2104 §2: a key longer than the hash's block is hashed, a shorter one filled with zeros.
    let mut block = [0; 64];
    match key.as_slice() {
        short if short.len() <= 64 => block[..short.len()].copy_from_slice(short),
        long => block[..32].copy_from_slice(&Sha256::digest(long)),
    }
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(format!("{}.{}.{}", message.id, message.timestamp, message.body).as_bytes());
    Ok(format!("v1,{}", BASE64.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests;
