//! Boot steps on the wire: ask, fetch the loader, the script and the image.

use super::dice::Dice;
use super::driver::World;
use super::http::Request;
use super::machine::{Asker, Event};
use super::script::Script;
use super::{dhcp, tftp};
use std::time::Duration;

/// What is fetched of each end of a part, where that is to be enough.
const LIGHT_BYTES: u64 = 4096;

pub(super) async fn discover(world: &World, by: Asker, xid: u32, listen: Duration) -> Event {
    match dhcp::ask(world.settings.dhcp, &world.profile, by, xid, listen).await {
        Ok(offer) => Event::Offer(offer),
        Err(why) => Event::BootFailed(format!("DHCP: {why}")),
    }
}

pub(super) async fn loader(world: &World, file: &str, loss: f64, seed: u64) -> Event {
    if file.starts_with("http://") {
        return loader_by_http(world, file).await;
    }
    let line = tftp::Line { loss, dice: Dice::new(seed, 0) };
    match tftp::fetch(world.settings.tftp, file, line).await {
        Ok(0) => Event::BootFailed(format!("`{file}` is empty")),
        Ok(_) => Event::Fetched,
        Err(error) => Event::BootFailed(format!("`{file}` by TFTP: {error}")),
    }
}

/// UEFI firmware asks for the length first.
async fn loader_by_http(world: &World, url: &str) -> Event {
    let head = Request { method: "HEAD", ..Request::get(url) };
    let get = Request { discard: true, ..Request::get(url) };
    let both = async {
        let told = world.http.send(&head).await?;
        Ok::<_, super::http::HttpError>((told, world.http.send(&get).await?))
    };
    match both.await {
        Ok((head, get)) if head.status == 200 && get.status == 200 && get.bytes > 0 => Event::Fetched,
        Ok((head, get)) => {
            Event::BootFailed(format!("the loader by HTTP: status {} and {}", head.status, get.status))
        }
        Err(error) => Event::BootFailed(format!("the loader by HTTP: {error}")),
    }
}

pub(super) async fn script(world: &World, url: &str) -> Event {
    let answer = match world.http.send(&Request::get(url)).await {
        Ok(answer) if answer.status == 200 => answer,
        Ok(answer) => return Event::BootFailed(format!("the script: status {}", answer.status)),
        Err(error) => return Event::BootFailed(format!("the script: {error}")),
    };
    match Script::read(&String::from_utf8_lossy(&answer.body)) {
        Ok(script) => Event::Script(script),
        Err(error) => Event::BootFailed(format!("the script: {error}")),
    }
}

/// The URL carries a token, so only the file's name is said.
pub(super) async fn part(world: &World, url: &str) -> Event {
    let fetched = if world.settings.light { ends(world, url).await } else { whole(world, url).await };
    let name = url.rsplit('/').next().unwrap_or_default();
    fetched.map_or_else(|why| Event::BootFailed(format!("`{name}`: {why}")), |()| Event::Fetched)
}

async fn whole(world: &World, url: &str) -> Result<(), String> {
    let request = Request { discard: true, ..Request::get(url) };
    let answer = world.http.send(&request).await.map_err(|error| error.to_string())?;
    if answer.status == 200 { Ok(()) } else { Err(format!("status {}", answer.status)) }
}

/// Only the first and the last bytes: a thousand machines that fetch everything would measure the loopback
/// interface. The last byte must go out, since the server takes it for the end of the fetch.
async fn ends(world: &World, url: &str) -> Result<(), String> {
    let head = format!("0-{}", LIGHT_BYTES - 1);
    let tail = format!("-{LIGHT_BYTES}");
    for range in [head, tail] {
        let request = Request { discard: true, range: Some(&range), ..Request::get(url) };
        let answer = world.http.send(&request).await.map_err(|error| error.to_string())?;
        if answer.status != 206 {
            return Err(format!("status {} instead of a part", answer.status));
        }
        if answer.whole.is_none_or(|whole| answer.bytes != whole.min(LIGHT_BYTES)) {
            return Err(format!("{} bytes of {:?} came", answer.bytes, answer.whole));
        }
    }
    Ok(())
}
