//! Capability manifests and the secrets of a configuration: what is read, and what is refused with its line.

use wardline_policy::{
    CAPABILITIES_SAMPLE, CAPABILITIES_SCHEMA, Layer, PolicySet, Problem, SecretFrom, Source, guarded,
    read_capabilities,
};

use crate::support::{options, source};

fn policy_of(sources: &[Source]) -> Result<PolicySet, Vec<Problem>> {
    PolicySet::build(sources, &options())
}

fn problems(text: &str) -> Vec<String> {
    let found = read_capabilities("c", text).err().unwrap_or_default();
    found.iter().map(|problem| format!("{}: {}", problem.line, problem.text)).collect()
}

#[test]
fn the_sample_says_what_it_seems_to_say() {
    let caps = read_capabilities("wardline.caps.jsonc", CAPABILITIES_SAMPLE).unwrap();
    let texts =
        |names: &[wardline_policy::Named]| names.iter().map(|name| name.text.clone()).collect::<Vec<_>>();
    assert_eq!(texts(&caps.read), [".", "$PROJECT/docs"]);
    assert_eq!(
        (texts(&caps.write), texts(&caps.execute)),
        (vec!["cache".to_owned()], vec!["bin".to_owned()])
    );
    assert_eq!(texts(&caps.hosts), ["api.example.com", "*.example.org:8443"]);
    assert_eq!(
        (texts(&caps.secrets), texts(&caps.forwards)),
        (vec!["EXAMPLE_TOKEN".to_owned()], vec!["db".to_owned()])
    );
    let limits: Vec<_> = caps.limits.iter().map(|limit| (limit.name.as_str(), limit.value)).collect();
    assert_eq!(limits, [("memory", Some(512 << 20)), ("processes", Some(32)), ("time", Some(600))]);
    assert_eq!(caps.hosts[0].origin.to_string(), "wardline.caps.jsonc:9");
}

#[test]
fn the_schema_knows_every_setting_of_a_manifest() {
    let schema: serde_json::Value = serde_json::from_str(CAPABILITIES_SCHEMA).unwrap();
    let settings = schema["properties"].as_object().unwrap();
    for name in settings.keys() {
        assert!(CAPABILITIES_SAMPLE.contains(&format!("\"{name}\"")), "{name} is missing from the sample");
        let alone = if name == "$schema" {
            format!("{{\"{name}\": \"x\"}}")
        } else {
            format!("{{\"{name}\": null}}")
        };
        assert_eq!(problems(&alone), [""; 0], "{name}");
    }
    let known = problems("{\"x\": 1}");
    assert_eq!(known, ["1: `x` is not a setting"]);
}

#[test]
fn what_cannot_be_meant_is_refused_with_its_line() {
    let table = [
        (r#"{"files": {"read": ["../x"]}}"#, "leaves its directory by `..`"),
        (r#"{"files": {"read": ["/a/../b"]}}"#, "leaves its directory by `..`"),
        (r#"{"files": {"read": [""]}}"#, "is no path"),
        (r#"{"files": {"read": ["a\u0000b"]}}"#, "is no path"),
        (r#"{"files": {"write": ["src/*"]}}"#, "is a pattern"),
        (r#"{"files": {"write": ["~root/x"]}}"#, "`~root` stands for nothing"),
        (r#"{"files": {"write": ["$HOMEX"]}}"#, "`$HOMEX` stands for nothing"),
        (r#"{"files": {"delete": ["x"]}}"#, "`delete` is not a setting"),
        (r#"{"files": ["x"]}"#, "is a list"),
        (r#"{"hosts": ["https://example.com/"]}"#, "is not a host"),
        (r#"{"hosts": ["*"]}"#, "is not a host"),
        (r#"{"hosts": [443]}"#, "is a number"),
        (r#"{"secrets": ["a b"]}"#, "is no name of a secret"),
        (r#"{"secrets": {"A": {}}}"#, "is a map"),
        (r#"{"environment": ["LC_*"]}"#, "is no name of a variable"),
        (r#"{"forwards": ["0"]}"#, "is no port"),
        (r#"{"limits": {"memory": "none"}}"#, "a manifest only narrows"),
        (r#"{"limits": {"speed": 1}}"#, "is no limit"),
        (r#"{"hosts": [], "hosts": ["x.com"]}"#, "set twice"),
        (r#"{"hosts": ["#, "not valid JSON"),
        ("[]", "is a list"),
    ];
    for (text, expected) in table {
        let found = problems(&format!("// first\n{text}"));
        assert!(found.len() == 1 && found[0].contains(expected), "{text}: {found:?}");
        assert!(found[0].starts_with("2: ") || text.ends_with('['), "{text}: {found:?}");
    }
}

#[test]
fn secrets_are_given_by_persons_and_administrators_only() {
    let line = r#"{"secrets": {"T": {"env": "V", "to": ["~/skills/x"], "hosts": ["a.com"]}}}"#;
    for (layer, given) in [(Layer::User, true), (Layer::Managed, true), (Layer::Project, false)] {
        let built = policy_of(&[source(layer, true, line)]);
        assert_eq!(built.is_ok(), given, "{layer:?}");
        if let Ok(policy) = built {
            let secret = &policy.secrets()[0];
            assert_eq!((secret.name.as_str(), &secret.from), ("T", &SecretFrom::Variable("V".to_owned())));
            assert_eq!(secret.hosts.as_deref(), Some(&["a.com".to_owned()][..]));
        }
    }
    let other = r#"{"secrets": {"T": {"file": "/etc/t", "to": ["/srv/x"]}}}"#;
    let both = policy_of(&[source(Layer::Managed, true, other), source(Layer::User, true, line)]).unwrap();
    assert_eq!(both.secrets().len(), 1);
    assert_eq!(
        both.secrets()[0].from,
        SecretFrom::File("/etc/t".to_owned()),
        "the administrator's word stands"
    );
    for wrong in [
        r#"{"T": {"to": ["/x"]}}"#,
        r#"{"T": {"env": "V", "file": "/f", "to": ["/x"]}}"#,
        r#"{"T": {"env": "V"}}"#,
        r#"{"T": {"env": "V", "to": ["x"]}}"#,
        r#"{"T": {"env": "V", "to": ["~/a/../b"]}}"#,
        r#"{"T-1": {"env": "V", "to": ["/x"]}}"#,
        r#"{"T": {"env": "V", "to": ["/x"], "hosts": ["*"]}}"#,
        r#"{"T": {"env": "V", "to": ["/x"], "value": "v"}}"#,
    ] {
        let text = format!("{{\"secrets\": {wrong}}}");
        assert!(policy_of(&[source(Layer::User, true, &text)]).is_err(), "{wrong}");
    }
}

#[test]
fn a_manifest_is_written_by_no_agent() {
    for path in ["wardline.caps.jsonc", "skills/x/wardline.caps.jsonc", "/home/u/s/WARDLINE.CAPS.JSONC"] {
        assert!(guarded(path).is_some(), "{path}");
    }
}
