//! What a value says about itself: a variable, a placeholder, words, or something that somebody chose or a machine made.

use std::collections::HashMap;

use crate::{assignments, documents::Document};

/// Parts of values that stand for a value to come, in lower case.
const PLACEHOLDERS: &[&str] = &[
    "changeme",
    "change_me",
    "change-me",
    "change this",
    "changethis",
    "changeit",
    "replace",
    "placeholder",
    "your",
    "example",
    "dummy",
    "sample",
    "todo",
    "fixme",
    "xxxx",
    "****",
    "....",
    "redacted",
    "insert",
    "enter",
    "<",
    "notasecret",
    "not-a-secret",
    "not_a_secret",
    "fake",
    "mock",
    "foobar",
    "lorem",
    "insecure",
    "unsafe",
    "default",
    "undefined",
    "abcdef",
    "some-",
    "some_",
    "secret-key",
    "my-secret",
    "mysecret",
    "supersecret",
    "super-secret",
    "super_secret",
    "s3cr3t",
    "generate",
    "invalid",
    "wrong",
    "correct",
];

/// Values that are nothing but a name for a password, or the first one that comes to everybody's mind.
const WORDS: &[&str] = &[
    "pass",
    "password",
    "passwd",
    "pwd",
    "secret",
    "token",
    "test",
    "tests",
    "testing",
    "user",
    "admin",
    "root",
    "guest",
    "postgres",
    "mysql",
    "redis",
    "rabbitmq",
    "minio",
    "minioadmin",
    "none",
    "null",
    "true",
    "false",
    "hidden",
    "text",
    "string",
    "input",
    "field",
    "key",
    "value",
    "apikey",
    "empty",
    "required",
    "optional",
    "hunter2",
    "letmein",
    "12345",
    "123456",
    "1234567",
    "12345678",
    "123456789",
    "1234567890",
    "password1",
    "password123",
    "passw0rd",
    "qwerty",
    "foo",
    "bar",
    "baz",
    "abc",
    "abc123",
    "secret123",
    "test123",
    "test1234",
];

/// Where a value comes from instead of standing here: beginnings, in lower case.
const REFERENCES: &[&str] = &[
    "%(",
    "{",
    "<",
    "#{",
    "@",
    "env:",
    "env.",
    "env(",
    "vault:",
    "!vault",
    "enc[",
    "enc(",
    "op://",
    "ref+",
    "arn:",
    "projects/",
    "file:",
    "/run/",
    "/var/",
    "/etc/",
    "secrets.",
    "secret://",
    "process.env",
    "os.environ",
    "os.getenv",
    "system.",
    "config.",
    "keyring:",
    "ssm:",
    "sops:",
    "var.",
    "local.",
    "data.",
    "module.",
    "[redacted",
    "base64decode",
    "function",
    "require",
    "import",
];

/// Whether the value stands for something else: a variable, a path to it, a mask, nothing.
pub(crate) fn is_reference(value: &str) -> bool {
    let lower = value.trim().to_ascii_lowercase();
    !assignments::is_secret_value(value)
        || REFERENCES.iter().any(|begin| lower.starts_with(begin))
        || lower.contains("${")
        || lower.contains("{{")
        || lower.contains("$(")
        || lower.chars().all(|c| !c.is_ascii_alphanumeric())
}

/// Whether the value is there to be replaced, or so common that it keeps nobody out.
pub(crate) fn is_placeholder(value: &str) -> bool {
    let lower = value.trim().to_ascii_lowercase();
    let distinct = lower.chars().collect::<std::collections::HashSet<_>>().len();
    WORDS.contains(&lower.as_str()) || distinct <= 3 || PLACEHOLDERS.iter().any(|part| lower.contains(part))
}

/// Whether an assignment of `value` to `name`, which announces a `kind`, gives a secret away in such a document.
pub(crate) fn speaks(name: &str, value: &str, kind: &str, document: Document) -> bool {
    const LONGEST: usize = 1024;
    if value.len() > LONGEST || is_reference(value) || is_placeholder(value) || repeats(name, value) {
        return false;
    }
    if is_random(value) {
        return !is_identifier(value);
    }
    let (letters, digits, marks) = classes(value);
    let plain = value.chars().any(char::is_whitespace) || is_identifier(value) || is_location(value);
    let chosen = match document {
        Document::Settings => value.len() >= 6 && letters > 0 && digits + marks > 0,
        Document::Code => value.len() >= 6 && letters > 0 && digits > 0 && !has_syntax(value),
        Document::Prose | Document::Generated => false,
    };
    kind == "password" && chosen && !plain
}

/// Whether the value only says its name again: `password: "password_field"`, `TOKEN = "csrf-token"`.
fn repeats(name: &str, value: &str) -> bool {
    let bare = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect()
    };
    let (name, value) = (bare(name), bare(value));
    !value.is_empty() && (name.ends_with(&value) || value.ends_with(&name))
}

/// Letters, digits and other characters.
fn classes(value: &str) -> (usize, usize, usize) {
    value.chars().fold((0, 0, 0), |(letters, digits, marks), c| match c {
        c if c.is_alphabetic() => (letters + 1, digits, marks),
        c if c.is_numeric() => (letters, digits + 1, marks),
        _ => (letters, digits, marks + 1),
    })
}

/// A word, or words joined by signs (`auth.password_reset`, `X-CSRF-Token`, `passwordResetToken2`).
fn is_identifier(value: &str) -> bool {
    let signs = ['.', '_', '-', ':', '/', ' '];
    let joined = value.contains(signs);
    let value = if joined { value.trim_end_matches(|c: char| c.is_ascii_digit()) } else { value };
    let word = |part: &str| {
        let humps = part.bytes().filter(u8::is_ascii_uppercase).count();
        let one_case = humps * 4 <= part.len().max(8) || humps == part.len();
        part.bytes().all(|byte| byte.is_ascii_alphabetic()) && one_case
    };
    value.split(signs).all(word)
}

/// A path or an address.
fn is_location(value: &str) -> bool {
    value.starts_with(['/', '.', '~']) || value.contains("://") || value.ends_with('/')
}

/// Signs of a format, a pattern or code in a quoted text.
fn has_syntax(value: &str) -> bool {
    ["{", "}", "%s", "%d", "(", ")", "[", "]", "\\", "=>", "==", "<", ">", "|", "*", "`", "#"]
        .iter()
        .any(|sign| value.contains(sign))
}

/// Whether a machine made it: long, of several kinds of characters, and without order.
pub(crate) fn is_random(value: &str) -> bool {
    const SHORTEST: usize = 16;
    if value.len() < SHORTEST || value.chars().any(char::is_whitespace) && value.len() < 32 {
        return false;
    }
    let (letters, digits, marks) = classes(value);
    let hex = value.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let words = value
        .split(|c: char| !c.is_alphanumeric())
        .filter(|part| part.len() > 2)
        .all(|part| part.bytes().all(|byte| byte.is_ascii_alphabetic()));
    let mixed = letters > 0 && digits >= value.len() / 16 && digits > 0 && !(words && marks > 0);
    mixed && entropy(value) >= if hex { 2.9 } else { 3.4 }
}

/// Bits for each character, by how often each occurs (Shannon).
#[expect(clippy::cast_precision_loss, reason = "counts below 2^53")]
fn entropy(value: &str) -> f64 {
    let mut counts: HashMap<char, u32> = HashMap::new();
    for c in value.chars() {
        *counts.entry(c).or_default() += 1;
    }
    let total = value.chars().count().max(1) as f64;
    counts.values().map(|count| f64::from(*count) / total).map(|share| -share * log2(share)).sum()
}

/// The binary logarithm of a positive number that is not tiny, to 14 digits. `f64::log2` would make every start of the
/// program load the mathematical library, which a hook would pay for at each tool call.
fn log2(number: f64) -> f64 {
    if number <= 0.0 {
        return f64::NEG_INFINITY;
    }
    let (mut mantissa, mut exponent) = (number, 0.0);
    while mantissa < 1.0 {
        (mantissa, exponent) = (mantissa * 2.0, exponent - 1.0);
    }
    while mantissa >= 2.0 {
        (mantissa, exponent) = (mantissa / 2.0, exponent + 1.0);
    }
    // ln m = 2 (s + s³/3 + s⁵/5 + …) with s = (m - 1) / (m + 1), which is at most a third.
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let (mut power, mut sum, mut divisor) = (s, 0.0, 1.0);
    while divisor < 31.0 {
        sum += power / divisor;
        (power, divisor) = (power * s * s, divisor + 2.0);
    }
    2.0 * sum / std::f64::consts::LN_2 + exponent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logarithm_is_what_the_library_says() {
        for number in [1e-6, 0.001, 0.1, 1.0 / 3.0, 0.5, 0.707, 0.999, 1.0, 1.414, 1.999, 2.0, 10.0, 4096.0] {
            assert!((log2(number) - number.log2()).abs() < 1e-13, "{number}");
        }
    }

    #[test]
    fn a_value_speaks_or_not() {
        let rows = [
            ("password", "hunter22", Document::Settings, true),
            ("PASSWORD", "swordfish!23", Document::Settings, true),
            ("dbpasswd", "pass123", Document::Code, true),
            ("PASSWORD2", "pass123", Document::Code, true),
            ("db_password_1", "pass123", Document::Code, true),
            ("DB_PASSWORD_PROD", "pass123", Document::Code, true),
            ("password", "Passwort", Document::Settings, false),
            ("password", "forgot your password?", Document::Settings, false),
            ("password", "auth.password_reset2", Document::Code, false),
            ("password", "/etc/passwd1", Document::Code, false),
            ("password", "${DB_PASSWORD:-x1}", Document::Settings, false),
            ("password", "{{ vault_pw1 }}", Document::Settings, false),
            ("password", "<password1>", Document::Settings, false),
            ("password", "changeme123", Document::Settings, false),
            ("password", "aaaa1111", Document::Settings, false),
            ("password", "os.environ['A1']", Document::Code, false),
            ("password", "pw%s1", Document::Code, false),
            ("new_password", "new_password2", Document::Code, false),
            ("api_key", "3b6311afca5bd8aac647b316704e9c6d", Document::Settings, true),
            ("api_key", "hunter22", Document::Code, false),
            ("SECRET_KEY", "zh!=!gq(w^_t[sBR29954x)HI+$ehwss*xYNQeu([xcWMhdzzr", Document::Code, true),
            ("token", "csrfmiddlewaretoken", Document::Code, false),
            ("token", "INTERNAL_RESET_SESSION_TOKEN", Document::Code, false),
            ("token", "7f9cc25de23d1a255720b0ae4551f4044d600f46", Document::Code, true),
        ];
        for (name, value, document, expected) in rows {
            let kind = assignments::secret_name(name).unwrap();
            assert_eq!(speaks(name, value, kind, document), expected, "{name} = {value}");
        }
    }
}
