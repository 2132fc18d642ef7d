//! The gate as a hook of git, for work that no agent's own hook ends: before a commit the index is looked at, before a push what
//! it sends.
//!
//! A hook that is there stays in force: it is kept beside ours under another name and runs first, so that what it changes is
//! looked at too. A hook of git that fails stops the commit, so one that cannot run its program stops it with the reason.

use std::path::{Path, PathBuf};

use super::agents::Direction;
use super::files::Files;
use super::{Change, Plan};
use crate::tools::quoted;

/// The hooks, with the words that the program is called with and what is refused.
const HOOKS: [(&str, &str, &str); 2] =
    [("pre-commit", "--staged", "this commit"), ("pre-push", "--pushed \"$1\"", "this push")];
/// What the name of a kept hook ends with.
const KEPT: &str = ".before-wardline";
/// How a hook of ours is known again.
const MARK: &str = "# wardline: the gate";

/// The changes that put the gate into a repository's hooks directory, or take it out again. What was kept comes back to the byte.
///
/// # Errors
/// A text for a person that says which hook is in the way and what to do.
pub fn plan_git(hooks: &Path, exe: &Path, files: &dyn Files, remove: bool) -> Result<Plan, String> {
    let way = if remove { Direction::Remove } else { Direction::Install };
    let mut plan = Plan::default();
    for (name, words, what) in HOOKS {
        let place = hooks.join(name);
        if files.is_link(&place) {
            return Err(format!(
                "{} is a link, and what it leads to is not ours to change; put `{} gate {words} || exit 1` into what it leads to; \
                 nothing was changed",
                place.display(),
                exe.display()
            ));
        }
        let read = |path: &Path| {
            files.read(path).map_err(|e| format!("{}: {e}; nothing was changed", path.display()))
        };
        let hook = Hook { now: read(&place)?, kept: read(&kept_place(&place))?, place };
        match way {
            Direction::Install => hook.install(files, &script(name, words, what, exe), &mut plan)?,
            Direction::Remove => hook.remove(files, &mut plan),
        }
    }
    Ok(plan)
}

/// One hook as it is.
struct Hook {
    place: PathBuf,
    now: Option<String>,
    kept: Option<String>,
}

impl Hook {
    fn change(
        &self,
        path: PathBuf,
        before: Option<String>,
        after: Option<String>,
        mode: Option<u32>,
        note: &str,
    ) -> Change {
        Change { path, before, after, mode, note: Some(note.to_owned()) }
    }

    fn install(&self, files: &dyn Files, script: &str, plan: &mut Plan) -> Result<(), String> {
        let note = "the gate, before git does its work";
        let ours = |text: &String| text.contains(MARK);
        if self.now.as_ref().is_some_and(|text| text == script) {
            return Ok(());
        }
        if let Some(text) = self.now.as_ref().filter(|text| !ours(text)) {
            if self.kept.is_some() {
                let (place, kept) = (self.place.display(), kept_place(&self.place));
                return Err(format!(
                    "{place} was replaced after the gate was put in, and {} is kept from before; join the two and delete one; nothing \
                     was changed",
                    kept.display()
                ));
            }
            let mode = files.mode(&self.place);
            let kept = kept_place(&self.place);
            plan.changes.push(self.change(
                kept,
                None,
                Some(text.clone()),
                mode,
                "your hook as it is; it runs first",
            ));
        }
        let place = self.place.clone();
        plan.changes.push(self.change(place, self.now.clone(), Some(script.to_owned()), Some(0o755), note));
        Ok(())
    }

    fn remove(&self, files: &dyn Files, plan: &mut Plan) {
        let place = self.place.clone();
        if !self.now.as_ref().is_some_and(|text| text.contains(MARK)) {
            if self.kept.is_some() {
                let kept = kept_place(&place);
                plan.warnings.push(format!(
                    "{} is no hook of wardline's any more; {} stays",
                    place.display(),
                    kept.display()
                ));
            }
            return;
        }
        let kept = kept_place(&place);
        let mode = self.kept.as_ref().and_then(|_| files.mode(&kept));
        plan.changes.push(self.change(place, self.now.clone(), self.kept.clone(), mode, "the gate goes"));
        if self.kept.is_some() {
            plan.changes.push(self.change(
                kept,
                self.kept.clone(),
                None,
                None,
                "your hook is back in its place",
            ));
        }
    }
}

fn kept_place(place: &Path) -> PathBuf {
    let mut name = place.file_name().unwrap_or_default().to_owned();
    name.push(KEPT);
    place.with_file_name(name)
}

/// The hook's text. Git gives what is pushed on standard input, and both hooks get the whole of it.
fn script(name: &str, words: &str, what: &str, exe: &Path) -> String {
    let (take, give) =
        if name == "pre-push" { ("lines=$(cat)\n", "printf '%s\\n' \"$lines\" | ") } else { ("", "") };
    let exe = quoted(&exe.to_string_lossy());
    format!(
        "#!/bin/sh\n\
         {MARK}. `wardline init --git-hooks --remove` takes it out, and puts a hook back that was here.\n\
         wardline={exe}\n\
         kept=\"${{0%/*}}/{name}{KEPT}\"\n\
         {take}\
         if [ -x \"$kept\" ]; then {give}\"$kept\" \"$@\" || exit; fi\n\
         {give}\"$wardline\" gate {words} >&2\n\
         code=$?\n\
         case $code in\n\
         0) exit 0 ;;\n\
         # It said itself what holds.\n\
         1 | 3) exit 1 ;;\n\
         esac\n\
         echo \"wardline: the gate could not run ($wardline gave $code), so {what} is refused. Put wardline back in its place; \
         \\`wardline doctor\\` says more.\" >&2\n\
         exit 1\n"
    )
}

#[cfg(test)]
mod tests {
    use super::super::Memory;
    use super::*;

    fn planned(memory: &mut Memory, remove: bool) -> Plan {
        let plan =
            plan_git(Path::new("/r/.git/hooks"), Path::new("/usr/bin/wardline"), memory, remove).unwrap();
        memory.apply(&plan.changes);
        plan
    }

    #[test]
    fn what_was_there_is_kept_and_comes_back() {
        let hooks = Path::new("/r/.git/hooks");
        let own = "#!/usr/bin/env python3\nprint('mine')\n";
        let mut memory = Memory::default();
        memory.texts.insert(hooks.join("pre-push"), own.to_owned());
        let before = memory.clone();
        assert_eq!(planned(&mut memory, false).changes.len(), 3);
        assert_eq!(memory.texts[&hooks.join("pre-push.before-wardline")], own);
        assert!(memory.texts[&hooks.join("pre-commit")].contains("gate --staged"));
        assert_eq!(planned(&mut memory, false), Plan::default(), "a second time changes nothing");
        planned(&mut memory, true);
        assert_eq!(memory, before);
        assert_eq!(planned(&mut memory, true), Plan::default());
    }

    #[test]
    fn a_hook_that_took_our_place_is_left_alone() {
        let hooks = Path::new("/r/.git/hooks");
        let mut memory = Memory::default();
        memory.texts.insert(hooks.join("pre-commit"), "mine\n".to_owned());
        planned(&mut memory, false);
        memory.texts.insert(hooks.join("pre-commit"), "another\n".to_owned());
        assert!(
            plan_git(hooks, Path::new("/w"), &memory, false).unwrap_err().contains("nothing was changed")
        );
        let plan = planned(&mut memory, true);
        assert_eq!(plan.warnings.len(), 1);
        assert_eq!(memory.texts[&hooks.join("pre-commit")], "another\n");
        assert_eq!(memory.texts[&hooks.join("pre-commit.before-wardline")], "mine\n");
    }
}
