//! The examples of RFC 5545, 3.8.5.3, in the zone they are in there.

use pitstop_calendar::Series;
use pitstop_calendar::series::RecurrenceId;
use pitstop_domain::Time;

/// In New York, from 1997 to the end of 2000.
fn given(start: &str, rule: &str) -> Vec<String> {
    let series = Series::by("America/New_York".parse().unwrap(), local(start), rule.parse().unwrap());
    let until: Time = "2001-01-01T05:00:00Z".parse().unwrap();
    let all = series.between("1997-01-01T00:00:00Z".parse().unwrap(), until);
    all.iter().map(|one| one.local.format("%y%m%d %H:%M").to_string()).collect()
}

fn local(text: &str) -> chrono::NaiveDateTime {
    text.parse::<RecurrenceId>().unwrap().0
}

/// Days in the months of a year: `"9709: 2 3; 9710: 1"`, each at nine.
fn days(text: &str) -> Vec<String> {
    let month = |part: &str| {
        let (month, days) = part.split_once(':').unwrap();
        let month = month.trim().to_owned();
        let days: Vec<_> = days.split_whitespace().map(|day| format!("{month}{day:0>2} 09:00")).collect();
        days
    };
    text.split(';').flat_map(month).collect()
}

#[track_caller]
fn is(start: &str, rule: &str, text: &str) {
    assert_eq!(given(start, rule), days(text), "{rule}");
}

/// The first of them, where there is no end.
#[track_caller]
fn begins(start: &str, rule: &str, text: &str) {
    let (given, days) = (given(start, rule), days(text));
    assert_eq!(given[..days.len()], days[..], "{rule}");
}

const TUESDAY: &str = "19970902T090000";

#[test]
fn daily() {
    is(TUESDAY, "FREQ=DAILY;COUNT=10", "9709: 2 3 4 5 6 7 8 9 10 11");
    let until_christmas = given(TUESDAY, "FREQ=DAILY;UNTIL=19971224T000000Z");
    assert_eq!(
        (until_christmas.len(), until_christmas.last().map(String::as_str)),
        (113, Some("971223 09:00"))
    );
    begins(TUESDAY, "FREQ=DAILY;INTERVAL=2", "9709: 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30; 9710: 2 4 6");
    is(TUESDAY, "FREQ=DAILY;INTERVAL=10;COUNT=5", "9709: 2 12 22; 9710: 2 12");
    let january = given("19980101T090000", "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1");
    let as_yearly = "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA";
    assert_eq!((january.len(), &january), (93, &given("19980101T090000", as_yearly)));
}

#[test]
fn weekly() {
    is(TUESDAY, "FREQ=WEEKLY;COUNT=10", "9709: 2 9 16 23 30; 9710: 7 14 21 28; 9711: 4");
    let until = "FREQ=WEEKLY;UNTIL=19971224T000000Z";
    is(TUESDAY, until, "9709: 2 9 16 23 30; 9710: 7 14 21 28; 9711: 4 11 18 25; 9712: 2 9 16 23");
    begins(
        TUESDAY,
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
        "9709: 2 16 30; 9710: 14 28; 9711: 11 25; 9712: 9 23; 9801: 6",
    );
    let twice = "9709: 2 4 9 11 16 18 23 25 30; 9710: 2";
    is(TUESDAY, "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH", twice);
    is(TUESDAY, "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH", twice);
    is(
        "19970901T090000",
        "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR",
        "9709: 1 3 5 15 17 19 29; 9710: 1 3 13 15 17 27 29 31; 9711: 10 12 14 24 26 28; 9712: 8 10 12 22",
    );
    is(TUESDAY, "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH", "9709: 2 4 16 18 30; 9710: 2 14 16");
    is("19970805T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "9708: 5 10 19 24");
    is("19970805T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "9708: 5 17 19 31");
}

#[test]
fn monthly() {
    let friday = "19970905T090000";
    let fridays = "9709: 5; 9710: 3; 9711: 7; 9712: 5; 9801: 2; 9802: 6; 9803: 6; 9804: 3; 9805: 1; 9806: 5";
    is(friday, "FREQ=MONTHLY;COUNT=10;BYDAY=1FR", fridays);
    is(friday, "FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR", "9709: 5; 9710: 3; 9711: 7; 9712: 5");
    is(
        "19970907T090000",
        "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
        "9709: 7 28; 9711: 2 30; 9801: 4 25; 9803: 1 29; 9805: 3 31",
    );
    let mondays = "9709: 22; 9710: 20; 9711: 17; 9712: 22; 9801: 19; 9802: 16";
    is("19970922T090000", "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", mondays);
    let third_last = "9709: 28; 9710: 29; 9711: 28; 9712: 29; 9801: 29; 9802: 26";
    begins("19970928T090000", "FREQ=MONTHLY;BYMONTHDAY=-3", third_last);
    is(
        TUESDAY,
        "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15",
        "9709: 2 15; 9710: 2 15; 9711: 2 15; 9712: 2 15; 9801: 2 15",
    );
    is(
        "19970930T090000",
        "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1",
        "9709: 30; 9710: 1 31; 9711: 1 30; 9712: 1 31; 9801: 1 31; 9802: 1",
    );
    is(
        "19970910T090000",
        "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15",
        "9709: 10 11 12 13 14 15; 9903: 10 11 12 13",
    );
    begins(
        TUESDAY,
        "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU",
        "9709: 2 9 16 23 30; 9711: 4 11 18 25; 9801: 6 13 20 27; 9803: 3",
    );
    is(TUESDAY, "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "9802: 13; 9803: 13; 9811: 13; 9908: 13; 0010: 13");
    begins(
        "19970913T090000",
        "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
        "9709: 13; 9710: 11; 9711: 8; 9712: 13; 9801: 10",
    );
    is("19970904T090000", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "9709: 4; 9710: 7; 9711: 6");
    begins(
        "19970929T090000",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
        "9709: 29; 9710: 30; 9711: 27; 9712: 30; 9801: 29",
    );
    is("20000115T090000", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "0001: 15 30; 0002: 15; 0003: 15 30");
}

#[test]
fn yearly() {
    is(
        "19970610T090000",
        "FREQ=YEARLY;COUNT=8;BYMONTH=6,7",
        "9706: 10; 9707: 10; 9806: 10; 9807: 10; 9906: 10; 9907: 10; 0006: 10; 0007: 10",
    );
    is("19970310T090000", "FREQ=YEARLY;INTERVAL=2;BYMONTH=1,2,3", "9703: 10; 9901: 10; 9902: 10; 9903: 10");
    is(
        "19970101T090000",
        "FREQ=YEARLY;INTERVAL=3;COUNT=6;BYYEARDAY=1,100,200",
        "9701: 1; 9704: 10; 9707: 19; 0001: 1; 0004: 9; 0007: 18",
    );
    is("19970519T090000", "FREQ=YEARLY;BYDAY=20MO", "9705: 19; 9805: 18; 9905: 17; 0005: 15");
    is("19970512T090000", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "9705: 12; 9805: 11; 9905: 17; 0005: 15");
    is("19970512T090000", "FREQ=YEARLY;BYWEEKNO=20", "9705: 12; 9805: 11; 9905: 17; 0005: 15");
    begins(
        "19970313T090000",
        "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
        "9703: 13 20 27; 9803: 5 12 19 26; 9903: 4 11 18 25",
    );
    begins(
        "19970605T090000",
        "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8",
        "9706: 5 12 19 26; 9707: 3 10 17 24 31; 9708: 7 14 21 28; 9806: 4",
    );
    is("19961105T090000", "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", "0011: 7");
}

#[test]
fn within_the_day() {
    let hours = given(TUESDAY, "FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T210000Z");
    assert_eq!(hours, ["970902 09:00", "970902 12:00", "970902 15:00"], "until 17:00 in New York");
    let quarters = given(TUESDAY, "FREQ=MINUTELY;INTERVAL=15;COUNT=6");
    assert_eq!(quarters.last().unwrap(), "970902 10:15");
    let ninety = given(TUESDAY, "FREQ=MINUTELY;INTERVAL=90;COUNT=4");
    assert_eq!(ninety, ["970902 09:00", "970902 10:30", "970902 12:00", "970902 13:30"]);
    let daily = given(TUESDAY, "FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40;COUNT=200");
    let minutely = given(TUESDAY, "FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16;COUNT=200");
    assert_eq!((daily.len(), &daily), (200, &minutely));
}

#[test]
fn days_are_left_out_and_what_comes_never_is_not_waited_for() {
    let zone = "America/New_York".parse().unwrap();
    let mut thirteenth =
        Series::by(zone, local(TUESDAY), "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13".parse().unwrap());
    thirteenth.except.insert(RecurrenceId(local("19980213T090000")));
    let next = thirteenth.next("1997-09-02T00:00:00Z".parse().unwrap(), 2);
    assert_eq!(
        next.iter().map(|one| one.id.to_string()).collect::<Vec<_>>(),
        ["19980313T090000", "19981113T090000"]
    );
    for rule in ["FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=31"] {
        let never = Series::by(zone, local(TUESDAY), rule.parse().unwrap());
        assert_eq!(never.next("1997-09-02T00:00:00Z".parse().unwrap(), 10), []);
    }
}
