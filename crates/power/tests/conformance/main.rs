//! The same sentences for every route, each against a counterpart that is as real as can be had.
//!
//! - [`sentences`]: what every route promises; [`case`]: a route, its counterpart, and what that saw
//! - `redfish` (the rig's board), `sushy` (OpenStack's emulator), `ipmi` (OpenIPMI's simulator), `webhook` (a receiver
//!   that checks the signature), `ssh` (OpenSSH), `wake_on_lan` (a listener), `qmp` (a monitor)
//! - [`sense`]: what boards measure, against the rig's and `sushy`
//! - [`misbehaviour`]: what only boards do, against the rig's
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]

mod case;
mod ipmi;
mod ipmi_sim;
mod misbehaviour;
mod qmp;
mod redfish;
mod sense;
mod sentences;
mod ssh;
mod sushy;
mod tls;
mod wake_on_lan;
mod webhook;

/// The sentences that hold for a route, as tests of their own.
macro_rules! conforms {
    ($start:path: $($sentence:ident),+ $(,)?) => {
        $(
            #[tokio::test]
            async fn $sentence() {
                crate::sentences::$sentence($start().await).await;
            }
        )+
    };
}
pub(crate) use conforms;
