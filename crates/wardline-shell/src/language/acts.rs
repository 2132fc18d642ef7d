//! What calls do: looks a function up and turns it, with its arguments, into deeds and a value.

use super::reader::{Arguments, Reader};
use super::tables::{self, Act};
use super::value::{Shape, Text, Value};
use super::{Deed, Family, fold};
use crate::answer::Certainty;
use crate::effect::{EffectKind, Source};

/// Names of arguments that hold a path, a command or an address.
const FIRST: &[&str] = &[
    "args", "cmd", "command", "file", "filename", "path", "src", "url", "name", "x", "input", "text", "expr",
];

/// Is the function of this name judged, or known to do no harm?
pub(super) fn is_known(family: Family, name: &str) -> bool {
    tables::find(family, name).is_some() || tables::is_pure(family, name)
}

/// The functions of a module that are judged, by their own names.
pub(super) fn members(family: Family, module: &str) -> impl Iterator<Item = &'static str> {
    let module = module.to_owned();
    let names = tables::acts(family).iter().flat_map(|(_, names)| names.iter());
    names
        .filter_map(move |name| name.strip_prefix(module.as_str())?.strip_prefix('.'))
        .filter(|name| !name.contains('.'))
}

/// The host of an address without its scheme.
pub(super) fn host_of(address: &str) -> String {
    let address = address.split_once("://").map_or(address, |(_, rest)| rest);
    let address = address.split(['/', '?', '#']).next().unwrap_or_default();
    let host = address.rsplit_once('@').map_or(address, |(_, host)| host);
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name.to_owned(),
        _ => host.to_owned(),
    }
}

/// Shells by the last part of their path.
fn is_shell(program: &str) -> bool {
    let name = program.rsplit(['/', '\\']).next().unwrap_or_default();
    matches!(
        name,
        "sh" | "bash"
            | "dash"
            | "zsh"
            | "ksh"
            | "ash"
            | "fish"
            | "cmd"
            | "cmd.exe"
            | "powershell"
            | "powershell.exe"
            | "pwsh"
    )
}

impl Reader {
    /// Calls a value.
    pub(super) fn called(&mut self, value: Value, arguments: Arguments) -> Value {
        let names: Vec<String> = value
            .choices()
            .into_iter()
            .filter_map(|value| match &value.shape {
                Shape::Name(name) => Some(name.clone()),
                // `$f = 'system'; $f('id')`.
                Shape::Text(text) if self.family == Family::Php => Some(text.text.clone()),
                _ => None,
            })
            .collect();
        if names.is_empty() {
            self.understood = false;
            return Value::unknown().with(&arguments.sources());
        }
        let mut result = Value::from(Shape::Nothing);
        for name in names {
            result = result.either(self.invoke(&name, &arguments));
        }
        result
    }

    /// Calls a function by its full name.
    pub(super) fn invoke(&mut self, name: &str, arguments: &Arguments) -> Value {
        let normal = name.replace("::", ".").replace(".prototype.", ".");
        let name = normal
            .strip_prefix("builtins.")
            .or_else(|| normal.strip_prefix("__builtins__."))
            .unwrap_or(&normal);
        let name = ["globalThis.", "window.", "global.", "CORE.GLOBAL.", "_G."]
            .iter()
            .find_map(|prefix| name.strip_prefix(prefix))
            .unwrap_or(name);
        if name.starts_with('\u{0}') || name == "?" || name.ends_with(".?") {
            if name.ends_with('?') {
                let why = format!(
                    "it calls something of `{}` that is chosen when it runs",
                    name.trim_end_matches(".?")
                );
                self.hide(&why);
            }
            return Value::unknown();
        }
        if let Some(function) = self.functions.get_mut(name) {
            for (index, value) in arguments.values.iter().enumerate().take(8) {
                match function.arguments.get_mut(index) {
                    Some(slot) => *slot = std::mem::take(slot).either(value.clone()),
                    None => function.arguments.push(value.clone()),
                }
            }
            return function.returns.clone().unwrap_or_default().with(&arguments.sources());
        }
        self.callbacks(name, arguments);
        if let Some(value) = fold::call(self, name, arguments) {
            return value;
        }
        if let Some(act) = tables::find(self.family, name) {
            return self.perform(act, name, arguments);
        }
        let last = name.rsplit('.').next().unwrap_or(name);
        let root = name.split('.').next().unwrap_or(name);
        let foreign = self.imports.iter().any(|import| import == root)
            || matches!(root, "os" | "fs" | "process" | "Deno" | "Bun" | "File" | "IO" | "Kernel" | "shutil");
        let method = last.len() < name.len() && !foreign && tables::is_pure_method(last);
        if tables::is_pure(self.family, name) || method {
            return Value::unknown().with(&arguments.sources());
        }
        if last.len() < name.len() && !foreign {
            return self.method(
                Value::name(name.rsplit_once('.').map_or("", |(left, _)| left)),
                last,
                arguments.clone(),
                true,
            );
        }
        self.understood = false;
        Value::unknown().with(&arguments.sources())
    }

    /// Functions that are arguments are called too: `map(os.remove, list)`, `array_map('unlink', glob('*'))`.
    fn callbacks(&mut self, name: &str, arguments: &Arguments) {
        let by_text = tables::find(self.family, name) == Some(Act::Callback);
        let element = arguments.values.iter().find(|value| {
            let named = by_text && value.constant().is_some_and(|text| is_known(self.family, &text));
            !named && !matches!(value.shape, Shape::Name(_))
        });
        let element = element.map_or_else(|| self.elements.clone(), Value::element);
        let element = match (&element.shape, by_text) {
            // `call_user_func('system', 'id')`: the arguments themselves.
            (Shape::Unknown, true) => arguments.values.get(1).cloned().unwrap_or_default(),
            _ => element,
        };
        for value in arguments.values.iter().take(4) {
            let function = match &value.shape {
                Shape::Name(function) => function.clone(),
                Shape::Text(text) if by_text => text.text.clone(),
                _ => continue,
            };
            if matches!(tables::find(self.family, &function), Some(act) if act != Act::Import)
                && function != name
            {
                let _value =
                    self.invoke(&function, &Arguments { values: vec![element.clone()], named: Vec::new() });
            }
        }
    }

    pub(super) fn hide(&mut self, why: &str) {
        self.understood = false;
        self.deeds.push(Deed::Hidden(why.to_owned()));
    }

    /// A shell runs the text.
    pub(super) fn shell(&mut self, value: &Value) {
        self.seen.spawns |= false;
        for text in value.texts() {
            match text {
                Some(text) if !text.text.is_empty() => {
                    let first = text.text.split_whitespace().next().unwrap_or_default();
                    self.seen.shell |= is_shell(first) || !text.complete;
                    self.deeds
                        .push(Deed::Shell { certainty: text.sure().min(Certainty::Opaque), text: text.text });
                }
                Some(_) => {}
                None => {
                    self.seen.shell = true;
                    self.evaluates(&value.from, "it has a shell run a text that is only known when it runs");
                }
            }
        }
    }

    /// Something that runs was given what is not known; where it comes from may still tell.
    pub(super) fn evaluates(&mut self, from: &[Source], why: &str) {
        self.understood = false;
        let mut told = false;
        for source in from {
            if matches!(
                source,
                Source::Network(_) | Source::File(_) | Source::Secret(_) | Source::Environment(_)
            ) {
                told = true;
                self.deeds.push(Deed::Evaluates { source: source.clone() });
            }
        }
        if !told {
            self.deeds.push(Deed::Hidden(why.to_owned()));
        }
    }

    /// A program is run with the texts of a list.
    pub(super) fn program(&mut self, words: &[Value]) {
        let mut argv: Vec<Text> = Vec::new();
        for word in words.iter().flat_map(Value::items).take(256) {
            if let Shape::Map(_) | Shape::Nothing = word.shape {
                continue;
            }
            argv.push(word.filled());
        }
        let Some(first) = argv.first() else {
            self.hide("it runs a program that is only known when it runs");
            return;
        };
        self.seen.shell |= is_shell(&first.text) || !first.complete;
        if !first.complete && first.text == "$unknown" {
            let from: Vec<Source> = words.iter().flat_map(|word| word.from.clone()).collect();
            self.evaluates(&from, "it runs a program that is only known when it runs");
            return;
        }
        let certainty = argv.iter().map(Text::sure).max().unwrap_or(Certainty::Proven);
        let argv = argv.into_iter().map(|text| text.text).collect();
        self.deeds.push(Deed::Program { argv, certainty });
    }

    /// Does something to each path that a value may be.
    pub(super) fn file(
        &mut self,
        kind: EffectKind,
        value: &Value,
        recursive: bool,
        sources: &[Source],
        detail: &str,
    ) {
        for text in value.items().iter().flat_map(Value::texts) {
            let Some(text) = text.filter(|text| text.text != "$unknown") else {
                self.understood = false;
                let what = match kind {
                    EffectKind::Delete => "it deletes a path that is only known when it runs",
                    EffectKind::Replace | EffectKind::Write => {
                        "it writes to a path that is only known when it runs"
                    }
                    EffectKind::Mode | EffectKind::Owner | EffectKind::Link => {
                        "it changes a path that is only known when it runs"
                    }
                    _ => continue,
                };
                self.deeds.push(Deed::Hidden(what.to_owned()));
                continue;
            };
            let (path, below) =
                match text.text.strip_suffix("/**/*").or_else(|| text.text.strip_suffix("/**")) {
                    Some("") => ("/".to_owned(), true),
                    Some(path) => (path.to_owned(), true),
                    None => (text.text.clone(), false),
                };
            let path = path.strip_prefix("file://").unwrap_or(&path).to_owned();
            self.deeds.push(Deed::File {
                kind,
                path,
                recursive: recursive || below,
                sources: sources.to_vec(),
                detail: detail.to_owned(),
                certainty: text.sure(),
            });
        }
    }

    /// Talks to the host of an address, or of the first of its choices.
    pub(super) fn talk(&mut self, address: &Value, sends: bool, sources: Vec<Source>) -> Value {
        let mut all = sources;
        all.extend(address.from.iter().cloned());
        all.sort();
        all.dedup();
        let host = address.as_text().map(|text| host_of(&text.text)).unwrap_or_default();
        let host = if host.starts_with('$') { String::new() } else { host };
        // What stands in the address goes there too.
        let secret = address.from.iter().any(|source| !matches!(source, Source::Literal));
        self.deeds.push(Deed::Network { host: host.clone(), sends: sends || secret, sources: all });
        Value { shape: Shape::Answer, from: vec![Source::Network(host)] }
    }

    fn first(&self, arguments: &Arguments) -> Value {
        match arguments.values.first() {
            Some(value) => value.clone(),
            None => match arguments.named(FIRST) {
                Some(value) => value.clone(),
                // Perl and Ruby take `$_` when there is no argument.
                None => self.variables.get("$_").cloned().unwrap_or_default(),
            },
        }
    }

    fn perform(&mut self, act: Act, name: &str, arguments: &Arguments) -> Value {
        use Act::{
            Argv, CurlInit, CurlSet, Get, Host, Listen, Lookup, NewConnect, Post, Process, Request, Shell,
            ShellOrWords, Socket, SpawnArgv, SpawnWords, Start, SystemTwo, Words,
        };
        match act {
            Shell | Process | Start | Words | ShellOrWords | Argv | SpawnArgv | SpawnWords | SystemTwo => {
                self.runs(act, arguments)
            }
            Get
            | Request
            | Post
            | Host
            | Lookup
            | Socket
            | Act::Connect
            | NewConnect
            | Listen
            | CurlInit
            | CurlSet => self.talks(act, arguments),
            Act::Eval | Act::Parse | Act::Load | Act::Import | Act::Send | Act::Callback | Act::Later => {
                self.evaluated(act, name, arguments)
            }
            Act::Tie | Act::Fork | Act::Kill | Act::KillFirst | Act::Wait | Act::Environment | Act::Hide => {
                self.controls(act, name, arguments)
            }
            Act::Open
            | Act::RawOpen
            | Act::SysOpen
            | Act::Pipe
            | Act::PhpOpen
            | Act::UriOpen
            | Act::FileRead => self.opens(act, arguments),
            Act::List => self.listed(&self.first(arguments), name.contains("walk")),
            _ => self.touches(act, arguments),
        }
    }

    fn runs(&mut self, act: Act, arguments: &Arguments) -> Value {
        let first = self.first(arguments);
        self.seen.spawns |=
            matches!(act, Act::Start | Act::Words) || (act == Act::Shell && self.family == Family::Script);
        let by_shell = arguments.named(&["shell"]).is_some_and(|value| !matches!(&value.shape, Shape::Name(name) if name == "false"))
            || arguments.values.iter().any(|value| matches!(&value.shape, Shape::Map(entries) if entries.iter().any(|(key, _)| key == "shell")));
        let list = matches!(first.shape, Shape::List(_));
        self.seen.ties |=
            arguments.named(&["stdin"]).is_some_and(|value| matches!(value.shape, Shape::Connection { .. }));
        match act {
            Act::Process | Act::Start if list && !by_shell => self.program(&[first]),
            Act::Process | Act::Start if list => {
                self.shell(&first.items().first().cloned().unwrap_or_default())
            }
            Act::Process | Act::Start => self.shell(&first),
            Act::Words if by_shell && !list => {
                let rest: Vec<Value> = arguments
                    .values
                    .iter()
                    .skip(1)
                    .flat_map(Value::items)
                    .filter(|value| value.as_text().is_some())
                    .collect();
                let text = rest.iter().fold(first, |all, word| all.joined(&Value::text(" ")).joined(word));
                self.shell(&text);
            }
            Act::Words => {
                let options = arguments.values.iter().find_map(|value| match &value.shape {
                    Shape::Map(entries) => entries
                        .iter()
                        .find(|(key, _)| key == "args" || key == "cmd")
                        .map(|(_, value)| value.clone()),
                    _ => None,
                });
                let words: Vec<Value> = arguments.values.iter().cloned().chain(options).collect();
                self.program(&words);
            }
            Act::ShellOrWords if arguments.values.len() > 1 || list => {
                let words: Vec<Value> = arguments
                    .values
                    .iter()
                    .filter(|value| !matches!(value.shape, Shape::Map(_)))
                    .cloned()
                    .collect();
                let mode = words.len() == 2
                    && words
                        .get(1)
                        .and_then(Value::constant)
                        .is_some_and(|mode| matches!(mode.as_str(), "r" | "w" | "r+"));
                if mode && !list { self.shell(&first) } else { self.program(&words) }
            }
            Act::Argv => {
                let list = arguments.get(1).items();
                let words: Vec<Value> = std::iter::once(first)
                    .chain(list.into_iter().skip(usize::from(self.family != Family::Php)))
                    .collect();
                self.program(&words);
            }
            Act::SpawnArgv => {
                let list = arguments.get(2).items();
                let words: Vec<Value> =
                    std::iter::once(arguments.get(1)).chain(list.into_iter().skip(1)).collect();
                self.program(&words);
            }
            Act::SpawnWords => {
                let words: Vec<Value> = std::iter::once(arguments.get(1))
                    .chain(arguments.values.iter().skip(3).cloned())
                    .collect();
                self.program(&words);
            }
            Act::SystemTwo => {
                let words: Vec<Value> =
                    arguments.values.iter().cloned().chain(arguments.named(&["args"]).cloned()).collect();
                self.program(&words);
            }
            _ => self.shell(&first),
        }
        Value { shape: Shape::Unknown, from: vec![Source::Unknown] }
    }

    fn talks(&mut self, act: Act, arguments: &Arguments) -> Value {
        let first = self.first(arguments);
        let rest: Vec<Source> = arguments.sources();
        match act {
            Act::Get => {
                let value = self.talk(
                    &first,
                    arguments.named(&["data", "json", "files", "params"]).is_some() && !rest.is_empty(),
                    rest,
                );
                let target = arguments
                    .values
                    .get(1)
                    .filter(|value| matches!(value.shape, Shape::Text(_)) && self.family != Family::Script);
                if let Some(file) =
                    target.or_else(|| arguments.named(&["destfile", "filename", "out"])).cloned()
                {
                    self.file(EffectKind::Replace, &file, false, &value.from, "");
                }
                value
            }
            Act::Request => {
                let method = self.method_of(arguments);
                let address = if first
                    .constant()
                    .is_some_and(|text| text.len() < 8 && text.chars().all(|c| c.is_ascii_uppercase()))
                {
                    arguments.get(1)
                } else {
                    first
                };
                let address = match &address.shape {
                    Shape::Map(entries) => entries
                        .iter()
                        .find(|(key, _)| matches!(key.as_str(), "url" | "hostname" | "host" | "uri"))
                        .map(|(_, value)| value.clone())
                        .unwrap_or_default(),
                    _ => address,
                };
                self.talk(&address, method, rest)
            }
            Act::Post => self.talk(&first, true, rest),
            Act::Host => {
                let host = first.as_text().map(|text| host_of(&text.text)).unwrap_or_default();
                if !host.is_empty() {
                    self.deeds.push(Deed::Network { host: host.clone(), sends: false, sources: rest });
                }
                Shape::Connection { host }.into()
            }
            Act::Lookup => {
                let _answer = self.talk(&first, false, rest);
                Value::unknown()
            }
            Act::Socket => Shape::Connection { host: String::new() }.into(),
            Act::CurlInit => Value {
                shape: Shape::Connection {
                    host: first.as_text().map(|text| host_of(&text.text)).unwrap_or_default(),
                },
                from: first.from,
            },
            Act::CurlSet => {
                let (connection, option, value) = (first, arguments.get(1), arguments.get(2));
                if let (Shape::Connection { host }, Shape::Name(option)) = (&connection.shape, &option.shape)
                {
                    let sends = matches!(
                        option.as_str(),
                        "CURLOPT_POSTFIELDS" | "CURLOPT_INFILE" | "CURLOPT_POST" | "CURLOPT_UPLOAD"
                    );
                    let address = if option == "CURLOPT_URL" { value.clone() } else { Value::text(host) };
                    if sends || option == "CURLOPT_URL" {
                        return self.talk(&address, sends, value.from);
                    }
                }
                Value::unknown()
            }
            Act::Listen => {
                self.seen.listens = true;
                self.deeds.push(Deed::Listens);
                Shape::Connection { host: String::new() }.into()
            }
            _ => self.connect(arguments),
        }
    }

    /// A raw connection: what else happens tells what it is for.
    pub(super) fn connect(&mut self, arguments: &Arguments) -> Value {
        let named = arguments.named(&["PeerAddr", "PeerHost", "host", "hostname", "Host"]).cloned();
        let flat: Vec<Value> = arguments.values.iter().flat_map(Value::items).collect();
        let option = flat.iter().find_map(|value| match &value.shape {
            Shape::Map(entries) => entries
                .iter()
                .find(|(key, _)| matches!(key.as_str(), "host" | "hostname" | "PeerAddr"))
                .map(|(_, value)| value.clone()),
            _ => None,
        });
        let texts = flat.iter().filter(|value| value.number().is_none()).find_map(Value::as_text);
        let host = named
            .or(option)
            .and_then(|value| value.as_text())
            .or(texts)
            .map(|text| host_of(&text.text))
            .unwrap_or_default();
        let local = arguments.named(&["LocalPort", "Listen"]).is_some() && host.is_empty();
        if local {
            self.seen.listens = true;
            self.deeds.push(Deed::Listens);
        } else {
            self.deeds.push(Deed::Network { host: host.clone(), sends: false, sources: Vec::new() });
            self.seen.connected = Some(host.clone());
        }
        Value { shape: Shape::Connection { host: host.clone() }, from: vec![Source::Network(host)] }
    }

    /// Does a request send: by its method, or by having a body?
    fn method_of(&self, arguments: &Arguments) -> bool {
        let says = |key: &str, value: &Value| match key {
            "method" | "type" => value.constant().is_some_and(|method| {
                !matches!(method.to_ascii_uppercase().as_str(), "GET" | "HEAD" | "OPTIONS")
            }),
            "body" | "data" | "json" | "files" | "form" => !matches!(value.shape, Shape::Nothing),
            _ => false,
        };
        let in_map = |value: &Value| matches!(&value.shape, Shape::Map(entries) if entries.iter().any(|(key, value)| says(key, value)));
        let first = arguments.values.first().and_then(Value::constant);
        let verb = first.is_some_and(|text| matches!(text.as_str(), "POST" | "PUT" | "PATCH" | "DELETE"));
        let second = self.family == Family::Python
            && arguments.values.len() > 1
            && arguments
                .values
                .get(1)
                .is_some_and(|value| value.constant().is_none_or(|text| !text.contains("://")));
        verb || second
            || arguments.named.iter().any(|(key, value)| says(key, value))
            || arguments.values.iter().any(in_map)
    }

    fn evaluated(&mut self, act: Act, name: &str, arguments: &Arguments) -> Value {
        let value = if matches!(name, "Function" | "AsyncFunction" | "create_function") {
            arguments.values.last().cloned().unwrap_or_default()
        } else {
            self.first(arguments)
        };
        match act {
            Act::Import => return self.required(&value),
            Act::Parse => return value,
            Act::Send => {
                let target = value.constant().unwrap_or_else(|| "?".to_owned());
                let rest = Arguments {
                    values: arguments.values.iter().skip(1).cloned().collect(),
                    named: arguments.named.clone(),
                };
                let known = is_known(self.family, &target) || target == "?";
                return if known { self.invoke(&target, &rest) } else { Value::unknown() };
            }
            Act::Callback => return Value::unknown().with(&arguments.sources()),
            Act::Later => {
                if name == "setInterval" && self.seen.spawns {
                    self.seen.endless = true;
                }
                if value.constant().is_none() {
                    return Value::unknown();
                }
            }
            Act::Load => {
                if let Some(text) = value.constant() {
                    let host = text.contains("://").then(|| host_of(&text));
                    let source = host.map_or_else(|| Source::File(text.clone()), Source::Network);
                    self.deeds.push(Deed::Evaluates { source });
                    self.understood = false;
                    return Value::unknown();
                }
            }
            _ => {}
        }
        // A block was read where it stands; a number or truth value is no code.
        if arguments.named(&["{}"]).is_some()
            || matches!(value.shape, Shape::Map(_) | Shape::Number(_) | Shape::Answer if value.from.is_empty())
        {
            return Value::unknown();
        }
        if name.ends_with("loads")
            || name.ends_with(".load")
            || matches!(name, "unserialize" | "marshal.loads" | "Marshal.load")
        {
            self.evaluates(&value.from, "it builds objects from bytes that are only known when it runs");
            return Value::unknown();
        }
        match value.as_text() {
            Some(text) if text.complete => {
                let code = text.text.clone();
                self.nested(&code).with(&value.from)
            }
            _ => {
                self.evaluates(&value.from, "it runs code that is only known when it runs");
                Value::unknown()
            }
        }
    }

    fn controls(&mut self, act: Act, name: &str, arguments: &Arguments) -> Value {
        match act {
            Act::Tie => self.seen.ties = true,
            Act::Fork => self.seen.forks = true,
            Act::Wait => self.seen.waits = true,
            Act::Kill => self.kill(&arguments.get(0)),
            Act::KillFirst => {
                for process in arguments.values.iter().skip(1) {
                    self.kill(process);
                }
            }
            Act::Environment => {
                self.looks = true;
                let key = arguments.get(0).constant().unwrap_or_default();
                let all = Value::source(Source::Environment(key.clone()));
                return if key == "HOME" { Shape::Path(Text::known("~")).into() } else { all };
            }
            _ => {
                let why = format!("`{name}` does what can not be followed");
                self.hide(&why);
            }
        }
        Value::unknown()
    }

    fn kill(&mut self, process: &Value) {
        let target = match process.number() {
            Some(-1) => "*".to_owned(),
            Some(number) => number.to_string(),
            None => String::new(),
        };
        self.deeds.push(Deed::Signals { target });
    }

    fn touches(&mut self, act: Act, arguments: &Arguments) -> Value {
        let first = self.first(arguments);
        let data = arguments.get(1);
        match act {
            Act::Delete => self.file(EffectKind::Delete, &first, false, &[], ""),
            Act::Tree | Act::TreeNamed => {
                let tree =
                    act == Act::Tree && matches!(self.family, Family::Python | Family::R) || deep(arguments);
                self.file(EffectKind::Delete, &first, tree, &[], "");
            }
            Act::DeleteAll | Act::TreeAlways => {
                let values = if arguments.values.is_empty() { vec![first] } else { arguments.values.clone() };
                for value in
                    values.iter().filter(|value| !matches!(value.shape, Shape::Map(_) | Shape::Name(_)))
                {
                    self.file(EffectKind::Delete, value, act == Act::TreeAlways, &[], "");
                }
            }
            Act::Write => self.file(EffectKind::Write, &first, false, &[], ""),
            Act::Replace => self.file(EffectKind::Replace, &first, false, &[], ""),
            Act::WriteData => self.file(EffectKind::Write, &first, false, &data.from, ""),
            Act::ReplaceData => {
                let adds = arguments.values.iter().any(|value| matches!(&value.shape, Shape::Name(name) if name.contains("FILE_APPEND")) || matches!(&value.shape, Shape::Map(entries) if entries.iter().any(|(key, value)| matches!(key.as_str(), "flag" | "append") && value.constant().is_none_or(|flag| flag.starts_with('a')))));
                let kind = if adds { EffectKind::Write } else { EffectKind::Replace };
                let (file, data) =
                    if self.family == Family::Julia && matches!(first.shape, Shape::Connection { .. }) {
                        (data.clone(), first)
                    } else {
                        (first, data)
                    };
                self.file(kind, &file, false, &data.from, "");
            }
            Act::ReplaceLast => {
                let file = arguments
                    .named(&["con", "file", "path"])
                    .cloned()
                    .or_else(|| arguments.values.get(1).cloned());
                if let Some(file) = file {
                    self.file(EffectKind::Replace, &file, false, &first.from, "");
                }
            }
            Act::Copy => {
                self.file(EffectKind::Read, &first, true, &[], "");
                let from = first
                    .texts()
                    .into_iter()
                    .flatten()
                    .map(|text| Source::File(text.text))
                    .collect::<Vec<_>>();
                self.file(EffectKind::Replace, &data, false, &from, "");
            }
            Act::Move => {
                self.file(EffectKind::Delete, &first, true, &[], "moved");
                self.file(EffectKind::Replace, &data, false, &[], "");
            }
            Act::Link => {
                let link = data.filled().text;
                self.file(EffectKind::Link, &first, false, &[], &link);
            }
            Act::Mode => self.file(EffectKind::Mode, &first, false, &[], &mode(&data)),
            Act::ModeFirst => {
                for value in arguments.values.iter().skip(1) {
                    self.file(EffectKind::Mode, value, false, &[], &mode(&first));
                }
            }
            Act::Owner => self.file(EffectKind::Owner, &first, false, &[], &data.filled().text),
            Act::OwnerFirst => {
                for value in arguments.values.iter().skip(2) {
                    self.file(EffectKind::Owner, value, false, &[], &first.filled().text);
                }
            }
            Act::Walk => {
                for value in arguments.values.iter().skip(1) {
                    self.file(EffectKind::List, value, true, &[], "");
                }
            }
            Act::Path => return Shape::Path(path_of(arguments)).into(),
            Act::Glob => {
                self.looks = true;
                self.file(EffectKind::List, &first, false, &[], "");
                return first.map_text(|text| Some(Text { glob: true, ..text.clone() }));
            }
            _ => return self.reads(&first),
        }
        Value::unknown()
    }

    /// Reads a file; what it holds comes from there.
    pub(super) fn reads(&mut self, path: &Value) -> Value {
        self.looks = true;
        self.file(EffectKind::Read, path, false, &[], "");
        let from: Vec<Source> = path
            .texts()
            .into_iter()
            .flatten()
            .filter(|text| text.text != "$unknown")
            .map(|text| Source::File(text.text))
            .collect();
        if from.is_empty() {
            self.understood = false;
        }
        Value { shape: Shape::Answer, from: if from.is_empty() { vec![Source::Unknown] } else { from } }
    }

    /// The names in a directory; a walk gives directory, directories and files.
    pub(super) fn listed(&mut self, path: &Value, walk: bool) -> Value {
        self.looks = true;
        self.file(EffectKind::List, path, walk, &[], "");
        let names = Value::from(Shape::Text(Text { text: "*".to_owned(), complete: true, glob: true }));
        if !walk {
            return Shape::List(vec![names]).into();
        }
        let below = path.map_text(|text| {
            let text = format!("{}/**", text.text.trim_end_matches('/'));
            Some(Text { text, complete: true, glob: true })
        });
        let names = Value::from(Shape::List(vec![names]));
        Shape::List(vec![Shape::List(vec![below, names.clone(), names]).into()]).into()
    }
}

fn path_of(arguments: &Arguments) -> Text {
    let mut parts = arguments.values.iter().map(Value::filled);
    let first = parts.next().unwrap_or_else(|| Text::known("."));
    parts.fold(first, |all, part| all.below(&part))
}

/// An option says that all below goes too.
fn deep(arguments: &Arguments) -> bool {
    let yes =
        |value: &Value| !matches!(&value.shape, Shape::Name(name) if matches!(name.as_str(), "false" | "F"));
    let named = arguments.named(&["recursive"]).is_some_and(yes);
    named || arguments.values.iter().any(|value| matches!(&value.shape, Shape::Map(entries) if entries.iter().any(|(key, value)| key == "recursive" && yes(value))))
}

/// A mode as it is written for a shell.
fn mode(value: &Value) -> String {
    match &value.shape {
        Shape::Number(number) => format!("{number:o}"),
        _ => value.filled().text,
    }
}
