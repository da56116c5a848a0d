//! What is kept of the pictures.

use std::collections::BTreeSet;

use super::*;

#[test]
fn the_newest_pictures_are_kept_within_the_bounds() {
    let renders = Renders::default();
    let ids: Vec<String> =
        (0..COUNT_MAX + 3).map(|index| renders.keep(&index.to_string())).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "no id is given twice");
    assert!(ids[..3].iter().all(|id| renders.find(id).is_none()));
    assert_eq!(renders.find(&ids[3]).as_deref(), Some("3"));
    assert_eq!(renders.ids().first(), ids.last());

    let large = "x".repeat(BYTES_MAX / 2 + 1);
    let (first, second) = (renders.keep(&large), renders.keep(&large));
    assert!(renders.find(&first).is_none() && renders.find(&second).is_some());
    let huge = renders.keep(&"x".repeat(BYTES_MAX + 1));
    assert_eq!(renders.ids(), [huge]);
}
