//! Which packages there are, and what lies where on a machine.

use std::path::PathBuf;

use super::deb::{Content, Package};
use crate::{paths, sign};

/// What is packed.
pub struct Built {
    /// Folder with the programs.
    pub programs: PathBuf,
    pub agent: PathBuf,
    pub site: PathBuf,
    /// The images of the catalog, where they are built.
    pub images: Option<PathBuf>,
}

/// All packages that can be made of it.
pub fn packages(built: &Built) -> Vec<Package> {
    let mut packages = vec![server(built), agent(built)];
    let cli = built.programs.join("pitstop");
    packages.extend(cli.is_file().then(|| command_line(cli)));
    packages.extend(built.images.clone().map(images));
    packages
}

fn server(built: &Built) -> Package {
    let ours = |name: &str| paths::root().join("packaging/deb/pitstop").join(name);
    let docs = |name: &str| paths::root().join("docs").join(name);
    Package {
        name: "pitstop",
        summary: "boots machines into maintenance and puts them back, with proof",
        description: &[
            "A machine that misbehaves, or whose turn has come, is booted from the network",
            "into a maintenance image, worked on there, and put back on its own system, with",
            "proof that it is back.",
            "",
            "This is the server: dashboard, proxyDHCP, TFTP, HTTP boot and what agents ask.",
            "Without a PostgreSQL of yours it starts a private one from Debian's programs.",
        ],
        fields: &[
            ("Pre-Depends", "init-system-helpers (>= 1.54)"),
            ("Depends", "${shlibs}, systemd (>= 247)"),
            ("Recommends", "postgresql, ipxe, ipmitool, ca-certificates, pitstop-images, libnss-systemd"),
            ("Suggests", "clamav-freshclam, ovmf, pitstop-cli, qemu-system-x86"),
        ],
        contents: vec![
            file("usr/bin/pitstop-server", Content::Program(built.programs.join("pitstop-server"))),
            file("usr/share/pitstop/site", Content::Folder(built.site.clone())),
            file("usr/lib/systemd/system/pitstop.service", Content::File(ours("pitstop.service"), 0o644)),
            file("usr/lib/sysusers.d/pitstop.conf", Content::File(ours("sysusers.conf"), 0o644)),
            file("etc/pitstop/server.env", Content::File(ours("server.env"), 0o600)),
            file("etc/pitstop/secrets", Content::Empty(0o700)),
            file("usr/share/doc/pitstop/operating.md", Content::Document(docs("operating.md"))),
            file("usr/share/doc/pitstop/glossary.md", Content::Document(docs("glossary.md"))),
        ],
        configuration: &["etc/pitstop/server.env"],
        overrides: &[
            // Its secrets and database addresses are nobody else's.
            "non-standard-file-perm 0600 != 0644 [etc/pitstop/server.env]",
            "non-standard-dir-perm 0700 != 0755 [etc/pitstop/secrets/]",
            "no-manual-page [usr/bin/pitstop-server]",
            "initial-upload-closes-no-bugs *",
        ],
    }
}

fn agent(built: &Built) -> Package {
    let ours = |name: &str| paths::root().join("packaging/deb/pitstop-agent").join(name);
    Package {
        name: "pitstop-agent",
        summary: "tells Pitstop that this machine is up, and restarts it when ordered to",
        description: &[
            "Runs in a machine's own system: says that it is up and how it does, and",
            "restarts it into maintenance when Pitstop's server orders that. It listens on",
            "nothing.",
        ],
        fields: &[("Pre-Depends", "init-system-helpers (>= 1.54)"), ("Recommends", "systemd")],
        contents: vec![
            file("usr/bin/pitstop-agent", Content::Program(built.agent.clone())),
            file(
                "usr/lib/systemd/system/pitstop-agent.service",
                Content::File(ours("pitstop-agent.service"), 0o644),
            ),
            file("usr/share/doc/pitstop-agent/README", Content::File(ours("README"), 0o644)),
        ],
        configuration: &[],
        overrides: &[
            // Machines of every Linux run it: it brings all it needs.
            "statically-linked-binary [usr/bin/pitstop-agent]",
            "shared-library-lacks-prerequisites [usr/bin/pitstop-agent]",
            "no-manual-page [usr/bin/pitstop-agent]",
            "initial-upload-closes-no-bugs *",
        ],
    }
}

fn command_line(program: PathBuf) -> Package {
    Package {
        name: "pitstop-cli",
        summary: "Pitstop's command line",
        description: &[
            "Machines, jobs, runs, schedules and images of a Pitstop server, by its",
            "interface for programs: tables for people, JSON for scripts.",
        ],
        fields: &[("Depends", "${shlibs}")],
        contents: vec![file("usr/bin/pitstop", Content::Program(program))],
        configuration: &[],
        overrides: &["no-manual-page [usr/bin/pitstop]", "initial-upload-closes-no-bugs *"],
    }
}

/// A package of its own: it changes seldom and is the largest.
fn images(folder: PathBuf) -> Package {
    let mut contents = vec![file("usr/share/pitstop/images", Content::Folder(folder))];
    // Whoever built them signed them: the server trusts that key from the start.
    let key = sign::public_key();
    let name = key.file_name().unwrap_or_default().to_string_lossy().into_owned();
    contents.extend(
        key.is_file().then(|| file(&format!("usr/share/pitstop/keys/{name}"), Content::File(key, 0o644))),
    );
    Package {
        name: "pitstop-images",
        summary: "images that Pitstop's machines boot into",
        description: &[
            "Maintenance image, toolbox, virus scanner and memtest86+: the server adds them",
            "to its catalog when it starts.",
        ],
        fields: &[("Enhances", "pitstop")],
        contents,
        configuration: &[],
        overrides: &["initial-upload-closes-no-bugs *"],
    }
}

fn file(place: &str, content: Content) -> (String, Content) {
    (place.to_owned(), content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(path: &str) -> String {
        std::fs::read_to_string(paths::root().join("packaging/deb").join(path)).unwrap()
    }

    #[test]
    fn the_server_may_listen_below_1024_and_nothing_else_that_only_root_may() {
        let unit = unit("pitstop/pitstop.service");
        for line in
            ["AmbientCapabilities=CAP_NET_BIND_SERVICE\n", "CapabilityBoundingSet=CAP_NET_BIND_SERVICE\n"]
        {
            assert!(unit.contains(line), "{line}");
        }
        assert!(unit.contains("User=pitstop\n") && unit.contains("ProtectSystem=strict\n"));
    }

    #[test]
    fn every_setting_in_the_environment_file_is_one_that_the_server_reads() {
        let sources = ["config.rs", "people/provider/settings.rs"]
            .map(|file| std::fs::read_to_string(paths::root().join("server/src").join(file)).unwrap())
            .concat();
        let text = unit("pitstop/server.env") + &unit("pitstop/pitstop.service").replace(' ', "\n");
        for line in text.lines() {
            let line = line.trim_start_matches("Environment=").trim_start_matches('#');
            if let Some((name, _)) = line.split_once('=')
                && (name.starts_with("PITSTOP_") || name == "DATABASE_URL")
            {
                assert!(sources.contains(&format!("env = \"{name}\"")), "{name}");
            }
        }
    }

    #[test]
    fn every_setting_in_what_containers_are_told_is_one_that_the_server_reads() {
        let sources = std::fs::read_to_string(paths::root().join("server/src/config.rs")).unwrap();
        let read = |path: &str| std::fs::read_to_string(paths::root().join("packaging").join(path)).unwrap();
        for file in
            ["container/Containerfile", "container/compose.yaml", "helm/pitstop/templates/deployment.yaml"]
        {
            let text = read(file);
            let words = text.split(|c: char| !(c.is_ascii_uppercase() || c == '_'));
            // The other two are names of images, which compose reads itself.
            let ours = words.filter(|word| word.starts_with("PITSTOP_") && !word.ends_with("_IMAGE"));
            let ours: Vec<_> = ours.collect();
            assert!(ours.len() > 3, "{file}");
            for name in ours {
                assert!(sources.contains(&format!("env = \"{name}\"")), "{file}: {name}");
            }
        }
    }

    #[test]
    fn what_scripts_of_a_package_do_is_read_by_every_shell() {
        for script in ["pitstop", "pitstop-agent"].iter().flat_map(|name| {
            ["postinst", "prerm", "postrm"]
                .map(|script| paths::root().join("packaging/deb").join(name).join(script))
        }) {
            let checked = std::process::Command::new("sh").arg("-n").arg(&script).status().unwrap();
            assert!(checked.success(), "{}", script.display());
        }
    }
}
