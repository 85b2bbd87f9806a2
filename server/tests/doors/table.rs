//! Whom each route is for.

use super::webhook_rows;
use pitstop_domain::function::Risk;
use pitstop_domain::people::{Right, Role};

/// What it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// For everybody. Each of these is a decision.
    Nothing,
    /// Whoever is signed in.
    SignedIn,
    /// A list or a form: a role anywhere.
    Somewhere(Right),
    /// A machine, or what belongs to one: for others it is not there.
    Machine(Right),
    /// A run: for who sees none of its machines it is not there.
    Run(Right),
    /// A role without limits.
    Whole(Right),
}

impl Needs {
    /// The smallest role; `None`: any.
    pub fn least(self) -> Option<Role> {
        match self {
            Self::Nothing | Self::SignedIn => None,
            Self::Somewhere(right) | Self::Machine(right) | Self::Run(right) | Self::Whole(right) => {
                Some(Role::least_for(right))
            }
        }
    }
}

/// A route, with a request that comes as far as the decision.
#[derive(Clone, Debug)]
pub struct Row {
    pub method: &'static str,
    /// As it is registered; words in braces are filled in by the house.
    pub path: &'static str,
    /// Of a GET the query, else the form, or JSON where it begins with a brace.
    pub with: &'static str,
    pub needs: Needs,
    /// It reads before it writes, and is refused there: nothing is written down.
    pub is_form_with_a_reading: bool,
}

/// The announcement of an image.
const UPLOAD: &str = r#"{"name":"rescue","kind":"maintenance","version":"1","title":"Rescue","arch":"x86_64","firmware":["bios"],
    "format":"linux","parts":[{"role":"kernel","file":"vmlinuz","bytes":1,
    "digest":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}]}"#;

/// A key of minisign, as its form has it.
const KEY: &str = "name=k{n}&key=RWRwTceQ/vq5L2RrVPknGgGpFKvyvV23Tu6Dfxd3GdX6cGdAqvxnMXSH";

/// Somebody who is told, as the form has it.
const LISTENER: &str = "name=told{n}&way=slack&least=critical&url=https://chat.example/hook";

/// A source of alerts as its form has it.
const SOURCE: &str = "name=source{n}&speaks=alertmanager&labels=instance&believed_min=300";

/// A function as its form has it.
const OWN_FUNCTION: &str = "name=own{n}&title=Own&script=true&image=pitstop-maintenance&risk=repairs&end0_when=agent_reports&end0_outcome=as_reported";

pub(super) const fn row(method: &'static str, path: &'static str, with: &'static str, needs: Needs) -> Row {
    Row { method, path, with, needs, is_form_with_a_reading: false }
}

pub(super) const fn get(path: &'static str, needs: Needs) -> Row {
    row("GET", path, "", needs)
}

pub(super) const fn post(path: &'static str, with: &'static str, needs: Needs) -> Row {
    row("POST", path, with, needs)
}

/// All routes of the dashboard's address.
pub fn rows() -> Vec<Row> {
    [
        open(),
        pages(),
        timetable(),
        health(),
        people(),
        functions_that_read(),
        functions_that_act(),
        programs(),
        programs_of_the_timetable(),
        webhook_rows::rows(),
    ]
    .concat()
}

fn open() -> Vec<Row> {
    vec![
        get("/healthz", Needs::Nothing),
        get("/login", Needs::Nothing),
        post("/login", "name=nobody&password=wrong-wrong-wrong", Needs::Nothing),
        // To the identity provider and back; without one there is nothing.
        get("/auth/oidc/start", Needs::Nothing),
        get("/auth/oidc/callback", Needs::Nothing),
        get("/join/{token}", Needs::Nothing),
        post("/join/{token}", "name=eve&password=x&again=x", Needs::Nothing),
        // A secret address of one person, for their calendar program: it shows the timetable and opens nothing else.
        get("/calendar/{token}", Needs::Nothing),
        // Their token is looked at.
        get("/go/{job}/{call}/{token}", Needs::Nothing),
        post("/go/{job}/{call}/{token}", "did=done", Needs::Nothing),
    ]
}

fn pages() -> Vec<Row> {
    let see = Needs::Machine(Right::See);
    let erase = Needs::Machine(Right::Repair(Risk::Destroys));
    vec![
        get("/", Needs::Somewhere(Right::See)),
        get("/act", Needs::Somewhere(Right::See)),
        get("/alarms", Needs::Somewhere(Right::See)),
        get("/discovery", Needs::Whole(Right::See)),
        get("/discovery/import", Needs::Somewhere(Right::See)),
        row("GET", "/discovery/import", "draft={draft}", Needs::Whole(Right::EditMachines)),
        get("/helpdesk", Needs::Somewhere(Right::See)),
        get("/helpdesk/{machine}", see),
        get("/helpdesk/repair/{job}", see),
        get("/functions", Needs::Somewhere(Right::See)),
        post("/functions", OWN_FUNCTION, Needs::Whole(Right::ChangeSettings)),
        get("/functions/new", Needs::Whole(Right::ChangeSettings)),
        get("/functions/{function}", Needs::Somewhere(Right::See)),
        get("/functions/{function}/edit", Needs::Whole(Right::ChangeSettings)),
        post("/functions/{function}/remove", "", Needs::Whole(Right::ChangeSettings)),
        get("/captures", Needs::Somewhere(Right::See)),
        get("/captures/{capture}", see),
        post("/captures/{capture}/restore", "machine=pc-7&device=/dev/sda&confirm=pc-7", erase),
        post("/captures/{capture}/delete", "", erase),
        get("/images", Needs::Somewhere(Right::See)),
        // A form without files: it comes as far as the decision, and is then no form with files.
        post("/images", "", Needs::Whole(Right::EditImages)),
        get("/images/new", Needs::Whole(Right::EditImages)),
        post("/images/coming/{coming}/{act}", "", Needs::Whole(Right::EditImages)),
        post("/images/demands/tests", "tests=true", Needs::Whole(Right::EditImages)),
        get("/images/tests/{boot}/screen", Needs::Somewhere(Right::See)),
        get("/images/{image}", Needs::Somewhere(Right::See)),
        post("/images/{image}/{digest}/{move}", "why=it+boots", Needs::Whole(Right::EditImages)),
        get("/images/{image}/{digest}/statement", Needs::Somewhere(Right::See)),
        get("/jobs", Needs::Somewhere(Right::See)),
        get("/jobs/{job}", see),
        get("/jobs/{job}/console", Needs::Machine(Right::UseConsole)),
        get("/jobs/{job}/console/socket", Needs::Machine(Right::UseConsole)),
        get("/jobs/{job}/console/{recording}", Needs::Machine(Right::UseConsole)),
        get("/jobs/{job}/console/{recording}/cast", Needs::Machine(Right::UseConsole)),
        get("/machines/{machine}", see),
        get("/machines/{machine}/routes", see),
        row("GET", "/machines/{machine}/routes", "try=1", Needs::Machine(Right::TryRoutes)),
        get("/machines/{machine}/images", see),
        get("/styleguide", Needs::SignedIn),
        get("/runs", Needs::Somewhere(Right::See)),
        get("/runs/new", Needs::Somewhere(Right::See)),
        get("/runs/{run}", Needs::Run(Right::See)),
        get("/api/events", Needs::SignedIn),
        get("/palette", Needs::SignedIn),
        get("/news/alarms", Needs::SignedIn),
        get("/news/jobs/{job}", Needs::Machine(Right::See)),
    ]
}

fn timetable() -> Vec<Row> {
    let plan = Right::StartRuns;
    // A schedule of who may touch everything: for who may touch a part it is not there.
    let one = Needs::Machine(plan);
    let fields = "name=s{n}&function=inventory&q=&zone=UTC&date=2031-01-01&time=22:00&repeat=once";
    let window = "kind=window&title=w{n}&query=&zone=UTC&date=2031-01-01&from=22:00&to=06:00";
    let calendar = "source=c{n}&query=&zone=UTC&text=BEGIN:VCALENDAR%0AEND:VCALENDAR";
    vec![
        get("/schedules", Needs::Somewhere(Right::See)),
        post("/schedules", fields, Needs::Somewhere(plan)),
        post("/schedules/feed", "", Needs::Somewhere(Right::See)),
        get("/schedules/new", Needs::Somewhere(plan)),
        get("/schedules/forecast", Needs::Somewhere(Right::See)),
        get("/schedules/times", Needs::Somewhere(Right::See)),
        post("/schedules/times", window, Needs::Whole(plan)),
        post("/schedules/times/import", calendar, Needs::Whole(plan)),
        // A form without a file: it comes as far as the decision, and is then no form with a file.
        post("/schedules/times/import/file", "", Needs::Whole(plan)),
        post("/schedules/calendars", "source=c{n}&url=https://calendar.example/", Needs::Whole(plan)),
        post("/schedules/calendars/{act}", "source=c", Needs::Whole(plan)),
        post("/schedules/times/{times}/stretch", "until=2031-01-05", Needs::Whole(plan)),
        post("/schedules/times/{times}/remove", "", Needs::Whole(plan)),
        get("/schedules/{schedule}", Needs::Machine(Right::See)),
        get("/schedules/{schedule}/edit", one),
        Row { is_form_with_a_reading: true, ..post("/schedules/{schedule}/{act}", "", one) },
    ]
}

fn health() -> Vec<Row> {
    let plan = Needs::Whole(Right::StartRuns);
    let rule = "name=h{n}&metric0=cpu.speed&against0=own&value0=30&how=all&for_min=10&hysteresis=5&function=inventory\
                &severity=warning&acts=tells&cool_h=6&trips=2&brake_machines=3&brake_percent=5&brake_min=60\
                &storm_machines=5&storm_percent=10&enabled=on";
    let brakes = "site_machines=5&site_percent=5&site_minutes=60&fleet_machines=20&fleet_percent=2&fleet_minutes=60\
                  &keep_days=8&keep_hours_days=400&boards_every_min=5";
    // They read the form, the question or what holds now before they write.
    let reads = |row: Row| Row { is_form_with_a_reading: true, ..row };
    vec![
        get("/health", Needs::Somewhere(Right::See)),
        get("/health/alerts", Needs::Somewhere(Right::See)),
        post("/health/alerts/{health_alert}/{decision}", "", Needs::Machine(Right::LookAfter)),
        reads(post("/health/questions/{question}/{decision}", "", plan)),
        get("/health/rules", Needs::Somewhere(Right::See)),
        reads(post("/health/rules", rule, plan)),
        get("/health/rules/new", plan),
        get("/health/rules/{rule}", plan),
        post("/health/rules/{rule}/remove", "", plan),
        reads(post("/health/brakes", brakes, plan)),
        reads(post("/health/stop", "why=a+drill", plan)),
        get("/machines/{machine}/health", Needs::Machine(Right::See)),
        get("/settings/sources", Needs::Whole(Right::ChangeSettings)),
        reads(post("/settings/sources", SOURCE, Needs::Whole(Right::ChangeSettings))),
        get("/settings/sources/{source}", Needs::Whole(Right::ChangeSettings)),
        reads(post("/settings/sources/{source}/{act}", "", Needs::Whole(Right::ChangeSettings))),
        get("/settings/telling", Needs::Whole(Right::ChangeSettings)),
        reads(post("/settings/telling", LISTENER, Needs::Whole(Right::ChangeSettings))),
        reads(post("/settings/telling/{listener}/{act}", "", Needs::Whole(Right::ChangeSettings))),
        // A source's own secret is looked at.
        post("/api/v1/health/sources/{source}", r#"{"alerts":[]}"#, Needs::Nothing),
    ]
}

fn people() -> Vec<Row> {
    let manage = Needs::Whole(Right::ManagePeople);
    vec![
        post("/logout", "", Needs::SignedIn),
        get("/account", Needs::SignedIn),
        post(
            "/account/password",
            "old=x&new=a+new+password+of+mine&again=a+new+password+of+mine",
            Needs::SignedIn,
        ),
        post("/account/sessions/end", "", Needs::SignedIn),
        post("/account/sessions/{session}/end", "", Needs::SignedIn),
        get("/settings", Needs::SignedIn),
        get("/settings/people", manage),
        post("/settings/people", "name=new{n}&title=New&role0=viewer", manage),
        post("/settings/people/{person}", "title=Other&role0=viewer", manage),
        post("/settings/people/{person}/link", "", manage),
        post("/settings/people/{person}/{act}", "", manage),
        get("/settings/help-desk", Needs::Whole(Right::ChangeSettings)),
        post(
            "/settings/help-desk",
            "words=It+smokes{n}&looks=It+is+looked+at.&function0=inventory",
            Needs::Whole(Right::ChangeSettings),
        ),
        post(
            "/settings/help-desk/{symptom}",
            "words=It+is+slow&looks=It+is+looked+at.&function0=inventory",
            Needs::Whole(Right::ChangeSettings),
        ),
        post("/settings/help-desk/{symptom}/{act}", "", Needs::Whole(Right::ChangeSettings)),
        get("/settings/sites", Needs::Whole(Right::ChangeSettings)),
        post(
            "/settings/sites/{site}",
            "zone=Europe/Berlin&contact=nobody",
            Needs::Whole(Right::ChangeSettings),
        ),
        get("/settings/signatures", Needs::Whole(Right::ChangeSettings)),
        post("/settings/signatures", KEY, Needs::Whole(Right::ChangeSettings)),
        post("/settings/signatures/demand", "signed=false", Needs::Whole(Right::ChangeSettings)),
        post("/settings/signatures/{signing_key}/remove", "", Needs::Whole(Right::ChangeSettings)),
        get("/settings/programs", Needs::SignedIn),
        get("/settings/tokens", Needs::SignedIn),
        post("/settings/tokens", "name=x&role=viewer&days=7", Needs::SignedIn),
        // There is no such token: everybody may ask.
        post("/settings/tokens/{token}/end", "", Needs::SignedIn),
        get("/audit", Needs::Whole(Right::ReadAudit)),
        get("/audit/export", Needs::Whole(Right::ReadAudit)),
    ]
}

fn functions_that_read() -> Vec<Row> {
    let list = Needs::Somewhere(Right::See);
    vec![row("GET", "/api/fleet", "query[q]=&query[page]=1", list), row("GET", "/api/cell", "q=&nth=0", list)]
}

fn functions_that_act() -> Vec<Row> {
    let (routes, runs) = (Needs::Machine(Right::EditRoutes), Needs::Run(Right::StartRuns));
    vec![
        post("/api/set_theme", "theme=dark", Needs::SignedIn),
        post("/api/set_density", "density=compact", Needs::SignedIn),
        post(
            "/api/change_machines",
            "q=&what=add_label&value=new&expect=2",
            Needs::Somewhere(Right::EditMachines),
        ),
        post(
            "/api/keep_machine",
            "machine={machine}&version=1&site=graz",
            Needs::Machine(Right::EditMachines),
        ),
        post("/api/keep_view", "name=mine&q=", Needs::Somewhere(Right::EditMachines)),
        post("/api/drop_view", "id=1", Needs::Somewhere(Right::EditMachines)),
        post("/api/adopt", "mac=52:54:00:00:00:99&name=new&site=graz", Needs::Whole(Right::EditMachines)),
        post(
            "/api/add_rule",
            "rule[mac]=52:54:00&rule[name]=pc-{mac6}&rule[site]=graz",
            Needs::Whole(Right::EditMachines),
        ),
        post("/api/drop_rule", "id=1", Needs::Whole(Right::EditMachines)),
        post("/api/draft_import", "csv=name", Needs::Whole(Right::EditMachines)),
        // A form without a file: it comes as far as the decision, and is then no form with a file.
        post("/discovery/import/file", "", Needs::Whole(Right::EditMachines)),
        post("/api/confirm_import", "draft={draft}&new=0&changed=0", Needs::Whole(Right::EditMachines)),
        post(
            "/api/repair",
            "machine={free}&symptom=hardware",
            Needs::Machine(Right::Repair(Risk::ReadsOnly)),
        ),
        // While a job has the machine, this follows that one, and starts nothing.
        Row {
            is_form_with_a_reading: true,
            ..post("/api/repair", "machine={machine}&symptom=hardware", Needs::Machine(Right::See))
        },
        post(
            "/api/start_job",
            "machine={machine}&function=inventory",
            Needs::Machine(Right::Repair(Risk::ReadsOnly)),
        ),
        post(
            "/api/start_job",
            "machine={machine}&function=mends",
            Needs::Machine(Right::Repair(Risk::Repairs)),
        ),
        post(
            "/api/start_job",
            "machine={machine}&function=wipes",
            Needs::Machine(Right::Repair(Risk::Destroys)),
        ),
        post("/api/set_own_image", "machine={machine}&image=", Needs::Machine(Right::EditMachines)),
        post("/api/move_route", "machine={machine}&mark={mark}&rung=0&how=down", routes),
        post("/api/save_route", "machine={machine}&mark={mark}&rung=&kind=agent_kexec", routes),
        post("/api/set_probe", "machine={machine}&probe=", routes),
        post("/api/cancel_job", "job={job}", Needs::Machine(Right::Cancel)),
        post("/api/decide", "job={job}&decision=try_again", Needs::Machine(Right::Decide)),
        post("/api/person_did", "job={job}&call={call}&did=done", Needs::Machine(Right::Press)),
        post("/api/see_alarm", "id={alarm}", Needs::Machine(Right::LookAfter)),
        post("/api/start_run", "q=&function=inventory&expect=1", Needs::Somewhere(Right::StartRuns)),
        post("/api/wish_run", "run={run}&wish=pause", runs),
    ]
}

fn programs() -> Vec<Row> {
    let (list, see) = (Needs::Somewhere(Right::See), Needs::Machine(Right::See));
    let (routes, runs) = (Needs::Machine(Right::EditRoutes), Needs::Run(Right::StartRuns));
    let decision = r#"{"decision":"try_again"}"#;
    vec![
        get("/metrics", Needs::Whole(Right::See)),
        get("/api/v1/me", Needs::SignedIn),
        get("/api/v1/openapi.json", Needs::SignedIn),
        get("/api/v1/machines", list),
        row("POST", "/api/v1/machines/import", "name", Needs::Whole(Right::EditMachines)),
        get("/api/v1/machines/{machine}", see),
        row(
            "PATCH",
            "/api/v1/machines/{machine}",
            r#"{"desk":{"room":"1"}}"#,
            Needs::Machine(Right::EditMachines),
        ),
        get("/api/v1/functions", list),
        get("/api/v1/functions/{function}", list),
        get("/api/v1/images", list),
        get("/api/v1/images/{digest}", list),
        post("/api/v1/images/{digest}/promote", r#"{"why":"it boots"}"#, Needs::Whole(Right::EditImages)),
        post("/api/v1/images/{digest}/roll-back", r#"{"why":"it fails"}"#, Needs::Whole(Right::EditImages)),
        post(
            "/api/v1/images/{digest}/signatures",
            r#"{"signature":"none"}"#,
            Needs::Whole(Right::EditImages),
        ),
        row("DELETE", "/api/v1/images/{digest}", r#"{"why":"old"}"#, Needs::Whole(Right::EditImages)),
        get("/api/v1/images/{digest}/parts/{file}", Needs::Whole(Right::EditImages)),
        get("/api/v1/images/{digest}/test-boots", list),
        post("/api/v1/images/{digest}/test-boots", r#"{"firmware":"bios"}"#, Needs::Whole(Right::EditImages)),
        get("/api/v1/images/test-boots/{boot}", list),
        post("/api/v1/images/test-boots/{boot}/stop", "", Needs::Whole(Right::EditImages)),
        get("/api/v1/images/storage", Needs::Whole(Right::EditImages)),
        get("/api/v1/images/demands", list),
        row("PUT", "/api/v1/images/demands/tests", r#"{"demanded":false}"#, Needs::Whole(Right::EditImages)),
        row(
            "PUT",
            "/api/v1/images/demands/signatures",
            r#"{"demanded":false}"#,
            Needs::Whole(Right::ChangeSettings),
        ),
        get("/api/v1/images/keys", Needs::Whole(Right::ChangeSettings)),
        post("/api/v1/images/keys", r#"{"name":"us","public_key":"?"}"#, Needs::Whole(Right::ChangeSettings)),
        row("DELETE", "/api/v1/images/keys/{key}", "", Needs::Whole(Right::ChangeSettings)),
        post("/api/v1/images/uploads", UPLOAD, Needs::Whole(Right::EditImages)),
        get("/api/v1/images/uploads/{upload}", Needs::Whole(Right::EditImages)),
        // It asks for the right, and only then looks at what comes.
        Row {
            is_form_with_a_reading: true,
            ..row(
                "PUT",
                "/api/v1/images/uploads/{upload}/parts/{file}",
                "{}",
                Needs::Whole(Right::EditImages),
            )
        },
        post("/api/v1/images/uploads/{upload}/finish", "", Needs::Whole(Right::EditImages)),
        row("DELETE", "/api/v1/images/uploads/{upload}", "", Needs::Whole(Right::EditImages)),
        get("/api/v1/images/fetches", list),
        post("/api/v1/images/fetches", UPLOAD, Needs::Whole(Right::EditImages)),
        row("DELETE", "/api/v1/images/fetches/{fetch}", "", Needs::Whole(Right::EditImages)),
        post("/api/v1/images/fetches/{fetch}/again", "", Needs::Whole(Right::EditImages)),
        get("/api/v1/machines/{machine}/images", see),
        get("/api/v1/captures", list),
        get("/api/v1/captures/{capture}", Needs::Machine(Right::See)),
        row("DELETE", "/api/v1/captures/{capture}", "", Needs::Machine(Right::Repair(Risk::Destroys))),
        get("/api/v1/alarms", list),
        post("/api/v1/alarms/{alarm}/see", "", Needs::Machine(Right::LookAfter)),
        get("/api/v1/machines/{machine}/routes", see),
        Row {
            is_form_with_a_reading: true,
            ..row("PUT", "/api/v1/machines/{machine}/routes", r#"{"routes":[{"kind":"agent"}]}"#, routes)
        },
        row("PUT", "/api/v1/machines/{machine}/probe", r#"{"probe":null}"#, routes),
        post(
            "/api/v1/machines/{machine}/own-image",
            r#"{"image":null}"#,
            Needs::Machine(Right::EditMachines),
        ),
        get("/api/v1/jobs", list),
        post(
            "/api/v1/jobs",
            r#"{"machine":"{machine}","function":"inventory"}"#,
            Needs::Machine(Right::Repair(Risk::ReadsOnly)),
        ),
        post(
            "/api/v1/jobs",
            r#"{"machine":"{machine}","function":"wipes"}"#,
            Needs::Machine(Right::Repair(Risk::Destroys)),
        ),
        get("/api/v1/jobs/{job}", see),
        post("/api/v1/jobs/{job}/cancel", "", Needs::Machine(Right::Cancel)),
        post("/api/v1/jobs/{job}/decide", decision, Needs::Machine(Right::Decide)),
        get("/api/v1/runs", list),
        post("/api/v1/runs", r#"{"q":"","function":"inventory"}"#, Needs::Somewhere(Right::StartRuns)),
        get("/api/v1/runs/{run}", Needs::Run(Right::See)),
        post("/api/v1/runs/{run}/pause", "", runs),
        post("/api/v1/runs/{run}/resume", "", runs),
        post("/api/v1/runs/{run}/cancel", r#"{"jobs":false}"#, runs),
    ]
}

fn programs_of_the_timetable() -> Vec<Row> {
    let (list, plan) = (Needs::Somewhere(Right::See), Needs::Somewhere(Right::StartRuns));
    // As the pages have it: it is read first, and not there for who may touch a part only.
    let one = Needs::Machine(Right::StartRuns);
    let reading_first = |row: Row| Row { is_form_with_a_reading: true, ..row };
    let whole = Needs::Whole(Right::StartRuns);
    let schedule =
        r#"{"name":"p{n}","function":"inventory","q":"","zone":"UTC","start":"2031-01-01T22:00:00"}"#;
    let window =
        r#"{"kind":"window","title":"w{n}","zone":"UTC","start":"2031-01-01T22:00:00","minutes":60}"#;
    let calendar = r#"{"source":"c{n}","text":"BEGIN:VCALENDAR"}"#;
    vec![
        get("/api/v1/schedules", list),
        post("/api/v1/schedules", schedule, plan),
        get("/api/v1/schedules/{schedule}", Needs::Machine(Right::See)),
        reading_first(row("PUT", "/api/v1/schedules/{schedule}", schedule, one)),
        reading_first(post("/api/v1/schedules/{schedule}/{act}", "{}", one)),
        get("/api/v1/timetable", list),
        get("/api/v1/timetable/forecast", list),
        get("/api/v1/maintenance-times", list),
        post("/api/v1/maintenance-times", window, whole),
        post("/api/v1/maintenance-times/import", calendar, whole),
        row("DELETE", "/api/v1/maintenance-times/{times}", "", whole),
        get("/api/v1/calendars", list),
        post("/api/v1/calendars", r#"{"source":"c{n}","url":"https://calendar.example/"}"#, whole),
        post("/api/v1/calendars/{act}", r#"{"source":"c"}"#, whole),
        // Last: afterwards it is gone.
        reading_first(row("DELETE", "/api/v1/schedules/{schedule}", "", one)),
    ]
}

/// The form that makes a source.
pub fn source_form() -> Row {
    post("/settings/sources", SOURCE, Needs::Whole(Right::ChangeSettings))
}
