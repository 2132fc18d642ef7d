//! Makes spellings of known effects and measures which of them the analysis still sees.
//!
//! A *seed* is a plain script with the severity that it must be stopped with (`seeds.txt`). A *transform* writes a script
//! another way so that it still does the same. `earlier` holds the transforms that were there while the rules were made,
//! `later` those that were written afterwards and that no rule was changed for. The cases are each seed under each transform
//! that fits it, and under pairs of them. The same cases come out on every machine: the only chance is [`Rng`].
#![allow(dead_code, reason = "the test and the two examples each use a part")]

pub(crate) mod earlier;
pub(crate) mod form;
pub(crate) mod later;
pub(crate) mod measure;
pub(crate) mod oracle;
pub(crate) mod places;

pub(crate) use form::Form;

/// A small generator of numbers (splitmix64): the same on every machine.
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which must not be 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap_or(1);
        usize::try_from(self.next() % end).unwrap_or(0)
    }

    /// One of `all`; nothing of nothing.
    pub(crate) fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }

    /// One of a few texts.
    pub(crate) fn text(&mut self, all: &[&'static str]) -> &'static str {
        self.pick(all).copied().unwrap_or_default()
    }

    pub(crate) fn coin(&mut self) -> bool {
        self.below(2) == 0
    }
}

/// A way to write a script so that it still does the same.
#[derive(Clone, Copy)]
pub(crate) struct Transform {
    pub(crate) name: &'static str,
    /// `None`: it does not fit this script.
    pub(crate) apply: fn(&Form, &mut Rng) -> Option<Form>,
}

/// A script and how strictly it must be stopped.
#[derive(Clone, Debug)]
pub(crate) struct Seed {
    pub(crate) class: String,
    /// Refused; otherwise asked.
    pub(crate) refuse: bool,
    pub(crate) script: String,
}

/// A seed as transforms left it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// Index of the seed.
    pub(crate) seed: usize,
    /// Names of the transforms, in the order they were applied.
    pub(crate) ways: Vec<&'static str>,
    /// One of them is of the later ones.
    pub(crate) later: bool,
    pub(crate) form: Form,
}

/// The seeds of `seeds.txt`.
pub(crate) fn seeds() -> Vec<Seed> {
    let mut class = String::new();
    let mut out = Vec::new();
    for line in include_str!("seeds.txt").lines().filter(|line| !line.starts_with("# ")) {
        if let Some(name) = line.strip_prefix('[') {
            class = name.trim_end_matches(']').to_owned();
        } else if let Some((severity, script)) = line.split_once('\t') {
            out.push(Seed { class: class.clone(), refuse: severity == "refuse", script: script.to_owned() });
        }
    }
    out
}

/// The scripts of `files.txt`, as seeds.
pub(crate) fn file_seeds() -> Vec<Seed> {
    let lines = include_str!("files.txt").lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
    lines.map(|line| Seed { class: "files".to_owned(), refuse: false, script: line.to_owned() }).collect()
}

/// How many pairs are tried for each seed.
#[derive(Clone, Copy)]
pub(crate) struct Pairs {
    pub(crate) earlier: usize,
    pub(crate) later: usize,
}

/// All cases of the seeds: single transforms first, then pairs. No script comes twice.
pub(crate) fn cases(seeds: &[Seed], pairs: Pairs) -> Vec<Case> {
    let mut out = Vec::new();
    let mut known = std::collections::BTreeSet::new();
    for (index, seed) in seeds.iter().enumerate() {
        let start = Form::of(&seed.script);
        known.insert(start.script.clone());
        let mut add = |ways: Vec<&'static str>, later, form: Option<Form>| {
            let Some(form) = form else { return };
            if known.insert(form.script.clone()) {
                out.push(Case { seed: index, ways, later, form });
            }
        };
        let number = u64::try_from(index).unwrap_or(0);
        let mut rng = Rng::new(number.wrapping_mul(7_919) + 17);
        for (all, later) in [(earlier::ALL, false), (later::ALL, true)] {
            for transform in all {
                add(vec![transform.name], later, (transform.apply)(&start, &mut rng));
            }
        }
        for round in 0..pairs.earlier + pairs.later {
            let later = round >= pairs.earlier;
            let other = if later { later::ALL } else { earlier::ALL };
            let (Some(first), Some(second)) = (rng.pick(earlier::ALL), rng.pick(other)) else { continue };
            let (first, second) = if later && rng.coin() { (second, first) } else { (first, second) };
            let form = (first.apply)(&start, &mut rng).and_then(|form| (second.apply)(&form, &mut rng));
            add(vec![first.name, second.name], later, form);
        }
    }
    out
}
