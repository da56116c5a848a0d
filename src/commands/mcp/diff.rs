//! What one change of a text changed, as lines with signs before them.

use crate::output::{BAD, DIM, GOOD, paint};

/// Lines that are shown around a change.
const AROUND: usize = 3;

/// The lines that went and came, with some around them. The texts differ in one place.
pub(super) fn lines(before: &str, after: &str) -> Vec<String> {
    if before == after {
        return Vec::new();
    }
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let same = |(left, right): &(&&str, &&str)| left == right;
    let head = old.iter().zip(&new).take_while(same).count();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(same).count();
    let signed = |sign: char, lines: &[&str]| -> Vec<String> {
        lines.iter().map(|line| format!("{sign} {line}")).collect()
    };
    let from = head.saturating_sub(AROUND);
    let behind = &old_rest[old_rest.len() - tail..];
    [
        vec![format!("@ line {}", from + 1)],
        signed(' ', &old[from..head]),
        signed('-', &old_rest[..old_rest.len() - tail]),
        signed('+', &new_rest[..new_rest.len() - tail]),
        signed(' ', &behind[..tail.min(AROUND)]),
    ]
    .concat()
}

/// The same for people.
pub(super) fn painted(lines: &[String]) -> String {
    let line = |line: &String| match line.chars().next() {
        Some('+') => format!("{}\n", paint(GOOD, line)),
        Some('-') => format!("{}\n", paint(BAD, line)),
        Some('@') => format!("{}\n", paint(DIM, line)),
        _ => format!("{line}\n"),
    };
    lines.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_shown_with_what_is_around_it() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let check = |after: &str, expect: &[&str]| assert_eq!(lines(before, after), expect);
        check(before, &[]);
        let after = before.replace("5\n", "five\nor so\n");
        let expect =
            ["@ line 2", "  2", "  3", "  4", "- 5", "+ five", "+ or so", "  6", "  7", "  8"];
        check(&after, &expect);
        check(&format!("{before}10\n"), &["@ line 7", "  7", "  8", "  9", "+ 10"]);
        check("2\n3\n4\n5\n6\n7\n8\n9\n", &["@ line 1", "- 1", "  2", "  3", "  4"]);
        assert_eq!(lines("", "a\n"), ["@ line 1", "+ a"]);
        assert_eq!(lines("a\na\n", "a\na\na\n"), ["@ line 1", "  a", "  a", "+ a"]);
    }
}
