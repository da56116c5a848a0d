//! `goxe call METHOD [JSON]`

use std::io::Read;
use std::time::Duration;

use goxe_mcp_bridge::manager::{Call, Kind, Settled};
use goxe_protocol::api;
use serde_json::value::RawValue;

use crate::args::{self, Params};
use crate::content;
use crate::context::Context;
use crate::daemon::{self, Daemon};
use crate::failure::{Exit, Failure};
use crate::files::{NewFile, Sink};
use crate::output;
use crate::progress::Meter;

/// Longest params that are read from standard input.
const PARAMS_BYTES_MAX: u64 = 64 << 20;

pub(super) fn run(arguments: args::Call, context: &Context) -> Result<(), Failure> {
    let params = match arguments.params {
        Params::Given(params) => params,
        Params::Input => read_input()?,
    };
    let known = api::find(&arguments.method);
    let wait = arguments.timeout.map(Duration::from_secs);
    let wait = wait.unwrap_or_else(|| daemon::timeout(known.map_or(api::Cost::Long, |it| it.cost)));
    let mut call = Call::read(&arguments.method, &params, wait)?;
    // A method that we do not know may write: with a key it never runs twice.
    if known.is_none_or(|method| method.writes) {
        call.kind = arguments.key.map_or_else(Kind::edit, |key| Kind::Edit { key });
    } else if arguments.key.is_some() {
        let message = format!("{} writes nothing and takes no key", arguments.method);
        return Err(Failure::new(Exit::Usage, "usage", message).hint("leave --key out"));
    }
    call.attachment = arguments.attach.as_deref().map(content::read).transpose()?;
    let save = arguments.save.as_deref();
    let save = save.map(|path| NewFile::create(path, arguments.overwrite)).transpose()?;
    let mut meter = match arguments.progress {
        true => Meter::asked_for(context.output, &arguments.method),
        false => Meter::silent(),
    };
    let reply = Daemon::open(context)?.run(call, &mut meter)?;
    show(&reply, save, context)
}

fn show(reply: &Settled, save: Option<NewFile>, context: &Context) -> Result<(), Failure> {
    let output = context.output;
    match (reply.attachment(), save) {
        (Some(bytes), Some(mut file)) => {
            file.write(bytes)?;
            file.keep()?;
        }
        (Some(bytes), None) if !output.is_json() => {
            let size = output::bytes(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
            output.note(format!("{size} came with the answer: --save FILE keeps them"));
        }
        (None, Some(_)) => {
            let message = "nothing came with the answer, so no file was written";
            return Err(Failure::new(Exit::Failed, "no_attachment", message)
                .with("reply", reply.parse::<serde_json::Value>().unwrap_or_default()));
        }
        (Some(_) | None, None) => {}
    }
    // A reply that was lost is told as what the daemon's history says of the call.
    let value = match reply.record().filter(|record| record.answer.is_none()) {
        Some(record) => serde_json::to_value(record),
        None => reply.parse(),
    };
    let value = value.map_err(|error| {
        Failure::new(Exit::Failed, "shape", format!("the answer is no JSON: {error}"))
    })?;
    output.answer(&value, |value| format!("{value:#}"))
}

fn read_input() -> Result<Box<RawValue>, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().take(PARAMS_BYTES_MAX).read_to_string(&mut text);
    let wrong = |what: String| {
        Failure::new(Exit::Usage, "params", format!("standard input holds no params: {what}"))
            .hint("write one JSON object")
    };
    read.map_err(|error| wrong(error.to_string()))?;
    match text.trim().parse::<Params>() {
        Ok(Params::Given(params)) => Ok(params),
        Ok(Params::Input) => Err(wrong("it is a dash".to_owned())),
        Err(error) => Err(wrong(error)),
    }
}
