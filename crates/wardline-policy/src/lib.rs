//! Turns request, facts and rules into a verdict; parses, explains and lints rules.
//!
//! The way in is [`PolicySet::build`], which reads every source, and [`decide`], which answers one request. Both
//! are pure: no files, clock, network or environment. Whatever they need is handed in.
//!
//! How a verdict comes about, strictest ground first to last: floors that follow a file whatever the tool; the
//! administrator's ceiling; limits of read-only agents; untrusted files, which only tighten; the base list, of
//! which the last match wins; and doubt, which only tightens. The strictest ground is the decision.

#![forbid(unsafe_code)]

mod asking;
mod brackets;
mod builtin;
mod caps;
mod commands;
mod config;
mod decide;
mod decision;
mod document;
mod evaluate;
mod examples;
mod expiry;
mod explain;
mod floors;
mod gate;
mod guarded;
mod index;
mod limits;
mod lint;
mod markdown;
mod merge;
mod names;
mod network;
mod paths;
mod policy;
mod problem;
mod profiles;
mod refusals;
mod request;
mod rule;
mod secrets;
mod sensitive;
mod shell_words;
mod stack;
mod wildcard;
mod yaml;

pub use asking::{LONGEST_WAIT, OnAsk};
pub use caps::{CAPABILITIES_FILE, Capabilities, Named, read_capabilities};
pub use config::{GUARANTEES, Preset, UnknownPreset};
pub use decide::decide;
pub use decision::{CommandVerdict, Decision, Layer, Obligation, Origin, Reason, UnknownDecision, Verdict};
pub use examples::{ExampleResult, run_examples, run_examples_with};
pub use gate::{Gate, GateMode};
pub use guarded::{Guarded, guarded};
pub use limits::{LIMITS, Limit, LimitForce, LimitUnit, parse_limit};
pub use lint::{Lint, Severity, lint};
pub use network::{NamedPort, Network, RequestRule, UploadLimits, is_port_name};
pub use policy::{
    AgentInfo, Delegation, EffectiveRule, Host, OptionalGuarantee, Options, PolicySet, Source, SourceKind,
};
pub use problem::Problem;
pub use profiles::{ProfileChoice, RepositoryProfile};
pub use request::{
    Access, Certainty, CommandFact, Doubt, DoubtKind, Facts, Mention, PathFact, Refusal, Request, Waiver,
    Zone,
};
pub use secrets::{SecretFrom, SecretSource};
pub use sensitive::{Sensitive, sensitive};
pub use wildcard::{matches, without_brackets};

/// JSON schema of the configuration file.
pub const CONFIG_SCHEMA: &str = include_str!("../schema/config.schema.json");

/// JSON schema of the capability manifest.
pub const CAPABILITIES_SCHEMA: &str = include_str!("../schema/caps.schema.json");

/// A capability manifest that uses every setting once, for documentation.
pub const CAPABILITIES_SAMPLE: &str = include_str!("../schema/wardline.caps.jsonc");

/// A configuration file that uses every setting once, for documentation.
pub const CONFIG_SAMPLE: &str = include_str!("../schema/sample.jsonc");
