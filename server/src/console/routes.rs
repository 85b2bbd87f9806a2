//! The dashboard's side of consoles, behind the door.

use super::{Consoles, viewer};
use crate::api::Problem;
use crate::people::{Deed, Fault, Gate, On};
use axum::Router;
use axum::body::Body;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Path, Request, State, WebSocketUpgrade};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, RequestExt};
use pitstop_app::people::door::{Door, Entered, Shown};
use pitstop_app::serve::is_from_here;
use pitstop_domain::id::JobId;
use pitstop_domain::people::Right;
use pitstop_store::{Error, Store};
use std::sync::Arc;
use tokio_util::io::ReaderStream;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// What is typed at once, in bytes; a paste that is longer comes in pieces.
const LONGEST: usize = 64 << 10;

/// What the handlers need.
#[derive(Clone)]
pub struct At {
    pub consoles: Arc<Consoles>,
    pub door: Arc<dyn Door>,
    pub store: Store,
    pub stop: CancellationToken,
}

/// The routes below `/jobs/{job}/console`; the page itself is the dashboard's.
pub fn router(at: At) -> Router {
    Router::new()
        .route("/jobs/{job}/console/socket", get(socket))
        .route("/jobs/{job}/console/{recording}/cast", get(cast))
        .with_state(at)
}

impl At {
    fn gate(&self, entered: &Entered) -> Gate {
        Gate::new(self.store.clone(), entered.who.clone(), entered.came_from.clone())
    }

    /// May whoever shows this still sit at the console?
    async fn may(&self, shown: &Shown, job: JobId) -> Result<(), String> {
        match self.door.enter(shown, false).await {
            Ok(Some(entered)) => match self.gate(&entered).read(Right::UseConsole, On::Job(job)).await {
                Ok(_) => Ok(()),
                // The database is away: who sits there stays.
                Err(Fault::Store(error)) if !matches!(error, Error::NotFound(_)) => Ok(()),
                Err(fault) => Err(fault.to_string()),
            },
            Ok(None) => Err("You are signed out. Sign in again.".to_owned()),
            Err(_) => Ok(()),
        }
    }
}

/// `GET /jobs/{job}/console/socket`: a WebSocket. What comes is what the terminal writes, and texts about who is there
/// ([`super::room::Tells`]); what goes is what is typed, and the size of the window.
async fn socket(
    State(at): State<At>,
    Extension(entered): Extension<Entered>,
    Path(job): Path<JobId>,
    mut request: Request,
) -> Result<Response, Problem> {
    // A page of another site can open a socket with our cookie, and read what comes: no browser stops it.
    if !is_from_here(request.headers()) {
        return Err(Fault::NotAllowed("A page of another site may not open a console.".to_owned()).into());
    }
    let gate = at.gate(&entered);
    gate.read(Right::UseConsole, On::Job(job)).await?;
    let upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection> = request.extract_parts().await;
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => return Ok(rejection.into_response()),
    };
    let shown = Shown::of(&*at.door, &request);
    let name = entered.who.to_string();
    let deed = Deed::new(Right::UseConsole, On::Job(job), "sat down at the console");
    let room = gate.act(deed, |_| at.consoles.enter(job, &name)).await?;
    Ok(upgrade.max_message_size(LONGEST).on_upgrade(move |socket| async move {
        let may = || at.may(&shown, job);
        viewer::carry(socket, room, &name, may, at.stop.clone()).await;
    }))
}

/// `GET /jobs/{job}/console/{recording}/cast`: the recording, as asciicast v2.
async fn cast(
    State(at): State<At>,
    Extension(entered): Extension<Entered>,
    Path((job, id)): Path<(JobId, Uuid)>,
) -> Result<Response, Problem> {
    let gate = at.gate(&entered);
    let store = gate.read(Right::UseConsole, On::Job(job)).await?;
    if !store.consoles_of(job).await?.iter().any(|console| console.id == id) {
        return Err(Error::NotFound("recording").into());
    }
    if let Some(room) = at.consoles.room(job).filter(|room| room.id == id) {
        room.flush();
    }
    let file = tokio::fs::File::open(at.consoles.path(id)).await;
    let file = file.map_err(|_| Error::NotFound("recording on this server"))?;
    let kind = [
        (header::CONTENT_TYPE, "application/x-asciicast".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{id}.cast\"")),
    ];
    Ok((StatusCode::OK, kind, Body::from_stream(ReaderStream::new(file))).into_response())
}
