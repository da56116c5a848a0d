//! A queue that is fair: principals take turns, the peers of one principal take turns within its own,
//! and what one peer sends stays in order. Who asks for much waits for itself.

use std::{collections::VecDeque, sync::Arc};

/// On whose behalf something waits: a principal, and which of its peers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) principal: Arc<str>,
    pub(super) peer: u64,
}

/// What waits of each peer of a principal.
type Peers<T> = VecDeque<(u64, VecDeque<T>)>;

/// What waits, by principal and peer. The first of each list is whose turn it is.
#[derive(Debug)]
pub(super) struct Turns<T> {
    principals: VecDeque<(Arc<str>, Peers<T>)>,
    count: usize,
}

impl<T> Default for Turns<T> {
    fn default() -> Self {
        Turns { principals: VecDeque::new(), count: 0 }
    }
}

impl<T> Turns<T> {
    /// How much waits.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Lets something wait behind what waits for the same peer.
    pub(super) fn push(&mut self, owner: &Owner, item: T) {
        self.queue_mut(owner).push_back(item);
        self.count += 1;
    }

    /// Puts something back to where it was taken from: it is the next of its peer.
    pub(super) fn push_first(&mut self, owner: &Owner, item: T) {
        self.queue_mut(owner).push_front(item);
        self.count += 1;
    }

    fn queue_mut(&mut self, owner: &Owner) -> &mut VecDeque<T> {
        let principal = place(
            &mut self.principals,
            |name| **name == *owner.principal,
            || Arc::clone(&owner.principal),
        );
        place(principal, |peer| *peer == owner.peer, || owner.peer)
    }

    /// Takes out the first thing, in the order of turns, that may go. Only what is first of its peer
    /// can; its peer and principal have their next turn after everybody else.
    pub(super) fn take(&mut self, mut may_go: impl FnMut(&T) -> bool) -> Option<T> {
        let first = self.principals.iter().enumerate().find_map(|(at, (_, peers))| {
            let free = |(_, queue): &(u64, VecDeque<T>)| queue.front().is_some_and(&mut may_go);
            Some((at, peers.iter().position(free)?))
        });
        let (principal, peer) = first?;
        let (name, mut peers) = self.principals.remove(principal)?;
        let (number, mut queue) = peers.remove(peer)?;
        let item = queue.pop_front();
        if !queue.is_empty() {
            peers.push_back((number, queue));
        }
        if !peers.is_empty() {
            self.principals.push_back((name, peers));
        }
        self.count -= usize::from(item.is_some());
        item
    }

    /// Takes out everything of which this is so, whoever waits before it.
    pub(super) fn extract(&mut self, wanted: impl Fn(&T) -> bool) -> Vec<T> {
        let mut taken = Vec::new();
        for (_, peers) in &mut self.principals {
            for (_, queue) in peers.iter_mut() {
                for item in std::mem::take(queue) {
                    if wanted(&item) { taken.push(item) } else { queue.push_back(item) }
                }
            }
            peers.retain(|(_, queue)| !queue.is_empty());
        }
        self.principals.retain(|(_, peers)| !peers.is_empty());
        self.count -= taken.len();
        taken
    }
}

/// The queue of a key in a list of queues; a new one has its turn last.
fn place<K, Q: Default>(
    list: &mut VecDeque<(K, Q)>,
    is_own: impl Fn(&K) -> bool,
    key: impl FnOnce() -> K,
) -> &mut Q {
    let index = list.iter().position(|(own, _)| is_own(own)).unwrap_or_else(|| {
        list.push_back((key(), Q::default()));
        list.len() - 1
    });
    &mut list[index].1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(principal: &str, peer: u64) -> Owner {
        Owner { principal: principal.into(), peer }
    }

    fn drain(turns: &mut Turns<&'static str>) -> String {
        let taken = std::iter::from_fn(|| turns.take(|_| true)).collect::<Vec<_>>().join(" ");
        assert!(turns.is_empty() && turns.principals.is_empty());
        taken
    }

    #[test]
    fn principals_turn_then_peers_and_each_keeps_its_order() {
        let mut turns = Turns::default();
        for item in ["a1", "a2", "a3", "a4"] {
            turns.push(&owner("ann", 1), item);
        }
        for item in ["b1", "b2"] {
            turns.push(&owner("ann", 2), item);
        }
        turns.push(&owner("bob", 3), "c1");
        turns.push(&owner("bob", 3), "c2");
        assert_eq!(turns.len(), 8);
        assert_eq!(drain(&mut turns), "a1 c1 b1 c2 a2 b2 a3 a4");
    }

    #[test]
    fn what_may_not_go_holds_its_peer_and_nobody_else() {
        let mut turns = Turns::default();
        turns.push(&owner("ann", 1), "large");
        turns.push(&owner("ann", 1), "behind");
        turns.push(&owner("ann", 2), "other");
        assert_eq!(turns.take(|item| *item != "large"), Some("other"));
        assert_eq!(turns.take(|item| *item != "large"), None);
        assert_eq!(drain(&mut turns), "large behind");
    }

    #[test]
    fn a_newcomer_waits_for_one_of_each_at_most() {
        let mut turns = Turns::default();
        for peer in 0..16 {
            (0..64).for_each(|_| turns.push(&owner("ann", peer), "greedy"));
        }
        turns.push(&owner("ann", 99), "newcomer");
        let before =
            std::iter::from_fn(|| turns.take(|_| true)).position(|item| item == "newcomer");
        assert_eq!(before, Some(16));
        turns.push(&owner("bob", 1), "principal");
        let before =
            std::iter::from_fn(|| turns.take(|_| true)).position(|item| item == "principal");
        assert_eq!(before, Some(1));
    }

    #[test]
    fn what_is_extracted_leaves_the_rest_in_order() {
        let mut turns = Turns::default();
        for item in ["a1", "x1", "a2", "x2"] {
            turns.push(&owner("ann", 1), item);
        }
        turns.push(&owner("bob", 2), "x3");
        let taken = turns.extract(|item| item.starts_with('x'));
        assert_eq!(taken, ["x1", "x2", "x3"]);
        assert_eq!(turns.len(), 2);
        turns.push_first(&owner("ann", 1), "a0");
        assert_eq!(drain(&mut turns), "a0 a1 a2");
    }
}
