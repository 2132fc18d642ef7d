//! Braces: `{a,b}`, `{1..5}`, and whether text holds patterns.

use crate::syntax::{self, Piece};

/// Most words that one word with braces may become.
const MOST_WORDS: usize = 64;
/// Most `{` in one word that are still looked at as brace expansion.
const MOST_BRACES: usize = 64;

/// Does unquoted text stand for the names that match it?
pub(crate) fn has_glob(text: &str) -> bool {
    let class = || text.split_once('[').is_some_and(|(_, rest)| rest.contains(']'));
    text.contains(['*', '?']) || class() || ["@(", "!(", "+("].iter().any(|start| text.contains(start))
}

pub(crate) fn has_braces(word: &syntax::Word) -> bool {
    word.pieces.iter().any(|piece| matches!(piece, Piece::Text(text) if text.contains('{')))
}

/// A word taken apart so that braces can be found: characters of unquoted text, and pieces that stay whole.
#[derive(Clone, Copy)]
pub(crate) enum Atom {
    Character(char),
    Piece(usize),
}

pub(crate) fn atoms(word: &syntax::Word) -> Vec<Atom> {
    let mut out = Vec::new();
    for (index, piece) in word.pieces.iter().enumerate() {
        match piece {
            Piece::Text(text) => out.extend(text.chars().map(Atom::Character)),
            _ => out.push(Atom::Piece(index)),
        }
    }
    out
}

pub(crate) fn pieces(atoms: &[Atom], word: &syntax::Word) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    for atom in atoms {
        match (atom, out.last_mut()) {
            (Atom::Character(character), Some(Piece::Text(text))) => text.push(*character),
            (Atom::Character(character), _) => out.push(Piece::Text(character.to_string())),
            (Atom::Piece(index), _) => out.extend(word.pieces.get(*index).cloned()),
        }
    }
    out
}

/// Expands braces; `None` when there would be too many words.
pub(crate) fn braces(atoms: &[Atom], depth: usize) -> Option<Vec<Vec<Atom>>> {
    let is = |at: usize, wanted: char| matches!(atoms.get(at), Some(Atom::Character(c)) if *c == wanted);
    if depth > MOST_BRACES || (0..atoms.len()).filter(|&at| is(at, '{')).count() > MOST_BRACES {
        return None;
    }
    for open in (0..atoms.len()).filter(|&at| is(at, '{')) {
        let mut level = 0_usize;
        let mut cuts = vec![open];
        for at in open..atoms.len() {
            if is(at, '{') {
                level += 1;
            } else if is(at, ',') && level == 1 {
                cuts.push(at);
            } else if is(at, '}') {
                level -= 1;
            }
            if level == 0 {
                cuts.push(at);
                break;
            }
        }
        if level > 0 {
            continue;
        }
        let close = cuts.last().copied().unwrap_or(open);
        let mut middle: Vec<Vec<Atom>> = Vec::new();
        if cuts.len() > 2 {
            for pair in cuts.windows(2) {
                let (from, to) = (pair.first().map_or(0, |cut| cut + 1), pair.last().copied().unwrap_or(0));
                middle.extend(braces(atoms.get(from..to).unwrap_or_default(), depth + 1)?);
            }
        } else if let Some(sequence) = sequence(atoms.get(open + 1..close).unwrap_or_default()) {
            middle = sequence?;
        } else {
            continue;
        }
        let head = atoms.get(..open).unwrap_or_default();
        let tails = braces(atoms.get(close + 1..).unwrap_or_default(), depth + 1)?;
        if middle.len().saturating_mul(tails.len()) > MOST_WORDS {
            return None;
        }
        let join = |part: &Vec<Atom>, tail: &Vec<Atom>| [head, part, tail].concat();
        return Some(middle.iter().flat_map(|part| tails.iter().map(move |tail| join(part, tail))).collect());
    }
    Some(vec![atoms.to_vec()])
}

/// `{1..5}` or `{a..e}`: `None` when it is neither, `Some(None)` when it has too many members.
#[expect(clippy::option_option, reason = "no sequence and too long a sequence are different answers")]
fn sequence(atoms: &[Atom]) -> Option<Option<Vec<Vec<Atom>>>> {
    let text: String = atoms.iter().map(|a| if let Atom::Character(c) = a { *c } else { '\0' }).collect();
    let mut parts = text.split("..");
    let (first, last, step) = (parts.next()?, parts.next()?, parts.next());
    let step = step.map_or(Some(1), |step| step.parse::<i64>().ok())?.unsigned_abs().max(1);
    let letters = |text: &str| {
        let mut characters = text.chars();
        characters
            .next()
            .filter(|c| c.is_ascii_alphabetic() && characters.next().is_none())
            .map(|c| i64::from(u32::from(c)))
    };
    let numbers = first.parse::<i64>().ok().zip(last.parse::<i64>().ok());
    let (from, to) = numbers.or_else(|| letters(first).zip(letters(last)))?;
    if parts.next().is_some() || from.abs_diff(to) / step >= u64::try_from(MOST_WORDS).unwrap_or(0) {
        return Some(None);
    }
    let mut out = Vec::new();
    let (low, high) = (from.min(to), from.max(to));
    let mut offset = 0_u64;
    while offset <= low.abs_diff(high) {
        let delta = i64::try_from(offset).unwrap_or(0);
        let member = if from <= to { from.saturating_add(delta) } else { from.saturating_sub(delta) };
        let text = match numbers {
            Some(_) => member.to_string(),
            None => u32::try_from(member).ok().and_then(char::from_u32).map(String::from).unwrap_or_default(),
        };
        out.push(text.chars().map(Atom::Character).collect());
        offset = offset.saturating_add(step);
    }
    Some(Some(out))
}
