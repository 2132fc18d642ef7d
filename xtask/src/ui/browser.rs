//! A browser as a person uses it: go somewhere, click what has this text, type, press keys, and look.

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::cdp::Cdp;

/// How long a person would wait for what must come.
const PATIENCE: Duration = Duration::from_secs(40);
const LOOK: Duration = Duration::from_millis(60);

/// The browser with one page.
pub(super) struct Browser {
    program: Child,
    cdp: Cdp,
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.cdp.session = None;
        self.cdp.call("Browser.close", json!({})).ok();
        self.program.kill().ok();
        self.program.wait().ok();
    }
}

impl Browser {
    /// Starts it with a profile of its own below `root`.
    pub(super) fn start(program: &Path, root: &Path) -> Result<Self, String> {
        let (to, from) = (root.join("cdp-in"), root.join("cdp-out"));
        for pipe in [&to, &from] {
            let made = Command::new("mkfifo").arg(pipe).status().map_err(|e| format!("mkfifo: {e}"))?;
            if !made.success() {
                return Err(format!("mkfifo {}: {made}", pipe.display()));
            }
        }
        let profile = root.join("profile");
        fs::create_dir_all(&profile).map_err(|e| e.to_string())?;
        // The shell opens the pipes under the numbers that the browser expects.
        let mut shell = Command::new("sh");
        shell
            .args(["-c", r#"to=$1 from=$2; shift 2; exec "$@" 3<"$to" 4>"$from""#, "sh"])
            .args([&to, &from])
            .arg(program);
        shell.args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--remote-debugging-pipe",
            "--no-first-run",
        ]);
        shell.args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1100,800",
            "--hide-scrollbars",
        ]);
        shell.arg(format!("--user-data-dir={}", profile.display())).arg("about:blank");
        let errors = fs::File::create(root.join("chromium.log")).map_err(|e| e.to_string())?;
        let program = shell
            .env("HOME", root)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(errors)
            .spawn()
            .map_err(|e| format!("the browser cannot be started: {e}"))?;
        let to = OpenOptions::new().write(true).open(&to).map_err(|e| e.to_string())?;
        let from = OpenOptions::new().read(true).open(&from).map_err(|e| e.to_string())?;
        let mut browser = Self { program, cdp: Cdp::new(to, from) };
        let text =
            |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let page = browser.cdp.call("Target.createTarget", json!({"url": "about:blank"}))?;
        let joined = browser
            .cdp
            .call("Target.attachToTarget", json!({"targetId": text(&page, "targetId"), "flatten": true}))?;
        browser.cdp.session = Some(text(&joined, "sessionId"));
        browser.cdp.call("Page.enable", json!({}))?;
        Ok(browser)
    }

    /// The value of an expression in the page.
    pub(super) fn value(&mut self, expression: &str) -> Result<Value, String> {
        let parameters = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let answer = self.cdp.call("Runtime.evaluate", parameters)?;
        if let Some(thrown) = answer.get("exceptionDetails") {
            return Err(format!("{expression}: {thrown}"));
        }
        Ok(answer.pointer("/result/value").cloned().unwrap_or_default())
    }

    /// Runs a script before those of each page that is loaded from now on; gives what [`Browser::forget`] takes.
    pub(super) fn at_each_load(&mut self, script: &str) -> Result<Value, String> {
        let added = self.cdp.call("Page.addScriptToEvaluateOnNewDocument", json!({"source": script}))?;
        Ok(added.get("identifier").cloned().unwrap_or_default())
    }

    /// Takes such a script away.
    pub(super) fn forget(&mut self, script: &Value) -> Result<(), String> {
        self.cdp.call("Page.removeScriptToEvaluateOnNewDocument", json!({"identifier": script})).map(drop)
    }

    /// The same as text.
    pub(super) fn text(&mut self, expression: &str) -> Result<String, String> {
        self.value(expression).map(|value| value.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until an expression is true. A page that is being loaded is waited for.
    pub(super) fn until(&mut self, what: &str, expression: &str) -> Result<(), String> {
        let begun = Instant::now();
        let mut last = String::new();
        while begun.elapsed() < PATIENCE {
            match self.value(expression) {
                Ok(Value::Bool(true)) => return Ok(()),
                Ok(_) => {}
                Err(error) => last = error,
            }
            sleep(LOOK);
        }
        Err(format!("{what} did not come {last}"))
    }

    /// Waits until a text is to be seen.
    pub(super) fn sees(&mut self, text: &str) -> Result<(), String> {
        self.until(
            &format!("“{text}”"),
            &format!(
                "document.readyState === 'complete' && document.body.innerText.includes({})",
                json!(text)
            ),
        )
    }

    /// Sets out for an address, which may lead elsewhere.
    pub(super) fn begin(&mut self, address: &str) -> Result<(), String> {
        self.cdp.call("Page.navigate", json!({"url": address})).map(drop)
    }

    /// Goes to an address and waits until it is there.
    pub(super) fn go(&mut self, address: &str) -> Result<(), String> {
        self.begin(address)?;
        let there = format!("location.href === {} && document.readyState === 'complete'", json!(address));
        self.until(address, &there)
    }

    /// Clicks the first element of a selector that holds a text, with the mouse, where it stands.
    pub(super) fn click(&mut self, selector: &str, text: &str) -> Result<(), String> {
        let find = format!(
            "(() => {{ const it = [...document.querySelectorAll({})].find(it => it.textContent.includes({})); if (!it) return null; \
             it.scrollIntoView({{block: 'center'}}); const box = it.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; }})()",
            json!(selector),
            json!(text)
        );
        let what = format!("{selector} “{text}”");
        self.until(&what, &format!("document.readyState === 'complete' && {find} !== null"))?;
        let place = self.value(&find)?;
        let at = |index: usize| place.get(index).cloned().unwrap_or_default();
        for kind in ["mouseMoved", "mousePressed", "mouseReleased"] {
            let event = json!({"type": kind, "x": at(0), "y": at(1), "button": "left", "clickCount": 1});
            self.cdp.call("Input.dispatchMouseEvent", event)?;
        }
        Ok(())
    }

    /// Types into what has the focus.
    pub(super) fn write(&mut self, text: &str) -> Result<(), String> {
        self.cdp.call("Input.insertText", json!({"text": text})).map(drop)
    }

    /// Presses a key and lets it go.
    pub(super) fn press(&mut self, key: &str) -> Result<(), String> {
        let (code, text) = match key {
            "Enter" => (13, "\r"),
            "Tab" => (9, ""),
            other => (other.bytes().next().map_or(0, |byte| u32::from(byte.to_ascii_uppercase())), other),
        };
        let event = |kind: &str| json!({"type": kind, "key": key, "text": if kind == "keyDown" { text } else { "" }, "windowsVirtualKeyCode": code});
        self.cdp.call("Input.dispatchKeyEvent", event("keyDown"))?;
        self.cdp.call("Input.dispatchKeyEvent", event("keyUp")).map(drop)
    }

    /// Turns the lights on or off.
    pub(super) fn light(&mut self, scheme: &str) -> Result<(), String> {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.cdp.call("Emulation.setEmulatedMedia", features).map(drop)
    }

    /// A picture of what is to be seen, as PNG.
    pub(super) fn picture(&mut self) -> Result<Vec<u8>, String> {
        let answer =
            self.cdp.call("Page.captureScreenshot", json!({"format": "png", "optimizeForSpeed": false}))?;
        let text = answer.get("data").and_then(Value::as_str).unwrap_or_default();
        decode(text).ok_or_else(|| "the picture is no base64".to_owned())
    }
}

/// Base64 as bytes.
fn decode(text: &str) -> Option<Vec<u8>> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let (mut held, mut bits) = (0_u32, 0);
    for letter in text.bytes().filter(|letter| *letter != b'=') {
        let value = u32::try_from(LETTERS.iter().position(|known| *known == letter)?).ok()?;
        held = (held << 6 | value) & 0xff_ffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    #[test]
    fn base64_is_read() {
        for (text, bytes) in
            [("", &b""[..]), ("TQ==", b"M"), ("TWE=", b"Ma"), ("TWFu", b"Man"), ("/+8=", b"\xff\xef")]
        {
            assert_eq!(super::decode(text).as_deref(), Some(bytes));
        }
    }
}
