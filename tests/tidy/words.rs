//! Words that have no place in the tree.

use crate::none;
use crate::tree::files;

/// Put together here, so that this file does not find itself.
const WORDS: [&str; 12] = [
    concat!("/wo", "rk/"),
    concat!("/tmp/", "plan"),
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X:"),
    concat!("HA", "CK:"),
    concat!("todo", "!("),
    concat!("unimple", "mented!("),
    concat!("issues ", "show"),
    concat!("worktree", " of"),
    concat!("the ", "lead "),
    concat!("as an", " AI"),
];

#[test]
fn no_word_is_left_over_from_the_work() {
    let endings =
        [".rs", ".md", ".toml", ".py", ".mjs", ".json", ".yml", "/run", "/soak", "run", "soak"];
    let mut violations = Vec::new();
    for file in files(&endings) {
        for (number, line) in (1..).zip(file.text.lines()) {
            let found = WORDS.iter().filter(|word| line.contains(**word));
            violations.extend(found.map(|word| format!("{}:{number}: {word}", file.path)));
        }
    }
    none("words that have no place here", &violations);
}
