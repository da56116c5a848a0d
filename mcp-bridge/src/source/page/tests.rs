//! Cursors, and the pages between them.

use super::*;

fn items(keys: &[&str]) -> Vec<Listed<String>> {
    keys.iter().map(|key| Listed { key: (*key).to_owned(), item: (*key).to_owned() }).collect()
}

#[test]
fn a_cursor_that_was_not_given_out_is_refused() {
    for cursor in ["", "x", "MQ", "!!!", "bm90IGEgcGxhY2U"] {
        let refused = PageStart::read(Some(cursor)).expect_err(cursor);
        assert_eq!(refused.code.0, -32602, "{cursor}");
    }
    assert_eq!(PageStart::read(None).expect("the start"), PageStart::default());
}

#[test]
fn pages_follow_each_other_without_loss_although_the_list_grows() {
    let names: Vec<String> = (0..250).map(|index| format!("{index:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut seen = Vec::new();
    let mut cursor = None;
    for round in 0.. {
        let PageStart { source, after } = PageStart::read(cursor.as_deref()).expect("our own");
        assert_eq!(source, 0);
        let mut list = names.clone();
        if round > 0 {
            // It came in behind the first page's end, in front of where the second began.
            list.insert(0, "0000");
        }
        let mut page = Page::default();
        let wants = page.wants().expect("an empty page");
        page.take(0, rest(items(&list), after.as_deref(), wants));
        let (page, next) = page.finish();
        seen.extend(page);
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, names);
}

#[test]
fn a_full_page_says_whether_there_is_more() {
    for (count, more) in [(ITEMS_MAX, false), (ITEMS_MAX + 1, true)] {
        let names: Vec<String> = (0..count).map(|index| format!("{index:03}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut page = Page::default();
        page.take(0, items(&names));
        assert_eq!(page.wants().is_none(), more);
        let (page, next) = page.finish();
        assert_eq!((page.len(), next.is_some()), (ITEMS_MAX, more));
    }
}
