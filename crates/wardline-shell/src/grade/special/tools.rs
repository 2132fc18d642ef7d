//! Checks of build tools, languages and programs that look at the machine.

use crate::answer::Input;

use super::when;
use crate::grade::Grade;
use crate::grade::scan::{Scan, is_known};
use crate::grade::variables;

/// `cargo metadata`: only offline it looks; otherwise it may fetch.
pub(in crate::grade) fn offline_metadata(scan: &Scan<'_>) -> Grade {
    if scan.has(&["--offline", "--no-deps", "--frozen"]) { Grade::Looks } else { Grade::Builds }
}

/// `cmake -DNAME=value`: a setting that names a program, a place or options chooses what runs.
pub(in crate::grade) fn cmake(scan: &Scan<'_>) -> Grade {
    let loud = [
        "COMPILER",
        "LAUNCHER",
        "TOOLCHAIN",
        "LINKER",
        "COMMAND",
        "PROGRAM",
        "FLAGS",
        "INCLUDE",
        "MODULE",
        "PREFIX",
        "EXECUTABLE",
    ];
    let settings =
        scan.options.iter().filter(|(name, _)| name == "-D").filter_map(|(_, value)| value.as_ref());
    let mut settings = settings.peekable();
    when(settings.all(|word| {
        is_known(word)
            && word.value.split('=').next().is_some_and(|name| !loud.iter().any(|part| name.contains(part)))
    }))
}

/// Packages of Go: paths below the module, not addresses and not other places.
pub(in crate::grade) fn go_packages(scan: &Scan<'_>) -> Grade {
    when(scan.operands.iter().all(|word| {
        let text = word.value.as_str();
        is_known(word)
            && !text.contains('@')
            && !text.split('/').any(|part| part == "..")
            && !text.starts_with(['/', '~', '-'])
    }))
}

/// `go run ./cmd/x`: the project's own program. Without `./` it may be an address.
pub(in crate::grade) fn go_run(scan: &Scan<'_>) -> Grade {
    let own = scan.operands.first().is_some_and(|word| {
        let text = word.value.as_str();
        is_known(word)
            && (text == "." || text.starts_with("./") || text.ends_with(".go"))
            && scan.ground.is_inside(word)
    });
    when(own)
}

/// `go env NAME`: with `=` it sets.
pub(in crate::grade) fn go_env(scan: &Scan<'_>) -> Grade {
    when(scan.operands.iter().all(|word| !word.value.contains('=')))
}

/// `go tool cover -html=f`: without `-o` a browser is opened.
pub(in crate::grade) fn cover_out(scan: &Scan<'_>) -> Grade {
    when(!scan.has(&["-html"]) || scan.has(&["-o"]))
}

/// `node --test`: files by name are run, those are not listed.
pub(in crate::grade) fn node(scan: &Scan<'_>) -> Grade {
    when(!scan.options.is_empty() && !matches!(scan.command.input, Input::Pipe(_)))
}

/// `python -m unittest tests.a`: names of modules of the project.
pub(in crate::grade) fn unittest(scan: &Scan<'_>) -> Grade {
    when(
        scan.operands
            .iter()
            .all(|word| is_known(word) && !word.value.starts_with(['/', '~']) && !word.value.contains("..")),
    )
}

/// `rustc --version`: without an option it compiles.
pub(in crate::grade) fn rustc(scan: &Scan<'_>) -> Grade {
    when(!scan.options.is_empty())
}

/// `uv run program`: what it runs is graded beside it, and the environment is brought up to the lock file.
pub(in crate::grade) fn uv_run(scan: &Scan<'_>) -> Grade {
    let builds = scan.ground.in_project() && !scan.operands.is_empty();
    if builds { Grade::Builds } else { Grade::Unknown }
}

/// `bundle outdated --local`: otherwise a registry is asked.
pub(in crate::grade) fn local(scan: &Scan<'_>) -> Grade {
    when(scan.has(&["--local"]))
}

/// `install -d dir`, `install -m 755 a b`: only ordinary modes.
pub(in crate::grade) fn chmod_option(scan: &Scan<'_>) -> Grade {
    let modes = scan
        .options
        .iter()
        .filter(|(name, _)| name == "-m" || name == "--mode")
        .filter_map(|(_, value)| value.as_ref());
    let mut modes = modes.peekable();
    when(modes.all(|word| {
        matches!(
            word.value.as_str(),
            "644" | "755" | "600" | "700" | "0644" | "0755" | "0600" | "0700" | "640" | "750"
        )
    }))
}

/// `unzip -l`: without a listing option it extracts.
pub(in crate::grade) fn unzip(scan: &Scan<'_>) -> Grade {
    when(scan.has(&["-l", "-v", "-t", "-z", "-Z"]))
}

/// `zip -r a.zip dir`: the archive is written.
pub(in crate::grade) fn zip(scan: &Scan<'_>) -> Grade {
    if scan.operands.len() > 1 { Grade::Edits } else { Grade::Unknown }
}

/// `bc` with text on its input: alone it waits for a person, and what it reads is arithmetic.
pub(in crate::grade) fn plain_input(scan: &Scan<'_>) -> Grade {
    when(!matches!(scan.command.input, Input::Inherited) || scan.operands.is_empty())
}

/// `dpkg -l`: one of its listing options has to be there.
pub(in crate::grade) fn dpkg(scan: &Scan<'_>) -> Grade {
    when(!scan.options.is_empty())
}

/// `finger name`: an address is asked over the network.
pub(in crate::grade) fn no_address(scan: &Scan<'_>) -> Grade {
    when(scan.operands.iter().all(|word| !word.value.contains('@')))
}

/// `gpg --list-keys`: without a listing option it guesses from the file.
pub(in crate::grade) fn gpg(scan: &Scan<'_>) -> Grade {
    when(scan.has(&[
        "-k",
        "-K",
        "--list-keys",
        "--list-secret-keys",
        "--list-public-keys",
        "--fingerprint",
        "--version",
    ]))
}

/// `ldconfig -p`: without `-p` the cache is rebuilt.
pub(in crate::grade) fn printed(scan: &Scan<'_>) -> Grade {
    when(scan.has(&["-p", "--print-cache"]))
}

/// `rpm -q`: `-i`, `-F` and the like install without it.
pub(in crate::grade) fn rpm(scan: &Scan<'_>) -> Grade {
    when(scan.has(&["-q", "--query"]) || scan.has(&["-V", "--verify"]) && !scan.has(&["-i"]))
}

/// `ssh-add -l`: without an option keys are added.
pub(in crate::grade) fn some_option(scan: &Scan<'_>) -> Grade {
    when(!scan.options.is_empty())
}

/// `ssh-keygen -l -f key.pub`: without `-l` or `-F` a key is made.
pub(in crate::grade) fn fingerprint(scan: &Scan<'_>) -> Grade {
    when(scan.has(&["-l", "-F", "-B"]))
}

/// `ps aux`: with `e` among its letters it prints the environment of others.
pub(in crate::grade) fn processes(scan: &Scan<'_>) -> Grade {
    when(scan.operands.iter().all(|word| is_known(word) && !word.value.contains('e')))
}

/// `top -b -n 1`: without an end it is for a person.
pub(in crate::grade) fn batch(scan: &Scan<'_>) -> Grade {
    when(scan.has(&["-b"]) || scan.has(&["-l"]))
}

/// `yes | head`: into a file it fills the disk.
pub(in crate::grade) fn piped(scan: &Scan<'_>) -> Grade {
    when(scan.command.prints.is_some() && scan.command.redirects.is_empty())
}

/// Settings of a makefile on the command line: variables, and the tools that it calls are among them.
pub(in crate::grade) fn make(scan: &Scan<'_>) -> Grade {
    when(scan.operands.iter().all(|word| {
        let Some((name, value)) = word.value.split_once('=') else { return !word.glob && is_known(word) };
        is_known(word)
            && !value.contains(['$', '`', '/', ';', '|', '&', '!'])
            && variables::harmless(name.trim_end_matches([':', '?', '+', '!']), &crate::expand::known(value))
    }))
}

/// `python3 -m pytest`, `python3 --version`: without a module or such a question it reads code from its input.
pub(in crate::grade) fn python(scan: &Scan<'_>) -> Grade {
    when(scan.has(&["-m", "-V", "--version", "--help"]))
}

/// Alone it is a prompt that reads code from its input.
pub(in crate::grade) fn some_word(scan: &Scan<'_>) -> Grade {
    when(!scan.words.is_empty())
}

/// Goals of Maven: phases; `exec:java` names a plug-in, and `deploy` publishes.
pub(in crate::grade) fn goals(scan: &Scan<'_>) -> Grade {
    when(
        scan.operands.iter().all(|word| {
            !word.value.contains(':') && !matches!(word.value.as_str(), "deploy" | "site-deploy")
        }),
    )
}
