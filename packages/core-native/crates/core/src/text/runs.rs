//! A text, cut into runs that are tokenized alike.

use std::ops::Range;

use super::hangul;
use super::kana::{self, Mark, full_width};
use super::scripts::Script;

/// A run of a text, with its place in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Run {
    /// One character of a script without spaces, in its one form.
    Character(char, Range<usize>),
    /// A word of Hangul, composed.
    Hangul(String, Range<usize>),
    /// Letters and digits of ASCII that were wide, in lower case.
    Wide(String, Range<usize>),
    /// Anything else. SQLite's own tokenizer finds the words in it.
    Other(Range<usize>),
}

/// Cuts a text into runs. Bytes that are not UTF-8 separate runs, and belong to none.
pub fn each_run<E>(text: &[u8], mut work: impl FnMut(Run) -> Result<(), E>) -> Result<(), E> {
    let mut start = 0;
    for chunk in text.utf8_chunks() {
        let valid = chunk.valid();
        runs_of(valid, start, &mut work)?;
        start += valid.len() + chunk.invalid().len();
    }
    Ok(())
}

/// Cuts a text into runs, whose places begin at `offset`.
fn runs_of<E>(text: &str, offset: usize, work: &mut impl FnMut(Run) -> Result<(), E>) -> Result<(), E> {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let start = offset + text.len() - rest.len();
        let script = Script::of(first);
        let length = match script {
            Script::Spaceless => first.len_utf8(),
            script => rest.find(|next| Script::of(next) != script).unwrap_or(rest.len()),
        };
        let (run, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        rest = after;
        match script {
            Script::Spaceless => rest = spaceless(first, start, length, rest, work)?,
            Script::Hangul => work(Run::Hangul(hangul::composed(run), start..start + length))?,
            Script::Wide => work(Run::Wide(run.chars().map(narrow).collect(), start..start + length))?,
            Script::Symbol => {}
            Script::Other => work(Run::Other(start..start + length))?,
        }
    }
    Ok(())
}

/// Hands on one character, with the mark that may follow it. Returns the rest of the text.
fn spaceless<'a, E>(
    character: char,
    start: usize,
    length: usize,
    rest: &'a str,
    work: &mut impl FnMut(Run) -> Result<(), E>,
) -> Result<&'a str, E> {
    // The Thai letter am is written as one character, or as two.
    if character == '\u{0E33}' {
        for part in ['\u{0E4D}', '\u{0E32}'] {
            work(Run::Character(part, start..start + length))?;
        }
        return Ok(rest);
    }
    let plain = full_width(character);
    let next = rest.chars().next();
    if let (Some(next), Some(mark)) = (next, next.and_then(Mark::of))
        && let Some(voiced) = kana::marked(plain, mark)
    {
        let end = start + length + next.len_utf8();
        work(Run::Character(voiced, start..end))?;
        return Ok(rest.get(next.len_utf8()..).unwrap_or_default());
    }
    work(Run::Character(plain, start..start + length))?;
    Ok(rest)
}

/// Returns the character of ASCII that a wide one stands for, in lower case.
fn narrow(wide: char) -> char {
    const TO_WIDE: u32 = 0xFEE0;
    let narrow = u32::from(wide).checked_sub(TO_WIDE).and_then(char::from_u32);
    narrow.unwrap_or(wide).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::{Run, each_run};

    /// Returns the runs as text: what is read, and the bytes that it comes from.
    fn shown(text: &[u8]) -> Vec<String> {
        let mut runs = Vec::new();
        let done: Result<(), ()> = each_run(text, |run| {
            let (kind, read, place) = match run {
                Run::Character(character, place) => ("c", character.to_string(), place),
                Run::Hangul(word, place) => ("h", word, place),
                Run::Wide(word, place) => ("w", word, place),
                Run::Other(place) => {
                    ("o", String::from_utf8_lossy(text.get(place.clone()).unwrap_or_default()).into_owned(), place)
                }
            };
            runs.push(format!("{kind}:{read}:{}-{}", place.start, place.end));
            Ok(())
        });
        assert_eq!(done, Ok(()));
        runs
    }

    #[test]
    fn a_text_is_cut_where_the_script_changes() {
        assert_eq!(shown("iPhone用 커피를".as_bytes()), ["o:iPhone:0-6", "c:用:6-9", "o: :9-10", "h:커피를:10-19"]);
        assert_eq!(shown("ＡＢ１ｘ".as_bytes()), ["w:ab1x:0-12"]);
        assert_eq!(shown(b""), Vec::<String>::new());
    }

    #[test]
    fn a_character_has_one_form() {
        assert_eq!(shown("か\u{3099}ｶﾞが".as_bytes()), ["c:が:0-6", "c:ガ:6-12", "c:が:12-15"]);
        assert_eq!(shown("ำ".as_bytes()), shown("ำ".as_bytes()));
        assert_eq!(shown("ทำ".as_bytes()), ["c:ท:0-3", "c:\u{e4d}:3-6", "c:า:3-6"]);
        assert_eq!(shown("\u{1112}\u{1161}\u{11ab}".as_bytes()), ["h:한:0-9"]);
        // A mark without a kana that could have it stays.
        assert_eq!(shown("漢\u{3099}".as_bytes()), ["c:漢:0-3", "c:\u{3099}:3-6"]);
    }

    #[test]
    fn bytes_that_are_not_utf8_separate() {
        assert_eq!(shown(b"ab\xffcd\xe4\xba"), ["o:ab:0-2", "o:cd:3-5"]);
    }
}
