//! Proposals of changes for findings of built-in rules, where one change is truly right.
//!
//! A proposal is text and no promise: whoever offers it tries it first, and it counts only when the text still parses, the finding is
//! gone and none has come. What stands here is therefore narrow: a shape that is not known gives no proposal.

use std::{cell::OnceCell, sync::LazyLock};

use regex_lite::Regex;

use crate::{finding::Fix, language::Language, span::Span};

/// Rule, the shape of what it matched, what comes in its place. The first shape that fits counts.
const SHAPES: &[(&str, &str, &str)] = &[
    ("python.yaml-unsafe-load", r"^yaml\.unsafe_load\(", "yaml.safe_load("),
    (
        "python.yaml-unsafe-load",
        r"^yaml\.load\(((?:[^(),]|\([^()]*\))+),\s*Loader\s*=\s*yaml\.(?:Unsafe)?Loader\s*\)$",
        "yaml.safe_load($1)",
    ),
    ("python.yaml-unsafe-load", r"^yaml\.load\(((?:[^(),]|\([^()]*\))+)\)$", "yaml.safe_load($1)"),
    ("python.tls-not-verified", r",\s*verify\s*=\s*False\b", ""),
    ("python.tls-not-verified", r"\(\s*verify\s*=\s*False\s*,\s*", "("),
    ("python.tls-not-verified", r"\(\s*verify\s*=\s*False\s*\)$", "()"),
    ("python.tls-not-verified", r"(\.verify\s*=\s*)False$", "${1}True"),
    ("python.tls-not-verified", r"^ssl\._create_unverified_context\(\)$", "ssl.create_default_context()"),
    ("python.tls-not-verified", r"(\.check_hostname\s*=\s*)False$", "${1}True"),
    ("python.tls-not-verified", r"(\.verify_mode\s*=\s*ssl\.)CERT_NONE$", "${1}CERT_REQUIRED"),
    ("python.tls-not-verified", r"(cert_reqs\s*=\s*ssl\.)CERT_NONE\b", "${1}CERT_REQUIRED"),
    ("python.tls-not-verified", r#"(cert_reqs\s*=\s*["'])CERT_NONE(["'])"#, "${1}CERT_REQUIRED$2"),
    ("python.tls-not-verified", r"^(aiohttp\.TCPConnector\(.*\b(?:verify_)?ssl\s*=\s*)False\b", "${1}True"),
    ("python.tls-not-verified", r"\bparamiko\.(?:AutoAdd|Warning)Policy\b", "paramiko.RejectPolicy"),
    ("python.old-tls", r"^ssl\.TLSVersion\.(?:SSLv3|TLSv1|TLSv1_1)$", "ssl.TLSVersion.TLSv1_2"),
    ("python.weak-hash", r"^hashlib\.(?:md5|sha1|md4)\(", "hashlib.sha256("),
    ("python.weak-hash", r#"^(hashlib\.new\(["'])(?i:md5|sha1)(["'])"#, "${1}sha256$2"),
    (
        "python.predictable-secret",
        r"([^.\w])random\.(choices?|randint|randrange|getrandbits|sample|randbytes|random|uniform)\(",
        "${1}random.SystemRandom().$2(",
    ),
    ("python.short-key", r"(\bkey_size\s*=\s*)\d+", "${1}3072"),
    ("python.short-key", r"^((?:Crypto\.PublicKey\.)?(?:RSA|DSA)\.generate\(\s*)\d+", "${1}3072"),
    ("python.autoescape-off", r"(\bautoescape\s*=\s*)False\b", "${1}True"),
    (
        "javascript.tls-verification",
        r#"((?:rejectUnauthorized|strictSSL|"rejectUnauthorized")\s*:\s*)false\b"#,
        "${1}true",
    ),
    ("javascript.tls-verification", r"(\binsecureHTTPParser\s*:\s*)true\b", "${1}false"),
    (
        "javascript.tls-verification",
        r#"(NODE_TLS_REJECT_UNAUTHORIZED(?:["']\])?\s*=\s*["']?)0(["']?)$"#,
        "${1}1$2",
    ),
    ("javascript.weak-crypto", r#"^(\w+\.createH(?:ash|mac)\(["'`])(?:md5|sha1|md4)(["'`])"#, "${1}sha256$2"),
    ("javascript.weak-crypto", r"^CryptoJS\.(?:MD5|SHA1)\(", "CryptoJS.SHA256("),
    ("go.tls-verification", r"(\bInsecureSkipVerify\s*[:=]\s*)true\b", "${1}false"),
    ("java.weak-crypto", r#"(\bMessageDigest\.getInstance\(\s*")(?:MD5|SHA1|SHA-1|MD2)(")"#, "${1}SHA-256$2"),
];

static COMPILED: LazyLock<Vec<(&str, Option<Regex>, &str)>> =
    LazyLock::new(|| SHAPES.iter().map(|(rule, shape, new)| (*rule, Regex::new(shape).ok(), *new)).collect());

/// A file whose findings may be mended. What has to be known of the whole file is found out once.
pub(crate) struct File<'t> {
    path: &'t str,
    text: &'t str,
    mark: OnceCell<Option<Mark>>,
}

impl<'t> File<'t> {
    /// Of that path and text.
    pub(crate) fn new(path: &'t str, text: &'t str) -> Self {
        Self { path, text, mark: OnceCell::new() }
    }

    fn mark(&self, language: Language) -> Option<Mark> {
        *self.mark.get_or_init(|| mark(language, self.text))
    }
}

/// The change that would mend a finding of a built-in rule at a place, where one is known.
pub(crate) fn propose(rule: &str, file: &File<'_>, span: Span) -> Option<Fix> {
    let found = span.of(file.text);
    match rule {
        "javascript.xss" => return as_text(file.text, span),
        "python.sql-injection" => return statement(Language::Python, file, span),
        "go.sql-injection" => return statement(Language::Go, file, span),
        "javascript.sql-injection" if !file.path.ends_with(".html") => {
            return statement(Language::JavaScript, file, span);
        }
        _ => {}
    }
    let shapes = COMPILED.iter().filter(|(known, ..)| *known == rule);
    for (_, shape, new) in shapes {
        if let Some(shape) = shape.as_ref().filter(|shape| shape.is_match(found)) {
            return Some(Fix { edits: vec![(span, shape.replace(found, *new).into_owned())] });
        }
    }
    None
}

fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Markup that is set becomes text that is set, unless the program wants markup: then it would be shown as text.
fn as_text(text: &str, span: Span) -> Option<Fix> {
    let value = span.of(text);
    if value.contains('<') || value.contains('`') {
        return None;
    }
    let start = span.start as usize;
    let before = text.get(..start)?;
    let names =
        [(".innerHTML", ".textContent"), (".insertAdjacentHTML", ".insertAdjacentText"), (".html", ".text")];
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    let (at, old, new) = names.iter().find_map(|(old, new)| {
        let at = line + before.get(line..)?.rfind(old)?;
        let between = before.get(at + old.len()..)?.trim();
        let fits = match *old {
            ".innerHTML" => between == "=",
            ".html" => {
                between == "("
                    && before
                        .get(line..at)
                        .is_some_and(|head| head.trim_end().ends_with(')') && head.contains('$'))
            }
            _ => between.starts_with('(') && between.ends_with(','),
        };
        fits.then_some((at, *old, *new))
    })?;
    let place = Span::new(number(at), number(at + old.len()));
    Some(Fix { edits: vec![(place, new.to_owned())] })
}

/// How a client of a database writes a value's place in a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Question,
    Percent,
    Dollar,
}

/// The clients that are known, by the name of their module.
const CLIENTS: &[(Language, &[&str], Mark)] = &[
    (Language::Python, &["sqlite3", "aiosqlite"], Mark::Question),
    (Language::Python, &["psycopg", "psycopg2", "pymysql", "MySQLdb", "mysql.connector"], Mark::Percent),
    (Language::JavaScript, &["pg"], Mark::Dollar),
    (Language::JavaScript, &["mysql", "mysql2", "mysql2/promise"], Mark::Question),
    (
        Language::Go,
        &["github.com/lib/pq", "github.com/jackc/pgx/v5/stdlib", "github.com/jackc/pgx/v4/stdlib"],
        Mark::Dollar,
    ),
    (
        Language::Go,
        &["github.com/go-sql-driver/mysql", "github.com/mattn/go-sqlite3", "modernc.org/sqlite"],
        Mark::Question,
    ),
];

/// The way in which values are marked, where the file imports clients of one way only.
fn mark(language: Language, text: &str) -> Option<Mark> {
    let imports = |module: &str| {
        text.lines().any(|line| match language {
            Language::Python => {
                let line = line.trim();
                let rest = line.strip_prefix("import ").or_else(|| line.strip_prefix("from "));
                rest.is_some_and(|rest| rest.split([' ', ',']).any(|word| word == module))
            }
            Language::Go => line.contains(&format!("\"{module}\"")),
            _ => {
                let names = line.contains(&format!("'{module}'")) || line.contains(&format!("\"{module}\""));
                names
                    && (line.contains("require(")
                        || line.trim_start().starts_with("import ")
                        || line.contains(" from "))
            }
        })
    };
    let known = CLIENTS.iter().filter(|(known, ..)| *known == language);
    let mut marks: Vec<Mark> = known
        .filter(|(_, modules, _)| modules.iter().any(|module| imports(module)))
        .map(|(.., mark)| *mark)
        .collect();
    // SQLAlchemy and others put their own marks into the statements of these clients.
    let other = ["sqlalchemy", "django", "knex", "sequelize", "typeorm", "gorm.io"]
        .iter()
        .any(|name| text.contains(name));
    marks.dedup();
    (marks.len() == 1 && !other).then(|| marks.pop()).flatten()
}

/// A statement that is put together in the call: its values become parameters.
fn statement(language: Language, file: &File<'_>, span: Span) -> Option<Fix> {
    let text = file.text;
    // Nothing but the end of the call may follow: where parameters are given already, more would not be right.
    let after = text.get(span.end as usize..)?.trim_start();
    if !after.starts_with(')') {
        return None;
    }
    let (pieces, values) = match language {
        Language::Python => holes(span.of(text).strip_prefix("f\"")?.strip_suffix('"')?, "{", "}")?,
        Language::JavaScript => holes(span.of(text).strip_prefix('`')?.strip_suffix('`')?, "${", "}")?,
        _ => formatted(span.of(text))?,
    };
    // Looks through the whole file, so it comes last.
    let mark = file.mark(language)?;
    let mut made = String::new();
    for (number, piece) in pieces.iter().enumerate() {
        let quoted = number < values.len()
            && piece.ends_with('\'')
            && pieces.get(number + 1).is_some_and(|next| next.starts_with('\''));
        let opened = number > 0
            && piece.starts_with('\'')
            && pieces.get(number - 1).is_some_and(|last| last.ends_with('\''));
        let piece = if opened { piece.get(1..)? } else { piece };
        let piece = if quoted { piece.get(..piece.len().checked_sub(1)?)? } else { piece };
        made.push_str(piece);
        if number < values.len() {
            if !takes_value(&made) {
                return None;
            }
            match mark {
                Mark::Question => made.push('?'),
                Mark::Percent => made.push_str("%s"),
                Mark::Dollar => made.push_str(&format!("${}", number + 1)),
            }
        }
    }
    // A quotation that is still open has a value in it: that is no place for a mark.
    if values.is_empty()
        || made.matches('\'').count() % 2 == 1
        || made.contains('"')
        || mark == Mark::Percent && made.replace("%s", "").contains('%')
    {
        return None;
    }
    let list = values.join(", ");
    let new = match language {
        Language::Python => format!("\"{made}\", ({list}{})", if values.len() == 1 { "," } else { "" }),
        Language::JavaScript => format!("`{made}`, [{list}]"),
        _ => format!("\"{made}\", {list}"),
    };
    Some(Fix { edits: vec![(span, new)] })
}

/// Whether a statement may go on with a value: behind a comparison or in a list of values, not where a name stands.
fn takes_value(before: &str) -> bool {
    let before = before.trim_end();
    let loud = before.to_ascii_uppercase();
    let listed = loud.contains("VALUES") || loud.contains(" IN (") || loud.contains(" IN(");
    before.ends_with(['=', '<', '>'])
        || loud.ends_with(" LIKE")
        || loud.ends_with(" LIMIT")
        || listed && before.ends_with(['(', ','])
}

/// A text with holes, as its pieces and what stands in the holes; only names and their members, without formats.
fn holes<'t>(text: &'t str, open: &str, close: &str) -> Option<(Vec<&'t str>, Vec<String>)> {
    if text.contains('\\') || text.contains('\n') || text.contains("{{") || text.contains("}}") {
        return None;
    }
    let (mut pieces, mut values) = (Vec::new(), Vec::new());
    let mut rest = text;
    while let Some((piece, more)) = rest.split_once(open) {
        let (value, more) = more.split_once(close)?;
        pieces.push(piece);
        values.push(simple(value)?);
        rest = more;
    }
    pieces.push(rest);
    Some((pieces, values))
}

/// `fmt.Sprintf("… %s …", a, b)`.
fn formatted(call: &str) -> Option<(Vec<&str>, Vec<String>)> {
    let inside = call.strip_prefix("fmt.Sprintf(\"")?.strip_suffix(')')?;
    let (text, list) = inside.split_once("\", ")?;
    if text.contains(['\\', '"']) {
        return None;
    }
    let values: Vec<String> = list.split(',').map(|value| simple(value.trim())).collect::<Option<_>>()?;
    let unmarked = text.replace("%s", "\u{0}").replace("%d", "\u{0}").replace("%v", "\u{0}");
    if unmarked.contains('%') {
        return None;
    }
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        let (piece, more) = rest.split_at_checked(at)?;
        pieces.push(piece);
        rest = more.get(2..)?;
    }
    pieces.push(rest);
    (pieces.len() == values.len() + 1).then_some((pieces, values))
}

/// A name with its members and plain keys.
fn simple(value: &str) -> Option<String> {
    let value = value.trim();
    let letters = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '[' | ']' | '\'');
    let begins = value.starts_with(|c: char| c.is_alphabetic() || c == '_');
    (begins && value.chars().all(letters)).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_can_be_read() {
        assert!(COMPILED.iter().all(|(_, shape, _)| shape.is_some()));
        assert!(COMPILED.len() >= 15);
    }
}
