//! The rule format: what a rule file says, checked and typed.
//!
//! It is a declared subset of Semgrep's: a key or operator that is not known here refuses its rule with the reason and
//! the line, because a rule that is half understood finds what its author excluded. What Wardline adds begins with
//! `x-wardline`.

use regex_lite::Regex;

use super::{Refusal, comparison::Comparison, globs::Paths, lazy::Lazy, yaml::Node};
use crate::{finding::Category, language::Language};

/// How grave a rule says its findings are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// `ERROR`: stops the gate.
    Error,
    /// `WARNING`.
    Warning,
    /// `INFO`.
    Info,
}

/// A rule as it stands in its file.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its name.
    pub id: String,
    /// The languages that it looks at.
    pub languages: Vec<Language>,
    /// How grave it is.
    pub level: Level,
    /// What is wrong, with metavariables (`$X`) in it.
    pub message: String,
    /// Its class.
    pub category: Category,
    /// CWE numbers, most specific first.
    pub cwe: Vec<u16>,
    /// Why it is wrong, for `--explain`.
    pub why: String,
    /// What to do instead.
    pub advice: String,
    /// What comes in the place of the match, with metavariables in it.
    pub fix: Option<String>,
    /// The line of its file on which it begins.
    pub line: u32,
    /// Its file, as the caller named it.
    pub file: String,
    pub(super) paths: Paths,
    /// Whether plain names in its patterns mean the global ones: not those that the file binds itself.
    pub(super) globals: bool,
    pub(super) body: Body,
}

/// What a rule looks for.
#[derive(Debug, Clone)]
pub(super) enum Body {
    Search(Formula),
    Taint(Box<Taint>),
}

/// The parts of a taint rule.
#[derive(Debug, Clone, Default)]
pub(super) struct Taint {
    pub(super) sources: Vec<Part>,
    pub(super) sinks: Vec<Part>,
    pub(super) sanitizers: Vec<Part>,
    pub(super) guards: Vec<Part>,
    pub(super) propagators: Vec<Part>,
}

/// One source, sink, sanitizer, guard or propagator.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) what: What,
    pub(super) options: Options,
}

/// What a part matches.
#[derive(Debug, Clone)]
pub(super) enum What {
    Formula(Formula),
    /// A shared set of parts, by name.
    Set(String),
}

/// What is said about a part besides its patterns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) by_side_effect: bool,
    /// A source whose findings only warn.
    pub(super) weak: bool,
    /// A sink that is not reached by what a list or map holds.
    pub(super) shallow: bool,
    /// A sink that is told only when a source reaches it.
    pub(super) proven: bool,
    /// A guard that holds where its condition does not.
    pub(super) when_false: bool,
    /// The metavariables of a propagator.
    pub(super) from: String,
    pub(super) to: String,
}

/// Patterns and how they belong together.
#[derive(Debug, Clone)]
pub(super) enum Formula {
    Pattern(String),
    /// A regular expression over the text.
    Regex(Lazy),
    All(Vec<Self>, Vec<Condition>, Vec<String>),
    Any(Vec<Self>),
    Inside(Box<Self>),
    Not(Box<Self>),
    NotInside(Box<Self>),
}

impl Formula {
    /// Whether what it finds is a part of what its pattern matches.
    pub(super) fn focused(&self) -> bool {
        match self {
            Self::All(formulas, _, focus) => !focus.is_empty() || formulas.iter().any(Self::focused),
            Self::Any(formulas) => formulas.iter().any(Self::focused),
            _ => false,
        }
    }

    /// Calls `take` with every text that has names in it.
    pub(super) fn words(&self, take: &mut dyn FnMut(&str)) {
        match self {
            Self::Pattern(text) => take(text),
            Self::Regex(_) => {}
            Self::Any(formulas) => formulas.iter().for_each(|formula| formula.words(take)),
            Self::Inside(formula) | Self::Not(formula) | Self::NotInside(formula) => formula.words(take),
            Self::All(formulas, conditions, _) => {
                formulas.iter().for_each(|formula| formula.words(take));
                for condition in conditions {
                    match condition {
                        Condition::Regex(
                            _,
                            MetavariableRegex::Fixed(regex) | MetavariableRegex::Begins(regex),
                        ) => take(regex.source()),
                        Condition::Regex(_, MetavariableRegex::Depending(text)) => take(text),
                        Condition::Pattern(_, formula) => formula.words(take),
                        Condition::Comparison(_) => {}
                    }
                }
            }
        }
    }
}

/// What must hold for metavariables.
#[derive(Debug, Clone)]
pub(super) enum Condition {
    Regex(String, MetavariableRegex),
    Pattern(String, Formula),
    Comparison(Comparison),
}

/// A regular expression for a metavariable's text.
#[derive(Debug, Clone)]
pub(super) enum MetavariableRegex {
    Fixed(Lazy),
    /// With `{$X}` in it: the text of another metavariable (`x-wardline`).
    Depending(String),
    /// For the text that the value begins with, wherever that is written (`x-wardline`).
    Begins(Lazy),
}

/// A shared set: a name and parts.
pub(super) type Set = (String, Vec<Part>);

/// What a file holds.
#[derive(Debug, Default)]
pub(super) struct File {
    pub(super) rules: Vec<Rule>,
    pub(super) sets: Vec<Set>,
    pub(super) refusals: Vec<Refusal>,
}

/// A reason with its line.
type Problem = (u32, String);

/// Reads the text of a rule file.
pub(super) fn read(file: &str, text: &str) -> File {
    match super::yaml::parse(file, text) {
        Ok(root) => read_tree(file, &root, true),
        Err(refusal) => File { refusals: vec![refusal], ..File::default() },
    }
}

/// Reads the tree of a rule file. Whether its regular expressions can be used is seen here, unless that is known.
pub(super) fn read_tree(file: &str, root: &Node, check: bool) -> File {
    let check = |node: &Node| if check { check_regexes(node) } else { Ok(()) };
    let mut read = File::default();
    let refuse = |(line, reason): Problem, rule: Option<&str>| Refusal {
        file: file.to_owned(),
        line,
        rule: rule.map(str::to_owned),
        reason,
    };
    for (key, node) in root.map().unwrap_or_default() {
        match (key.as_str(), node.list(), node.map()) {
            ("rules", Some(rules), _) => {
                for rule in rules {
                    match check(rule).and_then(|()| read_rule(file, rule)) {
                        Ok(rule) => read.rules.push(rule),
                        Err(problem) => {
                            let id = rule.get("id").and_then(Node::text);
                            read.refusals.push(refuse(problem, id));
                        }
                    }
                }
            }
            ("x-wardline-sets", _, Some(sets)) => {
                for (name, parts) in sets {
                    match check(parts).and_then(|()| read_parts(parts, PartKind::Any)) {
                        Ok(parts) => read.sets.push((name.clone(), parts)),
                        Err(problem) => read.refusals.push(refuse(problem, Some(name))),
                    }
                }
            }
            _ => read
                .refusals
                .push(refuse((node.line, format!("`{key}` is not known here: `rules` is")), None)),
        }
    }
    if root.map().is_none_or(<[_]>::is_empty) {
        read.refusals.push(refuse((root.line, "no `rules` in this file".to_owned()), None));
    }
    read
}

fn read_rule(file: &str, node: &Node) -> Result<Rule, Problem> {
    let entries = node.map().ok_or_else(|| (node.line, "a rule is a map".to_owned()))?;
    let id = required(node, "id")?;
    let languages = read_languages(node)?;
    let level = match required(node, "severity")?.as_str() {
        "ERROR" | "CRITICAL" | "HIGH" => Level::Error,
        "WARNING" | "MEDIUM" => Level::Warning,
        "INFO" | "LOW" => Level::Info,
        other => return Err((line_of(node, "severity"), format!("severity `{other}` is not known"))),
    };
    let mut rule = Rule {
        id,
        languages,
        level,
        message: required(node, "message")?,
        category: Category::Other,
        cwe: Vec::new(),
        why: String::new(),
        advice: String::new(),
        fix: node.get("fix").and_then(Node::text).map(str::to_owned),
        line: node.line,
        file: file.to_owned(),
        paths: Paths::default(),
        globals: false,
        body: read_body(node)?,
    };
    for (key, value) in entries {
        match key.as_str() {
            "metadata" => read_metadata(&mut rule, value),
            "x-wardline" => read_own(&mut rule, value)?,
            "options" => read_options(value)?,
            "paths" => rule.paths = read_paths(value)?,
            "id" | "languages" | "severity" | "message" | "fix" | "mode" | "min-version" | "max-version" => {}
            known if is_body_key(node, known) => {}
            other => return Err((value.line, format!("`{other}` is not supported"))),
        }
    }
    Ok(rule)
}

fn is_body_key(rule: &Node, key: &str) -> bool {
    let taint = rule.get("mode").and_then(Node::text) == Some("taint");
    if taint { TAINT_KEYS.contains(&key) } else { FORMULA_KEYS.contains(&key) }
}

const TAINT_KEYS: [&str; 5] =
    ["pattern-sources", "pattern-sinks", "pattern-sanitizers", "pattern-propagators", "x-wardline-guards"];
const FORMULA_KEYS: [&str; 4] = ["pattern", "patterns", "pattern-either", "pattern-regex"];

fn line_of(node: &Node, key: &str) -> u32 {
    node.get(key).map_or(node.line, |value| value.line)
}

fn required(node: &Node, key: &str) -> Result<String, Problem> {
    let text = node.get(key).and_then(Node::text).filter(|text| !text.is_empty());
    text.map(str::to_owned)
        .ok_or_else(|| (line_of(node, key), format!("`{key}` is missing or is not a text")))
}

fn read_languages(node: &Node) -> Result<Vec<Language>, Problem> {
    let names = node.get("languages").and_then(Node::list).unwrap_or_default();
    if names.is_empty() {
        return Err((line_of(node, "languages"), "`languages` is missing or is not a list".to_owned()));
    }
    let mut languages = Vec::new();
    for name in names {
        let text = name.text().unwrap_or_default();
        let language = Language::from_name(text)
            .ok_or_else(|| (name.line, format!("language `{text}` is not supported")))?;
        languages.push(language);
        if language == Language::TypeScript {
            languages.push(Language::Tsx);
        }
        // The code of its templates.
        if language == Language::Ruby {
            languages.push(Language::Erb);
        }
    }
    Ok(languages)
}

/// Takes from Semgrep's free metadata what has a meaning here.
fn read_metadata(rule: &mut Rule, node: &Node) {
    let texts = |node: &Node| -> Vec<String> {
        match (node.text(), node.list()) {
            (Some(text), _) => vec![text.to_owned()],
            (None, Some(items)) => items.iter().filter_map(Node::text).map(str::to_owned).collect(),
            (None, None) => Vec::new(),
        }
    };
    if let Some(cwe) = node.get("cwe") {
        rule.cwe = texts(cwe).iter().filter_map(|text| cwe_number(text)).collect();
    }
    let named = node.get("category").and_then(Node::text).and_then(Category::from_name);
    let by_cwe = rule.cwe.iter().find_map(|cwe| category_of(*cwe));
    rule.category = named.or(by_cwe).unwrap_or(Category::Other);
    for (key, target) in [("why", &mut rule.why), ("advice", &mut rule.advice)] {
        if let Some(text) = node.get(key).and_then(Node::text) {
            text.trim().clone_into(target);
        }
    }
}

/// The number of `CWE-89: Improper …` or `89`.
fn cwe_number(text: &str) -> Option<u16> {
    let digits = text.trim().strip_prefix("CWE-").unwrap_or_else(|| text.trim());
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits.get(..end)?.parse().ok()
}

fn category_of(cwe: u16) -> Option<Category> {
    Some(match cwe {
        89 | 564 | 943 => Category::Sql,
        79 | 80 | 116 | 1336 => Category::Xss,
        77 | 78 | 88 | 94 | 95 | 96 => Category::Execution,
        22 | 23 | 36 | 73 | 98 | 434 => Category::Path,
        601 => Category::Redirect,
        259 | 321 | 522 | 798 => Category::Secret,
        502 => Category::Deserialization,
        918 => Category::Ssrf,
        295 | 297 | 319 => Category::Tls,
        310 | 326 | 327 | 328 | 330 | 338 | 916 => Category::Crypto,
        _ => return None,
    })
}

fn read_own(rule: &mut Rule, node: &Node) -> Result<(), Problem> {
    for (key, value) in node.map().unwrap_or_default() {
        match (key.as_str(), value.boolean()) {
            ("globals", Some(globals)) => rule.globals = globals,
            _ => return Err((value.line, format!("`x-wardline.{key}` is not known"))),
        }
    }
    Ok(())
}

/// Options without which a rule finds less are passed over; one without which it would find more refuses it.
fn read_options(node: &Node) -> Result<(), Problem> {
    const PASSED: [&str; 6] = [
        "interfile",
        "symbolic_propagation",
        "taint_intrafile",
        "taint_unify_mvars",
        "constant_propagation",
        "vardef_assign",
    ];
    for (key, value) in node.map().unwrap_or_default() {
        let on = value.boolean() == Some(true);
        let known = PASSED.contains(&key.as_str()) && (on || key.starts_with("taint_") || key == "interfile");
        let narrows = key == "taint_unify_mvars" && on;
        if !known || narrows {
            return Err((value.line, format!("the option `{key}` is not supported")));
        }
    }
    Ok(())
}

fn read_paths(node: &Node) -> Result<Paths, Problem> {
    let mut paths = Paths::default();
    for (key, value) in node.map().unwrap_or_default() {
        let list = match key.as_str() {
            "include" => &mut paths.include,
            "exclude" => &mut paths.exclude,
            _ => return Err((value.line, format!("`paths.{key}` is not supported"))),
        };
        for item in value.list().unwrap_or_default() {
            list.push(item.text().unwrap_or_default().to_owned());
        }
    }
    Ok(paths)
}

fn read_body(rule: &Node) -> Result<Body, Problem> {
    match rule.get("mode").and_then(Node::text) {
        None | Some("search") => Ok(Body::Search(only_formula(rule, &FORMULA_KEYS, rule.line)?)),
        Some("taint") => {
            let parts = |key: &str, kind: PartKind| match rule.get(key) {
                Some(node) => read_parts(node, kind),
                None => Ok(Vec::new()),
            };
            let taint = Taint {
                sources: parts("pattern-sources", PartKind::Source)?,
                sinks: parts("pattern-sinks", PartKind::Sink)?,
                sanitizers: parts("pattern-sanitizers", PartKind::Sanitizer)?,
                guards: parts("x-wardline-guards", PartKind::Guard)?,
                propagators: parts("pattern-propagators", PartKind::Propagator)?,
            };
            for (key, parts) in [("pattern-sources", &taint.sources), ("pattern-sinks", &taint.sinks)] {
                if parts.is_empty() {
                    return Err((rule.line, format!("a taint rule needs `{key}`")));
                }
            }
            Ok(Body::Taint(Box::new(taint)))
        }
        Some(other) => Err((line_of(rule, "mode"), format!("mode `{other}` is not supported"))),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum PartKind {
    Source,
    Sink,
    Sanitizer,
    Guard,
    Propagator,
    /// In a shared set: what uses it decides.
    Any,
}

fn read_parts(node: &Node, kind: PartKind) -> Result<Vec<Part>, Problem> {
    let items = node.list().ok_or_else(|| (node.line, "a list of patterns was expected".to_owned()))?;
    items.iter().map(|item| read_part(item, kind)).collect()
}

fn read_part(node: &Node, kind: PartKind) -> Result<Part, Problem> {
    let entries = node.map().ok_or_else(|| (node.line, "a map with a pattern was expected".to_owned()))?;
    let mut options = Options::default();
    let mut set = None;
    for (key, value) in entries {
        let text = || value.text().unwrap_or_default().to_owned();
        let flag = || value.boolean().ok_or_else(|| (value.line, format!("`{key}` is `true` or `false`")));
        let on = |kinds: &[PartKind]| kinds.contains(&kind) || kind == PartKind::Any;
        match key.as_str() {
            "by-side-effect" if on(&[PartKind::Sanitizer]) => options.by_side_effect = flag()?,
            "by-side-effect" if kind == PartKind::Propagator && flag()? => {}
            "by-side-effect" if kind == PartKind::Source && !flag()? => {}
            "exact" if on(&[PartKind::Source, PartKind::Sanitizer]) => drop(flag()?),
            "exact"
                if kind == PartKind::Sink && (!flag()? || node.get("patterns").is_some_and(has_focus)) => {}
            "x-wardline-weak" if on(&[PartKind::Source]) => options.weak = flag()?,
            "x-wardline-shallow" if on(&[PartKind::Sink]) => options.shallow = flag()?,
            "x-wardline-proven" if on(&[PartKind::Sink]) => options.proven = flag()?,
            "x-wardline-when-false" if on(&[PartKind::Guard]) => options.when_false = flag()?,
            "x-wardline-set" => set = Some(text()),
            "from" if kind == PartKind::Propagator => options.from = text(),
            "to" if kind == PartKind::Propagator => options.to = text(),
            known if FORMULA_KEYS.contains(&known) => {}
            other => return Err((value.line, format!("`{other}` is not supported here"))),
        }
    }
    if kind == PartKind::Propagator && (options.from.is_empty() || options.to.is_empty()) {
        return Err((node.line, "a propagator needs `from` and `to`".to_owned()));
    }
    let what = match set {
        Some(name) => What::Set(name),
        None => What::Formula(only_formula(node, &FORMULA_KEYS, node.line)?),
    };
    Ok(Part { what, options })
}

fn has_focus(patterns: &Node) -> bool {
    patterns.list().unwrap_or_default().iter().any(|item| item.get("focus-metavariable").is_some())
}

/// The formula of a map that has exactly one of `keys`.
fn only_formula(node: &Node, keys: &[&str], line: u32) -> Result<Formula, Problem> {
    let mut found = node.map().unwrap_or_default().iter().filter(|(key, _)| keys.contains(&key.as_str()));
    match (found.next(), found.next()) {
        (Some((key, value)), None) => read_formula(key, value),
        (Some(_), Some((key, value))) => Err((value.line, format!("`{key}` stands beside another pattern"))),
        (None, _) => Err((line, "no pattern".to_owned())),
    }
}

fn read_formula(key: &str, node: &Node) -> Result<Formula, Problem> {
    match key {
        "pattern" => Ok(Formula::Pattern(pattern_text(node)?)),
        "pattern-regex" => Ok(Formula::Regex(regex(node, ANYWHERE))),
        "patterns" => read_all(node),
        "pattern-either" => {
            let items =
                node.list().ok_or_else(|| (node.line, "a list of patterns was expected".to_owned()))?;
            let read = items.iter().map(|item| match item.map() {
                Some([(key, value)]) => read_formula(key, value),
                _ => Err((item.line, "one pattern was expected".to_owned())),
            });
            Ok(Formula::Any(read.collect::<Result<_, _>>()?))
        }
        "pattern-inside" => Ok(Formula::Inside(Box::new(read_nested(node)?))),
        "pattern-not" => Ok(Formula::Not(Box::new(read_nested(node)?))),
        "pattern-not-inside" => Ok(Formula::NotInside(Box::new(read_nested(node)?))),
        other => Err((node.line, format!("`{other}` is not supported here"))),
    }
}

/// What stands under `pattern-inside` and its like: a pattern, or a map with a formula.
fn read_nested(node: &Node) -> Result<Formula, Problem> {
    match node.map() {
        None => Ok(Formula::Pattern(pattern_text(node)?)),
        Some([(key, value)]) => read_formula(key, value),
        Some(_) => Err((node.line, "one pattern was expected".to_owned())),
    }
}

fn pattern_text(node: &Node) -> Result<String, Problem> {
    let text = node.text().map(str::trim_end).filter(|text| !text.trim().is_empty());
    text.map(str::to_owned).ok_or_else(|| (node.line, "a pattern is a text".to_owned()))
}

/// What a regular expression over a whole text, and one for what a metavariable stands for, begin with.
const ANYWHERE: &str = "(?m)";
const AT_START: &str = "\\A";

fn regex(node: &Node, prefix: &str) -> Lazy {
    Lazy::new(format!("{prefix}{}", node.text().unwrap_or_default()))
}

/// Compiles every regular expression of a rule, or of anything in one.
pub(super) fn check_regexes(node: &Node) -> Result<(), Problem> {
    for item in node.list().unwrap_or_default() {
        check_regexes(item)?;
    }
    for (key, value) in node.map().unwrap_or_default() {
        let prefix = match key.as_str() {
            "metadata" => continue,
            "pattern-regex" => ANYWHERE,
            "regex" => AT_START,
            _ => {
                check_regexes(value)?;
                continue;
            }
        };
        Regex::new(&format!("{prefix}{}", value.text().unwrap_or_default())).map_err(|error| {
            (value.line, format!("the regular expression is not supported: {}", last_line(&error)))
        })?;
    }
    Ok(())
}

fn last_line(error: &regex_lite::Error) -> String {
    let text = error.to_string();
    text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

fn read_all(node: &Node) -> Result<Formula, Problem> {
    let items = node.list().ok_or_else(|| (node.line, "`patterns` is a list".to_owned()))?;
    let (mut formulas, mut conditions, mut focus) = (Vec::new(), Vec::new(), Vec::new());
    for item in items {
        let Some([(key, value)]) = item.map() else {
            return Err((item.line, "one pattern or condition was expected".to_owned()));
        };
        match key.as_str() {
            "metavariable-regex" => conditions.push(read_metavariable_regex(value)?),
            "metavariable-pattern" => conditions.push(read_metavariable_pattern(value)?),
            "metavariable-comparison" => conditions.push(read_comparison(value)?),
            "focus-metavariable" => match (value.text(), value.list()) {
                (Some(text), _) => focus.push(metavariable_name(value.line, text)?),
                (None, Some([one])) => {
                    focus.push(metavariable_name(one.line, one.text().unwrap_or_default())?);
                }
                _ => return Err((value.line, "`focus-metavariable` names one metavariable".to_owned())),
            },
            _ => formulas.push(read_formula(key, value)?),
        }
    }
    if focus.len() > 1 {
        return Err((node.line, "`focus-metavariable` stands once".to_owned()));
    }
    if !formulas.iter().any(is_positive) {
        return Err((
            node.line,
            "only what is excluded: `patterns` needs one pattern that is looked for".to_owned(),
        ));
    }
    Ok(Formula::All(formulas, conditions, focus))
}

fn is_positive(formula: &Formula) -> bool {
    !matches!(formula, Formula::Not(_) | Formula::NotInside(_))
}

fn metavariable_name(line: u32, text: &str) -> Result<String, Problem> {
    super::text::whole_metavariable(text)
        .map(str::to_owned)
        .ok_or_else(|| (line, format!("`{text}` is not a metavariable")))
}

fn condition_name(node: &Node) -> Result<String, Problem> {
    metavariable_name(node.line, node.get("metavariable").and_then(Node::text).unwrap_or_default())
}

fn only_keys(node: &Node, keys: &[&str]) -> Result<(), Problem> {
    match node.map().unwrap_or_default().iter().find(|(key, _)| !keys.contains(&key.as_str())) {
        Some((key, value)) => Err((value.line, format!("`{key}` is not supported here"))),
        None => Ok(()),
    }
}

fn read_metavariable_regex(node: &Node) -> Result<Condition, Problem> {
    only_keys(node, &["metavariable", "regex", "x-wardline-regex", "x-wardline-begins"])?;
    let name = condition_name(node)?;
    let depending = node.get("x-wardline-regex").and_then(Node::text);
    let condition = match (node.get("regex"), depending, node.get("x-wardline-begins")) {
        (Some(fixed), None, None) => MetavariableRegex::Fixed(regex(fixed, AT_START)),
        (None, Some(text), None) => MetavariableRegex::Depending(text.to_owned()),
        (None, None, Some(begins)) => MetavariableRegex::Begins(regex(begins, AT_START)),
        _ => return Err((node.line, "one `regex` was expected".to_owned())),
    };
    Ok(Condition::Regex(name, condition))
}

fn read_metavariable_pattern(node: &Node) -> Result<Condition, Problem> {
    only_keys(node, &["metavariable", "pattern", "patterns", "pattern-either", "pattern-regex"])?;
    let name = condition_name(node)?;
    // Only what is excluded is fine here: the metavariable's value is what is looked for.
    let negative = node.get("patterns").and_then(Node::list).map(|items| {
        items.iter().all(|item| matches!(item.map(), Some([(key, _)]) if key.starts_with("pattern-not")))
    });
    if negative == Some(true) {
        let mut formulas = vec![Formula::Pattern("$_".to_owned())];
        for item in node.get("patterns").and_then(Node::list).unwrap_or_default() {
            for (key, value) in item.map().unwrap_or_default() {
                formulas.push(read_formula(key, value)?);
            }
        }
        return Ok(Condition::Pattern(name, Formula::All(formulas, Vec::new(), Vec::new())));
    }
    Ok(Condition::Pattern(name, only_formula(node, &FORMULA_KEYS, node.line)?))
}

fn read_comparison(node: &Node) -> Result<Condition, Problem> {
    only_keys(node, &["metavariable", "comparison"])?;
    let text = required(node, "comparison")?;
    let comparison = Comparison::read(&text).map_err(|reason| (node.line, reason))?;
    Ok(Condition::Comparison(comparison))
}
