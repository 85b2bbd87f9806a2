//! What the server does on the wire, against a client driven by hand.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod support;

use std::net::SocketAddr;
use std::time::Duration;

use support::{Client, Running, asked, folder_with, patient, quick, sample};
use tftp_server::packet::Packet;
use tftp_server::{Config, Content, Count, End, ErrorCode, FirstOf, Handler as _, Refusal, Root, from_fn};

fn content(bytes: Vec<u8>) -> impl tftp_server::Handler {
    let bytes = bytes::Bytes::from(bytes);
    from_fn(move |request| (request.name == "file").then(|| bytes.clone()))
}

#[test]
fn a_plain_request_gets_blocks_of_512_and_no_oack() {
    let bytes = sample(1300);
    let server = Running::new(patient(), content(bytes.clone()));
    let mut client = Client::request(server.address, "file", &[]);
    assert_eq!(client.read_all(512, 1), bytes);
    let (transfer, report) = server.next_end();
    assert_eq!(report.end, End::Done);
    assert_eq!((report.acknowledged, report.repeated), (1300, 0));
    assert_eq!((transfer.size, transfer.blksize, transfer.windowsize), (Some(1300), 512, 1));
    assert_eq!(transfer.local, server.address.ip());
}

#[test]
fn empty_and_whole_block_contents_end_with_an_empty_block() {
    for length in [0, 512, 1024] {
        let bytes = sample(length);
        let server = Running::new(patient(), content(bytes.clone()));
        assert_eq!(Client::request(server.address, "file", &[]).read_all(512, 1), bytes);
        assert_eq!(server.next_end().1.end, End::Done);
    }
}

#[test]
fn options_are_answered_and_kept() {
    let bytes = sample(10_000);
    let server = Running::new(patient(), content(bytes.clone()));
    let options = [("tsize", "0"), ("blksize", "1000"), ("windowsize", "16"), ("timeout", "3"), ("x", "y")];
    let mut client = Client::request(server.address, "file", &options);
    let answer = [("tsize", "10000"), ("blksize", "1000"), ("windowsize", "8"), ("timeout", "3")];
    assert_eq!(client.expect_options(), asked("", "", &answer).options);
    client.ack(0);
    assert_eq!(client.read_all(1000, 8), bytes);
    assert_eq!(server.next_end().1.end, End::Done);
}

#[test]
fn block_numbers_roll_over() {
    let bytes = sample(8 * 66_000 + 3);
    let server = Running::new(patient(), content(bytes.clone()));
    let mut client = Client::request(server.address, "file", &[("blksize", "8"), ("windowsize", "8")]);
    client.expect_options();
    client.ack(0);
    assert!(client.read_all(8, 8) == bytes, "the content was garbled");
    assert_eq!(server.next_end().1.end, End::Done);
}

#[test]
fn a_lost_block_is_sent_again_after_a_silence() {
    let server = Running::new(quick(), content(sample(700)));
    let mut client = Client::request(server.address, "file", &[]);
    let first = client.expect_block(1);
    assert_eq!(client.expect_block(1), first, "no ACK came");
    client.ack(1);
    client.expect_block_after(2, 1);
    client.ack(2);
    let (_, report) = server.next_end();
    assert_eq!(report.end, End::Done);
    assert!(report.repeated >= 1);
}

#[test]
fn a_lost_oack_is_sent_again() {
    let server = Running::new(quick(), content(sample(7)));
    let mut client = Client::request(server.address, "file", &[("tsize", "0")]);
    let first = client.expect_options();
    assert_eq!(client.expect_options(), first);
    client.ack(0);
    while !matches!(client.receive(), Packet::Data { .. }) {}
    client.ack(1);
    assert_eq!(server.next_end().1.end, End::Done);
}

#[test]
fn a_client_that_falls_silent_is_given_up() {
    let wait = Duration::from_millis(200);
    let config = Config { first_wait: wait, longest_wait: wait, repeats: 2, ..Config::default() };
    let server = Running::new(config, content(sample(2000)));
    let mut client = Client::request(server.address, "file", &[]);
    client.expect_block(1);
    client.ack(1);
    for _ in 0..3 {
        client.expect_block_after(2, 1);
    }
    let (_, report) = server.next_end();
    assert_eq!((report.end, report.acknowledged), (End::TimedOut, 512));
    assert!(report.repeated >= 2);
}

#[test]
fn the_count_of_repetitions_starts_anew_with_every_block() {
    let server = Running::new(quick(), content(sample(512 * 6)));
    let mut client = Client::request(server.address, "file", &[]);
    for block in 1..=7 {
        for _ in 0..3 {
            client.expect_block_after(block, block - 1);
        }
        client.ack(block);
    }
    let (_, report) = server.next_end();
    assert_eq!(report.end, End::Done);
    assert!(report.repeated > quick().repeats.into(), "more repetitions than one block may have");
}

#[test]
fn repeated_acks_are_not_answered() {
    let server = Running::new(patient(), content(sample(512 * 4)));
    let mut client = Client::request(server.address, "file", &[]);
    client.expect_block(1);
    for _ in 0..5 {
        client.ack(1);
    }
    client.expect_block(2);
    client.ack(0);
    client.ack(1);
    client.ack(2);
    client.expect_block(3);
    client.ack(3);
    client.expect_block(4);
    client.ack(4);
    client.expect_block(5);
    client.ack(5);
    let (_, report) = server.next_end();
    assert_eq!((report.end, report.repeated), (End::Done, 0));
    client.expect_silence();
}

#[test]
fn an_ack_from_the_future_means_nothing() {
    let server = Running::new(patient(), content(sample(1024)));
    let mut client = Client::request(server.address, "file", &[]);
    client.expect_block(1);
    client.ack(2);
    client.ack(60_000);
    client.ack(1);
    client.expect_block(2);
    client.ack(2);
    client.expect_block(3);
    client.ack(3);
    assert_eq!(server.next_end().1.repeated, 0);
}

#[test]
fn an_ack_within_the_window_moves_it_and_sending_goes_on_from_there() {
    let server = Running::new(patient(), content(sample(512 * 9)));
    let mut client = Client::request(server.address, "file", &[("windowsize", "4")]);
    client.expect_options();
    client.ack(0);
    client.expect_blocks(1..=4);
    client.ack(2);
    client.expect_blocks(3..=6);
    client.ack(2);
    client.ack(6);
    client.expect_blocks(7..=10);
    client.ack(10);
    let (_, report) = server.next_end();
    assert_eq!((report.end, report.repeated), (End::Done, 2));
}

#[test]
fn progress_is_told_as_blocks_are_acknowledged() {
    let server = Running::new(patient(), content(sample(1200)));
    let mut client = Client::request(server.address, "file", &[]);
    let mut seen = Vec::new();
    for block in 1..=3 {
        client.expect_block(block);
        seen.push(server.progress.load(std::sync::atomic::Ordering::Relaxed));
        client.ack(block);
    }
    assert_eq!(server.next_end().1.acknowledged, 1200);
    assert_eq!(seen, [0, 512, 1024]);
}

#[test]
fn a_client_that_only_wants_the_size_is_no_failure_and_its_next_request_is_served() {
    let bytes = sample(6000);
    let server = Running::new(patient(), content(bytes.clone()));
    let options = [("tsize", "0"), ("blksize", "1468"), ("windowsize", "4")];
    let mut client = Client::request(server.address, "file", &options);
    assert_eq!(client.expect_options()[0].1, "6000");
    client.send(&Packet::Error { code: ErrorCode::OptionsRefused, message: "User aborted".into() });
    client.ask("file", &options[1..]);
    client.expect_options();
    client.ack(0);
    assert_eq!(client.read_all(1468, 4), bytes);
    let ends = [server.next_end().1.end, server.next_end().1.end];
    assert_eq!(ends, [End::SizeAsked, End::Done]);
}

#[test]
fn asking_the_size_alone_is_counted_as_such() {
    for code in [ErrorCode::OptionsRefused, ErrorCode::Other] {
        let server = Running::new(patient(), content(sample(6000)));
        let mut client = Client::request(server.address, "file", &[("tsize", "0")]);
        client.expect_options();
        client.send(&Packet::Error { code, message: String::new() });
        assert_eq!(server.next_end().1.end, End::SizeAsked);
    }
}

#[test]
fn an_abort_in_the_middle_carries_the_clients_words_and_is_not_answered() {
    let server = Running::new(patient(), content(sample(6000)));
    let mut client = Client::request(server.address, "file", &[]);
    client.expect_block(1);
    client.ack(1);
    client.expect_block(2);
    client.send(&Packet::Error { code: ErrorCode::DiskFull, message: "disk full".into() });
    let (_, report) = server.next_end();
    let message = "disk full".into();
    assert_eq!(report.end, End::ClientAborted { code: ErrorCode::DiskFull, message });
    assert_eq!(report.acknowledged, 512);
    client.expect_silence();
}

#[test]
fn a_repeated_request_starts_one_transfer_only() {
    let mut server = Running::new(patient(), content(sample(100)));
    let mut client = Client::request(server.address, "file", &[]);
    client.ask("file", &[]);
    client.ask("file", &[]);
    client.expect_block(1);
    while server.counters.get(Count::RepeatedRequest) < 2 {
        std::thread::yield_now();
    }
    client.ack(1);
    assert_eq!(server.next_end().1.end, End::Done);
    server.no_more_ends();
    assert_eq!(server.counters.get(Count::Started), 1);
    client.expect_silence();
}

#[test]
fn another_request_from_the_same_port_replaces_the_running_transfer() {
    let handler = from_fn(|request| Some(request.name.clone().into_bytes().into()));
    let server = Running::new(patient(), handler);
    let mut client = Client::request(server.address, "first", &[]);
    assert_eq!(client.expect_block(1), b"first");
    client.ask("second", &[]);
    assert_eq!(client.expect_block(1), b"second");
    client.ack(1);
    assert_eq!(server.next_end().1.end, End::Replaced);
    assert_eq!(server.next_end().1.end, End::Done);
}

#[test]
fn the_same_request_after_the_end_is_served_again() {
    let server = Running::new(patient(), content(sample(100)));
    let mut client = Client::new(server.address);
    for _ in 0..3 {
        client.ask("file", &[]);
        client.expect_block(1);
        client.ack(1);
        assert_eq!(server.next_end().1.end, End::Done);
    }
}

#[test]
fn writing_is_refused() {
    let server = Running::new(patient(), content(sample(100)));
    let mut client = Client::new(server.address);
    client.ask_raw(&Packet::Write(asked("file", "octet", &[("tsize", "5")])).encode());
    assert_eq!(client.expect_error(), (2, "This server is read-only".into()));
}

#[test]
fn netascii_is_refused_rather_than_garbled() {
    let server = Running::new(patient(), content(sample(100)));
    let mut client = Client::new(server.address);
    client.ask_raw(&Packet::Read(asked("file", "netascii", &[])).encode());
    assert_eq!(client.expect_error().0, 4);
    client.ask_raw(&Packet::Read(asked("file", "OCTET", &[])).encode());
    client.expect_block(1);
}

#[test]
fn a_refusal_reaches_the_client_and_the_observer() {
    let server = Running::new(patient(), content(sample(100)));
    let mut client = Client::request(server.address, "other", &[("tsize", "0")]);
    assert_eq!(client.expect_error(), (1, "File not found".into()));
    let (transfer, report) = server.next_end();
    assert_eq!(report.end, End::Refused(Refusal::not_found()));
    assert_eq!((transfer.name.as_str(), transfer.size), ("other", None));
}

#[test]
fn what_is_no_request_is_counted_and_never_answered() {
    let server = Running::new(patient(), content(sample(100)));
    let mut client = Client::new(server.address);
    client.ask_raw(&Packet::Error { code: ErrorCode::Other, message: String::new() }.encode());
    client.ask_raw(&Packet::Ack(3).encode());
    client.ask_raw(b"nonsense");
    client.ask_raw(b"");
    client.ask("file", &[]);
    client.expect_block(1);
    client.expect_silence();
    assert_eq!(server.counters.get(Count::NotARequest), 2);
    assert_eq!(server.counters.get(Count::Malformed), 2);
}

#[test]
fn a_stranger_is_told_and_disturbs_nothing_but_a_strangers_error_is_not_answered() {
    let server = Running::new(patient(), content(sample(600)));
    let mut client = Client::request(server.address, "file", &[]);
    client.expect_block(1);
    let mut stranger = Client::new(server.address);
    stranger.peer = client.peer;
    stranger.send(&Packet::Error { code: ErrorCode::Other, message: "stop".into() });
    stranger.ack(1);
    assert_eq!(stranger.expect_error().0, 5);
    stranger.expect_silence();
    client.ack(1);
    client.expect_block(2);
    client.ack(2);
    assert_eq!(server.next_end().1.end, End::Done);
    assert_eq!(server.counters.get(Count::Stray), 2);
}

#[test]
fn nonsense_within_a_transfer_is_passed_over() {
    let server = Running::new(patient(), content(sample(600)));
    let mut client = Client::request(server.address, "file", &[]);
    client.expect_block(1);
    client.send(&Packet::Data { block: 1, payload: vec![1] });
    client.send(&Packet::Read(asked("file", "octet", &[])));
    client.ack(1);
    client.expect_block(2);
}

#[test]
fn clients_beyond_the_limit_wait_for_their_turn() {
    let config = Config { transfers: 1, ..patient() };
    let server = Running::new(config, content(sample(100)));
    let mut first = Client::request(server.address, "file", &[]);
    first.expect_block(1);
    let mut second = Client::request(server.address, "file", &[]);
    second.ask("file", &[]);
    while server.counters.get(Count::RepeatedRequest) < 1 {
        std::thread::yield_now();
    }
    second.expect_silence();
    first.ack(1);
    second.expect_block(1);
    second.ack(1);
    assert_eq!(server.next_end().1.end, End::Done);
    assert_eq!(server.next_end().1.end, End::Done);
}

#[test]
fn a_stopping_server_tells_its_clients() {
    let mut server = Running::new(patient(), content(sample(1000)));
    let mut client = Client::request(server.address, "file", &[]);
    client.expect_block(1);
    server.stop();
    assert_eq!(client.expect_error(), (0, "The server is stopping".into()));
    assert_eq!(server.next_end().1.end, End::Stopped);
}

#[test]
fn generated_content_comes_first_and_then_the_folder() {
    let folder = folder_with(b"from the folder");
    let generated = from_fn(|request| (request.name == "made").then(|| "made".into()));
    let server = Running::new(patient(), generated.or(Root::new(folder.path()).unwrap()));
    assert_eq!(Client::request(server.address, "made", &[]).read_all(512, 1), b"made");
    assert_eq!(Client::request(server.address, "/file", &[]).read_all(512, 1), b"from the folder");
    assert_eq!(Client::request(server.address, "none", &[]).expect_error().0, 1);
}

struct Forbids;

#[async_trait::async_trait]
impl tftp_server::Handler for Forbids {
    async fn open(&self, _: &tftp_server::Request) -> Result<Content, Refusal> {
        Err(Refusal::access_violation("Not for you"))
    }
}

#[test]
fn a_first_handler_that_forbids_is_final() {
    let server = Running::new(patient(), FirstOf(Forbids, content(sample(10))));
    let mut client = Client::request(server.address, "file", &[]);
    assert_eq!(client.expect_error(), (2, "Not for you".into()));
}

#[test]
fn a_handler_sees_the_client_and_the_address_it_asked() {
    let handler = from_fn(|request| Some(format!("{} {}", request.client, request.local).into()));
    let server = Running::new(patient(), handler);
    let mut client = Client::request(server.address, "x", &[]);
    let told = String::from_utf8(client.expect_block(1)).unwrap();
    assert!(told.starts_with("127.0.0.1:") && told.ends_with(" 127.0.0.1"), "{told}");
}

#[test]
fn a_wildcard_socket_answers_from_the_address_that_was_asked() {
    for (bind, ask) in
        [("0.0.0.0:0", "127.0.0.2"), ("0.0.0.0:0", "127.0.0.1"), ("[::]:0", "::1"), ("[::]:0", "127.0.0.2")]
    {
        let handler = from_fn(|request| Some(format!("{} {}", request.client.ip(), request.local).into()));
        let server = Running::on(bind, patient(), handler);
        let address = SocketAddr::new(ask.parse().unwrap(), server.address.port());
        let mut client = Client::request(address, "x", &[]);
        let told = String::from_utf8(client.expect_block(1)).unwrap();
        let from = client.peer.unwrap();
        assert_eq!(from.ip(), address.ip(), "{bind}");
        assert_ne!(from.port(), address.port());
        assert!(told.ends_with(&format!(" {ask}")), "{bind} {told}");
        client.ack(1);
        assert_eq!(server.next_end().1.end, End::Done);
    }
}

#[test]
fn sockets_of_transfers_come_from_the_callers_factory() {
    let made = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = made.clone();
    let server = tftp_server::Server::new(patient(), content(sample(10))).with_sockets(move |address| {
        assert_eq!(address.port(), 0);
        counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        std::net::UdpSocket::bind(address)
    });
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let stop = tokio_util::sync::CancellationToken::new();
    let running = {
        let _inside = runtime.enter();
        server.start(socket, stop.clone())
    };
    let mut client = Client::request(address, "file", &[]);
    client.expect_block(1);
    client.ack(1);
    stop.cancel();
    runtime.block_on(running).unwrap().unwrap();
    assert_eq!(made.load(std::sync::atomic::Ordering::Relaxed), 1);
}

#[test]
fn a_hundred_clients_at_once_are_all_served() {
    let bytes = sample(200_000);
    let folder = folder_with(&bytes);
    let server = Running::new(Config::default(), Root::new(folder.path()).unwrap());
    std::thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| {
                let mut client = Client::request(server.address, "file", &[("blksize", "1468")]);
                while !matches!(client.receive(), Packet::OptionAck(_)) {}
                client.ack(0);
                assert!(client.read_all(1468, 1) == bytes, "the content was garbled");
            });
        }
    });
    for _ in 0..100 {
        assert_eq!(server.next_end().1.end, End::Done);
    }
}

#[test]
fn a_handler_that_takes_too_long_is_refused() {
    struct Never;
    #[async_trait::async_trait]
    impl tftp_server::Handler for Never {
        async fn open(&self, _: &tftp_server::Request) -> Result<Content, Refusal> {
            std::future::pending().await
        }
    }
    let config = Config { open_limit: Duration::from_millis(20), ..patient() };
    let server = Running::new(config, Never);
    assert_eq!(Client::request(server.address, "file", &[]).expect_error().0, 0);
}
