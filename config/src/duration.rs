//! Durations as people write them in a variable or behind a flag.

/// Units, with their milliseconds; a number without one is seconds.
const UNITS: [(&str, u64); 6] =
    [("", 1_000), ("ms", 1), ("s", 1_000), ("min", 60_000), ("m", 60_000), ("h", 3_600_000)];

/// Milliseconds of a text such as `30`, `30s`, `500ms`, `2min` or `1h`; a plain number is seconds.
///
/// # Errors
/// What is allowed, if it is none.
pub fn parse_ms(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim_start();
    let factor = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, ms)| *ms);
    let number: Option<u64> = number.parse().ok();
    number.zip(factor).and_then(|(number, factor)| number.checked_mul(factor)).ok_or_else(|| {
        format!("{text:?} is no duration: write seconds such as 30, or 500ms, 30s, 2min, 1h")
    })
}

#[cfg(test)]
mod tests {
    use super::parse_ms;

    #[test]
    fn seconds_and_units() {
        let check = |text: &str, ms: Option<u64>| assert_eq!(parse_ms(text).ok(), ms, "{text:?}");
        check("30", Some(30_000));
        check(" 0 ", Some(0));
        check("500ms", Some(500));
        check("5 s", Some(5_000));
        check("2min", Some(120_000));
        check("2m", Some(120_000));
        check("1h", Some(3_600_000));
        for wrong in
            ["", "s", "-1", "1.5", "5 days", "18446744073709551615", "99999999999999999999"]
        {
            check(wrong, None);
        }
        assert!(parse_ms("soon").is_err_and(|text| text.contains("500ms")));
    }
}
