//! The host side of one policy: a home, a project, directories outside, servers.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use wardline_monitor::World;
use wardline_monitor::trust::Trust;

use crate::generate::Case;
use crate::operation::content;

/// Servers on loopback addresses of the host, and the requests that reached them.
pub(crate) struct Servers {
    pub(crate) addresses: Vec<String>,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Servers {
    pub(crate) fn start() -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let mut addresses = Vec::new();
        for host in ["127.0.0.1", "127.0.0.1", "127.0.0.2"] {
            let listener = TcpListener::bind((host, 0)).unwrap();
            addresses.push(listener.local_addr().unwrap().to_string());
            let seen = Arc::clone(&seen);
            std::thread::spawn(move || {
                for mut stream in listener.incoming().flatten() {
                    let mut head = [0; 2048];
                    let length = stream.read(&mut head).unwrap_or_default();
                    seen.lock().unwrap().push(String::from_utf8_lossy(&head[..length]).into_owned());
                    let reply = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
                    drop(stream.write_all(reply));
                }
            });
        }
        Self { addresses, seen }
    }

    /// Whether the attempt of this number reached a server since the last [`Servers::forget`].
    pub(crate) fn reached(&self, number: usize) -> bool {
        self.seen.lock().unwrap().iter().any(|head| head.contains(&format!("/attempt-{number} ")))
    }

    pub(crate) fn forget(&self) {
        self.seen.lock().unwrap().clear();
    }
}

/// Makes the tree and the configuration of a case and says which world it is.
pub(crate) fn build(root: &Path, case: &Case) -> World {
    for directory in ["home/.config/wardline", "home/p", "ext/sub", "managed", "out"] {
        std::fs::create_dir_all(root.join(directory)).unwrap();
    }
    let project = if case.worktree { worktree(root) } else { root.join("home/p") };
    if !case.worktree {
        git(&project, &["init", "--quiet"]);
    }
    for file in &case.files {
        write(file, &content(file), 0o755);
    }
    for (at, to) in &case.links {
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(to, at).unwrap();
    }
    let home = root.join("home");
    let state = home.join(".local/state/wardline");
    write(&root.join("managed/config.jsonc"), &case.managed, 0o644);
    write(&home.join(".config/wardline/config.jsonc"), &case.user, 0o644);
    let file = project.join("wardline.jsonc");
    write(&file, &case.repository, 0o644);
    if case.trusted {
        std::fs::create_dir_all(&state).unwrap();
        let mut trust = Trust::load(&state).unwrap();
        trust.add(&file, &case.repository);
        trust.save().unwrap();
    }
    World {
        config: home.join(".config/wardline"),
        state,
        managed: root.join("managed"),
        cwd: project.clone(),
        project,
        principal: "tester".to_owned(),
        environment: [("PATH".to_owned(), "/usr/bin:/bin".to_owned())].into(),
        executable: std::env::current_exe().unwrap(),
        home,
    }
}

/// The project as a linked worktree of a repository beside it.
fn worktree(root: &Path) -> PathBuf {
    let main = root.join("home/main");
    std::fs::create_dir_all(&main).unwrap();
    git(&main, &["init", "--quiet"]);
    git(&main, &["commit", "--quiet", "--allow-empty", "--message", "first"]);
    let project = root.join("home/p");
    std::fs::remove_dir(&project).unwrap();
    git(&main, &["worktree", "add", "--quiet", "--detach", project.to_str().unwrap()]);
    project
}

fn git(directory: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@t", "-c", "safe.directory=*"])
        .args(["-c", "init.defaultBranch=main"])
        .args(arguments)
        .current_dir(directory)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {output:?}");
}

fn write(path: &Path, text: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}
