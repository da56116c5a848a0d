//! `goxe project history PROJECT`

use goxe_protocol::api::history::{self, ListParams, ListReply};

use crate::args::History;
use crate::context::Context;
use crate::daemon::Daemon;
use crate::failure::Failure;
use crate::output;

pub(super) fn run(
    History { project, limit, before }: History,
    daemon: &Daemon<'_>,
    context: &Context,
) -> Result<(), Failure> {
    let params = ListParams { project, limit: Some(limit), before };
    let reply = daemon.ask::<history::List>(&params)?;
    context.output.answer(&reply, words)
}

fn words(reply: &ListReply) -> String {
    let groups = reply.groups.iter().map(|group| {
        [
            group.group.to_string(),
            output::moment(group.time_ms),
            group.author.clone(),
            group.label.clone(),
            if group.undone { "undone" } else { "" }.to_owned(),
        ]
    });
    let mut text = output::table(["step", "time", "author", "what", ""], groups);
    if let (true, Some(last)) = (reply.more, reply.groups.last()) {
        text.push_str(&format!("older ones: --before {}\n", last.group));
    }
    if !reply.checkpoints.is_empty() {
        let checkpoints = reply.checkpoints.iter().map(|point| {
            let time = output::moment(point.time_ms);
            [point.name.clone(), point.number.to_string(), time, point.author.clone()]
        });
        text.push('\n');
        text.push_str(&output::table(["checkpoint", "step", "time", "author"], checkpoints));
    }
    text
}
