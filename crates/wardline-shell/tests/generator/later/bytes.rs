//! Bytes that become a script on their way to the shell.

use super::super::form::{base64, quoted};
use super::super::{Form, Rng};

/// What comes out of `source` is run.
fn run(form: &Form, source: &str, rng: &mut Rng) -> Form {
    let shell = form.shell();
    let text = match rng.below(3) {
        0 => format!("{source} | {shell}"),
        1 => format!("{shell} -c \"$({source})\""),
        _ => format!("eval \"$({source})\""),
    };
    Form { top: false, ..form.text(text) }
}

fn ascii(form: &Form) -> Option<&str> {
    form.script.is_ascii().then_some(form.script.as_str())
}

pub(super) fn relay(form: &Form, rng: &mut Rng) -> Option<Form> {
    let (script, shell) = (quoted(&form.script), form.shell());
    let text = match rng.below(5) {
        0 => format!("printf '%s\\n' {script} > /tmp/s.sh; {shell} /tmp/s.sh"),
        1 => format!("printf '%s\\n' {script} > /tmp/s.sh && chmod +x /tmp/s.sh && {shell} /tmp/s.sh"),
        2 => format!("cat > /tmp/s.sh <<'E_2'\n{}\nE_2\n. /tmp/s.sh", form.script),
        3 => format!("printf '%s\\n' {script} | tee /tmp/s.sh > /dev/null; {shell} < /tmp/s.sh"),
        _ => format!("printf '#!/bin/{shell}\\n%s\\n' {script} > /tmp/s; chmod 755 /tmp/s; /tmp/s"),
    };
    (!form.script.contains("E_2")).then(|| Form { top: false, ..form.text(text) })
}

pub(super) fn bash_env(form: &Form, rng: &mut Rng) -> Option<Form> {
    let script = quoted(&form.script);
    let text = match rng.coin() {
        true => format!("printf '%s\\n' {script} > /tmp/env.sh; BASH_ENV=/tmp/env.sh bash -c :"),
        false => format!("printf '%s\\n' {script} > /tmp/rc; bash --rcfile /tmp/rc -i -c exit"),
    };
    Some(Form { top: false, ..form.bash(text) })
}

pub(super) fn hex(form: &Form, rng: &mut Rng) -> Option<Form> {
    let code: String = form.script.bytes().map(|byte| format!("{byte:02x}")).collect();
    Some(run(form, &format!("echo {code} | xxd -r -p"), rng))
}

pub(super) fn reversed(form: &Form, rng: &mut Rng) -> Option<Form> {
    let script = ascii(form).filter(|script| !script.contains(['\n', '\\']))?;
    let code: String = script.chars().rev().collect();
    (!code.starts_with('-')).then(|| run(form, &format!("echo {} | rev", quoted(&code)), rng))
}

pub(super) fn rot13(form: &Form, rng: &mut Rng) -> Option<Form> {
    let script = ascii(form).filter(|script| !script.contains('\\'))?;
    let turn = |c: char| match c {
        'a'..='m' | 'A'..='M' => char::from_u32(u32::from(c) + 13).unwrap_or(c),
        'n'..='z' | 'N'..='Z' => char::from_u32(u32::from(c) - 13).unwrap_or(c),
        _ => c,
    };
    let code: String = script.chars().map(turn).collect();
    let sets = rng.text(&["a-zA-Z n-za-mN-ZA-M", "'A-Za-z' 'N-ZA-Mn-za-m'"]);
    Some(run(form, &format!("printf '%s\\n' {} | tr {sets}", quoted(&code)), rng))
}

pub(super) fn octal(form: &Form, rng: &mut Rng) -> Option<Form> {
    let hex = rng.coin();
    let one = |byte: u8| if hex { format!("\\x{byte:02x}") } else { format!("\\{byte:03o}") };
    let code: String = form.script.bytes().map(one).collect();
    let out = run(form, &format!("printf '{code}'"), rng);
    Some(if hex { Form { bash: true, ..out } } else { out })
}

pub(super) fn openssl(form: &Form, rng: &mut Rng) -> Option<Form> {
    let code = base64(&form.script);
    let decode = rng.text(&[
        "openssl base64 -d -A",
        "openssl enc -base64 -d -A",
        "basenc -d --base64",
        "base64 -di",
        "base64 --decode -",
    ]);
    Some(run(form, &format!("printf '%s\\n' {code} | {decode}"), rng))
}

pub(super) fn tail(form: &Form, rng: &mut Rng) -> Option<Form> {
    let script = form.script.as_str();
    let source = match rng.below(4) {
        0 => format!("printf '%s\\n' nothing {} | tail -n +2", quoted(script)),
        1 => format!("printf '%s\\n' {} | cut -c 3-", quoted(&format!("##{}", script.replace('\n', "\n##")))),
        2 => format!(
            "printf '%s\\n' {} | sed 's/^##//'",
            quoted(&format!("##{}", script.replace('\n', "\n##")))
        ),
        _ => format!("printf '%s\\n' {} | tr @ /", quoted(&script.replace('/', "@"))),
    };
    (!script.contains('@')).then(|| run(form, &source, rng))
}
