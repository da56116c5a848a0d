//! `event.*`

use goxe_protocol::{
    Error,
    api::{event::UnsubscribeParams, types::Done},
};

use crate::{
    call::{Reply, parse},
    router::{Asked, Router},
    session::Session,
};

pub(super) fn subscribe(
    router: &mut Router,
    session: &mut Session,
    asked: &Asked<'_>,
) -> Result<Reply, Error> {
    Reply::json(&router.subscribe(session, parse(asked.params)?)?)
}

pub(super) fn unsubscribe(
    router: &mut Router,
    session: &mut Session,
    asked: &Asked<'_>,
) -> Result<Reply, Error> {
    let UnsubscribeParams { subscription } = parse(asked.params)?;
    router.unsubscribe(session, &subscription)?;
    Reply::json(&Done {})
}
