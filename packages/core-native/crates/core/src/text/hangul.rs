//! Hangul: syllables of its letters, as Unicode composes them.

const SYLLABLES: u32 = 0xAC00;
const LEADING: u32 = 0x1100;
const VOWELS: u32 = 0x1161;
/// One before the first trailing letter: 0 stands for none.
const TRAILING: u32 = 0x11A7;
const LEADING_COUNT: u32 = 19;
const VOWEL_COUNT: u32 = 21;
const TRAILING_COUNT: u32 = 28;

/// Returns a text with its letters composed to syllables. Systems that store names in parts have one form of a word, and
/// keyboards another.
#[must_use]
pub fn composed(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut last: Option<char> = None;
    for character in text.chars() {
        match last.and_then(|last| joined(last, character)) {
            Some(syllable) => last = Some(syllable),
            None => {
                result.extend(last);
                last = Some(character);
            }
        }
    }
    result.extend(last);
    result
}

/// Returns the syllable that a letter makes of what is before it.
fn joined(before: char, letter: char) -> Option<char> {
    let (before, letter) = (u32::from(before), u32::from(letter));
    let place = |code: u32, first: u32, count: u32| code.checked_sub(first).filter(|place| *place < count);
    if let (Some(leading), Some(vowel)) = (place(before, LEADING, LEADING_COUNT), place(letter, VOWELS, VOWEL_COUNT)) {
        return char::from_u32(SYLLABLES + (leading * VOWEL_COUNT + vowel) * TRAILING_COUNT);
    }
    let syllable = place(before, SYLLABLES, LEADING_COUNT * VOWEL_COUNT * TRAILING_COUNT)?;
    let trailing = place(letter, TRAILING, TRAILING_COUNT).filter(|place| *place > 0)?;
    if syllable % TRAILING_COUNT == 0 { char::from_u32(before + trailing) } else { None }
}

#[cfg(test)]
mod tests {
    use super::composed;

    #[test]
    fn letters_become_syllables() {
        assert_eq!(composed("\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}"), "한글");
        assert_eq!(composed("한글"), "한글");
        assert_eq!(composed("가\u{11a8}\u{11a8}"), "각\u{11a8}");
        assert_eq!(composed("ㅋㅋ"), "ㅋㅋ");
        assert_eq!(composed(""), "");
    }
}
