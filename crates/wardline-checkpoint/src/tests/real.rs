//! The same histories on a real file system, and reverts that die or fail at every step.

use super::histories::{Dice, History, read, write};
use super::model::{check, solve};
use crate::apply::{Fate, Stop};
use crate::revert::Choice;
use crate::store::tests::{Scratch, by};
use crate::{Author, Store};

/// Plays a history on a file system, with a checkpoint after each step; gives the number of the first.
fn play(scratch: &Scratch, history: &History) -> u64 {
    let mut store = scratch.open();
    write(&scratch.root(), &history.before);
    let first = store.capture(&by(Author::Person)).unwrap().checkpoint.number;
    drop(store);
    for (author, things) in &history.steps {
        write(&scratch.root(), things);
        scratch.open().capture(&by(*author)).unwrap();
    }
    first
}

/// Histories on a real file system; `WARDLINE_REAL_HISTORIES` asks for another number.
fn real_histories() -> u64 {
    std::env::var("WARDLINE_REAL_HISTORIES").ok().and_then(|text| text.parse().ok()).unwrap_or(200)
}

#[test]
fn a_real_workspace_comes_out_as_the_values_do_and_every_revert_can_be_reverted() {
    for seed in 0..real_histories() {
        let scratch = Scratch::fast("real");
        let history = History::generate(seed);
        let first = play(&scratch, &history);
        let (plan, expected) = solve(&history);
        check(seed, &history, &plan, &expected);
        let mut store = scratch.open();
        let reverted = store.revert(first, &Choice::All, &by(Author::Person)).unwrap();
        assert_eq!(read(&scratch.root()), expected, "seed {seed}");
        assert_eq!(reverted.conflicts, plan.conflicts, "seed {seed}");
        // Nothing more of the agent's is there, and again changes nothing.
        let again = store.revert(first, &Choice::All, &by(Author::Person)).unwrap();
        assert!(again.done.is_empty(), "seed {seed}: {:?}", again.done);
        store.revert(reverted.before, &Choice::All, &by(Author::Person)).unwrap();
        assert_eq!(read(&scratch.root()), *history.now(), "seed {seed}: the revert is reverted");
        store.revert(first, &Choice::All, &by(Author::Person)).unwrap();
        assert_eq!(read(&scratch.root()), expected, "seed {seed}: and made again");
    }
}

/// Reverts with one fate at its `at`th step; tells whether the step was reached.
fn revert_with(store: &mut Store, first: u64, at: usize, fate: fn() -> Fate) -> (bool, Result<(), Stop>) {
    let mut asked = 0;
    let mut fates = || {
        asked += 1;
        if asked == at + 1 { fate() } else { Fate::GoOn }
    };
    let result = store.revert_stepwise(first, &Choice::All, &by(Author::Person), &mut fates).map(drop);
    (asked > at, result)
}

#[test]
fn a_revert_that_dies_at_any_step_leaves_the_workspace_before_or_after() {
    let mut deaths = 0;
    for seed in 0..real_histories() {
        let scratch = Scratch::fast("dies");
        let history = History::generate(seed);
        let first = play(&scratch, &history);
        let (_, after) = solve(&history);
        for at in 0.. {
            let (reached, result) = revert_with(&mut scratch.open(), first, at, || Fate::Die);
            if !reached {
                assert!(result.is_ok());
                break;
            }
            deaths += 1;
            assert!(matches!(result, Err(Stop::Died)));
            drop(scratch.open());
            let now = read(&scratch.root());
            if now == after && after != *history.now() {
                break;
            }
            assert_eq!(now, *history.now(), "seed {seed}, step {at}");
        }
        assert_eq!(read(&scratch.root()), after, "seed {seed}");
    }
    println!("{deaths} deaths");
    assert!(deaths > real_histories());
}

#[test]
fn a_revert_of_which_any_step_fails_changes_nothing() {
    for seed in 0..real_histories() / 4 {
        let scratch = Scratch::fast("fails");
        let history = History::generate(seed);
        let first = play(&scratch, &history);
        for at in 0.. {
            let (reached, result) = revert_with(&mut scratch.open(), first, at, || Fate::Fail);
            if !reached || scratch.open().ended().unwrap().is_some() || result.is_ok() {
                break;
            }
            let now = read(&scratch.root());
            if now != *history.now() {
                // The last step lies after the end.
                assert_eq!(now, solve(&history).1, "seed {seed}, step {at}");
                break;
            }
        }
    }
}

#[test]
fn what_is_changed_while_a_revert_runs_is_not_lost() {
    for seed in 0..40 {
        let scratch = Scratch::new("race");
        let mut dice = Dice::new(seed);
        let root = scratch.root();
        for file in ["a", "b", "c"] {
            std::fs::write(root.join(file), "before\n").unwrap();
        }
        let first = scratch.open().capture(&by(Author::Person)).unwrap().checkpoint.number;
        for file in ["a", "b", "c"] {
            std::fs::write(root.join(file), "agent\n").unwrap();
        }
        scratch.open().capture(&by(Author::Agent)).unwrap();
        let (victim, at) = (["a", "b", "c"][dice.below(3)], dice.below(9));
        let mut asked = 0;
        let mut fates = || {
            asked += 1;
            if asked == at {
                std::fs::write(root.join(victim), "person\n").unwrap();
            }
            Fate::GoOn
        };
        let mut store = scratch.open();
        let result = store.revert_stepwise(first, &Choice::All, &by(Author::Person), &mut fates);
        let text = std::fs::read_to_string(root.join(victim)).unwrap();
        match result {
            Ok(_) => assert!(at == 0 || text == "person\n", "seed {seed}: written at {at}: {text}"),
            Err(_) => assert_eq!(text, "person\n", "seed {seed}"),
        }
    }
}
