//! Explains one decision without making it: nothing is recorded and nothing can happen by it.
//!
//! The JSON shape is promised to other tools; its schema is in `docs/check.schema.json`.

use std::fmt;
use std::path::PathBuf;

use serde_json::{Map, Value, json};
use wardline_policy::{
    CommandVerdict, Decision, Facts, Layer, PathFact, PolicySet, Request, Source, SourceKind, Verdict, decide,
};

use wardline_shell as shell;

use crate::approve::About;
use crate::gather::gather_all;
use crate::{Action, World, explain, push, record, sources};

/// One question to [`check`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRequest {
    /// The permission key.
    pub permission: String,
    /// The one target.
    pub target: String,
    /// The agent that would act; `code` when not said.
    pub agent: Option<String>,
    /// The directory in which it would act; the workspace's when not said.
    pub cwd: Option<PathBuf>,
    /// Whether it would run inside the sandbox.
    pub confined: bool,
}

/// The answer to a [`CheckRequest`].
#[derive(Debug, Clone)]
pub struct Checked {
    /// What was asked.
    pub request: CheckRequest,
    /// What the policy says.
    pub verdict: Verdict,
    /// What it was based on.
    pub facts: Facts,
    /// For `bash`: what the script would do.
    pub analysis: Option<shell::Analysis>,
}

/// Why a line is no question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckError {
    /// It is not JSON.
    NotJson(String),
    /// A field is missing, of the wrong type or unknown.
    Field(String),
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson(e) => write!(f, "not a JSON object: {e}"),
            Self::Field(e) => write!(
                f,
                "{e}; expected {{\"permission\": text, \"target\": text, \"agent\"?: text, \"cwd\"?: text, \
                 \"confined\"?: true or false}}"
            ),
        }
    }
}

impl std::error::Error for CheckError {}

impl CheckRequest {
    /// Reads a question from one line of JSON.
    ///
    /// # Errors
    /// [`CheckError`]; unknown fields are errors, because a misspelt `confined` would change the answer silently.
    pub fn parse(line: &str) -> Result<Self, CheckError> {
        let map: Map<String, Value> =
            serde_json::from_str(line).map_err(|e| CheckError::NotJson(e.to_string()))?;
        const KNOWN: [&str; 5] = ["permission", "target", "agent", "cwd", "confined"];
        if let Some(unknown) = map.keys().find(|key| !KNOWN.contains(&key.as_str())) {
            return Err(CheckError::Field(format!("unknown field `{unknown}`")));
        }
        let text = |key: &str| match map.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(CheckError::Field(format!("`{key}` is not a text"))),
        };
        let required = |key: &str| text(key)?.ok_or_else(|| CheckError::Field(format!("`{key}` is missing")));
        let confined = match map.get("confined") {
            None | Some(Value::Null) => false,
            Some(Value::Bool(confined)) => *confined,
            Some(_) => return Err(CheckError::Field("`confined` is not true or false".to_owned())),
        };
        Ok(Self {
            permission: required("permission")?,
            target: required("target")?,
            agent: text("agent")?,
            cwd: text("cwd")?.map(PathBuf::from),
            confined,
        })
    }
}

/// What the policy says to a question, and why.
#[must_use]
pub fn check(world: &World, policy: &PolicySet, request: CheckRequest) -> Checked {
    let mut action = Action::on(&request.permission, &request.target);
    action.cwd.clone_from(&request.cwd);
    let (mut facts, analysis) = gather_all(world, &action, 0, request.confined);
    let mut verdict = decide(policy, &asked(&request), &facts);
    if push::describe(world, analysis.as_ref(), &verdict, &mut facts) {
        verdict = decide(policy, &asked(&request), &facts);
    }
    Checked { request, verdict, facts, analysis }
}

/// Rules for the permission of an asked action that would answer it for good, each proven by deciding again with it: for a script
/// one for each command that asks. Empty where no narrow rule does.
///
/// # Errors
/// [`sources::SourceError`] when the policy can't be built.
pub fn proposals(
    world: &World,
    choice: &sources::Choice,
    checked: &Checked,
) -> Result<Vec<String>, sources::SourceError> {
    let request = asked(&checked.request);
    let case = Case { world, choice, request: &request, facts: &checked.facts };
    case.proposals(checked.analysis.as_ref(), &checked.verdict)
}

/// As [`proposals`], for an action that waits for an answer.
///
/// # Errors
/// [`sources::SourceError`] when the policy can't be built.
pub(crate) fn proposed(about: &About<'_>, verdict: &Verdict) -> Result<Vec<String>, sources::SourceError> {
    let request = Request {
        permission: about.action.permission.clone(),
        targets: about.action.targets.clone(),
        agent: about.subject.agent.clone(),
        parents: about.subject.parents.clone(),
        confined: about.confined,
    };
    let case = Case { world: about.world, choice: about.choice, request: &request, facts: about.facts };
    case.proposals(about.analysis, verdict)
}

/// A decision that can be made again with other rules.
struct Case<'a> {
    world: &'a World,
    choice: &'a sources::Choice,
    request: &'a Request,
    facts: &'a Facts,
}

impl Case<'_> {
    fn proposals(
        &self,
        analysis: Option<&shell::Analysis>,
        verdict: &Verdict,
    ) -> Result<Vec<String>, sources::SourceError> {
        let candidates: Vec<Vec<String>> = match analysis {
            Some(analysis) => {
                let asks = |at: &usize| {
                    verdict.commands.get(*at).is_some_and(|command| command.decision == Decision::Ask)
                };
                (0..analysis.commands.len()).filter(asks).map(|at| shell::proposals(analysis, at)).collect()
            }
            None => self.request.targets.iter().map(|target| around(target)).collect(),
        };
        // The narrowest of each, then the widest of each.
        let narrow: Option<Vec<String>> = candidates.iter().map(|each| each.first().cloned()).collect();
        let wide: Option<Vec<String>> = candidates.iter().map(|each| each.last().cloned()).collect();
        let mut out: Vec<String> = Vec::new();
        for rules in [narrow, wide].into_iter().flatten().filter(|rules| !rules.is_empty()) {
            if self.settles(&rules)? {
                out.extend(rules);
            }
        }
        let mut seen = std::collections::BTreeSet::new();
        out.retain(|rule| seen.insert(rule.clone()));
        Ok(out)
    }

    /// Whether it would be an allow with these rules at the bottom of the person's own.
    fn settles(&self, rules: &[String]) -> Result<bool, sources::SourceError> {
        let lines: Map<String, Value> = rules.iter().map(|rule| (rule.clone(), "allow".into())).collect();
        let mut all = sources::read(self.world)?;
        all.push(Source {
            layer: Layer::User,
            file: "proposal".to_owned(),
            text: json!({"permission": {self.request.permission.as_str(): lines}}).to_string(),
            kind: SourceKind::Config,
            trusted: true,
        });
        let policy = sources::build(&all, self.world, self.choice)?;
        Ok(decide(&policy, self.request, self.facts).decision == Decision::Allow)
    }
}

/// A target itself and, for a path, what lies beside it. A text that would be read as a pattern is none.
fn around(target: &str) -> Vec<String> {
    if target.is_empty() || target.contains(['*', '?']) {
        return Vec::new();
    }
    let beside = target.rsplit_once('/').map(|(directory, _)| format!("{directory}/*"));
    std::iter::once(target.to_owned()).chain(beside.filter(|it| it != "/*" && it != "~/*")).collect()
}

fn asked(request: &CheckRequest) -> Request {
    let action = Action::on(&request.permission, &request.target);
    Request {
        permission: action.permission,
        targets: action.targets,
        agent: request.agent.clone().unwrap_or_else(|| "code".to_owned()),
        parents: Vec::new(),
        confined: request.confined,
    }
}

impl Checked {
    /// The answer in the promised JSON shape.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "permission": self.request.permission,
            "target": self.request.target,
            "agent": self.request.agent.as_deref().unwrap_or("code"),
            "confined": self.request.confined,
            "decision": record::decision(self.verdict.decision),
            "reasons": record::reasons(&self.verdict.reasons),
            "losers": record::reasons(&self.verdict.losers),
            "commands": self.verdict.commands.iter().map(command).collect::<Value>(),
            "paths": self.facts.paths.iter().map(path).collect::<Value>(),
            "doubts": self.facts.doubts.iter().map(|doubt| doubt.text.as_str()).collect::<Value>(),
            "effects": self.analysis.iter().flat_map(explain::effects).collect::<Value>(),
            "refusals": self.facts.refusals.iter().map(|refusal| explain::refusal(refusal, self.analysis.as_ref())).collect::<Value>(),
            "policy": self.verdict.policy,
        })
    }
}

fn command(command: &CommandVerdict) -> Value {
    json!({
        "literal": command.literal,
        "canonical": command.canonical,
        "decision": record::decision(command.decision),
        "reasons": record::reasons(&command.reasons),
    })
}

fn path(path: &PathFact) -> Value {
    json!({
        "path": path.resolved.as_ref().unwrap_or(&path.lexical),
        "access": format!("{:?}", path.access).to_lowercase(),
        "zone": zone(path),
        "certainty": format!("{:?}", path.certainty).to_lowercase(),
        "because": path.because,
    })
}

/// The word for the part of the machine that a path lies in.
pub(crate) fn zone(path: &PathFact) -> &'static str {
    use wardline_policy::Zone;
    match path.zone {
        Zone::Project => "project",
        Zone::ProjectCritical => "project-critical",
        Zone::Temp => "temp",
        Zone::Home => "home",
        Zone::HomeSecret => "home-secret",
        Zone::System => "system",
        Zone::Device => "device",
        Zone::Unknown => "unknown",
    }
}

/// The word for a layer in JSON and in the journal.
#[must_use]
pub fn layer(layer: Layer) -> &'static str {
    match layer {
        Layer::Builtin => "built-in",
        Layer::Managed => "managed",
        Layer::User => "user",
        Layer::Project => "project",
        Layer::Agent => "agent",
        Layer::Session => "session",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_read_strictly() {
        let table = [
            (r#"{"permission":"bash","target":"ls"}"#, true),
            (r#"{"permission":"bash","target":"ls","agent":"plan","cwd":"/x","confined":true}"#, true),
            (r#"{"permission":"bash","target":"ls","agent":null}"#, true),
            (r#"{"permission":"bash"}"#, false),
            (r#"{"permission":"bash","target":1}"#, false),
            (r#"{"permission":"bash","target":"ls","confined":"yes"}"#, false),
            (r#"{"permission":"bash","target":"ls","confind":true}"#, false),
            (r#"["bash","ls"]"#, false),
            ("", false),
        ];
        for (line, good) in table {
            assert_eq!(CheckRequest::parse(line).is_ok(), good, "{line}");
        }
    }
}
