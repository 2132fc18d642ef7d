//! Programs that run another command given in their arguments, and where that command stands.

use crate::answer::{Certainty, Word};
use crate::expand::known;
use crate::gitconfig;
use crate::language::Deed;
use crate::options::{Part, part_of, parts};
use crate::programs::MAPFILE;
use crate::special::{GIT, TAR};

/// A command inside the arguments of another.
#[derive(Debug)]
pub(crate) enum Inner {
    /// These arguments are its words.
    Words { from: usize, to: usize, certainty: Certainty },
    /// A shell reads this text.
    Text { text: Word, certainty: Certainty },
    /// These words.
    Known { words: Vec<Word>, certainty: Certainty },
    /// What is run can't be seen; why.
    Hidden(String),
}

/// What a wrapper runs, and how.
#[derive(Debug, Default)]
pub(crate) struct Peeled {
    pub(crate) inner: Vec<Inner>,
    /// The directory it runs in, when the wrapper changes it.
    pub(crate) directory: Option<Word>,
    /// It runs in the shell itself, so what it changes stays.
    pub(crate) same_shell: bool,
    /// It gets arguments that only show when it runs.
    pub(crate) more_arguments: bool,
    /// The starting points that stand for `{}`.
    pub(crate) roots: Vec<Word>,
    /// The pattern that the names it fills in match.
    pub(crate) names: Option<String>,
    /// It runs what it reads from standard input.
    pub(crate) reads_input: bool,
    /// Which of the commands inside runs on another host.
    pub(crate) elsewhere: Option<usize>,
    /// The argument that names a script for a shell.
    pub(crate) script: Option<usize>,
}

/// Most bytes that are put in for the `{}` of one command.
const LONGEST_FILLED: usize = 64 * 1024;

struct Wrapper {
    name: &'static str,
    options: &'static str,
    /// Operands before the command.
    skip: usize,
    certainty: Certainty,
}

const fn wrapper(name: &'static str, options: &'static str, skip: usize) -> Wrapper {
    Wrapper { name, options, skip, certainty: Certainty::Proven }
}

const XARGS: &str = "-I:t -i=t -n:t -L:t -P:t -s:t -d:t -E:t -a:r --arg-file:r --max-args:t --replace=t --max-procs:t --delimiter:t --max-lines=t --max-chars:t --process-slot-var:t -e=t -l=t";
const TRACE: &str =
    "-o:w -e:t -p:t -s:t -u:t -E:t -P:t -a:t -O:t -S:t -I:t -b:t -X:t -U:t -n:t -l:t -x:t -A:t -D:t -F:t";
const SSH: &str = "-i:i -F:i -o:t -p:t -l:t -L:t -R:t -D:t -J:t -E:w -S:t -b:t -c:t -e:t -m:t -O:t -Q:t -W:t -w:t -B:t -I:t -P:t";

/// Sorted by name. `Z` is the role of an option that holds a text for a shell, `l` that of a directory to change to.
static WRAPPERS: &[Wrapper] = &[
    wrapper("builtin", "", 0),
    wrapper("bundle exec", "", 0),
    wrapper("busybox", "", 0),
    wrapper("caffeinate", "-t:t -w:t", 0),
    wrapper("choom", "-n:t --adjust:t -p:t --pid:t", 0),
    wrapper("chronic", "", 0),
    wrapper("chroot", "--userspec:t --groups:t", 1),
    wrapper("chrt", "-T:t -P:t -D:t", 1),
    wrapper("command", "", 0),
    wrapper("cpulimit", "-l:t --limit:t -p:t --pid:t -e:t --exe:t -c:t --cpu:t", 0),
    wrapper("dbus-run-session", "--config-file:r --dbus-daemon:x", 0),
    wrapper("doas", "-u:t -C:r -a:t", 0),
    wrapper("dumb-init", "--rewrite:t -r:t", 0),
    wrapper("eatmydata", "", 0),
    wrapper("env", "-u:t --unset:t -C:l --chdir:l -S:Z --split-string:Z -a:t --argv0:t -P:t", 0),
    wrapper("exec", "-a:t", 0),
    wrapper("fakeroot", "-l:r --lib:r --faked:x -s:w -i:r -b:t", 0),
    wrapper("faketime", "", 1),
    wrapper("firejail", "", 0),
    wrapper("flock", "-w:t --wait:t --timeout:t -E:t --conflict-exit-code:t -c:Z --command:Z", 1),
    wrapper("gosu", "", 1),
    wrapper("ionice", "-c:t --class:t -n:t --classdata:t -p:t --pid:t -P:t -u:t", 0),
    wrapper("linux32", "", 0),
    wrapper("linux64", "", 0),
    wrapper("ltrace", TRACE, 0),
    wrapper("nice", "-n:t --adjustment:t", 0),
    wrapper("noglob", "", 0),
    wrapper("nohup", "", 0),
    wrapper("nsenter", "-t:t --target:t -S:t -G:t -r=t -w=t", 0),
    wrapper(
        "numactl",
        "-i:t -m:t -N:t -C:t -p:t --interleave:t --membind:t --cpunodebind:t --physcpubind:t --preferred:t",
        0,
    ),
    wrapper("pipenv run", "", 0),
    wrapper("pkexec", "-u:t --user:t", 0),
    wrapper("poetry run", "", 0),
    wrapper("prlimit", "-p:t --pid:t -o:t", 0),
    wrapper("proxychains", "-f:r", 0),
    wrapper("proxychains4", "-f:r", 0),
    wrapper("rlwrap", "", 0),
    wrapper(
        "run0",
        "-u:t --user:t -g:t --group:t -D:l --chdir:l -p:t --property:t --unit:t --slice:t --description:t --nice:t --setenv:t --background:t -M:t --machine:t",
        0,
    ),
    wrapper("runuser", "-u:t --user:t -c:Z --command:Z -s:x --shell:x -g:t -G:t", 0),
    wrapper("setarch", "", 0),
    wrapper("setpriv", "--reuid:t --regid:t --groups:t --inh-caps:t --bounding-set:t --securebits:t", 0),
    wrapper("setsid", "", 0),
    wrapper("sg", "-c:Z", 1),
    wrapper("shx", "", 0),
    wrapper("stdbuf", "-i:t -o:t -e:t --input:t --output:t --error:t", 0),
    wrapper("strace", TRACE, 0),
    wrapper("su-exec", "", 1),
    wrapper(
        "sudo",
        "-u:t --user:t -g:t --group:t -h:t --host:t -p:t --prompt:t -C:t --close-from:t -r:t --role:t -t:t --type:t -T:t -U:t -D:l --chdir:l -R:t --chroot:t",
        0,
    ),
    wrapper(
        "systemd-run",
        "-p:t --property:t -u:t --unit:t --slice:t --description:t --working-directory:l -E:t --setenv:t --on-calendar:t --on-active:t --uid:t --gid:t --nice:t -M:t -H:t",
        0,
    ),
    wrapper("taskset", "", 1),
    wrapper("time", "-f:t --format:t -o:w --output:w", 0),
    wrapper("timeout", "-k:t --kill-after:t -s:t --signal:t", 1),
    wrapper("tini", "-p:t -e:t", 0),
    wrapper("torsocks", "-P:t -a:t -u:t -p:t", 0),
    wrapper("toybox", "", 0),
    wrapper("uname26", "", 0),
    wrapper("unbuffer", "", 0),
    wrapper(
        "unshare",
        "-S:t --setuid:t -G:t --setgid:t -R:t --root:t -w:l --wd:l --map-user:t --map-group:t --propagation:t",
        0,
    ),
    wrapper(
        "uv run",
        "--with:t -p:t --python:t --extra:t --group:t --env-file:r --directory:l --project:t --package:t",
        0,
    ),
    wrapper("valgrind", "", 0),
    wrapper("x86_64", "", 0),
    Wrapper { certainty: Certainty::Assumed, ..wrapper("xargs", XARGS, 0) },
    wrapper(
        "xvfb-run",
        "-e:w --error-file:w -f:w --auth-file:w -n:t --server-num:t -p:t --xauth-protocol:t -s:t --server-args:t -w:t --wait:t",
        0,
    ),
];

const SHELLS: &[&str] = &["ash", "bash", "dash", "fish", "ksh", "mksh", "rbash", "sh", "zsh"];
/// Wrappers that add nothing to a command in the shell that reads it.
const IN_SHELL: &[&str] = &["builtin", "command", "exec", "noglob", "time"];

/// Is it a program that runs what it reads, when it gets no script?
pub(crate) fn is_shell(name: &str) -> bool {
    SHELLS.contains(&name) || matches!(name, "at" | "batch")
}

/// Does it run commands in containers, with files of their own?
pub(crate) fn is_container(name: &str) -> bool {
    CONTAINERS.contains(&name)
}

/// Programs that run commands in containers.
const CONTAINERS: &[&str] = &[
    "crictl",
    "ctr",
    "docker",
    "docker-compose",
    "incus",
    "kubectl",
    "lxc",
    "nerdctl",
    "oc",
    "podman",
    "podman-compose",
];

/// A program of another language that runs what it reads.
pub(crate) fn is_interpreter(name: &str) -> bool {
    crate::language::family(name).is_some_and(|family| family != crate::language::Family::Awk)
}

/// The options of a wrapper, for the paths among them; `None` when `name` is no wrapper.
pub(crate) fn options(name: &str) -> Option<&'static str> {
    find(name).map(|wrapper| wrapper.options).or(match name {
        "ssh" => Some(SSH),
        "su" => Some(SU),
        "script" => Some(SCRIPT),
        "watch" => Some(WATCH),
        "hyperfine" => Some(HYPERFINE),
        "parallel" => Some(PARALLEL),
        _ => None,
    })
}

const HYPERFINE: &str = "-p:Z --prepare:Z -c:Z --cleanup:Z -s:Z --setup:Z --conclude:Z -w:t --warmup:t -m:t --min-runs:t -M:t --max-runs:t -r:t --runs:t -S:x --shell:x -n:t --command-name:t -u:t --time-unit:t --style:t --sort:t -P&t --parameter-scan&t -L&t --parameter-list&t --output:w --input:r --export-json:w --export-csv:w --export-markdown:w --export-asciidoc:w --export-orgmode:w";
const SCP: &str = "-o:t -S:Z -i:t -F:t -P:t -J:t -c:t -l:t -D:Z";
const SU: &str = "-c:Z --command:Z -s:x --shell:x -g:t -G:t -w:t";
const SCRIPT: &str = "-c:Z --command:Z -E:t -T:w -I:w -O:w -B:w -m:t -o:t";
const WATCH: &str = "-n:t --interval:t -d=t -q:t --equexit:t";
const PARALLEL: &str = "-a:r --arg-file:r -j:t --jobs:t -N:t -n:t -I:t --colsep:t -C:t --delay:t --timeout:t --joblog:w --results:w -S:t --sshlogin:t -P:t -L:t --tmpdir:w --retries:t --halt:t --tagstring:t --wd:l --workdir:l";

fn find(name: &str) -> Option<&'static Wrapper> {
    WRAPPERS.binary_search_by(|wrapper| wrapper.name.cmp(name)).ok().and_then(|at| WRAPPERS.get(at))
}

/// Finds the commands that `name` runs with `arguments`.
pub(crate) fn peel(name: &str, arguments: &[Word]) -> Peeled {
    let mut peeled = own(name, arguments);
    peeled.inner.extend(crate::escapes::inner(name, arguments));
    if let Some(given) = crate::language::given(name, arguments) {
        peeled.reads_input = given.input;
        if let Some(code) = &given.code {
            peeled.inner.extend(deeds(name, code, &given.rest));
        }
    }
    peeled
}

/// What code of another language runs, when it is given these arguments.
pub(crate) fn deeds(language: &str, code: &Word, rest: &[Word]) -> Vec<Inner> {
    let inner = |deed: Deed| match deed {
        Deed::Shell { text, certainty } => Some(Inner::Text { text: part_of(code, &text), certainty }),
        Deed::Program { argv, certainty } => {
            let words = argv.iter().map(|word| part_of(code, word)).collect();
            Some(Inner::Known { words, certainty })
        }
        Deed::Hidden(why) => Some(Inner::Hidden(why)),
        _ => None,
    };
    crate::language::read(language, code, rest).deeds.into_iter().filter_map(inner).collect()
}

fn own(name: &str, arguments: &[Word]) -> Peeled {
    match name {
        "eval" => text(joined(arguments, 0), Certainty::Proven, true),
        "trap" => match arguments.iter().find(|word| word.value != "--") {
            Some(handler)
                if arguments.len() > 1 && !handler.value.starts_with('-') && !handler.value.is_empty() =>
            {
                Peeled { same_shell: false, ..text(Some(handler.clone()), Certainty::Assumed, false) }
            }
            _ => Peeled::default(),
        },
        "source" | "." => Peeled { script: (!arguments.is_empty()).then_some(0), ..Peeled::default() },
        "at" | "batch" => {
            let script = arguments.iter().position(|word| word.value == "-f").map(|at| at + 1);
            Peeled { reads_input: script.is_none(), script, ..Peeled::default() }
        }
        "find" => in_find(arguments),
        "fd" | "fdfind" => in_fd(arguments),
        "ssh" | "mosh" => remote(arguments),
        "scp" | "sftp" => settings(arguments, SCP),
        "rsync" => by_role(arguments, "-e:Z --rsh:Z --exclude:t --include:t -f:t --filter:t"),
        "tar" => by_role(arguments, TAR),
        "mapfile" | "readarray" => callback(arguments),
        "git" => in_git(arguments),
        "capsh" => match arguments.iter().position(|word| matches!(word.value.as_str(), "--" | "==")) {
            Some(at) => shell(arguments.get(at + 1..).unwrap_or_default()),
            None => Peeled::default(),
        },
        "cgdb" | "gdb" | "gdb-multiarch" | "rust-gdb" => after(arguments, "--args"),
        "lldb" | "rust-lldb" => after(arguments, "--"),
        "bunx" | "npx" | "pnpx" => packaged(arguments),
        "hyperfine" => hyperfine(arguments),
        "start-stop-daemon" => daemon(arguments),
        "runuser" if arguments.iter().any(|word| matches!(word.value.as_str(), "-c" | "--command")) => {
            by_option(name, arguments)
        }
        "su" | "script" => by_option(name, arguments),
        "watch" => watch(arguments),
        "parallel" => parallel(arguments),
        _ if is_shell(name) => shell(arguments),
        _ => by_table(name, arguments),
    }
}

fn text(text: Option<Word>, certainty: Certainty, same_shell: bool) -> Peeled {
    let inner = text.map(|text| Inner::Text { text, certainty }).into_iter().collect();
    Peeled { inner, same_shell, ..Peeled::default() }
}

/// The words from `from` on as one text, as `eval`, `ssh` and `watch` put them together.
fn joined(arguments: &[Word], from: usize) -> Option<Word> {
    let words = arguments.get(from..).filter(|words| !words.is_empty())?;
    let value = words.iter().map(|word| word.value.as_str()).collect::<Vec<_>>().join(" ");
    let certainty = words.iter().map(|word| word.certainty).max().unwrap_or(Certainty::Proven);
    let complete = words.iter().all(|word| word.complete);
    let mut word = Word { certainty, complete, ..known(&value) };
    words.iter().for_each(|from| word.carry(from));
    word.open_prefix = words.first().and_then(|first| first.open_prefix.clone());
    Some(word)
}

/// Is `name` the first word of a wrapper with a name of two?
fn has_second(name: &str) -> bool {
    let after = WRAPPERS.partition_point(|wrapper| wrapper.name <= name);
    let next = WRAPPERS.get(after).and_then(|wrapper| wrapper.name.strip_prefix(name));
    next.is_some_and(|rest| rest.starts_with(' '))
}

/// Packages whose program is a command like another one, or runs one. Sorted.
const PACKAGED: &[&str] =
    &["concurrently", "cross-env", "del-cli", "dotenv", "nodemon", "rimraf", "shx", "ts-node", "tsx"];

/// `npx rimraf@5 dist`: the program of a package that is known.
fn packaged(arguments: &[Word]) -> Peeled {
    let split = parts(arguments, "-p:t --package:t -c:t --call:t", false);
    let first = split.iter().find_map(|part| if let Part::Operand(at) = part { Some(*at) } else { None });
    let words = first.and_then(|at| arguments.get(at..)).unwrap_or_default();
    let Some((package, rest)) = words.split_first() else { return Peeled::default() };
    let name = package.value.split('@').next().unwrap_or_default();
    if PACKAGED.binary_search(&name).is_err() {
        return Peeled::default();
    }
    let words = std::iter::once(part_of(package, name)).chain(rest.iter().cloned()).collect();
    Peeled { inner: vec![Inner::Known { words, certainty: Certainty::Assumed }], ..Peeled::default() }
}

/// A command that stands behind a mark.
fn after(arguments: &[Word], mark: &str) -> Peeled {
    let found = arguments.iter().position(|word| word.value == mark);
    let inner = found.filter(|at| at + 1 < arguments.len()).map(|at| Inner::Words {
        from: at + 1,
        to: arguments.len(),
        certainty: Certainty::Assumed,
    });
    Peeled { inner: inner.into_iter().collect(), ..Peeled::default() }
}

/// The first operand of `setarch`, which may be left out.
fn is_architecture(name: &str) -> bool {
    let known = [
        "linux32", "linux64", "x86_64", "uname26", "aarch64", "armv", "ppc", "s390", "mips", "sparc", "riscv",
    ];
    known.iter().any(|start| name.starts_with(start)) || (name.starts_with('i') && name.ends_with("86"))
}

fn by_table(name: &str, arguments: &[Word]) -> Peeled {
    let two = arguments.first().filter(|_| has_second(name)).map(|first| format!("{name} {}", first.value));
    let (wrapper, offset) = match (find(name), two.as_deref().and_then(find)) {
        (Some(wrapper), _) => (wrapper, 0),
        (None, Some(wrapper)) => (wrapper, 1),
        (None, None) => return Peeled::default(),
    };
    let rest = arguments.get(offset..).unwrap_or_default();
    let parts = parts(rest, wrapper.options, false);
    let mut peeled = Peeled { same_shell: IN_SHELL.contains(&name), ..Peeled::default() };
    let mut skip = wrapper.skip;
    if name == "setarch"
        && rest
            .iter()
            .find(|word| !word.value.starts_with('-'))
            .is_some_and(|word| is_architecture(&word.value))
    {
        skip = 1;
    }
    for part in &parts {
        match part {
            Part::Option { name: option, .. }
                if name == "command" && matches!(option.as_str(), "-v" | "-V") =>
            {
                return Peeled::default();
            }
            Part::Option { name: option, .. } if name == "taskset" && option == "-p" => {
                return Peeled::default();
            }
            Part::Option { role: Some('l'), value: Some(value), .. } => {
                peeled.directory = Some(value.clone())
            }
            Part::Option { role: Some('Z'), value: Some(value), .. } => {
                peeled.inner.push(Inner::Text { text: value.clone(), certainty: wrapper.certainty });
            }
            _ => {}
        }
    }
    let mut from = None;
    for part in &parts {
        let Part::Operand(at) = part else { continue };
        let assignment = rest.get(*at).is_some_and(|word| is_assignment(&word.value));
        if skip > 0 {
            skip -= 1;
        } else if !(assignment && matches!(name, "env" | "sudo" | "doas" | "command")) {
            from = Some(*at + offset);
            break;
        }
    }
    let command = from
        .filter(|_| matches!(name, "flock" | "sg"))
        .and_then(|from| arguments.get(from + 1).zip(arguments.get(from)));
    if let Some((text, _)) = command.filter(|(_, flag)| matches!(flag.value.as_str(), "-c" | "--command")) {
        peeled.inner.push(Inner::Text { text: text.clone(), certainty: wrapper.certainty });
    } else if let Some(from) = from {
        peeled.inner.push(Inner::Words { from, to: arguments.len(), certainty: wrapper.certainty });
    }
    peeled.more_arguments = name == "xargs";
    peeled
}

/// Is the word of the form `NAME=…`?
pub(crate) fn is_assignment(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, _)| {
        name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic())
            && name.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric())
    })
}

/// Most commands of one `find` that are followed.
const MOST_ACTIONS: usize = 64;
/// Most arguments of `parallel` that are tried.
const MOST_VALUES: usize = 16;

fn in_find(arguments: &[Word]) -> Peeled {
    let mut peeled = Peeled::default();
    let starts = |word: &Word| matches!(word.value.as_str(), "-exec" | "-execdir" | "-ok" | "-okdir");
    let mut index = 0;
    while let Some(word) = arguments.get(index) {
        index += 1;
        if !starts(word) {
            continue;
        }
        let ends = |word: &Word| matches!(word.value.as_str(), ";" | "+" | "\\;");
        let length = arguments.get(index..).unwrap_or_default().iter().position(ends);
        let to = length.map_or(arguments.len(), |length| index + length);
        if peeled.inner.len() >= MOST_ACTIONS {
            peeled.inner.push(Inner::Hidden("`find` runs more commands than are followed".to_owned()));
            break;
        }
        if to > index {
            peeled.inner.push(Inner::Words { from: index, to, certainty: Certainty::Assumed });
        }
        index = to;
    }
    peeled.roots = find_roots(arguments);
    peeled.names = find_names(arguments);
    peeled
}

/// Where `find` starts.
pub(crate) fn find_roots(arguments: &[Word]) -> Vec<Word> {
    let rest = arguments.iter().skip_while(|word| matches!(word.value.as_str(), "-L" | "-H" | "-P"));
    let plain = |word: &&Word| !word.value.starts_with('-') && word.value != "(" && word.value != "!";
    let roots: Vec<Word> = rest.take_while(plain).cloned().collect();
    if roots.is_empty() { vec![known(".")] } else { roots }
}

/// The pattern below its starting point that all names match that `find` finds, when its tests are simple enough to say.
pub(crate) fn find_names(arguments: &[Word]) -> Option<String> {
    let simple =
        |word: &Word| !matches!(word.value.as_str(), "-o" | "-or" | "!" | "-not" | "," | "(" | "-prune");
    let mut patterns = arguments.windows(2).filter_map(|pair| match pair {
        [test, pattern] if matches!(test.value.as_str(), "-name" | "-iname") => Some((test, pattern)),
        _ => None,
    });
    let (test, only) = patterns.next().filter(|_| patterns.next().is_none())?;
    let sure = arguments.iter().all(simple) && only.complete && only.certainty < Certainty::Opaque;
    let says = only.value.contains(|c: char| c.is_alphanumeric());
    let shallow = arguments
        .windows(2)
        .any(|pair| matches!(pair, [test, depth] if test.value == "-maxdepth" && depth.value == "1"));
    let deep = if shallow { "" } else { "**/" };
    let name = if test.value == "-iname" { either_case(&only.value) } else { only.value.clone() };
    (sure && says && !only.value.contains('/')).then(|| format!("{deep}{name}"))
}

/// A pattern for names in capital and small letters: `etc` is `[eE][tT][cC]`.
pub(crate) fn either_case(pattern: &str) -> String {
    if pattern.contains('[') {
        return pattern.to_owned();
    }
    let one = |letter: char| match letter.is_ascii_alphabetic() {
        true => format!("[{}{}]", letter.to_ascii_lowercase(), letter.to_ascii_uppercase()),
        false => letter.to_string(),
    };
    pattern.chars().map(one).collect()
}

fn in_fd(arguments: &[Word]) -> Peeled {
    let runs = |word: &Word| matches!(word.value.as_str(), "-x" | "-X" | "--exec" | "--exec-batch");
    let mut peeled = Peeled { roots: vec![known(".")], ..Peeled::default() };
    if let Some(at) = arguments.iter().position(runs)
        && at + 1 < arguments.len()
    {
        peeled.inner.push(Inner::Words { from: at + 1, to: arguments.len(), certainty: Certainty::Assumed });
    }
    peeled
}

/// The command that `ssh` runs; its options may stand after the host as well.
fn remote(arguments: &[Word]) -> Peeled {
    let first = |words: &[Word]| {
        parts(words, SSH, false)
            .into_iter()
            .find_map(|part| if let Part::Operand(at) = part { Some(at) } else { None })
    };
    let Some(host) = first(arguments) else { return settings(arguments, SSH) };
    let rest = arguments.get(host + 1..).unwrap_or_default();
    let command = first(rest).map(|at| host + 1 + at);
    let mut peeled = settings(arguments.get(..host).unwrap_or_default(), SSH);
    let after = arguments.get(host + 1..command.unwrap_or(arguments.len())).unwrap_or_default();
    peeled.inner.extend(settings(after, SSH).inner);
    if let Some(from) = command {
        if !arguments.get(host).is_some_and(|host| is_this_host(&host.value)) {
            peeled.elsewhere = Some(peeled.inner.len());
        }
        peeled.inner.extend(text(joined(arguments, from), Certainty::Assumed, false).inner);
    }
    peeled
}

/// `localhost`, `me@127.0.0.1`, `ssh://[::1]:22`.
fn is_this_host(destination: &str) -> bool {
    let host = destination.strip_prefix("ssh://").unwrap_or(destination);
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = match host.strip_prefix('[') {
        Some(host) => host.split(']').next().unwrap_or_default(),
        None if host.matches(':').count() == 1 => host.split(':').next().unwrap_or_default(),
        None => host,
    };
    host == "localhost"
        || host == "::1"
        || host == "0.0.0.0"
        || host.starts_with("127.")
        || host.ends_with(".localhost")
}

/// `-o ProxyCommand=…` and its like run a command here; so does an option with the role `Z`.
fn settings(arguments: &[Word], options: &str) -> Peeled {
    let mut peeled = Peeled::default();
    for part in parts(arguments, options, false) {
        let Part::Option { name, role, value: Some(value) } = part else { continue };
        let command = match (name.as_str(), value.value.split_once(['=', ' '])) {
            _ if role == Some('Z') => value,
            ("-o", Some((key, command)))
                if SSH_COMMANDS.iter().any(|known| known.eq_ignore_ascii_case(key.trim())) =>
            {
                part_of(&value, command)
            }
            _ => continue,
        };
        if command.value != "none" {
            peeled.inner.push(Inner::Text { text: command, certainty: Certainty::Assumed });
        }
    }
    peeled
}

/// Settings of ssh whose value is run.
const SSH_COMMANDS: &[&str] = &["KnownHostsCommand", "LocalCommand", "ProxyCommand"];

/// The texts that options hold for a shell: those with the role `Z`, and `exec=…` in those with `A`.
fn by_role(arguments: &[Word], options: &str) -> Peeled {
    let mut peeled = Peeled::default();
    for part in parts(arguments, options, true) {
        let Part::Option { role, value: Some(value), .. } = part else { continue };
        let command = match role {
            Some('Z') if value.value != "ssh" => value,
            Some('A') => match value.value.strip_prefix("exec=") {
                Some(command) => part_of(&value, command),
                None => continue,
            },
            _ => continue,
        };
        peeled.inner.push(Inner::Text { text: command, certainty: Certainty::Assumed });
    }
    peeled
}

/// `mapfile -C text`: the shell runs the text, with what it read after it.
fn callback(arguments: &[Word]) -> Peeled {
    let mut peeled = by_role(arguments, MAPFILE);
    if !peeled.inner.is_empty() {
        peeled.inner.push(Inner::Hidden("a callback gets the lines that are read as arguments".to_owned()));
    }
    peeled
}

/// Commands that git is given: by settings and aliases, by options of its subcommands, after some of them.
fn in_git(arguments: &[Word]) -> Peeled {
    let mut peeled = Peeled::default();
    let mut at = None;
    for part in parts(arguments, GIT, false) {
        match part {
            Part::Option { name, value: Some(value), .. } if name == "-c" => {
                let text = gitconfig::command(&value);
                peeled.inner.extend(text.map(|text| Inner::Text { text, certainty: Certainty::Assumed }));
            }
            Part::Operand(index) => at = at.or(Some(index)),
            Part::Option { .. } => {}
        }
    }
    let Some((at, command)) = at.and_then(|at| arguments.get(at).map(|word| (at, word.value.as_str())))
    else {
        return peeled;
    };
    let rest = arguments.get(at + 1..).unwrap_or_default();
    let options = match command {
        "rebase" => "-x:Z --exec:Z -s:t -X:t --onto:t",
        "difftool" => "-x:Z --extcmd:Z -t:t",
        "clone" | "fetch" | "pull" | "fetch-pack" => "--upload-pack:Z",
        "ls-remote" => "--upload-pack:Z --exec:Z",
        "push" | "send-pack" => "--receive-pack:Z --exec:Z",
        "archive" => "--exec:Z",
        "filter-branch" => {
            "--env-filter:Z --tree-filter:Z --index-filter:Z --parent-filter:Z --msg-filter:Z --commit-filter:Z --tag-name-filter:Z --setup:Z"
        }
        _ => "",
    };
    peeled.inner.extend(by_role(rest, options).inner);
    let second = rest.first().map_or("", |word| word.value.as_str());
    match (command, second) {
        ("bisect", "run") if rest.len() > 1 => peeled.inner.push(Inner::Words {
            from: at + 2,
            to: arguments.len(),
            certainty: Certainty::Proven,
        }),
        ("submodule", "foreach") => {
            let from = rest.iter().skip(1).position(|word| !word.value.starts_with('-'));
            let command = from.and_then(|from| joined(rest, from + 1));
            peeled.inner.extend(text(command, Certainty::Proven, false).inner);
        }
        _ => {}
    }
    peeled
}

/// Each operand is a text for a shell.
fn hyperfine(arguments: &[Word]) -> Peeled {
    let mut peeled = Peeled::default();
    for part in parts(arguments, HYPERFINE, true) {
        let text = match part {
            Part::Operand(at) => arguments.get(at).cloned(),
            Part::Option { role: Some('Z'), value, .. } => value,
            Part::Option { .. } => None,
        };
        peeled.inner.extend(text.map(|text| Inner::Text { text, certainty: Certainty::Proven }));
    }
    peeled
}

/// `start-stop-daemon -S -x program -- arguments`.
fn daemon(arguments: &[Word]) -> Peeled {
    let program = parts(arguments, "-x:Z --exec:Z -a:Z --startas:Z -p:t -n:t -u:t -c:t -d:t -s:t", true)
        .into_iter()
        .rev()
        .find_map(|part| match part {
            Part::Option { role: Some('Z'), value, .. } => value,
            _ => None,
        });
    let Some(program) = program else { return Peeled::default() };
    let end = arguments.iter().position(|word| word.value == "--").map_or(arguments.len(), |at| at + 1);
    let words: Vec<&str> = std::iter::once(program.canonical.as_str())
        .chain(arguments.iter().skip(end).map(|word| word.canonical.as_str()))
        .collect();
    let complete = program.complete && arguments.iter().skip(end).all(|word| word.complete);
    let certainty = if complete { Certainty::Proven } else { Certainty::Opaque };
    text(Some(Word { certainty, complete, ..known(&words.join(" ")) }), Certainty::Proven, false)
}

fn by_option(name: &str, arguments: &[Word]) -> Peeled {
    let options = options(name).unwrap_or_default();
    let found = parts(arguments, options, true).into_iter().find_map(|part| match part {
        Part::Option { role: Some('Z'), value: Some(value), .. } => Some(value),
        _ => None,
    });
    match found {
        Some(command) => text(Some(command), Certainty::Proven, false),
        None => Peeled { reads_input: true, ..Peeled::default() },
    }
}

fn watch(arguments: &[Word]) -> Peeled {
    let first = parts(arguments, WATCH, false)
        .into_iter()
        .find_map(|part| if let Part::Operand(at) = part { Some(at) } else { None });
    match first {
        Some(from) => text(joined(arguments, from), Certainty::Proven, false),
        None => Peeled::default(),
    }
}

fn parallel(arguments: &[Word]) -> Peeled {
    let first = parts(arguments, PARALLEL, false)
        .into_iter()
        .find_map(|part| if let Part::Operand(at) = part { Some(at) } else { None });
    let Some(from) = first else { return Peeled { reads_input: true, ..Peeled::default() } };
    let sources = |word: &Word| matches!(word.value.as_str(), ":::" | "::::" | ":::+" | "::::+");
    let to = arguments.iter().position(sources).unwrap_or(arguments.len());
    if from >= to {
        // `parallel ::: 'cmd a' 'cmd b'`: each argument is a command.
        let lines = arguments.get(to + 1..).unwrap_or_default();
        let inner = lines
            .iter()
            .map(|line| Inner::Text { text: line.clone(), certainty: Certainty::Assumed })
            .collect();
        return Peeled { inner, ..Peeled::default() };
    }
    let words = arguments.get(..to).unwrap_or_default();
    let mut peeled = text(joined(words, from), Certainty::Assumed, false);
    // What follows `:::` is appended, or put in for `{}`: each is tried.
    if let (Some(Inner::Text { text: command, .. }), Some(values)) =
        (peeled.inner.first(), arguments.get(to + 1..))
    {
        let (command, mut each) = (command.clone(), Vec::new());
        for value in values.iter().filter(|value| !sources(value)).take(MOST_VALUES) {
            let marks = command.value.matches("{}").count();
            if marks.saturating_mul(value.canonical.len()) > LONGEST_FILLED {
                each.push(Inner::Hidden("`parallel` makes a command that is too long to follow".to_owned()));
                continue;
            }
            let filled = if marks > 0 {
                command.value.replace("{}", &value.canonical)
            } else {
                format!("{} {}", command.value, value.canonical)
            };
            let certainty = command.certainty.max(value.certainty);
            let word = Word { certainty, complete: command.complete && value.complete, ..known(&filled) };
            each.push(Inner::Text { text: word, certainty: Certainty::Assumed });
        }
        if values.len() > MOST_VALUES {
            each.push(Inner::Hidden("`parallel` runs more commands than are followed".to_owned()));
        }
        if !each.is_empty() {
            peeled.inner = each;
            return peeled;
        }
    }
    peeled.more_arguments = true;
    peeled
}

/// `sh -c text`, `sh file`, or `sh` alone.
fn shell(arguments: &[Word]) -> Peeled {
    let mut index = 0;
    let mut from_option = false;
    let mut from_input = false;
    while let Some(word) = arguments.get(index) {
        let value = word.value.as_str();
        if value == "--" || value == "-" {
            index += 1;
            break;
        }
        if !value.starts_with(['-', '+']) || value.len() < 2 {
            break;
        }
        index += 1;
        if let Some(long) = value.strip_prefix("--") {
            index += usize::from(matches!(long, "rcfile" | "init-file"));
            continue;
        }
        from_option |= value.contains('c') && value.starts_with('-');
        from_input |= value.contains('s') && value.starts_with('-');
        index += value.bytes().filter(|b| matches!(b, b'o' | b'O')).count();
    }
    match arguments.get(index) {
        Some(script) if from_option => text(Some(script.clone()), Certainty::Proven, false),
        None => Peeled { reads_input: true, ..Peeled::default() },
        Some(_) if from_input => Peeled { reads_input: true, ..Peeled::default() },
        Some(file) if matches!(file.value.as_str(), "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0") => {
            Peeled { reads_input: true, ..Peeled::default() }
        }
        Some(_) => Peeled { script: Some(index), ..Peeled::default() },
    }
}

#[cfg(test)]
mod tests {
    use super::WRAPPERS;

    #[test]
    fn the_table_is_sorted_so_that_every_row_is_found() {
        for pair in WRAPPERS.windows(2) {
            assert!(pair[0].name < pair[1].name, "{} comes after {}", pair[0].name, pair[1].name);
        }
    }
}
