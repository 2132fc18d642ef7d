//! Proposals of the built-in rules: each parses, takes its finding away and brings none; and where none may be made.

use std::collections::BTreeMap;

use wardline_scan::{
    finding::Finding,
    scan::{Scan, Scanner},
};

fn scan(path: &str, text: &str) -> Scan {
    Scanner::new().scan(&BTreeMap::from([(path.to_owned(), text.to_owned())]), &|_| None)
}

/// The text with a finding's proposal, if it has one that keeps its promises.
fn mended(path: &str, text: &str, finding: &Finding) -> Option<String> {
    let mut new = text.to_owned();
    for (span, part) in finding.fix.as_ref()?.edits.iter().rev() {
        new.replace_range(span.start as usize..span.end as usize, part);
    }
    let (before, after) = (scan(path, text), scan(path, &new));
    let count = |scan: &Scan, rule: &str| scan.findings.iter().filter(|finding| finding.rule == rule).count();
    let adds = after.findings.iter().any(|one| count(&after, &one.rule) > count(&before, &one.rule));
    let gone = count(&after, &finding.rule) < count(&before, &finding.rule);
    (after.gaps.is_empty() && !adds && gone).then_some(new)
}

fn proposal(path: &str, text: &str, rule: &str) -> Option<String> {
    let found = scan(path, text);
    let finding = found.findings.iter().find(|finding| finding.rule == rule);
    assert!(finding.is_some(), "{path}: {rule} is not found in\n{text}");
    let finding = finding?;
    mended(path, text, finding)
}

const FLASK: &str = "import sqlite3\nfrom flask import request\n\ndef find(cur):\n    name = request.args[\"n\"]\n    age = request.args[\"a\"]\n    ";
const EXPRESS: &str = "const { Pool } = require('pg');\nconst pool = new Pool();\napp.get('/', async (req, res) => {\n  const name = req.query.name;\n  const age = req.query.age;\n  ";

/// Path, rule, text before, text after.
const MADE: &[(&str, &str, &str, &str)] = &[
    (
        "a.py",
        "python.yaml-unsafe-load",
        "import yaml\nx = yaml.load(f)\n",
        "import yaml\nx = yaml.safe_load(f)\n",
    ),
    (
        "a.py",
        "python.yaml-unsafe-load",
        "import yaml\nx = yaml.load(f.read(), Loader=yaml.Loader)\n",
        "import yaml\nx = yaml.safe_load(f.read())\n",
    ),
    (
        "a.py",
        "python.yaml-unsafe-load",
        "import yaml\nx = yaml.unsafe_load(f)\n",
        "import yaml\nx = yaml.safe_load(f)\n",
    ),
    (
        "a.py",
        "python.tls-not-verified",
        "import requests\nr = requests.get(u, verify=False)\n",
        "import requests\nr = requests.get(u)\n",
    ),
    (
        "a.py",
        "python.tls-not-verified",
        "import requests\nr = requests.get(u, verify=False, timeout=3)\n",
        "import requests\nr = requests.get(u, timeout=3)\n",
    ),
    (
        "a.py",
        "python.tls-not-verified",
        "import httpx\nc = httpx.Client(verify=False, timeout=3)\n",
        "import httpx\nc = httpx.Client(timeout=3)\n",
    ),
    (
        "a.py",
        "python.tls-not-verified",
        "import httpx\nc = httpx.Client(verify=False)\n",
        "import httpx\nc = httpx.Client()\n",
    ),
    (
        "a.py",
        "python.tls-not-verified",
        "import requests\ns = requests.Session()\ns.verify = False\n",
        "import requests\ns = requests.Session()\ns.verify = True\n",
    ),
    (
        "a.py",
        "python.tls-not-verified",
        "import ssl\nc = ssl._create_unverified_context()\n",
        "import ssl\nc = ssl.create_default_context()\n",
    ),
    (
        "a.py",
        "python.tls-not-verified",
        "import ssl\nc.check_hostname = False\n",
        "import ssl\nc.check_hostname = True\n",
    ),
    (
        "a.py",
        "python.tls-not-verified",
        "import ssl\nc.verify_mode = ssl.CERT_NONE\n",
        "import ssl\nc.verify_mode = ssl.CERT_REQUIRED\n",
    ),
    (
        "a.py",
        "python.tls-not-verified",
        "import urllib3\np = urllib3.PoolManager(cert_reqs='CERT_NONE')\n",
        "import urllib3\np = urllib3.PoolManager(cert_reqs='CERT_REQUIRED')\n",
    ),
    (
        "a.py",
        "python.tls-not-verified",
        "import aiohttp\nc = aiohttp.TCPConnector(limit=3, ssl=False)\n",
        "import aiohttp\nc = aiohttp.TCPConnector(limit=3, ssl=True)\n",
    ),
    (
        "a.py",
        "python.tls-not-verified",
        "import paramiko\nc.set_missing_host_key_policy(paramiko.AutoAddPolicy())\n",
        "import paramiko\nc.set_missing_host_key_policy(paramiko.RejectPolicy())\n",
    ),
    (
        "a.py",
        "python.old-tls",
        "import ssl\nc.minimum_version = ssl.TLSVersion.TLSv1\n",
        "import ssl\nc.minimum_version = ssl.TLSVersion.TLSv1_2\n",
    ),
    (
        "a.py",
        "python.weak-hash",
        "import hashlib\nh = hashlib.md5(b)\n",
        "import hashlib\nh = hashlib.sha256(b)\n",
    ),
    (
        "a.py",
        "python.weak-hash",
        "import hashlib\nh = hashlib.new('sha1', b)\n",
        "import hashlib\nh = hashlib.new('sha256', b)\n",
    ),
    (
        "a.py",
        "python.predictable-secret",
        "import random\ntoken = random.choice(words)\n",
        "import random\ntoken = random.SystemRandom().choice(words)\n",
    ),
    (
        "a.py",
        "python.short-key",
        "from cryptography.hazmat.primitives.asymmetric import rsa\nk = rsa.generate_private_key(public_exponent=65537, key_size=1024)\n",
        "from cryptography.hazmat.primitives.asymmetric import rsa\nk = rsa.generate_private_key(public_exponent=65537, key_size=3072)\n",
    ),
    (
        "a.py",
        "python.autoescape-off",
        "import jinja2\ne = jinja2.Environment(autoescape=False)\n",
        "import jinja2\ne = jinja2.Environment(autoescape=True)\n",
    ),
    (
        "a.js",
        "javascript.tls-verification",
        "const a = new https.Agent({ keepAlive: true, rejectUnauthorized: false });\n",
        "const a = new https.Agent({ keepAlive: true, rejectUnauthorized: true });\n",
    ),
    (
        "a.js",
        "javascript.tls-verification",
        "process.env.NODE_TLS_REJECT_UNAUTHORIZED = \"0\";\n",
        "process.env.NODE_TLS_REJECT_UNAUTHORIZED = \"1\";\n",
    ),
    (
        "a.js",
        "javascript.weak-crypto",
        "const crypto = require('crypto');\nconst h = crypto.createHash('md5').update(b);\n",
        "const crypto = require('crypto');\nconst h = crypto.createHash('sha256').update(b);\n",
    ),
    (
        "a.js",
        "javascript.xss",
        "const q = new URLSearchParams(location.search).get('q');\ndocument.getElementById('a').innerHTML = q;\n",
        "const q = new URLSearchParams(location.search).get('q');\ndocument.getElementById('a').textContent = q;\n",
    ),
    (
        "a.go",
        "go.tls-verification",
        "package a\n\nimport \"crypto/tls\"\n\nvar c = &tls.Config{InsecureSkipVerify: true}\n",
        "package a\n\nimport \"crypto/tls\"\n\nvar c = &tls.Config{InsecureSkipVerify: false}\n",
    ),
    (
        "A.java",
        "java.weak-crypto",
        "import java.security.MessageDigest;\nclass A { byte[] f(byte[] b) throws Exception { return MessageDigest.getInstance(\"MD5\").digest(b); } }\n",
        "import java.security.MessageDigest;\nclass A { byte[] f(byte[] b) throws Exception { return MessageDigest.getInstance(\"SHA-256\").digest(b); } }\n",
    ),
];

/// Statements: head, the line before, the line after.
const BOUND: &[(&str, &str, &str, &str)] = &[
    (
        "a.py",
        FLASK,
        "cur.execute(f\"select * from t where n = '{name}'\")",
        "cur.execute(\"select * from t where n = ?\", (name,))",
    ),
    (
        "a.py",
        FLASK,
        "cur.execute(f\"select * from t where n = '{name}' and a > {age}\")",
        "cur.execute(\"select * from t where n = ? and a > ?\", (name, age))",
    ),
    (
        "a.py",
        FLASK,
        "cur.execute(f\"insert into t values ('{name}', {age})\")",
        "cur.execute(\"insert into t values (?, ?)\", (name, age))",
    ),
    (
        "a.js",
        EXPRESS,
        "await pool.query(`select * from t where n = '${name}' and a = ${age}`);",
        "await pool.query(`select * from t where n = $1 and a = $2`, [name, age]);",
    ),
];

/// Where no proposal may be made: the value is a name of the statement or stands inside of a text, parameters are given, the client
/// is not known, the markup is wanted.
const NOT: &[(&str, &str, &str, &str)] = &[
    ("a.py", "python.sql-injection", FLASK, "cur.execute(f\"select * from {name}\")"),
    ("a.py", "python.sql-injection", FLASK, "cur.execute(f\"select * from t order by {name}\")"),
    ("a.py", "python.sql-injection", FLASK, "cur.execute(f\"select * from t where n like '%{name}%'\")"),
    (
        "a.py",
        "python.sql-injection",
        FLASK,
        "cur.execute(f\"select * from t where n = '{name}' and b = ?\", (age,))",
    ),
    ("a.py", "python.sql-injection", FLASK, "cur.execute(f\"select * from t where n = '{name.lower()!r}'\")"),
    ("a.py", "python.sql-injection", FLASK, "cur.execute(\"select * from t where n = '\" + name + \"'\")"),
    (
        "a.py",
        "python.sql-injection",
        "from flask import request\n\ndef find(cur):\n    name = request.args[\"n\"]\n    ",
        "cur.execute(f\"select * from t where n = '{name}'\")",
    ),
    (
        "a.py",
        "python.sql-injection",
        "import sqlite3\nimport psycopg\nfrom flask import request\n\ndef find(cur):\n    name = request.args[\"n\"]\n    ",
        "cur.execute(f\"select * from t where n = '{name}'\")",
    ),
    (
        "a.js",
        "javascript.xss",
        "const q = new URLSearchParams(location.search).get('q');\n",
        "document.body.innerHTML = '<b>' + q + '</b>';",
    ),
    (
        "a.py",
        "python.tls-not-verified",
        "import ssl\n",
        "ssl._create_default_https_context = ssl._create_unverified_context",
    ),
    ("a.py", "python.short-key", "from Crypto.PublicKey import RSA\nBITS = 1024\n", "k = RSA.generate(BITS)"),
];

#[test]
fn proposals_mend_what_they_are_for() {
    let mut problems = Vec::new();
    for (path, rule, before, after) in MADE {
        let made = proposal(path, before, rule);
        if made.as_deref() != Some(*after) {
            problems.push(format!("{rule}: {before}\n  gives {made:?}"));
        }
    }
    for (path, head, before, after) in BOUND {
        let end = if path.ends_with(".js") { "\n});\n" } else { "\n" };
        let rule = if path.ends_with(".js") { "javascript.sql-injection" } else { "python.sql-injection" };
        let made = proposal(path, &format!("{head}{before}{end}"), rule);
        if made != Some(format!("{head}{after}{end}")) {
            problems.push(format!("{before}\n  gives {made:?}"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn no_proposal_is_made_where_none_is_right() {
    for (path, rule, head, line) in NOT {
        let made = proposal(path, &format!("{head}{line}\n"), rule);
        assert_eq!(made, None, "{line}");
    }
}
