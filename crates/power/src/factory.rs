//! From a route to its board.

use crate::ipmi::IpmiBoard;
use crate::qmp::QmpBoard;
use crate::redfish::RedfishBoard;
use crate::simulated::SimulatedBoard;
use crate::ssh::SshBoard;
use crate::wake_on_lan::WakeOnLanBoard;
use crate::webhook::WebhookBoard;
use crate::{Board, Fault, Secrets, Subject};
use pitstop_domain::route::Route;

/// The board behind a route. Opens the secrets it needs; asks nobody yet.
///
/// # Errors
/// When a secret does not open or cannot be used, or the route is one that the server does not ask.
pub async fn board(route: &Route, subject: &Subject, secrets: &dyn Secrets) -> Result<Box<dyn Board>, Fault> {
    Ok(match route {
        Route::VirtualMachine { qmp } => Box::new(QmpBoard::new(qmp, subject)),
        Route::Simulated { url } => Box::new(SimulatedBoard::new(url, subject.call)?),
        Route::Redfish(redfish) => {
            Box::new(RedfishBoard::new(redfish, subject, secrets.open(redfish.password).await?)?)
        }
        Route::Ipmi(ipmi) => Box::new(IpmiBoard::new(ipmi, subject, secrets.open(ipmi.password).await?)),
        Route::WakeOnLan(wake) => {
            let secure_on = match wake.secure_on {
                Some(id) => Some(secrets.open(id).await?),
                None => None,
            };
            Box::new(WakeOnLanBoard::new(wake, secure_on.as_ref())?)
        }
        Route::Webhook(webhook) => {
            Box::new(WebhookBoard::new(webhook, subject, secrets.open(webhook.signing_secret).await?)?)
        }
        Route::Ssh(ssh) => Box::new(SshBoard::new(ssh, subject, &secrets.open(ssh.private_key).await?)?),
        Route::Agent | Route::AgentKexec | Route::Person => {
            return Err(Fault::refused(format!("the server does not ask the route `{}`", route.name())));
        }
    })
}
