//! Headers of the link layer, up to the IP header.

pub(crate) mod ethernet;
pub(crate) mod ieee80211;
pub(crate) mod linux_cooked;
pub(crate) mod llc;
pub(crate) mod loopback;
pub(crate) mod mpls;
pub(crate) mod nsh;
pub(crate) mod ppi;
pub(crate) mod ppp;
pub(crate) mod pppoe;
pub(crate) mod radiotap;
pub(crate) mod vlan;
