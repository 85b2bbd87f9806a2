//! What is pressed on an image's page. Each leads back to it.

use super::image::{Refused, page};
use super::parts::page_of;
use crate::Failure;
use crate::people::door::Entered;
use crate::people::pages::frame::Frame;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use pitstop_domain::digest::Digest;
use pitstop_domain::image::Channel;
use pitstop_domain::machine::Firmware;
use std::collections::HashMap;

/// `POST /images/{image}/{digest}/{move}`: `promote`, `roll-back`, `remove`, `notes`, `sign`, or what is
/// done with test boots.
pub(super) async fn act(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path((name, digest, act)): Path<(String, Digest, String)>,
    Form(filled): Form<HashMap<String, String>>,
) -> Response {
    let text = |key: &str| filled.get(key).map(String::as_str).unwrap_or_default();
    let (catalog, why) = (&*entered.catalog, text("why").trim());
    let done = match act.as_str() {
        "promote" => catalog.move_to(&digest, Channel::Stable, why).await,
        "roll-back" => catalog.move_to(&digest, Channel::Candidate, why).await,
        "test-bios" => catalog.test_boot(&digest, Firmware::Bios, text("looks_for")).await,
        "test-uefi" => catalog.test_boot(&digest, Firmware::Uefi, text("looks_for")).await,
        "test-stop" => match text("boot").parse() {
            Ok(boot) => catalog.stop_test_boot(boot).await,
            Err(_) => Err(Failure::not_found("test boot")),
        },
        "test-seen" => match text("boot").parse() {
            Ok(boot) => catalog.saw_test_boot(boot).await,
            Err(_) => Err(Failure::not_found("test boot")),
        },
        "sign" => catalog.sign(&digest, text("signature")).await,
        "remove" => catalog.remove(&digest, why).await,
        // Browsers send the ends of lines as two letters.
        "notes" => {
            let plain = |key| text(key).replace("\r\n", "\n");
            catalog.note(&digest, &plain("seen"), plain("notes").trim_end()).await
        }
        _ => Err(Failure::not_found("act")),
    };
    match done {
        Ok(()) => Redirect::to(&page_of(&name)).into_response(),
        Err(why) => page(&frame, &entered, &name, Some(&Refused { digest, act, filled, why })).await,
    }
}
