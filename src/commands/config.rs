//! `goxe config ...`

mod check;
mod init;
mod show;

use crate::args::Config;
use crate::context::Context;
use crate::failure::Failure;

pub(super) fn run(verb: Config, context: &Context) -> Result<(), Failure> {
    match verb {
        Config::Show { origin } => show::run(origin, context),
        Config::Check => check::run(context),
        Config::Init { overwrite } => init::run(overwrite, context),
    }
}
