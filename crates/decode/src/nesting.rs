//! The limit of nested headers.

/// Most nested headers of one kind (VLAN tags, MPLS labels, IP in IP, extension headers, tunnels, …) that are walked
/// before a frame is given up; more than a frame of 1500 bytes can hold.
pub const MAX_HEADERS: u32 = 512;
