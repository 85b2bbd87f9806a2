//! All routes about people and settings: the open ones, and those for who is in.

use super::{account, join, list, login, programs, provider, settings, sites, tokens};
use crate::audit;
use crate::helpdesk::settings as help_desk;
use crate::people::door::Door;
use axum::Router;
use axum::routing::{get, post};
use std::sync::Arc;

/// For everybody: nothing is shown here but forms, and what is posted is throttled or needs a link. Whoever comes
/// from the identity provider shows what this server gave their browser, and what the provider gave for that.
pub(crate) fn open(door: Arc<dyn Door>) -> Router {
    Router::new()
        .route("/login", get(login::show).post(login::sign_in))
        .route("/auth/oidc/start", get(provider::start))
        .route("/auth/oidc/callback", get(provider::callback))
        .route("/join/{token}", get(join::show).post(join::join))
        .with_state(door)
}

/// For who is in. What they may there, the desk decides.
pub(crate) fn closed(door: Arc<dyn Door>) -> Router {
    Router::new()
        .route("/logout", post(login::sign_out))
        .route("/account", get(account::show))
        .route("/account/password", post(account::change))
        .route("/account/sessions/end", post(account::end_others))
        .route("/account/sessions/{session}/end", post(account::end))
        .route("/settings", get(settings::show))
        .route("/settings/people", get(list::show).post(list::invite))
        .route("/settings/people/{person}", post(list::change))
        .route("/settings/people/{person}/link", post(list::link))
        .route("/settings/people/{person}/{act}", post(list::act))
        .route("/settings/programs", get(programs::show))
        .route("/settings/tokens", get(tokens::show).post(tokens::make))
        .route("/settings/tokens/{token}/end", post(tokens::end))
        .route("/settings/sites", get(sites::show))
        .route("/settings/sites/{site}", post(sites::change))
        .route("/settings/help-desk", get(help_desk::show).post(help_desk::add))
        .route("/settings/help-desk/{symptom}", post(help_desk::change))
        .route("/settings/help-desk/{symptom}/{act}", post(help_desk::act))
        .route("/audit", get(audit::show))
        .route("/audit/export", get(audit::export))
        .with_state(door)
}
