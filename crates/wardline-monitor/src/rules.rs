//! Edits of the person's own rules: the text of their file with one rule set, appended or taken away, and everything else of
//! theirs, comments included, as it was.
//!
//! Pure but for [`Draft::save`]: an edit gives a new text, which is shown as a difference with what the policy says to it, and
//! written only when the file still is what the edit began with.

use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstObject, CstObjectProp, CstRootNode};
use wardline_policy::{Decision, Layer, Lint, PolicySet, Source, SourceKind, lint};

use crate::sources::{self, Choice};
use crate::{World, trust, visible};

/// What an empty file becomes before its first rule.
const EMPTY: &str = "{\n}\n";

/// One change of the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// What a permission says where no pattern does; `None` leaves it to what is built in.
    Default(String, Option<Decision>),
    /// A rule at the bottom of a permission's, where it wins over the others.
    Append(String, String, Decision),
    /// Rules that allow, at the bottom of a permission's, until an end as the configuration writes it, or for good.
    Give {
        /// The permission.
        permission: String,
        /// The patterns.
        patterns: Vec<String>,
        /// Until when.
        expires: Option<String>,
    },
    /// The rule of this pattern goes.
    Remove(String, String),
    /// The whole text, as a person wrote it.
    Text(String),
}

/// The file of a person's own rules.
#[must_use]
pub fn file(world: &World) -> PathBuf {
    world.config.join("config.jsonc")
}

/// The file of a person's rules for this project alone. It lies with their own and not in the project, so nobody vouches for a
/// repository by it and no agent reaches it.
#[must_use]
pub fn file_of_project(world: &World) -> PathBuf {
    let digest = trust::digest_of(&world.project.to_string_lossy());
    let name = world.project.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = format!("{name}-{}.jsonc", digest.get(..16).unwrap_or(&digest));
    world.config.join("projects").join(name)
}

/// The text of a file after an edit.
///
/// # Errors
/// What in the file cannot be edited by rule, with what to do instead.
pub fn edited(text: &str, edit: &Edit) -> Result<String, String> {
    if let Edit::Text(text) = edit {
        return Ok(text.replace("\r\n", "\n"));
    }
    let text = if text.trim().is_empty() { EMPTY } else { text };
    let root = CstRootNode::parse(text, &ParseOptions::default())
        .map_err(|e| format!("the file is no JSON with comments: {e}"))?;
    let by_hand = |what: &str| format!("{what}; edit the text instead");
    let top = root.object_value_or_create().ok_or_else(|| by_hand("the file is no object"))?;
    let rules = top
        .object_value_or_create("permission")
        .ok_or_else(|| by_hand("`permission` is written as a list or a single word"))?;
    match edit {
        Edit::Default(permission, decision) => set_default(&rules, permission, *decision),
        Edit::Append(permission, pattern, decision) => append(&rules, permission, pattern, word(*decision)),
        Edit::Give { permission, patterns, expires } => patterns
            .iter()
            .try_for_each(|pattern| append(&rules, permission, pattern, allow(expires.as_deref()))),
        Edit::Remove(permission, pattern) => remove(&rules, permission, pattern),
        Edit::Text(_) => Ok(()),
    }
    .map_err(|what| by_hand(&what))?;
    Ok(root.to_string())
}

fn word(decision: Decision) -> CstInputValue {
    CstInputValue::String(decision.as_str().to_owned())
}

/// A rule that allows, until an end when there is one.
fn allow(expires: Option<&str>) -> CstInputValue {
    let Some(end) = expires else { return word(Decision::Allow) };
    CstInputValue::Object(vec![
        ("effect".to_owned(), word(Decision::Allow)),
        ("expires".to_owned(), CstInputValue::String(end.to_owned())),
    ])
}

/// The patterns of a permission; `None` when it is one word for all.
fn patterns(rule: &CstObjectProp) -> Option<CstObject> {
    rule.object_value()
}

fn set_default(rules: &CstObject, permission: &str, decision: Option<Decision>) -> Result<(), String> {
    let Some(rule) = rules.get(permission) else {
        if let Some(decision) = decision {
            rules.append(permission, word(decision));
        }
        return Ok(());
    };
    match (patterns(&rule), decision) {
        (None, Some(decision)) => rule.set_value(word(decision)),
        (None, None) => rule.remove(),
        (Some(map), decision) => match (map.get("*"), decision) {
            (Some(all), Some(decision)) => all.set_value(word(decision)),
            (Some(all), None) => all.remove(),
            // The last match wins, so what holds for all the others stands first.
            (None, Some(decision)) => drop(map.insert(0, "*", word(decision))),
            (None, None) => {}
        },
    }
    Ok(())
}

fn append(rules: &CstObject, permission: &str, pattern: &str, rule: CstInputValue) -> Result<(), String> {
    if permission.is_empty() || pattern.is_empty() {
        return Err("a rule needs a permission and a pattern".to_owned());
    }
    let map = match rules.get(permission) {
        None => rules.object_value_or_set(permission),
        // A rule with a reason or an end of its own stands for all targets as a word does.
        Some(rule) => match patterns(&rule).filter(|map| map.get("effect").is_none()) {
            Some(map) => map,
            None => {
                let all = rule
                    .value()
                    .and_then(|value| value.as_string_lit())
                    .and_then(|all| all.decoded_value().ok());
                let all = all.ok_or_else(|| format!("`{permission}` is neither a word nor patterns"))?;
                rule.set_value(CstInputValue::Object(vec![("*".to_owned(), CstInputValue::String(all))]));
                patterns(&rule).ok_or("the rules cannot be written")?
            }
        },
    };
    // A pattern stands once in a file, at the place where it was written last.
    if let Some(before) = map.get(pattern) {
        before.remove();
    }
    map.ensure_multiline();
    map.append(pattern, rule);
    Ok(())
}

fn remove(rules: &CstObject, permission: &str, pattern: &str) -> Result<(), String> {
    let rule = rules.get(permission).ok_or_else(|| format!("there is no `{permission}`"))?;
    match patterns(&rule) {
        None if pattern == "*" => rule.remove(),
        Some(map) => map.get(pattern).ok_or_else(|| format!("there is no rule `{pattern}`"))?.remove(),
        None => return Err(format!("there is no rule `{pattern}`")),
    }
    Ok(())
}

/// An edit that was not made yet: the file before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The file.
    pub file: PathBuf,
    /// Its text now; nothing when there is none.
    pub before: String,
    /// Its text after.
    pub after: String,
}

impl Draft {
    /// The draft of an edit of the person's own file.
    ///
    /// # Errors
    /// Why the file cannot be read or edited.
    pub fn of(world: &World, edit: &Edit) -> Result<Self, String> {
        let file = file(world);
        let before = read(&file)?;
        let after = edited(&before, edit)?;
        Ok(Self { file, before, after })
    }

    /// The draft of an edit of the person's file for this project alone.
    ///
    /// # Errors
    /// Why the file cannot be read or edited.
    pub fn of_project(world: &World, edit: &Edit) -> Result<Self, String> {
        let file = file_of_project(world);
        let before = read(&file)?;
        let project = visible(&world.project.to_string_lossy()).replace('\n', " ");
        let new = format!("// My rules for {project}. They hold in no other project.\n{EMPTY}");
        let after = edited(if before.trim().is_empty() { &new } else { &before }, edit)?;
        Ok(Self { file, before, after })
    }

    /// What the policy would be: its remarks, or why there would be none, which denies everything.
    ///
    /// # Errors
    /// Every problem, with its line.
    pub fn judge(&self, world: &World) -> Result<(PolicySet, Vec<Lint>), String> {
        let name = self.file.to_string_lossy().into_owned();
        let mut all = sources::read(world).map_err(|e| e.to_string())?;
        match all.iter_mut().find(|source| source.file == name) {
            Some(source) => source.text.clone_from(&self.after),
            None => {
                let own = Source {
                    layer: Layer::User,
                    file: name,
                    text: self.after.clone(),
                    kind: SourceKind::Config,
                    trusted: true,
                };
                let above = file(world).to_string_lossy().into_owned();
                let before = |source: &&Source| source.layer == Layer::Managed || source.file == above;
                let at = all.iter().take_while(before).count();
                all.insert(at, own);
            }
        }
        let policy = sources::build(&all, world, &Choice::default()).map_err(|e| e.to_string())?;
        let lints = lint(&policy);
        Ok((policy, lints))
    }

    /// Writes the file, all or nothing, when it still is what the draft began with and says a policy afterwards.
    ///
    /// # Errors
    /// Why not; the file is as it was.
    pub fn save(&self, world: &World) -> Result<(), String> {
        self.judge(world)?;
        if read(&self.file)? != self.before {
            return Err("the file was changed meanwhile; nothing was written, look again".to_owned());
        }
        // A link stays one: the file that it leads to is replaced.
        let file = std::fs::canonicalize(&self.file).unwrap_or_else(|_| self.file.clone());
        write(&file, &self.after).map_err(|e| format!("{}: {e}; nothing was written", file.display()))
    }

    /// The digest of the text after it, for the record.
    #[must_use]
    pub fn digest(&self) -> String {
        trust::digest_of(&self.after)
    }
}

fn read(file: &Path) -> Result<String, String> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(e) => Err(format!("{}: {e}", file.display())),
    }
}

/// Replaces a file through one beside it, with the mode that it had.
fn write(file: &Path, text: &str) -> std::io::Result<()> {
    let mode = file.metadata().map_or(0o644, |found| found.permissions().mode() & 0o777);
    std::fs::create_dir_all(file.parent().unwrap_or_else(|| Path::new("/")))?;
    let beside = file.with_extension(format!("new-{}", std::process::id()));
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&beside)
        .and_then(|mut out| out.write_all(text.as_bytes()).and_then(|()| out.sync_data()))
        .and_then(|()| std::fs::rename(&beside, file));
    if written.is_err() {
        std::fs::remove_file(&beside).ok();
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use Decision::{Allow, Ask, Deny};

    const OWN: &str = "{\n  // mine\n  \"permission\": {\n    \"edit\": \"ask\", // careful\n    \"bash\": {\n      /* first */ \"git push *\": \"ask\",\n      \"docker *\": \"deny\", // never\n    },\n  },\n  \"network\": { \"allow\": [\"a.example\"] } // one\n}\n";

    fn default(permission: &str, decision: Option<Decision>) -> Edit {
        Edit::Default(permission.to_owned(), decision)
    }

    fn rule(permission: &str, pattern: &str, decision: Decision) -> Edit {
        Edit::Append(permission.to_owned(), pattern.to_owned(), decision)
    }

    #[test]
    fn what_is_not_edited_stays_as_it_was_written() {
        let gone = |permission: &str, pattern: &str| Edit::Remove(permission.to_owned(), pattern.to_owned());
        // The edit, what must be there after it, what must not.
        let table: [(Edit, &[&str], &[&str]); 8] = [
            (default("edit", Some(Deny)), &["\"edit\": \"deny\", // careful"], &[]),
            (default("edit", None), &[], &["\"edit\""]),
            (
                default("bash", Some(Allow)),
                &["{\n      \"*\": \"allow\",\n      /* first */ \"git push *\""],
                &[],
            ),
            (default("webfetch", Some(Ask)), &["\"webfetch\": \"ask\""], &[]),
            (
                rule("bash", "cargo test *", Allow),
                &["\"docker *\": \"deny\", // never\n      \"cargo test *\": \"allow\",\n    }"],
                &[],
            ),
            (
                rule("bash", "git push *", Deny),
                &["// never\n      \"git push *\": \"deny\",\n    }"],
                &["\"git push *\": \"ask\""],
            ),
            (rule("edit", "src/*", Allow), &["\"*\": \"ask\"", "\"src/*\": \"allow\"", "// careful"], &[]),
            (gone("bash", "docker *"), &["\"git push *\": \"ask\""], &["docker"]),
        ];
        for (edit, there, not_there) in table {
            let after = edited(OWN, &edit).unwrap();
            for part in ["// mine", "\"network\": { \"allow\": [\"a.example\"] } // one"].iter().chain(there)
            {
                assert!(after.contains(part), "{edit:?}: {part}\n{after}");
            }
            assert!(!not_there.iter().any(|part| after.contains(part)), "{edit:?}\n{after}");
            let again = edited(&after, &edit);
            assert!(
                matches!(edit, Edit::Remove(..)) == again.is_err() || again == Ok(after),
                "{edit:?} twice"
            );
        }
    }

    #[test]
    fn a_file_that_is_not_there_or_cannot_be_edited_says_so() {
        assert_eq!(
            edited("", &default("bash", Some(Ask))).unwrap(),
            "{\n  \"permission\": {\n    \"bash\": \"ask\"\n  }\n}\n"
        );
        for text in [
            "[]",
            "{\"permission\": []}",
            "{\"permission\": \"ask\"}",
            "{",
            "{\"permission\": {\"bash\": 1}}",
        ] {
            assert!(edited(text, &rule("bash", "x", Allow)).is_err(), "{text}");
        }
    }

    #[test]
    fn only_what_says_a_policy_is_written_and_only_over_what_was_shown() {
        let dir = crate::scratch::Dir::new("rules");
        let home = dir.path().to_string_lossy().into_owned();
        let world = World::new([("HOME".to_owned(), home)].into(), dir.path(), PathBuf::from("/x")).unwrap();
        let draft = Draft::of(&world, &rule("bash", "make *", Deny)).unwrap();
        draft.save(&world).unwrap();
        assert_eq!(std::fs::read_to_string(file(&world)).unwrap(), draft.after);
        assert!(draft.save(&world).is_err(), "the file is not what the draft began with");
        let broken =
            Draft::of(&world, &Edit::Text("{\"permission\": {\"bash\": \"perhaps\"}}".to_owned())).unwrap();
        assert!(broken.judge(&world).is_err() && broken.save(&world).is_err());
        assert_eq!(std::fs::read_to_string(file(&world)).unwrap(), draft.after);
    }
}
