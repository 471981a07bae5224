//! Which characters are written without spaces between words.

/// How the tokenizer `words` treats a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// A token of its own: Chinese, Japanese, Thai, Lao, Khmer and Burmese put no spaces between words.
    Spaceless,
    /// Part of a word of Hangul, whose endings follow without a space.
    Hangul,
    /// A letter or digit of ASCII, as wide as a Chinese character.
    Wide,
    /// A symbol, which belongs to no word. SQLite's own tokenizer knows only those of Unicode 6.1.
    Symbol,
    /// Left to SQLite's own tokenizer.
    Other,
}

impl Script {
    /// Returns the script of a character.
    #[must_use]
    pub fn of(character: char) -> Self {
        match u32::from(character) {
            // Most characters of most texts end here.
            0..=0x0E00 => Self::Other,
            // Thai, Lao. Their digits and signs of currency are left to SQLite.
            0x0E01..=0x0E3A | 0x0E40..=0x0E4E | 0x0E81..=0x0EBD | 0x0EC0..=0x0ECE | 0x0EDC..=0x0EDF => Self::Spaceless,
            // Burmese, Khmer.
            0x1000..=0x103F | 0x1050..=0x108F | 0x109A..=0x109D | 0x1780..=0x17B3 | 0x17B6..=0x17D3 => Self::Spaceless,
            0x1100..=0x11FF | 0x3131..=0x318E | 0xA960..=0xA97C | 0xAC00..=0xD7A3 | 0xD7B0..=0xD7FB => Self::Hangul,
            // The marks of iteration, numbers and abbreviations that count as letters.
            0x3005..=0x3007 | 0x3021..=0x3029 | 0x3031..=0x3035 | 0x3038..=0x303C => Self::Spaceless,
            // Hiragana, Katakana, Bopomofo.
            0x3041..=0x3096 | 0x3099..=0x309A | 0x309D..=0x309F | 0x30A1..=0x30FA | 0x30FC..=0x30FF => Self::Spaceless,
            0x3105..=0x312F | 0x31A0..=0x31BF | 0x31F0..=0x31FF | 0x1_AFF0..=0x1_B16F => Self::Spaceless,
            // Han.
            0x2E80..=0x2FD5 | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFD => {
                Self::Spaceless
            }
            0xFF10..=0xFF19 | 0xFF21..=0xFF3A | 0xFF41..=0xFF5A => Self::Wide,
            0x1_F000..=0x1_FAFF => Self::Symbol,
            // Half-width Katakana.
            0xFF66..=0xFF9F => Self::Spaceless,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Script;

    #[test]
    fn each_script_is_known() {
        for (text, script) in [
            ("我図ひカｶ々ー〇𠮷", Script::Spaceless),
            ("ไทยทำລາວမြန်ខ្មែរ", Script::Spaceless),
            ("한글ㄱ\u{1100}", Script::Hangul),
            ("Ａｚ０", Script::Wide),
            ("😀🦊🫠", Script::Symbol),
            ("aÉя٣-。、 \u{FE00}☺", Script::Other),
        ] {
            for character in text.chars() {
                assert_eq!(Script::of(character), script, "{character}");
            }
        }
    }
}
