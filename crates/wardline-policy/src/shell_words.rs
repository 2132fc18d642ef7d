//! The command patterns that the built-in rules for `bash` are made of.
//!
//! These say what is worth no question, never what is safe: the paths a command touches are checked apart from
//! its words, and the sandbox is the boundary.

/// Programs that only look.
pub(crate) const READING_COMMANDS: &[&str] = &[
    "cat *", "head *", "tail *", "less *", "ls *", "tree *", "pwd *", "echo *", "wc *", "which *", "type *",
    "file *", "diff *", "du *", "df *", "date *", "uname *", "whoami", "man *", "grep *", "rg *", "ag *", "sort *",
    "uniq *", "cut *", "tr *", "jq *", "stat *", "basename *", "dirname *", "realpath *", "readlink *", "printf *",
    "seq *", "sleep *", "true", "false", ":", "test *", "[ *", "[[ *", "cmp *", "comm *", "nl *", "paste *", "id *",
    "cd *", "pushd *", "popd *", "dirs *",
];

/// Programs that create files and do nothing else: as harmless as the edits they amount to.
pub(crate) const HARMLESS_COMMANDS: &[&str] = &["touch *", "mkdir *", "cp *", "mv *", "tee *", "exit *"];

/// Forms of git that only look.
pub(crate) const READING_GIT: &[&str] = &[
    "git status *",
    "git diff *",
    "git log *",
    "git show *",
    "git branch",
    "git branch --show-current",
    "git branch --list *",
    "git branch -a",
    "git branch -r",
    "git branch -v",
    "git branch -vv",
    "git rev-parse *",
    "git rev-list *",
    "git blame *",
    "git ls-files *",
    "git ls-tree *",
    "git describe *",
    "git shortlog *",
    "git merge-base *",
    "git name-rev *",
    "git cat-file *",
    "git for-each-ref *",
    "git grep *",
    "git tag",
    "git tag -l *",
    "git tag --list *",
    "git remote",
    "git remote -v",
    "git remote get-url *",
    "git stash list *",
    "git stash show *",
    "git reflog",
    "git worktree list *",
    "git check-ignore *",
    "git count-objects *",
    "git config --get *",
    "git config --list *",
    "git --version",
];

/// Asked wherever it runs: what leaves the machine, and secrets read out of the history.
pub(crate) const CONFINED_BASH: &[&str] = &[
    "git push *",
    "git *:*.env",
    "git *:*.env.*",
    "git *:*id_rsa",
    "git *:*id_ed25519",
    "git *:*.aws/credentials",
];

/// Options that make a reader run a program, or evaluate its argument as shell text.
pub(crate) const DANGEROUS_OPTIONS: &[&str] = &[
    "rg *--pre*",
    "rg *--hostname-bin*",
    "ag *--pager*",
    "sort *--co*",
    "git *--ext*",
    "git *--textconv*",
    "git *--open*",
    "git grep *-O*",
    "git cat-file *--filters*",
    "less -k*",
    "less * -k*",
    "less *--lesskey*",
    "less *+*",
    "man -P*",
    "man * -P*",
    "man *--pager*",
    "man -H*",
    "man * -H*",
    "man *--html*",
    "man -C*",
    "man * -C*",
    "man *--config*",
    "date -s*",
    "date * -s*",
    "date *--s*",
    // Arithmetic evaluates subscripts, and a subscript may hold a command.
    "test *[$(*",
    "test *[`*",
    "[ *[$(*",
    "[ *[`*",
    "[[ *[$(*",
    "[[ *[`*",
    "printf *-v*",
];

/// Options that make a reader write a file.
pub(crate) const WRITING_OPTIONS: &[&str] = &[
    "sort -o*",
    "sort * -o*",
    "sort *--o*",
    "git *--ou*",
    "tree -o*",
    "tree * -o*",
    "less -o*",
    "less * -o*",
    "less -O*",
    "less * -O*",
    "less *--log*",
    "less *--LOG*",
    "file -C*",
    "file * -C*",
    "file *--compile*",
    "git config --get*--add*",
];

/// Characters that join, nest or redirect commands.
pub(crate) const SHELL_SHAPES: &[&str] =
    &["*\n*", "*<(*", "*|*", "*;*", "*&&*", "*&*", "*$(*", "*`*", "*>*", "*>>*", "*>|*"];
