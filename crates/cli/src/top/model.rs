//! The state of the traffic: fed packet by packet, and read a few times a second.
//!
//! A packet costs a few additions. Applications and names are asked for between blocks, and only for flows that have had
//! packets since. The flow table bounds the memory: besides live flows and their hosts, the model keeps a limited number of
//! hosts and of ended flows.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use indicatif::HumanCount;
use nfstream::{Column, Direction, Headers, LiveFlow, Record, Report, Schema, Seen, Unit, Value};

use super::flow::Flow;
use super::hosts::{Gone, Hosts, Place};
use super::kept::Kept;
use super::rate::{History, Rate, Traffic};
use super::rows::{ApplicationRow, FlowRow, HostRow, Sorting};
use crate::table::{date, printable, protocol};

/// Most hosts without a live flow that are kept.
pub(super) const MOST_HOSTS: usize = 65_536;
/// Most ended flows that are kept.
pub(super) const MOST_ENDED: usize = 100_000;
/// Most of these flows that are kept because they are among the largest of their application or host.
const MOST_OF_ALL_SCOPES: usize = MOST_ENDED / 4;
const MOST_OF_AN_APPLICATION: u32 = 100;
const MOST_OF_A_HOST: u32 = 10;
/// Number of packets after which a flow's names are asked for only each time that the number doubles.
const EARLY_PACKETS: u64 = 32;
const UNKNOWN: &str = "Unknown";
/// Protocols in which the requested server name belongs to the destination. (In DNS, the name is a question.)
const NAMING_THEIR_SERVER: [&str; 7] = ["TLS", "QUIC", "HTTP", "HTTP2", "DTLS", "HTTP_Proxy", "WebSocket"];

/// Positions of the columns that a flow is shown by, if the flow has them.
#[derive(Clone, Copy, Debug, Default)]
struct Columns {
    application: Option<usize>,
    category: Option<usize>,
    server_name: Option<usize>,
}

/// The current time. Between packets it advances at the speed at which they are played. It stands still if they come as fast
/// as they can.
#[derive(Debug)]
struct Clock {
    first_ms: Option<u64>,
    last_ms: u64,
    arrived: Instant,
    speed: f64,
}

impl Clock {
    fn come_to(&mut self, now_ms: u64) {
        self.first_ms.get_or_insert(now_ms);
        self.last_ms = now_ms;
        if self.speed > 0.0 {
            self.arrived = Instant::now();
        }
    }

    fn now_ms(&self) -> u64 {
        let since = self.arrived.elapsed().as_secs_f64() * 1000.0 * self.speed;
        self.last_ms.saturating_add(since as u64)
    }
}

#[derive(Debug)]
struct Alive {
    flow: Flow,
    application: usize,
    source: Place,
    destination: Place,
    /// Whether the flow's names have to be asked for.
    is_due: bool,
    live: Option<LiveFlow>,
}

#[derive(Debug)]
struct Application {
    name: Arc<str>,
    category: Arc<str>,
    alive: u64,
    total: u64,
    traffic: Traffic,
    rate: Rate,
}

/// The parts of a packet that matter here.
#[derive(Clone, Copy, Debug)]
struct Passing {
    time_ms: u64,
    size: u64,
    direction: Direction,
}

/// Figures for all flows together.
#[derive(Clone, Debug)]
pub(super) struct Overview {
    pub(super) traffic: Traffic,
    pub(super) packets_per_second: f64,
    pub(super) bits_per_second: f64,
    pub(super) alive: u64,
    pub(super) ended: u64,
    /// Number of ended flows that are no longer listed.
    pub(super) left_out: u64,
    /// Hosts that are no longer listed.
    pub(super) gone: Gone,
    pub(super) elapsed_ms: u64,
    /// Bits in each of the last seconds.
    pub(super) history: Vec<u64>,
    pub(super) report: Report,
    pub(super) is_over: bool,
    /// Why the input was not read to its end.
    pub(super) failure: Option<String>,
}

/// All that is known of one flow.
#[derive(Clone, Debug)]
pub(super) struct FlowDetails {
    pub(super) has_ended: bool,
    /// Columns with their values.
    pub(super) values: Vec<(String, String)>,
}

#[derive(Debug)]
pub(super) struct Model {
    schema: Arc<Schema>,
    columns: Columns,
    clock: Clock,
    traffic: Traffic,
    packets: Rate,
    bytes: Rate,
    history: History,
    /// Live flows by slot.
    flows: Vec<Option<Alive>>,
    /// Slots of flows whose names have to be asked for.
    due: Vec<u32>,
    alive: u64,
    begun: u64,
    ended: Vec<(Flow, Record)>,
    applications: Vec<Application>,
    /// Places of applications by name. The names that the engine knows bound their number.
    by_name: HashMap<Arc<str>, usize>,
    hosts: Hosts,
    report: Report,
    is_over: bool,
    failure: Option<String>,
}

impl Model {
    /// Makes a model. `speed` is the speed of time between packets: 0 stands still, 1 is real time.
    pub(super) fn new(schema: &Arc<Schema>, speed: f64) -> Self {
        let columns = Columns {
            application: schema.index_of("application_name"),
            category: schema.index_of("application_category_name"),
            server_name: schema.index_of("requested_server_name"),
        };
        let mut model = Self {
            schema: Arc::clone(schema),
            columns,
            clock: Clock { first_ms: None, last_ms: 0, arrived: Instant::now(), speed },
            traffic: Traffic::default(),
            packets: Rate::default(),
            bytes: Rate::default(),
            history: History::default(),
            flows: Vec::new(),
            due: Vec::new(),
            alive: 0,
            begun: 0,
            ended: Vec::new(),
            applications: Vec::new(),
            by_name: HashMap::new(),
            hosts: Hosts::new(MOST_HOSTS),
            report: Report::default(),
            is_over: false,
            failure: None,
        };
        model.application(UNKNOWN, "");
        model
    }

    /// Takes a packet that its flow has already counted.
    pub(super) fn take(&mut self, seen: &Seen<'_>) {
        if seen.begins {
            self.begin(seen.slot, seen.packet.headers, Some(seen.flow()));
        }
        let passing = Passing {
            time_ms: seen.packet.time.milliseconds(),
            size: seen.packet.size.into(),
            direction: seen.packet.direction,
        };
        self.count(seen.slot, passing);
    }

    /// Ends a flow whose last names are known.
    pub(super) fn end(&mut self, slot: u32, record: Record) {
        let names = Names::of(self.columns, |column| record.value(column).map(|value| shown(&value)));
        self.name(slot, names);
        let Some(alive) = self.flows.get_mut(slot as usize).and_then(Option::take) else { return };
        self.alive -= 1;
        self.applications[alive.application].alive -= 1;
        self.hosts.end_flow(alive.source, self.clock.last_ms);
        if alive.destination != alive.source {
            self.hosts.end_flow(alive.destination, self.clock.last_ms);
        }
        self.ended.push((alive.flow, record));
        if self.ended.len() > MOST_ENDED {
            self.let_go();
        }
    }

    /// Drops half of the ended flows: the smaller ones that lead no list. Between two calls nothing has to be kept in order.
    fn let_go(&mut self) {
        let now_ms = self.clock.now_ms();
        let rows: Vec<FlowRow> =
            self.ended.iter().map(|(flow, _)| FlowRow::new(flow, true, now_ms)).collect();
        let largest = Sorting { column: FlowRow::BYTES, is_descending: true };
        let mut kept = Kept::leading(&rows);
        for row in largest_of_scopes(&rows, kept.by_bytes()) {
            kept.keep(row);
        }
        let mut is_kept = kept.fill(largest, MOST_ENDED / 2).into_iter();
        self.ended.retain(|_| is_kept.next() == Some(true));
    }

    /// Asks for the names of flows that have had packets since the last call.
    pub(super) fn settle(&mut self) {
        for slot in std::mem::take(&mut self.due) {
            let Some(Some(alive)) = self.flows.get_mut(slot as usize) else { continue };
            if !std::mem::take(&mut alive.is_due) {
                continue;
            }
            let Some(live) = alive.live.clone() else { continue };
            let names = Names::of(self.columns, |column| live.read(column, |value| shown(&value)));
            self.name(slot, names);
        }
    }

    /// Takes the counters of the run.
    pub(super) fn set_report(&mut self, report: Report) {
        self.report = report;
    }

    /// Marks the input as over, with the reason if it was not read to its end. Time then stands still.
    pub(super) fn set_over(&mut self, failure: Option<String>) {
        self.is_over = true;
        self.failure = failure;
        self.clock.speed = 0.0;
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    pub(super) fn overview(&self) -> Overview {
        let now_ms = self.clock.now_ms();
        Overview {
            traffic: self.traffic,
            packets_per_second: self.packets.per_second(now_ms),
            bits_per_second: self.bytes.per_second(now_ms) * 8.0,
            alive: self.alive,
            ended: self.begun - self.alive,
            left_out: self.begun - self.alive - self.ended.len() as u64,
            gone: self.hosts.gone(),
            elapsed_ms: self.clock.first_ms.map_or(0, |first_ms| now_ms - first_ms),
            history: self.history.until(now_ms).into_iter().map(|bytes| bytes.saturating_mul(8)).collect(),
            report: self.report.clone(),
            is_over: self.is_over,
            failure: self.failure.clone(),
        }
    }

    pub(super) fn applications(&self) -> Vec<ApplicationRow> {
        let now_ms = self.clock.now_ms();
        let all = self.traffic.bytes.max(1) as f64;
        let row = |application: &Application| ApplicationRow {
            name: Arc::clone(&application.name),
            category: Arc::clone(&application.category),
            alive: application.alive,
            total: application.total,
            traffic: application.traffic,
            bits_per_second: application.rate.per_second(now_ms) * 8.0,
            share: application.traffic.bytes as f64 / all,
        };
        self.applications.iter().filter(|application| application.total > 0).map(row).collect()
    }

    pub(super) fn hosts(&self) -> Vec<HostRow> {
        self.hosts.rows(self.clock.now_ms())
    }

    /// Live flows, and ended flows that are kept.
    pub(super) fn flows(&self) -> Vec<FlowRow> {
        let now_ms = self.clock.now_ms();
        let alive = self.flows.iter().flatten().map(|alive| FlowRow::new(&alive.flow, false, now_ms));
        alive.chain(self.ended.iter().map(|(flow, _)| FlowRow::new(flow, true, now_ms))).collect()
    }

    /// All columns of a flow; `None` if the flow has ended and was dropped.
    pub(super) fn details(&self, number: u64) -> Option<FlowDetails> {
        let is_zero = |value: Value<'_>| value == Value::Int(0);
        let answers = self.schema.index_of("dst2src_packets");
        if let Some((_, record)) = self.ended.iter().find(|(flow, _)| flow.number == number) {
            let is_one_way = answers.and_then(|column| record.value(column)).is_some_and(is_zero);
            let values = self.columns_with(|place, column| {
                record.value(place).map(|value| with_unit(column, &value, is_one_way))
            });
            return Some(FlowDetails { has_ended: true, values });
        }
        let is_meant = |alive: &&Alive| alive.flow.number == number;
        let live = self.flows.iter().flatten().find(is_meant)?.live.as_ref()?;
        let is_one_way = answers.and_then(|column| live.read(column, is_zero)).unwrap_or(false);
        let values = self
            .columns_with(|place, column| live.read(place, |value| with_unit(column, &value, is_one_way)));
        Some(FlowDetails { has_ended: false, values })
    }

    fn columns_with(&self, value: impl Fn(usize, &Column) -> Option<String>) -> Vec<(String, String)> {
        let columns = self.schema.columns().iter().enumerate();
        columns
            .map(|(place, column)| (column.name.to_string(), value(place, column).unwrap_or_default()))
            .collect()
    }

    fn begin(&mut self, slot: u32, headers: &Headers, live: Option<LiveFlow>) {
        let source = (headers.src.to_ip(headers.ip_version), headers.src_port);
        let destination = (headers.dst.to_ip(headers.ip_version), headers.dst_port);
        self.begin_between(slot, source, destination, headers.protocol, live);
    }

    fn begin_between(
        &mut self,
        slot: u32,
        source: (IpAddr, u16),
        destination: (IpAddr, u16),
        number: u8,
        live: Option<LiveFlow>,
    ) {
        // Without identification of applications, flows are told apart by protocol.
        let application = match self.columns.application {
            Some(_) => 0,
            None => self.application(&protocol(number), ""),
        };
        let known = &mut self.applications[application];
        known.alive += 1;
        known.total += 1;
        let flow = Flow {
            number: self.begun,
            source,
            destination,
            protocol: number,
            application: Arc::clone(&known.name),
            server_name: None,
            traffic: Traffic::default(),
            rate: Rate::default(),
            first_ms: 0,
            last_ms: 0,
        };
        let [source, destination] = [source.0, destination.0];
        let place = self.hosts.begin_flow(source);
        let alive = Alive {
            flow,
            application,
            source: place,
            destination: if destination == source { place } else { self.hosts.begin_flow(destination) },
            is_due: false,
            live,
        };
        self.begun += 1;
        self.alive += 1;
        let slot = slot as usize;
        if self.flows.len() <= slot {
            self.flows.resize_with(slot + 1, || None);
        }
        self.flows[slot] = Some(alive);
    }

    fn count(&mut self, slot: u32, passing: Passing) {
        let Passing { time_ms: now_ms, size, direction } = passing;
        let Some(Some(alive)) = self.flows.get_mut(slot as usize) else { return };
        self.clock.come_to(now_ms);
        self.traffic.add(size);
        self.packets.add(now_ms, 1);
        self.bytes.add(now_ms, size);
        self.history.add(now_ms, size);

        let flow = &mut alive.flow;
        if flow.traffic.packets == 0 {
            flow.first_ms = now_ms;
        }
        flow.last_ms = now_ms;
        flow.traffic.add(size);
        flow.rate.add(now_ms, size);
        let application = &mut self.applications[alive.application];
        application.traffic.add(size);
        application.rate.add(now_ms, size);

        let (sender, receiver) = match direction {
            Direction::SrcToDst => (alive.source, alive.destination),
            Direction::DstToSrc => (alive.destination, alive.source),
        };
        let host = self.hosts.at(sender);
        host.sent.add(size);
        host.rate.add(now_ms, size);
        host.last_seen_ms = now_ms;
        let host = self.hosts.at(receiver);
        host.received.add(size);
        if receiver != sender {
            host.rate.add(now_ms, size);
            host.last_seen_ms = now_ms;
        }

        let packets = flow.traffic.packets;
        if !alive.is_due && (packets <= EARLY_PACKETS || packets.is_power_of_two()) {
            alive.is_due = true;
            self.due.push(slot);
        }
    }

    /// Sets the names of a flow, which may belong to another application from now on.
    fn name(&mut self, slot: u32, names: Names) {
        let place =
            names.application.map(|name| self.application(&name, &names.category.unwrap_or_default()));
        let Some(Some(alive)) = self.flows.get_mut(slot as usize) else { return };
        if let Some(place) = place.filter(|place| *place != alive.application) {
            let of_flow = alive.flow.traffic;
            let Ok([former, present]) = self.applications.get_disjoint_mut([alive.application, place]) else {
                return;
            };
            former.alive -= 1;
            former.total -= 1;
            former.traffic = former.traffic.minus(of_flow);
            former.rate.hand_over(alive.flow.rate, &mut present.rate, self.clock.last_ms);
            present.alive += 1;
            present.total += 1;
            present.traffic = present.traffic.plus(of_flow);
            alive.application = place;
            alive.flow.application = Arc::clone(&present.name);
        }
        let Some(name) = names.server_name.filter(|name| !name.is_empty()) else { return };
        if alive.flow.server_name.as_deref() == Some(&*name) {
            return;
        }
        let name: Arc<str> = name.into();
        alive.flow.server_name = Some(Arc::clone(&name));
        let protocol = alive.flow.application.split('.').next().unwrap_or_default();
        if NAMING_THEIR_SERVER.contains(&protocol) {
            self.hosts.at(alive.destination).add_name(&name);
        }
    }

    /// The place of an application. A new application is added.
    fn application(&mut self, name: &str, category: &str) -> usize {
        if let Some(&place) = self.by_name.get(name) {
            if self.applications[place].category.is_empty() && !category.is_empty() {
                self.applications[place].category = category.into();
            }
            return place;
        }
        let name: Arc<str> = name.into();
        let place = self.applications.len();
        self.by_name.insert(Arc::clone(&name), place);
        self.applications.push(Application {
            name,
            category: category.into(),
            alive: 0,
            total: 0,
            traffic: Traffic::default(),
            rate: Rate::default(),
        });
        place
    }
}

/// Names of a flow.
struct Names {
    application: Option<String>,
    category: Option<String>,
    server_name: Option<String>,
}

impl Names {
    fn of(columns: Columns, read: impl Fn(usize) -> Option<String>) -> Self {
        let read = |column: Option<usize>| column.and_then(&read);
        Self {
            application: read(columns.application),
            category: read(columns.category),
            server_name: read(columns.server_name),
        }
    }
}

/// Flows that are among the largest of their application or of one of their hosts.
fn largest_of_scopes(rows: &[FlowRow], by_bytes: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut of_applications = HashMap::<&str, u32>::new();
    let mut of_hosts = HashMap::<IpAddr, u32>::new();
    let is_among = |&row: &usize| {
        let flow = &rows[row].flow;
        let of_application = of_applications.entry(&flow.application).or_default();
        *of_application += 1;
        let mut is_among = *of_application <= MOST_OF_AN_APPLICATION;
        for address in [flow.source.0, flow.destination.0] {
            let of_host = of_hosts.entry(address).or_default();
            *of_host += 1;
            is_among |= *of_host <= MOST_OF_A_HOST;
        }
        is_among
    };
    by_bytes.filter(is_among).take(MOST_OF_ALL_SCOPES).collect()
}

/// A value with the unit of its column. A time becomes a date, or "none" for the answers if there were none.
fn with_unit(column: &Column, value: &Value<'_>, is_one_way: bool) -> String {
    match (column.unit, value) {
        (Unit::None, _) => shown(value),
        (Unit::EpochMilliseconds, _) if is_one_way && column.name.starts_with("dst2src_") => {
            "none".to_owned()
        }
        (Unit::EpochMilliseconds, &Value::Int(time_ms)) => {
            u64::try_from(time_ms).map_or_else(|_| shown(value), date)
        }
        (unit, &Value::Int(number)) if number >= 0 => {
            let unit = unit.symbol();
            let unit = if number == 1 { unit.trim_end_matches('s') } else { unit };
            format!("{} {unit}", HumanCount(number as u64))
        }
        (unit, _) => format!("{} {}", shown(value), unit.symbol()),
    }
}

/// A value as a terminal may show it.
fn shown(value: &Value<'_>) -> String {
    printable(&value.to_string())
}

#[cfg(test)]
#[path = "../../tests/command/synthetic.rs"]
mod synthetic;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use nfstream::{Event, Packets, Streamer, StreamerBuilder};
    use tempfile::TempDir;

    use super::synthetic::{flows_at, packet};
    use super::*;
    use crate::top::rows::{Rows, Scope};

    fn web() -> StreamerBuilder {
        Streamer::builder().source(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/web.pcap"))
    }

    fn packets(builder: StreamerBuilder) -> Packets {
        builder.build().and_then(|streamer| streamer.packets()).expect("the capture is there")
    }

    /// Feeds all events, and asks for names after each `settled_after` of them.
    fn fed(mut packets: Packets, settled_after: u64) -> Model {
        let mut model = Model::new(packets.schema(), 0.0);
        let mut events = 0;
        while packets.receive().expect("the capture is whole") {
            while let Some(event) = packets.next() {
                match event {
                    Event::Packet(seen) => model.take(&seen),
                    Event::Ended { slot, record } => model.end(slot, record),
                    _ => {}
                }
                events += 1;
                if events % settled_after == 0 {
                    model.settle();
                    check(&model);
                }
            }
        }
        model
    }

    /// Checks what must hold at any moment.
    fn check(model: &Model) {
        let overview = model.overview();
        let applications = model.applications();
        let bytes: u64 = applications.iter().map(|row| row.traffic.bytes).sum();
        let packets: u64 = applications.iter().map(|row| row.traffic.packets).sum();
        assert_eq!((packets, bytes), (overview.traffic.packets, overview.traffic.bytes));
        let rates: f64 = applications.iter().map(|row| row.bits_per_second).sum();
        assert!((rates - overview.bits_per_second).abs() < 0.01, "{rates} {}", overview.bits_per_second);
        assert_eq!(applications.iter().map(|row| row.alive).sum::<u64>(), overview.alive);
        assert_eq!(applications.iter().map(|row| row.total).sum::<u64>(), overview.alive + overview.ended);
        let Gone { sent, received, .. } = overview.gone;
        let [sent, received] = model.hosts().iter().fold([sent, received], |[sent, received], row| {
            [sent.plus(row.sent), received.plus(row.received)]
        });
        assert_eq!([sent, received], [overview.traffic; 2]);
        let flows = model.flows();
        assert_eq!(flows.iter().filter(|row| !row.has_ended).count() as u64, overview.alive);
        let ended = flows.iter().filter(|row| row.has_ended).count() as u64;
        assert_eq!(ended + overview.left_out, overview.ended);
    }

    #[test]
    fn everything_is_counted_whenever_names_come() {
        let lists = |settled_after| {
            let model = fed(packets(web()), settled_after);
            check(&model);
            let mut applications: Vec<_> = (model.applications().into_iter())
                .map(|row| (row.name.to_string(), row.category.to_string(), row.total, row.traffic))
                .collect();
            applications.sort_by(|one, other| one.0.cmp(&other.0));
            let mut hosts: Vec<_> = (model.hosts().into_iter())
                .map(|row| (row.address.to_string(), row.flows_alive, row.flows, row.sent, row.names))
                .collect();
            hosts.sort_by(|one, other| one.0.cmp(&other.0));
            (applications, hosts)
        };
        let (applications, hosts) = lists(1);
        assert_eq!((applications.clone(), hosts.clone()), lists(u64::MAX));
        let names: Vec<&str> = applications.iter().map(|row| row.0.as_str()).collect();
        assert_eq!(names, ["DNS", "HTTP", "ICMP", "TLS"]);
        let names = |address| {
            hosts.iter().find(|row| row.0 == address).map(|row| row.4.join(" ")).unwrap_or_default()
        };
        assert_eq!([names("10.0.0.2"), names("10.0.0.3")], ["www.example.org", "shop.example.com"]);
        assert_eq!(names("10.0.0.53"), "", "a question is no name of the server");
    }

    #[test]
    fn details_are_the_columns_alive_and_ended() {
        let mut packets = packets(web().statistical_analysis(true));
        let mut model = Model::new(packets.schema(), 0.0);
        let value = |details: &FlowDetails, column: &str| {
            let found = details.values.iter().find(|(name, _)| name == column);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let mut alive = Vec::new();
        while packets.receive().expect("the capture is whole") {
            while let Some(event) = packets.next() {
                match event {
                    Event::Packet(seen) => model.take(&seen),
                    Event::Ended { slot, record } => model.end(slot, record),
                    _ => {}
                }
                alive.extend(model.details(0).filter(|_| model.alive == model.begun && model.begun > 0));
            }
        }
        let counts: Vec<String> =
            alive.iter().map(|details| value(details, "bidirectional_packets")).collect();
        assert_eq!(
            (counts.first().map(String::as_str), counts.last().map(String::as_str)),
            (Some("1 packet"), Some("2 packets"))
        );
        assert!(alive.iter().all(|details| !details.has_ended));
        // Before the answer, and after it.
        let answered: Vec<bool> = [alive.first(), alive.last()]
            .map(|details| details.is_some_and(|details| value(details, "dst2src_first_seen_ms") != "none"))
            .to_vec();
        assert_eq!(answered, [false, true]);
        let details = model.details(0).expect("it is kept");
        assert!(details.has_ended);
        assert_eq!(details.values.len(), packets.schema().columns().len());
        assert_eq!(value(&details, "application_name"), "DNS");
        assert_eq!(value(&details, "requested_server_name"), "www.example.org");
        assert!(model.details(12).is_none());
    }

    #[test]
    fn flows_are_those_of_an_application_or_a_host() {
        let model = fed(packets(web()), 10);
        let flows = model.flows();
        let of = |scope: Scope| flows.iter().filter(|row| row.is_of(&scope)).count();
        assert_eq!(of(Scope::Application("ICMP".into())), 1);
        assert_eq!(of(Scope::Host([10, 0, 0, 1].into())), 11);
        assert_eq!(of(Scope::Host([10, 0, 0, 99].into())), 0);
        assert_eq!(flows.cell(0, 8), "ended");
    }

    #[test]
    fn without_identification_there_are_protocols() {
        let model = fed(packets(web().n_dissections(0)), 10);
        check(&model);
        let mut names: Vec<String> = model.applications().iter().map(|row| row.name.to_string()).collect();
        names.sort_unstable();
        assert_eq!(names, ["ICMP", "TCP", "UDP"]);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let directory = TempDir::new().expect("there is place");
        let capture = directory.path().join("many.pcap");
        let mut bytes = flows_at([]);
        bytes.extend(packet(0, 0, 1000));
        bytes.extend((1..120_000).flat_map(|number| packet(number, number, 4)));
        fs::write(&capture, bytes).expect("there is place");
        let model = fed(packets(Streamer::builder().source(capture).n_dissections(0)), u64::MAX);
        check(&model);
        let overview = model.overview();
        assert_eq!((overview.alive, overview.ended), (0, 120_000));
        assert!((MOST_ENDED / 2..=MOST_ENDED).contains(&model.flows().len()), "{}", model.flows().len());
        assert!((MOST_HOSTS / 2..=MOST_HOSTS + 1).contains(&model.hosts().len()), "{}", model.hosts().len());
        let largest = model.flows().iter().map(|row| row.flow.traffic.bytes).max();
        assert_eq!(largest, Some(1042));
        assert!(model.flows.len() < 1000, "slots are used again: {}", model.flows.len());
        // One packet a second, of 46 bytes, the last of them now.
        assert_eq!((overview.packets_per_second, overview.bits_per_second), (1.5, 1.5 * 368.0));
        assert_eq!(overview.history.iter().sum::<u64>(), 120 * 368);
    }

    #[test]
    fn a_host_that_speaks_with_itself_is_one_host() {
        let packets = packets(web());
        let mut model = Model::new(packets.schema(), 0.0);
        let end = ([127, 0, 0, 1].into(), 1);
        model.begin_between(3, end, end, 17, None);
        let passing = Passing { time_ms: 5, size: 100, direction: Direction::SrcToDst };
        model.count(3, passing);
        model.count(3, Passing { direction: Direction::DstToSrc, ..passing });
        check(&model);
        let hosts = model.hosts();
        assert_eq!((hosts.len(), hosts[0].flows_alive, hosts[0].bits_per_second), (1, 1, 800.0));
    }

    #[test]
    fn text_of_packets_does_not_reach_the_terminal_as_it_is() {
        assert_eq!(shown(&Value::Text("\u{1b}[2J\u{7}é\u{9b}31m".into())), "?[2J???31m");
    }
}
