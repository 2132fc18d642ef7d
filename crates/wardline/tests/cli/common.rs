//! A sealed world for tests of the command line: a home, a project and a state of its own, and nothing of the caller's.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// The sealed world; removed when dropped.
pub(crate) struct Sealed {
    root: PathBuf,
}

/// What a run of the binary gave.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Sealed {
    /// A home with a private key and a project with a repository, an `.env` and some files.
    pub(crate) fn new(name: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let root = PathBuf::from("/var/tmp").join(format!("wl-{name}-{}-{number}", std::process::id()));
        let world = Self { root };
        for (file, text) in [
            ("home/.ssh/id_ed25519", "KEY-SECRET\n"),
            ("home/.aws/credentials", "AWS-SECRET\n"),
            ("home/outside.txt", "HOME-SECRET\n"),
            ("home/p/a.txt", "alpha\n"),
            ("home/p/src/lib.txt", "lib\n"),
            ("home/p/.env", "ENV-SECRET\n"),
            ("home/p/a/.env.local", "LOCAL-SECRET\n"),
            ("home/p/.env.example", "EXAMPLE\n"),
            ("home/p/id_rsa", "RSA-SECRET\n"),
            ("home/p/.aws/credentials", "AWS-PROJECT-SECRET\n"),
        ] {
            world.write(file, text);
        }
        world.git(&["init", "--quiet"]);
        world
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    pub(crate) fn project(&self) -> PathBuf {
        self.path("home/p")
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A script that is too long to be looked into before it runs: what it does only shows then.
    pub(crate) fn unseen(&self, name: &str, script: &str) -> PathBuf {
        let padding = format!("# {}\n", "-".repeat(76)).repeat(4096);
        self.write(name, &format!("{script}\n{padding}"))
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// The user's configuration.
    pub(crate) fn config(&self, text: &str) -> &Self {
        self.write("home/.config/wardline/config.jsonc", text);
        self
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.path("home/.local/state/wardline/journal.jsonl")
    }

    /// Every row of the journal.
    pub(crate) fn rows(&self) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(self.journal()).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=t", "-c", "user.email=t@t", "-c", "safe.directory=*"]);
        let output =
            git.args(arguments).current_dir(self.project()).env("HOME", self.path("home")).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The binary with arguments, in the project.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wardline"));
        command
            .args(arguments)
            .current_dir(self.project())
            .env_clear()
            .env("HOME", self.path("home"))
            .env("USER", "tester")
            .env("PATH", std::env::var_os("PATH").unwrap());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.feed(arguments, "")
    }

    pub(crate) fn feed(&self, arguments: &[&str], input: &str) -> Ran {
        feed(&mut self.command(arguments), input.as_bytes())
    }
}

/// Runs a command with an input.
pub(crate) fn feed(command: &mut Command, input: &[u8]) -> Ran {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let bytes = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&bytes).ok());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Ran {
        code: status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&stdout).into_owned(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    }
}

impl Drop for Sealed {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.root).ok();
    }
}

/// A terminal: our end, and the end for the program.
pub(crate) fn terminal() -> (File, OwnedFd) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::CLOEXEC;
    let theirs = rustix::fs::open(&name, flags, rustix::fs::Mode::empty()).unwrap();
    (File::from(ours), theirs)
}

/// Whether a path exists, links not followed.
pub(crate) fn there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}
