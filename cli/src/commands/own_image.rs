//! Which image is a machine's own system.

use super::{Context, find, print, remark};
use crate::exit::Exit;
use crate::fault::Fault;
use serde_json::json;

/// From its next boot on. The server refuses an image that does not suit, with nothing changed.
pub fn own_image(context: &Context, machine: &str, image: Option<&str>) -> Result<Exit, Fault> {
    let machine = find::machine(context, machine)?;
    let path = format!("machines/{}/own-image", machine.id);
    let answer = context.client.post(&path, &json!({ "image": image }))?;
    if context.json {
        print(&format!("{answer}\n"))?;
    } else {
        let own = image.map_or_else(|| "what is on it".to_owned(), |image| format!("the image {image}"));
        remark(&format!("from its next boot on, the own system of {} is {own}", machine.name));
    }
    Ok(Exit::Done)
}
