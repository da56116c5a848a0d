//! A method is not described without being served and tried.

use goxe_protocol::api::{CATALOGUE, MethodInfo};

use crate::none;
use crate::tree::{SourceFile, files};

/// Whether a file names the method, as text or as its type: `voxel.edit`, `voxel::Edit`.
fn names(file: &SourceFile, method: &MethodInfo) -> bool {
    let verb = method.name.split('.').nth(1).unwrap_or_default();
    let mut letters = verb.chars();
    let upper = letters.next().map(|first| first.to_ascii_uppercase());
    let type_name: String = upper.into_iter().chain(letters).collect();
    let as_type = format!("{}::{type_name}", method.noun());
    let whole = |at: usize, length: usize| {
        let next = file.text[at + length..].chars().next();
        !next.is_some_and(|next| next.is_alphanumeric() || next == '_')
    };
    let found = |word: &str| file.text.match_indices(word).any(|(at, word)| whole(at, word.len()));
    found(method.name) || found(&as_type)
}

fn unnamed(files: &[&SourceFile]) -> Vec<String> {
    let missing = |method: &&MethodInfo| !files.iter().any(|file| names(file, method));
    CATALOGUE.iter().filter(missing).map(|method| method.name.to_owned()).collect()
}

#[test]
fn every_method_is_documented() {
    let silent = |method: &&MethodInfo| method.doc.trim().len() < 12;
    let violations: Vec<String> =
        CATALOGUE.iter().filter(silent).map(|method| method.name.to_owned()).collect();
    none("methods without a document", &violations);
}

#[test]
fn every_method_has_a_handler() {
    let all = files(&[".rs"]);
    let handlers: Vec<&SourceFile> =
        all.iter().filter(|file| file.folder() == "daemon" && !file.is_test()).collect();
    none("methods that the daemon does not name", &unnamed(&handlers));
}

#[test]
fn every_method_has_a_test() {
    let all = files(&[".rs"]);
    let tries = |file: &&SourceFile| {
        file.is_test() && (file.path.starts_with("tests/e2e/") || file.folder() == "daemon")
    };
    let tests: Vec<&SourceFile> = all.iter().filter(tries).collect();
    none("methods that no test calls", &unnamed(&tests));
}
