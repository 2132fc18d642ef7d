//! Running one case and keeping the score.

use std::io::Read;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

use wardline_sandbox::{Child, Confinement, Ended, Program, Stdio3, start};

use crate::controls::Control;
use crate::doors::{Door, PRELUDE};
use crate::world::{Host, Place, SECRET};

/// The score.
pub(crate) struct Report {
    filter: String,
    passed: usize,
    skipped: Vec<String>,
    failed: Vec<String>,
    started: Instant,
}

impl Report {
    pub(crate) fn new(filter: &str) -> Self {
        let (filter, started) = (filter.to_owned(), Instant::now());
        Self { filter, passed: 0, skipped: Vec::new(), failed: Vec::new(), started }
    }

    /// What the names of the wanted cases contain.
    pub(crate) fn filter(&self) -> &str {
        &self.filter
    }

    /// Runs one case; its error is what is wrong.
    pub(crate) fn case(&mut self, name: &str, run: impl FnOnce() -> Result<(), String>) {
        if !name.contains(&self.filter) {
            return;
        }
        let begin = Instant::now();
        let outcome = run();
        if std::env::var_os("ESCAPE_TIMES").is_some() {
            println!("{:6.2} s  {name}", begin.elapsed().as_secs_f32());
        }
        match outcome {
            Ok(()) => self.passed += 1,
            Err(text) => match text.strip_prefix("SKIP ") {
                Some(why) => self.skipped.push(format!("{name}: {why}")),
                None => self.failed.push(format!("{name}: {text}")),
            },
        }
    }

    pub(crate) fn finish(self) -> ExitCode {
        for skipped in &self.skipped {
            println!("SKIPPED: {skipped}");
        }
        for failed in &self.failed {
            println!("FAILED: {failed}");
        }
        let seconds = self.started.elapsed().as_secs_f32();
        let (passed, failed, skipped) = (self.passed, self.failed.len(), self.skipped.len());
        println!("{passed} passed, {failed} failed, {skipped} skipped in {seconds:.1} s");
        if self.failed.is_empty() && self.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// What a confined program said and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) ended: Ended,
}

/// Runs a program to its end.
pub(crate) fn run(confinement: &Confinement, argv: &[&str]) -> Result<Said, String> {
    let child =
        start(confinement, &Program::new(argv), Stdio3::captured()).map_err(|error| error.to_string())?;
    listen(child)
}

pub(crate) fn listen(mut child: Child) -> Result<Said, String> {
    let (mut stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let errors = std::thread::spawn(move || {
        let mut text = Vec::new();
        drop(stderr.read_to_end(&mut text));
        String::from_utf8_lossy(&text).into_owned()
    });
    let mut text = Vec::new();
    stdout.read_to_end(&mut text).map_err(|error| error.to_string())?;
    let ended = child.wait().map_err(|error| error.to_string())?;
    let out = String::from_utf8_lossy(&text).into_owned();
    Ok(Said { out, err: errors.join().unwrap(), ended })
}

/// A fresh project for every case, so that none can help or hurt the next.
pub(crate) fn fresh(place: &Place) {
    keep(place);
    drop(Command::new("rm").arg("-rf").args([place.project(), place.quarantine()]).status());
    drop(Command::new("cp").arg("-a").args([place.root.join("kept/project"), place.project()]).status());
    drop(std::fs::write(place.outside().join("target.txt"), "original"));
    drop(std::fs::remove_file(place.outside().join("planted")));
}

fn keep(place: &Place) {
    let kept = place.root.join("kept");
    if !kept.exists() {
        std::fs::create_dir(&kept).unwrap();
        drop(Command::new("cp").arg("-a").args([place.project(), kept]).status());
    }
}

fn missing(needs: &[&str]) -> Result<(), String> {
    let found = |name: &&str| {
        Path::new("/usr/bin").join(name).exists() || Path::new("/usr/local/bin").join(name).exists()
    };
    needs
        .iter()
        .find(|name| !found(name))
        .map_or(Ok(()), |name| Err(format!("SKIP `{name}` is not installed here")))
}

fn with_host(confinement: &mut Confinement, host: &Host) {
    let shared = host.shared_memory.clone().unwrap_or_else(|| "0".to_owned());
    for (name, value) in [
        ("TCP4", host.tcp4.to_string()),
        ("TCP6", host.tcp6.to_string()),
        ("UDP", host.udp.to_string()),
        ("ABSTRACT", host.abstract_name.clone()),
        ("BYSTANDER", host.bystander().to_string()),
        ("SHM", shared),
    ] {
        confinement.environment.insert(name.to_owned(), value);
    }
}

pub(crate) fn try_door(report: &mut Report, place: &Place, host: &mut Host, door: &Door) {
    report.case(door.name, || {
        missing(door.needs)?;
        if door.name.contains("shared memory") && host.shared_memory.is_none() {
            return Err("SKIP `ipcmk` made no shared memory here".to_owned());
        }
        fresh(place);
        let mut confinement = place.confinement();
        with_host(&mut confinement, host);
        (door.with)(&mut confinement);
        let script = format!(
            "{PRELUDE}\ndef attack():\n    {}\nprint('START', flush=True)\ntry:\n    attack()\n    print('OPEN')\n\
             except BaseException as error:\n    print('SHUT', repr(error))\n",
            door.attack
        );
        host.take_heard();
        let said = run(&confinement, &["/usr/bin/python3", "-c", &script])?;
        judge(place, host, &said)
    });
}

/// The host's view: whatever the attack says, did anything of it arrive?
fn judge(place: &Place, host: &mut Host, said: &Said) -> Result<(), String> {
    if !said.out.contains("START") {
        return Err(format!("the attack did not run: {said:?}"));
    }
    if said.out.contains("OPEN") {
        return Err("OPEN".to_owned());
    }
    // A mistake in the attack is no defence.
    if ["SyntaxError", "NameError", "TypeError", "AttributeError"].iter().any(|kind| said.out.contains(kind))
    {
        return Err(format!("the attack is broken: {}", said.out));
    }
    if said.ended.survivors > 0 {
        return Err(format!("{} survivors", said.ended.survivors));
    }
    let heard = host.take_heard();
    if !heard.is_empty() {
        return Err(format!("the host was reached: {heard:?}"));
    }
    if !host.bystander_lives() {
        return Err("the bystander is dead".to_owned());
    }
    let kept = |name: &str| place.root.join("kept/project").join(name);
    for name in [".git/config", ".env", "secrets/key.pem", "deep/er/.git/config"] {
        if std::fs::read(place.project().join(name)).ok() != std::fs::read(kept(name)).ok() {
            return Err(format!("`{name}` changed on the host"));
        }
    }
    let target = std::fs::read_to_string(place.outside().join("target.txt")).unwrap_or_default();
    let planted = ["/planted", "/usr/planted", "/etc/planted", "/dev/planted"].map(Path::new);
    let planted = planted.iter().any(|path| path.exists()) || place.outside().join("planted").exists();
    if target != "original" || planted || place.project().join(".git/hooks/pre-commit").exists() {
        return Err("something was planted on the host".to_owned());
    }
    Ok(())
}

pub(crate) fn try_control(report: &mut Report, place: &Place, host: &Host, control: &Control) {
    report.case(control.name, || {
        missing(control.needs)?;
        fresh(place);
        let mut confinement = place.confinement();
        with_host(&mut confinement, host);
        (control.with)(&mut confinement);
        let said = run(&confinement, &["/bin/bash", "-c", control.script])?;
        let host_side = (control.check)(place);
        if said.ended.exit_code() != control.code || !said.out.contains(control.says) || !host_side {
            return Err(format!("{said:?}, host side {host_side}"));
        }
        if said.out.contains(SECRET) && !control.name.contains("secret") {
            return Err("the secret came out".to_owned());
        }
        Ok(())
    });
}

/// Runs a program in the confinement of the place, with our own streams: for the cases that need another parent.
pub(crate) fn confined(root: &Path, argv: &[String]) -> ExitCode {
    let place = Place { root: root.to_path_buf() };
    match start(&place.confinement(), &Program::new(argv), Stdio3::inherit()) {
        Ok(child) => child.wait().map_or(ExitCode::FAILURE, |ended| ExitCode::from(ended.exit_code())),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(error.exit_code())
        }
    }
}
