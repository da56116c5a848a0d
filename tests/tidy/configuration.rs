//! A key that nobody reads is a promise that nobody keeps.

use goxe_config::schema::Key;
use goxe_config::sections;

use crate::none;
use crate::tree::{SourceFile, files};

/// Whether product code outside the configuration reads the key: `section.key`, or `.key` in a file that names the
/// section's type or field, or the key in a file that takes the section apart.
fn reads(file: &SourceFile, section: &str, key: &str) -> bool {
    let mut letters = section.chars();
    let upper = letters.next().map(|first| first.to_ascii_uppercase());
    let type_name: String = upper.into_iter().chain(letters).collect();
    let known = [
        format!("sections::{type_name}"),
        format!("config.{section}"),
        format!("{section}: &"),
        format!("&{type_name}"),
    ];
    let text: String = file.product_lines().flat_map(|(_, line)| [line, "\n"]).collect();
    let ends = |at: usize, word: &str| {
        let next = text[at + word.len()..].chars().next();
        !next.is_some_and(|next| next.is_alphanumeric() || next == '_' || next == '(')
    };
    let has = |word: &str| text.match_indices(word).any(|(at, word)| ends(at, word));
    let is_known = known.iter().any(|name| text.contains(name.as_str()));
    let taken_apart = || has(&format!(" {key},")) || has(&format!(" {key} }}"));
    has(&format!("{section}.{key}")) || (is_known && (has(&format!(".{key}")) || taken_apart()))
}

#[test]
fn every_key_has_an_effect() {
    let all = files(&[".rs"]);
    let outside: Vec<&SourceFile> =
        all.iter().filter(|file| file.folder() != "config" && !file.is_test()).collect();
    let dead = |key: &&'static Key| {
        let dotted = key.dotted();
        let (section, name) = dotted.split_once('.').expect("a key has a section");
        !outside.iter().any(|file| reads(file, section, name))
    };
    let violations: Vec<String> = sections::keys().filter(dead).map(Key::dotted).collect();
    none("keys that nothing reads", &violations);
}
