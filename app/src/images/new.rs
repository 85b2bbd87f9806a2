//! `/images/new`: adding an image, from this computer or from an address. `upload.js` sends files of any size piece by
//! piece; without it the form sends small ones whole.

use super::desk::{Added, NewImage, NewPart, Source};
use super::parts::page_of;
use crate::Failure;
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, html, refusal};
use crate::serve::status_of;
use axum::Extension;
use axum::extract::Multipart;
use axum::extract::multipart::{MultipartError, MultipartRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use leptos::prelude::*;
use pitstop_domain::image::{ImageKind, PartRole};
use pitstop_domain::machine::{Arch, Firmware};
use pitstop_domain::people::{Right, Subject};
use std::collections::HashMap;

/// What a browser without the script sends at once, in bytes: it is kept in memory while it comes.
pub(super) const AT_ONCE: usize = 64 << 20;

/// A kind of file that a format has.
struct Slot {
    role: PartRole,
    /// Its name in the form.
    name: &'static str,
    label: &'static str,
    help: &'static str,
    several: bool,
}

const fn slot(role: PartRole, name: &'static str, label: &'static str, help: &'static str) -> Slot {
    Slot { role, name, label, help, several: false }
}

/// Formats, as the interface for programs calls them, in words, with their files.
const FORMATS: [(&str, &str, &[Slot]); 5] = [
    (
        "iso",
        "A disc (ISO) of Debian, Alpine, Fedora, SystemRescue, GParted or Clonezilla",
        &[slot(
            PartRole::File,
            "iso",
            "Disc",
            "Kernel, initial RAM disk and what they fetch are picked out of it.",
        )],
    ),
    (
        "linux",
        "Linux: kernel and initial RAM disks",
        &[
            slot(PartRole::Kernel, "kernel", "Kernel", "Like vmlinuz."),
            Slot {
                role: PartRole::Initrd,
                name: "initrd",
                label: "Initial RAM disks",
                help: "Loaded in the order of their names.",
                several: true,
            },
        ],
    ),
    (
        "program",
        "A program that the firmware starts, like memtest86+",
        &[
            slot(PartRole::BiosProgram, "bios_program", "For BIOS", "Loaded as a Linux kernel is."),
            slot(PartRole::EfiProgram, "efi_program", "For UEFI", "An .efi file."),
        ],
    ),
    (
        "script",
        "A script of iPXE",
        &[slot(
            PartRole::Script,
            "script",
            "Script",
            "It begins with #!ipxe. ${files} is the folder of its files.",
        )],
    ),
    (
        "wim",
        "Windows, by wimboot",
        &[
            slot(PartRole::Wimboot, "wimboot", "wimboot", "The program of the iPXE project."),
            Slot {
                role: PartRole::Wim,
                name: "wim",
                label: "What it hands over",
                help: "BCD, boot.sdi and boot.wim, all at once.",
                several: true,
            },
        ],
    ),
];

type Filled = HashMap<String, String>;

/// `GET /images/new`
pub(super) async fn show(frame: Frame, Extension(entered): Extension<Entered>) -> Response {
    match may(&entered) {
        Ok(()) => html(StatusCode::OK, page(&frame, &Filled::new(), None)),
        Err(failure) => frame.trouble(&failure),
    }
}

/// `POST /images`: what a browser without the script sends, and addresses.
pub(super) async fn add(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    if let Err(failure) = may(&entered) {
        return frame.trouble(&failure);
    }
    let read = async {
        let form = form.map_err(|_| Failure::Refused("This is no form with files.".to_owned()))?;
        read(form).await
    };
    let (filled, files) = match read.await {
        Ok(read) => read,
        Err(failure) => return html(status_of(&failure), page(&frame, &Filled::new(), Some(&failure))),
    };
    let added = async { entered.catalog.add(new_image(&filled, files)?).await };
    match added.await {
        Ok(Added::There { name }) => Redirect::to(&page_of(&name)).into_response(),
        Ok(Added::Coming) => Redirect::to("/images").into_response(),
        Err(failure) => html(status_of(&failure), page(&frame, &filled, Some(&failure))),
    }
}

fn may(entered: &Entered) -> Result<(), Failure> {
    let may = entered.who.may(Right::EditImages, &Subject::Installation);
    may.map_err(|refusal| Failure::NotAllowed(refusal.to_string()))
}

/// A file: the field that it was chosen in, its name, its bytes.
type Chosen = (String, String, Vec<u8>);

async fn read(mut form: Multipart) -> Result<(Filled, Vec<Chosen>), Failure> {
    let (mut filled, mut files) = (Filled::new(), vec![]);
    while let Some(field) = form.next_field().await.map_err(unread)? {
        let name = field.name().unwrap_or_default().to_owned();
        match field.file_name().map(str::to_owned) {
            Some(file) => {
                let bytes = field.bytes().await.map_err(unread)?;
                if !file.is_empty() {
                    files.push((name, file, bytes.to_vec()));
                }
            }
            None => drop(filled.insert(name, field.text().await.map_err(unread)?)),
        }
    }
    Ok((filled, files))
}

fn unread(error: MultipartError) -> Failure {
    match error.status().as_u16() {
        413 => Failure::Refused(
            "Without JavaScript a browser sends 64 MiB at most. Switch it on for this page, have the server fetch the \
             image from an address, or send it with `pitstop images push`."
                .to_owned(),
        ),
        _ => Failure::Refused(format!("The form did not arrive whole ({error}). Send it again.")),
    }
}

fn new_image(filled: &Filled, files: Vec<Chosen>) -> Result<NewImage, Failure> {
    let text = |name: &str| filled.get(name).map(|value| value.trim().to_owned()).unwrap_or_default();
    let refused = |why: &str| Failure::Refused(why.to_owned());
    let (format, _, slots) = FORMATS
        .iter()
        .find(|(format, ..)| *format == text("format"))
        .ok_or_else(|| refused("Choose what kind of image it is."))?;
    let mut parts = vec![];
    for slot in *slots {
        let chosen = files.iter().filter(|(field, ..)| field == slot.name);
        parts.extend(chosen.map(|(_, file, bytes)| NewPart {
            role: slot.role,
            file: file.clone(),
            source: Source::Bytes(bytes.clone()),
        }));
        let url = text(&format!("url_{}", slot.name));
        if !url.is_empty() {
            let file = url.split(['?', '#']).next().and_then(|path| path.rsplit('/').next());
            parts.push(NewPart {
                role: slot.role,
                file: file.unwrap_or_default().to_owned(),
                source: Source::Address { url, sha256: text(&format!("sha256_{}", slot.name)) },
            });
        }
    }
    if parts.is_empty() {
        return Err(refused("Choose a file, or write the address of one, for the kind of image that it is."));
    }
    let on = |name: &str| filled.contains_key(name);
    let firmware = [("bios", Firmware::Bios), ("uefi", Firmware::Uefi)];
    let title = text("title");
    Ok(NewImage {
        title: if title.is_empty() { text("name") } else { title },
        name: text("name"),
        version: text("version"),
        kind: if text("kind") == "operational" { ImageKind::Operational } else { ImageKind::Maintenance },
        arch: if text("arch") == "aarch64" { Arch::Aarch64 } else { Arch::X86_64 },
        firmware: firmware.into_iter().filter(|(name, _)| on(name)).map(|(_, firmware)| firmware).collect(),
        format: (*format).to_owned(),
        cmdline: text("cmdline"),
        agent: on("agent"),
        notes: text("notes").replace("\r\n", "\n"),
        signature: Some(text("signature")).filter(|signature| !signature.is_empty()),
        parts,
    })
}

fn page(frame: &Frame, filled: &Filled, failure: Option<&Failure>) -> String {
    let value = |name: &str| filled.get(name).cloned().unwrap_or_default();
    let format = value("format");
    let options: Vec<_> = FORMATS
        .iter()
        .map(|(name, words, _)| view! { <option value=*name selected=*name == format>{*words}</option> })
        .collect();
    let sets: Vec<_> =
        FORMATS.iter().map(|(format, words, slots)| set(filled, format, words, slots)).collect();
    let body = view! {
        <div class="page-head">
            <p class="crumbs"><a href="/images">"Images"</a></p>
            <h1>"Add an image"</h1>
            <p class="muted">"It becomes a candidate: machines take it once somebody promotes it."</p>
        </div>
        {refusal(failure)}
        <form method="post" action="/images" enctype="multipart/form-data" class="panel new-image" data-upload="">
            <div class="field wide"><label for="format">"What it is"</label>
            <select id="format" name="format">{options}</select></div>
            {sets}
            {facts(filled)}
            <noscript><p class="help">"Without JavaScript files of 64 MiB at most can be sent from here, all together. Larger ones: from an address, or with "<code>"pitstop images push FOLDER"</code>"."</p></noscript>
            <div class="notice upload-told" role="status" hidden=true><div><p></p><progress></progress></div></div>
            <button type="submit" class="button primary">"Add"</button>
        </form>
    };
    frame.wide_with("Add an image", "/upload.js", body)
}

/// The files of a format.
fn set(filled: &Filled, format: &'static str, words: &'static str, slots: &'static [Slot]) -> AnyView {
    let value = |name: String| filled.get(&name).cloned().unwrap_or_default();
    let each: Vec<_> = slots
        .iter()
        .map(|slot| {
            let role = serde_json::to_value(slot.role).ok().and_then(|role| role.as_str().map(str::to_owned));
            let (url, sha256) = (format!("url_{}", slot.name), format!("sha256_{}", slot.name));
            let (typed, digest) = (value(url.clone()), value(sha256.clone()));
            let open = !typed.is_empty();
            view! {
                <div class="field wide">
                    <label for=slot.name>{slot.label}</label>
                    <input type="file" id=slot.name name=slot.name multiple=slot.several data-role=role data-format=format/>
                    <p class="help">{slot.help}</p>
                    <details class="from-address" open=open>
                        <summary>"Or fetched from an address"</summary>
                        <label for=url.clone()>"Address"</label>
                        <input id=url.clone() name=url inputmode="url" autocomplete="off" value=typed placeholder="https://"/>
                        <label for=sha256.clone()>"Its SHA-256, 64 digits"</label>
                        <input id=sha256.clone() name=sha256 autocomplete="off" spellcheck="false" value=digest/>
                    </details>
                </div>
            }
        })
        .collect();
    view! { <fieldset data-of-format=format><legend class="small">{words}</legend>{each}</fieldset> }
        .into_any()
}

fn facts(filled: &Filled) -> AnyView {
    let value = |name: &str| filled.get(name).cloned().unwrap_or_default();
    let is_new = filled.is_empty();
    let is = |name: &str, wanted: &str| value(name) == wanted;
    let (bios, uefi) = (is_new || filled.contains_key("bios"), is_new || filled.contains_key("uefi"));
    view! {
        <div class="fields">
            <div class="field"><label for="name">"Name"</label>
            <input id="name" name="name" required=true autocomplete="off" value=value("name")/><span class="hint">"Functions name it so"</span></div>
            <div class="field"><label for="version">"Version"</label>
            <input id="version" name="version" required=true autocomplete="off" value=value("version")/></div>
            <div class="field grow"><label for="title">"Title"</label>
            <input id="title" name="title" autocomplete="off" value=value("title")/></div>
        </div>
        <div class="fields">
            <div class="field"><label for="kind">"For"</label><select id="kind" name="kind">
                <option value="maintenance">"maintenance"</option>
                <option value="operational" selected=is("kind", "operational")>"operation: a system of its own"</option>
            </select></div>
            <div class="field"><label for="arch">"Processor"</label><select id="arch" name="arch">
                <option value="x86_64">"x86-64"</option>
                <option value="aarch64" selected=is("arch", "aarch64")>"ARM, 64 bits"</option>
            </select></div>
            <fieldset><legend class="small">"Starts from"</legend><div class="day-choices">
                <label class="day-choice"><input type="checkbox" name="bios" data-firmware="bios" checked=bios/> "BIOS"</label>
                <label class="day-choice"><input type="checkbox" name="uefi" data-firmware="uefi" checked=uefi/> "UEFI"</label>
            </div></fieldset>
        </div>
        <label class="check"><input type="checkbox" name="agent" checked=filled.contains_key("agent")/> "Our agent is in it, and reports"</label>
        <div class="field wide"><label for="cmdline">"Command line " <span class="muted">"(optional)"</span></label>
        <input id="cmdline" name="cmdline" autocomplete="off" spellcheck="false" value=value("cmdline")/>
        <p class="help">"Words for its kernel. With a disc they stand behind those that its layout needs."</p></div>
        <div class="field wide"><label for="notes">"What people should know of it " <span class="muted">"(optional)"</span></label>
        <textarea id="notes" name="notes" rows="3">{value("notes")}</textarea></div>
        <div class="field wide"><label for="signature">"Its signature, as minisign wrote it " <span class="muted">"(optional)"</span></label>
        <textarea id="signature" name="signature" rows="4" spellcheck="false" aria-describedby="signature-help">{value("signature")}</textarea>
        <p class="help" id="signature-help">"All four lines of "<code>"image.statement.minisig"</code>". A disc, and whatever nobody has signed yet, is signed when it is here: its page shows what to sign."</p></div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(pairs: &[(&str, &str)]) -> Filled {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn files_and_addresses_of_the_chosen_format_are_its_parts() {
        let form = filled(&[
            ("format", "linux"),
            ("name", "rescue"),
            ("version", "1"),
            ("bios", "on"),
            ("url_initrd", "https://images.example/a/initrd.img?x=1"),
            ("sha256_initrd", "ab"),
            ("url_iso", "https://images.example/other.iso"),
        ]);
        let image =
            new_image(&form, vec![("kernel".to_owned(), "vmlinuz".to_owned(), b"k".to_vec())]).unwrap();
        let parts: Vec<_> = image.parts.iter().map(|part| (part.role, part.file.as_str())).collect();
        assert_eq!(parts, [(PartRole::Kernel, "vmlinuz"), (PartRole::Initrd, "initrd.img")]);
        assert_eq!((image.title.as_str(), image.firmware), ("rescue", vec![Firmware::Bios]));
    }

    #[test]
    fn a_form_without_a_file_says_what_is_missing() {
        let refused = new_image(&filled(&[("format", "iso")]), vec![]).unwrap_err();
        assert!(refused.to_string().contains("Choose a file"), "{refused}");
    }
}
