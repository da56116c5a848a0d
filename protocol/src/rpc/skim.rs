//! Passing over plain JSON without making anything of it.
//!
//! What it passes over is sound JSON. It gives up on anything that takes a closer look (an escape, deep nesting,
//! an error): then a parser decides. Long strings go by 64 bytes at a time, which is what it is for.

/// Levels of nesting that fit the bits it remembers them in.
const LEVELS_MAX: u32 = 64;

/// How long the object or array is that `bytes` begins with, or nothing where it gives up.
pub(super) fn structured(bytes: &[u8]) -> Option<usize> {
    let mut skim = Skim { bytes, at: 0, objects: 0, levels: 0 };
    if !matches!(bytes.first()?, b'{' | b'[') {
        return None;
    }
    // Each turn passes over one value, or opens one, then over what closes and what stands between.
    loop {
        if skim.value()? {
            continue;
        }
        loop {
            if skim.levels == 0 {
                return Some(skim.at);
            }
            match skim.next()? {
                b',' => break skim.name()?,
                b'}' if skim.in_object() => skim.close(),
                b']' if !skim.in_object() => skim.close(),
                _ => return None,
            }
        }
    }
}

struct Skim<'a> {
    bytes: &'a [u8],
    at: usize,
    /// A bit for each open value, the innermost lowest: whether it is an object.
    objects: u64,
    levels: u32,
}

impl Skim<'_> {
    /// The next byte that is not white space, which is passed.
    fn next(&mut self) -> Option<u8> {
        loop {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                return Some(byte);
            }
        }
    }

    fn in_object(&self) -> bool {
        self.objects & 1 != 0
    }

    fn open(&mut self, is_object: bool) -> Option<()> {
        self.levels += 1;
        self.objects = self.objects << 1 | u64::from(is_object);
        (self.levels <= LEVELS_MAX).then_some(())
    }

    fn close(&mut self) {
        self.levels -= 1;
        self.objects >>= 1;
    }

    /// Passes over a value that is not nested, or over one that is empty; or opens one and stands before its first
    /// value, which is told by `true`.
    fn value(&mut self) -> Option<bool> {
        let first = self.next()?;
        match first {
            b'"' => self.string()?,
            b'{' | b'[' => {
                let before = self.at;
                // One more than the byte that opens: `{}` and `[]`.
                if self.next()? == first + 2 {
                    return Some(false);
                }
                self.at = before;
                self.open(first == b'{')?;
                self.name()?;
                return Some(true);
            }
            b't' => self.word(b"rue")?,
            b'f' => self.word(b"alse")?,
            b'n' => self.word(b"ull")?,
            b'-' => {
                let digit = *self.bytes.get(self.at)?;
                self.at += 1;
                self.number(digit)?;
            }
            digit => self.number(digit)?,
        }
        Some(false)
    }

    /// In an object, passes over the name of the next member and its colon.
    fn name(&mut self) -> Option<()> {
        if !self.in_object() {
            return Some(());
        }
        if self.next()? != b'"' {
            return None;
        }
        self.string()?;
        (self.next()? == b':').then_some(())
    }

    /// The rest of a string, whose quote was passed.
    fn string(&mut self) -> Option<()> {
        self.at += plain_length(self.bytes.get(self.at..)?)? + 1;
        Some(())
    }

    fn word(&mut self, rest: &[u8]) -> Option<()> {
        self.bytes.get(self.at..)?.starts_with(rest).then(|| self.at += rest.len())
    }

    fn digits(&mut self) -> usize {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        count
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The rest of a number, whose first digit was passed.
    fn number(&mut self, first: u8) -> Option<()> {
        match first {
            b'0' => {}
            b'1'..=b'9' => _ = self.digits(),
            _ => return None,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return None;
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return None;
            }
        }
        Some(())
    }
}

/// How many bytes there are before the closing quote, if nothing before it needs a closer look.
pub(super) fn plain_length(bytes: &[u8]) -> Option<usize> {
    let (blocks, _) = bytes.as_chunks::<64>();
    let plain = blocks.iter().take_while(|block| is_plain(block)).count() * 64;
    let (words, rest) = bytes.get(plain..)?.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let special = special_bytes(u64::from_le_bytes(*word));
        if special != 0 {
            // The marks are the top bits of bytes, the first byte lowest.
            let at = plain + index * 8 + usize::try_from(special.trailing_zeros() / 8).ok()?;
            return (bytes[at] == b'"').then_some(at);
        }
    }
    let at = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))?;
    (rest[at] == b'"').then_some(plain + words.len() * 8 + at)
}

/// Whether there is no quote, backslash or control character. Without a way out before the end, the compiler compares
/// 16 bytes at a time.
#[inline(always)]
fn is_plain(block: &[u8; 64]) -> bool {
    let special =
        |byte: u8| u8::from(byte == b'"') | u8::from(byte == b'\\') | u8::from(byte < 0x20);
    block.iter().fold(0, |seen, byte| seen | special(*byte)) == 0
}

/// Marks the quotes, backslashes and control characters among eight bytes in the top bit of each. The first mark is
/// always right; a borrow can only set wrong ones above it.
fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const TOPS: u64 = u64::from_ne_bytes([0x80; 8]);
    let zero_where = |byte: u8| word ^ u64::from_ne_bytes([byte; 8]);
    let is_zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let is_control = word.wrapping_sub(u64::from_ne_bytes([0x20; 8])) & !word;
    (is_zero(zero_where(b'"')) | is_zero(zero_where(b'\\')) | is_control) & TOPS
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    /// Where a parser says that the first value ends, if it is sound.
    fn strict(text: &str) -> Option<usize> {
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
        values.next()?.ok().map(|value| value.get().len())
    }

    #[test]
    fn plain_values_are_passed_over_whole() {
        let long = "x".repeat(1000);
        for text in [
            "{}",
            "[]",
            "{ }",
            "[\n]",
            "[1]",
            "[[],[[]],{}]",
            r#"{"a":{"b":[1,2,{"c":null}]}}"#,
            r#"{"a":true,"b":false,"c":-0,"d":0.5e-7,"e":1E+9,"":""}"#,
            " [ 1 , \"é\" ] ".trim(),
        ] {
            assert_eq!(
                structured(format!("{text}, \"rest\"").as_bytes()),
                Some(text.len()),
                "{text}"
            );
        }
        for length in 0..200 {
            let text = format!(r#"{{"data":"{}"}}"#, &long[..length]);
            assert_eq!(structured(text.as_bytes()), Some(text.len()));
        }
    }

    #[test]
    fn anything_else_is_left_to_a_parser() {
        for text in [
            "",
            "1",
            "\"a\"",
            "[",
            "{",
            "[1",
            "[1,]",
            "[,1]",
            "[1 2]",
            "[01]",
            "[1.]",
            "[.5]",
            "[1e]",
            "[-]",
            "[+1]",
            "[tru]",
            "[nul",
            "[true1]",
            "[\"a]",
            "[\"a\\n\"]",
            "[\"\u{1}\"]",
            "{1:2}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{\"a\":1,2}",
            "[1}",
            "{\"a\":1]",
            "[--1]",
            "[1e5.5]",
        ] {
            assert_eq!(structured(text.as_bytes()), None, "{text}");
        }
        // The innermost is empty and need not be remembered.
        let deep = "[".repeat(66) + &"]".repeat(66);
        assert_eq!(structured(deep.as_bytes()), None);
        assert_eq!(structured(&deep.as_bytes()[1..131]), Some(130));
    }

    proptest! {
        #[test]
        fn what_it_takes_a_parser_takes(text in r#"[\[{]([\[\]{}:, 019.eE+\-"a\\]|true|null|"[a-z\\]{0,70}"){0,24}[\]}]?"#) {
            if let Some(length) = structured(text.as_bytes()) {
                prop_assert_eq!(strict(&text), Some(length), "{}", text);
            }
        }
    }
}
