//! `goxe doctor`

mod data;
mod host;
mod service;

use std::process::ExitCode;

use serde::Serialize;
use serde_json::json;

use crate::context::Context;
use crate::daemon;
use crate::failure::{Exit, Failure};
use crate::output::{self, BAD, DIM, GOOD, POOR, paint};

/// What one check found.
#[derive(Debug, Clone, Serialize)]
struct Finding {
    check: &'static str,
    state: Grade,
    text: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    hint: String,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Grade {
    /// As it should be.
    Good,
    /// It works, and could be better.
    Poor,
    /// It does not work.
    Bad,
}

impl Finding {
    fn good(check: &'static str, text: impl Into<String>) -> Self {
        Finding { check, state: Grade::Good, text: text.into(), hint: String::new() }
    }

    fn poor(check: &'static str, text: impl Into<String>, hint: impl Into<String>) -> Self {
        Finding { check, state: Grade::Poor, text: text.into(), hint: hint.into() }
    }

    fn bad(check: &'static str, text: impl Into<String>, hint: impl Into<String>) -> Self {
        Finding { check, state: Grade::Bad, text: text.into(), hint: hint.into() }
    }
}

/// Looks at everything, starts nothing, changes nothing. Exit code 1 when something does not work.
pub(super) fn run(context: &Context) -> Result<ExitCode, Failure> {
    let mut findings = host::check();
    match context.settings() {
        Err(failure) => findings.push(Finding::bad("configuration", failure.message, failure.hint)),
        Ok(settings) => {
            let keys = settings.loaded.shown.len();
            findings.push(Finding::good("configuration", format!("{keys} keys, no mistake")));
            let manager = daemon::manager(daemon::options(context, &settings))?;
            let status = manager.status();
            findings.extend(data::check(&settings.paths));
            findings.extend(service::check(&settings.paths, &status));
            findings.push(data::check_journal(&settings.paths, &status));
        }
    }
    let bad = findings.iter().filter(|finding| finding.state == Grade::Bad).count();
    let answer = json!({ "ok": bad == 0, "checks": findings });
    context.output.answer(&answer, |_| words(&findings))?;
    Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::from(Exit::Failed.code()) })
}

fn words(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let mark = match finding.state {
            Grade::Good => paint(GOOD, "ok  "),
            Grade::Poor => paint(POOR, "note"),
            Grade::Bad => paint(BAD, "bad "),
        };
        text.push_str(&format!("{mark} {:<14} {}\n", finding.check, finding.text));
        if !finding.hint.is_empty() {
            text.push_str(&format!("{:20}{} {}\n", "", paint(DIM, "next:"), finding.hint));
        }
    }
    let count = |state| findings.iter().filter(|finding| finding.state == state).count();
    let (bad, poor) = (count(Grade::Bad), count(Grade::Poor));
    let end = match (bad, poor) {
        (0, 0) => paint(GOOD, "everything is as it should be"),
        (0, _) => paint(POOR, format!("it works; {poor} could be better")),
        (_, _) => paint(BAD, format!("{bad} must be corrected")),
    };
    text + &end + "\n"
}

/// A size for people, from a count of blocks.
fn size(blocks: u64, block_bytes: u64) -> (u64, String) {
    let bytes = blocks.saturating_mul(block_bytes);
    (bytes, output::bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finding_that_is_not_good_says_what_to_do() {
        let findings = host::check();
        assert!(findings.len() >= 3);
        for finding in &findings {
            assert_eq!(finding.state == Grade::Good, finding.hint.is_empty(), "{finding:?}");
        }
    }

    #[test]
    fn the_last_line_counts() {
        let words =
            |findings: &[Finding]| anstream::adapter::strip_str(&words(findings)).to_string();
        assert!(words(&[Finding::good("a", "b")]).ends_with("everything is as it should be\n"));
        let mixed = [Finding::bad("a", "b", "c"), Finding::poor("a", "b", "c")];
        assert!(words(&mixed).ends_with("1 must be corrected\n"));
        assert_eq!(size(3, 1 << 20), (3 << 20, "3.0 MiB".to_owned()));
    }
}
