//! The files of the repository, as text.

use std::fs;
use std::path::{Path, PathBuf};

/// One text file.
pub struct SourceFile {
    /// Its path from the root, with `/`.
    pub path: String,
    pub text: String,
}

impl SourceFile {
    /// Whether the whole file is a test, or only tests use it.
    pub fn is_test(&self) -> bool {
        let tests = |part: &str| matches!(part, "tests" | "tests.rs" | "benches" | "fuzz");
        self.path.split('/').any(tests)
    }

    /// The lines with their numbers, up to the tests inside the file.
    pub fn product_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let all = if self.is_test() { 0 } else { usize::MAX };
        (1..).zip(self.text.lines()).take(all).take_while(|(_, line)| *line != "mod tests {")
    }

    /// The crate that the file belongs to, by its folder; the root package is `src`.
    pub fn folder(&self) -> &str {
        self.path.split('/').next().unwrap_or_default()
    }
}

/// The root of the repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of the tree with one of these endings, in the order of their paths.
pub fn files(endings: &[&str]) -> Vec<SourceFile> {
    let mut found = Vec::new();
    walk(&root(), "", endings, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!found.is_empty(), "no files {endings:?}");
    found
}

/// Folders that are made, not written.
const MADE: [&str; 4] = ["target", ".git", ".cache", "node_modules"];

fn walk(folder: &Path, prefix: &str, endings: &[&str], found: &mut Vec<SourceFile>) {
    for entry in fs::read_dir(folder).expect("a folder of the tree is read") {
        let entry = entry.expect("an entry of the tree is read");
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().expect("an entry has a type");
        if kind.is_dir() && !MADE.contains(&name.as_str()) {
            walk(&entry.path(), &format!("{path}/"), endings, found);
        } else if kind.is_file() && endings.iter().any(|ending| name.ends_with(ending)) {
            let text = fs::read_to_string(entry.path()).expect("a source file is text");
            found.push(SourceFile { path, text });
        }
    }
}
