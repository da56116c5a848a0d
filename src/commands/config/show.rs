//! `goxe config show [--origin]`

use crate::context::Context;
use crate::failure::Failure;

pub(super) fn run(origin: bool, context: &Context) -> Result<(), Failure> {
    let loaded = context.settings()?.loaded;
    match origin {
        true => context.output.answer(&loaded.shown, |_| loaded.to_toml()),
        false => context.output.answer(&loaded.to_json(), |_| without_origins(&loaded.to_toml())),
    }
}

/// The same file without the comments at the ends of its lines.
fn without_origins(text: &str) -> String {
    let plain = |line: &str| match line.rsplit_once(" # ") {
        Some((setting, _)) => format!("{setting}\n"),
        None => format!("{line}\n"),
    };
    text.lines().map(plain).collect()
}
