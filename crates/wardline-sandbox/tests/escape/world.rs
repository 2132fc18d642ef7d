//! The small host that the escape suite attacks: a home with keys, a project with traps, listeners, a bystander.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use wardline_sandbox::{Confinement, system_paths};

/// What must never be seen inside; also the word that every listener says.
pub(crate) const SECRET: &str = "s3cr3t-0f-the-h0st";

/// Where everything lies; built once, found again by other processes of the suite from its root.
pub(crate) struct Place {
    pub(crate) root: PathBuf,
}

impl Place {
    pub(crate) fn project(&self) -> PathBuf {
        self.root.join("project")
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    pub(crate) fn outside(&self) -> PathBuf {
        self.root.join("outside")
    }

    pub(crate) fn quarantine(&self) -> PathBuf {
        self.root.join("quarantine")
    }

    /// The confinement that every door is tried against.
    pub(crate) fn confinement(&self) -> Confinement {
        let project = self.project();
        let mut confinement = Confinement::new(&project, self.home());
        confinement.read = system_paths();
        confinement.read.push(self.home().join(".gitconfig"));
        confinement.write = vec![self.home().join(".agent")];
        let pinned = [
            ".git/hooks",
            ".git/config",
            "deep/er/.git/config",
            ".vscode/tasks.json",
            ".mcp.json",
            ".claude/settings.json",
            "dotfiles",
        ];
        confinement.pinned = pinned.iter().map(|path| project.join(path)).collect();
        confinement.masked = vec![project.join(".env"), project.join("secrets")];
        confinement.quarantine = Some(self.quarantine());
        for (name, value) in [
            ("PATH", "/usr/local/bin:/usr/bin:/bin"),
            ("LANG", "C.UTF-8"),
            ("PYTHONDONTWRITEBYTECODE", "1"),
            ("SECRET_WORD", SECRET),
        ] {
            confinement.environment.insert(name.to_owned(), value.to_owned());
        }
        let paths = [("HOME", self.home()), ("W", self.root.clone()), ("PROJECT", project)];
        for (name, path) in paths {
            confinement.environment.insert(name.to_owned(), path.display().to_string());
        }
        confinement
    }

    /// Lays everything out.
    pub(crate) fn build(&self) {
        let write = |path: PathBuf, text: &str| {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let (project, home, outside) = (self.project(), self.home(), self.outside());
        write(home.join(".ssh/id_ed25519"), SECRET);
        write(home.join(".aws/credentials"), SECRET);
        write(home.join(".agent/state"), "kept");
        write(home.join(".bashrc"), "original");
        write(
            home.join(".gitconfig"),
            "[user]\n\tname = A\n\temail = a@example.com\n[init]\n\tdefaultBranch = main\n",
        );
        write(self.root.join("sibling/secret.txt"), SECRET);
        write(outside.join("target.txt"), "original");
        fs::create_dir_all(&project).unwrap();
        git(&home, &project, &["init", "-q"]);
        write(project.join("source.txt"), "one\n");
        write(project.join(".gitignore"), ".env\nsecrets\ndeep\ndotfiles\n");
        git(&home, &project, &["add", "-A"]);
        git(&home, &project, &["commit", "-qm", "start"]);
        write(project.join(".env"), SECRET);
        write(project.join("secrets/key.pem"), SECRET);
        write(project.join("deep/er/.git/config"), "original");
        symlink(&outside, project.join("way-out")).unwrap();
        symlink(outside.join("target.txt"), project.join("dotfiles")).unwrap();
        fs::set_permissions(&outside, fs::Permissions::from_mode(0o777)).unwrap();
    }
}

fn git(home: &Path, project: &Path, arguments: &[&str]) {
    let status = Command::new("git")
        .args(arguments)
        .current_dir(project)
        .env("HOME", home)
        .status()
        .expect("git is installed");
    assert!(status.success(), "git {arguments:?}");
}

/// The living part of the host: who listens, and who must stay alive.
pub(crate) struct Host {
    pub(crate) tcp4: u16,
    pub(crate) tcp6: u16,
    pub(crate) udp: u16,
    pub(crate) abstract_name: String,
    pub(crate) shared_memory: Option<String>,
    bystander: Child,
    heard: Arc<Mutex<Vec<&'static str>>>,
}

impl Host {
    pub(crate) fn start(place: &Place) -> Self {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let listen = |name: &'static str| {
            let heard = Arc::clone(&heard);
            move || heard.lock().unwrap().push(name)
        };
        let tcp4 = TcpListener::bind("127.0.0.1:0").unwrap();
        let tcp6 = TcpListener::bind("[::1]:0").unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let abstract_name = format!("wardline-escape-{}", std::process::id());
        let name = SocketAddr::from_abstract_name(&abstract_name).unwrap();
        let hidden = UnixListener::bind_addr(&name).unwrap();
        let visible = UnixListener::bind(place.outside().join("host.sock")).unwrap();
        let in_project = UnixListener::bind(place.root.join("egress.sock")).unwrap();
        let ports = [&tcp4, &tcp6].map(|listener| listener.local_addr().unwrap().port());
        let udp_port = udp.local_addr().unwrap().port();

        for (listener, note) in [(tcp4, listen("tcp4")), (tcp6, listen("tcp6"))] {
            thread::spawn(move || {
                for mut stream in listener.incoming().flatten() {
                    note();
                    drop(stream.write_all(SECRET.as_bytes()));
                }
            });
        }
        for (listener, note) in [(hidden, listen("abstract")), (visible, listen("pathname"))] {
            thread::spawn(move || {
                for mut stream in listener.incoming().flatten() {
                    note();
                    drop(stream.write_all(SECRET.as_bytes()));
                }
            });
        }
        // The stand-in for the egress proxy: says back what it hears.
        thread::spawn(move || {
            for mut stream in in_project.incoming().flatten() {
                thread::spawn(move || {
                    let mut text = Vec::new();
                    drop(stream.read_to_end(&mut text));
                    drop(stream.write_all(b"proxy heard "));
                    drop(stream.write_all(&text));
                });
            }
        });
        let note = listen("udp");
        thread::spawn(move || {
            while udp.recv_from(&mut [0; 16]).is_ok() {
                note();
            }
        });
        let bystander = Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().unwrap();
        Self {
            tcp4: ports[0],
            tcp6: ports[1],
            udp: udp_port,
            abstract_name,
            shared_memory: make_shared_memory(),
            bystander,
            heard,
        }
    }

    pub(crate) fn bystander(&self) -> u32 {
        self.bystander.id()
    }

    pub(crate) fn bystander_lives(&mut self) -> bool {
        matches!(self.bystander.try_wait(), Ok(None))
    }

    /// Who has been reached since the last question.
    pub(crate) fn take_heard(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.bystander.kill());
        drop(self.bystander.wait());
        if let Some(id) = &self.shared_memory {
            drop(Command::new("ipcrm").args(["-m", id]).status());
        }
    }
}

fn make_shared_memory() -> Option<String> {
    let made = Command::new("ipcmk").args(["-M", "4096", "-p", "0666"]).output().ok()?;
    let text = String::from_utf8_lossy(&made.stdout).into_owned();
    text.rsplit_once(':').map(|(_, id)| id.trim().to_owned()).filter(|id| !id.is_empty())
}
