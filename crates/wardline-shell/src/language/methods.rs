//! Methods of values: texts, lists, paths, files, connections; and the opening of files.

use super::reader::{Arguments, Reader};
use super::tables::{self, Act};
use super::value::{Shape, Text, Value};
use super::{Deed, Family, fold, format};
use crate::effect::{EffectKind, Source};

/// Methods that delete or run, whatever they are called on.
const TELLING: &[&str] = &[
    "check_call",
    "check_output",
    "emptyDirSync",
    "execFile",
    "execFileSync",
    "execSync",
    "popen",
    "removeSync",
    "remove_tree",
    "rm_r",
    "rm_rf",
    "rmdir",
    "rmdirSync",
    "rmSync",
    "rmtree",
    "shell_exec",
    "spawnSync",
    "system",
    "unlink",
    "unlinkSync",
];

impl Reader {
    /// Calls the method `name` of a value, or takes the member of that name.
    pub(super) fn method(&mut self, value: Value, name: &str, arguments: Arguments, called: bool) -> Value {
        if let Shape::OneOf(choices) = &value.shape {
            let mut result = Value::from(Shape::Nothing);
            for choice in choices.clone() {
                result =
                    result.either(self.method(choice.with(&value.from), name, arguments.clone(), called));
            }
            return result;
        }
        if let Shape::Map(entries) = &value.shape
            && let Some((_, member)) = entries.iter().find(|(key, _)| key == name)
        {
            let member = member.clone();
            return if called && matches!(member.shape, Shape::Name(_)) {
                self.called(member, arguments)
            } else {
                member
            };
        }
        let done = match &value.shape {
            Shape::Path(path) => self.path_method(path.clone(), name, &arguments),
            Shape::Handle { path, .. } => self.handle_method(&path.clone(), &value, name, &arguments),
            Shape::Connection { host } => self.connection_method(&host.clone(), &value, name, &arguments),
            Shape::Text(_) | Shape::Number(_) => self.text_method(&value, name, &arguments),
            Shape::List(items) => self.list_method(items, &value, name, &arguments),
            _ => None,
        };
        if let Some(result) = done {
            return result;
        }
        self.any_method(&value, name, &arguments, called)
    }

    fn any_method(&mut self, value: &Value, name: &str, arguments: &Arguments, called: bool) -> Value {
        if value.shape == Shape::Name("\u{0}environment".to_owned()) {
            let key = if called { arguments.get(0) } else { Value::text(name) };
            let whole = called && !matches!(name, "get" | "fetch" | "__getitem__");
            return if whole { value.clone() } else { fold::index(value, &key) };
        }
        let from = [value.from.clone(), arguments.sources()].concat();
        match name {
            "exec" | "getRuntime" if self.family == Family::Groovy => {
                self.shell(&arguments.get(0));
                return Value::unknown();
            }
            "execute" if self.family == Family::Groovy => {
                self.shell(value);
                return Value::unknown();
            }
            // A promise gives what the function that it is handed gives.
            "then" | "finally" | "and_then" => {
                if let Some(Shape::Name(function)) = arguments.values.first().map(|value| value.shape.clone())
                {
                    return self
                        .invoke(&function, &Arguments { values: vec![value.clone()], named: Vec::new() });
                }
                let result = arguments.get(0);
                return if result.is_unknown() { Value::unknown().with(&from) } else { result };
            }
            "forEach" | "map" | "each" | "some" | "every" | "filter" => {
                if let Some(Shape::Name(function)) = arguments.values.first().map(|value| value.shape.clone())
                    && tables::find(self.family, &function).is_some()
                {
                    return self
                        .invoke(&function, &Arguments { values: vec![value.element()], named: Vec::new() });
                }
                return Value::unknown().with(&from);
            }
            "pipe" => {
                self.seen.ties |= matches!(value.shape, Shape::Connection { .. })
                    || arguments.values.iter().any(|value| matches!(value.shape, Shape::Connection { .. }));
                if let Some(Shape::Handle { path, .. }) =
                    arguments.values.first().map(|value| value.shape.clone())
                {
                    self.file(EffectKind::Replace, &Shape::Text(path).into(), false, &value.from, "");
                }
                return Value::unknown().with(&from);
            }
            "send" | "public_send" | "__send__" | "method" if self.family == Family::Ruby => {
                let target = arguments.get(0).constant();
                let rest = Arguments {
                    values: arguments.values.iter().skip(1).cloned().collect(),
                    named: Vec::new(),
                };
                return match (target, &value.shape) {
                    (Some(target), Shape::Name(module)) if module != "self" && module != "Kernel" => {
                        self.invoke(&format!("{module}.{target}"), &rest)
                    }
                    (Some(target), _) => self.invoke(&target, &rest),
                    (None, _) => {
                        self.hide("it calls a method that is chosen when it runs");
                        Value::unknown()
                    }
                };
            }
            "call" | "apply" | "bind" | "new" | "run" | "start" | "sync" if matches!(&value.shape, Shape::Name(name) if super::acts::is_known(self.family, name)) => {
                if let Shape::Name(function) = &value.shape {
                    let function = function.clone();
                    return self.invoke(&function, arguments);
                }
            }
            "constructor" => return Value::name("Function"),
            _ => {}
        }
        if TELLING.contains(&name) && called {
            return self.telling(name, arguments);
        }
        if !called || tables::is_pure_method(name) || tables::is_pure(self.family, name) {
            return Value {
                shape: if matches!(value.shape, Shape::Answer) { Shape::Answer } else { Shape::Unknown },
                from: Vec::new(),
            }
            .with(&from);
        }
        self.understood = false;
        Value::unknown().with(&from)
    }

    /// A method whose name says that it deletes or runs.
    fn telling(&mut self, name: &str, arguments: &Arguments) -> Value {
        let first = arguments.get(0);
        match name {
            "system" | "popen" | "execSync" | "shell_exec" => self.shell(&first),
            "check_call" | "check_output" | "spawnSync" | "execFile" | "execFileSync" => {
                self.program(&arguments.values)
            }
            _ if arguments.values.is_empty() => {
                self.hide("it deletes a path that is only known when it runs")
            }
            _ => self.file(
                EffectKind::Delete,
                &first,
                !matches!(name, "unlink" | "unlinkSync" | "rmdir"),
                &[],
                "",
            ),
        }
        Value::unknown()
    }

    fn path_method(&mut self, path: Text, name: &str, arguments: &Arguments) -> Option<Value> {
        let this = Value::from(Shape::Path(path.clone()));
        let first = arguments.get(0);
        let data = arguments.all().flat_map(|value| value.from.clone()).collect::<Vec<_>>();
        match name {
            "unlink" | "rmdir" | "delete" | "deleteDir" | "remove" => {
                self.file(EffectKind::Delete, &this, name == "deleteDir", &[], "")
            }
            "rmtree" | "rm_rf" | "rmtree_p" | "remove_tree" | "removedirs" => {
                self.file(EffectKind::Delete, &this, true, &[], "")
            }
            "write_text" | "write_bytes" | "write" | "setText" => {
                self.file(EffectKind::Replace, &this, false, &data, "")
            }
            "touch" | "mkdir" | "mkpath" | "append" => self.file(EffectKind::Write, &this, false, &data, ""),
            "rename" | "replace" | "move" | "renameTo" => {
                self.file(EffectKind::Delete, &this, true, &[], "moved");
                self.file(EffectKind::Replace, &first, false, &[], "");
            }
            "symlink_to" | "hardlink_to" | "make_symlink" => {
                self.file(EffectKind::Link, &first, false, &[], &path.text)
            }
            "chmod" | "lchmod" => {
                let mode = first.number().map_or_else(|| first.filled().text, |number| format!("{number:o}"));
                self.file(EffectKind::Mode, &this, false, &[], &mode);
            }
            "read_text" | "read_bytes" | "text" | "read" | "getText" | "readlines" | "json" | "stream"
            | "each_line" | "bytes" => {
                return Some(self.reads(&this));
            }
            "glob" | "rglob" => {
                let middle = if name == "rglob" { "**/" } else { "" };
                self.looks = true;
                self.file(EffectKind::List, &this, name == "rglob", &[], "");
                let pattern = Text {
                    text: format!("{middle}{}", first.filled().text),
                    complete: first.filled().complete,
                    glob: true,
                };
                return Some(Shape::Path(path.below(&pattern)).into());
            }
            "iterdir" | "children" | "entries" | "listFiles" | "each_child" | "walk" => {
                self.looks = true;
                self.file(EffectKind::List, &this, false, &[], "");
                return Some(
                    Shape::Path(path.below(&Text { text: "*".to_owned(), complete: true, glob: true }))
                        .into(),
                );
            }
            "open" => return Some(self.opened(&this, &first)),
            "joinpath" | "join" | "resolve" | "absolute" | "expanduser" | "with_name" | "relative_to"
            | "realpath" | "expand_path" | "as_posix" | "to_s" | "toString" | "href" | "pathname" => {
                let below = arguments.values.iter().map(Value::filled);
                return Some(Shape::Path(below.fold(path, |all, part| all.below(&part))).into());
            }
            "parent" | "dirname" => {
                return Some(
                    Shape::Path(Text {
                        text: path
                            .text
                            .rsplit_once('/')
                            .map_or(".", |(left, _)| if left.is_empty() { "/" } else { left })
                            .to_owned(),
                        ..path
                    })
                    .into(),
                );
            }
            "exists" | "is_file" | "is_dir" | "stat" | "exist" | "file" | "directory" | "isFile"
            | "isDirectory" | "size" => {
                self.looks = true;
                return Some(Value::unknown());
            }
            "name" | "stem" | "suffix" | "parts" | "basename" | "extname" => return Some(Value::unknown()),
            _ => return None,
        }
        Some(Value::unknown())
    }

    fn handle_method(
        &mut self,
        path: &Text,
        value: &Value,
        name: &str,
        arguments: &Arguments,
    ) -> Option<Value> {
        let written = matches!(value.shape, Shape::Handle { written: true, .. });
        if matches!(
            name,
            "write" | "writelines" | "puts" | "print" | "say" | "writeText" | "end" | "printf" | "appendFile"
        ) && written
        {
            // What goes in stands beside the opening already seen.
            let from = arguments.sources();
            let opened = |deed: &Deed| matches!(deed, Deed::File { kind: EffectKind::Replace | EffectKind::Write, path: known, .. } if *known == path.text);
            let place = self.deeds.iter().rposition(opened);
            if let Some(Deed::File { sources, .. }) = place.and_then(|at| self.deeds.get_mut(at)) {
                sources.extend(from);
                sources.sort();
                sources.dedup();
            }
            return Some(Value::unknown());
        }
        match name {
            "truncate" if written => {
                self.file(EffectKind::Replace, &Shape::Text(path.clone()).into(), false, &[], "")
            }
            "read" | "readlines" | "readline" | "text" | "json" | "gets" | "lines" | "each_line"
            | "getline" | "getlines" | "decode" | "strip" => {
                return Some(Value { shape: Shape::Answer, from: value.from.clone() });
            }
            "close" | "flush" | "seek" | "tell" | "fileno" | "readable" | "on" | "autoflush" | "binmode"
            | "sync" | "name" => {}
            "delete" | "unlink" => {
                self.file(EffectKind::Delete, &Shape::Text(path.clone()).into(), false, &[], "")
            }
            _ => return None,
        }
        Some(Value::unknown())
    }

    fn connection_method(
        &mut self,
        host: &str,
        value: &Value,
        name: &str,
        arguments: &Arguments,
    ) -> Option<Value> {
        match name {
            "connect" | "connect_ex" => {
                let result = self.connect(arguments);
                return Some(result);
            }
            "bind" | "listen" => {
                self.seen.listens = true;
                if name == "listen" {
                    self.deeds.push(Deed::Listens);
                }
            }
            "get" | "head" | "getstore" | "mirror" | "is_success" | "retrieve" | "openStream" | "getText"
            | "text" | "request_get" => {
                let address = if arguments.values.is_empty() || !host.is_empty() {
                    Value::text(host)
                } else {
                    arguments.get(0)
                };
                return Some(self.talk(&address, false, arguments.sources()));
            }
            "post" | "put" | "patch" | "request" | "send" | "sendall" | "sendto" | "write" | "puts"
            | "print" | "sendmail" | "storbinary" | "storlines" | "post_form" | "putbinaryfile"
            | "puttextfile" | "send_message" | "sendfile" | "syswrite" => {
                let reads =
                    name == "request" && arguments.get(0).constant().is_some_and(|method| method == "GET");
                let raw = self.seen.connected.clone();
                let address = match raw {
                    Some(raw) if host.is_empty() => Value::text(&raw),
                    _ if host.is_empty() => arguments.get(0),
                    _ => Value::text(host),
                };
                return Some(self.talk(&address, !reads, arguments.sources()));
            }
            "recv" | "read" | "gets" | "getline" | "readline" | "readpartial" | "receive" | "recv_into"
            | "on" | "sysread" | "each_line" => {
                // A callback of `on('data', …)` gets what the other side sends.
                return Some(Value {
                    shape: Shape::Answer,
                    from: if value.from.is_empty() {
                        vec![Source::Network(host.to_owned())]
                    } else {
                        value.from.clone()
                    },
                });
            }
            "fileno" | "settimeout" | "setsockopt" | "close" | "accept" | "makefile" | "getresponse"
            | "login" | "setblocking" | "starttls" | "quit" | "end" | "destroy" | "use_ssl"
            | "verify_mode" | "finish" | "timeout" | "agent" | "status" | "shutdown" | "to_i"
            | "autoflush" | "pipe" | "fdopen" => {
                self.seen.ties |= name == "pipe";
                return Some(value.clone());
            }
            _ => return None,
        }
        Some(value.clone())
    }

    fn text_method(&mut self, value: &Value, name: &str, arguments: &Arguments) -> Option<Value> {
        let change = |change: &dyn Fn(&str) -> Option<String>| {
            value.map_text(|text| Some(Text { text: change(&text.text)?, ..text.clone() }))
        };
        let (first, second) = (arguments.get(0).constant(), arguments.get(1).constant());
        Some(match name {
            "encode" | "decode" | "strip" | "toString" | "to_s" | "trim" | "lstrip" | "rstrip" | "chomp"
            | "to_str" | "valueOf" | "dup" | "freeze" | "as_posix" | "expandtabs" | "text" | "b" => {
                match first.as_deref() {
                    Some("base64") => {
                        value.map_text(|text| Some(Text::known(&format::text(&format::base64(&text.text)?))))
                    }
                    Some("hex") => value
                        .map_text(|text| Some(Text::known(&format::text(&format::hexadecimal(&text.text)?)))),
                    Some("rot13" | "rot_13") => change(&|text| Some(format::rot13(text))),
                    _ => change(&|text| {
                        Some(if matches!(name, "strip" | "trim" | "chomp") && first.is_none() {
                            text.trim().to_owned()
                        } else {
                            text.to_owned()
                        })
                    }),
                }
            }
            "lower" | "toLowerCase" | "downcase" => change(&|text| Some(text.to_lowercase())),
            "upper" | "toUpperCase" | "upcase" => change(&|text| Some(text.to_uppercase())),
            "reverse" if self.family != Family::Script => change(&|text| Some(text.chars().rev().collect())),
            "replace" | "replaceAll" | "gsub" | "sub" | "tr" | "delete" => {
                let with = if name == "delete" { Some(String::new()) } else { second };
                change(&|text| {
                    let (from, to) = (first.as_deref()?, with.as_deref()?);
                    (!from.is_empty() && to.len() <= from.len().saturating_add(64)).then(|| {
                        if name == "tr" && from.len() > 1 { None } else { Some(text.replace(from, to)) }
                    })?
                })
            }
            "format" => value
                .map_text(|text| {
                    let mut next = 0;
                    Some(format::braces(&text.text, |field| match field.parse::<usize>() {
                        Ok(at) => arguments.get(at).filled(),
                        Err(_) if field.is_empty() => {
                            next += 1;
                            arguments.get(next - 1).filled()
                        }
                        Err(_) => {
                            arguments.named(&[field]).map_or_else(|| Value::unknown().filled(), Value::filled)
                        }
                    }))
                })
                .with(&arguments.sources()),
            "join" => fold::list_joined(&arguments.get(0), value, &Arguments::default()),
            "split" | "chars" | "lines" | "splitlines" | "bytes" | "each_char" => {
                split(value, first.as_deref(), name)
            }
            "concat" | "append" => arguments.values.iter().fold(value.clone(), |all, part| all.joined(part)),
            "repeat" => fold::operate(value.clone(), "*", &arguments.get(0), self.family),
            "chr" => fold_chr(value),
            "unpack" | "unpack1" if first.as_deref().is_some_and(|first| first.starts_with('m')) => {
                value.map_text(|text| Some(Text::known(&format::text(&format::base64(&text.text)?))))
            }
            "slice" | "substring" | "substr" | "charAt" | "at" => return None,
            "times" => {
                self.elements = Value::unknown();
                Value::unknown()
            }
            _ => return None,
        })
    }

    fn list_method(
        &mut self,
        items: &[Value],
        value: &Value,
        name: &str,
        arguments: &Arguments,
    ) -> Option<Value> {
        Some(match name {
            "join" => {
                let between = if arguments.values.is_empty() {
                    Value::text(if self.family == Family::Script { "," } else { "" })
                } else {
                    arguments.get(0)
                };
                fold::list_joined(value, &between, &Arguments::default())
            }
            "reverse" | "reversed" => Shape::List(items.iter().rev().cloned().collect()).into(),
            "pack" => {
                match arguments.get(0).constant().as_deref().and_then(|template| template.chars().next()) {
                    Some('H') => items
                        .first()?
                        .map_text(|text| Some(Text::known(&format::text(&format::hexadecimal(&text.text)?)))),
                    Some('c' | 'C' | 'U') => {
                        let text: Option<String> = items
                            .iter()
                            .map(|code| u32::try_from(code.number()?).ok().and_then(char::from_u32))
                            .collect();
                        text.map_or_else(Value::unknown, |text| Value::text(&text))
                    }
                    _ => Value::unknown(),
                }
            }
            "first" | "pop" | "shift" => items.first().cloned().unwrap_or_default(),
            "concat" => Shape::List(
                items.iter().cloned().chain(arguments.values.iter().flat_map(Value::items)).collect(),
            )
            .into(),
            "slice" | "flat" | "compact" | "uniq" | "sort" | "filter" | "select" | "reject" | "to_a"
            | "copy"
                if arguments.values.is_empty() =>
            {
                value.clone()
            }
            "delete" | "unlink" => Value::unknown(),
            _ => return None,
        })
    }

    /// Opens files and pipes.
    pub(super) fn opens(&mut self, act: Act, arguments: &Arguments) -> Value {
        let (first, second, third) = (arguments.get(0), arguments.get(1), arguments.get(2));
        match act {
            Act::Pipe => self.perl_open(&second, arguments.values.get(2), arguments),
            Act::SysOpen => {
                self.file(EffectKind::Write, &second, false, &[], "");
                Value::unknown()
            }
            Act::RawOpen => {
                self.file(EffectKind::Write, &first, false, &[], "");
                Value::unknown()
            }
            Act::UriOpen | Act::PhpOpen | Act::FileRead => {
                let address = first.as_text().filter(|text| text.text.contains("://"));
                match address {
                    Some(address) if address.text.starts_with("http") || address.text.starts_with("ftp") => {
                        let sends = second.constant().is_some_and(|mode| mode.starts_with('w'))
                            || !third.from.is_empty();
                        self.talk(&first, sends, third.from)
                    }
                    Some(address)
                        if address.text.starts_with("php://") || address.text.starts_with("data:") =>
                    {
                        Value::unknown()
                    }
                    _ if act == Act::PhpOpen => self.opened(&first, &second),
                    _ if matches!(&first.shape, Shape::Name(name) if name == "stdin" || name == "STDIN") => {
                        Value::unknown()
                    }
                    _ => self.reads(&first),
                }
            }
            _ => {
                let mode = arguments.named(&["mode"]).cloned().unwrap_or(second);
                let piped = first.as_text().and_then(|text| text.text.strip_prefix('|').map(str::to_owned));
                if let Some(command) = piped.filter(|_| self.family == Family::Ruby) {
                    self.shell(&Value::text(&command));
                    return Value::unknown();
                }
                if matches!(first.shape, Shape::Number(_)) || matches!(&first.shape, Shape::Name(_)) {
                    return Value::unknown();
                }
                self.opened(&first, &mode)
            }
        }
    }

    /// An open file, by its path and mode.
    pub(super) fn opened(&mut self, path: &Value, mode: &Value) -> Value {
        let mode = mode
            .constant()
            .unwrap_or_else(|| if mode.is_unknown() { "r".to_owned() } else { "w".to_owned() });
        let handle = |written| Shape::Handle { path: path.filled(), written };
        if mode.starts_with(['w', 'x']) {
            self.file(EffectKind::Replace, path, false, &[], "");
        } else if mode.starts_with('a') || mode.contains('+') {
            self.file(EffectKind::Write, path, false, &[], "");
        } else {
            let read = self.reads(path);
            return Value { shape: handle(false), from: read.from };
        }
        handle(true).into()
    }

    /// `open(F, "> file")`, `open(my $f, '<', file)`, `open(F, "command |")`, `open(F, '-|', command)`.
    fn perl_open(&mut self, mode: &Value, file: Option<&Value>, arguments: &Arguments) -> Value {
        let Some(text) = mode.as_text() else {
            self.hide("it opens a file or pipe that is only known when it runs");
            return Value::unknown();
        };
        let mark = text.text.trim();
        let path =
            |rest: &str| Value::from(Shape::Text(Text { text: rest.trim().to_owned(), ..text.clone() }));
        match file {
            Some(command) if mark.contains('|') && arguments.values.len() > 3 => {
                let words: Vec<Value> = std::iter::once(command.clone())
                    .chain(arguments.values.iter().skip(3).cloned())
                    .collect();
                self.program(&words);
            }
            Some(command) if mark.contains('|') => self.shell(command),
            Some(file) if mark.starts_with(">>") || mark.starts_with('+') => {
                self.file(EffectKind::Write, file, false, &[], "")
            }
            Some(file) if mark.starts_with('>') => self.file(EffectKind::Replace, file, false, &[], ""),
            Some(file) => {
                let _read = self.reads(file);
            }
            None if mark == "-" || mark.ends_with("&") => {}
            None if mark.starts_with('|') => self.shell(&path(mark.trim_start_matches('|'))),
            None if mark.ends_with('|') => self.shell(&path(mark.trim_end_matches('|'))),
            None if mark.starts_with(">>") || mark.starts_with('+') => {
                self.file(EffectKind::Write, &path(mark.trim_start_matches(['>', '+', '<'])), false, &[], "")
            }
            // `>&S` ties an output to a connection.
            None if mark.contains(">&") || mark.contains("<&") => {
                self.seen.ties |= self.seen.connected.is_some()
            }
            None if mark.starts_with('>') => {
                self.file(EffectKind::Replace, &path(mark.trim_start_matches('>')), false, &[], "")
            }
            None => {
                let _read = self.reads(&path(mark.trim_start_matches('<')));
            }
        }
        Value::unknown()
    }
}

/// Parts of a text between a separator, or its characters.
fn split(value: &Value, separator: Option<&str>, name: &str) -> Value {
    let Some(text) = value.constant() else { return Value::unknown().with(&value.from) };
    let parts: Vec<Value> = match separator {
        Some("") => text.chars().take(4096).map(|c| Value::text(&c.to_string())).collect(),
        Some(separator) => text.split(separator).take(4096).map(Value::text).collect(),
        None if matches!(name, "chars" | "each_char") => {
            text.chars().take(4096).map(|c| Value::text(&c.to_string())).collect()
        }
        None if matches!(name, "lines" | "splitlines") => text.lines().take(4096).map(Value::text).collect(),
        None => text.split_whitespace().take(4096).map(Value::text).collect(),
    };
    Value::from(Shape::List(parts)).with(&value.from)
}

fn fold_chr(value: &Value) -> Value {
    let c = value.number().and_then(|code| u32::try_from(code).ok()).and_then(char::from_u32);
    c.map_or_else(Value::unknown, |c| Value::text(&c.to_string()))
}
