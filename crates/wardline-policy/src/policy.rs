//! Builds the policy: reads every source, and stacks their rules per agent.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::builtin::{self, When, canonical_agent};
use crate::config::{AgentSettings, GuaranteeLine, Preset, Settings, read_config};
use crate::decision::{Decision, Layer, Origin};
use crate::expiry::Ends;
use crate::limits::{Limit, limits};
use crate::markdown::read_agent;
use crate::merge::merge;
use crate::network::Network;
use crate::problem::Problem;
use crate::profiles::{Chosen, ProfileChoice, RepositoryProfile, choose};
use crate::rule::{Permission, Rule, Statement, Terms};
use crate::secrets::SecretSource;
use crate::stack::{Chain, Segment, Stack};

/// What kind of text a source is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SourceKind {
    /// JSON with comments.
    Config,
    /// Markdown with a YAML head that says what one agent may do.
    AgentMarkdown {
        /// The agent, named by its file.
        name: String,
    },
}

/// One text that rules come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Whose word it is. A person's own agent files belong to the layer `User`.
    pub layer: Layer,
    /// Its name in reports; the file name also tells Kilo's and opencode's files from Wardline's own.
    pub file: String,
    /// Its content.
    pub text: String,
    /// How to read it.
    pub kind: SourceKind,
    /// Whether a person vouched for this very content. An untrusted source can only tighten.
    pub trusted: bool,
}

/// What the policy needs to know besides its sources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// The home directory, for `~` and `$HOME` in patterns; nothing expands if it is empty.
    pub home: String,
    /// Match letters in either case.
    pub windows: bool,
    /// The preset of the command line.
    pub preset: Option<Preset>,
    /// The profile of the command line.
    pub profile: Option<String>,
    /// The names of the repository's root, for `repositories`: its real path, and the same path below a home directory
    /// that is a link. Empty where there is none.
    pub project: Vec<String>,
    /// Directories outside the project that are nobody's concern (temporary and truncation directories).
    pub whitelist: Vec<String>,
    /// The time, in seconds since 1970, by which rules with an end hold. Without one, those that allow do not.
    pub now: Option<u64>,
}

/// A rule as `policy show` prints it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectiveRule {
    /// The permission it is about, which may hold wildcards.
    pub permission: String,
    /// The targets it is about, home expanded.
    pub pattern: String,
    /// What it says.
    pub decision: Decision,
    /// Where it is written.
    pub origin: Origin,
    /// How it takes part: `base` rules are one list whose last match wins, `limit`, `narrow` and `managed` rules
    /// only tighten, `supervised` rules ask unless a base rule names the target, `session` rules answer asks.
    pub part: String,
    /// `Some(true)`: only inside the sandbox; `Some(false)`: only outside.
    pub confined: Option<bool>,
    /// Only for commands that are known to be harmless.
    pub harmless: bool,
    /// Its author's explanation.
    pub reason: Option<String>,
    /// Until when it holds, as it is written; for good when absent.
    pub expires: Option<String>,
}

/// An agent that rules are known for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentInfo {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// `primary`, `subagent` or `all`, as its author wrote it.
    pub mode: Option<String>,
    /// Where it was last defined.
    pub origin: Origin,
}

/// A host that may be reached through the egress door.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// A name in lower case, `*.name`, or an address.
    pub host: String,
    /// The port, if only one is meant.
    pub port: Option<u16>,
    /// Where it is written.
    pub origin: Origin,
}

/// A guarantee of the sandbox that a session may go on without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionalGuarantee {
    /// Its name, such as `limits`.
    pub id: String,
    /// Where it is written.
    pub origin: Origin,
}

/// Who asks when a task is delegated: the child, and everybody it acts for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegation {
    /// The agent that acts.
    pub agent: String,
    /// The agents it acts for, nearest first.
    pub parents: Vec<String>,
}

/// All rules, ready to decide.
#[derive(Clone, Debug)]
pub struct PolicySet {
    digest: String,
    pub(crate) terms: Terms,
    pub(crate) preset: Preset,
    /// The administrator alone makes the preset as strict as it is.
    pub(crate) preset_is_managed: bool,
    pub(crate) kilo: bool,
    /// What every agent's stack begins with.
    defaults: Chain,
    pub(crate) chosen: Chosen,
    /// Stacked when first asked for: most callers ask for one agent.
    stacks: BTreeMap<String, OnceLock<Stack>>,
    agents: Vec<AgentInfo>,
    network: Network,
    limits: Vec<Limit>,
    gate: crate::gate::Gate,
    on_ask: crate::asking::OnAsk,
    notifies: bool,
    secrets: Vec<SecretSource>,
    optional: Vec<OptionalGuarantee>,
    pub(crate) ends: Ends,
    pub(crate) sources: Vec<SourceRules>,
}

/// The rules of one source, kept apart for `lint` and `run_examples`.
#[derive(Clone, Debug)]
pub(crate) struct SourceRules {
    pub(crate) layer: Layer,
    pub(crate) trusted: bool,
    pub(crate) settings: Settings,
    pub(crate) general: Arc<Segment>,
    pub(crate) agents: Vec<(String, Arc<Segment>)>,
}

impl PolicySet {
    /// Reads the sources and builds the policy, in the order given within each layer.
    ///
    /// # Errors
    ///
    /// Every problem found in any source. No policy is built from part of the sources: a rule that is left out
    /// might be the one that denies.
    pub fn build(sources: &[Source], options: &Options) -> Result<Self, Vec<Problem>> {
        let mut read = read_all(sources)?;
        let mut ends = Ends::default();
        read.iter_mut().for_each(|(_, settings)| ends.take(settings, options.now));
        let chosen = choose(&read, options)?;
        let kilo =
            read.iter().any(|(source, settings)| source.layer == Layer::User && settings.kilo.is_some());
        let home = if options.windows { options.home.replace('\\', "/") } else { options.home.clone() };
        let terms = Terms { home, windows: options.windows, aliases: !kilo };
        let network = network(&read, &chosen);
        let limits = limits(&read, &chosen);
        let gate = crate::gate::gate(&read);
        let on_ask = crate::asking::on_ask(&read);
        let notifies = crate::asking::notifies(&read);
        let secrets = secrets(&read);
        let optional = optional_guarantees(&read);
        let (preset, ceiling) = preset(&read, options.preset, &chosen);
        let agents = agents(&read);
        let rules =
            read.into_iter().map(|(source, settings)| source_rules(source, settings, &chosen, &terms));
        Ok(Self {
            digest: digest(sources, options, &chosen, &ends),
            sources: rules.collect(),
            defaults: Chain::from_parts(builtin::defaults(&options.whitelist), &terms),
            chosen,
            stacks: agents.iter().map(|agent| (agent.name.clone(), OnceLock::new())).collect(),
            terms,
            preset,
            preset_is_managed: ceiling == preset,
            kilo,
            agents,
            network,
            limits,
            gate,
            on_ask,
            notifies,
            secrets,
            optional,
            ends,
        })
    }

    /// Digest over all sources and options, hex SHA-256: equal digests decide equally.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// When the first of the rules that hold now ends, in seconds since 1970; from then on another policy is to be built.
    pub fn next_expiry(&self) -> Option<u64> {
        self.ends.next
    }

    /// Whether a rule that allows holds for a while only.
    pub fn allows_for_a_while(&self) -> bool {
        self.ends.allows
    }

    /// The preset in force.
    pub fn preset(&self) -> Preset {
        self.preset
    }

    /// The profiles in force, each with the place that chose it.
    pub fn profiles(&self) -> impl Iterator<Item = &ProfileChoice> {
        self.chosen.iter()
    }

    /// Every line of `repositories`, whether it is about this repository or not.
    pub fn repositories(&self) -> impl Iterator<Item = RepositoryProfile> {
        let lines = self.sources.iter().flat_map(|source| &source.settings.repositories);
        lines.map(|line| line.resolved(&self.terms.home))
    }

    /// The agents that rules are known for, by name.
    pub fn agents(&self) -> &[AgentInfo] {
        &self.agents
    }

    /// Whether rules are known for an agent of this name. Others are held to the rules of `code`.
    pub fn knows(&self, agent: &str) -> bool {
        self.stacks.contains_key(canonical_agent(agent))
    }

    /// The hosts that trusted sources and the chosen profile allow.
    pub fn hosts(&self) -> &[Host] {
        &self.network.allow
    }

    /// The limits that the sources state, in the order in which they are to be taken.
    pub fn limits(&self) -> &[Limit] {
        &self.limits
    }

    /// How strict the security scan at the end of a task is.
    pub fn gate(&self) -> crate::gate::Gate {
        self.gate
    }

    /// What becomes of a question.
    pub fn on_ask(&self) -> crate::asking::OnAsk {
        self.on_ask
    }

    /// Whether the person's desktop is told that a question waits.
    pub fn notifies(&self) -> bool {
        self.notifies
    }

    /// The secrets that programs may ask for by name.
    pub fn secrets(&self) -> &[SecretSource] {
        &self.secrets
    }

    /// Everything that is said about the network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The guarantees of the sandbox that a session may go on without; all others are required.
    pub fn optional_guarantees(&self) -> &[OptionalGuarantee] {
        &self.optional
    }

    /// Who asks when `parent` hands a task to `child`: the child is never wider than its parent, for any tool.
    pub fn child(&self, parent: &str, child: &str) -> Delegation {
        Delegation {
            agent: canonical_agent(child).to_owned(),
            parents: vec![canonical_agent(parent).to_owned()],
        }
    }

    /// The rules that hold for an agent, in effective order.
    pub fn rules(&self, agent: &str) -> Vec<EffectiveRule> {
        let Some(stack) = self.stack(agent) else { return Vec::new() };
        let limits = stack.hard.iter().map(|chain| ("limit", chain));
        let supervised = stack.supervised.iter().map(|chain| ("supervised", chain));
        let narrow = stack.narrow.iter().map(|chain| ("narrow", chain));
        [("base", &stack.base)]
            .into_iter()
            .chain(limits)
            .chain(supervised)
            .chain(narrow)
            .chain([("managed", &stack.managed), ("session", &stack.session)])
            .flat_map(|(part, chain)| chain.rules().map(move |(when, rule)| effective(part, when, rule)))
            .collect()
    }

    /// The rules of an agent, or of `code` for an agent nobody defined.
    pub(crate) fn stack(&self, agent: &str) -> Option<&Stack> {
        let named = self.stacks.get_key_value(canonical_agent(agent));
        let (name, stack) = named.or_else(|| self.stacks.get_key_value(builtin::DEFAULT_AGENT))?;
        Some(stack.get_or_init(|| Builder { policy: self }.stack(name)))
    }
}

fn effective(part: &str, when: When, rule: &Rule) -> EffectiveRule {
    EffectiveRule {
        permission: rule.permission.as_str().to_owned(),
        pattern: rule.pattern.as_str().to_owned(),
        decision: rule.decision(),
        origin: rule.effect.place.origin(),
        part: part.to_owned(),
        confined: match when {
            When::Always => None,
            When::Confined => Some(true),
            When::Unconfined | When::Harmless => Some(false),
        },
        harmless: when == When::Harmless,
        reason: rule.effect.note.as_ref().and_then(|note| note.reason.clone()),
        expires: rule.effect.note.as_ref().and_then(|note| Some(note.expires.as_ref()?.text.clone())),
    }
}

fn read_all(sources: &[Source]) -> Result<Vec<(&Source, Settings)>, Vec<Problem>> {
    let (mut read, mut problems) = (Vec::with_capacity(sources.len()), Vec::new());
    for source in sources {
        let settings = match &source.kind {
            SourceKind::Config => read_config(source.layer, &source.file, &source.text),
            SourceKind::AgentMarkdown { name } => read_agent(source.layer, &source.file, name, &source.text)
                .map(|agent| Settings { agents: vec![agent], ..Settings::default() }),
        };
        match settings {
            Ok(settings) => read.push((source, settings)),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(read) } else { Err(problems) }
}

/// Every secret once. The administrator's word comes first, so nobody gives one of theirs to others.
fn secrets(read: &[(&Source, Settings)]) -> Vec<SecretSource> {
    let mut secrets: Vec<SecretSource> = Vec::new();
    let mut lines: Vec<&SecretSource> = read.iter().flat_map(|(_, settings)| &settings.secrets).collect();
    lines.sort_by_key(|secret| secret.origin.layer != Layer::Managed);
    for secret in lines {
        if !secrets.iter().any(|known| known.name == secret.name) {
            secrets.push(secret.clone());
        }
    }
    secrets
}

/// Whether a source only tightens. Managed sources are a ceiling anyway.
fn only_tightens(layer: Layer, trusted: bool) -> bool {
    !trusted && layer != Layer::Managed
}

/// The preset in force: the command line over a chosen profile over trusted files over untrusted ones, and never below
/// managed, which comes second.
fn preset(read: &[(&Source, Settings)], named: Option<Preset>, chosen: &Chosen) -> (Preset, Preset) {
    let (mut usual, mut profile) = (Preset::Autopilot, None);
    let mut floor = Preset::Autopilot;
    let mut ceiling = Preset::Autopilot;
    for (source, settings) in read.iter().filter(|(source, _)| source.layer != Layer::Session) {
        let word = settings.preset.as_ref().map(|(preset, _)| *preset);
        let of_profiles =
            chosen.profiles(source.layer, settings).filter_map(|profile| profile.preset.as_ref());
        let strictest = of_profiles.map(|(preset, _)| *preset).max();
        if source.layer == Layer::Managed {
            ceiling = ceiling.max(word.max(strictest).unwrap_or(ceiling));
        } else if only_tightens(source.layer, source.trusted) {
            floor = floor.max(word.max(strictest).unwrap_or(floor));
        } else {
            usual = word.unwrap_or(usual);
            // A repository's profile of the same name does not loosen the person's.
            profile = profile.max(strictest);
        }
    }
    (named.unwrap_or_else(|| profile.unwrap_or(usual).max(floor)).max(ceiling), ceiling)
}

fn network(read: &[(&Source, Settings)], chosen: &Chosen) -> Network {
    let mut network = Network::default();
    for (source, settings) in read.iter().filter(|(source, _)| source.layer != Layer::Session) {
        let of_profiles = chosen.profiles(source.layer, settings).map(|profile| &profile.network);
        for lines in std::iter::once(&settings.network).chain(of_profiles) {
            network.add(source, lines);
        }
    }
    network
}

/// What the person or the administrator calls optional, and no file whatever calls required.
fn optional_guarantees(read: &[(&Source, Settings)]) -> Vec<OptionalGuarantee> {
    let lines = || read.iter().flat_map(|(_, settings)| &settings.guarantees);
    let mut optional: Vec<OptionalGuarantee> = Vec::new();
    for GuaranteeLine { id, place, .. } in lines().filter(|line| line.optional) {
        let required = lines().any(|line| line.id == *id && !line.optional);
        if !required && !optional.iter().any(|known| known.id == *id) {
            optional.push(OptionalGuarantee { id: id.clone(), origin: place.origin() });
        }
    }
    optional
}

fn agents(read: &[(&Source, Settings)]) -> Vec<AgentInfo> {
    let builtin = builtin::AGENTS.iter().map(|agent| AgentInfo {
        name: agent.name.to_owned(),
        description: Some(agent.description.to_owned()),
        mode: Some(agent.mode.to_owned()),
        origin: Origin::builtin(),
    });
    let mut agents: BTreeMap<String, AgentInfo> = builtin.map(|agent| (agent.name.clone(), agent)).collect();
    for agent in read.iter().flat_map(|(_, settings)| &settings.agents) {
        let AgentSettings { place, description, mode, .. } = agent;
        let name = canonical_agent(&agent.name).to_owned();
        let known = agents.entry(name.clone()).or_insert_with(|| AgentInfo {
            name,
            description: None,
            mode: None,
            origin: place.origin(),
        });
        known.origin = place.origin();
        known.description = description.clone().or_else(|| known.description.take());
        known.mode = mode.clone().or_else(|| known.mode.take());
    }
    agents.into_values().collect()
}

fn source_rules(source: &Source, settings: Settings, chosen: &Chosen, terms: &Terms) -> SourceRules {
    let mut general = settings.tools.clone();
    general.extend(settings.permission.flatten());
    let profiles = chosen.profiles(source.layer, &settings);
    general.extend(profiles.flat_map(|profile| profile.permission.flatten()));
    let agents = settings.agents.iter().map(|agent| {
        let mut statements = agent.tools.clone();
        statements.extend(agent.permission.flatten());
        (canonical_agent(&agent.name).to_owned(), Segment::new(When::Always, statements, terms))
    });
    SourceRules {
        layer: source.layer,
        trusted: source.trusted,
        agents: agents.collect(),
        general: Segment::new(When::Always, general, terms),
        settings,
    }
}

/// Stacks the rules of all sources for one agent.
struct Builder<'p> {
    policy: &'p PolicySet,
}

impl Builder<'_> {
    fn stack(&self, agent: &str) -> Stack {
        let PolicySet { terms, preset, .. } = self.policy;
        let mut stack = Stack { base: self.policy.defaults.clone(), ..Stack::default() };
        stack.base.append(&Chain::from_parts(builtin::agent_rules(agent), terms));
        self.managed(agent, &mut stack);
        if self.policy.kilo {
            self.merged(agent, &mut stack.base);
        } else {
            let mut word = stack.base.clone();
            self.concatenated(agent, &mut stack.base, &[Layer::User, Layer::Project, Layer::Agent]);
            self.concatenated(agent, &mut word, &[Layer::User]);
            let repository = stack.base.segments().len() > word.segments().len();
            stack.word = repository.then_some(word);
        }
        let hard = builtin::hard_rules(agent, *preset);
        stack.hard = hard.into_iter().map(|parts| Chain::from_parts(parts, terms)).collect();
        stack.supervised =
            (*preset == Preset::Supervised).then(|| Chain::from_parts(builtin::supervised_rules(), terms));
        self.narrow(agent, &mut stack);
        self.session(agent, &mut stack);
        stack.hides =
            [&stack.base, &stack.managed, &stack.session].into_iter().chain(&stack.narrow).any(Chain::hides);
        stack
    }

    /// The administrator's rules: all of them a ceiling, the allows among them also the lowest layer of the base.
    fn managed(&self, agent: &str, stack: &mut Stack) {
        for source in self.policy.sources.iter().filter(|source| source.layer == Layer::Managed) {
            for segment in source.for_agent(agent) {
                stack.managed.push(segment);
            }
            if !source.trusted {
                continue;
            }
            let allows = source.for_agent(agent).flat_map(|segment| segment.list.rules());
            let allows = allows.filter(|rule| rule.decision() == Decision::Allow).map(|rule| Statement {
                permission: rule.permission.as_str().to_owned(),
                pattern: rule.pattern.as_str().to_owned(),
                effect: rule.effect.clone(),
            });
            stack.base.push(&Segment::new(When::Always, allows.collect(), &self.policy.terms));
        }
    }

    /// Trusted rules in order: what is said about every agent, then what is said about this one.
    fn concatenated(&self, agent: &str, chain: &mut Chain, layers: &[Layer]) {
        for layer in layers {
            for source in self.trusted(*layer) {
                chain.push(&source.general);
            }
        }
        for layer in layers {
            for source in self.trusted(*layer) {
                for segment in source.own(agent) {
                    chain.push(segment);
                }
            }
        }
    }

    fn trusted(&self, layer: Layer) -> impl Iterator<Item = &SourceRules> {
        self.policy.sources.iter().filter(move |source| source.layer == layer && source.trusted)
    }

    /// Kilo's order: configuration merged as objects, then the agent's own, then agent files.
    fn merged(&self, agent: &str, chain: &mut Chain) {
        let mut tools: Vec<Statement> = Vec::new();
        let mut general = Permission::Absent;
        let mut own_tools: Vec<Statement> = Vec::new();
        let mut own = Permission::Absent;
        for layer in [Layer::User, Layer::Project, Layer::Agent] {
            for SourceRules { settings, .. } in self.trusted(layer) {
                tools.extend(settings.tools.iter().cloned());
                general = merge(general, &settings.permission);
                for profile in self.policy.chosen.profiles(layer, settings) {
                    general = merge(general, &profile.permission);
                }
                for settings in settings.agents.iter().filter(|one| canonical_agent(&one.name) == agent) {
                    own_tools.extend(settings.tools.iter().cloned());
                    own = merge(own, &settings.permission);
                }
            }
        }
        for statements in [tools, general.flatten(), own_tools, own.flatten()] {
            chain.push(&Segment::new(When::Always, statements, &self.policy.terms));
        }
    }

    fn narrow(&self, agent: &str, stack: &mut Stack) {
        for source in self.policy.sources.iter().filter(|source| only_tightens(source.layer, source.trusted))
        {
            let mut chain = Chain::default();
            for segment in source.for_agent(agent) {
                chain.push(segment);
            }
            if !chain.is_empty() {
                stack.narrow.push(chain);
            }
        }
    }

    fn session(&self, agent: &str, stack: &mut Stack) {
        for source in self.trusted(Layer::Session) {
            for segment in source.for_agent(agent) {
                stack.session.push(segment);
            }
        }
    }
}

impl SourceRules {
    /// What the source says about every agent, then what it says about this one.
    fn for_agent(&self, agent: &str) -> impl Iterator<Item = &Arc<Segment>> {
        std::iter::once(&self.general).chain(self.own(agent))
    }

    fn own(&self, agent: &str) -> impl Iterator<Item = &Arc<Segment>> {
        self.agents.iter().filter(move |(name, _)| name == agent).map(|(_, segment)| segment)
    }
}

fn digest(sources: &[Source], options: &Options, chosen: &Chosen, ends: &Ends) -> String {
    let mut hash = Sha256::new();
    // Lengths go in with the texts, so that no two lists of texts look alike.
    let mut add = |text: &str| {
        hash.update(text.len().to_le_bytes());
        hash.update(text.as_bytes());
    };
    add(concat!("wardline-policy ", env!("CARGO_PKG_VERSION")));
    for source in sources {
        add(source.layer.as_str());
        add(&source.file);
        add(&source.text);
        add(if source.trusted { "trusted" } else { "untrusted" });
        match &source.kind {
            SourceKind::Config => add("config"),
            SourceKind::AgentMarkdown { name } => {
                add("agent");
                add(name);
            }
        }
    }
    add("options");
    add(&options.home);
    add(if options.windows { "windows" } else { "unix" });
    add(options.preset.map_or("", Preset::as_str));
    // The repository itself plays no part in a decision but by the profiles that it brings.
    for (whose, name) in chosen.named() {
        add(whose);
        add(name);
    }
    // Not the time, but what it decides.
    for (words, place, _) in &ends.over {
        add("over");
        add(&format!("{}:{} {words}", place.file, place.line));
    }
    add("whitelist");
    for directory in &options.whitelist {
        add(directory);
    }
    hash.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ignored = write!(hex, "{byte:02x}");
        hex
    })
}
