//! `job.*`; `job.status`, which may wait, is answered by the router's table of jobs.

use goxe_protocol::{
    Error,
    api::{
        job::{CancelReply, JobParams, ListReply},
        types::NoParams,
    },
};

use crate::{
    call::{Reply, parse},
    router::{Asked, Router},
    session::Session,
};

pub(super) fn list(
    router: &mut Router,
    session: &mut Session,
    asked: &Asked<'_>,
) -> Result<Reply, Error> {
    let NoParams {} = parse(asked.params)?;
    Reply::json(&ListReply { jobs: router.jobs.list(&session.principal) })
}

pub(super) fn cancel(
    router: &mut Router,
    session: &mut Session,
    asked: &Asked<'_>,
) -> Result<Reply, Error> {
    let JobParams { job } = parse(asked.params)?;
    Reply::json(&CancelReply { found: router.jobs.cancel(&session.principal, &job)? })
}
