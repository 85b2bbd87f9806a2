//! Routes in words: what they can do, and where they lead.

use pitstop_domain::route::{Abilities, Asker, Route};

/// Where a route leads, as far as it may be shown: never a path that may be as good as a password.
pub fn place_of(route: &Route) -> Option<String> {
    match route {
        Route::Agent | Route::AgentKexec | Route::Person => None,
        Route::VirtualMachine { qmp } => Some(qmp.clone()),
        Route::Simulated { url } => Some(url.clone()),
        Route::Redfish(redfish) => Some(redfish.url.origin().to_owned()),
        Route::Ipmi(ipmi) => Some(format!("{}, port {}", ipmi.host.as_str(), ipmi.port)),
        Route::WakeOnLan(wake) => Some(wake.mac.to_string()),
        Route::Webhook(webhook) => Some(webhook.url.origin().to_owned()),
        Route::Ssh(ssh) => Some(format!("{}@{}", ssh.user, ssh.host.as_str())),
    }
}

/// What it can do, and what it cannot where that matters.
pub fn abilities(abilities: Abilities) -> Vec<&'static str> {
    let asked = match abilities.who_asks {
        Asker::Agent => "asked by the machine's agent",
        Asker::Server => "asked by the server",
        Asker::Person => "pressed by a person",
    };
    let can = [
        (abilities.restarts, "restarts a machine that runs"),
        (abilities.wakes, "switches on a machine that is off"),
        (abilities.boots_network_once, "boots the network once"),
        (abilities.reads_power, "tells whether it is on"),
        (abilities.returns, "brings it home"),
        (!abilities.returns, "cannot bring it home"),
    ];
    std::iter::once(asked).chain(can.into_iter().filter(|(can, _)| *can).map(|(_, words)| words)).collect()
}

/// Has it a board or host that can be asked how things are, without changing anything?
pub fn can_be_tried(route: &Route) -> bool {
    route.abilities().who_asks == Asker::Server
}
