//! The advice beside a refusal: whoever follows it sees the decision change.

use crate::support::*;
use wardline_policy::Decision::{Allow, Ask, Deny};
use wardline_policy::{
    Access, Decision, Facts, Layer, Options, PolicySet, Preset, Reason, Request, Source, decide,
};

/// One request, and everything about it that advice may speak of.
#[derive(Clone)]
struct Scene {
    sources: Vec<Source>,
    options: Options,
    request: Request,
    facts: Facts,
}

impl Scene {
    fn new(sources: &[Source], agent: &str, permission: &str, target: &str) -> Self {
        let facts = if permission == "bash" { commands(&[target]) } else { Facts::default() };
        let request = request(agent, permission, target, false);
        Self { sources: sources.to_vec(), options: options(), request, facts }
    }

    fn touching(mut self, access: Access, file: &str) -> Self {
        self.facts.paths.push(path(access, file));
        self
    }

    fn preset(mut self, preset: Preset) -> Self {
        self.options.preset = Some(preset);
        self
    }

    fn reasons(&self) -> Vec<Reason> {
        decide(&self.policy(), &self.request, &self.facts).reasons
    }

    fn policy(&self) -> PolicySet {
        build_with(&self.sources, &self.options)
    }

    fn decision(&self) -> Decision {
        decide(&self.policy(), &self.request, &self.facts).decision
    }

    /// Does what the advice says; `None` when it names nothing that policy, agent or preset could be.
    fn follow(mut self, advice: &str) -> Option<Self> {
        let mut followed = false;
        if let Some((rule, place)) =
            advice.split_once("add ").and_then(|(_, rest)| rest.split_once(" under permission"))
        {
            let (key, _) = place.split_once(' ').unwrap_or((place, ""));
            let rule = match key.strip_prefix('.') {
                Some(key) => format!("{{\"permission\": {{\"{key}\": {{{rule}}}}}}}"),
                None => format!("{{\"permission\": {{{rule}}}}}"),
            };
            let layer =
                if advice.starts_with("change wardline.jsonc") { Layer::Project } else { Layer::User };
            self.sources.push(source(layer, true, &rule));
            followed = true;
        }
        if advice.contains("leave the `") {
            self.request.agent = "code".to_owned();
            followed = true;
        }
        if advice.contains("choose another preset") {
            self.options.preset = Some(Preset::Autopilot);
            followed = true;
        }
        if advice.contains("wardline trust --all") {
            self.sources.iter_mut().for_each(|source| source.trusted = true);
            followed = true;
        }
        if advice.starts_with("only the administrator") {
            self.sources.retain(|source| source.layer != Layer::Managed);
            followed = true;
        }
        followed.then_some(self)
    }
}

fn rules(text: &str) -> String {
    format!("{{\"permission\": {text}}}")
}

#[test]
fn following_the_advice_changes_the_decision() {
    let own = |text: &str| user(&rules(text));
    let ceiling = |text: &str| managed(&rules(text));
    let at = |sources: &[Source], agent: &str, permission: &str, target: &str| {
        Scene::new(sources, agent, permission, target)
    };
    let table = [
        // Agents that change nothing.
        (at(&[], "plan", "edit", "src/a"), Deny, Allow),
        (at(&[own(r#"{"edit": "allow"}"#)], "plan", "edit", "src/a"), Deny, Allow),
        (at(&[], "plan", "edit", "src/a").preset(Preset::Readonly), Deny, Allow),
        (at(&[], "plan", "bash", "rm x"), Deny, Ask),
        (at(&[], "plan", "bash", "make").touching(Access::Write, "src/a"), Deny, Ask),
        (at(&[], "ask", "edit", "src/a"), Deny, Allow),
        (at(&[], "explore", "edit", "src/a"), Deny, Allow),
        (at(&[], "general", "todowrite", "*"), Deny, Allow),
        // Presets.
        (at(&[], "code", "edit", "src/a").preset(Preset::Readonly), Deny, Allow),
        (at(&[], "code", "edit", "src/a").preset(Preset::Supervised), Ask, Allow),
        (at(&[], "code", "bash", "make").preset(Preset::Supervised), Ask, Allow),
        (at(&[managed(r#"{"preset": "readonly"}"#)], "code", "edit", "src/a"), Deny, Allow),
        (
            at(&[managed(r#"{"preset": "readonly"}"#)], "plan", "bash", "rm x").preset(Preset::Autopilot),
            Deny,
            Deny,
        ),
        // Somebody's rules.
        (at(&[own(r#"{"edit": {"src/*": "deny"}}"#)], "code", "edit", "src/a"), Deny, Allow),
        (at(&[project(true, &rules(r#"{"edit": {"src/*": "ask"}}"#))], "code", "edit", "src/a"), Ask, Allow),
        (
            at(
                &[own(r#"{"edit": {"src/*": "deny"}}"#), ceiling(r#"{"edit": {"src/*": "deny"}}"#)],
                "code",
                "bash",
                "make",
            ),
            Ask,
            Allow,
        ),
        (at(&[ceiling(r#"{"edit": {"src/*": "deny"}}"#)], "code", "edit", "src/a"), Deny, Allow),
        (at(&[], "code", "bash", "make"), Ask, Allow),
        (at(&[], "code", "webfetch", "https://x"), Ask, Allow),
        (at(&[], "code", "github_search", "*"), Ask, Allow),
        // Files that only a rule of the person's opens.
        (at(&[], "code", "read", ".env"), Ask, Allow),
        (at(&[], "code", "read", "/home/u/.ssh/id_ed25519"), Deny, Allow),
        (at(&[], "code", "read", ".kilo/kilo.json"), Ask, Allow),
    ];
    for (scene, before, after) in table {
        let what = format!("{:?} of {:?}", scene.request, scene.sources);
        let first = scene.reasons().remove(0);
        assert_eq!(first.decision, before, "{what}");
        let advice = first.help.clone().unwrap_or_else(|| panic!("no advice: {first:?}, {what}"));
        let followed = scene.follow(&advice).unwrap_or_else(|| panic!("{advice}, {what}"));
        assert_eq!(followed.decision(), after, "{advice}, {what}");
    }
}

#[test]
fn what_no_rule_changes_is_advised_with_no_rule() {
    let at = |agent: &str, permission: &str, target: &str| Scene::new(&[], agent, permission, target);
    let denying = user(&rules(r#"{"edit": "deny"}"#));
    let table = [
        at("code", "edit", ".git/config"),
        at("code", "edit", "wardline.jsonc"),
        at("code", "edit", ".claude/settings.json"),
        at("code", "edit", ".mcp.json"),
        at("plan", "edit", ".git/hooks/pre-commit"),
        at("code", "edit", ".git/config").preset(Preset::Readonly),
        at("code", "edit", ".git/config").preset(Preset::Supervised),
        at("code", "bash", "make").touching(Access::Write, ".git/config"),
        at("code", "bash", "make").touching(Access::Delete, ".claude"),
        at("code", "bash", "wardline trust --all"),
        Scene::new(&[denying], "code", "edit", ".git/config"),
    ];
    for scene in table {
        let what = format!("{:?} of {:?}", scene.request, scene.sources);
        assert_eq!(scene.decision(), Deny, "{what}");
        for reason in scene.reasons() {
            let idle = reason.help.as_deref().is_none_or(|advice| scene.clone().follow(advice).is_none());
            assert!(idle, "{reason:?}, {what}");
        }
        let first = scene.reasons().remove(0);
        assert!(first.help.is_some_and(|advice| advice.contains("yourself")), "{what}");
        let mut open = scene;
        let target = open.request.targets.join(" ");
        let everything = format!(
            "{{\"*\": \"allow\", {:?}: {{\"*\": \"allow\", {target:?}: \"allow\"}}}}",
            open.request.permission
        );
        open.sources.push(user(&rules(&everything)));
        assert_eq!(open.decision(), Deny, "{what}");
    }
}
