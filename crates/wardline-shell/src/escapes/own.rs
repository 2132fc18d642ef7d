//! Programs whose arguments fit no row of the table.

use crate::answer::{Certainty, Word};
use crate::options::{Part, part_of, parts};
use crate::wrappers::Inner;

use super::{code, editors, joined, operand, program, shell};

/// Most lines of a text that are read.
const MOST_LINES: usize = 256;

fn words(from: usize, to: usize) -> Inner {
    Inner::Words { from, to, certainty: Certainty::Assumed }
}

/// A value after `key=`, whatever the case of the key.
fn after_key<'w>(word: &'w Word, key: &str) -> Option<&'w str> {
    let (name, value) = word.value.split_at_checked(key.len())?;
    name.eq_ignore_ascii_case(key).then_some(value)
}

/// awk: programs with `system("…")`, `"…" | getline`, `print | "…"`.
pub(super) fn awk(arguments: &[Word]) -> Vec<Inner> {
    let split = parts(
        arguments,
        "-e:p --source:p -f:f --file:f -F:t -v:t --assign:t --field-separator:t -l:t --load:t -i:t --include:t -E:f --exec:f",
        true,
    );
    let mut out = Vec::new();
    let mut given = false;
    for part in &split {
        let Part::Option { name, role: Some(role), value: Some(value) } = part else { continue };
        match role {
            'p' => out.extend(awk_program(value)),
            't' if matches!(name.as_str(), "-l" | "--load") => {
                out.push(Inner::Hidden(format!("`awk` loads the library `{}`", value.written)));
            }
            _ => {}
        }
        given |= matches!(role, 'p' | 'f');
    }
    let first = operand(&split, 0).and_then(|at| arguments.get(at));
    if let (false, Some(first)) = (given, first) {
        out.extend(awk_program(first));
    }
    out
}

fn awk_program(word: &Word) -> Vec<Inner> {
    let text = word.value.as_str();
    if !(text.contains('|') || text.contains("system") || text.contains("@load")) {
        return Vec::new();
    }
    let mut out = editors::in_language("awk", word, text);
    // What the reader of the language does not follow: constant texts beside a pipe.
    for literal in code::literals(text) {
        let before = text.get(..literal.start).unwrap_or_default().trim_end();
        let after = text.get(literal.end..).unwrap_or_default().trim_start();
        let piped = before.ends_with('|') && !before.ends_with("||");
        let read = after.starts_with('|') && !after.starts_with("||");
        let known =
            out.iter().any(|inner| matches!(inner, Inner::Text { text, .. } if text.value == literal.text));
        if (piped || read) && !known && !literal.text.is_empty() && !literal.text.starts_with("/inet/") {
            out.push(shell(&part_of(word, &literal.text)));
        }
    }
    if text.contains("@load") {
        out.push(Inner::Hidden("`awk` loads a library".to_owned()));
    }
    out
}

/// apt and its kin: settings that hold commands, as in `-o APT::Update::Pre-Invoke::=text`.
pub(super) fn apt(arguments: &[Word]) -> Vec<Inner> {
    let split = parts(arguments, "-o:o --option:o -c:H --config-file:H", true);
    let values = split.iter().filter_map(|part| match part {
        Part::Option { role: Some('o'), value: Some(value), .. } => Some(value),
        _ => None,
    });
    let mut out = Vec::new();
    for value in values {
        let Some((key, text)) = value.value.split_once('=') else { continue };
        let key = key.to_ascii_lowercase();
        let runs = ["invoke", "pre-install-pkgs", "proxy-auto-detect", "dir::bin", "::command"];
        if runs.iter().any(|part| key.contains(part)) {
            let text = text.trim_matches(['{', '}', '"', ';', ' ']);
            out.push(shell(&part_of(value, text)));
        }
    }
    out
}

/// `gnuplot -e 'system("text")'`, `!text`, and files that begin with `|` or `<`.
pub(super) fn gnuplot(arguments: &[Word]) -> Vec<Inner> {
    let split = parts(arguments, "-e:e", true);
    let mut out = Vec::new();
    for part in &split {
        let Part::Option { role: Some('e'), value: Some(value), .. } = part else { continue };
        out.extend(code::calls(value));
        for statement in value.value.split([';', '\n']).take(MOST_LINES) {
            let statement = statement.trim_start();
            let text = statement.strip_prefix('!').or_else(|| statement.strip_prefix("shell "));
            out.extend(text.map(|text| shell(&part_of(value, text.trim()))));
        }
        for literal in code::literals(&value.value) {
            let text = literal.text.strip_prefix(['|', '<']);
            out.extend(text.map(|text| shell(&part_of(value, text.trim()))));
        }
    }
    out
}

/// make: text given as a makefile, and variables that name the shell or hold `$(shell …)`.
pub(super) fn make(arguments: &[Word]) -> Vec<Inner> {
    let split = parts(
        arguments,
        "--eval:e -E:e -f:t --file:t --makefile:t -C:t --directory:t -j=t -l=t -o:t -W:t -I:t",
        true,
    );
    let mut out = Vec::new();
    for part in &split {
        match part {
            Part::Option { role: Some('e'), value: Some(value), .. } => makefile(value, &mut out),
            Part::Operand(at) => {
                let Some(word) = arguments.get(*at) else { continue };
                let Some((name, value)) = word.value.split_once('=') else { continue };
                match name.trim_end_matches([':', '?', '!', '+']) {
                    _ if name.ends_with('!') => out.push(shell(&part_of(word, value))),
                    "SHELL" | "MAKE" => out.push(program(&part_of(word, value))),
                    _ => made(word, value, &mut out),
                }
            }
            Part::Option { .. } => {}
        }
    }
    out
}

/// The commands in the text of a makefile: recipes and `$(shell …)`.
pub(super) fn makefile(word: &Word, out: &mut Vec<Inner>) {
    for line in word.value.lines().take(MOST_LINES) {
        made(word, line, out);
        let recipe = line.strip_prefix('\t').or_else(|| {
            let (head, text) = line.split_once(';')?;
            (head.contains(':') && !head.contains('=')).then_some(text)
        });
        let recipe = recipe.map(|text| text.trim_start().trim_start_matches(['@', '-', '+']));
        out.extend(
            recipe
                .filter(|text| !text.is_empty())
                .map(|text| shell(&part_of(word, &text.replace("$$", "$")))),
        );
    }
}

fn made(word: &Word, text: &str, out: &mut Vec<Inner>) {
    if let Some((_, value)) = text.split_once("!=") {
        out.push(shell(&part_of(word, value.trim())));
    }
    let mut rest = text;
    for _ in 0..16 {
        let Some(at) = ["$(shell ", "${shell "].iter().filter_map(|mark| rest.find(mark)).min() else {
            break;
        };
        let inside = rest.get(at + 8..).unwrap_or_default();
        let inner = code::in_brackets(inside);
        out.push(shell(&part_of(word, inner)));
        rest = inside.get(inner.len()..).unwrap_or_default();
    }
}

/// `socat - EXEC:'text',pty`.
pub(super) fn socat(arguments: &[Word]) -> Vec<Inner> {
    let mut out = Vec::new();
    for word in arguments {
        for side in word.value.split("!!") {
            let side_word = part_of(word, side);
            let text = ["EXEC:", "SYSTEM:", "SHELL:"].iter().find_map(|key| after_key(&side_word, key));
            if let Some(text) = text {
                let text = text.split(',').next().unwrap_or_default().trim_matches(['\'', '"']);
                out.push(shell(&part_of(word, text)));
            }
        }
    }
    out
}

/// nc and ncat: `-e program`, `--sh-exec text`; `-c` is a flag of some and an option of others.
pub(super) fn netcat(arguments: &[Word]) -> Vec<Inner> {
    let split = parts(
        arguments,
        "-e:X --exec:X --sh-exec:Z -c:c --lua-exec:H -p:t -w:t -s:t -i:t -x:t -X:t -q:t -I:t -O:t",
        true,
    );
    let mut out = Vec::new();
    super::by_role("nc", &split, &mut out);
    for part in &split {
        let Part::Option { role: Some('c'), value: Some(value), .. } = part else { continue };
        let first = value.value.split_whitespace().next().unwrap_or_default();
        if value.value.contains(['/', ' ']) || crate::wrappers::is_shell(first) {
            out.push(shell(value));
        }
    }
    out
}

/// TeX: `\write18{text}`, and `|text` as a file that is read.
pub(super) fn tex(arguments: &[Word]) -> Vec<Inner> {
    let mut out = Vec::new();
    for word in arguments {
        let text = word.value.as_str();
        for mark in ["\\write18{", "\\write 18{", "\\ShellEscape{"] {
            let mut rest = text;
            for _ in 0..16 {
                let Some((_, inside)) = rest.split_once(mark) else { break };
                let inner = code::in_brackets(inside);
                out.push(shell(&part_of(word, inner)));
                rest = inside;
            }
        }
        for mark in ["\\input|", "\\input{|", "\\input |", "\\openin|"] {
            if let Some((_, inside)) = text.split_once(mark) {
                let end = inside.find(['}', '\\']).unwrap_or(inside.len());
                let inner = inside.get(..end).unwrap_or_default().trim().trim_matches('"');
                out.push(shell(&part_of(word, inner)));
            }
        }
        if text.contains("directlua") {
            out.extend(code::calls(word));
        }
    }
    out
}

/// Ghostscript: files named `%pipe%text`.
pub(super) fn ghostscript(arguments: &[Word]) -> Vec<Inner> {
    let mut out = Vec::new();
    for word in arguments {
        if let Some((_, text)) = word.value.split_once("%pipe%") {
            let text = code::in_brackets(&text.replace(')', "}")).to_owned();
            out.push(shell(&part_of(word, text.trim())));
        }
    }
    out
}

/// ImageMagick and its like: a file name that begins with `|`.
pub(super) fn piped_names(arguments: &[Word]) -> Vec<Inner> {
    let name = |word: &Word| {
        let text = word.value.split_once(':').map_or(word.value.as_str(), |(_, rest)| rest);
        [word.value.as_str(), text].iter().find_map(|text| text.strip_prefix('|')).map(str::to_owned)
    };
    arguments.iter().filter_map(|word| name(word).map(|text| shell(&part_of(word, text.trim())))).collect()
}

/// `cargo --config build.rustc-wrapper=x`.
pub(super) fn cargo(arguments: &[Word]) -> Vec<Inner> {
    let split = parts(arguments, "--config:c", true);
    let mut out = Vec::new();
    for part in &split {
        let Part::Option { role: Some('c'), value: Some(value), .. } = part else { continue };
        let Some((key, text)) = value.value.split_once('=') else {
            out.push(Inner::Hidden(format!("`cargo` takes settings from `{}`", value.written)));
            continue;
        };
        let key = key.trim().to_ascii_lowercase();
        let last = key.rsplit('.').next().unwrap_or_default().trim_matches(['"', '\'']);
        let text = text.trim().trim_matches(['"', '\'', '[', ']']).replace("\",", " ").replace('"', "");
        let runs = [
            "runner",
            "linker",
            "rustc",
            "rustc-wrapper",
            "rustc-workspace-wrapper",
            "rustdoc",
            "credential-provider",
        ];
        if runs.contains(&last) {
            out.push(shell(&part_of(value, &text)));
        } else if key.starts_with("alias.") {
            out.push(shell(&part_of(value, &format!("cargo {text}"))));
        }
    }
    out
}

/// Java: what is run when it fails, and agents.
pub(super) fn java(arguments: &[Word]) -> Vec<Inner> {
    let mut out = Vec::new();
    for word in arguments {
        let text = word.value.as_str();
        for key in ["-XX:OnError=", "-XX:OnOutOfMemoryError="] {
            out.extend(text.strip_prefix(key).map(|text| shell(&part_of(word, text))));
        }
        if text.starts_with("-agentpath:") || text.starts_with("-javaagent:") {
            out.push(Inner::Hidden(format!("`java` loads the agent `{}`", word.written)));
        }
    }
    out
}

/// `ansible host -m shell -a text`.
pub(super) fn ansible(arguments: &[Word]) -> Vec<Inner> {
    let split = parts(
        arguments,
        "-m:m --module-name:m -a:a --args:a -i:t --inventory:t -u:t -l:t -f:t -e:t -b=t",
        true,
    );
    let value = |wanted: char| {
        split.iter().rev().find_map(|part| match part {
            Part::Option { role: Some(role), value: Some(value), .. } if *role == wanted => Some(value),
            _ => None,
        })
    };
    let module = value('m').map_or("command", |word| word.value.as_str());
    let module = module.rsplit('.').next().unwrap_or_default();
    let text = value('a').filter(|_| matches!(module, "command" | "shell" | "raw" | "script" | "expect"));
    text.into_iter()
        .map(|text| match text.value.split_once("cmd=") {
            Some((_, rest)) => shell(&part_of(text, rest.trim_matches(['"', '\'']))),
            None => shell(text),
        })
        .collect()
}

/// `cmake -E env … command`, `cmake -P file`.
pub(super) fn cmake(arguments: &[Word]) -> Vec<Inner> {
    let mut out = Vec::new();
    let value = |at: usize| arguments.get(at).map_or("", |word| word.value.as_str());
    match value(0) {
        "-E" if matches!(value(1), "env" | "time" | "chdir") => {
            let skip = usize::from(value(1) == "chdir");
            let own = |word: &Word| word.value.starts_with("--") || word.value.contains('=');
            let from = arguments.iter().skip(2 + skip).position(|word| !own(word)).map(|at| at + 2 + skip);
            out.extend(from.map(|from| words(from, arguments.len())));
        }
        _ => {
            let script = arguments.iter().any(|word| word.value == "-P");
            if script {
                out.push(Inner::Hidden("`cmake -P` runs a script".to_owned()));
            }
        }
    }
    for word in arguments {
        let set = word.value.strip_prefix("-D").and_then(|rest| rest.split_once('='));
        if let Some((_, text)) = set.filter(|(key, _)| key.contains("_LAUNCHER")) {
            out.push(shell(&part_of(word, &text.replace(';', " "))));
        }
    }
    out
}

/// Options of ssh's file system: `-o ssh_command=text`.
pub(super) fn sshfs(arguments: &[Word]) -> Vec<Inner> {
    let mut out = Vec::new();
    for word in arguments {
        for setting in word.value.trim_start_matches("-o").split(',') {
            let (key, text) = setting.split_once('=').unwrap_or((setting, ""));
            if matches!(
                key,
                "ssh_command" | "ProxyCommand" | "LocalCommand" | "sftp_server" | "directport_command"
            ) {
                out.push(shell(&part_of(word, text)));
            }
        }
    }
    out
}

/// dnf and yum: `--setopt=pluginpath=…`.
pub(super) fn dnf(arguments: &[Word]) -> Vec<Inner> {
    let loads = arguments
        .iter()
        .filter(|word| word.value.contains("pluginpath=") || word.value.contains("pluginconfpath="));
    loads.map(|word| Inner::Hidden(format!("a package manager loads code from `{}`", word.written))).collect()
}

/// nmap: scripts by path.
pub(super) fn nmap(arguments: &[Word]) -> Vec<Inner> {
    let split = parts(arguments, "--script:s", true);
    let path = |part: &Part| match part {
        Part::Option { role: Some('s'), value: Some(value), .. }
            if value.value.contains(['/', '$']) || value.value.ends_with(".nse") =>
        {
            Some(Inner::Hidden(format!("`nmap` runs the script `{}`", value.written)))
        }
        _ => None,
    };
    split.iter().filter_map(path).collect()
}

/// runcon: a context, unless options give its parts.
pub(super) fn runcon(arguments: &[Word]) -> Vec<Inner> {
    let split = parts(arguments, "-t:t --type:t -u:t --user:t -r:t --role:t -l:t --range:t", false);
    let context = !split.iter().any(|part| matches!(part, Part::Option { role: Some('t'), .. }));
    operand(&split, usize::from(context)).map(|at| words(at, arguments.len())).into_iter().collect()
}

/// screen: a command for a new window, or text for one that is there.
pub(super) fn screen(arguments: &[Word]) -> Vec<Inner> {
    let split = parts(arguments, "-S:t -c:t -e:t -h:t -s:X -t:t -T:t -p:t -Q:t", false);
    let has =
        |wanted: &str| split.iter().any(|part| matches!(part, Part::Option { name, .. } if name == wanted));
    let mut out = Vec::new();
    super::by_role("screen", &split, &mut out);
    let Some(at) = operand(&split, 0) else { return out };
    let first = arguments.get(at).map_or("", |word| word.value.as_str());
    if has("-X") {
        match first {
            "exec" | "screen" => out.push(words(at + 1, arguments.len())),
            "stuff" | "eval" => out.extend(
                arguments
                    .iter()
                    .skip(at + 1)
                    .map(|word| shell(&part_of(word, &word.value.replace("\\n", "\n").replace("^M", "\n")))),
            ),
            _ => {}
        }
    } else if has("-m") || has("-S") && !has("-r") && !has("-x") && !has("-R") || split.len() == 1 {
        out.push(words(at, arguments.len()));
    }
    out
}

/// The options of tmux's own commands that take values, and where a text for a shell stands among their operands.
const TMUX: &[(&str, &str, usize)] = &[
    ("display-popup", "-c:t -d:t -e:t -h:t -s:t -S:t -t:t -T:t -w:t -x:t -y:t -b:t", 0),
    ("if", "-t:t", 0),
    ("if-shell", "-t:t", 0),
    ("new", "-c:t -e:t -F:t -f:t -n:t -s:t -t:t -x:t -y:t", 0),
    ("new-session", "-c:t -e:t -F:t -f:t -n:t -s:t -t:t -x:t -y:t", 0),
    ("new-window", "-c:t -e:t -F:t -n:t -t:t", 0),
    ("neww", "-c:t -e:t -F:t -n:t -t:t", 0),
    ("pipe-pane", "-t:t", 0),
    ("pipep", "-t:t", 0),
    ("popup", "-c:t -d:t -e:t -h:t -s:t -S:t -t:t -T:t -w:t -x:t -y:t -b:t", 0),
    ("respawn-pane", "-c:t -e:t -t:t", 0),
    ("respawn-window", "-c:t -e:t -t:t", 0),
    ("respawnp", "-c:t -e:t -t:t", 0),
    ("respawnw", "-c:t -e:t -t:t", 0),
    ("run", "-d:t -t:t -c:t", 0),
    ("run-shell", "-d:t -t:t -c:t", 0),
    ("split-window", "-c:t -e:t -F:t -l:t -p:t -t:t", 0),
    ("splitw", "-c:t -e:t -F:t -l:t -p:t -t:t", 0),
];

/// tmux: commands for its windows, and keys that are typed into them.
pub(super) fn tmux(arguments: &[Word]) -> Vec<Inner> {
    let split = parts(arguments, "-c:Z -f:t -L:t -S:t -T:t", false);
    let mut out = Vec::new();
    super::by_role("tmux", &split, &mut out);
    let Some(mut at) = operand(&split, 0) else { return out };
    for _ in 0..16 {
        let rest = arguments.get(at..).unwrap_or_default();
        let end =
            rest.iter().position(|word| matches!(word.value.as_str(), ";" | "\\;")).unwrap_or(rest.len());
        tmux_command(rest.get(..end).unwrap_or_default(), &mut out);
        at += end + 1;
        if at >= arguments.len() {
            break;
        }
    }
    out
}

fn tmux_command(command: &[Word], out: &mut Vec<Inner>) {
    let Some((name, rest)) = command.split_first() else { return };
    if matches!(name.value.as_str(), "send-keys" | "send") {
        let split = parts(rest, "-t:t -N:t -c:t", false);
        let keys: Vec<&Word> = operand(&split, 0).map_or_else(Vec::new, |at| rest.iter().skip(at).collect());
        let enter = |word: &Word| matches!(word.value.as_str(), "Enter" | "C-m" | "KPEnter" | "C-j");
        let typed: Vec<Word> = keys.iter().filter(|word| !enter(word)).map(|word| (*word).clone()).collect();
        out.extend(joined(&typed).map(|text| shell(&text)));
        return;
    }
    let Ok(found) = TMUX.binary_search_by(|(known, ..)| (*known).cmp(name.value.as_str())) else {
        return out.extend(rest.iter().flat_map(code::macros));
    };
    let Some((_, options, skip)) = TMUX.get(found) else { return };
    let split = parts(rest, options, false);
    let line = operand(&split, *skip).and_then(|at| rest.get(at..)).and_then(joined);
    out.extend(line.map(|text| shell(&text)));
}

/// Chains of commands after `concurrently`-like flags: `entr -s text`, `entr command`.
pub(super) fn entr(arguments: &[Word]) -> Vec<Inner> {
    let split = parts(arguments, "", false);
    let text = split.iter().any(|part| matches!(part, Part::Option { name, .. } if name == "-s"));
    let Some(at) = operand(&split, 0) else { return Vec::new() };
    match arguments.get(at).filter(|_| text) {
        Some(word) => vec![shell(word)],
        None => vec![words(at, arguments.len())],
    }
}

/// Assignments, then a command: `cross-env A=1 command`.
pub(super) fn cross_env(arguments: &[Word]) -> Vec<Inner> {
    let from = arguments.iter().position(|word| !crate::wrappers::is_assignment(&word.value));
    from.map(|from| words(from, arguments.len())).into_iter().collect()
}

/// Tcl for expect: `spawn text`, `exec text`, `system text`.
pub(super) fn expect(arguments: &[Word]) -> Vec<Inner> {
    let split = parts(arguments, "-c:c -f:t", true);
    let mut out = Vec::new();
    for part in &split {
        let Part::Option { role: Some('c'), value: Some(value), .. } = part else { continue };
        for statement in value.value.split([';', '\n', '[', ']']).take(MOST_LINES) {
            let statement = statement.trim();
            let text =
                ["spawn ", "exec ", "system ", "open |"].iter().find_map(|key| statement.strip_prefix(key));
            let text = text.map(|text| text.trim_start_matches("-noecho ").trim_matches(['{', '}', '"']));
            out.extend(text.map(|text| shell(&part_of(value, text))));
        }
    }
    out
}

/// `puppet apply -e "exec { '/bin/sh -c text': }"`.
pub(super) fn puppet(arguments: &[Word]) -> Vec<Inner> {
    let split = parts(arguments, "-e:e --execute:e", true);
    let mut out = Vec::new();
    for part in &split {
        let Part::Option { role: Some('e'), value: Some(value), .. } = part else { continue };
        out.extend(code::calls(value));
        for literal in code::literals(&value.value) {
            let before = value.value.get(..literal.start).unwrap_or_default().trim_end();
            if before.ends_with("=>") && before.trim_end_matches("=>").trim_end().ends_with("command") {
                out.push(shell(&part_of(value, &literal.text)));
            }
        }
    }
    out
}

/// git, beyond what `wrappers` knows: pagers for `grep -O`, settings given to `clone` and `config`, addresses that run programs.
pub(super) fn git(arguments: &[Word]) -> Vec<Inner> {
    let split = parts(arguments, crate::special::GIT, false);
    let Some(at) = operand(&split, 0) else { return Vec::new() };
    let Some((command, rest)) = arguments.get(at..).and_then(<[Word]>::split_first) else {
        return Vec::new();
    };
    let options = match command.value.as_str() {
        "grep" => "-O=Z --open-files-in-pager=Z -e:t -f:t -A:t -B:t -C:t -m:t",
        "clone" => "-c:U --config:U -u:Z -b:t -o:t -j:t --template:H --depth:t --reference:t",
        "init" => "--template:H -b:t",
        "svn" => "--username:t",
        "send-email" => {
            "--to-cmd:Z --cc-cmd:Z --header-cmd:Z --sendmail-cmd:Z --smtp-server:t --to:t --from:t"
        }
        "instaweb" => "-d:Z --httpd:Z -b:Z --browser:Z",
        "web--browse" | "help" => "-b:X --browser:X",
        _ => "",
    };
    let mut out = Vec::new();
    let own = parts(rest, options, true);
    let name = format!("git {}", command.value);
    super::by_role(&name, &own, &mut out);
    super::attached(&name, options, rest, &mut out);
    for word in rest.iter().filter(|word| word.value.contains("ext::")) {
        let text = word.value.split_once("ext::").map_or("", |(_, text)| text);
        // A percent sign and a letter stand for parts of the request; `% ` is a space inside a word.
        out.push(shell(&part_of(word, text)));
    }
    if command.value == "config" {
        out.extend(setting(rest));
    }
    out
}

/// `git config key value`: what the value holds is run later.
fn setting(rest: &[Word]) -> Option<Inner> {
    let split = parts(rest, "-f:t --file:t --blob:t --type:t --default:t --comment:t --value:t", true);
    let mut operands = split.iter().filter_map(|part| match part {
        Part::Operand(at) => rest.get(*at),
        Part::Option { .. } => None,
    });
    let mut key = operands.next()?;
    if matches!(key.value.as_str(), "set" | "add") {
        key = operands.next()?;
    }
    let value = operands.next()?;
    let both = part_of(value, &format!("{}={}", key.value, value.value));
    // An alias for another command of git runs nothing that is not seen when it is used.
    if key.value.to_ascii_lowercase().starts_with("alias.") && !value.value.starts_with('!') {
        return None;
    }
    crate::gitconfig::command(&both).as_ref().map(shell)
}

/// Mercurial: settings that hold commands.
pub(super) fn mercurial(arguments: &[Word]) -> Vec<Inner> {
    let split = parts(arguments, "--config:c -R:t --cwd:t", true);
    let mut out = Vec::new();
    for part in &split {
        let Part::Option { role: Some('c'), value: Some(value), .. } = part else { continue };
        let Some((key, text)) = value.value.split_once('=') else { continue };
        let section = key.split('.').next().unwrap_or_default();
        let runs = matches!(section, "hooks" | "merge-tools" | "extdiff" | "alias" | "schemes")
            || matches!(
                key,
                "ui.editor" | "ui.ssh" | "ui.merge" | "pager.pager" | "ui.askusername" | "ui.remotecmd"
            );
        if section == "extensions" || text.starts_with("python:") {
            out.push(Inner::Hidden(format!("`hg` loads code from `{}`", value.written)));
        } else if runs {
            out.push(shell(&part_of(value, text.trim_start_matches('!'))));
        }
    }
    out
}

/// rclone, restic and their like take texts for a shell in settings: `-o sftp.command=text`.
pub(super) fn backup(arguments: &[Word]) -> Vec<Inner> {
    let split = parts(
        arguments,
        "--password-command:Z --rsh:Z --remote-schema:Z -o:o --option:o --sftp-ssh:Z --metadata-mapper:Z",
        true,
    );
    let mut out = Vec::new();
    super::by_role("restic", &split, &mut out);
    for part in &split {
        let Part::Option { role: Some('o'), value: Some(value), .. } = part else { continue };
        let text =
            value.value.split_once('=').filter(|(key, _)| matches!(*key, "sftp.command" | "rclone.program"));
        out.extend(text.map(|(_, text)| shell(&part_of(value, text))));
    }
    out
}

/// openvpn: scripts that it calls.
pub(super) fn openvpn(arguments: &[Word]) -> Vec<Inner> {
    let scripts = [
        "--up",
        "--down",
        "--route-up",
        "--route-pre-down",
        "--ipchange",
        "--client-connect",
        "--client-disconnect",
        "--learn-address",
        "--tls-verify",
        "--auth-user-pass-verify",
        "--iproute",
    ];
    let mut out = Vec::new();
    for pair in arguments.windows(2) {
        let [option, value] = pair else { continue };
        if scripts.contains(&option.value.as_str()) {
            out.push(shell(value));
        } else if option.value == "--plugin" {
            out.push(Inner::Hidden(format!("`openvpn` loads `{}`", value.written)));
        }
    }
    out
}

/// `aws ssm send-command --parameters commands=…`: texts in brackets and quotes, or one plain text.
pub(super) fn ssm(arguments: &[Word]) -> Vec<Inner> {
    let split = parts(arguments, "--parameters:p", true);
    let mut out = Vec::new();
    for part in &split {
        let Part::Option { role: Some('p'), value: Some(value), .. } = part else { continue };
        let Some((_, text)) = value.value.split_once("commands") else { continue };
        let text = text.trim_start_matches(['"', '\'', '=', ':', ' ', '[']);
        let literals = code::literals(
            value.value.split_once("commands").map_or("", |(_, rest)| rest.trim_start_matches(['"', '\''])),
        );
        if literals.is_empty() {
            out.push(shell(&part_of(value, text.trim_end_matches(']'))));
        }
        out.extend(literals.iter().map(|literal| shell(&part_of(value, &literal.text))));
    }
    out
}

/// Desktop window managers: `i3-msg exec text`.
pub(super) fn after_exec(arguments: &[Word]) -> Vec<Inner> {
    let Some(text) = joined(arguments) else { return Vec::new() };
    let found = text
        .value
        .split_once("exec ")
        .map(|(_, rest)| rest.trim_start_matches("--no-startup-id ").to_owned());
    found.map(|found| shell(&part_of(&text, &found))).into_iter().collect()
}

/// IPython: Python, and lines that begin with `!`.
pub(super) fn ipython(arguments: &[Word]) -> Vec<Inner> {
    let split = parts(arguments, "-c:c", true);
    let mut out = Vec::new();
    for part in &split {
        let Part::Option { role: Some('c'), value: Some(value), .. } = part else { continue };
        out.extend(super::databases::bangs(value));
        out.extend(editors::in_language("python3", value, &value.value));
    }
    out
}

/// `vim +text`, `less '+!text'`: a command that the program begins with.
pub(super) fn plus(arguments: &[Word]) -> Vec<Inner> {
    let texts =
        arguments.iter().filter_map(|word| word.value.strip_prefix('+').map(|text| part_of(word, text)));
    texts.take(16).flat_map(|text| editors::ex(&text)).collect()
}

/// `gh alias set name '!text'`.
pub(super) fn gh_alias(arguments: &[Word]) -> Vec<Inner> {
    let text = arguments.iter().filter(|word| !word.value.starts_with('-')).nth(1);
    let flag = arguments.iter().any(|word| matches!(word.value.as_str(), "-s" | "--shell"));
    let found = text.and_then(|word| match word.value.strip_prefix('!') {
        Some(text) => Some(shell(&part_of(word, text))),
        None if flag => Some(shell(word)),
        None => None,
    });
    found.into_iter().collect()
}

/// `rustc -C linker=program`.
pub(super) fn rustc(arguments: &[Word]) -> Vec<Inner> {
    let linker = |word: &Word| {
        let text = word.value.trim_start_matches("-C");
        text.strip_prefix("linker=").map(|text| program(&part_of(word, text)))
    };
    arguments.iter().filter_map(linker).collect()
}

/// `mvn exec:exec -Dexec.executable=program -Dexec.args=text`.
pub(super) fn maven(arguments: &[Word]) -> Vec<Inner> {
    let value =
        |key: &str| arguments.iter().find_map(|word| word.value.strip_prefix(key).map(|text| (word, text)));
    let Some((word, text)) = value("-Dexec.executable=") else { return Vec::new() };
    let rest = value("-Dexec.args=").map_or("", |(_, rest)| rest);
    vec![shell(&part_of(word, format!("{text} {rest}").trim_end()))]
}

/// `pppd connect text`.
pub(super) fn pppd(arguments: &[Word]) -> Vec<Inner> {
    let pairs = arguments.windows(2).filter_map(|pair| match pair {
        [name, text]
            if matches!(name.value.as_str(), "connect" | "disconnect" | "init" | "welcome" | "pty") =>
        {
            Some(shell(text))
        }
        _ => None,
    });
    pairs.collect()
}

/// `rails runner code`.
pub(super) fn rails_runner(arguments: &[Word]) -> Vec<Inner> {
    let code = arguments.iter().find(|word| !word.value.starts_with('-'));
    code.map_or_else(Vec::new, |code| editors::in_language("ruby", code, &code.value))
}

/// `sqlite3 file statement…`.
pub(super) fn sqlite(arguments: &[Word]) -> Vec<Inner> {
    let split = parts(arguments, "-cmd:t -init:t -separator:t -nullvalue:t -mmap:t", true);
    let operands =
        split.iter().filter_map(|part| if let Part::Operand(at) = part { arguments.get(*at) } else { None });
    operands.skip(1).take(16).flat_map(super::databases::statements).collect()
}

/// `run-parts directory`: whatever stands there.
pub(super) fn directory_of_scripts(arguments: &[Word]) -> Vec<Inner> {
    let lists = arguments.iter().any(|word| matches!(word.value.as_str(), "--test" | "--list"));
    let directory = arguments.iter().rev().find(|word| !word.value.starts_with('-')).filter(|_| !lists);
    directory
        .map(|word| Inner::Hidden(format!("`run-parts` runs the scripts in `{}`", word.written)))
        .into_iter()
        .collect()
}

/// `rg --pre program pattern root`: the program is given each file below the roots.
pub(super) fn ripgrep(arguments: &[Word]) -> Vec<Inner> {
    let split =
        parts(arguments, "--pre:p -g:t -e:e -f:e -A:t -B:t -C:t -t:t -T:t -m:t -r:t --pre-glob:t", true);
    let value = |wanted: char| {
        split.iter().find_map(|part| match part {
            Part::Option { role: Some(role), value: Some(value), .. } if *role == wanted => Some(value),
            _ => None,
        })
    };
    let Some(pre) = value('p').filter(|word| !word.value.is_empty()) else { return Vec::new() };
    let operands = split.iter().filter_map(|part| match part {
        Part::Operand(at) => arguments.get(*at),
        Part::Option { .. } => None,
    });
    let mut roots: Vec<&str> =
        operands.skip(usize::from(value('e').is_none())).take(16).map(|word| word.value.as_str()).collect();
    if roots.is_empty() {
        roots.push(".");
    }
    let text = |root: &str| {
        let root = super::quoted(root.trim_end_matches('/'));
        shell(&part_of(pre, &format!("{} {root}/**", super::quoted(&pre.value))))
    };
    roots.into_iter().map(text).collect()
}
