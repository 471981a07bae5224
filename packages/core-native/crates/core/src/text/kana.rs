//! One form of each kana: full-width, with its mark of voicing in it.

/// The half-width katakana from U+FF66 on.
const HALF_WIDTH: &str =
    "ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";
const FIRST_HALF_WIDTH: u32 = 0xFF66;
/// From a hiragana to the katakana of the same sound.
const TO_KATAKANA: u32 = 0x60;

/// A mark that changes the kana before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// か becomes が.
    Voiced,
    /// は becomes ぱ.
    HalfVoiced,
}

impl Mark {
    /// Returns the mark that a character is, if it is one that joins the character before.
    #[must_use]
    pub fn of(character: char) -> Option<Self> {
        match character {
            '\u{3099}' | '\u{FF9E}' => Some(Self::Voiced),
            '\u{309A}' | '\u{FF9F}' => Some(Self::HalfVoiced),
            _ => None,
        }
    }
}

/// Returns the full-width form of a character.
#[must_use]
pub fn full_width(character: char) -> char {
    let place = u32::from(character).checked_sub(FIRST_HALF_WIDTH);
    place.and_then(|place| HALF_WIDTH.chars().nth(place as usize)).unwrap_or(character)
}

/// Returns the kana with a mark in it, or None if there is no such kana.
#[must_use]
pub fn marked(kana: char, mark: Mark) -> Option<char> {
    let code = u32::from(kana);
    let shift = if (0x30A1..=0x30F6).contains(&code) { TO_KATAKANA } else { 0 };
    let with_mark = match (code - shift, mark) {
        // う
        (0x3046, Mark::Voiced) => 0x3094,
        // From か to ち, and つ, て, と: the voiced kana is next.
        (hiragana @ 0x304B..=0x3061, Mark::Voiced) if hiragana % 2 == 1 => hiragana + 1,
        (hiragana @ (0x3064 | 0x3066 | 0x3068), Mark::Voiced) => hiragana + 1,
        // は, ひ, ふ, へ, ほ: each with two marks.
        (hiragana @ 0x306F..=0x307B, mark) if hiragana % 3 == 0 => hiragana + if mark == Mark::Voiced { 1 } else { 2 },
        _ => return None,
    };
    char::from_u32(with_mark + shift)
}

#[cfg(test)]
mod tests {
    use super::{Mark, full_width, marked};

    #[test]
    fn half_width_kana_become_full_width() {
        let given = "ｦｧｯｰｱｶﾝ漢a";
        assert_eq!(given.chars().map(full_width).collect::<String>(), "ヲァッーアカン漢a");
    }

    #[test]
    fn marks_join_the_kana_that_have_a_voiced_form() {
        for (plain, voiced) in
            "うかこさそたちつてとはひふへほウカハ".chars().zip("ゔがござぞだぢづでどばびぶべぼヴガバ".chars())
        {
            assert_eq!(marked(plain, Mark::Voiced), Some(voiced), "{plain}");
        }
        for (plain, voiced) in "はほハホ".chars().zip("ぱぽパポ".chars()) {
            assert_eq!(marked(plain, Mark::HalfVoiced), Some(voiced), "{plain}");
        }
        for plain in "あがなまぱ漢a".chars() {
            assert_eq!(marked(plain, Mark::Voiced), None, "{plain}");
        }
        assert_eq!(marked('か', Mark::HalfVoiced), None);
    }
}
