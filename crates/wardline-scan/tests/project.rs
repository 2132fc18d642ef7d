//! What is found in a project does not depend on who does the parts of the work, nor on the order in which they are done; and
//! a part that fails is named.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::Path,
    sync::{Mutex, atomic::AtomicUsize, atomic::Ordering},
};

use wardline_scan::{
    project::{Around, InTurn, Workers},
    scan::{Scan, Scanner},
};

type Texts = BTreeMap<String, String>;

/// Threads that take the parts of the work in an order that looks random.
struct Shuffled {
    seed: u64,
    threads: usize,
}

impl Workers for Shuffled {
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        let (mut order, mut dice) = ((0..count).collect::<Vec<_>>(), self.seed);
        for at in (1..count).rev() {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            order.swap(at, usize::try_from(dice >> 33).unwrap() % (at + 1));
        }
        let order = Mutex::new(order);
        std::thread::scope(|scope| {
            for _ in 0..self.threads {
                let worker = || {
                    loop {
                        let next = order.lock().unwrap().pop();
                        let Some(next) = next else { return };
                        work(next);
                    }
                };
                std::thread::Builder::new().stack_size(64 << 20).spawn_scoped(scope, worker).unwrap();
            }
        });
    }
}

/// One who never does the part of a number, counted over all of the work.
struct Lazy {
    number: usize,
    met: AtomicUsize,
}

impl Workers for Lazy {
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        for number in 0..count {
            if self.met.fetch_add(1, Ordering::Relaxed) != self.number {
                work(number);
            }
        }
    }
}

fn scan(workers: &dyn Workers, texts: &Texts, around: &Texts) -> Scan {
    let neighbour = |path: &str| around.get(path).cloned();
    let around = Around { neighbour: &neighbour, touched: &|path| texts.contains_key(path) };
    Scanner::new().scan_by(workers, texts, &around)
}

fn told(scan: &Scan) -> String {
    let findings: String = scan.findings.iter().fold(String::new(), |mut all, finding| {
        writeln!(all, "{finding:?}").unwrap();
        all
    });
    format!("{findings}{:?}\n{} steps", scan.gaps, scan.steps)
}

/// The labelled cases of two languages, as one project.
fn cases() -> Texts {
    let mut texts = Texts::new();
    let mut open = ["python", "javascript"]
        .map(|name| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name))
        .to_vec();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            texts.insert(path.to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap());
        }
    }
    texts
}

/// A package whose files import each other in a circle and beyond, hand values on, and write into what others keep.
fn circle(files: usize) -> Texts {
    let one = |number: usize| {
        let (next, far) = ((number + 1) % files, (number * 7 + 3) % files);
        let text = format!(
            "from flask import request\nfrom pack import m{next}\nfrom pack.m{far} import fetch{far}, Base{far}\n\nkept = {{}}\n\n\n\
             def fetch{number}(name, depth={depth}):\n    kept['last'] = name\n    if depth > {number}:\n        return m{next}.fetch{next}(name)\n    \
             cursor.execute('select ' + name)\n    return name\n\n\nclass Base{number}(Base{far}):\n    def get(self):\n        return self.name\n\n    \
             def put(self, name):\n        self.name = name\n        open('/srv/' + m{next}.kept['last'])\n\n\ndef view{number}():\n    \
             global shared\n    shared = request.args.get('q{number}')\n    fetch{far}(shared)\n    store = Base{far}()\n    store.put(shared)\n    \
             cursor.execute('select ' + store.get())\n",
            depth = number % 3,
        );
        (format!("pack/m{number}.py"), text)
    };
    (0..files).map(one).chain([("pack/__init__.py".to_owned(), String::new())]).collect()
}

#[test]
fn findings_do_not_depend_on_the_order_of_the_work_nor_on_the_number_of_threads() {
    for texts in [cases(), circle(41)] {
        let plain = told(&scan(&InTurn, &texts, &Texts::new()));
        assert!(plain.lines().count() > 40, "{plain}");
        for (seed, threads) in [(1, 1), (2, 2), (3, 5), (4, 3)] {
            let other = told(&scan(&Shuffled { seed, threads }, &texts, &Texts::new()));
            assert!(plain == other, "seed {seed}, {threads} threads:\n{plain}\n\nand\n{other}");
        }
    }
}

#[test]
fn a_file_finds_the_same_beside_others_and_with_them_around_it() {
    let all = circle(12);
    let whole = scan(&InTurn, &all, &Texts::new());
    for (path, text) in &all {
        let own = Texts::from([(path.clone(), text.clone())]);
        let alone = scan(&InTurn, &own, &all);
        for finding in alone.findings.iter().filter(|finding| finding.path == *path) {
            let known = |other: &&wardline_scan::finding::Finding| {
                (&other.path, other.span, &other.rule) == (path, finding.span, &finding.rule)
                    && other.severity >= finding.severity
            };
            assert!(whole.findings.iter().any(|other| known(&other)), "{finding:?}");
        }
    }
}

#[test]
fn what_was_not_done_is_named() {
    let texts = circle(5);
    let whole = scan(&InTurn, &texts, &Texts::new());
    // Six files are read, and followed in one run.
    for number in 0..7 {
        let lazy = Lazy { number, met: AtomicUsize::new(0) };
        let scan = scan(&lazy, &texts, &Texts::new());
        match number {
            // Of the run each file is tried again.
            6 => assert_eq!(told(&scan), told(&whole)),
            _ => {
                let path = texts.keys().nth(number).unwrap();
                let failed =
                    scan.gaps.iter().filter(|gap| gap.reason.to_string().contains("its analysis failed"));
                let named: Vec<_> = failed.map(|gap| gap.path.as_str()).collect();
                assert_eq!(named, [path.as_str()], "{:?}", scan.gaps);
            }
        }
    }
}
