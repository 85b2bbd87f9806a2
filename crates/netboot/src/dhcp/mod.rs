//! proxyDHCP (PXE 2.1, RFC 4578): says where to boot from, beside a DHCP server that gives addresses.
//!
//! - [`packet`]: a DHCP message, read and written
//! - [`platform`]: what the number in option 93 stands for
//! - [`request`]: from bytes to a boot request, or a reason to be silent
//! - [`answer`](fn@answer::answer): from a request and what is known of the machine to a reply
//! - [`silence`]: every reason not to answer, and their counts
//! - [`socket`]: sockets that know where a packet came in
//! - [`server`]: the loop around it all

pub mod answer;
pub mod packet;
pub mod platform;
pub mod request;
pub mod server;
pub mod silence;
pub mod socket;

pub use answer::{Reply, Send, answer};
pub use request::Request;
pub use server::ProxyDhcp;
pub use silence::{Counters, Silence};
pub use socket::{Listener, Port};

/// Numbers of DHCP options (RFC 2132 and the RFCs named).
pub mod option {
    pub const VENDOR: u8 = 43;
    pub const OVERLOAD: u8 = 52;
    pub const MESSAGE_TYPE: u8 = 53;
    pub const SERVER: u8 = 54;
    pub const VENDOR_CLASS: u8 = 60;
    pub const BOOT_FILE: u8 = 67;
    /// RFC 3004; iPXE writes the plain text `iPXE` instead of a list.
    pub const USER_CLASS: u8 = 77;
    /// RFC 3046.
    pub const RELAY: u8 = 82;
    /// RFC 4578: what the client is, as a list of 16 bit numbers.
    pub const ARCHITECTURE: u8 = 93;
    /// RFC 4578: type 0 and the SMBIOS UUID.
    pub const GUID: u8 = 97;
    /// Etherboot's encapsulated options: only iPXE and gPXE send them.
    pub const ETHERBOOT: u8 = 175;
}
