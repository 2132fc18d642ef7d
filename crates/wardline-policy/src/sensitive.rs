//! Knows files that hold secrets, by name and place.
//!
//! The names are compared without case on every system. Public halves are not sensitive: `*.pub`, and `*.pem`
//! files whose name says certificate, chain, bundle or public and does not say key. Everything else ending in
//! `.pem` is taken for a key.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::decision::Decision;
use crate::names::{Place, Places, components, is_absolute, normalise};

/// What kind of secret a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Sensitive {
    /// `.env` and its kin.
    Environment,
    /// What a person typed into a shell or a database prompt.
    History,
    /// A private key or a key store.
    Key,
    /// Passwords and tokens of a tool or a cloud.
    Credential,
    /// Cookies and saved logins.
    Browser,
    /// Secrets of the operating system.
    System,
}

impl Sensitive {
    /// The least that touching such a file costs, unless a rule opens this very file.
    pub fn floor(self) -> Decision {
        match self {
            Self::Environment | Self::History => Decision::Ask,
            Self::Key | Self::Credential | Self::Browser | Self::System => Decision::Deny,
        }
    }

    /// The word used in rule ids.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::History => "history",
            Self::Key => "key",
            Self::Credential => "credential",
            Self::Browser => "browser",
            Self::System => "system",
        }
    }

    /// What it is, for a sentence.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Environment => "an environment file, which usually holds secrets",
            Self::History => "a record of what was typed, which often holds secrets",
            Self::Key => "a private key",
            Self::Credential => "a credential store",
            Self::Browser => "a browser profile with cookies and logins",
            Self::System => "a secret of the operating system",
        }
    }
}

/// The kind of secret at `path` (relative or absolute), judged by its name alone; `None` for an ordinary file.
pub fn sensitive(path: &str) -> Option<Sensitive> {
    find(path).map(|hit| hit.class)
}

/// Whether a file that looks like a `class` of secret lies among results or other people's code, where a key with an
/// extension is a test's: `path` is relative to the workspace.
pub(crate) fn is_of_others(path: &str, class: Sensitive) -> bool {
    const OTHERS: [&str; 4] = ["node_modules", "target", ".venv", "__pycache__"];
    let parts = components(path);
    let Some((last, before)) = parts.split_last() else { return false };
    let extension = last.trim_start_matches('.').contains('.');
    class == Key
        && extension
        && !is_absolute(path)
        && before.iter().any(|part| OTHERS.contains(&part.as_str()))
}

/// Which components of a path make it sensitive.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    pub(crate) class: Sensitive,
    /// Positions counted from the end of the path, whose beginning may hold `..`.
    from_end: usize,
    to_end: usize,
}

/// Recognises a sensitive path.
pub(crate) fn find(path: &str) -> Option<Hit> {
    let parts = components(path);
    let last = parts.last()?;
    let at_end = |class| Hit { class, from_end: 1, to_end: 0 };
    if is_environment(last) {
        return Some(at_end(Sensitive::Environment));
    }
    if last.ends_with(".pub") {
        return None;
    }
    if let Some((class, (start, end))) = places().find(&parts, is_absolute(path)) {
        let left = |at: usize| parts.len().saturating_sub(at);
        return Some(Hit { class, from_end: left(start), to_end: left(end) });
    }
    if is_key(last) && !is_public_store(&parts) {
        return Some(at_end(Key));
    }
    is_history(last).then(|| at_end(Sensitive::History))
}

/// The path with ordinary names in place of the sensitive ones. A pattern that matches one of these was not
/// written with the sensitive file in mind.
pub(crate) fn neutral(path: &str, hit: &Hit) -> Vec<String> {
    let path = normalise(path);
    let root = if path.starts_with('/') { "/" } else { "" };
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    ["ordinary", ".ordinary", "ordinary.txt", ".ordinary.txt"]
        .iter()
        .map(|name| {
            let swap = |(at, part): (usize, &&str)| {
                let left = parts.len().saturating_sub(at);
                if left <= hit.from_end && left > hit.to_end {
                    (*name).to_owned()
                } else {
                    (*part).to_owned()
                }
            };
            let parts: Vec<String> = parts.iter().enumerate().map(swap).collect();
            format!("{root}{}", parts.join("/"))
        })
        .collect()
}

/// Names to try a file glob on: would it pick up a sensitive file?
pub(crate) const EXAMPLES: [&str; 8] =
    [".env", ".env.local", "id_rsa", "id_ed25519", "server.key", ".npmrc", ".netrc", ".git-credentials"];

/// `.env`, `.env.*`, `*.env`, and what editors leave beside them; templates hold no secrets.
fn is_environment(name: &str) -> bool {
    let name = name.trim_matches('#').trim_end_matches('~');
    let name = if name.starts_with("..") { name.strip_prefix('.').unwrap_or(name) } else { name };
    if name.ends_with(".env") {
        return true;
    }
    let Some(rest) = name.strip_prefix(".env.") else { return false };
    !matches!(rest.rsplit('.').next(), Some("example" | "sample" | "template" | "dist"))
}

const KEY_NAMES: [&str; 4] = ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"];

fn is_key(name: &str) -> bool {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let named = KEY_NAMES.iter().filter_map(|key| name.strip_prefix(key)).any(|rest| {
        rest.is_empty() || (rest.starts_with(['.', '-', '_', '~', ' ']) && !is_source(extension))
    });
    match extension {
        "p12" | "pfx" | "jks" | "keystore" | "ppk" | "kdbx" => true,
        "pem" | "key" => !names_public_half(stem),
        _ => named,
    }
}

fn is_source(extension: &str) -> bool {
    matches!(
        extension,
        "rs" | "go" | "py" | "js" | "ts" | "c" | "h" | "cc" | "cpp" | "java" | "rb" | "md" | "html"
    )
}

/// Whether a file name says certificate or public key, and not private key.
fn names_public_half(stem: &str) -> bool {
    let mut public = false;
    for word in stem.split(|c: char| !c.is_ascii_alphanumeric()) {
        match word.trim_end_matches(|c: char| c.is_ascii_digit()) {
            "key" | "private" | "priv" | "privkey" | "secret" => return false,
            "cert" | "certs" | "certificate" | "certificates" | "chain" | "fullchain" | "ca" | "cacert"
            | "cacerts" | "bundle" | "crt" | "csr" | "pub" | "public" | "pubkey" | "dhparam" | "dhparams"
            | "dh" => public = true,
            _ => {}
        }
    }
    public
}

/// Directories of certificates that everybody may read.
fn is_public_store(parts: &[String]) -> bool {
    parts
        .windows(2)
        .any(|pair| matches!(pair, [a, b] if a == "ssl" && b == "certs" || a == "pki" && b == "tls"))
        || parts.iter().any(|part| part == "ca-certificates" || part == "certifi")
}

fn is_history(name: &str) -> bool {
    name == "fish_history" || (name.starts_with('.') && name.ends_with("_history"))
}

fn places() -> &'static Places<Sensitive> {
    static PLACES: OnceLock<Places<Sensitive>> = OnceLock::new();
    PLACES.get_or_init(|| Places::new(TABLE))
}

use Sensitive::{Browser, Credential, Key, System};

const TABLE: &[(Place, Sensitive)] = &[
    (Place::Below(".ssh"), Key),
    (Place::Below(".gnupg"), Key),
    (Place::Root("etc/ssl/private"), Key),
    (Place::Below(".password-store"), Credential),
    (Place::End(".aws/credentials"), Credential),
    (Place::End(".aws/config"), Credential),
    (Place::Below(".aws/sso/cache"), Credential),
    (Place::Below(".aws/cli/cache"), Credential),
    (Place::End(".netrc"), Credential),
    (Place::End("_netrc"), Credential),
    (Place::End(".npmrc"), Credential),
    (Place::End(".pypirc"), Credential),
    (Place::End(".pgpass"), Credential),
    (Place::End(".my.cnf"), Credential),
    (Place::End(".mylogin.cnf"), Credential),
    (Place::End(".s3cfg"), Credential),
    (Place::End(".boto"), Credential),
    (Place::End(".vault-token"), Credential),
    (Place::End(".git-credentials"), Credential),
    (Place::End(".config/git/credentials"), Credential),
    (Place::End(".docker/config.json"), Credential),
    (Place::End(".kube/config"), Credential),
    (Place::End("gcloud/application_default_credentials.json"), Credential),
    (Place::End("gcloud/credentials.db"), Credential),
    (Place::End("gcloud/access_tokens.db"), Credential),
    (Place::Below("gcloud/legacy_credentials"), Credential),
    (Place::Below(".azure"), Credential),
    (Place::End(".config/gh/hosts.yml"), Credential),
    (Place::End(".config/glab-cli/config.yml"), Credential),
    (Place::End(".config/hub"), Credential),
    (Place::End(".config/rclone/rclone.conf"), Credential),
    (Place::Below(".config/op"), Credential),
    (Place::End(".cargo/credentials"), Credential),
    (Place::End(".cargo/credentials.toml"), Credential),
    (Place::End(".gem/credentials"), Credential),
    (Place::End(".terraformrc"), Credential),
    (Place::End(".terraform.d/credentials.tfrc.json"), Credential),
    (Place::End(".m2/settings.xml"), Credential),
    (Place::End(".composer/auth.json"), Credential),
    (Place::End("composer/auth.json"), Credential),
    (Place::Below(".local/share/keyrings"), Credential),
    (Place::Below("library/keychains"), Credential),
    (Place::End(".claude/.credentials.json"), Credential),
    (Place::End(".claude.json"), Credential),
    (Place::End(".codex/auth.json"), Credential),
    (Place::End(".gemini/oauth_creds.json"), Credential),
    (Place::End("opencode/auth.json"), Credential),
    (Place::End("kilo/auth.json"), Credential),
    (Place::End("github-copilot/hosts.json"), Credential),
    (Place::End("github-copilot/apps.json"), Credential),
    (Place::Below(".mozilla"), Browser),
    (Place::Below(".config/google-chrome"), Browser),
    (Place::Below(".config/chromium"), Browser),
    (Place::Below(".config/bravesoftware"), Browser),
    (Place::Below(".config/microsoft-edge"), Browser),
    (Place::Below("application support/google/chrome"), Browser),
    (Place::Below("application support/firefox"), Browser),
    (Place::Below("library/cookies"), Browser),
    (Place::Exact("etc/shadow"), System),
    (Place::Exact("etc/shadow-"), System),
    (Place::Exact("etc/gshadow"), System),
    (Place::Exact("etc/gshadow-"), System),
    (Place::Exact("etc/krb5.keytab"), System),
    (Place::Exact("proc/*/environ"), System),
    (Place::Exact("proc/*/mem"), System),
    (Place::Exact("proc/*/task/*/environ"), System),
    (Place::Exact("proc/kcore"), System),
    (Place::Exact("dev/mem"), System),
    (Place::Root("run/secrets"), System),
    (Place::Root("var/run/secrets"), System),
];
