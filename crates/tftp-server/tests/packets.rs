//! The codec, the options and the arithmetic, as values.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod support;

use std::time::Duration;

use proptest::prelude::*;
use support::asked;
use tftp_server::options::Agreed;
use tftp_server::pace::Pace;
use tftp_server::packet::{Malformed, Packet};
use tftp_server::window::{Next, Window, wire_number};
use tftp_server::{Config, ErrorCode, relative_path};

fn agree(options: &[(&str, &str)], config: &Config) -> Vec<(String, String)> {
    Agreed::new(&asked("f", "octet", options).options, 1000, config).answer
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    asked("", "", pairs).options
}

#[test]
fn a_read_request_is_read_as_firmware_sends_it() {
    let bytes = b"\0\x01boot/ipxe.efi\0octet\0tsize\x000\0blksize\x001468\0windowsize\x004\0";
    let expected =
        asked("boot/ipxe.efi", "octet", &[("tsize", "0"), ("blksize", "1468"), ("windowsize", "4")]);
    assert_eq!(Packet::decode(bytes), Ok(Packet::Read(expected.clone())));
    assert_eq!(Packet::Read(expected).encode(), bytes);
}

#[test]
fn careless_firmware_is_understood() {
    let plain = Ok(Packet::Read(asked("f", "octet", &[])));
    assert_eq!(Packet::decode(b"\0\x01f\xFF\0octet\0"), plain, "the end mark of DHCP options");
    assert_eq!(Packet::decode(b"\0\x01f\0octet\0\0\0\0\0"), plain, "padding");
    assert_eq!(Packet::decode(b"\0\x01f\0octet\0blksize\0"), plain, "an option without a value");
}

#[test]
fn what_is_no_packet_is_said_so() {
    assert_eq!(Packet::decode(b""), Err(Malformed::Short));
    assert_eq!(Packet::decode(b"\0\x04\0"), Err(Malformed::Short));
    assert_eq!(Packet::decode(b"\0\x09"), Err(Malformed::Operation(9)));
    assert_eq!(Packet::decode(b"\0\x01file"), Err(Malformed::Text));
    assert_eq!(Packet::decode(b"\0\x01file\0octet"), Err(Malformed::Text));
}

#[test]
fn an_error_without_a_closing_nul_is_read() {
    let expected = Packet::Error { code: ErrorCode::OptionsRefused, message: "no".into() };
    assert_eq!(Packet::decode(b"\0\x05\0\x08no"), Ok(expected));
}

#[test]
fn options_are_lowered_to_the_limits_and_never_raised() {
    let config = Config::default();
    assert_eq!(agree(&[("blksize", "65464")], &config), pairs(&[("blksize", "1468")]));
    assert_eq!(agree(&[("BlkSize", "600")], &config), pairs(&[("BlkSize", "600")]));
    assert_eq!(agree(&[("windowsize", "64")], &config), pairs(&[("windowsize", "8")]));
    assert_eq!(agree(&[("windowsize", "4")], &config), pairs(&[("windowsize", "4")]));
    assert_eq!(
        agree(&[("tsize", "0"), ("timeout", "6")], &config),
        pairs(&[("tsize", "1000"), ("timeout", "6")])
    );
}

#[test]
fn options_out_of_range_unknown_or_repeated_are_left_out() {
    let config = Config::default();
    for (name, value) in [
        ("blksize", "7"),
        ("blksize", "65465"),
        ("blksize", "-1"),
        ("blksize", "99999999999999999999"),
        ("windowsize", "0"),
        ("timeout", "0"),
        ("timeout", "256"),
        ("tsize", "what"),
        ("multicast", ""),
        ("", ""),
    ] {
        assert_eq!(agree(&[(name, value)], &config), pairs(&[]), "{name}={value}");
    }
    assert_eq!(agree(&[("blksize", "512"), ("BLKSIZE", "1024")], &config), pairs(&[("blksize", "512")]));
}

#[test]
fn names_become_paths_below_the_root() {
    for name in ["a/b", "/a/b", "//a//b", "\\a\\b", "./a/./b", "a\\/b"] {
        assert_eq!(relative_path(name).unwrap().to_str(), Some("a/b"), "{name}");
    }
    for name in ["..", "../a", "a/../b", "a/..", "\\..\\a", "/..//a"] {
        assert_eq!(relative_path(name).unwrap_err().code, ErrorCode::AccessViolation, "{name}");
    }
    for name in ["", "/", ".", "\\\\"] {
        assert_eq!(relative_path(name).unwrap_err().code, ErrorCode::NotFound, "{name}");
    }
}

#[test]
fn a_window_moves_on_and_resends_from_a_gap() {
    let mut window = Window::new(100, 10, 4, false);
    assert_eq!(window.first(), Next::Send(1..5));
    assert_eq!(window.acknowledge(4), Next::Send(5..9));
    assert_eq!(window.acknowledge(6), Next::Send(7..11), "block 7 was lost");
    assert_eq!(window.acknowledge(6), Next::Wait, "told twice");
    assert_eq!(window.acknowledge(4), Next::Wait, "late");
    assert_eq!(window.acknowledge(12), Next::Wait, "never sent");
    assert_eq!(window.expired(), Next::Again(7..11), "the clock");
    assert_eq!(window.acknowledge(10), Next::Send(11..12));
    assert_eq!(window.acknowledge(11), Next::Done);
}

#[test]
fn a_lost_first_block_is_told_by_the_last_ack_again() {
    let mut window = Window::new(1000, 10, 4, false);
    assert_eq!(window.first(), Next::Send(1..5));
    assert_eq!(window.acknowledge(4), Next::Send(5..9));
    assert_eq!(window.acknowledge(4), Next::Again(5..9), "block 5 was lost");
    assert_eq!(window.acknowledge(4), Next::Wait, "once is enough");
    assert_eq!(window.acknowledge(8), Next::Send(9..13));
    assert_eq!(window.acknowledge(8), Next::Wait, "an echo of the repetition");
    assert_eq!(window.acknowledge(12), Next::Send(13..17));
    assert_eq!(window.acknowledge(12), Next::Again(13..17), "a clean window lies between");
}

#[test]
fn an_ack_from_within_a_repetition_is_answered_like_any_other() {
    let mut window = Window::new(1000, 10, 4, false);
    assert_eq!(window.first(), Next::Send(1..5));
    assert_eq!(window.acknowledge(2), Next::Send(3..7), "3 and 4 go out again");
    assert_eq!(window.acknowledge(3), Next::Send(4..8));
    assert_eq!(window.acknowledge(7), Next::Send(8..12));
}

#[test]
fn an_echo_of_the_clocks_repetition_is_not_answered() {
    let mut window = Window::new(1000, 10, 4, false);
    assert_eq!(window.first(), Next::Send(1..5));
    assert_eq!(window.expired(), Next::Again(1..5));
    assert_eq!(window.acknowledge(0), Next::Wait);
    assert_eq!(window.acknowledge(4), Next::Send(5..9));
    assert_eq!(window.acknowledge(4), Next::Wait);
}

#[test]
fn in_lockstep_only_the_clock_repeats() {
    let mut window = Window::new(1000, 10, 1, false);
    assert_eq!(window.first(), Next::Send(1..2));
    assert_eq!(window.acknowledge(1), Next::Send(2..3));
    assert_eq!(window.acknowledge(1), Next::Wait);
    assert_eq!(window.expired(), Next::Again(2..3));
}

#[test]
fn an_offer_waits_for_ack_zero() {
    let mut window = Window::new(5, 10, 1, true);
    assert_eq!(window.first(), Next::Offer);
    assert_eq!(window.acknowledge(1), Next::Wait);
    assert_eq!(window.acknowledge(0), Next::Send(1..2));
    assert_eq!(window.acknowledge(0), Next::Wait);
    assert_eq!(window.acknowledge(1), Next::Done);
}

#[test]
fn a_content_of_whole_blocks_ends_with_an_empty_one() {
    let mut window = Window::new(20, 10, 8, false);
    assert_eq!(window.first(), Next::Send(1..4));
    assert_eq!(window.place(&(3..4)), 20..20);
    let mut nothing = Window::new(0, 10, 8, false);
    assert_eq!(nothing.first(), Next::Send(1..2));
}

#[test]
fn the_wait_doubles_to_its_longest_and_progress_starts_the_count_anew() {
    let config = Config { repeats: 6, ..Config::default() };
    let mut pace = Pace::new(&config, None);
    let mut waits = vec![pace.wait()];
    while pace.expired() {
        waits.push(pace.wait());
    }
    let expected = [200, 400, 800, 1600, 3200, 6400, 10_000].map(Duration::from_millis);
    assert_eq!(waits, expected);
    pace.progress(Duration::from_millis(1));
    assert_eq!(pace.wait(), config.first_wait, "a single loss says nothing about the line");
    assert!(pace.expired(), "counted anew");
}

#[test]
fn windows_repeated_in_a_row_raise_the_wait_until_one_passes_at_once() {
    let mut pace = Pace::new(&Config::default(), None);
    let mut waits = Vec::new();
    for _ in 0..4 {
        pace.expired();
        pace.progress(Duration::from_millis(300));
        waits.push(pace.wait());
    }
    assert_eq!(waits, [200, 400, 800, 1000].map(Duration::from_millis));
    pace.progress(Duration::from_millis(1));
    assert_eq!(pace.wait(), Duration::from_millis(200));
}

#[test]
fn the_wait_grows_on_a_slow_line_and_leaves_room_for_the_clients_own() {
    let mut slow = Pace::new(&Config::default(), None);
    slow.progress(Duration::from_millis(300));
    assert_eq!(slow.wait(), Duration::from_millis(900));
    let mut asked = Pace::new(&Config::default(), Some(Duration::from_secs(8)));
    for _ in 0..8 {
        asked.expired();
    }
    assert_eq!(asked.wait(), Duration::from_secs(16));
}

fn option_text() -> impl Strategy<Value = String> {
    "[a-z0-9]{1,12}"
}

fn any_packet() -> impl Strategy<Value = Packet> {
    let options = || prop::collection::vec((option_text(), option_text()), 0..5);
    let request = || {
        ("[ -~]{1,40}", "[a-z]{1,8}", options())
            .prop_map(|(name, mode, options)| tftp_server::packet::Asked { name, mode, options })
    };
    prop_oneof![
        request().prop_map(Packet::Read),
        request().prop_map(Packet::Write),
        any::<u16>().prop_map(Packet::Ack),
        (any::<u16>(), prop::collection::vec(any::<u8>(), 0..600))
            .prop_map(|(block, payload)| Packet::Data { block, payload }),
        (any::<u16>(), "[ -~]{0,40}")
            .prop_map(|(code, message)| Packet::Error { code: code.into(), message }),
        options().prop_map(Packet::OptionAck),
    ]
}

proptest! {
    #[test]
    fn no_bytes_make_the_codec_panic(bytes in prop::collection::vec(any::<u8>(), 0..1500)) {
        let _ = Packet::decode(&bytes);
    }

    #[test]
    fn no_request_makes_anything_panic(tail in prop::collection::vec(any::<u8>(), 0..200)) {
        let bytes = [b"\0\x01".as_slice(), tail.as_slice()].concat();
        if let Ok(Packet::Read(asked)) = Packet::decode(&bytes) {
            let _ = relative_path(&asked.name);
            let _ = Agreed::new(&asked.options, 1000, &Config::default());
            let _ = Packet::Read(asked).encode();
        }
    }

    #[test]
    fn packets_survive_the_wire(packet in any_packet()) {
        prop_assert_eq!(Packet::decode(&packet.encode()), Ok(packet));
    }

    #[test]
    fn paths_stay_below_the_root(name in "[./\\\\a]{0,20}") {
        if let Ok(path) = relative_path(&name) {
            prop_assert!(path.is_relative());
            prop_assert!(path.components().all(|part| matches!(part, std::path::Component::Normal(_))));
        }
    }

    /// Whatever ACKs arrive, a window never goes back, never beyond the end, and is never wider
    /// than agreed.
    #[test]
    fn a_window_keeps_its_bounds(size in 0_u64..5000, width in 1_u16..20, acks in prop::collection::vec(any::<u16>(), 0..200)) {
        let mut window = Window::new(size, 8, width, false);
        let last = size / 8 + 1;
        let mut step = window.first();
        let mut base = 0;
        for noise in acks {
            if let Next::Send(blocks) | Next::Again(blocks) = &step {
                prop_assert!(blocks.start > base && blocks.end <= last + 1);
                prop_assert!(blocks.end - blocks.start <= u64::from(width));
                base = blocks.start - 1;
            }
            if step == Next::Done {
                prop_assert_eq!(window.acknowledged_bytes(), size);
                break;
            }
            let near = wire_number(base).wrapping_add(noise % (width * 2)).wrapping_sub(2);
            step = window.acknowledge(near);
        }
    }
}
