//! What is done about each command.
//!
//! - [`lists`]: machines, functions, images, jobs; [`job`]: one job; [`cancel`]
//! - [`login`]: the token; [`own_image`]: which image is a machine's own system; [`push`]: brings an image in
//! - [`images`]: versions told, moved, and whose signatures count; [`test_boot`]: whether one boots
//! - [`signing`]: what is signed of one, and signatures
//! - [`run`](mod@run): starts a job; [`watch`]: follows it; [`many`]: starts a run; [`runs`]: lists, tells, follows runs
//! - [`schedules`]: lists, tells, makes, changes schedules; [`times`]: windows and blackouts

mod cancel;
mod fetch;
mod find;
mod images;
mod job;
mod lists;
mod login;
mod many;
mod own_image;
mod push;
mod run;
mod runs;
mod schedules;
mod signing;
mod test_boot;
mod times;
mod watch;

use crate::args::catalog::ImagesAct;
use crate::args::{Args, Command};
use crate::client::Client;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::keep;
use crate::show::Look;
use crate::show::paint::Paint;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::io::{Write, stdout};

/// What every command needs.
struct Context {
    client: Client,
    paint: Paint,
    json: bool,
}

pub fn run(args: &Args) -> Result<Exit, Fault> {
    let token = args.token.clone().or_else(|| keep::token_of(&args.server));
    let context =
        Context { client: Client::new(&args.server, token), paint: Paint::of_stdout(), json: args.json };
    match &args.command {
        Command::Login => login::login(&args.server),
        Command::Logout => login::logout(&args.server),
        Command::Machines => lists::machines(&context),
        Command::Functions => lists::functions(&context),
        Command::Images { act: None } => lists::images(&context),
        Command::Images { act: Some(act) } => of_images(&context, act),
        Command::Jobs { open, machine } => lists::jobs(&context, *open, machine.as_deref()),
        Command::Job { id } => job::job(&context, *id),
        Command::Run(asked) => run::run(&context, asked),
        Command::Runs { act: Some(act), .. } => runs::act(&context, *act),
        Command::Runs { id: Some(id), .. } => runs::one(&context, *id),
        Command::Runs { open, .. } => runs::list(&context, *open),
        Command::Schedules { act: Some(act), .. } => schedules::act(&context, act),
        Command::Schedules { schedule: Some(wanted), .. } => schedules::one(&context, wanted),
        Command::Schedules { .. } => schedules::list(&context),
        Command::Times { act: Some(act) } => times::act(&context, act),
        Command::Times { act: None } => times::list(&context),
        Command::OwnImage { machine, image, none: _ } => {
            own_image::own_image(&context, machine, image.as_deref())
        }
        Command::Watch { id, patience } => watch::watch(&context, *id, *patience),
        Command::Cancel { id } => cancel::cancel(&context, *id),
    }
}

fn of_images(context: &Context, act: &ImagesAct) -> Result<Exit, Fault> {
    match act {
        ImagesAct::List => lists::images(context),
        ImagesAct::Show(wanted) => images::show(context, &wanted.version),
        ImagesAct::Promote(because) => images::put(context, because, "promote", "is stable"),
        ImagesAct::Rollback(because) => images::put(context, because, "roll-back", "is a candidate again"),
        ImagesAct::Delete(because) => images::delete(context, because),
        ImagesAct::Fetch { version, file, to } => {
            fetch::fetch(context, &version.version, file, to.as_deref())
        }
        ImagesAct::TestBoot { version, firmware, looks_for, no_watch } => {
            test_boot::test_boot(context, &version.version, *firmware, looks_for, !no_watch)
        }
        ImagesAct::Keys { act } => images::keys(context, act.as_ref()),
        ImagesAct::Storage => images::storage(context),
        ImagesAct::Push { folder } => push::push(context, folder),
        ImagesAct::Statement { folder } => signing::statement(context.json, folder),
        ImagesAct::Sign { version, signature } => signing::sign(context, &version.version, signature),
    }
}

impl Context {
    /// How things look at this moment.
    fn look(&self) -> Look {
        Look { paint: self.paint, zone: None, now: chrono::Utc::now() }
    }

    /// What is used of an answer.
    fn understood<T: DeserializeOwned>(&self, answer: &Value) -> Result<T, Fault> {
        T::deserialize(answer).map_err(|error| self.client.not_understood(error))
    }
}

/// Written at once: a watcher's lines are news.
fn print(text: &str) -> Result<(), Fault> {
    let mut out = stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Said to a person, beside the output: empty lists and notes are no data.
fn remark(text: &str) {
    eprintln!("{text}");
}
