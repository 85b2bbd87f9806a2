//! Routes that describe themselves: the dashboard draws its form from this table, and [`super::form`] reads what was
//! filled in by it. A new route is a new entry, and no new page.

use super::abilities::Abilities;

/// A kind of route.
#[derive(Clone, Copy, Debug)]
pub struct RouteKind {
    /// The word that [`super::Route`] is stored with (`kind`).
    pub word: &'static str,
    pub title: &'static str,
    pub description: &'static str,
    /// What it can do at best; a route's own settings may take from it.
    pub abilities: Abilities,
    pub fields: &'static [Field],
    /// Only for virtual and simulated machines: not offered for others.
    pub of_the_lab: bool,
}

/// One setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    pub label: &'static str,
    pub help: &'static str,
    pub kind: FieldKind,
    pub required: bool,
    /// What the form begins with, and what an empty field means. `""`: nothing.
    pub default: &'static str,
}

/// How a setting is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    Text,
    Host,
    Port,
    Url,
    Mac,
    /// Never sent to a browser: the form shows whether it is set. `lines`: it has several, like a private key.
    Secret {
        lines: bool,
    },
    Choice(&'static [Choice]),
}

/// One of the values of a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    pub value: &'static str,
    pub label: &'static str,
}

const fn choice(value: &'static str, label: &'static str) -> Choice {
    Choice { value, label }
}

const fn field(name: &'static str, label: &'static str, kind: FieldKind, help: &'static str) -> Field {
    Field { name, label, help, kind, required: true, default: "" }
}

impl Field {
    const fn usually(self, default: &'static str) -> Self {
        Self { default, required: false, ..self }
    }

    const fn optional(self) -> Self {
        Self { required: false, ..self }
    }
}

const PASSWORD: FieldKind = FieldKind::Secret { lines: false };

const BOOT: Field = field(
    "boot",
    "Network boot, once",
    FieldKind::Choice(&[
        choice("required", "Must be set: else the machine is not restarted"),
        choice("try", "Is tried: else its boot order decides"),
        choice("never", "Is not asked for: it boots the network first anyway"),
    ]),
    "The board is asked to boot from the network at the next start only. It is read back, since some boards say yes \
     and forget.",
)
.usually("required");

const REDFISH: &[Field] = &[
    field(
        "url",
        "Address",
        FieldKind::Url,
        "The board's address, like https://bmc.example. With http:// the password crosses the network in the clear.",
    ),
    field(
        "system",
        "System",
        FieldKind::Text,
        "The ComputerSystem's id. Leave it empty when the board has one only.",
    )
    .optional(),
    field(
        "user",
        "User",
        FieldKind::Text,
        "An account of the board that may restart the machine and set its boot device.",
    ),
    field(
        "password",
        "Password",
        PASSWORD,
        "Stored sealed, under a key outside the database. It is not shown again.",
    ),
    field(
        "trust",
        "Certificate",
        FieldKind::Choice(&[
            choice("system_roots", "Must be signed by an authority that the server's system knows"),
            choice("pinned", "Must be the one with the fingerprint below"),
            choice("any", "Any: whoever stands between can read the password"),
        ]),
        "Most boards sign their own certificate: give its fingerprint.",
    )
    .usually("system_roots"),
    field(
        "fingerprint",
        "Fingerprint",
        FieldKind::Text,
        "SHA-256 of the board's certificate, 64 hexadecimal digits, with or without colons.",
    )
    .optional(),
    BOOT,
];

const IPMI: &[Field] = &[
    field(
        "host",
        "Host",
        FieldKind::Host,
        "The board's name or address. IPMI belongs on a network that only the server reaches.",
    ),
    field("port", "Port", FieldKind::Port, "UDP. Usually 623.").usually("623"),
    field("user", "User", FieldKind::Text, "At most 16 characters."),
    field(
        "password",
        "Password",
        PASSWORD,
        "At most 20 characters. Stored sealed, under a key outside the database. It is not shown again.",
    ),
    field(
        "cipher_suite",
        "Cipher suite",
        FieldKind::Choice(&[
            choice("3", "3: HMAC-SHA1, AES-128 (every IPMI 2.0 board)"),
            choice("17", "17: HMAC-SHA256, AES-128 (newer boards)"),
        ]),
        "How the session is protected.",
    )
    .usually("3"),
    field(
        "privilege",
        "Privilege",
        FieldKind::Choice(&[
            choice("administrator", "Administrator"),
            choice("operator", "Operator: enough on most boards"),
        ]),
        "The right the session is raised to.",
    )
    .usually("administrator"),
    BOOT,
];

const WAKE_ON_LAN: &[Field] = &[
    field("mac", "MAC address", FieldKind::Mac, "Of the network card that listens while the machine is off."),
    field(
        "broadcast",
        "Broadcast address",
        FieldKind::Host,
        "Of the machine's network, like 10.0.3.255, when it is not the server's own.",
    )
    .usually("255.255.255.255"),
    field("port", "Port", FieldKind::Port, "UDP. Usually 9.").usually("9"),
    field(
        "secure_on",
        "SecureOn password",
        PASSWORD,
        "Six pairs of hexadecimal digits, if the network card asks for them.",
    )
    .optional(),
];

const WEBHOOK: &[Field] = &[
    field(
        "url",
        "URL",
        FieldKind::Url,
        "Called by POST with what is to be done, as JSON. Answer 2xx when it is taken, 503 when it is worth trying again. Redirects are not followed. Put no key in the URL: the signature proves who calls.",
    ),
    field(
        "signing_secret",
        "Signing secret",
        PASSWORD,
        "At least 16 characters. The call is signed with it (HMAC-SHA256 over time and body); check it there. It is not shown again.",
    ),
];

const SSH: &[Field] = &[
    field(
        "host",
        "Host",
        FieldKind::Host,
        "Where the commands run: a hypervisor, a power switch, or another host that can restart the machine.",
    ),
    field("port", "Port", FieldKind::Port, "TCP. Usually 22.").usually("22"),
    field("user", "User", FieldKind::Text, "An account there."),
    field(
        "private_key",
        "Private key",
        FieldKind::Secret { lines: true },
        "In OpenSSH's format, without a passphrase. Stored sealed, under a key outside the database. It is not shown again.",
    ),
    field(
        "host_key",
        "Host key",
        FieldKind::Text,
        "The host's public key, like ssh-ed25519 AAAA…: what `ssh-keyscan HOST` prints behind the name. No other host is believed.",
    ),
    field(
        "into_maintenance",
        "Command into maintenance",
        FieldKind::Text,
        "Restarts the machine into the network. PITSTOP_CALL names the call, where the host lets that variable in. It is accepted when the command ends with 0.",
    ),
    field(
        "home",
        "Command home",
        FieldKind::Text,
        "Restarts the machine into its own system. Without it this route cannot bring the machine back.",
    )
    .optional(),
];

/// All kinds, in the order in which a form offers them.
pub const KINDS: &[RouteKind] = &[
    RouteKind {
        word: "agent",
        title: "Agent",
        description: "The agent in the machine's own system restarts it. Needs no hardware, and a system that runs.",
        abilities: Abilities::AGENT,
        fields: &[],
        of_the_lab: false,
    },
    RouteKind {
        word: "agent_kexec",
        title: "Agent, by kexec",
        description: "The agent loads the image and starts it without the firmware: for networks where nothing can be booted.",
        abilities: Abilities::KEXEC,
        fields: &[],
        of_the_lab: false,
    },
    RouteKind {
        word: "redfish",
        title: "Redfish",
        description: "The machine's management board, over HTTPS. Works whatever state the machine is in.",
        abilities: Abilities::BOARD,
        fields: REDFISH,
        of_the_lab: false,
    },
    RouteKind {
        word: "ipmi",
        title: "IPMI",
        description: "An older management board, over IPMI 2.0. Works whatever state the machine is in.",
        abilities: Abilities::BOARD,
        fields: IPMI,
        of_the_lab: false,
    },
    RouteKind {
        word: "wake_on_lan",
        title: "Wake-on-LAN",
        description: "A packet that switches on a machine that is off. A machine that runs does not notice it, and nothing answers.",
        abilities: Abilities::WAKE,
        fields: WAKE_ON_LAN,
        of_the_lab: false,
    },
    RouteKind {
        word: "webhook",
        title: "Webhook",
        description: "A URL of yours is called and does what it takes: a power strip, a hypervisor, a ticket.",
        abilities: Abilities::USERS_OWN,
        fields: WEBHOOK,
        of_the_lab: false,
    },
    RouteKind {
        word: "ssh",
        title: "SSH",
        description: "A command on a host of yours, one into maintenance and one home.",
        abilities: Abilities::USERS_OWN,
        fields: SSH,
        of_the_lab: false,
    },
    RouteKind {
        word: "person",
        title: "Person",
        description: "The job waits and shows what to press. Always last.",
        abilities: Abilities::PERSON,
        fields: &[],
        of_the_lab: false,
    },
    RouteKind {
        word: "virtual_machine",
        title: "Virtual machine",
        description: "A QEMU machine of the lab, through its monitor.",
        abilities: Abilities::VIRTUAL_MACHINE,
        fields: &[field("qmp", "Monitor", FieldKind::Text, "The path of its QMP socket on the server.")],
        of_the_lab: true,
    },
    RouteKind {
        word: "simulated",
        title: "Simulated machine",
        description: "A machine of the simulated fleet.",
        abilities: Abilities::SIMULATED,
        fields: &[field("url", "Address", FieldKind::Url, "Its management address.")],
        of_the_lab: true,
    },
];

/// The kind of this word.
pub fn kind(word: &str) -> Option<&'static RouteKind> {
    KINDS.iter().find(|kind| kind.word == word)
}
