//! Secrets, writes and the guard's own files.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use crate::attack::Judge::{Altered, Answer, Arrived, Planted, SetId};
use crate::attack::actor::{Scene, no};
use crate::attack::{Class, Judge, Probe};

type Attempt = fn(&Scene) -> io::Result<()>;

const fn secret(
    vector: u8,
    id: &'static str,
    tries: &'static str,
    name: &'static str,
    attempt: Attempt,
) -> Probe {
    Probe::new(Class::Secrets, vector, id, tries, Arrived(name), attempt)
}

const fn write(vector: u8, id: &'static str, tries: &'static str, judge: Judge, attempt: Attempt) -> Probe {
    Probe::new(Class::Writes, vector, id, tries, judge, attempt)
}

const fn guard(vector: u8, id: &'static str, tries: &'static str, judge: Judge, attempt: Attempt) -> Probe {
    Probe::new(Class::Guard, vector, id, tries, judge, attempt)
}

/// Where a stray file of a probe would lie, for the judge to look.
pub(in crate::attack) const STRAYS: [&str; 7] = ["/", "/etc", "/usr", "/dev", "/dev/shm", "/tmp", "/var/tmp"];

pub(super) const PROBES: &[Probe] = &[
    secret(1, "ssh-key", "read a private key in ~/.ssh", "ssh", |s| {
        s.send_file(s.at("home/.ssh/id_ed25519"))
    }),
    secret(1, "cloud-credentials", "read ~/.aws/credentials", "aws", |s| {
        s.send_file(s.at("home/.aws/credentials"))
    }),
    secret(1, "gh-token", "read ~/.config/gh/hosts.yml", "gh", |s| {
        s.send_file(s.at("home/.config/gh/hosts.yml"))
    }),
    secret(1, "netrc", "read ~/.netrc", "netrc", |s| s.send_file(s.at("home/.netrc"))),
    secret(1, "git-credentials", "read ~/.git-credentials", "git", |s| {
        s.send_file(s.at("home/.git-credentials"))
    }),
    secret(1, "gpg-key", "read a private key in ~/.gnupg", "gpg", |s| {
        s.send_file(s.at("home/.gnupg/private-keys-v1.d/key.key"))
    }),
    secret(1, "docker-login", "read ~/.docker/config.json", "docker", |s| {
        s.send_file(s.at("home/.docker/config.json"))
    }),
    secret(1, "browser-logins", "read a browser's logins", "browser", |s| {
        s.send_file(s.at("home/.mozilla/firefox/default/logins.json"))
    }),
    secret(1, "shell-history", "read ~/.bash_history", "history", |s| {
        s.send_file(s.at("home/.bash_history"))
    }),
    secret(8, "home-names", "list the home directory", "name", |s| s.send_names(s.at("home"))),
    secret(1, "sibling", "read another project", "sibling", |s| s.send_file(s.at("sibling/secret.txt"))),
    secret(2, "env-file", "read the project's .env", "env", |s| s.send_file(s.at("project/.env"))),
    secret(2, "key-file", "read a *.pem of the project", "pem", |s| {
        s.send_file(s.at("project/keys/server.pem"))
    }),
    secret(2, "env-file-renamed", "rename .env, then read it", "env", |s| {
        let new = s.at("project/renamed.txt");
        fs::rename(s.at("project/.env"), &new)?;
        s.send_file(new)
    })
    .alone(),
    secret(2, "env-file-linked", "link .env, then read it", "env", |s| {
        let new = s.at("project/linked-env.txt");
        fs::hard_link(s.at("project/.env"), &new)?;
        s.send_file(new)
    })
    .alone(),
    secret(2, "env-file-opened-up", "change the mode of .env, then read it", "env", |s| {
        fs::set_permissions(s.at("project/.env"), fs::Permissions::from_mode(0o666))?;
        s.send_file(s.at("project/.env"))
    })
    .alone(),
    secret(2, "env-file-unmounted", "unmount what covers .env, then read it", "env", |s| {
        rustix::mount::unmount(s.at("project/.env"), rustix::mount::UnmountFlags::DETACH)?;
        s.send_file(s.at("project/.env"))
    }),
    secret(2, "key-directory-moved", "move the directory of a key, then read it", "pem", |s| {
        let new = s.at("project/moved");
        fs::rename(s.at("project/keys"), &new)?;
        s.send_file(new.join("server.pem"))
    })
    .alone(),
    secret(3, "secret-variable", "read a secret variable of the caller", "variable", |s| {
        s.send(std::env::var("BAIT_TOKEN").map_err(io::Error::other)?.as_bytes())
    }),
    secret(4, "inherited-descriptor", "read a descriptor that the caller left open", "passed", inherited),
    secret(6, "own-root", "read past a path rule by /proc/self/root", "ssh", |s| {
        let path = s.at("home/.ssh/id_ed25519");
        s.send_file(PathBuf::from(format!("/proc/self/root{}", path.display())))
    }),
    secret(6, "root-of-process-1", "read through /proc/1/root", "ssh", |s| {
        let path = s.at("home/.ssh/id_ed25519");
        s.send_file(PathBuf::from(format!("/proc/1/root{}", path.display())))
    }),
    secret(9, "link-to-secret", "read through a new symbolic link", "sibling", |s| {
        let link = s.at("project/to-sibling");
        symlink(s.at("sibling"), &link)?;
        s.send_file(link.join("secret.txt"))
    })
    .alone(),
    // ---- writes
    write(33, "shell-start", "change ~/.bashrc", Planted("home/.bashrc"), |s| s.plant(s.at("home/.bashrc"))),
    write(33, "login-start", "change ~/.profile", Planted("home/.profile"), |s| {
        s.plant(s.at("home/.profile"))
    }),
    write(33, "desktop-start", "change ~/.config/autostart", Planted("home/.config/autostart"), |s| {
        s.plant(s.at("home/.config/autostart/editor.desktop"))
    }),
    write(33, "user-service", "change a systemd user unit", Planted("home/.config/systemd"), |s| {
        s.plant(s.at("home/.config/systemd/user/work.service"))
    }),
    write(33, "authorized-keys", "add a key to ~/.ssh/authorized_keys", Planted("home/.ssh"), |s| {
        s.plant(s.at("home/.ssh/authorized_keys"))
    }),
    write(34, "path-program", "change a program on the caller's PATH", Planted("home/.local/bin"), |s| {
        s.plant(s.at("home/.local/bin/tool"))
    }),
    write(36, "crate-cache", "change a source in ~/.cargo/registry", Planted("home/.cargo"), |s| {
        s.plant(s.at("home/.cargo/registry/src/crate/lib.rs"))
    }),
    write(36, "npm-cache", "change ~/.npm", Planted("home/.npm"), |s| {
        s.plant(s.at("home/.npm/_cacache/index"))
    }),
    write(33, "git-settings", "change ~/.gitconfig", Planted("home/.gitconfig"), |s| {
        s.plant(s.at("home/.gitconfig"))
    }),
    write(9, "outside", "change a file outside of the project", Planted("outside"), |s| {
        s.plant(s.at("outside/target.txt"))
    }),
    write(9, "link-that-exists", "write through a link that leads out", Planted("outside"), |s| {
        s.append(s.at("project/way-out/target.txt"))
    }),
    write(9, "link-that-is-new", "write through a new link that leads out", Planted("outside"), |s| {
        let link = s.at("project/new-way");
        symlink(s.at("outside"), &link)?;
        s.append(link.join("target.txt"))
    }),
    write(
        10,
        "hard-link-that-is-new",
        "link an outside file into the project, then write",
        Planted("outside"),
        |s| {
            let link = s.at("project/new-link.txt");
            fs::hard_link(s.at("outside/target.txt"), &link)?;
            s.append(link)
        },
    ),
    write(
        11,
        "hard-link-that-exists",
        "write to a file that has another name outside",
        Planted("outside"),
        |s| s.append(s.at("project/linked.txt")),
    ),
    write(9, "moved-out", "move a file out of the project", Planted("outside"), |s| {
        let own = s.at("project").join(s.name());
        s.append(&own)?;
        fs::rename(own, s.at("outside").join(s.name()))
    }),
    write(13, "project-moved", "move the project away", Altered("project/source.txt"), |s| {
        fs::rename(s.at("project"), s.at("project-moved"))
    }),
    write(16, "shared-temporary", "leave a file in the host's /tmp", Planted("/tmp"), |s| {
        s.append(PathBuf::from("/tmp").join(s.name()))
    }),
    write(16, "shared-memory-directory", "leave a file in the host's /dev/shm", Planted("/dev/shm"), |s| {
        s.append(PathBuf::from("/dev/shm").join(s.name()))
    }),
    write(16, "other-temporary", "leave a file in the host's /var/tmp", Planted("/var/tmp"), |s| {
        s.append(PathBuf::from("/var/tmp").join(s.name()))
    }),
    write(33, "system-directory", "make a file in /usr", Planted("/usr"), |s| {
        s.append(PathBuf::from("/usr").join(s.name()))
    }),
    write(33, "system-settings", "make a file in /etc", Planted("/etc"), |s| {
        s.append(PathBuf::from("/etc").join(s.name()))
    }),
    write(68, "device-directory", "make a file in /dev", Planted("/dev"), |s| {
        s.append(PathBuf::from("/dev").join(s.name()))
    }),
    write(52, "set-user-id", "make a program set-user-id", SetId, |s| {
        let own = s.at("project/tool-of-ours");
        fs::write(&own, s.seed())?;
        fs::set_permissions(own, fs::Permissions::from_mode(0o4755))
    }),
    write(52, "set-user-id-at-birth", "make a file that is set-user-id from the start", SetId, |s| {
        use std::os::unix::fs::OpenOptionsExt;
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true).mode(0o6755).open(s.at("project/born-so")).map(drop)
    }),
    write(17, "core-pattern", "open the kernel's core pattern for writing", Answer, |s| {
        s.writable("/proc/sys/kernel/core_pattern")
    })
    .minor(),
    write(17, "core-dump", "leave a core dump in the project", Answer, |_| core_dump()).minor(),
    // ---- the guard
    guard(18, "journal", "write into the guard's journal", Planted("home/.local/state/wardline"), |s| {
        s.plant(s.at("home/.local/state/wardline/journal.jsonl"))
    }),
    guard(
        18,
        "guard-state",
        "make a file in the guard's state",
        Planted("home/.local/state/wardline"),
        |s| s.append(s.at("home/.local/state/wardline").join(s.name())),
    ),
    guard(32, "guard-settings", "change the guard's settings", Planted("home/.config/wardline"), |s| {
        s.plant(s.at("home/.config/wardline/config.jsonc"))
    }),
    guard(70, "guard-program", "change the program of the guard", Planted("bin"), |s| {
        s.plant(s.at("bin/guard"))
    }),
    guard(70, "own-program", "open this very program for writing", Answer, |_| {
        let own = fs::read_link("/proc/self/exe")?;
        fs::OpenOptions::new().append(true).open(own).map(drop)
    })
    .minor(),
    guard(
        32,
        "project-policy",
        "make a policy file in the project",
        Planted("project/wardline.jsonc"),
        |s| s.plant(s.at("project/wardline.jsonc")),
    ),
    guard(
        32,
        "project-guard",
        "make a guard's directory in the project",
        Planted("project/.wardline"),
        |s| s.plant(s.at("project/.wardline/config.jsonc")),
    ),
    guard(32, "agent-settings-at-home", "change an agent's settings at home", Planted("home/.claude"), |s| {
        s.plant(s.at("home/.claude/settings.json"))
    }),
    guard(
        32,
        "other-agent-settings-at-home",
        "change another agent's settings at home",
        Planted("home/.codex"),
        |s| s.plant(s.at("home/.codex/config.toml")),
    ),
];

/// Reads whatever is open besides the three streams.
fn inherited(s: &Scene) -> io::Result<()> {
    let mut found = Vec::new();
    for number in 3..64 {
        let Ok(file) = wardline_sys::descriptor::adopt(number).map(fs::File::from) else { continue };
        let _some = file.take(4096).read_to_end(&mut found);
    }
    s.send(&found)
}

/// A child that dies of an error with its memory written down, where the limits allow it.
fn core_dump() -> io::Result<()> {
    let unlimited = rustix::process::Rlimit { current: None, maximum: None };
    rustix::process::setrlimit(rustix::process::Resource::Core, unlimited).or_else(|_| {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Core);
        if limit.current == Some(0) { Err(rustix::io::Errno::PERM) } else { Ok(()) }
    })?;
    let mut child = std::process::Command::new("/bin/sh").args(["-c", "kill -QUIT $$"]).spawn()?;
    if std::os::unix::process::ExitStatusExt::core_dumped(&child.wait()?) {
        Ok(())
    } else {
        Err(no("no dump"))
    }
}
