//! The forms that people read.

use super::*;

#[test]
fn tables_have_a_head_and_straight_columns() {
    let rows = [["castle".to_owned(), "105".to_owned()], ["a".to_owned(), "7".to_owned()]];
    let text = table(["name", "revision"], rows);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "NAME    REVISION");
    assert_eq!(lines[1], "castle  105");
    assert_eq!(lines[2], "a       7");
}

#[test]
fn facts_stand_below_each_other() {
    let text = facts([("pid", "7".to_owned()), ("socket", "/a".to_owned())]);
    let plain = anstream::adapter::strip_str(&text).to_string();
    assert_eq!(plain, "pid     7\nsocket  /a\n");
}

#[test]
fn numbers_sizes_and_times_are_readable() {
    assert_eq!(number(0), "0");
    assert_eq!(number(999), "999");
    assert_eq!(number(1_234_567), "1,234,567");
    assert_eq!((count(1, "voxel"), count(2, "voxel")), ("1 voxel".into(), "2 voxels".into()));
    assert_eq!(bytes(512), "512 B");
    assert_eq!(bytes(1_536), "1.5 KiB");
    assert_eq!(bytes(u64::MAX), "16777215.9 TiB");
    assert_eq!(duration(999), "999 ms");
    assert_eq!(duration(61_000), "1 min 1 s");
    assert_eq!(duration(90_061_000), "1 d 1 h");
    assert_eq!(moment(i64::MAX), format!("{} ms", i64::MAX));
}
