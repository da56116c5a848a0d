//! Layers: named volumes in a project, ordered, grouped by a path.

use std::sync::Arc;

use crate::error::NameError;
use crate::volume::Volume;

/// Identity of a layer in its project: kept over a rename, never given out twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LayerId(pub u32);

/// One named volume of a project.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Which layer it is, whatever its name.
    pub id: LayerId,
    /// Unique in the project.
    pub name: Arc<str>,
    /// Where it is filed: `a/b`, or nothing for the root.
    pub group: Arc<str>,
    /// Whether renders and exports show it.
    pub visible: bool,
    /// Its voxels.
    pub volume: Volume,
}

/// Characters that a name may have.
pub const NAME_CHARS_MAX: usize = 64;
/// Segments that a group path may have.
pub const GROUP_DEPTH_MAX: usize = 16;

/// Checks the name of a layer or checkpoint, or one segment of a group path: 1 to 64 characters,
/// none of them a control character.
pub fn check_name(name: &str) -> Result<(), NameError> {
    let chars = name.chars().take(NAME_CHARS_MAX + 1).count();
    if chars == 0 {
        return Err(NameError::Empty);
    }
    if chars > NAME_CHARS_MAX {
        return Err(NameError::TooLong { max: NAME_CHARS_MAX });
    }
    if name.chars().any(char::is_control) {
        return Err(NameError::ControlCharacter);
    }
    Ok(())
}

/// Checks a group path: names with `/` between them, or nothing.
pub fn check_group(group: &str) -> Result<(), NameError> {
    if group.is_empty() {
        return Ok(());
    }
    if group.split('/').nth(GROUP_DEPTH_MAX).is_some() {
        return Err(NameError::TooDeep { max: GROUP_DEPTH_MAX });
    }
    group.split('/').try_for_each(check_name)
}

/// The name that foreign text becomes: control characters and surplus go, `fallback` fills a void.
pub(crate) fn clean_name(name: &str, fallback: &str) -> String {
    let clean: String =
        name.trim().chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect();
    if clean.is_empty() { fallback.to_owned() } else { clean }
}

/// The group path that foreign text becomes.
pub(crate) fn clean_group(group: &str) -> String {
    let segments = group.split('/').filter(|segment| !segment.trim().is_empty());
    let clean: Vec<String> =
        segments.take(GROUP_DEPTH_MAX).map(|segment| clean_name(segment, "group")).collect();
    clean.join("/")
}

/// Of some names, the one most like `wanted`, if it is like it at all: for "did you mean".
pub(crate) fn nearest<'a>(
    wanted: &str,
    names: impl Iterator<Item = &'a Arc<str>>,
) -> Option<Arc<str>> {
    let close = |name: &&Arc<str>| {
        let distance = distance(wanted, name);
        (distance * 2 <= name.chars().count().max(1)).then_some(distance)
    };
    names
        .filter_map(|name| Some((close(&name)?, name)))
        .min_by_key(|(d, _)| *d)
        .map(|n| n.1.clone())
}

/// Edit distance, where a change of case is free.
fn distance(a: &str, b: &str) -> usize {
    let fold = |s: &str| s.chars().take(NAME_CHARS_MAX).flat_map(char::to_lowercase).collect();
    let (a, b): (Vec<char>, Vec<char>) = (fold(a), fold(b));
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let substitute = diagonal + usize::from(left != right);
            diagonal = row[j + 1];
            row[j + 1] = substitute.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{check_group, check_name, clean_group, clean_name, nearest};
    use crate::error::NameError;
    use std::sync::Arc;

    #[test]
    fn names_are_checked() {
        assert_eq!(check_name("main"), Ok(()));
        assert_eq!(check_name(&"ü".repeat(64)), Ok(()));
        assert_eq!(check_name(""), Err(NameError::Empty));
        assert_eq!(check_name(&"a".repeat(65)), Err(NameError::TooLong { max: 64 }));
        assert_eq!(check_name("a\nb"), Err(NameError::ControlCharacter));
        assert_eq!(check_group(""), Ok(()));
        assert_eq!(check_group("a/b c"), Ok(()));
        assert_eq!(check_group("a//b"), Err(NameError::Empty));
        assert_eq!(check_group(&"a/".repeat(16)), Err(NameError::TooDeep { max: 16 }));
    }

    #[test]
    fn foreign_names_are_cleaned() {
        assert_eq!(clean_name(" a\u{7}b ", "layer"), "ab");
        assert_eq!(clean_name("\0", "layer"), "layer");
        assert_eq!(clean_group("/a// b/"), "a/b");
        assert_eq!(check_group(&clean_group(&"x/".repeat(99))), Ok(()));
    }

    #[test]
    fn the_nearest_name_is_suggested() {
        let names: Vec<Arc<str>> = ["main", "roof", "walls"].map(Arc::from).to_vec();
        assert_eq!(nearest("Wall", names.iter()).as_deref(), Some("walls"));
        assert_eq!(nearest("mian", names.iter()).as_deref(), Some("main"));
        assert_eq!(nearest("zzzzzz", names.iter()), None);
    }
}
