//! When there is no answer, or one that does not help.

use crate::pitstop;
use crate::played::{Answer, Played};
use crate::stories::JOB;
use std::net::TcpListener;

#[test]
fn a_server_that_is_not_there_is_named() {
    // Bound and given back: nothing listens there.
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let said = pitstop(&format!("http://{gone}"), &["machines"]);
    assert_eq!(said.exit, Some(5));
    assert!(said.err.contains(&format!("http://{gone} does not answer")), "{said:?}");
    assert!(said.err.contains("--server"), "{said:?}");
}

#[test]
fn a_job_that_does_not_exist_is_refused() {
    let path = format!("GET /api/v1/jobs/{JOB}");
    let server = Played::new([(path.as_str(), vec![Answer::problem(404, "there is no such job")])]);
    for command in ["job", "watch"] {
        let said = pitstop(&server.url(), &[command, JOB]);
        assert_eq!(said.exit, Some(5));
        assert_eq!(said.err, "pitstop: the server refused: there is no such job (404)\n");
    }
}

#[test]
fn another_program_at_this_address_is_noticed() {
    let server = Played::new([("GET /api/v1/machines", vec![Answer::page(200, "<html>Welcome</html>")])]);
    let said = pitstop(&server.url(), &["machines"]);
    assert_eq!(said.exit, Some(5));
    assert!(said.err.contains("not as a Pitstop server"), "{said:?}");
}

#[test]
fn what_cannot_be_understood_is_not_sent() {
    for words in [&["watch", "pc-0002"][..], &["fly"], &[]] {
        assert_eq!(pitstop("http://127.0.0.1:1", words).exit, Some(2), "{words:?}");
    }
    assert_eq!(pitstop("boot.example:3000", &["machines"]).exit, Some(2));
}

#[test]
fn help_tells_the_exit_codes() {
    let said = pitstop("http://127.0.0.1:1", &["--help"]);
    assert_eq!(said.exit, Some(0));
    assert!(said.out.contains("Exit codes:"), "{said:?}");
}

#[test]
fn an_own_system_is_chosen_by_name_and_a_refusal_is_told() {
    const ID: &str = "00000000-0000-0000-0000-0000000000aa";
    let machine = serde_json::json!([{
        "id": ID, "name": "pc-1", "site": "main", "firmware": "bios", "has_agent": false, "inventory": null,
    }]);
    let set = format!("POST /api/v1/machines/{ID}/own-image");
    let refused = Answer::problem(409, "there is no image `desk` in the catalog");
    let answers = vec![Answer::json(&machine[0]), Answer::json(&machine[0]), refused];
    let server =
        Played::new([("GET /api/v1/machines", vec![Answer::json(&machine)]), (set.as_str(), answers)]);
    let said = pitstop(&server.url(), &["own-image", "pc-1", "desktop"]);
    assert!(said.exit == Some(0) && said.err.contains("own system of pc-1 is the image desktop"), "{said:?}");
    assert_eq!(pitstop(&server.url(), &["own-image", "pc-1", "--none"]).exit, Some(0));
    let said = pitstop(&server.url(), &["own-image", "pc-1", "desk"]);
    assert!(said.exit == Some(5) && said.err.contains("no image `desk`"), "{said:?}");
    let sent = |index: usize| server.asked()[index].split_whitespace().collect::<String>();
    assert!(sent(1).ends_with("own-image{\"image\":\"desktop\"}"), "{}", sent(1));
    assert!(sent(3).ends_with("own-image{\"image\":null}"), "{}", sent(3));
    assert_eq!(pitstop(&server.url(), &["own-image", "pc-1"]).exit, Some(2), "neither image nor --none");
}
