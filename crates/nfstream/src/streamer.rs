//! What a run is made of: captures and parameters.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

#[cfg(target_os = "linux")]
use nfstream_capture::Ring;
use nfstream_capture::{Captures, Filter, Input, LiveOptions, PcapInterface, Stamps};
use nfstream_dpi::Engine;
use nfstream_processes::Watcher;

use crate::error::Error;
use crate::expression::Features;
use crate::features::{self, Families, Family, L7, Plugin, Prediction, Splt, Statistics, System};
use crate::flow::{AccountingMode, KeyHash};
use crate::input::Opened;
use crate::meter::Config;
use crate::pool;
use crate::record::Schema;
use crate::room::{self, Room};
use crate::run::{Packets, Records};

/// Captures and parameters; every call of [`records`](Self::records) is a new run over them.
///
/// ```no_run
/// use nfstream::Streamer;
///
/// let streamer = Streamer::builder().source("capture.pcap").statistical_analysis(true).build()?;
/// for record in streamer.records()? {
///     let record = record?;
///     println!("{} -> {}", record.flow().src_ip(), record.flow().dst_ip());
/// }
/// # Ok::<(), nfstream::Error>(())
/// ```
#[derive(Clone)]
pub struct Streamer {
    parameters: StreamerBuilder,
    families: Families,
    features: Arc<Features>,
    view: View,
    schema: Arc<Schema>,
}

/// What records show of their columns.
#[derive(Clone, Default)]
struct View {
    /// Columns whose values are hidden, and the key for that.
    hidden: Option<(Vec<String>, Vec<u8>)>,
    /// Those that are there, if not all.
    selected: Option<Vec<String>>,
}

/// Parameters of a [`Streamer`], with nfstream's names and defaults.
#[derive(Clone)]
#[must_use]
pub struct StreamerBuilder {
    sources: Vec<Input>,
    interface: Option<String>,
    libpcap: bool,
    live: LiveOptions,
    decode_tunnels: bool,
    bpf_filter: String,
    idle_timeout: Duration,
    active_timeout: Duration,
    accounting_mode: AccountingMode,
    n_dissections: u16,
    rules: Vec<PathBuf>,
    l7_metadata: bool,
    keep_l7_metadata: bool,
    statistical_analysis: bool,
    splt_analysis: usize,
    n_meters: usize,
    max_nflows: u64,
    max_active_flows: usize,
    max_memory: Option<u64>,
    system_visibility: bool,
    system_visibility_poll: Duration,
    system_metadata: bool,
    system_visibility_of_files: bool,
    plugins: Vec<Arc<dyn Family>>,
    features: Vec<(String, String)>,
    prediction: Option<Prediction>,
}

impl Default for StreamerBuilder {
    fn default() -> Self {
        Self {
            sources: Vec::new(),
            interface: None,
            libpcap: !cfg!(target_os = "linux"),
            live: LiveOptions::default(),
            decode_tunnels: true,
            bpf_filter: String::new(),
            idle_timeout: Duration::from_secs(120),
            active_timeout: Duration::from_secs(1800),
            accounting_mode: AccountingMode::default(),
            n_dissections: 20,
            rules: Vec::new(),
            l7_metadata: false,
            keep_l7_metadata: false,
            statistical_analysis: false,
            splt_analysis: 0,
            n_meters: 0,
            max_nflows: 0,
            max_active_flows: 0,
            max_memory: None,
            system_visibility: false,
            system_visibility_poll: Duration::from_millis(100),
            system_metadata: false,
            system_visibility_of_files: false,
            plugins: Vec::new(),
            features: Vec::new(),
            prediction: None,
        }
    }
}

impl StreamerBuilder {
    /// The most meters: every one has a queue to every other.
    pub const MOST_METERS: usize = 256;

    /// The most packets of a flow that SPLT keeps.
    pub const MOST_SPLT_PACKETS: usize = 65_535;

    /// A capture to read: a path or [`Input::Stdin`]. Several are read one after the other, as one capture.
    pub fn source(mut self, source: impl Into<Input>) -> Self {
        self.sources.push(source.into());
        self
    }

    /// Captures to read one after the other, as one.
    pub fn sources<I: Into<Input>>(mut self, sources: impl IntoIterator<Item = I>) -> Self {
        self.sources.extend(sources.into_iter().map(Into::into));
        self
    }

    /// A network interface to capture from, in place of captures, or [`ANY`](crate::ANY) for all of them.
    /// [`interfaces`](crate::interfaces) lists them. It takes the capability `CAP_NET_RAW`, when the run starts.
    ///
    /// A run ends by its [`StopHandle`](crate::StopHandle) only, or by an error when the interface goes away. Flows end on time
    /// while nothing comes, also by their active timeout.
    pub fn interface(mut self, name: impl Into<String>) -> Self {
        self.interface = Some(name.into());
        self
    }

    /// Whether an interface is captured from through libpcap (default: on other systems than Linux only). It knows devices that
    /// are no interfaces, such as `nflog:1` or `usbmon0`; it copies every frame.
    pub fn libpcap(mut self, libpcap: bool) -> Self {
        self.libpcap = libpcap || !cfg!(target_os = "linux");
        self
    }

    /// Whether an interface takes in what is addressed to others (default: yes).
    pub fn promiscuous_mode(mut self, promiscuous_mode: bool) -> Self {
        self.live.promiscuous = promiscuous_mode;
        self
    }

    /// How many bytes of a frame are captured from an interface (default: 1536). Sizes are counted whole.
    pub fn snapshot_length(mut self, bytes: u32) -> Self {
        self.live.snapshot_length = bytes;
        self
    }

    /// Receive buffer per meter in bytes (default: 0, which chooses 32 MiB, and less with more than 8 meters).
    pub fn socket_buffer_size(mut self, bytes: usize) -> Self {
        self.live.buffer_size = bytes;
        self
    }

    /// Who says when a frame of an interface came (default: the kernel).
    pub fn stamps(mut self, stamps: Stamps) -> Self {
        self.live.stamps = stamps;
        self
    }

    /// Whether to look into GTP-U, CAPWAP and TZSP tunnels (default: yes). Records have a `tunnel_id` only then.
    pub fn decode_tunnels(mut self, decode_tunnels: bool) -> Self {
        self.decode_tunnels = decode_tunnels;
        self
    }

    /// Which packets count, in the language of tcpdump (pcap-filter(7)), as in `tcp port 443`; the others might as well not be
    /// there, and the report says how many they are ([`Report::filtered`](crate::Report::filtered)). The default, an
    /// empty text, takes all.
    ///
    /// The expression is compiled by libpcap, which is looked for only then, for each link type as it comes.
    /// [`Streamer::records`] fails when libpcap is not there; an expression that cannot be compiled ends the run with
    /// [`Error::Filter`].
    pub fn bpf_filter(mut self, expression: impl Into<String>) -> Self {
        self.bpf_filter = expression.into();
        self
    }

    /// A flow ends when it has been idle this long (default: 120 s). Counted in whole milliseconds; zero makes every
    /// packet a flow.
    pub fn idle_timeout(mut self, idle_timeout: Duration) -> Self {
        self.idle_timeout = idle_timeout;
        self
    }

    /// A flow ends with the first packet that comes this long after its first (default: 1800 s), and that packet
    /// begins a new flow. Counted in whole milliseconds.
    pub fn active_timeout(mut self, active_timeout: Duration) -> Self {
        self.active_timeout = active_timeout;
        self
    }

    /// What byte and size columns count (default: length on the wire).
    pub fn accounting_mode(mut self, accounting_mode: AccountingMode) -> Self {
        self.accounting_mode = accounting_mode;
        self
    }

    /// How many packets of a flow are inspected to recognise its application (default: 20). Zero: none, and no columns
    /// of layer 7.
    pub fn n_dissections(mut self, n_dissections: u16) -> Self {
        self.n_dissections = n_dissections;
        self
    }

    /// Adds a file of rules by which host names, user agents, certificates and ALPN names belong to applications. They are
    /// added to those built in; where both say something of a name, and where several files do, the last decides. For the
    /// format see [`nfstream_dpi::Rules`].
    pub fn rules(mut self, path: impl Into<PathBuf>) -> Self {
        self.rules.push(path.into());
        self
    }

    /// Adds the column `l7`: what was read of a flow beside the columns of layer 7 (default: no).
    pub fn l7_metadata(mut self, l7_metadata: bool) -> Self {
        self.l7_metadata = l7_metadata;
        self
    }

    /// Keeps what the column `l7` has, for [`Record::l7_metadata`](crate::Record::l7_metadata), also without the column (default:
    /// no).
    pub fn keep_l7_metadata(mut self, keep_l7_metadata: bool) -> Self {
        self.keep_l7_metadata = keep_l7_metadata;
        self
    }

    /// Adds the columns of packet sizes, inter-arrival times and TCP flags (default: no).
    pub fn statistical_analysis(mut self, statistical_analysis: bool) -> Self {
        self.statistical_analysis = statistical_analysis;
        self
    }

    /// Adds direction, size and inter-arrival time of the first so many packets (default: 0, none; at most
    /// [`MOST_SPLT_PACKETS`](Self::MOST_SPLT_PACKETS)).
    pub fn splt_analysis(mut self, packets: usize) -> Self {
        self.splt_analysis = packets;
        self
    }

    /// How many threads meter flows (default: 0, one for each core; at most
    /// [`MOST_METERS`](Self::MOST_METERS)), beside the one that asks for records. Records do not depend on it, unless
    /// [`max_active_flows`](Self::max_active_flows) or [`max_memory`](Self::max_memory) is reached.
    pub fn n_meters(mut self, n_meters: usize) -> Self {
        self.n_meters = n_meters;
        self
    }

    /// Stops after so many records (default: 0, never).
    pub fn max_nflows(mut self, max_nflows: u64) -> Self {
        self.max_nflows = max_nflows;
        self
    }

    /// How many flows may be alive at a time (default: 0, any number). Before one more begins, the flow that has been idle longest
    /// ends, with the `expiration_id` 2; [`Report::out_of_room`](crate::Report::out_of_room) says how many did.
    ///
    /// Meters share the room evenly, whatever flows each has: where the bound is reached, records may depend on the number of meters,
    /// and with several meters differ from run to run, because each run has another hash by which flows are dealt to meters. With one
    /// meter they depend on nothing but the input.
    pub fn max_active_flows(mut self, max_active_flows: usize) -> Self {
        self.max_active_flows = max_active_flows;
        self
    }

    /// How many bytes of memory the process may take, as far as this run is concerned; 0 for no bound. The default is none with
    /// captures, and with an interface half of what is available when the run starts: of what the control groups of this process let
    /// it have, or of what the system has to give, whichever is less.
    ///
    /// What a run needs beside flows is taken off, and meters share the rest. When it is used up, the flow that has been idle longest
    /// ends, as with [`max_active_flows`](Self::max_active_flows). A quarter of it is for the inspection of payloads: past that the
    /// inspection that began first ends, and its flow is named by what was known
    /// ([`Report::cut_inspections`](crate::Report::cut_inspections)). Memory is counted by the size of what is kept, so that the same
    /// input has the same records; what a plugin keeps counts if it [says](crate::Plugin::memory) so. What becomes of records after
    /// they were given out is not counted.
    pub fn max_memory(mut self, bytes: u64) -> Self {
        self.max_memory = Some(bytes);
        self
    }

    /// Adds the columns of the process of this machine that a flow belongs to (default: no). For live traffic; Linux only. Without
    /// root, only processes of the own user are found ([`Report::hidden_sockets`](crate::Report::hidden_sockets)).
    /// [`nfstream_processes`] tells what is found, and how.
    pub fn system_visibility(mut self, system_visibility: bool) -> Self {
        self.system_visibility = system_visibility;
        self
    }

    /// How often to look at the sockets of this machine (default: 100 ms; at least 1 ms). New flows have them looked at in
    /// between.
    pub fn system_visibility_poll(mut self, interval: Duration) -> Self {
        self.system_visibility_poll = interval;
        self
    }

    /// Adds to the columns of processes the column `system`: path, user and cgroup (default: no).
    pub fn system_metadata(mut self, system_metadata: bool) -> Self {
        self.system_metadata = system_metadata;
        self
    }

    /// Whether processes may be asked for with a file, whose flows have none then (default: no, it is an error).
    pub fn system_visibility_of_files(mut self, system_visibility_of_files: bool) -> Self {
        self.system_visibility_of_files = system_visibility_of_files;
        self
    }

    /// Adds a plugin; its columns come after the built-in ones and after those of plugins added earlier.
    pub fn plugin(mut self, plugin: impl Plugin) -> Self {
        self.plugins.push(Arc::new(plugin));
        self
    }

    /// Adds a column that an [expression](crate::expression) gives, behind all others and behind features added earlier.
    ///
    /// ```
    /// use nfstream::Streamer;
    ///
    /// let builder = Streamer::builder()
    ///     .feature("big", "sum(raw_size >= 666)")
    ///     .feature("largest_up", "max(payload_size where direction == 0)")
    ///     .feature("payload_share", "sum(payload_size) / bidirectional_bytes");
    /// # builder.source(nfstream::Input::Stdin).build()?;
    /// # Ok::<(), nfstream::Error>(())
    /// ```
    pub fn feature(mut self, name: impl Into<String>, expression: impl Into<String>) -> Self {
        self.features.push((name.into(), expression.into()));
        self
    }

    /// Adds the columns of a model's answer, behind all others; the model is asked by whoever takes the records.
    pub fn prediction(mut self, prediction: Prediction) -> Self {
        self.prediction = Some(prediction);
        self
    }

    /// Asks for all columns that are built in, each sequence of one packet: for documentation and tests.
    #[doc(hidden)]
    pub fn every_column(self) -> Self {
        let builder = self.n_dissections(1).l7_metadata(true).statistical_analysis(true).splt_analysis(1);
        builder.system_visibility(true).system_metadata(true)
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`Error::NoSource`] without a source, [`Error::NotLive`] for processes of a file's flows, [`Error::TooLarge`] for a number out of bounds, [`Error::DuplicateColumn`] when the column of a plugin, a
    /// prediction or a feature has a name that is taken, [`Error::FeatureName`] and [`Error::Feature`] for what is no name or no expression,
    /// [`Error::NoColumn`], [`Error::NotNumeric`] or [`Error::KnownAtTheEnd`] when a model cannot be asked with a column. Captures are opened by
    /// [`Streamer::records`].
    pub fn build(self) -> Result<Streamer, Error> {
        match &self.interface {
            None if self.sources.is_empty() => return Err(Error::NoSource),
            Some(interface) if !self.sources.is_empty() => {
                return Err(Error::FilesAndInterface(interface.clone()));
            }
            _ => {}
        }
        for (name, value, most) in [
            ("n_meters", self.n_meters, Self::MOST_METERS),
            ("splt_analysis", self.splt_analysis, Self::MOST_SPLT_PACKETS),
        ] {
            if value > most {
                return Err(Error::TooLarge { name, value, most });
            }
        }
        let mut families = Families {
            statistics: self.statistical_analysis.then_some(Statistics),
            splt: (self.splt_analysis > 0).then_some(Splt { packets: self.splt_analysis }),
            plugins: self.plugins.clone(),
            ..Families::default()
        };
        if self.n_dissections > 0 {
            let engine = Engine::new(rules(&self.rules)?, self.n_dissections);
            families.layer7 = Some(Arc::new(L7::new(engine, self.l7_metadata, self.keep_l7_metadata)));
        }
        if self.system_visibility {
            if let Some(file) = self.file().filter(|_| !self.system_visibility_of_files) {
                return Err(Error::NotLive(file.clone()));
            }
            families.system = Some(System { metadata: self.system_metadata, watcher: None });
        }
        let mut features = Features::default();
        if !self.features.is_empty() {
            let core = features::core::features(self.decode_tunnels);
            let mut columns: Vec<_> = core.into_iter().map(|feature| feature.column).collect();
            columns.extend(families.columns().into_iter().flat_map(|(_, columns)| columns));
            (features, families.functions) = Features::new(&self.features, &columns)?;
        }
        families.prediction.clone_from(&self.prediction);
        let features = Arc::new(features);
        let schema = Arc::new(self.schema(&families, &features)?);
        Ok(Streamer { parameters: self, families, features, view: View::default(), schema })
    }
}

impl StreamerBuilder {
    /// The first source that is a file: what is in it has not been sent by the processes of now.
    fn file(&self) -> Option<&Input> {
        self.sources.iter().find(|input| match input {
            Input::Path(path) => {
                path.metadata().is_ok_and(|metadata| metadata.is_file() || metadata.is_dir())
            }
            Input::Reader(_) => true,
            Input::Stdin => false,
        })
    }

    fn count_meters(&self) -> usize {
        let n_meters = match self.n_meters {
            0 => pool::cores().min(StreamerBuilder::MOST_METERS),
            n_meters => n_meters,
        };
        // Each has room for a flow.
        if self.max_active_flows > 0 { n_meters.min(self.max_active_flows) } else { n_meters }
    }

    fn schema(&self, families: &Families, features: &Arc<Features>) -> Result<Schema, Error> {
        Schema::new(features::core::features(self.decode_tunnels), families, Arc::clone(features))
    }
}

impl Streamer {
    /// Begins with nfstream's defaults.
    pub fn builder() -> StreamerBuilder {
        StreamerBuilder::default()
    }

    /// The columns that records will have.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The same streamer with records in which the values of some columns are hidden: in their place stands the
    /// hexadecimal BLAKE2b digest (64 bytes, keyed; RFC 7693) of the text that CSV has for them, so that equal values
    /// stay equal, also between columns. The columns' kind is [`Kind::Text`](crate::Kind::Text) then. What
    /// [`Record::flow`](crate::Record::flow) gives is not hidden. Columns that are not [selected](Self::selected) may be named, too.
    ///
    /// # Errors
    /// [`Error::NoColumn`] for a name that no column has, [`Error::AnonymizationKey`] when the key does not have 1 to
    /// 64 bytes.
    pub fn anonymized<N: AsRef<str>>(
        &self,
        columns: impl IntoIterator<Item = N>,
        key: &[u8],
    ) -> Result<Streamer, Error> {
        let columns = columns.into_iter().map(|name| name.as_ref().to_owned()).collect();
        self.viewed(View { hidden: Some((columns, key.to_vec())), ..self.view.clone() })
    }

    /// The same streamer with records that have only these columns, in this order. Features, models and anonymisation go on to
    /// use all columns; what [`Record::flow`](crate::Record::flow) gives is there as before.
    ///
    /// ```
    /// use nfstream::Streamer;
    ///
    /// let capture = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/web.pcap");
    /// let streamer = Streamer::builder().source(capture).build()?.selected(["dst_port", "src_ip"])?;
    /// for record in streamer.records()? {
    ///     println!("{:?}", record?.values().collect::<Vec<_>>());
    /// }
    /// # Ok::<(), nfstream::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NoColumn`] for a name that no column has, [`Error::SelectedTwice`] for one that comes twice,
    /// [`Error::NothingSelected`] without names.
    pub fn selected<N: AsRef<str>>(&self, columns: impl IntoIterator<Item = N>) -> Result<Streamer, Error> {
        let columns = columns.into_iter().map(|name| name.as_ref().to_owned()).collect();
        self.viewed(View { selected: Some(columns), ..self.view.clone() })
    }

    fn viewed(&self, view: View) -> Result<Streamer, Error> {
        let mut schema = self.parameters.schema(&self.families, &self.features)?;
        if let Some((columns, key)) = &view.hidden {
            schema.anonymize(columns, key)?;
        }
        if let Some(columns) = &view.selected {
            schema.select(columns)?;
        }
        Ok(Streamer { schema: Arc::new(schema), view, ..self.clone() })
    }

    /// Opens the captures and starts a run.
    ///
    /// # Errors
    /// [`Error::Capture`] when a capture cannot be opened, [`Error::Filter`] when there is a filter and no libpcap,
    /// [`Error::Processes`] when processes are asked for and cannot be told, [`Error::TooLittleMemory`] when
    /// [`max_memory`](StreamerBuilder::max_memory) is not enough for the meters, [`Error::Thread`] when there is no thread for a
    /// meter.
    pub fn records(&self) -> Result<Records, Error> {
        self.records_after(|| Ok(()))
    }

    /// The same, with something done between: when all is open, and no packet has been read. Privileges that only opening takes are
    /// given up there.
    ///
    /// # Errors
    /// Those of [`records`](Self::records), and of what is done.
    pub fn records_after<E: From<Error>>(
        &self,
        opened: impl FnOnce() -> Result<(), E>,
    ) -> Result<Records, E> {
        let StreamerBuilder { decode_tunnels, max_nflows, .. } = self.parameters;
        let n_meters = self.parameters.count_meters();
        let (input, config) = (self.open(n_meters)?, self.meter_config(n_meters)?);
        opened()?;
        Ok(Records::start(input, &config, decode_tunnels, n_meters, max_nflows)?)
    }

    /// Opens the captures and starts a run whose packets pass by the thread that asks, each with its flow. Records and their
    /// order are the same; they come later, since one thread does the metering.
    ///
    /// # Errors
    /// Those of [`records`](Self::records).
    pub fn packets(&self) -> Result<Packets, Error> {
        self.packets_after(|| Ok(()))
    }

    /// The same, with something done between, as with [`records_after`](Self::records_after).
    ///
    /// # Errors
    /// Those of [`packets`](Self::packets), and of what is done.
    pub fn packets_after<E: From<Error>>(
        &self,
        opened: impl FnOnce() -> Result<(), E>,
    ) -> Result<Packets, E> {
        let StreamerBuilder { decode_tunnels, max_nflows, .. } = self.parameters;
        // Packets of several rings have no order.
        let n_meters = if self.parameters.interface.is_some() { 1 } else { self.parameters.count_meters() };
        let (input, config) = (self.open(n_meters)?, self.meter_config(n_meters)?);
        opened()?;
        Ok(Packets::start(input, &config, decode_tunnels, n_meters, max_nflows)?)
    }

    fn open(&self, n_meters: usize) -> Result<Opened, Error> {
        let StreamerBuilder { sources, bpf_filter, .. } = &self.parameters;
        if let Some(interface) = &self.parameters.interface {
            return self.open_interface(interface, n_meters);
        }
        let captures = Captures::open(sources.iter().cloned())?;
        let filter = (!bpf_filter.is_empty()).then(|| Filter::new(bpf_filter)).transpose()?;
        Ok(Opened::Captures(captures, filter))
    }

    fn open_interface(&self, interface: &str, n_meters: usize) -> Result<Opened, Error> {
        let options =
            LiveOptions { filter: self.parameters.bpf_filter.clone(), ..self.parameters.live.clone() };
        #[cfg(target_os = "linux")]
        if !self.parameters.libpcap {
            let (rings, steering) = Ring::open(interface, &options, n_meters)?;
            return Ok(Opened::Interface(rings, steering));
        }
        let _ = n_meters;
        Ok(Opened::Libpcap(PcapInterface::open(interface, &options)?))
    }

    fn meter_config(&self, n_meters: usize) -> Result<Config, Error> {
        let parameters = &self.parameters;
        let mut families = self.families.clone();
        let mut watcher = None;
        if let Some(system) = families.system.as_mut().filter(|_| parameters.file().is_none()) {
            watcher = Some(Arc::new(Watcher::start(parameters.system_visibility_poll, system.metadata)?));
            system.watcher.clone_from(&watcher);
        }
        let config = Config {
            idle_timeout_ms: milliseconds(parameters.idle_timeout),
            active_timeout_ms: milliseconds(parameters.active_timeout),
            room: Room { flows: parameters.max_active_flows, bytes: 0 },
            cut_inspections: Arc::default(),
            accounting_mode: parameters.accounting_mode,
            families,
            schema: Arc::clone(&self.schema),
            key_hash: KeyHash::default(),
            is_live: parameters.interface.is_some(),
            watcher,
        };
        let bytes = self.memory_for_flows(&config, n_meters)?;
        Ok(Config { room: Room { bytes, ..config.room }, ..config })
    }

    /// Bytes of memory that all meters share; 0 for no bound.
    fn memory_for_flows(&self, config: &Config, n_meters: usize) -> Result<u64, Error> {
        let bound = match self.parameters.max_memory {
            Some(0) => return Ok(0),
            bound => bound,
        };
        if bound.is_none() && !config.is_live {
            return Ok(0);
        }
        let sizes = config.sizes(&config.families.accumulators());
        let rings = if config.is_live { n_meters * self.parameters.live.ring_size(n_meters) } else { 0 };
        let (fixed, least) = (sizes.fixed(n_meters, rings), sizes.least(n_meters));
        match bound {
            Some(bytes) if bytes < fixed + least => {
                Err(Error::TooLittleMemory { bytes, least: fixed + least, meters: n_meters })
            }
            Some(bytes) => Ok(bytes - fixed),
            None => Ok(room::half_of_available().map_or(0, |half| half.saturating_sub(fixed).max(least))),
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The rules that are built in, and those of files added to them in their order.
///
/// # Errors
/// [`Error::RulesFile`] for a file that cannot be read, [`Error::Rules`] for one with a mistake.
pub fn rules(files: &[PathBuf]) -> Result<nfstream_dpi::Rules, Error> {
    let mut rules = nfstream_dpi::Rules::builtin();
    for path in files {
        let toml = std::fs::read_to_string(path)
            .map_err(|source| Error::RulesFile { path: path.clone(), source })?;
        rules.add(&toml, &path.display().to_string())?;
    }
    Ok(rules)
}
