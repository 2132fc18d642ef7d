//! Hosts by their names and addresses, and the secrets that are sent to them.

/// Whether a host is this machine.
pub(super) fn is_local(host: &str) -> bool {
    let name = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
    matches!(name.as_str(), "localhost" | "::1" | "::" | "0:0:0:0:0:0:0:1")
        || name.ends_with(".localhost")
        || address(&name).is_some_and(|address| address >> 24 == 127 || address == 0)
}

/// Whether a host is the metadata service of a cloud, in any spelling of its address.
pub(super) fn is_metadata_service(host: &str) -> bool {
    const NAMES: &[&str] = &[
        "100.100.100.200",
        "169.254.169.253",
        "169.254.170.2",
        "169.254.170.23",
        "192.0.0.192",
        "::ffff:169.254.169.254",
        "fd00:ec2::23",
        "fd00:ec2::254",
        "instance-data",
        "instance-data.ec2.internal",
        "metadata",
        "metadata.azure.internal",
        "metadata.goog",
        "metadata.google.internal",
        "metadata.tencentyun.com",
    ];
    let name = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
    NAMES.contains(&name.as_str()) || address(&name) == Some(0xa9fe_a9fe)
}

/// The IPv4 address that a text stands for as C's `inet_aton` reads it: one to four parts, decimal, octal or hexadecimal.
fn address(text: &str) -> Option<u32> {
    let parts: Vec<u32> = text.split('.').map(number).collect::<Option<_>>()?;
    let (last, heads) = parts.split_last()?;
    if heads.len() > 3 || heads.iter().any(|part| *part > 255) {
        return None;
    }
    // The last part fills what the others leave.
    let room = 32 - 8 * u32::try_from(heads.len()).ok()?;
    let high = heads.iter().fold(0u64, |sum, part| (sum << 8) | u64::from(*part));
    let whole = (high << room) | u64::from(*last);
    u32::try_from(whole).ok().filter(|_| u64::from(*last) >> room == 0)
}

fn number(text: &str) -> Option<u32> {
    if let Some(hex) = text.strip_prefix("0x") {
        u32::from_str_radix(hex, 16).ok()
    } else if text.len() > 1 && text.starts_with('0') {
        u32::from_str_radix(text, 8).ok()
    } else {
        text.parse().ok()
    }
}

/// Whether a variable's name says that it holds a secret.
pub(super) fn secret_name(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "APIKEY",
        "AUTH",
        "COOKIE",
        "CREDENTIAL",
        "CREDENTIALS",
        "CREDS",
        "JWT",
        "KEY",
        "PASS",
        "PASSPHRASE",
        "PASSWD",
        "PASSWORD",
        "PAT",
        "PRIVATE",
        "PW",
        "PWD",
        "SECRET",
        "SECRETS",
        "TOKEN",
        "TOKENS",
    ];
    let name = name.to_ascii_uppercase();
    // The shell's own directories are no passwords.
    !matches!(name.as_str(), "PWD" | "OLDPWD" | "SSH_AUTH_SOCK")
        && name.split('_').any(|word| {
            WORDS.contains(&word)
                || ["TOKEN", "SECRET", "PASSWORD", "APIKEY"].iter().any(|end| word.ends_with(end))
        })
}

/// Whether a secret belongs to the host that it is sent to: the name of the variable is that of the service.
pub(super) fn belongs(variable: &str, host: &str) -> bool {
    const OWNERS: &[(&str, &str)] = &[
        ("ANTHROPIC", "anthropic.com"),
        ("CARGO", "crates.io"),
        ("CF", "cloudflare.com"),
        ("CLOUDFLARE", "cloudflare.com"),
        ("DIGITALOCEAN", "digitalocean.com"),
        ("DO", "digitalocean.com"),
        ("GEMINI", "googleapis.com"),
        ("GH", "github.com"),
        ("GITHUB", "github.com"),
        ("GITLAB", "gitlab.com"),
        ("GOOGLE", "googleapis.com"),
        ("GROQ", "groq.com"),
        ("HF", "huggingface.co"),
        ("HUGGINGFACE", "huggingface.co"),
        ("MISTRAL", "mistral.ai"),
        ("NPM", "npmjs.org"),
        ("OPENAI", "openai.com"),
        ("OPENROUTER", "openrouter.ai"),
        ("SENTRY", "sentry.io"),
        ("SLACK", "slack.com"),
        ("STRIPE", "stripe.com"),
    ];
    let owner = variable.split('_').next().unwrap_or_default().to_ascii_uppercase();
    let host = host.to_ascii_lowercase();
    OWNERS.iter().any(|(name, domain)| {
        *name == owner && host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for host in ["localhost", "127.0.0.1", "::1", "[::1]", "127.1", "app.localhost", "0.0.0.0"] {
            assert!(is_local(host), "{host}");
        }
        for host in ["localhost.evil.com", "127.0.0.1.evil.com", "10.0.0.1", "example.com", ""] {
            assert!(!is_local(host), "{host}");
        }
        for host in [
            "169.254.169.254",
            "2852039166",
            "0xA9FEA9FE",
            "0251.0376.0251.0376",
            "169.254.43518",
            "169.16689662",
        ] {
            assert!(is_metadata_service(host), "{host}");
        }
        for host in ["169.254.1.1", "example.com", "metadata.example.com", "4294967296"] {
            assert!(!is_metadata_service(host), "{host}");
        }
    }

    #[test]
    fn names_of_secrets() {
        for name in ["GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "DB_PASSWORD", "api_key", "ACCESSTOKEN"] {
            assert!(secret_name(name), "{name}");
        }
        for name in ["HOME", "PWD", "USER", "PATH", "KEYBOARD", "MONKEY", "TOKENIZER_PATH"] {
            assert!(!secret_name(name), "{name}");
        }
    }
}
