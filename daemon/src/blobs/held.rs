//! The pieces of a blob that are held in memory.

use std::sync::Arc;

use super::to_u64;
use crate::{memory::Charge, slice::Slice};

/// Pieces of one blob at most: a look at them must stay cheap.
const PIECES_MAX: usize = 64;

#[derive(Clone, Debug)]
struct Piece {
    at: u64,
    content: Slice,
    room: Arc<Charge>,
}

impl Piece {
    fn end(&self) -> u64 {
        self.at + to_u64(self.content.len())
    }

    /// The part of it from `from` to `to`, if there is any.
    fn clip(&self, from: u64, to: u64) -> Option<Self> {
        let (from, to) = (self.at.max(from), self.end().min(to));
        let within = |place: u64| usize::try_from(place - self.at).ok();
        if from >= to {
            return None;
        }
        let content = self.content.part(within(from)?..within(to)?);
        Some(Piece { at: from, content, room: Arc::clone(&self.room) })
    }
}

/// Pieces in order, none over another.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    pieces: Vec<Piece>,
}

impl Held {
    /// Whether there may be one more, and what a piece leaves when its middle is let go.
    pub(super) fn takes_more(&self) -> bool {
        self.pieces.len() + 2 <= PIECES_MAX
    }

    pub(super) fn overlaps(&self, offset: u64, length: u64) -> bool {
        let end = offset.saturating_add(length);
        self.pieces.iter().any(|piece| piece.at < end && offset < piece.end())
    }

    /// Forgets what is held in this stretch.
    pub(super) fn let_go(&mut self, offset: u64, length: u64) {
        let end = offset.saturating_add(length);
        let rest = |piece: &Piece| [piece.clip(0, offset), piece.clip(end, u64::MAX)];
        self.pieces = self.pieces.iter().flat_map(rest).flatten().collect();
    }

    /// Adds a piece where nothing is held.
    pub(super) fn add(&mut self, at: u64, content: Slice, room: Charge) {
        if !content.is_empty() {
            let place = self.pieces.partition_point(|piece| piece.at < at);
            self.pieces.insert(place, Piece { at, content, room: Arc::new(room) });
        }
    }

    /// The stretch, if one piece has all of it.
    pub(super) fn whole(&self, offset: u64, length: usize) -> Option<Slice> {
        let end = offset.checked_add(to_u64(length))?;
        let found = self.pieces.iter().find(|piece| piece.at <= offset && end <= piece.end())?;
        found.clip(offset, end).map(|piece| piece.content)
    }

    /// What is held from this place on, or where the next piece begins.
    pub(super) fn from(&self, place: u64) -> Result<Slice, Option<u64>> {
        let mut later = self.pieces.iter().filter(|piece| piece.end() > place);
        match later.next() {
            None => Err(None),
            Some(piece) if piece.at > place => Err(Some(piece.at)),
            Some(piece) => piece.clip(place, u64::MAX).map(|part| part.content).ok_or(None),
        }
    }
}
