//! An identity provider that vouches for people: OpenID Connect Core 1.0, code flow (3.1) with PKCE (RFC 7636).
//!
//! - here: somebody is sent there, and comes back; [`settings`]: what is set
//! - `known`: what the provider says about itself; `claims`: what it says about somebody; `types`: the library's, filled in

mod claims;
mod known;
pub mod settings;
mod types;

use known::{Known, ask, whole};
use openidconnect::core::{CoreJwsSigningAlgorithm as Alg, CoreResponseType};
use openidconnect::{
    AccessTokenHash, AuthenticationFlow, AuthorizationCode, ClaimsVerificationError, CsrfToken,
    LogoutRequest, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, Scope, TokenResponse,
};
use pitstop_domain::Time;
use pitstop_domain::secret::Secret;
use pitstop_store::people::provided::Provided;
use pitstop_store::people::started::Back;
use pitstop_store::{Error, Store};
use serde_json::{Map, Value};
use settings::Settings;
use types::{Client, Tokens, UserInfo};
use url::Url;

/// Signatures that take the provider's own key. With the secret that both know (HS256), we could have signed it ourselves.
const SIGNED: [Alg; 9] = [
    Alg::RsaSsaPkcs1V15Sha256,
    Alg::RsaSsaPkcs1V15Sha384,
    Alg::RsaSsaPkcs1V15Sha512,
    Alg::RsaSsaPssSha256,
    Alg::RsaSsaPssSha384,
    Alg::RsaSsaPssSha512,
    Alg::EcdsaP256Sha256,
    Alg::EcdsaP384Sha384,
    Alg::EdDsa,
];

/// The provider.
pub struct Provider {
    settings: Settings,
    known: Known,
}

/// Why somebody is not vouched for.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// It does not answer, or not as it should.
    Away,
    /// What it said cannot be trusted. The log says why.
    NotBelieved,
}

/// Somebody who is to go there.
pub struct Sent {
    pub to: String,
    /// What their browser holds meanwhile.
    pub browser: Secret,
}

impl Provider {
    pub fn new(settings: Settings) -> Self {
        Self { settings, known: Known::default() }
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// Begins a sign-in that ends at the page `next`.
    ///
    /// # Errors
    /// [`Trouble::Away`] within; the database's own.
    pub async fn send(&self, store: &Store, next: &str) -> Result<Result<Sent, Trouble>, Error> {
        let client = match self.known.client(&self.settings).await {
            Ok(client) => client,
            Err(trouble) => return Ok(Err(trouble)),
        };
        let nonce = Nonce::new_random();
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let verifier = Secret::new(verifier.secret().clone());
        let started = store.start_sign_in(&Secret::new(nonce.secret().clone()), &verifier, next).await?;
        let state = CsrfToken::new(started.state.expose().to_owned());
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let scopes = self.settings.scopes.iter().cloned().map(Scope::new);
        let request = client.authorize_url(flow, move || state, move || nonce);
        let (to, ..) = request.set_pkce_challenge(challenge).add_scopes(scopes).url();
        Ok(Ok(Sent { to: to.into(), browser: started.browser }))
    }

    /// Who it is that came back with this code.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn vouch(&self, code: &str, back: &Back, now: Time) -> Result<Provided, Trouble> {
        let client = self.known.client(&self.settings).await?;
        let tokens = self.exchange(&client, code, back).await?;
        let mut claims = read(&client, &tokens, &back.nonce, now);
        if matches!(claims, Err(ClaimsVerificationError::SignatureVerification(_)))
            && let Some(renewed) = self.known.renewed(&self.settings).await
        {
            claims = read(&renewed?, &tokens, &back.nonce, now);
        }
        let mut claims = claims.map_err(|error| self.not_believed(&error))?;
        if pitstop_domain::people::claims::values(&claims, &self.settings.claim).is_empty() {
            claims = self.and_more(&client, &tokens, claims).await?;
        }
        claims::person(&claims, &self.settings).ok_or(Trouble::NotBelieved)
    }

    /// Where people sign out there, when it has a place for that (OpenID Connect RP-Initiated Logout 1.0, section 2). It
    /// asks them itself: we keep no token of theirs that would speak for them, and name no page to come back to, which
    /// would have to be registered there first.
    pub async fn way_out(&self) -> Option<Url> {
        let metadata = self.known.metadata(&self.settings).await.ok()?;
        let place = metadata.additional_metadata().end_session_endpoint.clone()?;
        let out = LogoutRequest::from(place).set_client_id(self.settings.client.clone()).http_get_url();
        // It becomes a link of ours.
        (out.scheme() == self.settings.issuer.url().scheme()).then_some(out)
    }

    async fn exchange(&self, client: &Client, code: &str, back: &Back) -> Result<Tokens, Trouble> {
        let request = client.exchange_code(AuthorizationCode::new(code.to_owned())).map_err(|error| {
            tracing::warn!(%error, "The identity provider names no place to redeem codes at.");
            Trouble::Away
        })?;
        let verifier = PkceCodeVerifier::new(back.verifier.expose().to_owned());
        let redeemed = request.set_pkce_verifier(verifier).request_async(&ask).await;
        redeemed.map_err(|error| {
            tracing::warn!(error = whole(&error), "The identity provider does not redeem its own code.");
            match error {
                openidconnect::RequestTokenError::Request(_) => Trouble::Away,
                _ => Trouble::NotBelieved,
            }
        })
    }

    /// Some providers say groups only when they are asked once more (OpenID Connect Core 1.0, section 5.3).
    async fn and_more(
        &self,
        client: &Client,
        tokens: &Tokens,
        claims: Map<String, Value>,
    ) -> Result<Map<String, Value>, Trouble> {
        let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default().to_owned();
        let subject = openidconnect::SubjectIdentifier::new(subject);
        let Ok(request) = client.user_info(tokens.access_token().clone(), Some(subject)) else {
            return Ok(claims);
        };
        let told: UserInfo = request.request_async(&ask).await.map_err(|error| self.not_believed(&error))?;
        let mut all = object(&told);
        // What is signed holds.
        all.extend(claims);
        Ok(all)
    }

    fn not_believed(&self, error: &dyn std::error::Error) -> Trouble {
        tracing::warn!(
            provider = self.name(),
            error = whole(error),
            "What the identity provider says is not believed."
        );
        Trouble::NotBelieved
    }
}

/// All claims of the ID token, when it is what it should be: signed by the provider, for us, for this sign-in, still
/// good, and given out with this access token (OpenID Connect Core 1.0, section 3.1.3.7 and 3.1.3.8).
fn read(
    client: &Client,
    tokens: &Tokens,
    nonce: &Secret,
    now: Time,
) -> Result<Map<String, Value>, ClaimsVerificationError> {
    let token = tokens
        .id_token()
        .ok_or_else(|| ClaimsVerificationError::Other("there is no ID token in the answer".to_owned()))?;
    let verifier = client.id_token_verifier().set_allowed_algs(SIGNED).set_time_fn(move || now);
    let claims = token.claims(&verifier, &Nonce::new(nonce.expose().to_owned()))?;
    if let Some(expected) = claims.access_token_hash() {
        let unknown = |error: &dyn std::fmt::Display| ClaimsVerificationError::Other(error.to_string());
        let alg = token.signing_alg().map_err(|error| unknown(&error))?;
        let key = token.signing_key(&verifier).map_err(|error| unknown(&error))?;
        let hash =
            AccessTokenHash::from_token(tokens.access_token(), alg, key).map_err(|error| unknown(&error))?;
        if hash != *expected {
            return Err(ClaimsVerificationError::Other("the access token is another's".to_owned()));
        }
    }
    Ok(object(claims))
}

fn object(claims: &impl serde::Serialize) -> Map<String, Value> {
    match serde_json::to_value(claims) {
        Ok(Value::Object(claims)) => claims,
        _ => Map::new(),
    }
}
