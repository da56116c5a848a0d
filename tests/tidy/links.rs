//! Links of the documents lead somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::none;
use crate::tree::{files, root};

/// The targets of `[text](target)`, outside of code.
fn targets(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            let links = line.split("](").skip(1);
            found.extend(links.filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())));
        }
    }
    found
}

/// The anchors that a reader's browser makes of the headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let heading = |line: &str| {
        let title = line.strip_prefix('#')?.trim_start_matches('#').strip_prefix(' ')?;
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        Some(kept.collect::<String>().to_lowercase().trim().replace(' ', "-"))
    };
    text.lines().filter_map(heading).collect()
}

#[test]
fn links_lead_somewhere() {
    let mut violations = Vec::new();
    for file in files(&[".md"]) {
        for target in targets(&file.text) {
            if target.starts_with("http://") || target.starts_with("https://") {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let folder = Path::new(&file.path).parent().unwrap_or(Path::new(""));
            let to = root().join(folder).join(path);
            let whole = if path.is_empty() {
                Some(file.text.clone())
            } else {
                fs::read_to_string(&to).ok()
            };
            let there = path.is_empty() || to.exists();
            let named =
                anchor.is_empty() || whole.is_some_and(|text| anchors(&text).contains(anchor));
            if !there || !named {
                violations.push(format!("{}: {target}", file.path));
            }
        }
    }
    none("links that lead nowhere", &violations);
}
