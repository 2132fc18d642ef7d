//! Which files hold secrets, by their names and places.

use std::borrow::Cow;

use crate::effect::zone::{is_pattern, matches};

/// Directories in which everything is a secret, wherever they stand: by their last names.
const BELOW: &[&[&str]] = &[
    &[".ssh"],
    &[".gnupg"],
    &[".password-store"],
    &[".aws", "cli", "cache"],
    &[".aws", "sso", "cache"],
    &[".azure"],
    &[".oci"],
    &[".config", "op"],
    &[".config", "doctl"],
    &[".config", "gcloud"],
    &[".config", "sops"],
    &[".local", "share", "keyrings"],
    &["library", "keychains"],
    &[".mozilla"],
    &[".thunderbird"],
    &[".config", "google-chrome"],
    &[".config", "chromium"],
    &[".config", "bravesoftware"],
    &[".config", "microsoft-edge"],
    &["application support", "google", "chrome"],
    &["application support", "firefox"],
    &["library", "cookies"],
    &["ssl", "private"],
    &["run", "secrets"],
    &[".bitcoin"],
    &[".ethereum"],
];

/// Files by their last names.
const FILES: &[&[&str]] = &[
    &[".netrc"],
    &["_netrc"],
    &[".npmrc"],
    &[".pypirc"],
    &[".pgpass"],
    &[".my.cnf"],
    &[".mylogin.cnf"],
    &[".s3cfg"],
    &[".boto"],
    &[".vault-token"],
    &[".git-credentials"],
    &[".terraformrc"],
    &[".htpasswd"],
    &[".aws"],
    &[".aws", "config"],
    &[".aws", "credentials"],
    &[".config", "git", "credentials"],
    &[".config", "gh", "hosts.yml"],
    &[".config", "glab-cli", "config.yml"],
    &[".config", "hub"],
    &[".config", "rclone", "rclone.conf"],
    &[".docker", "config.json"],
    &[".kube"],
    &[".kube", "config"],
    &["kubernetes", "admin.conf"],
    &[".cargo", "credentials"],
    &[".cargo", "credentials.toml"],
    &[".gem", "credentials"],
    &[".terraform.d", "credentials.tfrc.json"],
    &[".m2", "settings.xml"],
    &["composer", "auth.json"],
    &[".composer", "auth.json"],
    &[".claude", ".credentials.json"],
    &[".claude.json"],
    &[".codex", "auth.json"],
    &[".gemini", "oauth_creds.json"],
    &["opencode", "auth.json"],
    &["kilo", "auth.json"],
    &["github-copilot", "hosts.json"],
    &["github-copilot", "apps.json"],
    &["etc", "shadow"],
    &["etc", "shadow-"],
    &["etc", "gshadow"],
    &["etc", "gshadow-"],
    &["etc", "krb5.keytab"],
    &["etc", "master.passwd"],
    &["proc", "*", "environ"],
    &["proc", "*", "mem"],
    &["proc", "*", "task", "*", "environ"],
    &["proc", "kcore"],
    &["dev", "mem"],
    &["dev", "kmem"],
];

/// Fewest plain letters in a pattern that is taken to mean a secret's name: `*` means no particular file.
const FEWEST_LETTERS: usize = 2;

/// Does the normalised path name a file or directory of secrets?
pub(crate) fn is(path: &str) -> bool {
    let lower = if path.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(path.to_ascii_lowercase())
    } else {
        Cow::Borrowed(path)
    };
    let parts: Vec<&str> = lower.split('/').filter(|part| !part.is_empty()).collect();
    let Some(last) = parts.last() else { return false };
    if is_environment(last) {
        return true;
    }
    if last.ends_with(".pub") || is_public(&parts, last) {
        return false;
    }
    is_key(last) || is_history(last) || in_tables(&parts)
}

/// Files that lie among secrets and are none.
fn is_public(parts: &[&str], last: &str) -> bool {
    matches!(last, "known_hosts" | "known_hosts.old" | "authorized_keys")
        || (*last == *"config" && parts.iter().rev().nth(1) == Some(&".ssh"))
}

fn in_tables(parts: &[&str]) -> bool {
    // Most paths have no name that any row begins with.
    let likely = |part: &&str| {
        part.starts_with(['.', '_'])
            || is_pattern(part)
            || matches!(
                *part,
                "etc"
                    | "proc"
                    | "dev"
                    | "run"
                    | "ssl"
                    | "library"
                    | "application support"
                    | "kubernetes"
                    | "composer"
                    | "opencode"
                    | "kilo"
                    | "github-copilot"
            )
    };
    if !parts.iter().any(likely) {
        return false;
    }
    let at = |start: usize, row: &[&str]| {
        parts
            .get(start..start + row.len())
            .is_some_and(|here| here.iter().zip(row).all(|(part, name)| same(part, name)))
    };
    let globbed = parts.iter().any(|part| is_pattern(part));
    // A row can only begin where its first name stands.
    let begins = |row: &&[&str]| globbed || row.first().is_some_and(|first| parts.contains(first));
    let below = |row: &&[&str]| begins(row) && (0..parts.len()).any(|start| at(start, row));
    let ends = |row: &&[&str]| parts.len().checked_sub(row.len()).is_some_and(|start| at(start, row));
    BELOW.iter().any(below) || FILES.iter().any(ends)
}

fn same(part: &str, name: &str) -> bool {
    if name == "*" {
        return true;
    }
    if !is_pattern(part) {
        return part == name;
    }
    part.chars().filter(|letter| letter.is_alphanumeric() || *letter == '.').count() >= FEWEST_LETTERS
        && matches(part, name)
}

/// `.env`, `.env.*`, `*.env`; templates hold no secrets.
fn is_environment(name: &str) -> bool {
    let name = name.trim_end_matches('~');
    if name.ends_with(".env") {
        return true;
    }
    if is_pattern(name) {
        return name.starts_with(".e") && matches(name, ".env");
    }
    let Some(rest) = name.strip_prefix(".env.") else { return false };
    !matches!(rest.rsplit('.').next(), Some("example" | "sample" | "template" | "dist" | "defaults"))
}

/// Key files: `id_rsa`, `server.key`, `client.p12`; certificates are public.
fn is_key(name: &str) -> bool {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let source = matches!(
        extension,
        "rs" | "go"
            | "py"
            | "js"
            | "ts"
            | "c"
            | "h"
            | "cc"
            | "cpp"
            | "java"
            | "rb"
            | "md"
            | "html"
            | "sh"
            | "txt"
    );
    let named = ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"]
        .iter()
        .any(|key| name.starts_with(key) && !source || (is_pattern(name) && same(name, key)));
    match extension {
        "p12" | "pfx" | "jks" | "keystore" | "ppk" | "kdbx" => true,
        "pem" | "key" => !is_certificate(stem),
        _ => named,
    }
}

fn is_certificate(stem: &str) -> bool {
    let words = || stem.split(|c: char| !c.is_ascii_alphanumeric());
    let says = |names: &[&str]| {
        words().any(|word| names.contains(&word.trim_end_matches(|c: char| c.is_ascii_digit())))
    };
    says(&[
        "cert",
        "certs",
        "certificate",
        "chain",
        "fullchain",
        "ca",
        "cacert",
        "cacerts",
        "bundle",
        "crt",
        "csr",
        "pub",
        "public",
        "dhparam",
        "dh",
    ]) && !says(&["key", "private", "priv", "privkey", "secret"])
}

fn is_history(name: &str) -> bool {
    name == "fish_history" || (name.starts_with('.') && name.ends_with("_history"))
}

#[cfg(test)]
mod tests {
    use super::is;

    #[test]
    fn secrets_and_their_neighbours() {
        for path in [
            "/h/.ssh",
            "/h/.ssh/id_ed25519",
            "/h/.aws/credentials",
            "/p/.env",
            "/p/.env.production",
            "/p/prod.env",
            "/etc/shadow",
            "/h/.netrc",
            "/h/.kube/config",
            "/p/server.key",
            "/p/tls.pem",
            "/proc/1/environ",
            "/h/.bash_history",
            "/h/.config/google-chrome/Default/Cookies",
            "/h/.s*/id_rsa",
            "/p/.e*",
            "/p/*.key",
            "/h/.docker/config.json",
            "/h/.gnupg/private-keys-v1.d",
            "/var/run/secrets/x",
            "/h/Library/Keychains/x",
        ] {
            assert!(is(path), "{path}");
        }
        for path in [
            "/p/.env.example",
            "/p/env",
            "/h/.ssh/id_rsa.pub",
            "/p/id_rsa.rs",
            "/p/ca.pem",
            "/p/*",
            "/etc/passwd",
            "/p/config",
            "/h/.ssh/known_hosts",
            "/h/.ssh/config",
            "/p/src/environ",
            "/",
        ] {
            assert!(!is(path), "{path}");
        }
    }
}
