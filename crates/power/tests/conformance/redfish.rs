//! Redfish, against the rig's board.

use super::case::{Case, SECRET, Secrets};
use super::conforms;
use pitstop_domain::route::{BootOverride, HttpUrl, Redfish, Route, Trust};
use pitstop_domain::secret::Secret;
use pitstop_rig::board::{Board, Hang, Quirks, Settings};
use std::sync::Arc;
use uuid::Uuid;

pub const UUID: Uuid = Uuid::from_u128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff);
pub const PASSWORD: &str = "correct horse battery";

pub fn settings(url: &str) -> Redfish {
    Redfish {
        url: url.parse::<HttpUrl>().unwrap(),
        system: None,
        user: "admin".to_owned(),
        password: SECRET,
        trust: Trust::SystemRoots,
        boot: BootOverride::Required,
    }
}

pub fn secrets(password: &str) -> Secrets {
    [(SECRET, Secret::new(password))].into()
}

pub async fn start_with(quirks: Quirks) -> (Case, Arc<Board>) {
    let born = Settings { quirks, ..Settings::new(UUID, "admin", PASSWORD) };
    let board = Arc::new(Board::start(born, |_| {}).await.unwrap());
    let on = |wish: fn(&Board)| {
        let board = board.clone();
        Box::new(move || wish(&board)) as Box<dyn Fn()>
    };
    let (book, changes) = (board.clone(), board.clone());
    let case = Case {
        route: Route::Redfish(settings(&board.url())),
        secrets: secrets(PASSWORD),
        wrong: Some(secrets("a guess of mine")),
        unreachable: Some(Route::Redfish(settings("http://127.0.0.1:9"))),
        uuid: Some(UUID),
        restarts: Box::new(move || book.book().presses.len()),
        changes: Box::new(move || format!("{} {:?}", changes.book().boot_changes, changes.book().presses)),
        hang: Some(on(|board| board.behave(Quirks { hangs: Some(Hang::Always), ..Quirks::default() }))),
        hang_at_restart: Some(on(|board| {
            board.behave(Quirks { hangs: Some(Hang::AtReset), ..Quirks::default() })
        })),
        world: Box::new(()),
    };
    (case, board)
}

async fn start() -> Case {
    let (case, board) = start_with(Quirks::default()).await;
    Case { world: Box::new(board), ..case }
}

conforms!(start:
    a_look_changes_nothing,
    a_look_knows_the_machine,
    preparing_twice_is_harmless,
    a_restart_restarts_once,
    wrong_credentials_are_refused_before_anything_is_touched,
    a_counterpart_that_is_not_there_is_worth_another_try,
    another_machines_board_is_not_touched,
    a_question_that_hangs_ends_in_time_and_without_effect,
    a_restart_that_hangs_ends_in_time_and_nobody_knows,
    no_secret_is_shown_or_logged,
);
