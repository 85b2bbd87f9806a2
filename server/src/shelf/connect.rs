//! How `object_store` reaches a bucket: by the HTTP and TLS that the server has already, so that it brings none of its own.

use async_trait::async_trait;
use http_body_util::BodyExt;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody,
    HttpService,
};
use pitstop_domain::route::HttpUrl;
use pitstop_power::line::{Cut, Line};
use std::fmt;

/// The way to a bucket's host.
#[derive(Clone)]
pub(super) struct Connector(Line);

impl Connector {
    /// # Errors
    /// When the system's certificate authorities cannot be read.
    pub(super) fn to(endpoint: &HttpUrl) -> Result<Self, String> {
        Line::to(endpoint).map(Self)
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Connector {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let answer = self.0.send(request).await.map_err(|cut| {
            let kind = match cut {
                // Nothing was done by it: it may be sent again.
                Cut::Before(_) => HttpErrorKind::Connect,
                Cut::After(_) => HttpErrorKind::Interrupted,
            };
            HttpError::new(kind, cut)
        })?;
        Ok(answer.map(|body| {
            HttpResponseBody::new(body.map_err(|error| HttpError::new(HttpErrorKind::Interrupted, error)))
        }))
    }
}
