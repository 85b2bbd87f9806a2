//! A preview of the dashboard: the real pages over FAKE machines and jobs, to look at without a server.
//!
//! ```text
//! cargo xtask bundle && cargo run -p pitstop-app --features ssr --example preview -- 8099 300
//! ```
//!
//! The second argument is the number of fake machines (0: the empty pages).

#[path = "../../tests/support/captures.rs"]
mod captures;
#[path = "../../tests/support/door.rs"]
mod door;
mod fake;
mod find;
mod fleet;
#[path = "../../tests/support/health.rs"]
mod health;
#[path = "../../tests/support/hooks.rs"]
mod hooks;
#[path = "../../tests/support/people.rs"]
mod people;
mod rows;
mod runs;
mod search;
mod strangers;
#[path = "../../tests/support/timetable.rs"]
mod timetable;
mod trips;

use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// As the server's: rendering without optimisation takes room.
const STACK: usize = 16 * 1024 * 1024;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build()?;
    runtime.block_on(serve())
}

async fn serve() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let port = args.next().unwrap_or_else(|| "8099".to_owned());
    let machines = args.next().and_then(|n| n.parse().ok()).unwrap_or(300);
    let site = std::env::var("PITSTOP_SITE").unwrap_or_else(|_| "target/site".to_owned());
    let fake = Arc::new(fake::Fake::new(machines));
    tokio::spawn(fake.clone().tick());
    let routes = pitstop_app::serve::routes(
        pitstop_app::serve::options(&site),
        door::OpenDoor::to(fake),
        CancellationToken::new(),
    );
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("FAKE machines and jobs at http://127.0.0.1:{port}/");
    axum::serve(listener, routes).await?;
    Ok(())
}
