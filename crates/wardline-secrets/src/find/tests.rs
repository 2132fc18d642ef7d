//! Files with secrets and files that only look so, as tables; and laws.

use proptest::prelude::*;

use super::*;

/// A GitHub token whose checksum is right, taken apart so that no scanner takes this file for a leak.
fn github() -> String {
    ["gh", "p_16C7e42F292c6912E7710c838347Ae", "4H2Y7G"].concat()
}

/// Kinds with what they name.
fn named(path: &str, text: &str) -> Vec<(&'static str, Certainty, String)> {
    let part = |secret: &Secret| text.get(secret.range.clone()).unwrap_or("?").to_owned();
    find(path, text).iter().map(|secret| (secret.kind, secret.certainty, part(secret))).collect()
}

#[test]
fn formats_say_where_their_passwords_stand() {
    let rows = [
        (".netrc", "machine h.test login me password pass\n", "pass"),
        ("home/_netrc", "machine h.test\n\tlogin me\n\tpassword pass word\n", "pass"),
        (".esmtprc", "username \"me\"\npassword \"simple\"\n", "simple"),
        (".npmrc", "email=me@h.test\n_auth = YWRtaW46YWRtaW4=\n", "YWRtaW46YWRtaW4="),
        (
            ".npmrc",
            "//r.test/:_authToken=26dfe8d8-889b-4380-92ff-9c3c6ea5d930\n",
            "26dfe8d8-889b-4380-92ff-9c3c6ea5d930",
        ),
        (".pypirc", "[pypi]\nusername = me\npassword = simple\n", "simple"),
        (".docker/config.json", r#"{"auths": {"h.test": {"auth": "bWU6c2ltcGxl"}}}"#, "bWU6c2ltcGxl"),
        (".pgpass", "#host:port:db:user:password\nh.test:5432:d:me:simple\n", "simple"),
        (
            "etc/shadow",
            "root::1:0:\nme:$6$salt$LnUhhUi45srUKt9iHp6VRTOB:1:0:\n",
            "6$salt$LnUhhUi45srUKt9iHp6VRTOB",
        ),
        (
            "web/.htpasswd",
            "me:$apr1$tp8glkbm$fjg65tI1eipoBh62aEjIy0\n",
            "apr1$tp8glkbm$fjg65tI1eipoBh62aEjIy0",
        ),
        (".git-credentials", "https://me@h.test:a!#@b@github.test\n", "a!#@b"),
        ("config/master.key", "3ebf21f8e5d1ab86b27a720842c3bb56\n", "3ebf21f8e5d1ab86b27a720842c3bb56"),
        ("wp-config.php", "define('DB_PASSWORD', 'simple');\ndefine('AUTH_KEY', 'a)b c');", "a)b c"),
        (
            "filezilla/sitemanager.xml",
            "<Server><Pass encoding=\"base64\">c2ltcGxl</Pass></Server>",
            "c2ltcGxl",
        ),
        (".idea/WebServers.xml", "<fileTransfer host=\"h\" password=\"simple\" />", "simple"),
        (".vscode/sftp.json", r#"{"username": "me", "password": "simple"}"#, "simple"),
        ("firefox/logins.json", r#"{"encryptedPassword": "MDoEEPgAAAAA"}"#, "MDoEEPgAAAAA"),
        ("dump.sql", "INSERT INTO `u` (`id`, `password`) VALUES\n(1, 'a,(b'),\n(2, 'it\\'s');", "a,(b"),
    ];
    for (path, text, secret) in rows {
        let found = named(path, text);
        assert!(
            found.iter().any(|(_, certainty, value)| value == secret && *certainty == Certainty::Proven),
            "{path}: {found:?}"
        );
    }
}

#[test]
fn a_putty_key_is_its_private_lines() {
    let body = "AAAAgQCp8kNnqVwLx4VvVQ0hWc1Uo2qJ5J1n0dYB0QvC7oI1l3gk2mS4p6aT8bU0\n".repeat(2);
    let text = format!("PuTTY-User-Key-File-2: ssh-rsa\nPrivate-Lines: 2\n{body}Private-MAC: 00\n");
    assert_eq!(named("me.ppk", &text), [("private-key", Certainty::Proven, body)]);
}

#[test]
fn values_speak_in_settings_and_in_code() {
    let token = github();
    let rows = [
        ("app/settings.py", "SECRET_KEY = 'zh!=!gq(w^_t[sBR29954x)HI+$ehwss*xYNQeu([x'", "secret"),
        ("app.js", "const apiKey = \"3b6311afca5bd8aac647b316704e9c6d\";", "api-key"),
        ("config.php", "$dbpasswd = 'pass123';", "password"),
        ("main.tf", "password = \"Winter2024!\"", "password"),
        (".env", "MAIL_PASSWORD=Mailpass1234!\n", "password"),
        ("compose.yml", "environment:\n  DB_PASSWORD: tr0ub4dor\n", "password"),
        (".github/workflows/ci.yml", "env:\n  API_KEY: 9f86d081884c7d659a2feaa0c55ad015\n", "api-key"),
        ("mongoid.yml", "uri: \"mongodb://dbuser:dbpa55@ds1.mongo.test:1/main\"", "url-password"),
        ("notes.md", "use xoxb-123456789012-ajdUEFksiDKWl1 for the bot", "slack-token"),
        ("a.lock", &format!("x = {token}"), "github-token"),
    ];
    for (path, text, kind) in rows {
        let found = named(path, text);
        assert!(found.iter().any(|(named, ..)| *named == kind), "{path}: {text}: {found:?}");
    }
    assert_eq!(named("a.rs", &token), [("github-token", Certainty::Proven, token)]);
}

#[test]
fn code_says_what_its_literals_are() {
    use Certainty::{Example, Likely};
    let rows = [
        ("a.py", "jwt.encode({'sub': user}, 'kwXoIIXGvOoNZYW2mZp0zVZo', 'HS256')", "signing-key", Likely),
        // The key is the key, whatever it is; but nobody can tell by looking whether it is in use.
        ("a.py", "jwt.encode({'sub': user}, 'changeme', 'HS256')", "signing-key", Example),
        ("a.py", "pw = os.getenv('DB_PASSWORD', 's4les-db')", "password", Likely),
        ("a.js", "const k = process.env.JWT_SECRET ?? `kwXoIIXGvOoNZYW2mZp0zVZo`", "secret", Likely),
        ("a.ts", "const apiKey: string = '6608697a8d41bed440e50454f31af317'", "api-key", Likely),
        ("a.js", "if (req.headers['x-token'] !== '14b3ce107f80e222f828767efc2f9162') {}", "token", Likely),
        ("a.cs", "var dsn = @\"Server=db;User Id=me;Password=Gr4nd-Piano;\"", "password", Likely),
        ("a.go", "smtp.PlainAuth(\"\", \"me\", \"b0unce-house\", host)", "password", Likely),
        ("a.py", "h = {'Authorization': 'Bearer 6813e02ea68ef786e4d3cea27d26934b'}", "bearer", Likely),
        ("a.py", "h = {'Authorization': 'Basic cm9ib3Q6aDBwcGVy'}", "basic-auth", Likely),
    ];
    for (path, text, kind, certainty) in rows {
        let found = named(path, text);
        assert!(
            found.iter().any(|(named, sure, _)| (*named, *sure) == (kind, certainty)),
            "{text}: {found:?}"
        );
    }
    for text in [
        "password = request.form['password_2b']",
        "password = cfg[\"db_pw_2x\"]",
        "jwt.encode({'sub': 'user-4711'}, key, algorithm='HS256')",
        "token = f'abc{user}123{other}456789'",
        "x = password or default_1",
        "assert t('password', 'at least 12 characters')",
    ] {
        assert_eq!(named("a.py", text), [], "{text}");
    }
}

#[test]
fn look_alikes_are_left_alone() {
    let rows = [
        ("app/forms.py", "password = forms.CharField(label=_('Password'))"),
        ("app/forms.py", "error = {'password_mismatch': _('The two password fields did not match.')}"),
        ("app/views.py", "token = request.POST.get('csrfmiddlewaretoken')"),
        ("app/views.py", "INTERNAL_RESET_URL_TOKEN = 'set-password'"),
        ("app/urls.py", "reset_password = 'accounts/reset/1'"),
        ("app/settings.py", "SECRET_KEY = os.environ['SECRET_KEY_1']"),
        ("app/settings.py", "SECRET_KEY = 'django-insecure-8sd7f6sd87f6s8d7f6s8d7f6'"),
        (".env", "API_KEY=${API_KEY}\nDB_PASSWORD=\nOTHER_PASSWORD=<password1>\n"),
        (".env", "PASSWORD=changeme123\nTOKEN=your-token-here-12345678\n"),
        ("compose.yml", "POSTGRES_PASSWORD: postgres\nMYSQL_ROOT_PASSWORD_FILE: /run/secrets/db1\n"),
        ("ci.yml", "token: ${{ secrets.GITHUB_TOKEN }}\n"),
        ("openapi.yaml", "password:\n  type: string\n  format: password\n"),
        ("i18n/de.json", r#"{"password": "Kennwort1", "token": "abc123def"}"#),
        ("de.json", r#"{"password": "Kennwort", "forgotPassword": "Kennwort vergessen?"}"#),
        ("pay.js", "const key = 'pk_live_51H8xYzAbCdEfGhIjKlMnOpQr';"),
        ("aws.md", "AKIAIOSFODNN7EXAMPLE"),
        ("db.py", "dsn = 'postgres://user:password@localhost/db'"),
        ("db.py", "dsn = f'postgres://{user}:{password1}@{host}/db'"),
        ("pem.rs", "if line.starts_with(\"-----BEGIN PRIVATE KEY-----\") { found = true }"),
        (
            "pem.py",
            "def is_key(t):\n    return '-----BEGIN PRIVATE KEY-----' in t\n\nsha = {\n'7f9cc25de23d1a255720b0ae4551f4044d600f46'}",
        ),
        (
            "package-lock.json",
            r#""integrity": "sha512-Bp3dq1q0b5e0d1Y9Nn0vJ5e7m2c8f4a6t9x1z3w5y7u9i1o3p5a7s9d1f3g5h7==", "token": "3b6311afca5bd8aac647b316704e9c6d""#,
        ),
        ("a.py", "commit = '7f9cc25de23d1a255720b0ae4551f4044d600f46'"),
        ("a.rs", "fn token(&mut self) -> Token { self.token = Token::new(1) }"),
        ("a.py", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"),
    ];
    for (path, text) in rows {
        assert_eq!(named(path, text), [], "{path}: {text}");
    }
}

#[test]
fn what_stands_in_a_test_is_an_example() {
    let found = named("tests/test_login.py", "password = 'tr0ub4dor'");
    assert_eq!(found, [("password", Certainty::Example, "tr0ub4dor".to_owned())]);
}

#[test]
fn a_preview_spares_the_secret() {
    for (secret, shown) in [
        ("hunter2", "… (7 characters)"),
        ("0123456789abcdef", "0123… (16 characters)"),
        ("", "… (0 characters)"),
    ] {
        assert_eq!(preview(secret), shown);
    }
}

proptest! {
    #[test]
    fn ranges_lie_in_the_text_in_order_and_apart(
        text in "([a-z_=:\"'{}<>@/$ \n]|password|token|://|-----BEGIN PRIVATE KEY-----|é|eyJ|AKIA|VALUES|insert into ){0,60}",
        path in prop::sample::select(vec!["a.py", ".env", ".netrc", ".pgpass", "d.sql", "x.ppk", ".npmrc", "config/master.key", "w.xml", "r.md"]),
    ) {
        let mut end = 0;
        for secret in find(path, &text) {
            prop_assert!(secret.range.start >= end && text.get(secret.range.clone()).is_some());
            end = secret.range.end;
        }
    }

    #[test]
    fn a_random_value_is_found_whatever_surrounds_it(
        value in "[a-zA-Z0-9]{24,40}",
        before in "[a-z \n]{0,40}",
        name in prop::sample::select(vec!["password", "API_KEY", "client_secret", "authToken"]),
    ) {
        prop_assume!(value::is_random(&value) && !value::is_placeholder(&value));
        let text = format!("{before}\n{name} = \"{value}\"\n");
        prop_assert!(named("app.py", &text).iter().any(|(_, _, found)| *found == value), "{text}");
    }
}
