use super::*;

fn arrival(port: u16, name: &str) -> Arrival {
    Arrival {
        client: SocketAddr::from(([192, 0, 2, 1], port)),
        local: SocketAddr::from(([192, 0, 2, 2], 0)),
        asked: Asked { name: name.into(), mode: "octet".into(), options: Vec::new() },
    }
}

fn admission(places: usize, queue: usize) -> Admission {
    Admission::new(places, queue, Duration::from_secs(30))
}

fn never_heard(_: u64) -> Option<Duration> {
    None
}

fn start(number: u64) -> Verdict {
    Verdict::Start { number, stop: None }
}

#[test]
fn serves_while_there_is_a_place_and_then_makes_wait() {
    let now = Instant::now();
    let mut book = admission(2, 10);
    assert_eq!(book.arrived(&arrival(1, "a"), now, never_heard), start(1));
    assert_eq!(book.arrived(&arrival(2, "a"), now, never_heard), start(2));
    assert_eq!(book.arrived(&arrival(3, "a"), now, never_heard), Verdict::Wait);
    assert_eq!(book.next(now, || ()), None);
    book.ended(arrival(1, "a").client, 1);
    assert_eq!(book.next(now, || ()), Some((3, arrival(3, "a"))));
}

#[test]
fn a_full_queue_passes_over() {
    let now = Instant::now();
    let mut book = admission(1, 1);
    book.arrived(&arrival(1, "a"), now, never_heard);
    book.arrived(&arrival(2, "a"), now, never_heard);
    assert_eq!(book.arrived(&arrival(3, "a"), now, never_heard), Verdict::Full);
}

#[test]
fn a_repeated_request_starts_and_queues_nothing() {
    let now = Instant::now();
    let mut book = admission(1, 10);
    book.arrived(&arrival(1, "a"), now, never_heard);
    assert_eq!(book.arrived(&arrival(1, "a"), now, never_heard), Verdict::Repeated);
    book.arrived(&arrival(2, "a"), now, never_heard);
    assert_eq!(book.arrived(&arrival(2, "a"), now, never_heard), Verdict::Repeated);
    book.ended(arrival(1, "a").client, 1);
    assert_eq!(book.next(now, || ()), Some((2, arrival(2, "a"))));
    book.ended(arrival(2, "a").client, 2);
    assert_eq!(book.next(now, || ()), None);
}

#[test]
fn another_request_from_the_same_port_replaces_the_first() {
    let now = Instant::now();
    let mut book = admission(1, 10);
    book.arrived(&arrival(1, "a"), now, never_heard);
    let verdict = book.arrived(&arrival(1, "b"), now, never_heard);
    assert_eq!(verdict, Verdict::Start { number: 2, stop: Some(1) });
    // The end of the first must not free the client's new transfer.
    book.ended(arrival(1, "a").client, 1);
    assert_eq!(book.arrived(&arrival(1, "b"), now, never_heard), Verdict::Repeated);
}

#[test]
fn another_request_from_a_waiting_client_takes_its_place_in_the_queue() {
    let now = Instant::now();
    let mut book = admission(1, 10);
    book.arrived(&arrival(1, "a"), now, never_heard);
    book.arrived(&arrival(2, "a"), now, never_heard);
    assert_eq!(book.arrived(&arrival(2, "b"), now, never_heard), Verdict::Wait);
    book.ended(arrival(1, "a").client, 1);
    assert_eq!(book.next(now, || ()), Some((2, arrival(2, "b"))));
    assert_eq!(book.next(now, || ()), None);
}

#[test]
fn the_same_request_after_a_silence_begins_anew() {
    let now = Instant::now();
    let mut book = admission(1, 10);
    book.arrived(&arrival(1, "a"), now, never_heard);
    let busy = |_| Some(Duration::from_millis(20));
    assert_eq!(book.arrived(&arrival(1, "a"), now, busy), Verdict::Repeated);
    let silent = |_| Some(Duration::from_millis(900));
    assert_eq!(book.arrived(&arrival(1, "a"), now, silent), Verdict::Start { number: 2, stop: Some(1) });
}

#[test]
fn a_client_that_no_longer_asks_is_dropped_from_the_queue() {
    let now = Instant::now();
    let mut book = admission(1, 10);
    book.arrived(&arrival(1, "a"), now, never_heard);
    book.arrived(&arrival(2, "a"), now, never_heard);
    book.arrived(&arrival(3, "a"), now, never_heard);
    let later = now + Duration::from_secs(31);
    book.arrived(&arrival(3, "a"), later, never_heard);
    book.ended(arrival(1, "a").client, 1);
    let mut gave_up = 0;
    assert_eq!(book.next(later, || gave_up += 1), Some((2, arrival(3, "a"))));
    assert_eq!(gave_up, 1);
}
