//! What the flows need: Chromium from Debian, axe-core from the npm registry.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The version of axe-core.
const AXE: &str = "4.10.3";

/// What was installed.
pub(super) struct Tools {
    /// The browser's program.
    pub(super) chromium: PathBuf,
    /// The text of axe-core.
    pub(super) axe: String,
}

/// Makes sure that both are there; the error is the reason why one is not.
pub(super) fn ensure(workspace: &Path) -> Result<Tools, String> {
    Ok(Tools { chromium: chromium()?, axe: axe(&crate::agents::cache(workspace))? })
}

fn chromium() -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let there = || {
        let names = ["chromium", "chromium-browser"];
        std::env::split_paths(&path)
            .flat_map(|place| names.map(|name| place.join(name)))
            .find(|program| program.exists())
    };
    if let Some(program) = there() {
        return Ok(program);
    }
    if !rustix::process::geteuid().is_root() {
        return Err(
            "chromium is not installed, and only root can install Debian's package: apt-get install chromium"
                .to_owned(),
        );
    }
    eprintln!("ui: installing Debian's chromium ...");
    for arguments in [&["update"][..], &["install", "-y", "--no-install-recommends", "chromium"]] {
        let mut apt = Command::new("apt-get");
        let output =
            apt.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null()).output();
        let output =
            output.map_err(|e| format!("chromium is not installed, and apt-get cannot be started: {e}"))?;
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr);
            return Err(format!(
                "apt-get {} failed: {}",
                arguments.join(" "),
                errors.lines().last().unwrap_or_default()
            ));
        }
    }
    there().ok_or_else(|| "Debian's chromium was installed and is not there".to_owned())
}

fn axe(cache: &Path) -> Result<String, String> {
    let place = cache.join(format!("axe-core-{AXE}"));
    let file = place.join("node_modules/axe-core/axe.min.js");
    if !file.exists() {
        fs::create_dir_all(&place).map_err(|e| format!("{}: {e}", place.display()))?;
        let mut npm = Command::new("npm");
        npm.args([
            "install",
            "--no-audit",
            "--no-fund",
            "--no-update-notifier",
            "--ignore-scripts",
            "--prefix",
        ]);
        let output = npm.arg(&place).arg(format!("axe-core@{AXE}")).stdin(Stdio::null()).output();
        let output = output.map_err(|e| format!("npm cannot be started: {e}"))?;
        if !output.status.success() {
            return Err(format!("npm install axe-core@{AXE} failed ({})", output.status));
        }
    }
    fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))
}
