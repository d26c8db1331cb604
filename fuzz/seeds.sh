#!/bin/sh
# Writes a few small inputs to begin from into fuzz/corpus/TARGET: frames and captures put together by hand.
set -eu
cd "$(dirname "$0")"
mkdir -p corpus/decode corpus/capture corpus/inspect corpus/rules corpus/feature corpus/filter corpus/metrics \
    corpus/ipfix

# bytes FILE HEX...: writes the bytes that the hexadecimal digits stand for.
bytes() {
    file=$1
    shift
    printf '%s' "$@" | sed 's/../\\x&/g' | xargs -0 printf '%b' >"$file"
}

macs=020000000002020000000001
addresses=0a0000010a000002
hello=450000210001400040110000"$addresses"03e807d0000d000068656c6c6f
tunnel_to() { printf '%s' 450000600001400040110000 "$addresses" 03e8 "$1" 004c0000; }
dot11=010800000909090909090200000000010200000000020000aaaa030000000800

bytes corpus/decode/ethernet 0001 "$macs" 0800 "$hello"
bytes corpus/decode/vlan_mpls 0001 "$macs" 810000058847 00001140 "$hello"
bytes corpus/decode/pppoe 0001 "$macs" 88641100000100230021 "$hello"
bytes corpus/decode/ipv6_extensions 0001 "$macs" 86dd60000000001d0040 \
    20010db800000000000000000000000120010db8000000000000000000000002 3c00010400000000 1100010400000000 03e807d0000d000068656c6c6f
bytes corpus/decode/gtp_u 0001 "$macs" 0800 "$(tunnel_to 0868)" 30ff002100000001 "$hello"
bytes corpus/decode/tzsp 0001 "$macs" 0800 "$(tunnel_to 9090)" 0100000101 "$macs" 0800 "$hello"
bytes corpus/decode/capwap 0001 "$macs" 0800 "$(tunnel_to 147f)" 0010020000000000 "$dot11" "$hello"
bytes corpus/decode/radiotap 0b01 0000080000000000 88010000 090909090909 020000000001 020000000002 00000000 aaaa030000000800 "$hello"
bytes corpus/decode/ppi 0c01 00000c000100000001020304 "$macs" 0800 "$hello"

record=00000000000000002f0000002f000000"$macs"0800"$hello"
bytes corpus/capture/pcap d4c3b2a1020004000000000000000000ffff000001000000 "$record" "$record"
bytes corpus/capture/pcapng 0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff1c000000 \
    0100000014000000010000000000040014000000 \
    0600000050000000000000000000000000000000 2f0000002f000000 "$macs" 0800 "$hello" 00 50000000

bytes corpus/inspect/ssh 000016 000010 5353482d322e302d4f70656e535348 0d 010010 5353482d322e302d64726f7062656172 00
bytes corpus/inspect/dns 010035 00001d 1234010000010000000000000377777707657861 6d706c6503636f6d0000010001 00
bytes corpus/inspect/http 000050 000025 474554202f20485454502f312e310d0a486f73743a206578616d706c652e636f6d0d0a0d0a 00

cat >corpus/rules/all <<'END'
[Example]
hosts = ["example.com", "cdn*-eu.example.net"]
user_agents = ["Example/"]
certificates = ["Example, Inc."]
alpn = ["example/1"]
category = "Cloud"
END
printf '%s' 'sum(raw_size >= 666)' >corpus/feature/sum
printf '%s' 'mean(delta_time where direction == 1 and not syn) / (bidirectional_packets + 0.5)' >corpus/feature/mean
printf '%s\0\0' 'tcp port 443 or (udp and not net 10.0.0.0/8)' >corpus/filter/ports
printf '%s\0\1' 'ip[6:2] & 0x1fff != 0 and len > 100' >corpus/filter/bytes

printf '\377\0GET /metrics HTTP/1.1\r\nHost: localhost:9300\r\n\r\n' >corpus/metrics/get
printf '\0\2HEAD / HTTP/1.0\r\n\r\n' >corpus/metrics/head
printf '\10\0POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 107374182400\r\nExpect: 100-continue\r\n\r\n' >corpus/metrics/body
printf '\3\1PUT /none HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n' >corpus/metrics/chunks
printf '\377\17X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n' >corpus/metrics/endless

bytes corpus/ipfix/columns 01 00000007 00 05 68656c6c6f 00 776f726c64 0a ff
bytes corpus/ipfix/values 00 00000007 00 01 00 00 04 5a ff 0203 68656c6c6f 0000 59 01 0000ffff 0000000000000001 01 5b 07 68656c6c6f ff00ff
