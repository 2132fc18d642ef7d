//! Where an interpreter gets its code from: options, a file, a module, standard input.

use crate::answer::{Certainty, Word};
use crate::expand::known;

/// What an interpreter is to run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given {
    /// The pieces of code among its arguments, as one text.
    pub(crate) code: Option<Word>,
    /// The script file.
    pub(crate) file: Option<Word>,
    /// The module that is run by name: `python -m http.server`.
    pub(crate) module: Option<Word>,
    /// It runs what it reads on standard input.
    pub(crate) input: bool,
    /// Modules and files that are loaded before: `-M`, `-r`.
    pub(crate) loads: Vec<Word>,
    /// The arguments that the code gets.
    pub(crate) rest: Vec<Word>,
    /// The files are edited in place: `perl -i`.
    pub(crate) in_place: bool,
    /// The code runs for each line of the files or standard input: `perl -n`.
    pub(crate) each_line: bool,
    /// It only tells something of itself, or checks a file: `--version`, `-l`.
    pub(crate) only_tells: bool,
}

/// How an interpreter reads its options.
struct Grammar {
    names: &'static [&'static str],
    /// Options whose value is code; in a cluster of letters the rest of the word, or the next one.
    code: &'static [&'static str],
    /// Options whose value is a module that is run.
    module: &'static [&'static str],
    /// Options whose value is loaded first.
    loads: &'static [&'static str],
    /// Options whose value is a script.
    file: &'static [&'static str],
    /// Other options with a value in the next word, if none is attached.
    value: &'static [&'static str],
    /// Letters that take what is attached to them, and nothing else.
    attached: &'static str,
    /// The first code option ends the options.
    code_ends: bool,
    /// Options that make the interpreter do nothing but tell.
    tells: &'static [&'static str],
}

const PLAIN: Grammar = Grammar {
    names: &[],
    code: &[],
    module: &[],
    loads: &[],
    file: &[],
    value: &[],
    attached: "",
    code_ends: false,
    tells: &["--help", "--version"],
};

static GRAMMARS: &[Grammar] = &[
    Grammar {
        names: &["python", "python2", "python3", "pypy", "pypy3", "ipython", "jython", "micropython"],
        code: &["-c"],
        module: &["-m"],
        value: &["-W", "-X", "--check-hash-based-pycs"],
        code_ends: true,
        tells: &["--help", "--version", "-V", "-VV", "-h"],
        ..PLAIN
    },
    Grammar {
        names: &["node", "nodejs", "bun", "tsx", "ts-node"],
        code: &["-e", "--eval", "-p", "--print", "-pe"],
        loads: &[
            "-r",
            "--require",
            "--import",
            "--preload",
            "--loader",
            "--experimental-loader",
            "--env-file",
        ],
        value: &["-C", "--conditions", "--title", "--input-type", "--cwd", "--config"],
        tells: &["--help", "--version", "-v", "-h", "-c", "--check", "--v8-options"],
        ..PLAIN
    },
    Grammar {
        names: &["deno"],
        value: &[
            "-c",
            "--config",
            "--import-map",
            "--lock",
            "--cert",
            "--seed",
            "--ext",
            "-L",
            "--log-level",
        ],
        tells: &["--help", "--version", "-V", "-h"],
        ..PLAIN
    },
    Grammar {
        names: &["perl"],
        code: &["-e", "-E"],
        loads: &["-M", "-m"],
        value: &["-I"],
        attached: "0lFiCDdxMmI",
        tells: &["--help", "--version", "-v", "-V", "-c", "-h"],
        ..PLAIN
    },
    Grammar {
        names: &["ruby", "jruby"],
        code: &["-e"],
        loads: &["-r"],
        value: &["-I", "-C", "-E", "--encoding", "--external-encoding"],
        attached: "0FiKTWx",
        tells: &["--help", "--version", "--copyright", "-c", "-h"],
        ..PLAIN
    },
    Grammar {
        names: &["php", "hhvm"],
        code: &["-r", "--run", "-B", "-R", "-E", "--process-begin", "--process-code", "--process-end"],
        file: &["-f", "--file", "-F", "--process-file"],
        value: &[
            "-c",
            "--php-ini",
            "-d",
            "--define",
            "-z",
            "-S",
            "--server",
            "-t",
            "--docroot",
            "--rf",
            "--rc",
            "--re",
        ],
        tells: &[
            "--help",
            "--version",
            "-v",
            "-h",
            "-i",
            "-m",
            "-l",
            "--syntax-check",
            "--info",
            "--ini",
            "--rf",
        ],
        ..PLAIN
    },
    Grammar { names: &["lua", "luajit", "texlua"], code: &["-e"], loads: &["-l"], tells: &["-v"], ..PLAIN },
    Grammar {
        names: &["R", "Rscript", "r"],
        code: &["-e"],
        file: &["-f"],
        value: &["-g", "--gui", "-d", "--debugger", "--encoding"],
        ..PLAIN
    },
    Grammar {
        names: &["julia"],
        code: &["-e", "--eval", "-E", "--print"],
        loads: &["-L", "--load"],
        value: &["-t", "--threads", "-p", "--procs", "-J", "--sysimage", "-C"],
        tells: &["--help", "--version", "-v", "-h"],
        ..PLAIN
    },
    Grammar { names: &["groovy", "groovysh"], code: &["-e"], value: &["-cp", "-classpath", "-D"], ..PLAIN },
    Grammar {
        names: &["tclsh", "expect", "wish", "jimsh"],
        code: &["-c"],
        file: &["-f"],
        tells: &["-v"],
        ..PLAIN
    },
    Grammar {
        names: &["awk", "gawk", "mawk", "nawk", "original-awk"],
        code: &["-e", "--source"],
        file: &["-f", "--file", "-E", "--exec"],
        loads: &["-i", "--include", "-l", "--load"],
        value: &["-F", "--field-separator", "-v", "--assign", "-W"],
        tells: &["--help", "--version", "-V", "-h"],
        ..PLAIN
    },
];

/// What the interpreter `name` is told to run by its arguments; `None` when it is no interpreter.
pub(crate) fn given(name: &str, arguments: &[Word]) -> Option<Given> {
    let mut given = if matches!(name, "pwsh" | "powershell") {
        let mut given = super::windows::given(arguments);
        // `pwsh -Command -` reads its code.
        given.code = given.code.filter(|code| code.value != "-");
        given
    } else {
        let grammar = GRAMMARS.iter().find(|grammar| grammar.names.contains(&name))?;
        let mut scan = Scan { grammar, given: Given::default(), code: Vec::new(), operand: None };
        scan.run(subcommand(name, arguments).as_deref().unwrap_or(arguments));
        if name == "deno" && arguments.first().is_some_and(|word| word.value == "eval") {
            scan.code.extend(scan.operand.take());
        }
        scan.finish()
    };
    let stdin =
        |word: &Word| matches!(word.value.as_str(), "-" | "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0");
    if given.file.as_ref().is_some_and(stdin) {
        given.file = None;
    }
    let served = name == "php" && arguments.iter().any(|word| word.value == "-S");
    let packages = matches!(name, "bun" | "deno") && arguments.first().is_some_and(|word| other(&word.value));
    given.only_tells |= served || packages;
    given.input = !given.only_tells && given.code.is_none() && given.file.is_none() && given.module.is_none();
    Some(given)
}

/// Subcommands of `bun` and `deno` that are package managers, build tools and the like.
fn other(word: &str) -> bool {
    const OTHER: &[&str] = &[
        "add",
        "audit",
        "bench",
        "build",
        "bundle",
        "cache",
        "check",
        "clean",
        "compile",
        "completions",
        "coverage",
        "create",
        "doc",
        "fmt",
        "i",
        "info",
        "init",
        "install",
        "jupyter",
        "lint",
        "link",
        "lsp",
        "outdated",
        "patch",
        "pm",
        "publish",
        "remove",
        "rm",
        "task",
        "test",
        "types",
        "uninstall",
        "unlink",
        "update",
        "upgrade",
        "vendor",
        "why",
        "x",
    ];
    OTHER.contains(&word)
}

/// The arguments after `run`, `eval`, `exec`.
fn subcommand(name: &str, arguments: &[Word]) -> Option<Vec<Word>> {
    let first = arguments.first()?;
    let runs = match name {
        "deno" => matches!(first.value.as_str(), "run" | "eval" | "serve" | "repl"),
        "bun" => matches!(first.value.as_str(), "run" | "repl"),
        _ => false,
    };
    runs.then(|| arguments.get(1..).unwrap_or_default().to_vec())
}

struct Scan {
    grammar: &'static Grammar,
    given: Given,
    code: Vec<Word>,
    operand: Option<Word>,
}

impl Scan {
    fn run(&mut self, arguments: &[Word]) {
        let mut index = 0;
        while let Some(word) = arguments.get(index) {
            index += 1;
            let value = word.value.as_str();
            if value == "--" || value == "--args" {
                break;
            }
            if !value.starts_with('-') || value == "-" {
                index -= 1;
                break;
            }
            index += self.option(word, arguments.get(index));
            let ended = self.grammar.code_ends && (!self.code.is_empty() || self.given.module.is_some());
            if ended {
                break;
            }
        }
        let rest = arguments.get(index..).unwrap_or_default();
        // `xargs perl -e code -pi` is common: no file is named so.
        self.given.in_place |=
            rest.iter().any(|word| word.value == "-pi") && self.grammar.attached.contains('i');
        let named = !self.code.is_empty() || self.given.module.is_some() || self.given.file.is_some();
        self.operand = rest.first().filter(|_| !named).cloned();
        self.given.rest = rest.get(usize::from(!named)..).unwrap_or_default().to_vec();
    }

    /// Takes one option; how many of the following words it took.
    fn option(&mut self, word: &Word, next: Option<&Word>) -> usize {
        let value = word.value.as_str();
        if self.grammar.tells.contains(&value) {
            self.given.only_tells = true;
        }
        let (name, attached) = match value.split_once('=') {
            Some((name, attached)) if value.starts_with("--") => (name, Some(attached)),
            _ => (value, None),
        };
        if self.takes(name) {
            let (value, used) = match (attached, next) {
                (Some(attached), _) => (part(word, attached), 0),
                (None, Some(next)) => (next.clone(), 1),
                (None, None) => return 0,
            };
            self.put(name, value);
            return used;
        }
        if value.starts_with("--") { 0 } else { self.cluster(word, next) }
    }

    fn takes(&self, name: &str) -> bool {
        let grammar = self.grammar;
        [grammar.code, grammar.module, grammar.loads, grammar.file, grammar.value]
            .iter()
            .any(|options| options.contains(&name))
    }

    fn put(&mut self, name: &str, value: Word) {
        let grammar = self.grammar;
        if grammar.code.contains(&name) {
            self.code.push(value);
        } else if grammar.module.contains(&name) {
            self.given.module = Some(value);
        } else if grammar.loads.contains(&name) {
            self.given.loads.push(value);
        } else if grammar.file.contains(&name) {
            self.given.file = Some(value);
        }
    }

    /// `-lane`, `-pi.bak`, `-c'code'`: letters in one word.
    fn cluster(&mut self, word: &Word, next: Option<&Word>) -> usize {
        let text = word.value.as_str();
        let mut characters = text.char_indices().skip(1).peekable();
        while let Some((at, letter)) = characters.next() {
            let name = format!("-{letter}");
            let attached = text.get(at + letter.len_utf8()..).unwrap_or_default();
            self.given.in_place |= letter == 'i' && self.grammar.attached.contains('i');
            self.given.each_line |= matches!(letter, 'n' | 'p') && self.grammar.attached.contains('i');
            if self.takes(&name) {
                let (value, used) = match next {
                    _ if !attached.is_empty() => (part(word, attached), 0),
                    Some(next) => (next.clone(), 1),
                    None => return 0,
                };
                self.put(&name, value);
                return used;
            }
            if matches!(letter, '0' | 'l') {
                while characters.peek().is_some_and(|(_, c)| c.is_ascii_hexdigit() && !matches!(c, 'a' | 'e'))
                {
                    characters.next();
                }
            } else if self.grammar.attached.contains(letter) {
                return 0;
            }
        }
        0
    }

    fn finish(mut self) -> Given {
        let mut given = self.given;
        // Without an option that names it, the program of awk is the first operand.
        let code = self.grammar.names.contains(&"awk") && self.operand.is_some();
        if code {
            self.code.extend(self.operand.take());
        }
        given.file = self.operand.or(given.file);
        let mut pieces = self.code.into_iter();
        given.code = pieces.next().map(|first| {
            pieces.fold(first, |mut all, piece| {
                all.value.push('\n');
                all.value.push_str(&piece.value);
                all.certainty = all.certainty.max(piece.certainty);
                all.complete &= piece.complete;
                all.literal &= piece.literal;
                all.fed_by.extend(piece.fed_by);
                all.trace.extend(piece.trace);
                all
            })
        });
        given
    }
}

/// A part of a word, with what is known of the word.
fn part(word: &Word, value: &str) -> Word {
    let literal = word.literal;
    let certainty: Certainty = word.certainty;
    let (fed_by, trace) = (word.fed_by.clone(), word.trace.clone());
    Word { certainty, complete: word.complete, literal, fed_by, trace, ..known(value) }
}
