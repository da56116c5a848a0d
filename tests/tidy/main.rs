//! The rules of the house, as tests: arrows, sizes, words, and that nothing is described without being there.

mod arrows;
mod configuration;
mod links;
mod methods;
mod modules;
mod source;
mod tree;
mod words;

/// Fails with every violation at once, a line each.
fn none(rule: &str, violations: &[String]) {
    assert!(violations.is_empty(), "{rule}:\n  {}", violations.join("\n  "));
}
