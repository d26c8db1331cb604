//! The list of dissectors: one file and one line each.

use crate::dissector::{Listed, Of};

macro_rules! dissectors {
    ($($module:ident::$name:ident,)+) => {
        $(pub(crate) mod $module;)+

        /// Every dissector, by the names of their files.
        pub(crate) const DISSECTORS: &[&dyn Listed] = &[$(&Of::<$module::$name>::NEW,)+];
    };
}

dissectors! {
    afp::Afp,
    ajp::Ajp,
    avast::Avast,
    ceph::Ceph,
    check_mk::CheckMk,
    corba::Corba,
    drda::Drda,
    elasticsearch::Elasticsearch,
    fastcgi::Fastcgi,
    fix::Fix,
    flute::Flute,
    gearman::Gearman,
    git::Git,
    haproxy::Haproxy,
    hislip::Hislip,
    hl7::Hl7,
    http2::Http2,
    http::Http,
    icecast::Icecast,
    iqiyi::Iqiyi,
    jrmi::Jrmi,
    json_rpc::JsonRpc,
    kismet::Kismet,
    lustre::Lustre,
    munin::Munin,
    nano::Nano,
    nats::Nats,
    nest_log_sink::NestLogSink,
    openwire::Openwire,
    raft::Raft,
    rtmp::Rtmp,
    smpp::Smpp,
    soap::Soap,
    ssdp::Ssdp,
    ssh::Ssh,
    tls::Tls,
    stomp::Stomp,
    thrift::Thrift,
    uftp::Uftp,
    websocket::Websocket,
    wsd::Wsd,
    z3950::Z3950,
    zeromq::Zeromq,
}
