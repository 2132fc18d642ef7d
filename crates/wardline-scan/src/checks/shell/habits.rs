//! Habits of scripts that are wrong in themselves: certificates that nobody checks, packages that nobody signed, deletions that an
//! empty variable leads astray, secrets where every process of the machine can read them.

use super::commands::{Named, is_local};
use super::reader::{Part, Word};
use super::{Place, Walk};

const CURL_TAKES: &str = "AbcCdDeEFhHKmoPQrTuUwxXyYzt";

pub(super) fn check(walk: &mut Walk<'_, '_>, call: &Named<'_>) {
    let span = call.command.span;
    if turns_tls_off(call) {
        walk.report.found("shell.tls-verification", span, Vec::new(), None);
    }
    if takes_unsigned(call) {
        walk.report.found("shell.unverified-packages", span, Vec::new(), None);
    }
    if opens_to_all(call) {
        walk.report.found("shell.world-writable", span, Vec::new(), None);
    }
    if call.name == "rm" && call.has("--recursive", 'r', "") | call.has("--recursive", 'R', "") {
        for word in &call.words {
            if goes_astray(walk, word, call.command.in_function) {
                walk.report.found("shell.unsafe-delete", word.span, Vec::new(), None);
            }
        }
    }
    if walk.place == Place::Script {
        if let Some(word) = secret_argument(call) {
            walk.report.found("shell.secret-argument", word.span, Vec::new(), None);
        }
        for (sign, word) in &call.command.redirects {
            if sign.starts_with('>') && is_predictable(word) {
                walk.report.found("shell.predictable-file", word.span, Vec::new(), None);
            }
        }
    }
}

fn turns_tls_off(call: &Named<'_>) -> bool {
    let says = |all: &[&str]| all.iter().any(|wanted| call.says(wanted));
    let begins =
        |start: &str| call.words.iter().any(|word| word.text().to_ascii_lowercase().starts_with(start));
    let by_option = match call.name.as_str() {
        "curl" => (call.has("--insecure", 'k', CURL_TAKES) || says(&["--proxy-insecure"])) && !is_local(call),
        "wget" => says(&["--no-check-certificate"]) && !is_local(call),
        "git" => begins("http.sslverify=false") || begins("http.sslverify") && says(&["false"]),
        "npm" | "pnpm" | "yarn" => {
            begins("--strict-ssl=false")
                || begins("strict-ssl=false")
                || begins("strict-ssl") && says(&["false"])
        }
        "pip" | "pip3" => begins("--trusted-host"),
        "http" | "https" => says(&["--verify=no", "--verify=false"]),
        "aws" => says(&["--no-verify-ssl"]),
        "helm" | "kubectl" | "oc" => says(&[
            "--insecure-skip-tls-verify",
            "--insecure-skip-tls-verify=true",
            "--kube-insecure-skip-tls-verify",
        ]),
        "podman" | "skopeo" | "buildah" => {
            says(&["--tls-verify=false", "--src-tls-verify=false", "--dest-tls-verify=false"])
        }
        "ssh" | "scp" | "sftp" | "rsync" => {
            begins("stricthostkeychecking=no") || begins("-ostricthostkeychecking=no")
        }
        _ => false,
    };
    let sets = |name: &str, value: &str| match name {
        "GIT_SSL_NO_VERIFY" => matches!(value, "1" | "true"),
        "NODE_TLS_REJECT_UNAUTHORIZED" | "PYTHONHTTPSVERIFY" => value == "0",
        _ => false,
    };
    let assigned = call.command.assigned.iter().any(|(name, value)| sets(name, &value.text()));
    let exported = call.is(&["export"])
        && call
            .words
            .iter()
            .any(|word| word.text().split_once('=').is_some_and(|(name, value)| sets(name, value)));
    by_option || assigned || exported
}

fn takes_unsigned(call: &Named<'_>) -> bool {
    let says = |all: &[&str]| all.iter().any(|wanted| call.says(wanted));
    match call.name.as_str() {
        "apt-get" | "apt" | "aptitude" => {
            says(&["--allow-unauthenticated", "--force-yes", "--allow-insecure-repositories"])
        }
        "yum" | "dnf" | "microdnf" | "tdnf" => says(&["--nogpgcheck"]),
        "apk" => says(&["--allow-untrusted"]),
        "zypper" => says(&["--no-gpg-checks"]),
        "rpm" => says(&["--nosignature"]),
        "gem" => says(&["-P"]) && says(&["NoSecurity"]),
        _ => false,
    }
}

fn opens_to_all(call: &Named<'_>) -> bool {
    let wide = |mode: &str| {
        let octal = mode.len() >= 3 && mode.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
        // With the sticky bit one cannot take another's place: `/tmp`.
        let sticky = mode.len() == 4 && mode.starts_with(['1', '3', '5', '7']);
        octal && !sticky && mode.ends_with(['2', '3', '6', '7'])
            || mode.split(',').any(|part| {
                matches!(
                    part,
                    "a+w"
                        | "o+w"
                        | "a+rw"
                        | "o+rw"
                        | "a+rwx"
                        | "o+rwx"
                        | "ugo+rwx"
                        | "ugo+w"
                        | "a=rwx"
                        | "+777"
                )
            })
    };
    let mode_of = |letter: &str| {
        let at = call.words.iter().position(|word| word.text() == letter);
        at.and_then(|at| call.words.get(at + 1)).is_some_and(|word| wide(&word.text()))
    };
    match call.name.as_str() {
        "chmod" => call
            .words
            .iter()
            .find(|word| !word.text().starts_with('-'))
            .is_some_and(|word| wide(&word.text())),
        "install" | "mkdir" => mode_of("-m") || mode_of("--mode"),
        "umask" => {
            call.words.first().is_some_and(|word| matches!(word.text().as_str(), "0" | "00" | "000" | "0000"))
        }
        _ => false,
    }
}

/// Whether a deletion takes something else when a variable is empty or holds blanks.
fn goes_astray(walk: &Walk<'_, '_>, word: &Word, in_function: bool) -> bool {
    const OWN: [&str; 6] = ["HOME", "PWD", "OLDPWD", "RUNNER_TEMP", "GITHUB_WORKSPACE", "PREFIX"];
    let mut parts = word.parts.iter();
    // `"$DIR/"`, `$DIR/*`, `/$DIR`: with nothing in it this is the root.
    let mut first = parts.next();
    let mut rooted = false;
    while let Some(Part::Text(text)) = first {
        if text.is_empty() {
            first = parts.next();
        } else if text == "/" {
            rooted = true;
            first = parts.next();
        } else {
            return false;
        }
    }
    let Some(Part::Variable { name, rest, .. }) = first else { return false };
    let follows = match parts.find(|part| !matches!(part, Part::Text(text) if text.is_empty())) {
        Some(Part::Text(text)) => text.starts_with('/'),
        None => rooted,
        Some(_) => false,
    };
    let is_set = walk.values.contains_key(name)
        || OWN.contains(&name.as_str())
        || rest.starts_with(":?")
        || rest.starts_with('?')
        || rest.starts_with(":-");
    let is_argument = in_function && name.starts_with(|c: char| c.is_ascii_digit());
    follows && !is_set && !is_argument && !walk.strict
}

/// A word that shows a secret to every process of the machine.
fn secret_argument<'a>(call: &Named<'a>) -> Option<&'a Word> {
    let holds = |word: &Word| word.variables().next().is_some() || !word.text().is_empty();
    let after = |wanted: &[&str]| {
        let at = call.words.iter().position(|word| wanted.contains(&word.text().as_str()))?;
        call.words.get(at + 1).copied().filter(|word| holds(word))
    };
    match call.name.as_str() {
        "sshpass" => {
            call.words.iter().copied().find(|word| word.text() == "-p").and_then(|_| after(&["-p"])).or_else(
                || {
                    call.words.iter().copied().find(|word| {
                        word.text().starts_with("-p")
                            && (word.text().len() > 2 || word.variables().next().is_some())
                    })
                },
            )
        }
        "mysql" | "mysqldump" | "mysqladmin" | "mariadb" => call.words.iter().copied().find(|word| {
            let text = word.text();
            let short = text.starts_with("-p") && (text.len() > 2 || word.variables().next().is_some());
            short || text.starts_with("--password=")
        }),
        "curl" => after(&["-u", "--user"])
            .filter(|word| word.text().contains(':') && word.variables().next().is_some()),
        "wget" => call.words.iter().copied().find(|word| {
            word.text().starts_with("--password=") || word.text().starts_with("--http-password=")
        }),
        "docker" | "podman" if call.says("login") => after(&["-p", "--password"]),
        "openssl" => call.words.iter().copied().find(|word| word.text().starts_with("pass:")),
        _ => None,
    }
}

/// A name in a directory of everybody that another user can guess, and lay a link there.
fn is_predictable(word: &Word) -> bool {
    let Some(Part::Text(first)) = word.parts.first() else { return false };
    let common = first.starts_with("/tmp/") || first.starts_with("/var/tmp/");
    common && word.parts.iter().all(|part| matches!(part, Part::Text(_) | Part::Number))
}
