//! The shipped file: all defaults, and the documentation of every key.

/// `goxe.toml` as it was built into this program.
pub const TEXT: &str = include_str!("../goxe.toml");

/// The text of a new user file: the shipped file with every key commented out.
pub fn user_file() -> String {
    let lines = TEXT.lines().map(|line| match key_of(line) {
        Some(_) => format!("#{line}\n"),
        None => format!("{line}\n"),
    });
    lines.collect()
}

/// The comment above a key, its lines joined; `dotted` is `section.key`.
pub fn document(dotted: &str) -> Option<String> {
    let (section, name) = dotted.split_once('.')?;
    let header = format!("[{section}]");
    let mut lines = TEXT.lines().skip_while(|line| **line != header).skip(1);
    let mut comment: Vec<&str> = Vec::new();
    // Only until the next section, which may have a key of the same name.
    for line in lines.by_ref().take_while(|line| !line.starts_with('[')) {
        match (line.strip_prefix("# "), key_of(line)) {
            (Some(text), _) => comment.push(text),
            (None, Some(key)) if key == name => return Some(comment.join(" ")),
            (None, _) => comment.clear(),
        }
    }
    None
}

/// The key that a line sets.
fn key_of(line: &str) -> Option<&str> {
    line.split_once(" = ").map(|(key, _)| key).filter(|key| !key.starts_with('#'))
}

#[cfg(test)]
mod tests;
