//! Statistics after the fact: packet sizes, packet inter-arrival times, TCP flags.

use super::plugin::Plugin;
use super::scope::SCOPES;
use crate::column::Kind::{Float64, Int64};
use crate::column::{Feature, Unit, Value};
use crate::flow::{Direction, Flow, Packet};

/// Minimum, mean, standard deviation and maximum of packet sizes and inter-arrival times, and packets by TCP flag, for
/// both directions together and for each.
#[derive(Clone, Debug)]
pub(crate) struct Statistics;

/// Statistics of a flow, by scope: both directions, source to destination, destination to source.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Observed {
    sizes: [Moments<u32>; 3],
    piats_ms: [Moments<u64>; 3],
    /// Packets by direction and TCP flag, the flags' bits from the lowest (FIN) to the highest (CWR).
    flags: [[u32; 8]; 2],
}

/// Minimum, maximum, mean, and the sum of squared distances from the mean, from which the variance is computed (B. P.
/// Welford, "Note on a method for calculating corrected sums of squares and products", Technometrics 4, 1962).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Moments<T> {
    min: T,
    max: T,
    mean: f64,
    squares: f64,
}

impl<T: Copy + Ord> Moments<T> {
    /// Adds the `count`th value.
    #[inline]
    fn add(&mut self, value: T, as_float: f64, count: u64) {
        if count == 1 {
            *self = Moments { min: value, max: value, mean: as_float, squares: 0.0 };
            return;
        }
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        let delta = as_float - self.mean;
        self.mean += delta / count as f64;
        self.squares += delta * (as_float - self.mean);
    }

    /// The standard deviation of the sample: 0 for fewer than two values.
    fn stddev(&self, count: u64) -> f64 {
        if count < 2 { 0.0 } else { (self.squares / (count - 1) as f64).sqrt() }
    }
}

impl Observed {
    #[inline]
    fn add(&mut self, packet: &Packet<'_>, flow: &Flow) {
        let all = flow.packets();
        let own = flow.totals(packet.direction).packets;
        let scope = 1 + packet.direction as usize;
        let size = f64::from(packet.size);
        self.sizes[0].add(packet.size, size, all);
        self.sizes[scope].add(packet.size, size, own);
        if all > 1 {
            self.piats_ms[0].add(packet.piat_ms, packet.piat_ms as f64, all - 1);
        }
        if let Some(piat) = packet.direction_piat_ms {
            self.piats_ms[scope].add(piat, piat as f64, own - 1);
        }
        let flags = packet.headers.tcp_flags;
        if flags != 0 {
            for (bit, count) in self.flags[packet.direction as usize].iter_mut().enumerate() {
                *count += u32::from(flags >> bit & 1);
            }
        }
    }
}

impl Plugin for Statistics {
    type State = Observed;

    fn features(&self) -> Vec<Feature<Observed>> {
        let mut features = Vec::with_capacity(48);
        for (scope, (prefix, words, direction)) in SCOPES.into_iter().enumerate() {
            let of = format!("packet size, by the accounting mode, {words}");
            let count = move |flow: &Flow| packets(flow, direction);
            moments(&mut features, (prefix, "ps", Unit::Bytes, &of), move |seen| &seen.sizes[scope], count);
        }
        for (scope, (prefix, words, direction)) in SCOPES.into_iter().enumerate() {
            let of = format!("time between packets {words}");
            let count = move |flow: &Flow| packets(flow, direction).saturating_sub(1);
            let of = (prefix, "piat_ms", Unit::Milliseconds, of.as_str());
            moments(&mut features, of, move |seen| &seen.piats_ms[scope], count);
        }
        for (prefix, words, direction) in SCOPES {
            for (name, bit) in FLAGS {
                features.push(Feature::new(
                    format!("{prefix}_{name}_packets"),
                    Int64,
                    Unit::Packets,
                    format!("Packets with the TCP flag {} {words}.", name.to_uppercase()),
                    move |_, seen: &Observed| Value::from(seen.flagged(direction, bit)),
                ));
            }
        }
        features
    }

    fn on_init(&mut self, packet: &Packet<'_>, flow: &mut Flow) -> Observed {
        let mut observed = Observed::default();
        observed.add(packet, flow);
        observed
    }

    fn on_update(&mut self, observed: &mut Observed, packet: &Packet<'_>, flow: &mut Flow) {
        observed.add(packet, flow);
    }
}

/// The flags in the order of their columns, each with its bit (RFC 9293, section 3.1; RFC 3168).
const FLAGS: [(&str, usize); 8] =
    [("syn", 1), ("cwr", 7), ("ece", 6), ("urg", 5), ("ack", 4), ("psh", 3), ("rst", 2), ("fin", 0)];

impl Observed {
    fn flagged(&self, direction: Option<Direction>, bit: usize) -> u64 {
        match direction {
            Some(direction) => self.flags[direction as usize][bit].into(),
            None => self.flags.iter().map(|flags| u64::from(flags[bit])).sum(),
        }
    }
}

fn packets(flow: &Flow, direction: Option<Direction>) -> u64 {
    direction.map_or_else(|| flow.bidirectional().packets, |direction| flow.totals(direction).packets)
}

/// Adds the four columns of one kind of value. The arguments are the prefix and suffix of the columns' names, their
/// unit and a phrase for what they describe; then where the moments are kept, and the number of their values.
fn moments<T: Copy + Ord + Into<u64> + 'static>(
    features: &mut Vec<Feature<Observed>>,
    (prefix, suffix, unit, of): (&str, &str, Unit, &str),
    kept: impl Fn(&Observed) -> &Moments<T> + Copy + Send + Sync + 'static,
    count: impl Fn(&Flow) -> u64 + Copy + Send + Sync + 'static,
) {
    let name = |which: &str| format!("{prefix}_{which}_{suffix}");
    let doc = |which: &str| format!("{which} {of}.");
    features.push(Feature::new(name("min"), Int64, unit, doc("Smallest"), move |_, seen| {
        Value::from(kept(seen).min.into())
    }));
    features.push(Feature::new(name("mean"), Float64, unit, doc("Mean"), move |_, seen| {
        Value::Float(kept(seen).mean)
    }));
    let stddev = doc("Standard deviation (of the sample, n - 1) of");
    features.push(Feature::new(name("stddev"), Float64, unit, stddev, move |flow, seen| {
        Value::Float(kept(seen).stddev(count(flow)))
    }));
    features.push(Feature::new(name("max"), Int64, unit, doc("Largest"), move |_, seen| {
        Value::from(kept(seen).max.into())
    }));
}
