//! Names in files whose words are parted by spaces.

/// Characters of a file's name.
const STEM_CHARS_MAX: usize = 64;

/// A name as one word: what is neither letter, digit nor one of `-_./` becomes `_`.
pub(super) fn word(name: &str) -> String {
    let keep = |char: char| char.is_alphanumeric() || matches!(char, '-' | '_' | '.' | '/');
    let word: String = name.chars().map(|char| if keep(char) { char } else { '_' }).collect();
    if word.is_empty() { "_".into() } else { word }
}

/// A file's name without ending, as one word: nothing in it is a folder, hidden or foreign to a file
/// system.
pub fn file_stem(name: &str) -> String {
    let word: String = word(name).chars().take(STEM_CHARS_MAX).collect();
    let flat = word.replace('/', "_");
    let stem = flat.trim_start_matches('.');
    if stem.is_empty() { "_".into() } else { stem.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_one_word() {
        assert_eq!(word("roof/left tile #2"), "roof/left_tile__2");
        assert_eq!(word("größe"), "größe");
        assert_eq!(word(""), "_");
        assert_eq!(file_stem("../../etc/passwd"), "_.._etc_passwd");
        assert_eq!(file_stem("..."), "_");
        assert_eq!(file_stem("my castle\n"), "my_castle_");
        assert_eq!(file_stem(&"x".repeat(300)).len(), 64);
    }
}
