//! Programs whose arguments do not fit the table: `find`, `dd`, `tar`, `test`, `git`.

use crate::answer::{Access, Certainty, Word};
use crate::effect::find;
use crate::expand::known as word;
use crate::options::{Part, part_of, parts};
use crate::paths::{self, Found, Touch};
use crate::programs;

/// Adds the paths of a program with a syntax of its own; `false` when it has none.
pub(crate) fn arguments(name: &str, arguments: &[Word], found: &mut Found<'_>) -> bool {
    match name {
        "find" => find(arguments, found),
        "dd" => dd(arguments, found),
        "tar" => tar(arguments, found),
        "test" | "[" | "[[" => test(arguments, found),
        "git" => git(arguments, found),
        "ssh-keygen" => keygen(arguments, found),
        _ => return false,
    }
    true
}

/// Is it a program that this file knows?
pub(crate) fn is(name: &str) -> bool {
    matches!(name, "find" | "dd" | "tar" | "test" | "[" | "git" | "ssh-keygen")
}

fn find(arguments: &[Word], found: &mut Found<'_>) {
    let expression = |word: &Word| {
        word.value.starts_with('-') && word.value.len() > 2 || matches!(word.value.as_str(), "(" | "!" | ",")
    };
    let leading =
        |word: &Word| matches!(word.value.as_str(), "-H" | "-L" | "-P") || word.value.starts_with("-O");
    let start = arguments.iter().position(|word| !leading(word)).unwrap_or(arguments.len());
    let end = arguments.iter().skip(start).position(expression).map_or(arguments.len(), |at| start + at);
    let roots: Vec<Word> = arguments.get(start..end).unwrap_or_default().to_vec();
    let roots = if roots.is_empty() { vec![word(".")] } else { roots };
    let deletes = arguments.iter().any(|word| word.value == "-delete");
    for root in &roots {
        found.touch(root, Touch::sure(Access::List, "searched by `find`").below(true));
    }
    if deletes {
        let sought = find::sought(arguments);
        let some = sought.tree && narrows(arguments.get(end..).unwrap_or_default());
        for word in &sought.words {
            let word = if some { all_below(word) } else { word.clone() };
            let touch = Touch::perhaps(Access::Delete, "`find -delete`");
            found.touch(&word, touch.below(sought.tree && !some));
        }
    }
    for pair in arguments.get(end..).unwrap_or_default().windows(2) {
        let [test, value] = pair else { continue };
        match test.value.as_str() {
            "-fprint" | "-fprint0" | "-fprintf" | "-fls" => {
                found.touch(value, Touch::sure(Access::Write, "written by `find`"))
            }
            "-files0-from" => found.touch(value, Touch::sure(Access::Read, "argument of `find`")),
            "-newer" | "-anewer" | "-cnewer" | "-samefile" => {
                found.touch(value, Touch::sure(Access::List, "argument of `find`"))
            }
            _ => {}
        }
    }
}

/// Does a test leave some of the files only?
fn narrows(expression: &[Word]) -> bool {
    const WIDE: &[&str] = &[
        "-a", "-and", "-d", "-delete", "-depth", "-follow", "-ls", "-mount", "-not", "-o", "-or", "-print",
        "-print0", "-prune", "-true", "-xdev",
    ];
    let test = |word: &Word| word.value.starts_with('-') && !WIDE.contains(&word.value.as_str());
    let itself = expression
        .windows(2)
        .any(|pair| matches!(pair, [test, value] if test.value == "-maxdepth" && value.value == "0"));
    !itself && expression.iter().any(test)
}

/// Names below a directory, and not the directory itself.
fn all_below(root: &Word) -> Word {
    let value = format!("{}/**", root.value.trim_end_matches('/'));
    Word { glob: true, certainty: root.certainty.max(Certainty::Assumed), ..part_of(root, &value) }
}

const KEYGEN: &str = "-f:f -a:t -b:t -C:t -D:t -E:t -F:t -I:t -J:t -j:t -K:t -M:t -m:t -N:t -n:t -O:t -P:t -R:t -r:t -S:t -s:s -t:t -V:t -W:t -w:t -Y:t -Z:t -z:t";

/// `ssh-keygen`: many of its actions only look at a key, and show its public part alone.
fn keygen(arguments: &[Word], found: &mut Found<'_>) {
    let parts = parts(arguments, KEYGEN, true);
    let has = |letters: &str| {
        let given = |part: &Part| match part {
            Part::Option { name, .. } => {
                name.strip_prefix('-').is_some_and(|letter| letter.len() == 1 && letters.contains(letter))
            }
            Part::Operand(_) => false,
        };
        parts.iter().any(given)
    };
    let looks = has("lyeBFLrkQYs");
    for part in &parts {
        let Part::Option { name, role: Some('f' | 's'), value: Some(value) } = part else { continue };
        let because = format!("option {name} of `ssh-keygen`");
        if looks {
            found.touch(value, Touch::used(Access::Read, Certainty::Proven, &because));
            continue;
        }
        found.touch(value, Touch::used(Access::Write, Certainty::Proven, &because));
        if !has("pciRH") {
            let public = part_of(value, &format!("{}.pub", value.value));
            found.touch(&public, Touch::sure(Access::Write, &because));
        }
    }
    if has("RH") && !has("f") && !found.home.is_empty() {
        let hosts = word(&format!("{}/.ssh/known_hosts", found.home));
        found.touch(&hosts, Touch::sure(Access::Write, "hosts that `ssh-keygen` changes"));
    }
}

fn dd(arguments: &[Word], found: &mut Found<'_>) {
    for argument in arguments {
        match argument.value.split_once('=') {
            Some(("if", file)) => {
                found.touch(&part_of(argument, file), Touch::sure(Access::Read, "if= of `dd`"))
            }
            Some(("of", file)) => {
                found.touch(&part_of(argument, file), Touch::sure(Access::Write, "of= of `dd`"))
            }
            _ => {}
        }
    }
}

/// `Z` is a text for a shell, `A` an action that may hold one: `wrappers` follows them.
pub(crate) const TAR: &str = "-f:t --file:t -C:t --directory:t -T:r --files-from:r -X:r --exclude-from:r --exclude:t -I:Z --use-compress-program:Z --to-command:Z --rsh-command:Z --rmt-command:Z --transform:t --strip-components:t -g:b --listed-incremental:b -F:Z --info-script:Z --new-volume-script:Z --owner:t --group:t --mode:t --checkpoint-action:A -b:t -H:t --format:t";

fn tar(arguments: &[Word], found: &mut Found<'_>) {
    // `tar xzf a`: the first word is a bundle of flags without a dash.
    let mut arguments = arguments.to_vec();
    if let Some(first) = arguments.first_mut().filter(|word| !word.value.starts_with('-')) {
        *first = part_of(first, &format!("-{}", first.value));
    }
    let parts = parts(&arguments, TAR, true);
    let has = |wanted: &[&str]| {
        parts.iter().any(|part| matches!(part, Part::Option { name, .. } if wanted.contains(&name.as_str())))
    };
    let value = |wanted: &[&str]| {
        parts.iter().rev().find_map(|part| match part {
            Part::Option { name, value: Some(value), .. } if wanted.contains(&name.as_str()) => {
                Some(value.clone())
            }
            _ => None,
        })
    };
    let writes = has(&["-c", "-r", "-u", "-A", "--create", "--append", "--update", "--concatenate"]);
    let extracts = has(&["-x", "--extract", "--get"]) && !has(&["-O", "--to-stdout"]);
    if let Some(archive) = value(&["-f", "--file"]) {
        let access = if writes { Access::Write } else { Access::Read };
        found.touch(&archive, Touch::sure(access, "archive of `tar`"));
    }
    let directory = value(&["-C", "--directory"]);
    if extracts {
        let target = directory.clone().unwrap_or_else(|| word("."));
        found.touch(&target, Touch::sure(Access::Write, "`tar` extracts here").below(true));
    }
    for part in &parts {
        match part {
            Part::Operand(at) if writes => {
                let Some(operand) = arguments.get(*at) else { continue };
                let inside = match &directory {
                    Some(directory) if !operand.value.starts_with('/') => {
                        part_of(operand, &format!("{}/{}", directory.value, operand.value))
                    }
                    _ => operand.clone(),
                };
                found.touch(&inside, Touch::sure(Access::Read, "packed by `tar`").below(true));
            }
            Part::Option { name, role: Some(role), value: Some(value) } => {
                let because = format!("option {name} of `tar`");
                match role {
                    'r' => found.touch(value, Touch::sure(Access::Read, &because)),
                    'b' => found.touch(value, Touch::sure(Access::Write, &because)),
                    'Z' => paths::perhaps(value, &because, found),
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

/// File tests look at a file; everything else in a test is text.
pub(crate) fn test(arguments: &[Word], found: &mut Found<'_>) {
    for pair in arguments.windows(2) {
        let [test, value] = pair else { continue };
        let letter = test.value.strip_prefix('-').filter(|rest| rest.len() == 1).unwrap_or("?");
        if "abcdefghkprsuwxGLNOS".contains(letter) || matches!(test.value.as_str(), "-nt" | "-ot" | "-ef") {
            let certainty = value.certainty.max(Certainty::Proven);
            if value.complete && certainty != Certainty::Opaque {
                found.touch(value, Touch::sure(Access::List, "tested"));
            }
        }
    }
}

/// Options of git itself, before its subcommand.
pub(crate) const GIT: &str = "-C:l -c:t --git-dir:l --work-tree:l --namespace:t --exec-path:x --super-prefix:t --config-env:t --list-cmds:t";

fn git(arguments: &[Word], found: &mut Found<'_>) {
    let parts = parts(arguments, GIT, false);
    for part in &parts {
        if let Part::Option { name, role: Some('l' | 'x'), value: Some(value) } = part {
            found.touch(value, Touch::sure(Access::List, &format!("option {name} of `git`")));
        }
    }
    let Some(at) = parts.iter().find_map(|part| if let Part::Operand(at) = part { Some(*at) } else { None })
    else {
        return;
    };
    let (Some(command), rest) = (arguments.get(at), arguments.get(at + 1..).unwrap_or_default()) else {
        return;
    };
    let rest = &pathspecs(rest);
    let name = format!("git {}", command.value);
    if command.value == "config" {
        return crate::gitconfig::arguments(&parts, rest, found);
    }
    let because = format!("argument of `{name}`");
    for operand in rest.iter().filter(|word| word.complete && !word.value.starts_with('-')) {
        // `HEAD:path` and `:path` name a file inside the repository's history.
        if let Some((_, path)) =
            operand.value.split_once(':').filter(|(_, path)| !path.is_empty() && !path.starts_with("//"))
            && matches!(
                command.value.as_str(),
                "show" | "cat-file" | "diff" | "archive" | "checkout" | "blame" | "grep"
            )
        {
            found.touch(&part_of(operand, path), Touch::perhaps(Access::Read, &because));
        }
    }
    if matches!(command.value.as_str(), "clean" | "rm") {
        return removed(&command.value, &name, rest, found);
    }
    let row = programs::find(&name);
    for (at, word) in rest.iter().enumerate() {
        let file = match word.value.split_once('=') {
            Some(("--output", file)) => Some(part_of(word, file)),
            None if word.value == "--output" => rest.get(at + 1).cloned(),
            _ => None,
        };
        let listed = row.is_some_and(|row| row.options.contains("--output:"));
        if let Some(file) = file.filter(|_| !listed) {
            found.touch(&file, Touch::sure(Access::Write, &format!("option --output of `{name}`")));
        }
    }
    match row {
        Some(row) => paths::known(row, &name, rest, false, found),
        None => {
            for operand in rest {
                paths::perhaps(operand, &because, found);
            }
        }
    }
}

/// `git clean` and `git rm`: files of the work tree, never the repository itself.
fn removed(command: &str, name: &str, rest: &[Word], found: &mut Found<'_>) {
    let parts = parts(rest, "-e:t --exclude:t --pathspec-from-file:r", true);
    let has = |letter: &str, long: &str| {
        parts.iter().any(|part| match part {
            Part::Option { name, .. } => {
                name == letter || (name.len() > 4 && long.starts_with(name.as_str()))
            }
            Part::Operand(_) => false,
        })
    };
    let lists = has("-n", "--dry-run")
        || match command {
            // Without force it asks, or refuses.
            "clean" => has("-i", "--interactive") || !has("-f", "--force"),
            _ => has("--cached", "--cached"),
        };
    let access = if lists { Access::List } else { Access::Delete };
    let because = format!("argument of `{name}`");
    let operand = |part: &Part| if let Part::Operand(at) = part { rest.get(*at).cloned() } else { None };
    let mut operands: Vec<Word> = parts.iter().filter_map(operand).collect();
    if operands.is_empty() && command == "clean" {
        operands.push(word("."));
    }
    for operand in operands {
        if matches!(operand.value.as_str(), "." | "./" | ":/" | "*") {
            found.touch(&all_below(&word(".")), Touch::perhaps(access, &because));
            continue;
        }
        let recursive = has("-r", "-r") || has("-d", "-d");
        found.touch(&operand, Touch::sure(access, &because).below(recursive));
    }
    for part in &parts {
        if let Part::Option { role: Some('r'), value: Some(value), .. } = part {
            found.touch(value, Touch::sure(Access::Read, &because));
        }
    }
}

/// Patterns that git itself matches with names: `'*.rs'`, `':(glob)**/x'`.
fn pathspecs(arguments: &[Word]) -> Vec<Word> {
    let pattern = |word: &Word| {
        let magic = word.value.strip_prefix(":(").and_then(|rest| rest.split_once(')'));
        let value = match magic {
            Some((magic, rest)) if !magic.contains("exclude") && !rest.is_empty() => rest,
            _ => word.value.as_str(),
        };
        if word.value.starts_with('-') || !word.complete {
            return word.clone();
        }
        let glob = word.glob || value.contains(['*', '?', '[']);
        let certainty = if glob { word.certainty.max(Certainty::Assumed) } else { word.certainty };
        Word { value: value.to_owned(), glob, certainty, ..word.clone() }
    };
    arguments.iter().map(pattern).collect()
}

/// What `git cat-file --batch` and its like read when `input` names it: `HEAD:.env`.
pub(crate) fn named_objects(input: &str, found: &mut Found<'_>) {
    for name in input.split_whitespace() {
        if let Some((_, path)) = name.split_once(':').filter(|(_, path)| !path.is_empty()) {
            found.touch(&word(path), Touch::perhaps(Access::Read, "named to `git cat-file` by its input"));
        }
    }
}

/// Is it a `git` that prints the objects that its input names?
pub(crate) fn prints_objects(name: &str, arguments: &[Word]) -> bool {
    name == "git"
        && arguments.iter().any(|word| word.value == "cat-file")
        && arguments
            .iter()
            .any(|word| word.value.starts_with("--batch") && !word.value.starts_with("--batch-check"))
}
