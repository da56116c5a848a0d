//! What peers make the daemon hold, and its bounds: partial messages, waiting calls, answers in the
//! making and answers that are not sent.
//!
//! ```text
//! memory     all of it, at most `bytes_max`; small calls have a little room beyond
//!   account  what one peer holds, at most its share, or one call that is larger
//!     charge one call, one partial message, the output of one peer: given back when it is dropped
//! ```
//!
//! Room is reserved before it is used. What is there already is held whatever the bounds.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

/// A call that needs at most this much is small.
pub const SMALL_BYTES_MAX: usize = 64 << 10;

/// So much at once is worth being given back to the system.
const LARGE_RETURN: usize = 1 << 20;

/// Room beyond the bound in which small calls run when everything else is used.
pub const SMALL_ROOM: usize = 8 << 20;

/// All accounts together, and their bound.
#[derive(Debug)]
pub struct Memory {
    held: AtomicUsize,
    /// How much of it is reserved only.
    reserved: AtomicUsize,
    /// Counts how often something was given back.
    returns: AtomicUsize,
    /// What the loaded projects take, which does not count.
    projects: AtomicUsize,
    /// What the process took when that was looked at last.
    resident: AtomicUsize,
    /// Much was given back at once.
    large_return: AtomicBool,
    bytes_max: usize,
    share: usize,
}

/// What one peer holds, or one part of the daemon for all of them.
#[derive(Debug)]
pub struct Account {
    memory: Arc<Memory>,
    held: AtomicUsize,
    /// How much of it is reserved only: for answers that are in the making.
    reserved: AtomicUsize,
    share: usize,
    /// Whether it may go beyond its share for something large while it has nothing else.
    stretches: bool,
}

/// A part of an account that goes back when it is dropped.
#[derive(Debug)]
pub struct Charge {
    account: Arc<Account>,
    bytes: AtomicUsize,
    /// How much of it is reserved only.
    reserved: AtomicUsize,
}

/// Why there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The account has its share: it has to give back first.
    Share,
    /// Everything is used: somebody has to give back first.
    Full,
    /// It is more than there is in all.
    Never,
}

impl Memory {
    /// Room of `bytes_max`, of which one peer may have `share`; never more than a quarter.
    pub fn new(bytes_max: usize, share: usize) -> Arc<Self> {
        let share = share.min(bytes_max / 4);
        let [held, reserved, returns, projects, resident] = [0; 5].map(AtomicUsize::new);
        let large_return = AtomicBool::new(false);
        Arc::new(Memory {
            held,
            reserved,
            returns,
            projects,
            resident,
            large_return,
            bytes_max,
            share,
        })
    }

    /// Bytes held or reserved.
    pub fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// How much of it is reserved only, for answers that are in the making.
    pub fn reserved(&self) -> usize {
        self.reserved.load(Ordering::Relaxed)
    }

    /// Another number whenever something was given back.
    pub fn returns(&self) -> usize {
        self.returns.load(Ordering::Relaxed)
    }

    /// Whether much was given back at once since this was asked last.
    pub fn take_large_return(&self) -> bool {
        self.large_return.load(Ordering::Relaxed)
            && self.large_return.swap(false, Ordering::Relaxed)
    }

    /// The bound.
    pub fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    /// Whether the bound is reached.
    pub fn is_full(&self) -> bool {
        self.held() >= self.bytes_max
    }

    /// An account of a peer.
    pub fn account(self: &Arc<Self>) -> Arc<Account> {
        self.open(self.share, true)
    }

    /// An account of a part of the daemon, which never has more than its share.
    pub fn part(self: &Arc<Self>, share: usize) -> Arc<Account> {
        self.open(share, false)
    }

    fn open(self: &Arc<Self>, share: usize, stretches: bool) -> Arc<Account> {
        let [held, reserved] = [0; 2].map(AtomicUsize::new);
        Arc::new(Account { memory: Arc::clone(self), held, reserved, share, stretches })
    }
}

impl Account {
    /// Bytes held or reserved.
    pub fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// Whether what is there of it is its share, together with so much that is held elsewhere. What is
    /// reserved only comes or does not.
    pub fn is_full_with(&self, more: usize) -> bool {
        let reserved = self.reserved.load(Ordering::Relaxed);
        self.held().saturating_sub(reserved).saturating_add(more) >= self.share
    }

    /// Holds `bytes` until the charge is dropped, whatever the bounds: they are there already.
    pub fn hold(self: &Arc<Self>, bytes: usize) -> Charge {
        let [none, reserved] = [0; 2].map(AtomicUsize::new);
        let charge = Charge { account: Arc::clone(self), bytes: none, reserved };
        charge.set(bytes);
        charge
    }

    /// Reserves `bytes` within the bounds.
    pub fn reserve(self: &Arc<Self>, bytes: usize) -> Result<Charge, Refused> {
        let charge = self.hold(0);
        charge.grow(bytes)?;
        Ok(charge)
    }

    /// Whether `bytes` more are within the share, or all that the account has beside `own`.
    fn takes(&self, bytes: usize, own: usize) -> bool {
        let held = self.held();
        let alone = held.saturating_sub(own) <= SMALL_BYTES_MAX;
        held.saturating_add(bytes) <= self.share || (self.stretches && alone)
    }
}

impl Charge {
    /// Its bytes.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Makes it larger by `bytes`, within the bounds.
    pub fn grow(&self, bytes: usize) -> Result<(), Refused> {
        let Account { memory, held, reserved, .. } = &*self.account;
        let is_small = self.bytes().saturating_add(bytes) <= SMALL_BYTES_MAX;
        let beyond = if is_small { SMALL_ROOM } else { 0 };
        let bytes_max = memory.bytes_max.saturating_add(beyond);
        if self.bytes().saturating_add(bytes) > bytes_max {
            return Err(Refused::Never);
        }
        if !self.account.takes(bytes, self.bytes()) {
            return Err(Refused::Share);
        }
        let fits = |sum: usize| sum.checked_add(bytes).filter(|&sum| sum <= bytes_max);
        let added = memory.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits);
        added.map_err(|_| Refused::Full)?;
        for sum in [held, &self.bytes, &memory.reserved, reserved, &self.reserved] {
            sum.fetch_add(bytes, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Makes it as large as what is there, whatever the bounds.
    pub fn set(&self, bytes: usize) {
        let Account { memory, held, reserved, .. } = &*self.account;
        let kept = self.reserved.swap(0, Ordering::Relaxed);
        if kept > 0 {
            memory.reserved.fetch_sub(kept, Ordering::Relaxed);
            reserved.fetch_sub(kept, Ordering::Relaxed);
        }
        let before = self.bytes.swap(bytes, Ordering::Relaxed);
        if before == bytes {
            return;
        }
        for sum in [&memory.held, held] {
            if bytes >= before {
                sum.fetch_add(bytes - before, Ordering::Relaxed);
            } else {
                sum.fetch_sub(before - bytes, Ordering::Relaxed);
            }
        }
        if bytes < before {
            memory.returns.fetch_add(1, Ordering::Relaxed);
            if before - bytes >= LARGE_RETURN {
                memory.large_return.store(true, Ordering::Relaxed);
            }
        }
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.set(0);
    }
}

/// What the allocator may keep of freed memory for the next large answer, beside half of what is free.
const KEPT_BYTES_MAX: usize = 16 << 20;

impl Memory {
    /// Notes what the loaded projects take.
    pub fn note_projects(&self, bytes: u64) {
        self.projects.store(usize::try_from(bytes).unwrap_or(usize::MAX), Ordering::Relaxed);
    }

    /// What the process took when that was looked at last.
    pub fn resident(&self) -> usize {
        self.resident.load(Ordering::Relaxed)
    }

    /// Looks what the process takes. Some microseconds.
    pub fn look(&self) -> usize {
        let resident = resident_bytes().unwrap_or_default();
        self.resident.store(resident, Ordering::Relaxed);
        resident
    }

    /// Gives memory that was freed back to the system where the allocator keeps much of it: to come by
    /// it again would cost as much again. It takes some milliseconds then: not for the loop.
    pub fn give_back(&self) {
        let held = self.held();
        let kept = KEPT_BYTES_MAX + self.bytes_max.saturating_sub(held) / 2;
        self.give_back_beyond(held, kept);
    }

    /// The same for a moment at which nothing large is done.
    pub fn give_all_back(&self) {
        self.give_back_beyond(self.held(), KEPT_BYTES_MAX);
    }

    fn give_back_beyond(&self, held: usize, kept: usize) {
        let counted = held.saturating_add(self.projects.load(Ordering::Relaxed));
        if self.look() <= counted.saturating_add(kept) {
            return;
        }
        #[cfg(target_env = "gnu")]
        #[expect(unsafe_code, reason = "it takes a number, and may be called at any time")]
        unsafe {
            nix::libc::malloc_trim(0);
        }
    }
}

/// What the process takes of the machine's memory, where the system tells.
fn resident_bytes() -> Option<usize> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = pages.split_ascii_whitespace().nth(1)?.parse().ok()?;
    pages.checked_mul(rustix::param::page_size())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: usize = 1 << 10;
    const MIB: usize = 1 << 20;

    #[test]
    fn reservations_are_bounded_and_come_back() {
        let memory = Memory::new(10 * MIB, 10 * MIB);
        let [one, other] = [memory.account(), memory.account()];
        let large = one.reserve(8 * MIB).unwrap();
        assert_eq!(one.reserve(MIB).err(), Some(Refused::Share));
        assert_eq!(other.reserve(3 * MIB).err(), Some(Refused::Full));
        let second = other.reserve(2 * MIB).unwrap();
        assert!(memory.is_full());
        assert_eq!(other.reserve(100 * MIB).err(), Some(Refused::Never));
        drop(large);
        assert_eq!((memory.held(), one.held(), other.held()), (2 * MIB, 0, 2 * MIB));
        second.set(0);
        assert_eq!(memory.held(), 0);
    }

    #[test]
    fn a_small_call_runs_where_everything_is_used() {
        let memory = Memory::new(4 * MIB, MIB);
        let _large = memory.account().reserve(4 * MIB).unwrap();
        let newcomer = memory.account();
        let small: Vec<Charge> =
            std::iter::from_fn(|| memory.account().reserve(64 * KIB).ok()).collect();
        assert_eq!(small.len(), SMALL_ROOM / (64 * KIB));
        assert_eq!(newcomer.reserve(1).err(), Some(Refused::Full));
        drop(small);
        assert!(newcomer.reserve(64 * KIB).is_ok());
        assert_eq!(newcomer.reserve(65 * KIB).err(), Some(Refused::Full));
    }

    #[test]
    fn one_call_may_be_larger_than_a_share_but_is_alone_then() {
        let memory = Memory::new(100 * MIB, 10 * MIB);
        let account = memory.account();
        let params = account.hold(100);
        params.grow(60 * MIB).unwrap();
        assert!(!account.is_full_with(0), "it is not there yet");
        assert_eq!(account.reserve(100 * KIB).err(), Some(Refused::Share));
        params.set(60 * MIB);
        assert!(account.is_full_with(0) && memory.reserved() == 0);
        params.set(5 * MIB);
        assert!(account.reserve(5 * MIB).is_ok());
        assert_eq!(account.reserve(6 * MIB).err(), Some(Refused::Share));
    }
}
