//! How long things may take.

use std::time::Duration;

/// How long things may take. The defaults are said with each.
#[derive(Clone, Debug)]
pub struct Timings {
    /// The pause after a connection over TCP that failed, 0.5 s, which doubles each time until a collector takes something again.
    pub first_pause: Duration,
    /// The longest pause, 10 s.
    pub longest_pause: Duration,
    /// How long a connection may take to be made, 5 s.
    pub connect: Duration,
    /// How long a collector may take nothing before the connection counts as broken, 15 s.
    pub stall: Duration,
    /// How long a connection has to last before it counts as one that works, 3 s.
    pub calm: Duration,
    /// How long a message waits that the collector's host has acknowledged, until the collector counts as having read it, 60 s.
    pub settled: Duration,
    /// How long a run that can wait does so while a collector takes nothing, 30 s.
    pub patience: Duration,
    /// How long one that cannot waits in its end, 3 s.
    pub grace: Duration,
    /// How often connections are looked at while there is nothing to send, 1 s.
    pub look: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            first_pause: Duration::from_millis(500),
            longest_pause: seconds(10),
            connect: seconds(5),
            stall: seconds(15),
            calm: seconds(3),
            settled: seconds(60),
            patience: seconds(30),
            grace: seconds(3),
            look: seconds(1),
        }
    }
}
