//! What the checks call out, with the reason and what to do: the texts that findings and `scan --explain` give.

use crate::finding::{Category, Severity};

/// One thing that the checks call out.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// Its name in findings and waivers.
    pub id: &'static str,
    /// Its class.
    pub category: Category,
    /// What it means for the gate; a milder case is told with less.
    pub severity: Severity,
    /// The weaknesses that it is an instance of, most specific first.
    pub cwe: &'static [u16],
    /// What is wrong.
    pub message: &'static str,
    /// Why that matters.
    pub why: &'static str,
    /// What to do instead.
    pub advice: &'static str,
}

/// Every check.
#[must_use]
pub fn all() -> &'static [Check] {
    CHECKS
}

pub(super) fn check(id: &str) -> Option<&'static Check> {
    CHECKS.iter().find(|check| check.id == id)
}

const CHECKS: &[Check] = &[
    Check {
        id: "shell.code-injection",
        category: Category::Execution,
        severity: Severity::Blocking,
        cwe: &[78, 95],
        message: "What comes from outside is run as code by the shell",
        why: "A `;` or `$(…)` in the value runs any command. Arguments of the script itself and values that are compared before only warn.",
        advice: "Do without `eval` and `sh -c`: call the program with the value as one quoted word, or pass it as an argument (`sh -c '… \"$1\"' sh \"$value\"`).",
    },
    Check {
        id: "shell.sql-injection",
        category: Category::Sql,
        severity: Severity::Blocking,
        cwe: &[89],
        message: "What comes from outside is put into an SQL statement",
        why: "A quote in the value ends the string, and the rest is run as SQL.",
        advice: "Bind the value: `psql -v v=\"$value\"` with `:'v'` in a script on standard input, `.parameter set` in sqlite3.",
    },
    Check {
        id: "shell.remote-code-in-the-clear",
        category: Category::Execution,
        severity: Severity::Blocking,
        cwe: &[494, 319],
        message: "Code comes over a connection that anybody on the way can change, and is run at once",
        why: "Without TLS, or with its checks off, whoever carries the packets decides what is run.",
        advice: "Fetch it by https into a file, compare its digest with one that you know, then run it.",
    },
    Check {
        id: "shell.remote-code",
        category: Category::Execution,
        severity: Severity::Warning,
        cwe: &[494],
        message: "Code that is fetched is run at once, and nobody can look at it before",
        why: "The other side, or who takes it over, decides on each run what is executed; a connection that breaks off runs half of it.",
        advice: "Fetch it into a file, compare its digest with one that you know, then run it; or install a package that is signed.",
    },
    Check {
        id: "shell.unsafe-delete",
        category: Category::Other,
        severity: Severity::Warning,
        cwe: &[459, 20],
        message: "With an empty variable this deletes from the root of the file system",
        why: "`rm -rf \"$DIR/\"` is `rm -rf /` when `DIR` has no value.",
        advice: "Write `\"${DIR:?}/\"`, or begin the script with `set -u`.",
    },
    Check {
        id: "shell.tls-verification",
        category: Category::Tls,
        severity: Severity::Warning,
        cwe: &[295],
        message: "The other side's certificate or key is not checked",
        why: "Anybody on the way can answer in its place.",
        advice: "Leave the check on; give a certificate of your own by `--cacert`, `http.sslCAInfo`, `REQUESTS_CA_BUNDLE`, a host key in `known_hosts`.",
    },
    Check {
        id: "shell.unverified-packages",
        category: Category::Other,
        severity: Severity::Warning,
        cwe: &[347],
        message: "Packages are installed without their signatures being checked",
        why: "A mirror, or anybody on the way to it, can put any program into them.",
        advice: "Install the repository's key and leave the check on.",
    },
    Check {
        id: "shell.secret-argument",
        category: Category::Secret,
        severity: Severity::Warning,
        cwe: &[214],
        message: "A secret stands on a command line, where every process of the machine can read it",
        why: "`ps` and `/proc` show command lines to all users, and shells keep them in their history.",
        advice: "Give it by standard input, by a file that only its user can read (`.my.cnf`, `.netrc`, `--password-stdin`), or by the environment.",
    },
    Check {
        id: "shell.world-writable",
        category: Category::Other,
        severity: Severity::Warning,
        cwe: &[732],
        message: "Every user of the machine may change what is there",
        why: "Another user's program can put its own content in, and this one uses it.",
        advice: "Give the rights that are needed, to the user or group that needs them: `chmod 755`, `chown`.",
    },
    Check {
        id: "shell.predictable-file",
        category: Category::Other,
        severity: Severity::Note,
        cwe: &[377],
        message: "A name in a directory of all users that can be guessed",
        why: "Another user can lay a link of that name before, and it is written through.",
        advice: "Let `mktemp` make the file.",
    },
    Check {
        id: "dockerfile.add-from-network",
        category: Category::Other,
        severity: Severity::Warning,
        cwe: &[494],
        message: "What is fetched into the image is compared with nothing",
        why: "The other side decides on each build what is in the image.",
        advice: "Write `ADD --checksum=sha256:… URL`, or fetch it in `RUN` and compare its digest.",
    },
    Check {
        id: "dockerfile.secret-in-image",
        category: Category::Secret,
        severity: Severity::Warning,
        cwe: &[522, 798],
        message: "A secret is written into the image: whoever has the image has it",
        why: "`ENV` and `ARG` stand in the image's history, even when a later layer takes them out.",
        advice: "Mount it while building (`RUN --mount=type=secret,id=…`), and give it to the container when it starts.",
    },
    Check {
        id: "dockerfile.root-user",
        category: Category::Other,
        severity: Severity::Note,
        cwe: &[250],
        message: "The last user of the image is root",
        why: "What breaks out of the program is root in the container.",
        advice: "End with `USER` and a user of its own.",
    },
    Check {
        id: "dockerfile.insecure-run",
        category: Category::Other,
        severity: Severity::Warning,
        cwe: &[250],
        message: "A step of the build runs without the builder's sandbox",
        why: "What it runs can change the machine that builds.",
        advice: "Leave `--security=insecure` and `--network=host` out.",
    },
    Check {
        id: "workflow.code-injection",
        category: Category::Execution,
        severity: Severity::Blocking,
        cwe: &[94, 78],
        message: "What anybody writes into a title, a text or the name of a branch becomes part of the step's code",
        why: "The expression is put into the script before it runs: `$(…)` in a title runs with the workflow's token and secrets.",
        advice: "Give it to the step by `env:` and use the variable in quotes: `env: TITLE: ${{ … }}`, then `\"$TITLE\"`, or `process.env.TITLE`.",
    },
    Check {
        id: "workflow.untrusted-checkout",
        category: Category::Execution,
        severity: Severity::Blocking,
        cwe: &[829],
        message: "Code of a pull request is run with the rights of the repository",
        why: "`pull_request_target` and `workflow_run` have the repository's token and secrets; a build, a test or an install step runs what the fork says.",
        advice: "Build in a `pull_request` workflow, which has no secrets, and let a second one use its results as data.",
    },
    Check {
        id: "workflow.excessive-permissions",
        category: Category::Other,
        severity: Severity::Warning,
        cwe: &[250],
        message: "The workflow's token may write everything",
        why: "Any step that is taken over, and any action that is used, can push code and make releases.",
        advice: "Name what is needed: `permissions: { contents: read }`, and more where a job needs more.",
    },
    Check {
        id: "workflow.secret-printed",
        category: Category::Secret,
        severity: Severity::Warning,
        cwe: &[532],
        message: "A secret is printed into the log",
        why: "Logs are masked for the exact text only: any change of it is shown, and logs of public repositories are public.",
        advice: "Do not print it; give it to the program that needs it by `env:`.",
    },
    Check {
        id: "workflow.insecure-commands",
        category: Category::Execution,
        severity: Severity::Warning,
        cwe: &[77],
        message: "Commands in the output of steps can set variables and paths",
        why: "Whatever a step prints, text of others too, can then change what later steps run.",
        advice: "Leave `ACTIONS_ALLOW_UNSECURE_COMMANDS` out; write to `$GITHUB_ENV` and `$GITHUB_PATH`.",
    },
    Check {
        id: "workflow.unpinned-action",
        category: Category::Other,
        severity: Severity::Note,
        cwe: &[829],
        message: "An action of somebody else is used by a name that can be moved to other code",
        why: "Who takes that repository over moves the tag, and the next run has the new code.",
        advice: "Use the digest of a commit: `uses: owner/action@<40 digits> # v1`.",
    },
];
