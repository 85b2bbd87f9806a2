//! `POST /discovery/import/file`: a list of machines as a file, for which no program in the browser is needed.

use crate::Failure;
use crate::people::door::Entered;
use crate::people::pages::frame::Frame;
use axum::extract::multipart::{MultipartError, MultipartRejection};
use axum::extract::{DefaultBodyLimit, Multipart};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, post};
use axum::{Extension, Router};
use pitstop_domain::people::{Right, Subject};

/// Longer lists, in bytes, are divided: a browser has to show them.
pub(super) const LONGEST: usize = 8 << 20;

pub(crate) fn closed() -> Router {
    // What stands around the file in the form is short.
    let limited: MethodRouter = post(read).layer(DefaultBodyLimit::max(LONGEST + (64 << 10)));
    Router::new().route("/discovery/import/file", limited)
}

/// Keeps the list to be looked at, and shows it.
async fn read(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    let drafted = async {
        // The gate decides when it is stored; nobody sends 8 MiB for that.
        let may = entered.who.may(Right::EditMachines, &Subject::Installation);
        may.map_err(|refusal| Failure::NotAllowed(refusal.to_string()))?;
        let form = form.map_err(|_| Failure::Refused("This is no form with a file.".to_owned()))?;
        let text = text(&file(form).await?)?;
        entered.backend.draft_import(&text).await
    };
    match drafted.await {
        Ok(draft) => Redirect::to(&format!("/discovery/import?draft={draft}")).into_response(),
        Err(failure) => frame.trouble(&failure),
    }
}

async fn file(mut form: Multipart) -> Result<Vec<u8>, Failure> {
    while let Some(field) = form.next_field().await.map_err(unread)? {
        if field.name() == Some("file") {
            return Ok(field.bytes().await.map_err(unread)?.to_vec());
        }
    }
    Err(Failure::Refused("No file was chosen. Go back and choose one.".to_owned()))
}

fn unread(error: MultipartError) -> Failure {
    match error.status().as_u16() {
        413 => Failure::Refused("The list is longer than 8 MiB: divide it.".to_owned()),
        _ => Failure::Refused(format!("The file did not arrive whole ({error}). Go back and send it again.")),
    }
}

/// As spreadsheets write it: UTF-8, or UTF-16 where its mark says so.
fn text(bytes: &[u8]) -> Result<String, Failure> {
    let units = |pair: fn([u8; 2]) -> u16| -> Vec<u16> {
        bytes[2..].chunks_exact(2).map(|two| pair([two[0], two[1]])).collect()
    };
    let read = match bytes {
        [] => return Err(Failure::Refused("The file is empty. Go back and choose another.".to_owned())),
        [0xff, 0xfe, ..] => String::from_utf16(&units(u16::from_le_bytes)).ok(),
        [0xfe, 0xff, ..] => String::from_utf16(&units(u16::from_be_bytes)).ok(),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        all => String::from_utf8(all.to_vec()).ok(),
    };
    read.filter(|text| !text.contains('\0')).ok_or_else(|| {
        let why = "The file is no text in UTF-8: save it in your spreadsheet as “CSV UTF-8”, and send that.";
        Failure::Refused(why.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_as_spreadsheets_write_it() {
        let list = "name,site\npc-1,Köln\n";
        let utf16 = |begin: [u8; 2], pair: fn(u16) -> [u8; 2]| -> Vec<u8> {
            begin.into_iter().chain(list.encode_utf16().flat_map(pair)).collect()
        };
        for bytes in [
            list.as_bytes().to_vec(),
            [&[0xef, 0xbb, 0xbf], list.as_bytes()].concat(),
            utf16([0xff, 0xfe], u16::to_le_bytes),
            utf16([0xfe, 0xff], u16::to_be_bytes),
        ] {
            assert_eq!(text(&bytes).unwrap(), list);
        }
    }

    #[test]
    fn what_is_no_list_is_said() {
        for bytes in [&b""[..], b"K\xf6ln", b"PK\x03\x04\0\0"] {
            assert!(matches!(text(bytes), Err(Failure::Refused(_))), "{bytes:?}");
        }
    }
}
