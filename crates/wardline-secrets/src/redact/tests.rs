//! Secrets that must go and look-alikes that must stay, as tables; and laws over made-up secrets.

use super::*;
use proptest::prelude::*;
use serde_json::json;

/// Text, the secret in it, the kind that takes its place.
const SECRETS: &[(&str, &str, &str)] = &[
    ("aws s3 ls AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE", "aws-key"),
    ("id=ASIAQ3EGP7XNXX5YZ2AB;", "ASIAQ3EGP7XNXX5YZ2AB", "aws-key"),
    ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "github-token"),
    (
        "x gho_16C7e42F292c6912E7710c838347Ae178B4a y",
        "gho_16C7e42F292c6912E7710c838347Ae178B4a",
        "github-token",
    ),
    (
        "github_pat_11ABCDEFG0abcdefghijkl_mnopqrst",
        "github_pat_11ABCDEFG0abcdefghijkl_mnopqrst",
        "github-token",
    ),
    ("glpat-aBcD1234efGh5678ijKl", "glpat-aBcD1234efGh5678ijKl", "gitlab-token"),
    ("sk-ant-api03-abcDEF_123-456ghiJKL", "sk-ant-api03-abcDEF_123-456ghiJKL", "anthropic-key"),
    ("sk-proj-abcDEF123456ghiJKL78", "sk-proj-abcDEF123456ghiJKL78", "api-key"),
    ("key sk-0123456789abcdef0123456789abcdef", "sk-0123456789abcdef0123456789abcdef", "api-key"),
    ("xoxb-123456789012-abcdefABCDEF", "xoxb-123456789012-abcdefABCDEF", "slack-token"),
    ("AIzaSyA1234567890abcdefghijklmnopqrstuv", "AIzaSyA1234567890abcdefghijklmnopqrstuv", "google-key"),
    ("npm_abcdefghijklmnopqrstuvwxyz0123456789", "npm_abcdefghijklmnopqrstuvwxyz0123456789", "npm-token"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-DEF_123", "eyJhbGciOiJIUzI1NiJ9", "jwt"),
    ("curl -H 'Authorization: Bearer abc123def456'", "abc123def456", "bearer"),
    ("-H \"authorization: token hunter2\"", "hunter2", "header"),
    ("Authorization: hunter2", "hunter2", "header"),
    ("Bearer abcdefgh12345678", "abcdefgh12345678", "bearer"),
    ("Basic YWxhZGRpbjpvcGVu", "YWxhZGRpbjpvcGVu", "basic-auth"),
    ("Cookie: sid=abc", "sid=abc", "header"),
    ("PASSWORD=hunter2 make", "hunter2", "password"),
    ("export PGPASSWORD='correct horse'", "correct horse", "password"),
    ("MYSQL_PWD=root mysql", "root", "password"),
    ("DB_PASS=abc", "abc", "password"),
    ("mysql --password=hunter2", "hunter2", "password"),
    ("login --password hunter2 --user me", "hunter2", "password"),
    ("password: hunter2", "hunter2", "password"),
    ("{\"password\": \"a\\\"b\", \"x\": 1}", "a\\\"b", "password"),
    ("{\\\"client_secret\\\":\\\"abc\\\",\\\"x\\\":1}", "abc", "secret"),
    ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPx", "wJalrXUtnFEMI/K7MDENG/bPx", "secret"),
    ("api_key=abc apiKey: \"zzz9\"", "zzz9", "api-key"),
    ("--api-key abc123", "abc123", "api-key"),
    ("https://x.test/?access_token=abc123&y=1", "abc123", "token"),
    ("AccountKey=Zm9vYmFy==;EndpointSuffix=x", "Zm9vYmFy==", "api-key"),
    ("X-Amz-Signature=abcdef", "abcdef", "signature"),
    ("git clone https://me:hunter2@host.test/r.git", "hunter2", "url-password"),
    ("postgres://u:p@ss@db:5432/x", "p@ss", "url-password"),
    ("https://0123456789abcdef0123@host.test/", "0123456789abcdef0123", "url-password"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "MIIE", "private-key"),
    ("echo '-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl", "b3Bl", "private-key"),
    ("-----BEGIN PRIVATE KEY-----\\nMIIE\\n-----END PRIVATE KEY----- tail", "MIIE", "private-key"),
];

const LOOK_ALIKES: &[&str] = &[
    "",
    "cargo test -p wardline-audit",
    "pip install sk-learn-from-scratch-with-long-names",
    "sk-",
    "task-1234567890abcdef1234567890",
    "ghp_short",
    "npm_config_registry=https://registry.example.com",
    "AKIA is a prefix",
    "XAKIAIOSFODNN7EXAMPLE",
    "AKIAIOSFODNN7EXAMPLE_but_a_longer_word",
    "basic authentication is old",
    "the bearer of bad news, a bearer token",
    "Bearer $TOKEN",
    "PASSWORD=$PASS make",
    "curl -H \"Authorization: Bearer $TOKEN\"",
    "token=${GITHUB_TOKEN}",
    "password=<your password>",
    "password: ********",
    "PWD=/home/me",
    "bypass=true",
    "max_tokens=4096",
    "tokens: 12",
    "let token = tokens.next();",
    "fn login(password: String, secret: &str)",
    "password = getpass()",
    "if password == other",
    "secret::Key",
    "token: the thing that you get",
    "PASSWORD_FILE=/run/x",
    "public_key=abc",
    "primary_key: id",
    "https://example.com/a@b",
    "https://example.com:8080/x",
    "ssh://git@github.com/x/y.git",
    "git@github.com:x/y.git",
    "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----",
    "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
    "eyJust.a.word",
    "password",
    "--password",
    "grep -r password src",
    "git commit -m 'rotate the api_key'",
];

#[test]
fn known_secrets_are_taken_out() {
    for (text, secret, kind) in SECRETS {
        let redacted = redact(text);
        assert!(!redacted.contains(secret), "{text:?} became {redacted:?}");
        assert!(redacted.contains(&format!("[redacted:{kind}]")), "{text:?} became {redacted:?}");
    }
}

#[test]
fn look_alikes_stay_as_they_are() {
    for text in LOOK_ALIKES {
        assert_eq!(redact(text), *text);
    }
}

#[test]
fn what_stands_around_a_secret_stays() {
    let redacted = redact("before DB_PASSWORD='a b' after https://u:pw1@h/ end");
    assert_eq!(
        redacted,
        "before DB_PASSWORD='[redacted:password]' after https://u:[redacted:url-password]@h/ end"
    );
}

#[test]
fn values_are_redacted_at_every_depth_and_in_keys() {
    let token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
    let other = "ghp_26C7e42F292c6912E7710c838347Ae178B4a";
    let value = json!({
        "password": "p", "n": 5, "list": ["x", { "deep": format!("t {token}") }], token: 1, other: 2,
        "env": { "API_KEY": "k", "PWD": "/home" }, "token": "$TOKEN",
    });
    let expected = json!({
        "password": "[redacted:password]", "n": 5, "list": ["x", { "deep": "t [redacted:github-token]" }],
        "[redacted:github-token]": 1, "[redacted:github-token]'": 2,
        "env": { "API_KEY": "[redacted:api-key]", "PWD": "/home" }, "token": "$TOKEN",
    });
    assert_eq!(redact_value(value), expected);
}

#[test]
fn bottomless_values_are_cut_where_a_reader_would_stop() {
    let mut value = json!("bottom");
    for _ in 0..1000 {
        value = json!([value]);
    }
    let text = redact_value(value).to_string();
    assert!(text.contains("nested too deep"));
    assert!(serde_json::from_str::<Value>(&text).is_ok());
}

#[test]
fn time_stays_linear_on_texts_made_to_hurt() {
    let units = [
        "sk-",
        "eyJ",
        "eyJ-",
        "eyJaaaaaaaaaa.",
        "://",
        "x://u:",
        "a:b@",
        "password=",
        "password=$a=",
        "password=a::",
        "password=\"$a",
        "password=\\\"$",
        "Cookie: $",
        "Bearer ",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY",
        "\\",
        "\"",
    ];
    for unit in units {
        let begin = std::time::Instant::now();
        drop(redact(&unit.repeat(100_000 / unit.len())));
        let took = begin.elapsed();
        assert!(took.as_secs() < 10, "{unit:?} took {took:?}");
    }
}

/// A made-up secret of each kind.
fn secret() -> impl Strategy<Value = (String, String)> {
    let bare = |text: String| (text.clone(), text);
    prop_oneof![
        "AKIA[A-Z0-9]{16}".prop_map(bare),
        "gh[pousr]_[A-Za-z0-9]{35}[0-9]".prop_map(bare),
        "github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{58}[0-9]".prop_map(bare),
        "sk-ant-api03-[A-Za-z0-9_-]{80}[0-9]".prop_map(bare),
        "sk-[A-Za-z0-9]{46}[0-9][a-z]".prop_map(bare),
        "xox[baprs]-[0-9]{12}-[A-Za-z0-9]{24}".prop_map(bare),
        "AIza[A-Za-z0-9_-]{34}[0-9]".prop_map(bare),
        "glpat-[A-Za-z0-9]{19}[0-9]".prop_map(bare),
        "npm_[A-Za-z0-9]{35}[0-9]".prop_map(bare),
        "eyJ[A-Za-z0-9_-]{20}\\.eyJ[A-Za-z0-9_-]{20}\\.[A-Za-z0-9_-]{20}".prop_map(bare),
        "[a-z0-9!#%+/]{1,24}[0-9]".prop_map(|value| (
            format!("https://user:{}@host", value.replace(['/', '#'], "")),
            value.replace(['/', '#'], "")
        )),
        ("(password|PGPASSWORD|api_key|client-secret|access_token)[=]", "[A-Za-z0-9+/]{6,24}[0-9]")
            .prop_map(|(name, value)| (format!("{name}{value}"), value)),
        ("\"(password|apiKey|secret|token)\": ?", "[A-Za-z0-9 +/]{6,24}[0-9]")
            .prop_map(|(name, value)| (format!("{name}\"{value}\""), value)),
        "[A-Za-z0-9+/]{40,80}[0-9]".prop_map(|value| (format!("Authorization: Bearer {value}"), value)),
        "[A-Za-z0-9+/]{64}".prop_map(|value| {
            (format!("-----BEGIN EC PRIVATE KEY-----\n{value}\n-----END EC PRIVATE KEY-----"), value)
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1500) })]
    #[test]
    fn no_secret_of_a_known_kind_survives((text, secret) in secret(), before in "[ -~\n]{0,40}[ \n=:(\"']", after in "([ \n;\"'][ -~]{0,40})?") {
        // Quotes left open before it may swallow the name of an assignment, never the secret itself.
        prop_assume!(!before.contains("-----"));
        let whole = format!("{before}{text}{after}");
        let redacted = redact(&whole);
        prop_assert!(secret.len() < 6 || !redacted.contains(&secret), "{:?} became {:?}", whole, redacted);
    }

    #[test]
    fn redacting_never_panics_and_twice_is_once(text in ".{0,200}") {
        let once = redact(&text).into_owned();
        prop_assert_eq!(redact(&once).into_owned(), once);
    }

    #[test]
    fn words_that_matter_in_any_order_never_panic(words in proptest::collection::vec("(password|token|=|:|\"|'|\\\\| |://|@|Bearer |sk-|eyJ|-----BEGIN |PRIVATE KEY-----|[a-z0-9]{1,20}|ü)", 0..20)) {
        drop(redact(&words.concat()));
    }
}
