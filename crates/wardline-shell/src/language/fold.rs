//! Functions and operators of which the result is known when their arguments are: concatenation, formatting, decoding.

use super::reader::{Arguments, Reader};
use super::token::Token;
use super::value::{LONGEST_TEXT, Shape, Text, Value};
use super::{Family, format};
use crate::effect::Source;

/// Longest name of a function that is put together.
const LONGEST_NAME: usize = 512;

/// What an operator gives.
pub(super) fn operate(left: Value, sign: &str, right: &Value, family: Family) -> Value {
    let from = [left.from.as_slice(), right.from.as_slice()].concat();
    match sign {
        "+" | "." | ".." => match (&left.shape, &right.shape) {
            (Shape::Number(a), Shape::Number(b)) if sign == "+" => Shape::Number(a.saturating_add(*b)).into(),
            (Shape::List(_), Shape::List(b)) => match left.shape {
                Shape::List(mut a) => {
                    a.extend(b.iter().cloned());
                    Shape::List(a).into()
                }
                shape => shape.into(),
            },
            (Shape::Unknown | Shape::Nothing, Shape::Number(_)) | (Shape::Number(_), Shape::Unknown) => {
                Value::unknown()
            }
            _ => left.followed_by(right),
        },
        "<<" if left.as_text().is_some() && left.number().is_none() => left.joined(right),
        "*" if family == Family::Julia && left.as_text().is_some() => left.joined(right),
        "-" | "^" => match (left.number(), right.number()) {
            (Some(a), Some(b)) if sign == "-" => Shape::Number(a.saturating_sub(b)).into(),
            (Some(a), Some(b)) => Shape::Number(a ^ b).into(),
            _ => Value::unknown().with(&from),
        },
        "*" | "x" => repeated(&left, right),
        "/" if !matches!(left.shape, Shape::Number(_) | Shape::Unknown) => match right.as_text() {
            Some(_) => {
                let below = right.filled();
                let joined = left.map_text(|text| Some(text.below(&below)));
                match joined.shape {
                    Shape::Text(text) => Value::from(Shape::Path(text)).with(&from),
                    shape => Value::from(shape).with(&from),
                }
            }
            None => Value::unknown().with(&from),
        },
        "%" => match &left.shape {
            Shape::Text(text) => {
                let items = right.items();
                let mut next = 0;
                let filled = format::percent(&text.text, |name| {
                    if let (Some(name), Shape::Map(entries)) = (name, &right.shape) {
                        return entries
                            .iter()
                            .find(|(key, _)| key == name)
                            .map_or_else(|| Value::unknown().filled(), |(_, value)| value.filled());
                    }
                    next += 1;
                    items.get(next - 1).map_or_else(|| Value::unknown().filled(), Value::filled)
                });
                let from = [from, items.iter().flat_map(|item| item.from.clone()).collect()].concat();
                Value::from(Shape::Text(Text { complete: filled.complete && text.complete, ..filled }))
                    .with(&from)
            }
            _ => Value::unknown().with(&from),
        },
        "or" | "||" | "??" | "//" if family != Family::Python || sign == "or" => match left.shape {
            Shape::Unknown => right.clone().with(&from),
            _ => left.either(right.clone()),
        },
        "and" | "&&" => right.clone(),
        "|>" | "%>%" => Value::unknown().with(&from),
        _ => Value::unknown().with(&from),
    }
}

fn repeated(left: &Value, right: &Value) -> Value {
    let (text, count) = match (&left.shape, &right.shape) {
        (Shape::Number(a), Shape::Number(b)) => return Shape::Number(a.saturating_mul(*b)).into(),
        (Shape::Text(text), Shape::Number(count)) | (Shape::Number(count), Shape::Text(text)) => {
            (text, *count)
        }
        _ => return Value::unknown(),
    };
    let count = usize::try_from(count).unwrap_or_default();
    if text.text.len().saturating_mul(count) > LONGEST_TEXT / 16 {
        return Value::unknown();
    }
    Shape::Text(Text { text: text.text.repeat(count), ..text.clone() }).into()
}

/// `[a:b]` and `[::-1]` of Python.
pub(super) fn slice(value: &Value, tokens: &[Token]) -> Value {
    let mut bounds: Vec<Option<i64>> = vec![None];
    let mut minus = false;
    for token in tokens {
        match token {
            Token::Sign(":") => bounds.push(None),
            Token::Sign("::") => bounds.extend([None, None]),
            Token::Sign("-") => {
                minus = true;
                continue;
            }
            Token::Number(number) => {
                if let Some(last) = bounds.last_mut() {
                    *last = Some(if minus { -number } else { *number });
                }
            }
            _ => return Value::unknown(),
        }
        minus = false;
    }
    let bound = |index: usize| bounds.get(index).copied().flatten();
    let picked = |length: usize| -> Vec<usize> {
        let size = i64::try_from(length).unwrap_or(i64::MAX);
        let place = |at: i64| {
            usize::try_from(if at < 0 { (size + at).max(0) } else { at.min(size) }).unwrap_or(length)
        };
        let step = bound(2).unwrap_or(1);
        let (from, to) = (bound(0).map_or(0, place), bound(1).map_or(length, place));
        let all: Vec<usize> =
            if step < 0 { (0..length).rev().collect() } else { (from..to.max(from)).collect() };
        let every = usize::try_from(step.unsigned_abs()).unwrap_or(1).max(1);
        all.into_iter().step_by(every).collect()
    };
    if let Shape::List(items) = &value.shape {
        return Shape::List(
            picked(items.len()).into_iter().filter_map(|at| items.get(at).cloned()).collect(),
        )
        .into();
    }
    value.map_text(|text| {
        let characters: Vec<char> = text.text.chars().collect();
        let text = Text {
            text: picked(characters.len()).into_iter().filter_map(|at| characters.get(at)).collect(),
            ..text.clone()
        };
        Some(text)
    })
}

/// `value[key]`.
pub(super) fn index(value: &Value, key: &Value) -> Value {
    match &value.shape {
        Shape::List(items) => {
            let at = key
                .number()
                .map(|at| if at < 0 { at + i64::try_from(items.len()).unwrap_or_default() } else { at });
            match at.and_then(|at| usize::try_from(at).ok()) {
                Some(at) => items.get(at).cloned().unwrap_or_default().with(&value.from),
                None => value.element(),
            }
        }
        Shape::Map(entries) => {
            let wanted = key.constant();
            let found = entries.iter().find(|(name, _)| wanted.as_deref() == Some(name.as_str()));
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        }
        Shape::Text(text) if text.complete => {
            let at = key.number().and_then(|at| usize::try_from(at).ok());
            at.and_then(|at| text.text.chars().nth(at))
                .map_or_else(Value::unknown, |c| Value::text(&c.to_string()))
        }
        Shape::Name(name) if name == "\u{0}environment" && key.constant().as_deref() == Some("HOME") => {
            Value::from(Shape::Path(Text::known("~")))
        }
        Shape::Name(name) if name == "\u{0}environment" => {
            Value::source(Source::Environment(key.constant().unwrap_or_default()))
        }
        // No table has a name of such length.
        Shape::Name(name) if name.len() > LONGEST_NAME => Value::unknown(),
        Shape::Name(name) => match key.constant() {
            Some(key) => Value::name(&format!("{name}.{key}")),
            None if name.starts_with(|c: char| c.is_ascii_lowercase()) && key.is_unknown() => {
                Value::unknown().with(&value.from)
            }
            None => Value::unknown(),
        },
        _ => Value::unknown().with(&value.from),
    }
}

fn texts(value: &Value, change: impl Fn(&str) -> Option<String>) -> Value {
    value.map_text(|text| Some(Text { text: change(&text.text)?, complete: text.complete, glob: false }))
}

fn bytes(value: &Value, decode: impl Fn(&str) -> Option<Vec<u8>>) -> Value {
    texts(value, |text| decode(text).map(|bytes| format::text(&bytes)))
}

/// What a function gives, when that can be told; `None` when the function is none of these.
pub(super) fn call(reader: &mut Reader, name: &str, arguments: &Arguments) -> Option<Value> {
    let first = arguments.get(0);
    let second = arguments.get(1);
    Some(match name {
        "base64.b64decode"
        | "base64.decodebytes"
        | "base64.urlsafe_b64decode"
        | "base64.standard_b64decode"
        | "atob"
        | "decode_base64"
        | "MIME.Base64.decode_base64"
        | "base64_decode"
        | "Base64.decode64"
        | "Base64.strict_decode64"
        | "Base64.urlsafe_decode64"
        | "binascii.a2b_base64"
        | "base64.decodestring"
        | "base64enc.base64decode"
        | "base64decode"
        | "b64decode" => bytes(&first, format::base64),
        "base64.b32decode" => bytes(&first, format::base32),
        "bytes.fromhex" | "bytearray.fromhex" | "binascii.unhexlify" | "binascii.a2b_hex" | "hex2bin"
        | "hex2bytes" => bytes(&first, format::hexadecimal),
        "Buffer.from" | "Buffer" => match second.constant().as_deref() {
            Some("base64" | "base64url") => bytes(&first, format::base64),
            Some("hex") => bytes(&first, format::hexadecimal),
            _ => match &first.shape {
                Shape::List(codes) => characters(codes),
                _ => first,
            },
        },
        "codecs.decode" => match second.constant().as_deref() {
            Some("rot13" | "rot_13") => texts(&first, |text| Some(format::rot13(text))),
            Some("base64") => bytes(&first, format::base64),
            Some("hex") => bytes(&first, format::hexadecimal),
            _ => first,
        },
        "str_rot13" => texts(&first, |text| Some(format::rot13(text))),
        "chr"
        | "String.fromCharCode"
        | "string.char"
        | "String.fromCodePoint"
        | "utf8.char"
        | "rawToChar"
        | "intToUtf8" => characters(&arguments.values.iter().flat_map(Value::items).collect::<Vec<_>>()),
        "ord" => match first.constant().and_then(|text| text.chars().next()) {
            Some(c) => Shape::Number(i64::from(u32::from(c))).into(),
            None => Value::unknown(),
        },
        "pack" => packed(&first, &arguments.values),
        "strrev" | "reverse" | "string.reverse" | "scalar"
            if first.constant().is_some() || arguments.values.len() == 1 =>
        {
            match name {
                "scalar" => first,
                _ => texts(&first, |text| Some(text.chars().rev().collect())),
            }
        }
        "reversed" => match &first.shape {
            Shape::List(items) => Shape::List(items.iter().rev().cloned().collect()).into(),
            _ => texts(&first, |text| Some(text.chars().rev().collect())),
        },
        "join" | "implode" => list_joined(&second, &first, arguments),
        "table.concat" => list_joined(&first, &second, &Arguments::default()),
        "paste0" | "paste" | "concat" | "string" => {
            let space = if name == "paste" { " " } else { "" };
            let mut out = Value::text("");
            for (index, value) in arguments.values.iter().enumerate() {
                out =
                    if index > 0 { out.joined(&Value::text(space)).joined(value) } else { out.joined(value) };
            }
            out
        }
        "sprintf" | "format" | "string.format" | "vsprintf" | "util.format" | "String.format" => {
            let list =
                Value::from(Shape::List(arguments.values.iter().skip(1).flat_map(Value::items).collect()));
            operate(first, "%", &list, Family::Python).with(&arguments.sources())
        }
        "str" | "String" | "bytes" | "bytearray" | "tostring" | "repr" | "list" | "tuple" | "sorted"
        | "set" | "iter" | "unicode" | "qq" | "lc" | "strtolower" | "pairs" | "ipairs" | "shellescape"
        | "escapeshellcmd" | "os.fspath" | "os.path.abspath" | "os.path.realpath" | "os.path.normpath"
        | "path.resolve" | "path.normalize" | "File.expand_path" | "Cwd.abs_path" | "realpath" | "URL"
        | "Pathname.new" | "Pathname" | "cat" | "io.BytesIO" | "io.StringIO" | "os.path.expandvars"
            if arguments.values.len() == 1 && !(name == "cat" && reader.family != Family::R) =>
        {
            if name.starts_with("Pathname") || name == "URL" {
                first.as_text().map_or(first, |text| Value::from(Shape::Path(text)))
            } else {
                first
            }
        }
        "os.path.expanduser" | "URI" | "URI.parse" => first,
        "escapeshellarg" | "shlex.quote" => {
            texts(&first, |text| Some(format!("'{}'", text.replace('\'', "'\\''"))))
        }
        "urllib.parse.unquote"
        | "urllib.unquote"
        | "decodeURIComponent"
        | "unescape"
        | "urldecode"
        | "rawurldecode"
        | "decodeURI" => texts(&first, |text| Some(unquoted(text))),
        "os.path.join" | "path.join" | "File.join" | "posixpath.join" | "joinpath" | "file.path"
        | "path.posix.join" => {
            let mut all = first.clone();
            for value in arguments.values.iter().skip(1) {
                let part = value.filled();
                all = all.map_text(|text| Some(text.below(&part))).with(&value.from);
            }
            all
        }
        "os.path.dirname" | "path.dirname" | "dirname" | "File.dirname" => texts(&first, |text| {
            Some(
                text.rsplit_once('/')
                    .map_or(".", |(left, _)| if left.is_empty() { "/" } else { left })
                    .to_owned(),
            )
        }),
        "getattr" => match (&first.shape, second.constant()) {
            (Shape::Name(module), Some(member)) if module == "__builtins__" || module == "builtins" => {
                Value::name(&member)
            }
            (Shape::Name(module), Some(member)) => Value::name(&format!("{module}.{member}")),
            (Shape::Name(module), None) => Value::name(&format!("{module}.?")),
            _ => return None,
        },
        "globals" | "locals" | "vars" | "__builtins__.__dict__" => Value::name(""),
        "pathlib.Path.home" | "os.homedir" | "Dir.home" | "Path.home" => {
            Value::from(Shape::Path(Text::known("~")))
        }
        "os.getcwd" | "process.cwd" | "Dir.pwd" | "getcwd" | "pathlib.Path.cwd" | "Deno.cwd" | "cwd"
        | "getwd" => Value::from(Shape::Path(Text::known("."))),
        "tempfile.mkdtemp"
        | "tempfile.gettempdir"
        | "os.tmpdir"
        | "Dir.mktmpdir"
        | "Dir.tmpdir"
        | "tempfile.TemporaryDirectory"
        | "sys_get_temp_dir" => Value::from(Shape::Path(Text::known("/tmp/tmp.unnamed"))),
        "map" | "list.map" | "filter" | "array_map" | "itertools.chain" => {
            match arguments.values.iter().find(|value| matches!(value.shape, Shape::List(_))) {
                Some(list) if name == "filter" => list.clone(),
                _ => Value::unknown().with(&arguments.sources()),
            }
        }
        "_char_class" => characters(&arguments.values),
        _ => return None,
    })
}

/// Characters by their numbers.
fn characters(codes: &[Value]) -> Value {
    let text: Option<String> =
        codes.iter().map(|code| u32::try_from(code.number()?).ok().and_then(char::from_u32)).collect();
    text.map_or_else(Value::unknown, |text| Value::text(&text))
}

/// The items of a list with a text between them; in Perl the list is the rest of the arguments.
pub(super) fn list_joined(list: &Value, between: &Value, arguments: &Arguments) -> Value {
    let (list, between) =
        if matches!(between.shape, Shape::List(_)) { (between, list) } else { (list, between) };
    let items: Vec<Value> = if arguments.values.len() > 2 {
        arguments.values.iter().skip(1).flat_map(Value::items).collect()
    } else {
        list.items()
    };
    let between = if between.is_unknown() { Value::text("") } else { between.clone() };
    if list.is_unknown() {
        return Value::unknown().with(&list.from);
    }
    let mut out = Value::text("");
    for (index, item) in items.iter().enumerate().take(4096) {
        if index > 0 {
            out = out.joined(&between);
        }
        out = out.joined(item);
    }
    out.with(&list.from)
}

/// `pack("H*", "…")`, `pack("C*", …)` of Perl, PHP and Ruby.
fn packed(template: &Value, arguments: &[Value]) -> Value {
    let template = template.constant().unwrap_or_default();
    let rest: Vec<Value> = arguments.iter().skip(1).flat_map(Value::items).collect();
    match template.chars().next() {
        Some('H') => rest.first().map_or_else(Value::unknown, |text| bytes(text, format::hexadecimal)),
        Some('C' | 'c' | 'U' | 'W') => characters(&rest),
        Some('A' | 'a') => rest.first().cloned().unwrap_or_default(),
        Some('m') => Value::unknown(),
        _ => Value::unknown(),
    }
}

/// `%41` is `A`.
fn unquoted(text: &str) -> String {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        let code = match (*first, more) {
            (b'%', [high, low, ..]) => char::from(*high).to_digit(16).zip(char::from(*low).to_digit(16)),
            _ => None,
        };
        match code.and_then(|(high, low)| u8::try_from(high * 16 + low).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = more.get(2..).unwrap_or_default();
            }
            None => {
                out.push(*first);
                rest = more;
            }
        }
    }
    format::text(&out)
}
