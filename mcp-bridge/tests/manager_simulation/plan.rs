//! Which faults a world has, drawn from its seed. Every number is a chance in percent.

use crate::random::Random;

#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// systemd owns the daemon.
    pub supervised: bool,
    pub managers: u64,
    pub start_crashes: u64,
    pub start_misconfigured: u64,
    pub start_hangs: u64,
    pub recovers: u64,
    pub recovery_stalls: u64,
    /// Per request: the daemon dies before, between or after commit and reply.
    pub call_crashes: u64,
    pub call_hangs: u64,
    pub link_drops: u64,
    pub reply_slow: u64,
    /// Per second of the faulty time.
    pub external_drains: u64,
    pub external_crashes: u64,
    pub external_links: u64,
    pub clock_jumps: u64,
    pub manager_crashes: u64,
    pub events_lost: u64,
    /// Per look: the daemon has no place for one more client.
    pub crowded: u64,
}

impl Plan {
    /// Everything works.
    pub fn healthy(managers: u64) -> Self {
        Self { managers, ..Self::default() }
    }

    pub fn draw(random: &mut Random) -> Self {
        let mut fault = |most: u64| match random.percent(35) {
            true => random.between(1, most),
            false => 0,
        };
        Self {
            start_crashes: fault(100),
            start_misconfigured: fault(20),
            start_hangs: fault(60),
            recovers: fault(100),
            recovery_stalls: fault(50),
            call_crashes: fault(30),
            call_hangs: fault(15),
            link_drops: fault(20),
            reply_slow: fault(40),
            external_drains: fault(20),
            external_crashes: fault(20),
            external_links: fault(30),
            clock_jumps: fault(10),
            manager_crashes: fault(6),
            events_lost: fault(100),
            supervised: fault(100) > 60,
            crowded: fault(40),
            managers: 1 + random.between(0, 5),
        }
    }

    /// The same world with its faults over.
    pub fn cured(&self) -> Self {
        Self { supervised: self.supervised, ..Self::healthy(self.managers) }
    }
}
