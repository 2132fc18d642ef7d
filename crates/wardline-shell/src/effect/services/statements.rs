//! Statements of query languages after which data is gone: DROP, TRUNCATE, DELETE and UPDATE of everything, FLUSHALL.

/// Most statements that are read in one text.
const MOST_STATEMENTS: usize = 1024;

/// Data that would be lost.
pub(super) struct Loss {
    /// Of which table, database, bucket.
    pub(super) name: String,
    /// By what: "drop table".
    pub(super) how: String,
}

/// Clients: the options that take values (`q`: of statements), and after how many operands statements stand. Sorted.
const CLIENTS: &[(&str, &str, Option<usize>)] = &[
    ("bq", "--project_id:t --location:t", Some(1)),
    ("cassandra-cli", "", None),
    ("clickhouse", "-q:q --query:q -h:t --host:t -u:t --user:t --password:t -d:t --port:t", None),
    ("clickhouse-client", "-q:q --query:q -h:t --host:t -u:t --user:t --password:t -d:t --port:t", None),
    ("cockroach", "-e:q --execute:q --url:t --host:t", None),
    ("cqlsh", "-e:q --execute:q -u:t -p:t -k:t -f:t", None),
    ("duckdb", "-c:q -s:q -cmd:q", Some(1)),
    ("influx", "-execute:q -database:t -host:t -port:t -username:t -password:t", Some(1)),
    ("isql", "", None),
    ("keydb-cli", "-h:t -p:t -a:t -n:t -u:t --user:t --pass:t", Some(0)),
    (
        "mariadb",
        "-e:q --execute:q -h:t --host:t -u:t --user:t -P:t --port:t -D:t --database:t -S:t -p=t --init-command:q",
        None,
    ),
    ("mongo", "--eval:q --host:t --port:t -u:t -p:t", None),
    ("mongosh", "--eval:q --host:t --port:t -u:t -p:t", None),
    ("mycli", "-e:q --execute:q -h:t -u:t -P:t -D:t", None),
    (
        "mysql",
        "-e:q --execute:q -h:t --host:t -u:t --user:t -P:t --port:t -D:t --database:t -S:t -p=t --init-command:q",
        None,
    ),
    ("mysqlsh", "-e:q --execute:q --sql=t -h:t -u:t -P:t", None),
    ("pgcli", "-h:t -p:t -U:t -d:t", None),
    (
        "psql",
        "-c:q --command:q -h:t --host:t -p:t --port:t -U:t --username:t -d:t --dbname:t -f:t -v:t -o:t -P:t",
        None,
    ),
    ("redis-cli", "-h:t -p:t -a:t -n:t -u:t --user:t --pass:t -s:t -r:t -i:t", Some(0)),
    ("snowsql", "-q:q --query:q -a:t -u:t -d:t -w:t", None),
    ("sqlcmd", "-Q:q -q:q -S:t -U:t -P:t -d:t -i:t", None),
    ("sqlite", "-cmd:q -init:t -separator:t", Some(1)),
    ("sqlite3", "-cmd:q -init:t -separator:t -nullvalue:t", Some(1)),
    ("sqlplus", "", None),
    ("usql", "-c:q --command:q -f:t", None),
    ("valkey-cli", "-h:t -p:t -a:t -n:t -u:t --user:t --pass:t", Some(0)),
];

fn client(name: &str) -> Option<&'static (&'static str, &'static str, Option<usize>)> {
    CLIENTS.binary_search_by(|(known, ..)| (*known).cmp(name)).ok().and_then(|at| CLIENTS.get(at))
}

pub(super) fn options(name: &str) -> Option<&'static str> {
    client(name).map(|(_, options, _)| *options)
}

pub(super) fn in_operands(name: &str) -> Option<usize> {
    client(name).and_then(|(_, _, from)| *from)
}

/// Do the operands make up one command?
pub(super) fn is_line(name: &str) -> bool {
    matches!(name, "redis-cli" | "valkey-cli" | "keydb-cli")
}

/// What is lost by the statements in `text`.
pub(super) fn losses(name: &str, text: &str) -> Vec<Loss> {
    match name {
        "mongo" | "mongosh" => documents(text),
        "redis-cli" | "valkey-cli" | "keydb-cli" => {
            text.lines().take(MOST_STATEMENTS).filter_map(keys).collect()
        }
        _ => statements(text).iter().take(MOST_STATEMENTS).filter_map(|words| statement(words)).collect(),
    }
}

/// The words of each statement; strings and comments left out of the words' way.
fn statements(text: &str) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut characters = text.chars().peekable();
    while let Some(next) = characters.next() {
        match next {
            '\'' => {
                // A string is one word that is never a keyword.
                while characters.next_if(|c| *c != '\'').is_some() {}
                characters.next();
                word.push('\'');
            }
            '-' if characters.peek() == Some(&'-') => while characters.next_if(|c| *c != '\n').is_some() {},
            '#' => while characters.next_if(|c| *c != '\n').is_some() {},
            '/' if characters.peek() == Some(&'*') => {
                characters.next();
                // `/*! … */` is run by MySQL: its text counts.
                if characters.next_if_eq(&'!').is_some() {
                    while characters.next_if(char::is_ascii_digit).is_some() {}
                } else {
                    let mut last = ' ';
                    for character in characters.by_ref() {
                        if last == '*' && character == '/' {
                            break;
                        }
                        last = character;
                    }
                }
            }
            ';' | ' ' | '\t' | '\n' | '\r' | '(' | ')' | ',' => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                if next == ';' && !words.is_empty() {
                    all.push(std::mem::take(&mut words));
                }
            }
            _ => word.push(next),
        }
        if all.len() >= MOST_STATEMENTS {
            return all;
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    all.extend((!words.is_empty()).then_some(words));
    all
}

fn statement(words: &[String]) -> Option<Loss> {
    let upper: Vec<String> = words.iter().take(64).map(|word| word.to_ascii_uppercase()).collect();
    let at = |index: usize| upper.get(index).map_or("", String::as_str);
    let has = |wanted: &str| words.iter().any(|word| word.eq_ignore_ascii_case(wanted));
    let loss = |name: usize, how: &str| {
        let name = words.get(name).map_or("", String::as_str).trim_matches(['"', '`', '[', ']']);
        Some(Loss { name: name.to_owned(), how: how.to_owned() })
    };
    match (at(0), at(1)) {
        ("DROP", "VIEW" | "INDEX" | "FUNCTION" | "TRIGGER" | "PROCEDURE" | "PREPARED" | "ALIAS") => None,
        ("DROP", what) if !what.is_empty() => {
            let skip = if at(2) == "IF" { 4 } else { 2 };
            loss(skip, &format!("drop {}", what.to_ascii_lowercase()))
        }
        ("TRUNCATE", what) => {
            let mut skip = if what == "TABLE" { 2 } else { 1 };
            skip += usize::from(at(skip) == "ONLY");
            loss(skip, "truncate")
        }
        ("DELETE", "FROM") if !has("WHERE") && !has("LIMIT") => loss(2, "delete of all rows"),
        ("DELETE", _) if !has("WHERE") && !has("FROM") => loss(1, "delete of all rows"),
        ("UPDATE", _) if has("SET") && !has("WHERE") => loss(1, "update of all rows"),
        ("ALTER", "TABLE") if has("DROP") && !has("CONSTRAINT") && !has("INDEX") && !has("DEFAULT") => {
            loss(2, "drop column")
        }
        ("ALTER", "TABLE") if has("DELETE") && has("UPDATE") => loss(2, "delete"),
        _ => None,
    }
}

/// `db.dropDatabase()`, `db.x.drop()`, `db.x.deleteMany({})`.
fn documents(text: &str) -> Vec<Loss> {
    let mut out = Vec::new();
    let packed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let calls = [
        ".dropDatabase(",
        ".drop(",
        ".deleteMany({})",
        ".remove({})",
        ".deleteMany()",
        ".dropUser(",
        ".dropAllUsers(",
    ];
    for call in calls {
        for (at, _) in packed.match_indices(call).take(16) {
            let before = packed.get(..at).unwrap_or_default();
            let name = before
                .rsplit(|c: char| !(c.is_alphanumeric() || "_.".contains(c)))
                .next()
                .unwrap_or_default();
            let how = call.trim_matches(['.', '(', ')', '{', '}']).to_owned();
            out.push(Loss { name: name.trim_start_matches("db.").to_owned(), how });
        }
    }
    out
}

/// `FLUSHALL`, `FLUSHDB`.
fn keys(line: &str) -> Option<Loss> {
    let first = line.split_whitespace().next()?.to_ascii_lowercase();
    matches!(first.as_str(), "flushall" | "flushdb").then(|| Loss { name: String::new(), how: first })
}

#[cfg(test)]
mod tests {
    use super::CLIENTS;

    #[test]
    fn the_clients_are_sorted_so_that_every_one_is_found() {
        for pair in CLIENTS.windows(2) {
            assert!(pair[0].0 < pair[1].0, "{} comes after {}", pair[0].0, pair[1].0);
        }
    }
}
