//! What the person's terminal was like before it became raw, noted in the session's directory: when the caller is killed
//! without a chance to put the modes back, the keeper does.
//!
//! It does so only while the terminal is just as the caller left it. A shell that has set its own modes meanwhile keeps
//! them.

use std::fs::OpenOptions;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::termios::{
    self, ControlModes, InputModes, LocalModes, OptionalActions, OutputModes, SpecialCodeIndex, Termios,
};
use serde_json::{Value, json};

use crate::confinement::{path_from, text_value};

/// The note's name in the session's directory.
const NAME: &str = "terminal";

/// Notes the modes `before` of a terminal that has others now.
pub(super) fn write(session: &Path, terminal: &OwnedFd, before: &Termios) {
    let (Ok(name), Ok(raw)) = (termios::ttyname(terminal, Vec::new()), termios::tcgetattr(terminal)) else {
        return;
    };
    let Ok(device) = rustix::fs::fstat(terminal) else { return };
    let name = std::ffi::OsString::from(name.to_string_lossy().into_owned());
    let note = json!({
        "path": text_value(&name), "device": device.st_rdev, "before": numbers(before), "raw": numbers(&raw),
    });
    // Without a note the terminal stays raw after a kill, as without a keeper.
    let _best_effort = std::fs::write(session.join(NAME), note.to_string());
}

/// Forgets the note: the modes are back, or the terminal is somebody else's.
pub(super) fn remove(session: &Path) {
    let _not_there = std::fs::remove_file(session.join(NAME));
}

/// Puts the modes of a session's terminal back, if it still is as the session's caller left it.
pub(crate) fn put_back(session: &Path) {
    let put = || {
        let note: Value = serde_json::from_str(&std::fs::read_to_string(session.join(NAME)).ok()?).ok()?;
        let path = path_from(note.get("path")?)?;
        let flags = libc::O_NOCTTY | libc::O_NONBLOCK | libc::O_CLOEXEC;
        let terminal = OpenOptions::new().read(true).write(true).custom_flags(flags).open(path).ok()?;
        let mut modes = termios::tcgetattr(&terminal).ok()?;
        let same = terminal.metadata().ok()?.rdev() == note.get("device")?.as_u64()?
            && &json!(numbers(&modes)) == note.get("raw")?;
        let before: Vec<u32> = serde_json::from_value(note.get("before")?.clone()).ok()?;
        let [input, output, control, local, least, time] = before.try_into().ok()?;
        modes.input_modes = InputModes::from_bits_retain(input);
        modes.output_modes = OutputModes::from_bits_retain(output);
        modes.control_modes = ControlModes::from_bits_retain(control);
        modes.local_modes = LocalModes::from_bits_retain(local);
        modes.special_codes[SpecialCodeIndex::VMIN] = u8::try_from(least).ok()?;
        modes.special_codes[SpecialCodeIndex::VTIME] = u8::try_from(time).ok()?;
        if same {
            termios::tcsetattr(&terminal, OptionalActions::Flush, &modes).ok()?;
        }
        Some(())
    };
    let _no_note = put();
}

/// What changes when a terminal becomes raw.
fn numbers(modes: &Termios) -> [u32; 6] {
    [
        modes.input_modes.bits(),
        modes.output_modes.bits(),
        modes.control_modes.bits(),
        modes.local_modes.bits(),
        u32::from(modes.special_codes[SpecialCodeIndex::VMIN]),
        u32::from(modes.special_codes[SpecialCodeIndex::VTIME]),
    ]
}

#[cfg(test)]
mod tests {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    use super::*;

    #[test]
    fn modes_come_back_unless_somebody_else_has_set_others() {
        let session = std::env::temp_dir().join(format!("wardline-note-{}", std::process::id()));
        std::fs::create_dir_all(&session).unwrap();
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(libc::O_NOCTTY)
            .open(name.to_str().unwrap());
        let terminal = OwnedFd::from(opened.unwrap());
        let before = termios::tcgetattr(&terminal).unwrap();
        let mut raw = before.clone();
        raw.make_raw();
        for (noted, touched, back) in [(true, false, true), (true, true, false), (false, false, false)] {
            termios::tcsetattr(&terminal, OptionalActions::Now, &raw).unwrap();
            if noted {
                write(&session, &terminal, &before);
            } else {
                remove(&session);
            }
            if touched {
                let mut other = raw.clone();
                other.local_modes.insert(LocalModes::ISIG);
                termios::tcsetattr(&terminal, OptionalActions::Now, &other).unwrap();
            }
            put_back(&session);
            let now = termios::tcgetattr(&terminal).unwrap();
            assert_eq!(numbers(&now) == numbers(&before), back, "noted {noted}, touched {touched}");
        }
        std::fs::remove_dir_all(session).unwrap();
    }
}
