//! The captures and parameters of a run.

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
use crate::features::{
    self, Families, Family, IcmpAnalysis, L7, Plugin, Prediction, Splt, Statistics, System, TcpAnalysis,
    Tunnels,
};
use crate::flow::{AccountingMode, Checksums, KeyHash, KeyRule, Orientation, TunnelKey};
use crate::input::Opened;
use crate::lane::Share;
use crate::meter::{Config, Connections};
use crate::parameters::{Parameter, Parameters, Profile, Setting, TunnelTypes, setters};
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
    builder: StreamerBuilder,
    families: Families,
    features: Arc<Features>,
    view: View,
    schema: Arc<Schema>,
}

/// The columns that records show, and those whose values are hidden.
#[derive(Clone, Default)]
struct View {
    /// Columns whose values are hidden, and the key for that.
    hidden: Option<(Vec<String>, Vec<u8>)>,
    /// The columns that are shown, if not all are.
    selected: Option<Vec<String>>,
}

/// The builder of a [`Streamer`].
#[derive(Clone, Default)]
#[must_use]
pub struct StreamerBuilder {
    sources: Vec<Input>,
    interface: Option<String>,
    parameters: Parameters,
    keep_l7_metadata: bool,
    system_visibility_of_files: bool,
    plugins: Vec<Arc<dyn Family>>,
    features: Vec<(String, String)>,
    prediction: Option<Prediction>,
}

/// A method of the builder that sets a parameter.
macro_rules! setter {
    ($(#[doc = $doc:literal])+ $field:ident: String) => {
        $(#[doc = $doc])+
        pub fn $field(mut self, $field: impl Into<String>) -> Self {
            self.parameters.$field = $field.into();
            self
        }
    };
    ($(#[doc = $doc:literal])+ $field:ident: Paths) => {
        $(#[doc = $doc])+
        pub fn $field(mut self, path: impl Into<PathBuf>) -> Self {
            self.parameters.$field.push(path.into());
            self
        }
    };
    ($(#[doc = $doc:literal])+ $field:ident: Limit) => {
        $(#[doc = $doc])+
        pub fn $field(mut self, $field: u64) -> Self {
            self.parameters.$field = Some($field);
            self
        }
    };
    ($(#[doc = $doc:literal])+ $field:ident: SwitchByProfile) => {
        setter! { @chosen $(#[doc = $doc])+ $field: bool }
    };
    ($(#[doc = $doc:literal])+ $field:ident: ChosenProfile) => {
        setter! { @chosen $(#[doc = $doc])+ $field: Profile }
    };
    ($(#[doc = $doc:literal])+ $field:ident: ChosenTunnelTypes) => {
        setter! { @chosen $(#[doc = $doc])+ $field: TunnelTypes }
    };
    ($(#[doc = $doc:literal])+ $field:ident: ChosenTunnelKey) => {
        setter! { @chosen $(#[doc = $doc])+ $field: TunnelKey }
    };
    ($(#[doc = $doc:literal])+ $field:ident: ChosenOrientation) => {
        setter! { @chosen $(#[doc = $doc])+ $field: Orientation }
    };
    (@chosen $(#[doc = $doc:literal])+ $field:ident: $type:ident) => {
        $(#[doc = $doc])+
        pub fn $field(mut self, $field: $type) -> Self {
            self.parameters.$field = Some($field);
            self
        }
    };
    ($(#[doc = $doc:literal])+ $field:ident: $type:ident) => {
        $(#[doc = $doc])+
        pub fn $field(mut self, $field: $type) -> Self {
            self.parameters.$field = $field;
            self
        }
    };
}

impl StreamerBuilder {
    setters!(setter);

    /// Sets any parameter.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a value that the parameter cannot be set to.
    pub fn set(mut self, parameter: &Parameter, setting: Setting) -> Result<Self, Error> {
        parameter.set(&mut self.parameters, setting)?;
        Ok(self)
    }

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

    /// A network interface to capture from, in place of captures, or [`ANY`](crate::ANY) for all interfaces.
    /// [`interfaces`](crate::interfaces) lists them. Capturing needs the capability `CAP_NET_RAW` when the run starts.
    ///
    /// A run ends only by its [`StopHandle`](crate::StopHandle), or by an error when the interface goes away. Flows end on
    /// time while no packets come, also by their active timeout.
    pub fn interface(mut self, name: impl Into<String>) -> Self {
        self.interface = Some(name.into());
        self
    }

    /// Keeps the contents of the column `l7` for [`Record::l7_metadata`](crate::Record::l7_metadata), even without the
    /// column (default: no).
    pub fn keep_l7_metadata(mut self, keep_l7_metadata: bool) -> Self {
        self.keep_l7_metadata = keep_l7_metadata;
        self
    }

    /// Whether processes may be asked for with a file, whose flows then have none (default: no, this is an error).
    pub fn system_visibility_of_files(mut self, system_visibility_of_files: bool) -> Self {
        self.system_visibility_of_files = system_visibility_of_files;
        self
    }

    /// Adds a plugin; its columns come after the built-in ones and after those of plugins added earlier.
    pub fn plugin(mut self, plugin: impl Plugin) -> Self {
        self.plugins.push(Arc::new(plugin));
        self
    }

    /// Adds a column that an [expression](crate::expression) computes, after all other columns and after features added
    /// earlier.
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

    /// Adds the columns of a model's answer, after all others. The code that takes the records asks the model.
    pub fn prediction(mut self, prediction: Prediction) -> Self {
        self.prediction = Some(prediction);
        self
    }

    /// Asks for all built-in columns, with sequences of one packet: for documentation and tests.
    #[doc(hidden)]
    pub fn every_column(self) -> Self {
        let builder = self.n_dissections(1).l7_metadata(true).statistical_analysis(true).splt_analysis(1);
        let builder = builder.system_visibility(true).system_metadata(true);
        builder.connection_columns(true).tunnel_columns(true).tcp_analysis(true).icmp_analysis(true)
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`Error::NoSource`] without a source, [`Error::NotLive`] when processes are asked for and the source is a file,
    /// [`Error::Parameter`] for a parameter that is out of its range, [`Error::ProfileVariable`], [`Error::DuplicateColumn`] when a column of a plugin,
    /// a prediction or a feature has a name that is taken, [`Error::FeatureName`] and [`Error::Feature`] for an invalid name
    /// or expression, [`Error::NoColumn`], [`Error::NotNumeric`] or [`Error::KnownAtTheEnd`] when a model cannot be asked
    /// with a column. [`Streamer::records`] opens the captures.
    pub fn build(mut self) -> Result<Streamer, Error> {
        match &self.interface {
            None if self.sources.is_empty() => return Err(Error::NoSource),
            Some(interface) if !self.sources.is_empty() => {
                return Err(Error::FilesAndInterface(interface.clone()));
            }
            _ => {}
        }
        if let Some(interface) = self.interface.as_ref().filter(|_| !self.parameters.reorder.is_zero()) {
            return Err(Error::ReorderedInterface(interface.clone()));
        }
        self.parameters.choose_profile()?;
        let parameters = &self.parameters;
        parameters.check()?;
        let mut families = Families {
            statistics: parameters.statistical_analysis.then_some(Statistics),
            splt: (parameters.splt_analysis > 0).then_some(Splt { packets: parameters.splt_analysis }),
            tunnels: parameters.tunnel_columns.then_some(Tunnels),
            tcp_analysis: parameters.tcp_analysis.then_some(TcpAnalysis),
            icmp_analysis: parameters.icmp_analysis.then_some(IcmpAnalysis),
            plugins: self.plugins.clone(),
            ..Families::default()
        };
        if parameters.n_dissections > 0 {
            let engine = Engine::new(rules(&parameters.rules)?, parameters.n_dissections)
                .skip_padding(parameters.skips_padding());
            let (metadata, kept) = (parameters.l7_metadata, self.keep_l7_metadata);
            families.layer7 = Some(Arc::new(L7::new(engine, metadata, kept, parameters.marks_guesses())));
        }
        if parameters.system_visibility {
            if let Some(file) = self.file().filter(|_| !self.system_visibility_of_files) {
                return Err(Error::NotLive(file.clone()));
            }
            families.system = Some(System { metadata: parameters.system_metadata, watcher: None });
        }
        let mut features = Features::default();
        if !self.features.is_empty() {
            let core = features::core::features(further(parameters));
            let mut columns: Vec<_> = core.into_iter().map(|feature| feature.column).collect();
            columns.extend(families.columns().into_iter().flat_map(|(_, columns)| columns));
            (features, families.functions) = Features::new(&self.features, &columns)?;
        }
        families.prediction.clone_from(&self.prediction);
        let features = Arc::new(features);
        let schema = Arc::new(self.schema(&families, &features)?);
        Ok(Streamer { builder: self, families, features, view: View::default(), schema })
    }
}

impl StreamerBuilder {
    /// The first source that is a file: the processes that run now did not send its packets.
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
        let n_meters = match self.parameters.n_meters {
            0 => pool::cores().min(Parameters::MOST_METERS),
            n_meters => n_meters,
        };
        // Each meter has room for a flow.
        match self.parameters.max_active_flows {
            0 => n_meters,
            flows => n_meters.min(flows),
        }
    }

    fn live_options(&self) -> LiveOptions {
        let Parameters { promiscuous_mode, snapshot_length, socket_buffer_size, stamps, .. } =
            self.parameters;
        LiveOptions {
            promiscuous: promiscuous_mode,
            snapshot_length,
            buffer_size: socket_buffer_size,
            filter: self.parameters.bpf_filter.clone(),
            stamps,
        }
    }

    fn schema(&self, families: &Families, features: &Arc<Features>) -> Result<Schema, Error> {
        Schema::new(features::core::features(further(&self.parameters)), families, Arc::clone(features))
    }
}

impl Streamer {
    /// A builder with nfstream's defaults.
    pub fn builder() -> StreamerBuilder {
        StreamerBuilder::default()
    }

    /// The parameters of the streamer.
    pub fn parameters(&self) -> &Parameters {
        &self.builder.parameters
    }

    /// The columns that records will have.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The same streamer, with records that hide the values of some columns. In the place of a value stands the hexadecimal
    /// BLAKE2b digest (64 bytes, keyed; RFC 7693) of its text in CSV, so that equal values stay equal, even between columns.
    /// The kind of these columns becomes [`Kind::Text`](crate::Kind::Text). Data from [`Record::flow`](crate::Record::flow)
    /// is not hidden. Columns that are not [selected](Self::selected) may be named, too.
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

    /// The same streamer, with records that have only these columns, in this order. Features, models and anonymisation still
    /// use all columns, and [`Record::flow`](crate::Record::flow) gives the same as before.
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
    /// [`Error::NoColumn`] for a name that no column has, [`Error::SelectedTwice`] for a name that comes twice,
    /// [`Error::NothingSelected`] without names.
    pub fn selected<N: AsRef<str>>(&self, columns: impl IntoIterator<Item = N>) -> Result<Streamer, Error> {
        let columns = columns.into_iter().map(|name| name.as_ref().to_owned()).collect();
        self.viewed(View { selected: Some(columns), ..self.view.clone() })
    }

    fn viewed(&self, view: View) -> Result<Streamer, Error> {
        let mut schema = self.builder.schema(&self.families, &self.features)?;
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
    /// [`Error::Processes`] when processes are asked for and cannot be determined, [`Error::TooLittleMemory`] when
    /// [`max_memory`](StreamerBuilder::max_memory) is not enough for the meters and the rules, [`Error::Thread`] when a
    /// thread for a meter cannot be started.
    pub fn records(&self) -> Result<Records, Error> {
        self.records_after(|| Ok(()))
    }

    /// The same, but calls `opened` when everything is open and no packet has been read. That is the point at which to give
    /// up privileges that only opening needs.
    ///
    /// # Errors
    /// The errors of [`records`](Self::records), and those of `opened`.
    pub fn records_after<E: From<Error>>(
        &self,
        opened: impl FnOnce() -> Result<(), E>,
    ) -> Result<Records, E> {
        let n_meters = self.builder.count_meters();
        let (input, config) = (self.open(n_meters)?, self.meter_config(n_meters)?);
        opened()?;
        Ok(Records::start(input, &config, n_meters)?)
    }

    /// Opens the captures and starts a run that shows the asking thread every packet with its flow. Records and their order
    /// are the same, but records come later, since one thread does the metering.
    ///
    /// # Errors
    /// The errors of [`records`](Self::records).
    pub fn packets(&self) -> Result<Packets, Error> {
        self.packets_after(|| Ok(()))
    }

    /// The same, but calls `opened` as [`records_after`](Self::records_after) does.
    ///
    /// # Errors
    /// The errors of [`packets`](Self::packets), and those of `opened`.
    pub fn packets_after<E: From<Error>>(
        &self,
        opened: impl FnOnce() -> Result<(), E>,
    ) -> Result<Packets, E> {
        // Packets of several rings have no order.
        let n_meters = if self.builder.interface.is_some() { 1 } else { self.builder.count_meters() };
        let (input, config) = (self.open(n_meters)?, self.meter_config(n_meters)?);
        opened()?;
        Ok(Packets::start(input, &config, n_meters)?)
    }

    fn open(&self, n_meters: usize) -> Result<Opened, Error> {
        let StreamerBuilder { sources, interface, parameters, .. } = &self.builder;
        if let Some(interface) = interface {
            return self.open_interface(interface, n_meters);
        }
        let mut captures = Captures::open(sources.iter().cloned())?;
        if parameters.checks_fractions() {
            captures.check_fractions();
        }
        let filter =
            (!parameters.bpf_filter.is_empty()).then(|| Filter::new(&parameters.bpf_filter)).transpose()?;
        Ok(Opened::Captures(captures, filter))
    }

    fn open_interface(&self, interface: &str, n_meters: usize) -> Result<Opened, Error> {
        let options = self.builder.live_options();
        #[cfg(target_os = "linux")]
        if !self.builder.parameters.libpcap {
            let (rings, steering) = Ring::open(interface, &options, n_meters)?;
            return Ok(Opened::Interface(rings, steering));
        }
        let _ = n_meters;
        Ok(Opened::Libpcap(PcapInterface::open(interface, &options)?))
    }

    fn meter_config(&self, n_meters: usize) -> Result<Config, Error> {
        let parameters = &self.builder.parameters;
        let mut families = self.families.clone();
        let mut watcher = None;
        if let Some(system) = families.system.as_mut().filter(|_| self.builder.file().is_none()) {
            watcher = Some(Arc::new(Watcher::start(parameters.system_visibility_poll, system.metadata)?));
            system.watcher.clone_from(&watcher);
        }
        let config = Config {
            parameters: parameters.clone(),
            idle_timeout_ms: milliseconds(parameters.idle_timeout),
            active_timeout_ms: milliseconds(parameters.active_timeout),
            room: Room { flows: parameters.max_active_flows, bytes: 0 },
            cut_inspections: Arc::default(),
            families,
            schema: Arc::clone(&self.schema),
            share: Share::ALL,
            broadcast: parameters.broadcast(),
            reading: parameters.reading(),
            key_hash: KeyHash::new(KeyRule::new(parameters.vlan_in_key, parameters.tunnel_key())),
            connections: Connections::of(parameters),
            orientation: parameters.orientation(),
            slice_ms: milliseconds(parameters.slice),
            tally: Arc::default(),
            is_live: self.builder.interface.is_some(),
            watcher,
        };
        let bytes = self.memory_for_flows(&config, n_meters)?;
        Ok(Config { room: Room { bytes, ..config.room }, ..config })
    }

    /// Bytes of memory that all meters share; 0 for no bound.
    fn memory_for_flows(&self, config: &Config, n_meters: usize) -> Result<u64, Error> {
        let bound = match self.builder.parameters.max_memory {
            Some(0) => return Ok(0),
            bound => bound,
        };
        if bound.is_none() && !config.is_live {
            return Ok(0);
        }
        let sizes = config.sizes(&config.families.accumulators());
        let rings = |meters: usize| match config.is_live {
            true => meters * self.builder.live_options().ring_size(meters),
            false => 0,
        };
        // The built-in rules alone are among the tables that every run has.
        let layer7 = config.families.layer7.as_ref().filter(|_| !self.builder.parameters.rules.is_empty());
        let rules = layer7.map_or(0, |layer7| layer7.rules_memory());
        let fixed_with =
            |meters: usize| sizes.fixed(meters, rings(meters) + meters * config.servers_memory() + rules);
        let (fixed, least) = (fixed_with(n_meters), sizes.least(n_meters));
        match bound {
            Some(bytes) if bytes < fixed + least => Err(Error::TooLittleMemory {
                bytes,
                least: fixed + least,
                meters: n_meters,
                least_with_one_meter: fixed_with(1) + sizes.least(1),
                rules: rules as u64,
            }),
            Some(bytes) => Ok(bytes - fixed),
            None => Ok(room::half_of_available().map_or(0, |half| half.saturating_sub(fixed).max(least))),
        }
    }
}

/// The core columns that parameters ask for.
fn further(parameters: &Parameters) -> features::core::Further {
    let connections = parameters.has_connection_columns();
    features::core::Further { tunnel: parameters.decode_tunnels, connections }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The built-in rules, and the rules of files, added in their order.
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
