//! Time limits.

use std::time::Duration;

/// Time limits of an exporter. Each comes with its default.
#[derive(Clone, Debug)]
pub struct Timings {
    /// The pause after a failed connection over TCP, 0.5 s. It doubles each time until a collector takes something again.
    pub first_pause: Duration,
    /// The longest pause, 10 s.
    pub longest_pause: Duration,
    /// How long making a connection may take, 5 s.
    pub connect: Duration,
    /// How long a collector may take nothing before the connection counts as broken, 15 s.
    pub stall: Duration,
    /// How long a connection has to last before it counts as working, 3 s.
    pub calm: Duration,
    /// How long a message waits after the collector's host acknowledged it, until the collector counts as having read it, 60 s.
    pub settled: Duration,
    /// How long a run that can wait does so while a collector takes nothing, 30 s.
    pub patience: Duration,
    /// How long a run that cannot wait does so at its end, 3 s.
    pub grace: Duration,
    /// How often connections are checked while there is nothing to send, 1 s.
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
