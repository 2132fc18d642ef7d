//! The plugin file for opencode and Kilo, with the program's path written in.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{AgentKind, World};

const SOURCE: &str = include_str!("../../plugin/wardline.js");

/// The plugin's source text with the absolute path of the `wardline` program in it.
#[must_use]
pub fn plugin_source(exe: &Path) -> String {
    SOURCE.replace("\"@WARDLINE@\"", &Value::from(exe.to_string_lossy()).to_string())
}

/// What every version of the plugin begins with.
pub(crate) const HEAD: &str = "// Wardline's plugin";

/// Where the plugin is installed; one file for each agent, so that removing one leaves the other's.
pub(crate) fn file(world: &World, agent: AgentKind) -> PathBuf {
    world.wardline_home.join("plugin").join(format!("{agent}.js"))
}

/// How opencode and Kilo name a plugin in a file.
pub(crate) fn url(file: &Path) -> String {
    let mut url = "file://".to_owned();
    for byte in file.to_string_lossy().bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    url
}

/// Whether an entry of a plugin list is ours.
pub(crate) fn is_ours(entry: &Value) -> bool {
    entry.as_str().is_some_and(|text| {
        let place = text.ends_with("/plugin/opencode.js") || text.ends_with("/plugin/kilo.js");
        text.starts_with("file://") && text.contains("wardline") && place
    })
}
