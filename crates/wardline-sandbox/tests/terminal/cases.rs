//! The cases, each with a terminal of its own.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::screen::Screen;

type Case = (&'static str, fn(&Path) -> Result<(), String>);

pub(crate) const CASES: &[Case] = &[
    ("a program has a terminal of its own, and nothing leads to the person's", names),
    ("sizes are followed", sizes),
    ("keys become signals inside", keys),
    ("a plain program stops and goes on", plain_stop),
    ("a program that stops itself", own_stop),
    ("a stopped program can be ended", stopped_end),
    ("jobs of a shell inside", inner_jobs),
    ("modes come back after every kind of end", modes),
    ("SIGKILL of the caller leaves nothing", killed),
    ("hanging up ends everything", hung_up),
    ("streams that are no terminal stay what they are", mixed),
    ("a pipeline leaves the terminal to the others", pipeline),
    ("much output arrives whole", much_output),
    ("much input arrives whole, and nothing waits for ever", much_input),
    ("a program in the background", background),
    ("a terminal that is held open does not delay the end", held_open),
    ("what acts on the person's machine is not shown", escapes),
    ("a question for the person", question),
];

fn expect(truth: bool, what: impl std::fmt::Debug) -> Result<(), String> {
    if truth { Ok(()) } else { Err(format!("{what:?}")) }
}

/// Processes of the host with `word` in their command line, the caller's own among them.
fn living(word: &str) -> Vec<i32> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let holds = |pid: &i32| {
        fs::read(format!("/proc/{pid}/cmdline"))
            .is_ok_and(|line| String::from_utf8_lossy(&line).contains(word))
    };
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(holds).collect()
}

/// Whether the group of a process is in front of its terminal.
fn is_in_front(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let mut fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().skip(2);
    let (group, front) = (fields.next(), fields.nth(2));
    group.is_some() && group == front
}

/// The caller that runs a program with `word` in its arguments.
fn caller_of(word: &str) -> Option<i32> {
    let is_caller = |pid: &i32| {
        fs::read(format!("/proc/{pid}/cmdline"))
            .is_ok_and(|line| String::from_utf8_lossy(&line).contains("--caller"))
    };
    living(word).into_iter().find(is_caller)
}

fn soon(what: &str, mut truth: impl FnMut() -> bool) -> Result<(), String> {
    let end = Instant::now() + Duration::from_secs(30);
    while !truth() {
        if Instant::now() > end {
            return Err(format!("not in time: {what}"));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

fn signal(pid: i32, signal: Signal) {
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

fn names(root: &Path) -> Result<(), String> {
    let mut screen = Screen::new(root)?;
    let said = screen.enter("w sh -c 'tty; stty size; ls -l /proc/[0-9]*/fd 2>/dev/null | grep -o \"/dev/.*\" | sort -u; echo one >/dev/tty; ls /dev/pts'")?;
    expect(
        said.starts_with("/dev/pts/0\n30 100\n/dev/null\n/dev/pts/0\none\n0  ptmx\ncaller: code Some(0)"),
        said,
    )?;
    // The program is in the terminal's foreground, in a session that is not the person's.
    let said = screen.enter("w sh -c 'read -r pid name state parent group session tty front rest </proc/$$/stat; test $group = $front && echo front; echo session $session'")?;
    expect(said.starts_with("front\nsession 1\n"), said)
}

fn sizes(root: &Path) -> Result<(), String> {
    let mut screen = Screen::new(root)?;
    screen
        .begin("w sh -c 'trap \"stty size\" WINCH; stty size; while :; do sleep 0.05; done'", "30 100\r\n")?;
    screen.resize(41, 121);
    screen.expect("41 121\r\n")?;
    screen.resize(5, 7);
    screen.expect("5 7\r\n")?;
    screen.type_and_see("\x03", "signal Some(2)")?;
    Ok(())
}

fn keys(root: &Path) -> Result<(), String> {
    let mut screen = Screen::new(root)?;
    for (key, end) in [("\x03", "code None signal Some(2)"), ("\x1c", "code None signal Some(3)")] {
        screen.begin("w sh -c 'echo re\"\"ady; exec sleep 600.11'", "ready")?;
        let said = screen.type_and_see(key, end)?;
        expect(said.contains('^'), said)?;
        screen.prompt()?;
    }
    // One that handles it ends as it likes, and so does the caller.
    let handles = "w sh -c 'trap \"exit 5\" INT; echo re\"\"ady; while :; do sleep 0.05; done'";
    screen.begin(handles, "ready")?;
    screen.type_and_see("\x03", "code Some(5)")?;
    screen.prompt()?;
    // The end of input, and what the program's own line editing does.
    screen.begin("w cat", "")?;
    screen.type_and_see("abx\x7fc\n", "abc\r\nabc\r\n").or_else(|_| screen.expect("abc\r\n"))?;
    screen.type_and_see("\x04", "code Some(0)")?;
    Ok(())
}

fn plain_stop(root: &Path) -> Result<(), String> {
    let mut screen = Screen::new(root)?;
    let before = screen.modes();
    screen.begin("w sh -c 'echo re\"\"ady; exec cat'", "ready\r\n")?;
    screen.type_and_see("one\n", "one\r\none\r\n")?;
    for round in 0..3 {
        screen.type_and_see("\x1a", "Stopped")?;
        screen.prompt()?;
        expect(screen.modes() == before, "the modes are not the shell's")?;
        screen.resize(20 + round, 80);
        screen.begin("fg", "cat'\r\n").or_else(|_| screen.expect("\r\n"))?;
        screen.until("the terminal is the program's again", Screen::is_raw)?;
        screen.type_and_see("more\n", "more\r\nmore\r\n")?;
    }
    screen.type_and_see("\x04", "code Some(0)")?;
    screen.prompt()?;
    // The size that it had meanwhile.
    screen.begin("w sh -c 'echo re\"\"ady; read line; stty size'", "ready\r\n")?;
    screen.type_and_see("\x1a", "Stopped")?;
    screen.resize(33, 77);
    screen.send("fg\n");
    screen.until("the terminal is the program's again", Screen::is_raw)?;
    screen.type_and_see("x\n", "33 77\r\n")?;
    Ok(())
}

fn own_stop(root: &Path) -> Result<(), String> {
    let mut screen = Screen::new(root)?;
    for (name, number) in [("STOP", 1), ("TSTP", 2)] {
        screen.begin(
            &format!("w sh -c 'echo be\"\"fore; kill -{name} $$; echo af\"\"ter {number}'"),
            "before",
        )?;
        screen.expect("Stopped")?;
        screen.prompt()?;
        screen.send("fg\n");
        screen.expect(&format!("after {number}\r\n"))?;
        screen.prompt()?;
    }
    // Stopped from outside, by a signal to the caller alone.
    screen.begin("w sh -c 'echo re\"\"ady; sleep 600.12; echo woken'", "ready")?;
    // A shell that waits for its child's exec cannot be stopped in that moment.
    soon("the child runs", || !living("sleep\x00600.12").is_empty())?;
    let caller = caller_of("600.12").ok_or("no caller")?;
    signal(caller, Signal::TSTP);
    screen.expect("Stopped")?;
    screen.prompt()?;
    screen.send("fg\n");
    screen.until("the terminal is the program's again", Screen::is_raw)?;
    signal(caller, Signal::STOP);
    screen.expect("Stopped")?;
    screen.prompt()?;
    screen.send("stty sane; fg\n");
    screen.until("the terminal is the program's again", Screen::is_raw)?;
    screen.type_and_see("\x03", "signal Some(2)")?;
    Ok(())
}

fn stopped_end(root: &Path) -> Result<(), String> {
    let mut screen = Screen::new(root)?;
    screen.begin("w sh -c 'echo re\"\"ady; exec sleep 600.13'", "ready")?;
    screen.type_and_see("\x1a", "Stopped")?;
    screen.prompt()?;
    screen.begin("kill %1", "code None signal Some(15)")?;
    soon("nothing is left", || living("600.13").is_empty())
}

fn inner_jobs(root: &Path) -> Result<(), String> {
    let mut screen = Screen::new(root)?;
    screen.begin("w bash --norc --noprofile --noediting -i", "inner> ")?;
    screen.type_and_see("sleep 600.14\n", "600.14\r\n")?;
    soon("the job runs", || living("600.14").len() == 1)?;
    let said = screen.type_and_see("\x1a", "inner> ")?;
    expect(said.contains("Stopped"), &said)?;
    let said = screen.type_and_see("jobs; bg; jobs\n", "sleep 600.14 &\r\ninner> ")?;
    expect(said.contains("Running"), &said)?;
    screen.type_and_see("fg\n", "fg\r\nsleep 600.14\r\n")?;
    soon("the job is in front", || living("600.14").into_iter().all(is_in_front))?;
    screen.type_and_see("\x03", "inner> ")?;
    // A job in the background that reads is stopped for it.
    let said = screen.type_and_see("cat &\n", "inner> ")?;
    expect(!said.contains("no job control"), said)?;
    soon("the job is there", || !living("cat").is_empty())?;
    screen.until("the job is stopped", |_| true)?;
    std::thread::sleep(Duration::from_millis(200));
    let said = screen.type_and_see("jobs; kill -9 %1; sleep 0.5\n", "inner> ")?;
    expect(said.contains("Stopped"), said)?;
    // The shell's own stop reaches the person's shell, and back.
    screen.type_and_see("suspend\n", "Stopped")?;
    screen.prompt()?;
    screen.send("fg\n");
    screen.expect("inner> ").or_else(|_| screen.type_and_see("\n", "inner> "))?;
    screen.type_and_see("exit 7\n", "code Some(7)")?;
    Ok(())
}

fn modes(root: &Path) -> Result<(), String> {
    let mut screen = Screen::new(root)?;
    let before = screen.modes();
    let ends: [(&str, Option<Signal>); 5] = [
        ("w sh -c 'stty raw -echo; echo re\"\"ady; exit 3'", None),
        ("w sh -c 'stty raw -echo; echo re\"\"ady; kill -9 $$'", None),
        ("w sh -c 'stty raw -echo; echo re\"\"ady; exec sleep 600.15'", Some(Signal::TERM)),
        ("w sh -c 'stty raw -echo; echo re\"\"ady; exec sleep 600.15'", Some(Signal::HUP)),
        ("w sh -c 'stty raw -echo; echo re\"\"ady; exec sleep 600.15'", Some(Signal::INT)),
    ];
    for (command, number) in ends {
        screen.begin(command, "ready")?;
        if let Some(number) = number {
            expect(screen.is_raw(), "the terminal is not the program's")?;
            signal(caller_of("600.15").ok_or("no caller")?, number);
        }
        screen.expect("caller: ")?;
        expect(screen.modes() == before, (command, number))?;
        screen.prompt()?;
    }
    let said = screen.enter("w /no/such/program")?;
    expect(said.contains("not started") && screen.modes() == before, said)?;
    // The keeper is killed, and everything with it.
    screen.begin("w sh -c 'echo re\"\"ady; exec sleep 600.16'", "ready")?;
    let caller = caller_of("600.16").ok_or("no caller")?;
    let children = fs::read_to_string(format!("/proc/{caller}/task/{caller}/children")).unwrap();
    signal(children.split_whitespace().next().ok_or("no keeper")?.parse().unwrap(), Signal::KILL);
    // What the program shows may be seen before the caller knows that it runs.
    let said = screen.prompt()?;
    expect(said.contains("keeper was killed") || said.contains("not started"), said)?;
    expect(screen.modes() == before, "after the keeper's death")
}

fn killed(root: &Path) -> Result<(), String> {
    let mut screen = Screen::new(root)?;
    screen.begin("w sh -c 'setsid sleep 600.17 & echo re\"\"ady; exec sleep 600.17'", "ready")?;
    signal(caller_of("600.17").ok_or("no caller")?, Signal::KILL);
    screen.prompt()?;
    soon("nothing is left", || living("600.17").is_empty())
}

fn hung_up(root: &Path) -> Result<(), String> {
    for command in ["exec cat", "trap \"\" HUP; cat; exit", "exec bash --norc -i"] {
        let mut screen = Screen::new(root)?;
        screen.begin(&format!("w sh -c ': 600.18; echo re\"\"ady; {command}'"), "ready")?;
        screen.hang_up();
        soon(command, || living("600.18").is_empty())?;
    }
    // And one that is stopped.
    let mut screen = Screen::new(root)?;
    screen.begin("w sh -c 'echo re\"\"ady; exec sleep 600.19'", "ready")?;
    screen.type_and_see("\x1a", "Stopped")?;
    screen.prompt()?;
    screen.hang_up();
    soon("a stopped one", || living("600.19").is_empty())
}

fn mixed(root: &Path) -> Result<(), String> {
    let mut screen = Screen::new(root)?;
    let table = [
        (
            "w sh -c 'test -t 0 && test ! -t 1 && test -t 2 && echo o\"\"ut && echo err >&2' | tr a-z A-Z",
            "OUT",
            "err",
        ),
        (
            "w sh -c 'test -t 1 || echo no terminal; echo to out; echo to err >&2' > kept; tr a-z A-Z < kept",
            "TO OUT",
            "NO TERMINAL",
        ),
        ("w sh -c 'test ! -t 0 && test -t 1 && cat' < kept", "to out", "no terminal"),
        ("w sh -c 'test -t 0 && test -t 1 && test ! -t 2; echo code $?' 2>/dev/null", "code 0", ""),
        ("w sh -c 'cat; tty' </dev/null; echo e\"\"nd", "not a tty", "end"),
        ("seq 1 400000 | w sh -c 'tail -n 1'", "400000", ""),
        ("w sh -c 'head -c 200000 /dev/zero | tr \"\\\\0\" x' | wc -c", "200000", ""),
        ("seq 1 400000 | w sh -c 'read one; echo $one; exit 4'; echo code $?", "1", "code 4"),
        ("w sh -c 'yes | head -n 100000' | head -n 1; echo e\"\"nd", "y", "end"),
    ];
    for (command, one, two) in table {
        let said = screen.enter(command)?;
        expect(said.contains(one) && said.contains(two) && !said.contains("\n\n"), (command, said))?;
    }
    // What is typed reaches the program by /dev/tty although its input is a file.
    screen.begin("w sh -c 'echo re\"\"ady; read line </dev/tty; echo got $line' < kept", "ready")?;
    screen.until("the program has the terminal", Screen::is_raw)?;
    screen.type_and_see("typed\n", "got typed")?;
    Ok(())
}

fn pipeline(root: &Path) -> Result<(), String> {
    let mut screen = Screen::new(root)?;
    let before = screen.modes();
    // Nobody of the pipeline wants the terminal: its modes stay, and its keys reach everybody.
    screen.begin("w sh -c 'echo re\"\"ady >&2; exec sleep 600.20' | cat", "ready")?;
    expect(screen.modes() == before, "the terminal is not as it was")?;
    screen.type_and_see("\x03", "signal Some(2)")?;
    screen.prompt()?;
    screen.begin("w sh -c 'echo re\"\"ady >&2; exec sleep 600.20' | cat", "ready")?;
    screen.type_and_see("\x1a", "Stopped")?;
    screen.prompt()?;
    let state = |pid: i32| fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    soon("the program is stopped too", || {
        living("600.20").into_iter().all(|pid| state(pid).contains(") T "))
    })?;
    screen.send("fg\n");
    soon("it goes on", || living("600.20").into_iter().all(|pid| state(pid).contains(") S ")))?;
    screen.type_and_see("\x03", "signal Some(2)")?;
    screen.prompt()?;
    // When it does want it, it gets it.
    screen.begin("w cat | tr a-z A-Z", "")?;
    screen.until("the program has the terminal", Screen::is_raw)?;
    screen.type_and_see("typed\n", "TYPED").or_else(|_| screen.type_and_see("\x04", "TYPED"))?;
    Ok(())
}

fn much_output(root: &Path) -> Result<(), String> {
    let mut screen = Screen::new(root)?;
    const LAST: u32 = 1_450_000;
    let start = screen.seen.len();
    screen.send(&format!("w sh -c 'seq 1 {LAST}; printf last'; echo code $?\n"));
    screen.expect("code 0")?;
    let seen = &screen.seen[start..];
    let first = seen.windows(5).position(|part| part == b"\n1\r\n2").ok_or("no beginning")?;
    let mut rest = &seen[first + 1..];
    expect(rest.len() > 10_000_000, rest.len())?;
    for number in 1..=LAST {
        let line = format!("{number}\r\n");
        rest = rest.strip_prefix(line.as_bytes()).ok_or_else(|| format!("line {number} is not whole"))?;
    }
    expect(rest.starts_with(b"lastcaller: code Some(0)"), String::from_utf8_lossy(&rest[..40]))
}

fn much_input(root: &Path) -> Result<(), String> {
    const SIZE: usize = 1_000_000;
    let mut screen = Screen::new(root)?;
    screen.begin(
        "w sh -c 'stty raw -echo; echo re\"\"ady; head -c 1000000 | tr a-y b-z; echo e\"\"nd'",
        "ready\n",
    )?;
    let line: Vec<u8> = (b'a'..=b'y').collect();
    let paste: Vec<u8> = line.iter().copied().cycle().take(SIZE).collect();
    let start = screen.seen.len();
    // Nobody reads what comes back: the paste has to wait, and so has the program.
    let mut sent = screen.stuff(&paste);
    expect(sent < SIZE, "somebody keeps everything")?;
    screen.until("everything is taken", |screen| {
        sent += screen.put(&paste[sent..]);
        sent == SIZE
    })?;
    screen.expect("end\n")?;
    let back = &screen.seen[start..];
    let expected: Vec<u8> = paste.iter().map(|byte| byte + 1).collect();
    expect(back.starts_with(&expected), ("it is not the same", back.len()))
}

fn background(root: &Path) -> Result<(), String> {
    let mut screen = Screen::new(root)?;
    let before = screen.modes();
    // Writing is fine.
    screen.send("w sh -c 'echo hel\"\"lo' & wait; echo e\"\"nd\n");
    let said = screen.expect("end\r\n")?;
    expect(said.contains("hello") && !said.contains("Stopped"), said)?;
    // Whoever reads is stopped, and gets it in the foreground.
    screen.send("w sh -c 'read line; echo got $line' &\n");
    screen.prompt()?;
    screen.prompt()?;
    soon("it is stopped", || {
        caller_of("got $line").is_some_and(|pid| {
            fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") T "))
        })
    })?;
    expect(screen.modes() == before, "the terminal is not the shell's")?;
    let said = screen.enter("jobs")?;
    expect(said.contains("Stopped"), said)?;
    screen.send("fg\n");
    screen.until("the program has the terminal", Screen::is_raw)?;
    screen.type_and_see("it\n", "got it")?;
    screen.prompt()?;
    // So is who changes the terminal; with `tostop`, who writes.
    for (set, command) in [("true", "stty -echo; stty echo"), ("stty tostop", "echo hello")] {
        screen.enter(set)?;
        screen.send(&format!("w sh -c '{command}; echo e\"\"nd' &\n"));
        soon("it is stopped", || {
            caller_of(command).is_some_and(|pid| {
                fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") T "))
            })
        })?;
        screen.send("fg\n");
        screen.expect("end\r\n")?;
        screen.expect("code Some(0)")?;
    }
    Ok(())
}

fn held_open(root: &Path) -> Result<(), String> {
    let mut screen = Screen::new(root)?;
    let said = screen
        .enter("w sh -c '(trap \"\" HUP TERM; exec setsid sleep 600.21) & echo by\"\"e'; echo code $?")?;
    expect(said.contains("bye") && said.contains("code 0"), said)?;
    soon("nothing is left", || living("600.21").is_empty())
}

fn escapes(root: &Path) -> Result<(), String> {
    let mut screen = Screen::new(root)?;
    let start = screen.seen.len();
    screen.send("w sh -c 'printf \"a\\\\033]52;c;\"; sleep 0.2; printf \"aGk=\\\\007b\\\\033[31mred\\\\033[21t\\\\033]0;t\"'; echo e\"\"nd\n");
    screen.expect("end\r\n")?;
    let seen = String::from_utf8_lossy(&screen.seen[start..]).into_owned();
    // The string that was left open is ended before anybody else writes.
    expect(seen.contains("\na\x1b\\b\x1b[31mred\x1b\\\x1b]0;t\x1b\\caller"), seen)
}

fn question(root: &Path) -> Result<(), String> {
    let mut screen = Screen::new(root)?;
    screen.begin(
        "w --ask sh -c 'trap \"echo draw\"\"n\" WINCH; stty raw -echo; while :; do sleep 0.05; done'",
        "question? ",
    )?;
    expect(!screen.is_raw(), "the person cannot edit the answer")?;
    screen.type_and_see("nob\x7f!\n", "heard <no!>")?;
    screen.expect("drawn")?;
    screen.until("the program has the terminal again", Screen::is_raw)?;
    signal(caller_of("--ask").ok_or("no caller")?, Signal::TERM);
    screen.expect("caller: code None signal Some(15)")?;
    Ok(())
}
