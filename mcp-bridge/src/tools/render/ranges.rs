//! Numbers that go from here to there: one that does not is named, and the call is shown with the
//! nearest one that does and everything else as it was.

use serde_json::Value;

use super::SIDE_MAX;
use crate::tools::{Context, Failure};

/// Arguments, and the least and the greatest that each may be.
const RANGES: [(&str, &str, &str); 9] = [
    ("width", "1", "1568"),
    ("height", "1", "1568"),
    ("frames", "2", "120"),
    ("zoom", "0.05", "50"),
    ("fov_degrees", "1", "150"),
    ("yaw_degrees", "-360", "360"),
    ("pitch_degrees", "-90", "90"),
    ("sun_height_degrees", "2", "90"),
    ("sun_strength", "0", "3"),
];

/// Refuses numbers that are out of their range.
pub(super) fn check(context: &Context<'_>) -> Result<(), Failure> {
    let mut next = context.arguments.clone();
    let Some(members) = next.as_object_mut() else { return Ok(()) };
    let mut told = Vec::new();
    for (name, least, greatest) in RANGES {
        let Some(asked) = members.get(name).and_then(number) else { continue };
        let [low, high] = [least, greatest].map(|end| end.parse().unwrap_or(asked));
        let end = match (asked < low, asked > high) {
            (false, false) => continue,
            (true, _) => least,
            (_, true) => greatest,
        };
        told.push(format!("`{name}` goes from {least} to {greatest}"));
        let is_side = matches!(name, "width" | "height");
        match serde_json::from_str(end) {
            Ok(end) if !(is_side && asked < low) => drop(members.insert(name.to_owned(), end)),
            // What suits the model is more than the smallest picture.
            _ => drop(members.remove(name)),
        }
    }
    if told.is_empty() {
        return Ok(());
    }
    let why = format!("{}; a side above {SIDE_MAX} pixels would not be seen.", told.join(", "));
    Err(context.wrong("a number is out of its range", why, &next))
}

/// A number, perhaps as a text.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::{RANGES, SIDE_MAX};

    #[test]
    fn every_range_has_two_ends() {
        for (name, least, greatest) in RANGES {
            let [low, high] = [least, greatest].map(|end| end.parse::<f64>().expect("a number"));
            assert!(low < high, "{name}");
        }
        assert_eq!(RANGES[0].2, SIDE_MAX.to_string());
    }
}
