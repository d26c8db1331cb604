#!/usr/bin/env python3
"""Records the captures of this folder: real programs talking between two network namespaces.

    sudo ./record.py            all of them
    sudo ./record.py dns ssh    only these, and then whatever is made out of them

Runs as root on Debian 12 or later and needs these packages, which it does not install:

    apt-get install bind9-dnsutils curl dnsmasq-base ethtool iproute2 iputils-ping openssh-client \\
        openssh-server openssl python3 tcpdump wireshark-common xz-utils zstd

The recordings under `needs` want more, each only what it names; for all of them:

    apt-get install --no-install-recommends aria2 avahi-daemon bird2 bsdutils charon-cmd chrony collectd-core coturn \\
        dcmtk dovecot-imapd dovecot-pop3d freeradius freeradius-utils gearman-job-server gearman-tools \\
        gir1.2-gst-rtsp-server-1.0 git gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-tools ike-scan \\
        inetutils-telnetd iperf3 ipmitool isc-dhcp-client keepalived knot-dnsutils krb5-admin-server krb5-kdc krb5-user \\
        ldap-utils libcoap3-bin libio-socket-ssl-perl libmemcached-tools libnet-ssleay-perl mariadb-server memcached \\
        microsocks miniupnpc mosquitto mosquitto-clients natpmpc nats-server nginx-light ngircd ntpsec-ntpdate openvpn \\
        postgresql prosody python3-aiosmtpd python3-gi python3-pika python3-venv python3-websockets rabbitmq-server \\
        redis-server rpcbind rsync rsyslog samba sip-tester sipsak slapd smbclient snmp snmpd socat softflowd \\
        strongswan-charon strongswan-swanctl stunnel4 swaks telnet tftp-hpa tigervnc-standalone-server tigervnc-viewer \\
        tinc tinyproxy transmission-cli udhcpc vsftpd wireguard-go wireguard-tools xl2tpd

Two make a virtual environment and fetch packages of PyPI into it, which needs the network before they start.

No packet leaves the two namespaces; they, the servers and the throwaway keys are gone when it ends.
A new recording has new times, ports and keys: whatever expects values of the old one must follow.
"""

import argparse
import asyncio
import concurrent.futures
import contextlib
import inspect
import os
import select
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
from fcntl import ioctl
from pathlib import Path
from string import Template

HERE = Path(__file__).resolve().parent
CLIENT, SERVER = "nfstream-client", "nfstream-server"
PROGRAMS = "capinfos curl dig dnsmasq editcap ethtool gzip ip mergecap openssl ping ssh ssh-keygen tcpdump xz zstd"
SSHD = "/usr/sbin/sshd"
HOSTS = {1: (1,), 2: (2, 3, 4, 53)}  # last bytes of the addresses at the client's and at the server's end of the wire
DEBIAN_PYTHON = "/usr/bin/python3"  # the one for which Debian has modules
OVERLAY_MTU = 1300
SSH_OPTIONS = "-F none -o BatchMode=yes -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o LogLevel=ERROR"
GET = "GET / HTTP/1.0\r\n\r\n"
RECORDINGS = {}


def recording(function):
    """Registers a function that makes the traffic of FUNCTION-NAME.pcap."""
    RECORDINGS[function.__name__.replace("_", "-")] = function
    return function


def needs(programs):
    """Names programs that only this recording needs."""

    def declare(function):
        function.programs = programs.split()
        return function

    return declare


# What is recorded. The client is 10.0.0.1 and fd00::1; the server answers as
# www.example.org, shop.example.com and mail.example.net, and its DNS at 10.0.0.53.


@recording
def web(lab):
    with lab.tcpdump("web.pcap"):
        lab.client("curl -s -4 http://www.example.org/ http://www.example.org/style.css http://www.example.org/photo.bin")
        lab.client("curl -sk --tlsv1.3 https://shop.example.com/")
        lab.client("dig +short shop.example.com TXT")
        lab.client("curl -sk --tls-max 1.2 https://mail.example.net/")
        lab.client("curl -s -6 http://www.example.org/missing")
        lab.client("curl -s -4 -d name=value http://www.example.org/form")
        lab.client("ping -n -q -c 3 -i 0.2 10.0.0.2")


@recording
def http(lab):
    with lab.tcpdump("http.pcap"):
        lab.client("curl -s http://10.0.0.2/")
        lab.client("curl -s http://10.0.0.2/photo.bin")
        lab.client("curl -s http://10.0.0.2/missing")
        lab.client("curl -s -A Recorder/1.0 -d name=value http://10.0.0.2/form")


@recording
def http_ipv6(lab):
    with lab.tcpdump("http-ipv6.pcap"):
        lab.client("curl -s -g http://[fd00::2]/ http://[fd00::2]/style.css")


@recording
def tls12(lab):
    with lab.tcpdump("tls12.pcap"):
        lab.client("openssl s_client -connect 10.0.0.3:443 -servername shop.example.com -tls1_2 -ign_eof", "GET / HTTP/1.0\r\n\r\n")


@recording
def tls13(lab):
    with lab.tcpdump("tls13.pcap"):
        lab.client(
            "openssl s_client -connect 10.0.0.3:443 -servername shop.example.com -tls1_3 -ign_eof -alpn http/1.1", "GET / HTTP/1.0\r\n\r\n"
        )


@recording
def dns(lab):
    with lab.tcpdump("dns.pcap"):
        for question in ("www.example.org A", "www.example.org AAAA", "shop.example.com TXT", "no.example.org A", "-x 10.0.0.2"):
            lab.client(f"dig @10.0.0.53 {question}")
        lab.client("dig @fd00::53 mail.example.net A")
        lab.client("dig +tcp @10.0.0.53 long.example.org TXT")


@recording
def ssh(lab):
    with lab.tcpdump("ssh.pcap"):
        lab.client(f"ssh {SSH_OPTIONS} -i user_key root@10.0.0.2 echo done")


@recording
def ping(lab):
    with lab.tcpdump("ping.pcap"):
        lab.client("ping -n -q -c 3 -i 0.2 10.0.0.2")
        lab.client("ping -n -q -c 3 -i 0.2 fd00::2")


@recording
def refused(lab):
    with lab.tcpdump("refused.pcap"):
        lab.client("curl -s http://10.0.0.2:81/")
        lab.client("dig +tries=1 +time=1 @10.0.0.2 www.example.org")


@recording
def fragments(lab):
    with lab.tcpdump("fragments.pcap"):
        lab.client("dig +bufsize=4096 +ignore @10.0.0.53 long.example.org TXT")
        lab.client("dig +bufsize=4096 +ignore @fd00::53 long.example.org TXT")
        lab.client("ping -n -q -c 2 -i 0.2 -s 3000 10.0.0.2")
        lab.client("ping -n -q -c 2 -i 0.2 -s 3000 fd00::2")


@recording
def gaps(lab):
    with lab.tcpdump("gaps.pcap"):
        lab.client("curl -s --rate 24/m http://10.0.0.2/style.css http://10.0.0.2/ http://10.0.0.2/style.css")
        lab.client("ping -n -q -c 3 -i 2 10.0.0.2")


@recording
def loopback(lab):
    with lab.serve(CLIENT, "python3 -m http.server --bind 127.0.0.1 8080"), lab.tcpdump("loopback.pcap", "lo"):
        lab.client("curl -s http://127.0.0.1:8080/style.css")


@recording
def cooked_v1(lab):
    with lab.tcpdump("cooked-v1.pcap", "any", "-y", "LINUX_SLL"):
        lab.client("curl -s http://www.example.org/style.css")


@recording
def cooked_v2(lab):
    with lab.tcpdump("cooked-v2.pcap", "any", "-y", "LINUX_SLL2"):
        lab.client("curl -s http://www.example.org/style.css")


@recording
def raw_ip(lab):
    with lab.overlay("gtpu"), lab.tcpdump("raw-ip.pcap", "overlay"):
        overlay_traffic(lab)


def overlay_traffic(lab):
    lab.client("curl -s http://10.0.1.2/style.css")
    lab.client("curl -s -g http://[fd00:1::2]/style.css")
    lab.client("ping -n -q -c 2 -i 0.2 10.0.1.2")


# Protocols of every day, each between a server and a client that people use; related ones share a capture.


@recording
@needs("nginx stunnel4 kdig")
def upgrades(lab):
    lab.write("nginx.conf", """
        daemon off; error_log stderr; pid nginx.pid; user root; events {}
        http { access_log off; root $folder; default_type text/html; gzip on; gzip_types *; gzip_min_length 1;
               server { listen 10.0.0.2:8080; } server { listen 10.0.0.2:8081 http2; } }""")  # fmt: skip
    lab.write(
        "stunnel.conf", "foreground = yes\npid =\n[dns]\naccept = 10.0.0.53:853\nconnect = 10.0.0.53:53\ncert = shop.pem\nkey = shop.key\n"
    )
    servers = "nginx -p . -c nginx.conf", role("websocket_server"), "stunnel4 stunnel.conf"
    with lab.servers(*servers), lab.tcpdump("upgrades.pcap"):
        lab.client("curl -s --compressed http://10.0.0.2:8080/")
        lab.client("curl -s --http2-prior-knowledge http://10.0.0.2:8081/style.css")
        lab.client(role("websocket_client"))
        lab.client("kdig +tls @10.0.0.53 www.example.org A")


@recording
@needs("microsocks tinyproxy")
def proxies(lab):
    lab.write("tinyproxy.conf", "User root\nGroup root\nPort 8888\nListen 10.0.0.2\nTimeout 10\nAllow 10.0.0.0/24\n")
    ssh = f"ssh {SSH_OPTIONS} -i user_key -N -D 10.0.0.2:1080 root@127.0.0.1"
    servers = "tinyproxy -d -c tinyproxy.conf", ssh, "microsocks -i 10.0.0.2 -p 1081 -u user -P secret"
    with lab.servers(*servers), lab.tcpdump("proxies.pcap"):
        lab.client("curl -s -x http://10.0.0.2:8888 http://www.example.org/style.css")
        lab.client("curl -sk -x http://10.0.0.2:8888 --http1.1 --tls-max 1.2 https://shop.example.com/")
        lab.client("curl -sk -x http://10.0.0.2:8888 --http1.1 https://mail.example.net/")
        lab.client("curl -s --socks5-hostname 10.0.0.2:1080 http://www.example.org/style.css")
        lab.client("curl -s --socks4a 10.0.0.2:1080 http://www.example.org/style.css")
        lab.client("curl -sk --socks5 user:secret@10.0.0.2:1081 --tls-max 1.2 https://10.0.0.3/")


@recording
def tls_variants(lab):
    server = "openssl s_server -cert shop.pem -key shop.key -CAfile shop.pem -quiet"
    many = ",".join(f"protocol-{number:03}" for number in range(150))  # a hello of more than one segment
    with (
        lab.servers(f"{server} -accept 8443 -www -tls1_2 -Verify 1", f"{server} -accept 4433 -dtls1_2 -listen"),
        lab.tcpdump("tls-variants.pcap"),
    ):
        lab.client("openssl s_client -connect 10.0.0.3:8443 -tls1_2 -ign_eof -cert shop.pem -key shop.key", GET)
        lab.client(f"openssl s_client -connect 10.0.0.3:443 -servername shop.example.com -tls1_3 -ign_eof -alpn {many}", GET)
        lab.client("openssl s_client -connect 10.0.0.2:4433 -servername shop.example.com -dtls1_2", "text\n")


@recording
@needs("swaks dovecot")
def mail(lab):
    lab.write("dovecot.conf", """
        protocols = imap pop3
        base_dir = $folder/dovecot
        log_path = /dev/stderr
        listen = 10.0.0.4
        ssl = yes
        ssl_cert = <$folder/shop.pem
        ssl_key = <$folder/shop.key
        disable_plaintext_auth = no
        mail_location = maildir:$folder/mailbox
        passdb {
          driver = static
          args = password=secret
        }
        userdb {
          driver = static
          args = uid=nobody gid=nogroup home=$folder/mailbox
        }
        """)  # fmt: skip
    lab.make_directory("mailbox", owner="nobody")
    smtp = f"{DEBIAN_PYTHON} -m aiosmtpd -n -l 10.0.0.4:25 --tlscert shop.pem --tlskey shop.key --no-requiretls"
    letter = "swaks --server 10.0.0.4 --helo client.example.org --from ann@example.org --to bob@example.net"
    with lab.servers(smtp, "dovecot -F -c dovecot.conf"), lab.tcpdump("mail.pcap"):
        lab.client(f"{letter} --body Hello")
        lab.client(f"{letter} --body Hello --tls")
        lab.client("curl -s imap://bob:secret@10.0.0.4/ -X EXAMINE%20INBOX")
        lab.client("curl -sk --ssl-reqd imap://bob:secret@10.0.0.4/")
        lab.client("curl -s pop3://bob:secret@10.0.0.4/")
        lab.client("curl -sk --ssl-reqd pop3://bob:secret@10.0.0.4/")
        lab.client("curl -sk imaps://bob:secret@10.0.0.4/")


def samba_folders():
    kinds = "private dir", "state directory", "cache directory", "lock directory", "pid directory", "ncalrpc dir"
    return "".join(f"{kind} = $folder/samba\n" for kind in kinds)


@recording
@needs("git rsync smbd smbclient tftp vsftpd")
def files(lab):
    lab.write("vsftpd.conf", "listen=YES\nbackground=NO\nanonymous_enable=YES\nanon_root=$folder/public\nseccomp_sandbox=NO\n"
              "ssl_enable=YES\nallow_anon_ssl=YES\nforce_anon_logins_ssl=NO\nforce_anon_data_ssl=NO\nrequire_ssl_reuse=NO\n"
              "rsa_cert_file=$folder/shop.pem\nrsa_private_key_file=$folder/shop.key\n")  # fmt: skip
    lab.write("rsyncd.conf", "use chroot = no\n[files]\npath = $folder/public\n")
    lab.write(
        "smb.conf",
        "[global]\nmap to guest = Bad User\nserver min protocol = NT1\n"
        + samba_folders()
        + "[files]\npath = $folder/public\nguest ok = yes\n",
    )
    for name in ("public", "samba", "public/repository"):
        lab.make_directory(name)
    shutil.copy(lab.folder / "style.css", lab.folder / "public")
    run("git init -q --bare public/repository", cwd=lab.folder)
    servers = (
        "vsftpd vsftpd.conf", "rsync --daemon --no-detach --config=rsyncd.conf", "smbd -F --no-process-group -s smb.conf",
        "git daemon --base-path=public --export-all public",
        f"dnsmasq --no-daemon --conf-file=/dev/null --port=0 --enable-tftp --tftp-root={lab.folder}/public --user=root --pid-file",
    )  # fmt: skip
    smb = ["smbclient", "//10.0.0.2/files", "-N", "-s", str(lab.folder / "smb.conf"), "-c", "get style.css /dev/null"]
    with lab.servers(*servers), lab.tcpdump("files.pcap"):
        lab.client("curl -s ftp://10.0.0.2/style.css")
        lab.client("curl -s --ftp-port - ftp://10.0.0.2/")
        lab.client("curl -sk --ssl-reqd ftp://10.0.0.2/style.css")
        lab.client("curl -s tftp://10.0.0.2/style.css")
        lab.client("tftp 10.0.0.2 -c get missing")
        lab.client("rsync -n rsync://10.0.0.2/files/")
        lab.client("git ls-remote git://10.0.0.2/repository")
        lab.client(smb)
        lab.client([*smb, "-m", "NT1", "--option=client min protocol=NT1"])


@recording
@needs("Xtigervnc xtigervncviewer socat telnet telnetd")
def screens(lab):
    telnetd = ["socat", "TCP-LISTEN:23,reuseaddr,fork", "EXEC:telnetd -E /bin/sh"]
    vnc = "Xtigervnc -SecurityTypes None -depth 16"
    vnc_server = f"{vnc} :51 -geometry 64x64 -rfbport 5900 -interface 10.0.0.2"
    with lab.servers(telnetd, vnc_server), lab.serve(CLIENT, f"{vnc} :52 -geometry 400x400"), lab.tcpdump("screens.pcap"):
        lab.client(["sh", "-c", "(sleep 1; echo echo done; sleep 1; echo exit; sleep 1) | telnet 10.0.0.2"])
        lab.client("env DISPLAY=:52 timeout 3 xtigervncviewer -PreferredEncoding=Tight 10.0.0.2::5900")


@recording
@needs("freeradius kadmin.local kdb5_util kinit krb5kdc ldapsearch radclient slapd")
def directory(lab):
    lab.make_directory("ldap")
    lab.write("slapd.conf", "include /etc/ldap/schema/core.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\n"
              "TLSCertificateFile $folder/shop.pem\nTLSCertificateKeyFile $folder/shop.key\ndatabase mdb\nsuffix dc=example,dc=org\n"
              "rootdn cn=admin,dc=example,dc=org\nrootpw secret\ndirectory $folder/ldap\n")  # fmt: skip
    for name, limit in (("krb5.conf", 1400), ("krb5-tcp.conf", 1)):
        lab.write(name, f"""
            [libdefaults]
            default_realm = EXAMPLE.ORG
            dns_lookup_kdc = false
            udp_preference_limit = {limit}
            [realms]
            EXAMPLE.ORG = {{
              kdc = 10.0.0.2
              database_name = $folder/principal
              key_stash_file = $folder/stash
              acl_file = $folder/acl
            }}
            """)  # fmt: skip
    lab.write("radiusd.conf", """
        pidfile = $folder/radiusd.pid
        logdir = $folder
        libdir = /usr/lib/freeradius
        listen {
          type = auth
          ipaddr = 10.0.0.2
          port = 1812
        }
        listen {
          type = acct
          ipaddr = 10.0.0.2
          port = 1813
        }
        client lab {
          ipaddr = 10.0.0.0/24
          secret = testing123
        }
        modules {
          pap {
          }
          always ok {
            rcode = ok
          }
        }
        server default {
          authorize {
            update control {
              Cleartext-Password := "secret"
            }
            pap
          }
          authenticate {
            Auth-Type PAP {
              pap
            }
          }
          accounting {
            ok
          }
        }
        """)  # fmt: skip
    kerberos = f"env KRB5_CONFIG={lab.folder}/krb5.conf KRB5_KDC_PROFILE=/dev/null KRB5CCNAME={lab.folder}/tickets"
    run(f"{kerberos} kdb5_util create -s -P master", cwd=lab.folder)
    for principal in ("-pw secret +requires_preauth bob", "-randkey host/shop.example.com"):
        run([*kerberos.split(), "kadmin.local", "-q", f"addprinc {principal}"], cwd=lab.folder)
    ldap = "env LDAPTLS_REQCERT=never ldapsearch -x -H ldap://10.0.0.2 -s base"
    servers = "slapd -h ldap://10.0.0.2/ -f slapd.conf -d 0", f"{kerberos} krb5kdc -n", f"freeradius -f -l stdout -d {lab.folder}"
    with lab.servers(*servers), lab.tcpdump("directory.pcap"):
        lab.client(f"{ldap} -b dc=example,dc=org -D cn=admin,dc=example,dc=org -w secret")
        lab.client(f"{ldap} -ZZ -b dc=example,dc=org")
        lab.client(f"{kerberos} kinit bob", "secret\n")
        lab.client(f"{kerberos} kvno host/shop.example.com")
        lab.client(f"{kerberos.replace('krb5.conf', 'krb5-tcp.conf')} kinit bob", "secret\n")
        lab.client("radclient -r 1 10.0.0.2:1812 auth testing123", "User-Name=bob,User-Password=secret\n")
        lab.client("radclient -r 1 10.0.0.2:1813 acct testing123", "User-Name=bob,Acct-Status-Type=Start,Acct-Session-Id=1\n")


@recording
@needs("avahi-daemon chronyd dhclient logger ntpdate rpcbind rpcinfo rsyslogd snmpbulkget snmpd snmpget snmptrap socat udhcpc")
def services(lab):
    lab.write("snmpd.conf", "agentaddress udp:10.0.0.2:161\nrocommunity public\nsysLocation here\n"
              "createUser bob SHA-256 passphrase AES passphrase\nrouser bob priv\n")  # fmt: skip
    lab.write(
        "chrony.conf",
        "local stratum 1\nallow\nport 123\ncmdport 0\nbindcmdaddress /\ndriftfile $folder/drift\npidfile $folder/chrony.pid\n",
    )
    lab.write(
        "rsyslog.conf",
        'module(load="imudp") module(load="imtcp") input(type="imudp" port="514") input(type="imtcp" port="514")\n*.* /dev/null\n',
    )
    lab.write("avahi.conf", "[server]\nhost-name=printer\nallow-interfaces=wire2\nenable-dbus=no\n[rlimits]\n")
    lab.multicast()
    ranges = f"--dhcp-range=10.0.0.100,10.0.0.110,2m --dhcp-range=fd00::100,fd00::110,64,2m --dhcp-leasefile={lab.folder}/leases"
    servers = (
        f"dnsmasq --no-daemon --conf-file=/dev/null --port=0 --interface=wire2 --user=root --pid-file {ranges}",
        f"env SNMP_PERSISTENT_DIR={lab.folder} snmpd -f -Lo -C -c snmpd.conf", "chronyd -x -d -u root -f chrony.conf",
        "rsyslogd -n -f rsyslog.conf -i none", "rpcbind -f", "socat -u UDP-RECV:162 OPEN:/dev/null",
    )  # fmt: skip
    with lab.servers(*servers), lab.tcpdump("services.pcap"):
        lab.client("udhcpc -i wire1 -n -q -f -s /bin/true -x hostname:laptop")
        lab.client(f"timeout 4 dhclient -6 -1 -d -sf /bin/true -lf {lab.folder}/lease6 -pf {lab.folder}/dhclient.pid wire1")
        lab.client("ntpdate -q 10.0.0.2")
        lab.client("snmpget -v1 -c public 10.0.0.2 1.3.6.1.2.1.1.6.0")
        lab.client("snmpbulkget -v2c -c public -Cr5 10.0.0.2 1.3.6.1.2.1.1")
        lab.client("snmpget -v3 -l authPriv -u bob -a SHA-256 -A passphrase -x AES -X passphrase 10.0.0.2 1.3.6.1.2.1.1.6.0")
        lab.client("snmptrap -v2c -c public 10.0.0.2 1 1.3.6.1.6.3.1.1.5.1")
        lab.client("logger -n 10.0.0.2 -P 514 --udp --rfc3164 Started Session 1 of user root.")
        lab.client("logger -n 10.0.0.2 -P 514 --udp --rfc5424 Started Session 2 of user root.")
        lab.client("logger -n 10.0.0.2 -P 514 --tcp --octet-count Started Session 3 of user root.")
        lab.client("rpcinfo -p 10.0.0.2")
        lab.client("rpcinfo -T udp 10.0.0.2 portmapper 2")
        with lab.servers("avahi-daemon -f avahi.conf --no-drop-root --no-rlimits --no-chroot", seconds=3):
            lab.client("dig -p 5353 +tries=1 +time=1 @224.0.0.251 printer.local A")


@recording
@needs("gst-launch-1.0 sipp sipsak turnserver turnutils_stunclient turnutils_uclient")
def calls(lab):
    caps = "application/x-rtp,media=audio,clock-rate=8000,encoding-name=PCMA,payload=8"
    servers = (
        "sipp -sn uas -i 10.0.0.2 -p 5060 -nostdin", "sipp -sn uas -t t1 -i 10.0.0.3 -p 5060 -nostdin",
        f"gst-launch-1.0 -q udpsrc address=10.0.0.2 port=4000 caps={caps} ! fakesink",
        f"turnserver -c /dev/null -n -L 10.0.0.2 -E 10.0.0.2 -r example.org -a -u bob:secret --no-cli --log-file stdout "
        f"--pidfile {lab.folder}/turn.pid",
    )  # fmt: skip
    with lab.servers(*servers), lab.tcpdump("calls.pcap"):
        lab.client("sipp -sn uac 10.0.0.2:5060 -i 10.0.0.1 -p 5070 -m 1 -d 300 -nostdin")
        lab.client("sipp -sn uac 10.0.0.3:5060 -t t1 -i 10.0.0.1 -p 5071 -m 1 -d 300 -nostdin")
        lab.client("timeout 2 sipsak -s sip:bob@10.0.0.2")
        lab.client(
            "gst-launch-1.0 -q audiotestsrc num-buffers=20 samplesperbuffer=160 ! audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay "
            "! udpsink host=10.0.0.2 port=4000"
        )
        lab.client("turnutils_stunclient 10.0.0.2")
        lab.client("timeout 8 turnutils_uclient -u bob -w secret -y -m 1 -n 3 -l 100 10.0.0.2")


@recording
@needs("coap-client-notls coap-server-notls echoscu mosquitto mosquitto_pub mosquitto_sub storescp")
def things(lab):
    lab.write(
        "mosquitto.conf",
        "user root\nallow_anonymous true\nlistener 1883 10.0.0.2\nlistener 8883 10.0.0.2\n"
        "certfile $folder/shop.pem\nkeyfile $folder/shop.key\n",
    )
    python = lab.python("pymodbus==3.16.1", "asyncua==2.1.0")
    servers = (
        "mosquitto -c mosquitto.conf",
        "coap-server-notls -A 10.0.0.2",
        "storescp 11112",
        role("modbus_server", python),
        role("opc_ua_server", python),
    )
    with lab.servers(*servers, seconds=3), lab.tcpdump("things.pcap"):
        lab.client("mosquitto_pub -h 10.0.0.2 -i lamp -t house/lamp -m on -r")
        lab.client("mosquitto_sub -h 10.0.0.2 -V 5 -i wall -t house/# -C 1")
        lab.client("mosquitto_pub -h 10.0.0.2 -p 8883 --cafile shop.pem --insecure -t house/lamp -m off")
        lab.client("coap-client-notls -B 2 -m get coap://10.0.0.2/.well-known/core")
        lab.client("coap-client-notls -B 2 -N -m get coap://10.0.0.2/time")
        lab.client(role("modbus_client", python))
        lab.client(role("opc_ua_client", python))
        lab.client("echoscu 10.0.0.2 11112")


@recording
@needs("mariadb mariadbd mariadb-install-db memccat memccp memcached psql redis-cli redis-server runuser")
def databases(lab):
    postgres = max(Path("/usr/lib/postgresql").glob("*/bin"))
    lab.make_directory("postgres", owner="postgres")
    lab.make_directory("mariadb")
    run(f"runuser -u postgres -- {postgres}/initdb -A trust -D postgres/data --no-sync", cwd=lab.folder)
    (lab.folder / "postgres/data/pg_hba.conf").write_text("host all all 10.0.0.0/24 trust\n")
    for name in ("shop.pem", "shop.key"):
        shutil.copy(lab.folder / name, lab.folder / "postgres/data")
        shutil.chown(lab.folder / "postgres/data" / name, "postgres")
        (lab.folder / "postgres/data" / name).chmod(0o600)
    run(f"mariadb-install-db --user=root --skip-test-db --datadir={lab.folder}/mariadb", cwd=lab.folder)
    servers = (
        f"redis-server --bind 10.0.0.2 --protected-mode no --dir {lab.folder}", "memcached -u root -l 10.0.0.2",
        f"runuser -u postgres -- {postgres}/postgres -D postgres/data -c listen_addresses=10.0.0.2 -c unix_socket_directories= "
        "-c ssl=on -c ssl_cert_file=shop.pem -c ssl_key_file=shop.key",
        f"mariadbd --no-defaults --user=root --datadir={lab.folder}/mariadb --socket={lab.folder}/mariadb.sock "
        f"--pid-file={lab.folder}/mariadb.pid --bind-address=10.0.0.2 --skip-grant-tables --skip-networking=0 "
        f"--ssl-cert={lab.folder}/shop.pem --ssl-key={lab.folder}/shop.key",
    )  # fmt: skip
    with lab.servers(*servers, seconds=4), lab.tcpdump("databases.pcap"):
        lab.client("redis-cli -h 10.0.0.2 SET colour green")
        lab.client("redis-cli -3 -h 10.0.0.2 GET colour")
        lab.client("memccp --servers=10.0.0.2 style.css")
        lab.client("memccat --binary --servers=10.0.0.2 style.css")
        for mode in ("disable", "require"):
            lab.client(["psql", f"host=10.0.0.2 user=postgres sslmode={mode} gssencmode=disable", "-c", "select 1"])
        for mode in ("--skip-ssl", "--ssl"):
            lab.client(["mariadb", "--no-defaults", "-h", "10.0.0.2", "-u", "root", mode, "-e", "select 1"])


@recording
@needs("ngircd prosody socat")
def chats(lab):
    lab.write(
        "ngircd.conf",
        "[Global]\nName = irc.example.org\nInfo = Example\nListen = 10.0.0.2\nServerUID = root\nServerGID = root\n"
        "[Options]\nIdent = no\nPAM = no\nDNS = no\n",
    )
    lab.write("prosody.cfg.lua", """
        pidfile = "$folder/prosody.pid"; data_path = "$folder/prosody"; run_as_root = true; daemonize = false; interfaces = { "10.0.0.2" }
        modules_enabled = { "tls", "saslauth", "disco" }; authentication = "anonymous"; c2s_require_encryption = false
        ssl = { certificate = "$folder/shop.pem"; key = "$folder/shop.key" }; log = { info = "*console" }
        VirtualHost "shop.example.com"
        """)  # fmt: skip
    with lab.servers("ngircd -n -f ngircd.conf", "prosody -F --config prosody.cfg.lua", seconds=3), lab.tcpdump("chats.pcap"):
        lab.client("socat -t 2 - TCP:10.0.0.2:6667", "NICK bob\r\nUSER bob 0 * :Bob\r\nJOIN #garden\r\nPRIVMSG #garden :hello\r\nQUIT\r\n")
        stream = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0' to='shop.example.com'>"
        lab.client("socat -t 1 - TCP:10.0.0.2:5222", f"<?xml version='1.0'?>{stream}")
        lab.client("openssl s_client -connect 10.0.0.2:5222 -starttls xmpp -xmpphost shop.example.com -tls1_2", "")


@recording
@needs("charon-cmd ike-scan openvpn swanctl wg wireguard-go")
def private_networks(lab):
    # Of all plugins only what is needed: some would steer what other programs send into tunnels.
    plugins = "nonce random aes sha1 sha2 hmac gmp kdf pem pkcs1 pkcs8 x509 constraints kernel-netlink socket-default"
    lab.write("strongswan.conf", f"charon {{ load = {plugins} vici\nplugins {{ vici {{ socket = unix://$folder/vici }} }} }}\n"
              f"charon-cmd {{ load = {plugins} }}\n")  # fmt: skip
    lab.write("swanctl.conf", "connections { lab { local { auth = psk } remote { auth = pubkey } children { net { } } } }\n")
    run("openvpn --genkey secret ta.key", cwd=lab.folder)
    tls = "openvpn --ca shop.pem --cert shop.pem --key shop.key --dev-type tun --data-ciphers AES-256-GCM"
    udp = f"{tls} --dev tun1 --port 1194 --proto udp"
    tcp = f"{tls} --dev tun2 --port 1195 --tls-auth ta.key"
    strongswan = f"env STRONGSWAN_CONF={lab.folder}/strongswan.conf"
    servers = (
        f"{udp} --tls-server --dh none --local 10.0.0.2 --ifconfig 10.0.3.2 10.0.3.1",
        f"{tcp} --tls-server --dh none --local 10.0.0.2 --proto tcp-server --ifconfig 10.0.4.2 10.0.4.1",
    )
    with lab.servers(*servers), lab.wireguard(), lab.tcpdump("private-networks.pcap"):
        lab.client("ping -n -q -c 2 -i 0.2 10.0.2.2")
        with lab.serve(CLIENT, f"{udp} --tls-client --remote 10.0.0.2 --nobind --ifconfig 10.0.3.1 10.0.3.2", 3):
            lab.client("ping -n -q -c 2 -i 0.2 10.0.3.2")
        with lab.serve(CLIENT, f"{tcp} --tls-client --remote 10.0.0.2 --nobind --proto tcp-client --ifconfig 10.0.4.1 10.0.4.2", 3):
            lab.client("ping -n -q -c 2 -i 0.2 10.0.4.2")
        with lab.servers(f"{strongswan} /usr/lib/ipsec/charon"):
            run(f"{strongswan} swanctl --load-conns --file {lab.folder}/swanctl.conf --uri unix://{lab.folder}/vici")
            lab.client("ike-scan --retry=1 10.0.0.2")
            lab.client(
                f"{strongswan} timeout 3 charon-cmd --host 10.0.0.2 --identity shop.example.com --profile ikev2-pub "
                "--cert shop.pem --rsa shop.key"
            )


@recording
@needs("bird keepalived")
def routing(lab):
    lab.multicast()
    for end in (1, 2):
        lab.write(f"bird{end}.conf", f"""
            router id 10.0.0.{end};
            log stderr all;
            protocol device {{ }}
            protocol static {{ ipv4; route 192.0.2.{end}/32 blackhole; }}
            protocol bfd {{ interface "wire*" {{ interval 300 ms; }}; }}
            protocol bgp {{ local 10.0.0.{end} as 6450{end}; neighbor 10.0.0.{3 - end} as 6450{3 - end}; bfd on; connect delay time 1;
                            ipv4 {{ import all; export all; }}; }}
            protocol ospf v2 {{ ipv4 {{ import none; }}; area 0 {{ interface "wire*" {{ hello 1; dead 4; }}; }}; }}
            protocol rip {{ ipv4 {{ import none; export all; }}; interface "wire*" {{ update time 2; }}; }}
            protocol babel {{ ipv4 {{ import none; export all; }}; interface "wire*" {{ type wired; hello interval 1 s; }}; }}
            """)  # fmt: skip
    lab.write(
        "keepalived.conf",
        "vrrp_instance one {\ninterface wire2\nvirtual_router_id 7\npriority 100\nvirtual_ipaddress {\n10.0.0.9/24\n}\n}\n",
    )
    vrrp = f"keepalived --vrrp -n -l -f keepalived.conf -p {lab.folder}/keepalived.pid -r {lab.folder}/vrrp.pid"
    with lab.tcpdump("routing.pcap"), lab.servers(vrrp, "bird -f -c bird2.conf -s bird2.ctl"):
        with lab.serve(CLIENT, "bird -f -c bird1.conf -s bird1.ctl", 5):
            pass


@recording
@needs("aria2c iperf3 transmission-create")
def transfers(lab):
    lab.multicast()
    run("transmission-create -o photo.torrent photo.bin", cwd=lab.folder)
    peer = "aria2c -T photo.torrent --enable-dht --bt-enable-lpd --dht-file-path dht.dat --dht-message-timeout 1"
    seed = f"{peer} --dir {lab.folder} --listen-port 6881 --dht-listen-port 6882 --bt-lpd-interface 10.0.0.2 --seed-ratio 0 -V"
    with lab.servers("iperf3 -s", seed), lab.tcpdump("transfers.pcap"):
        lab.client("iperf3 -c 10.0.0.2 -n 2K -l 1K")
        lab.client("iperf3 -c 10.0.0.2 -u -n 2K -l 1K")
        lab.client(
            f"{peer} --dir received --listen-port 6891 --dht-listen-port 6892 --bt-lpd-interface 10.0.0.1 "
            "--dht-entry-point 10.0.0.2:6882 --seed-time 0"
        )


@recording
@needs("collectd ipmitool natpmpc nmbd nmblookup socat softflowd upnpc")
def monitoring(lab):
    lab.multicast()
    lab.write(
        "collectd.conf",
        'PIDFile "$folder/collectd.pid"\nInterval 1\nLoadPlugin load\nLoadPlugin network\n'
        '<Plugin network>\nServer "10.0.0.2" "25826"\n</Plugin>\n',
    )
    lab.write("smb.conf", "[global]\nnetbios name = office\ninterfaces = 10.0.0.2/24\n" + samba_folders())
    lab.make_directory("samba")
    shutil.copy(HERE / "dns.pcap", lab.folder / "sample.pcap")
    absorbed = (f"socat -u UDP-RECV:{port} OPEN:/dev/null" for port in (623, 2055, 5351, 25826))
    servers = *absorbed, "nmbd -F --no-process-group -s smb.conf"
    with lab.servers(*servers), lab.tcpdump("monitoring.pcap"):
        with lab.serve(CLIENT, "collectd -f -C collectd.conf", 2):
            pass
        for version in (1, 5, 9, 10):
            lab.client(f"timeout 3 softflowd -d -r sample.pcap -n 10.0.0.2:2055 -v {version} -p sf.pid -c sf.ctl")
        lab.client("timeout 2 ipmitool -I lan -H 10.0.0.2 -U user -P secret mc info")
        lab.client("timeout 2 ipmitool -I lanplus -H 10.0.0.2 -U user -P secret mc info")
        lab.client("timeout 2 natpmpc -g 10.0.0.2")
        lab.client("nmblookup -U 10.0.0.2 office")
        lab.client("nmblookup -A 10.0.0.2")
        lab.client("upnpc -m wire1 -l")


@recording
@needs("gearman gearmand nats-server rabbitmq-server socat")
def queues(lab):
    lab.write("rabbitmq.conf", "listeners.tcp.1 = 10.0.0.2:5672\nloopback_users = none\nlog.console = true\n")
    lab.make_directory("rabbitmq", owner="rabbitmq")
    folder = f"{lab.folder}/rabbitmq"
    rabbitmq = (f"env HOME={folder} RABBITMQ_MNESIA_BASE={folder} RABBITMQ_LOG_BASE={folder} RABBITMQ_CONFIG_FILE={lab.folder}/rabbitmq "
                f"RABBITMQ_ENABLED_PLUGINS_FILE={folder}/none RABBITMQ_NODENAME=rabbit@localhost "
                f"RABBITMQ_PID_FILE={folder}/pid rabbitmq-server")  # fmt: skip
    servers = rabbitmq, "nats-server -a 10.0.0.2", "gearmand -L 10.0.0.2 -l stderr -u root"
    with lab.servers(*servers, seconds=15), lab.serve(CLIENT, "gearman -h 10.0.0.2 -w -f count -- wc -c"), lab.tcpdump("queues.pcap"):
        lab.client(role("amqp_client"))
        lab.client("socat -t 1 - TCP:10.0.0.2:4222", 'CONNECT {"verbose":true}\r\nSUB lamp 1\r\nPUB lamp 2\r\non\r\nPING\r\n')
        lab.client("gearman -h 10.0.0.2 -f count text")


@recording
@needs("gst-launch-1.0")
def streams(lab):
    player = "timeout 4 gst-launch-1.0 -q rtspsrc location=rtsp://10.0.0.2:8554/tone latency=0"
    with lab.servers(role("rtsp_server")), lab.tcpdump("streams.pcap"):
        lab.client(f"{player} ! fakesink num-buffers=5")
        lab.client(f"{player} protocols=tcp ! fakesink num-buffers=5")


@recording
@needs("tincd xl2tpd")
def overlays(lab):
    for name in ("tinc1", "tinc1/hosts", "tinc2", "tinc2/hosts"):
        lab.make_directory(name)
    for end in (1, 2):
        lab.write(f"tinc{end}/tinc.conf", f"Name = end{end}\nInterface = tinc{end}\n" + ("ConnectTo = end2\n" if end == 1 else ""))
        lab.write(f"tinc{end}/tinc-up", "#!/bin/sh\n")
        run(f"tincd -c tinc{end} -K 2048", cwd=lab.folder, stdin="\n\n")
        with open(lab.folder / f"tinc{end}/hosts/end{end}", "a") as host:
            host.write(f"Address = 10.0.0.{end}\nSubnet = 10.0.5.{end}/32\n")
    for end in (1, 2):
        shutil.copy(lab.folder / f"tinc{end}/hosts/end{end}", lab.folder / f"tinc{3 - end}/hosts")
    lab.write("lns.conf", "[global]\n[lns default]\nip range = 10.0.6.2-10.0.6.9\nlocal ip = 10.0.6.1\nrequire authentication = no\n")
    lab.write("lac.conf", "[global]\n[lac lab]\nlns = 10.0.0.2\nautodial = yes\nrequire authentication = no\n")
    xl2tpd = "xl2tpd -D -p {0}.pid -C {0}.ctl -c {0}.conf"
    servers = "tincd -c tinc2 -D --pidfile=tinc2.pid", xl2tpd.format("lns")
    with lab.servers(*servers), lab.tcpdump("overlays.pcap"):
        with lab.serve(CLIENT, "tincd -c tinc1 -D --pidfile=tinc1.pid", 2):
            pass
        with lab.serve(CLIENT, xl2tpd.format("lac"), 3):
            pass


@recording
def quic(lab):
    python = lab.python("aioquic==1.7.2", "grpcio==1.85.3")
    with lab.servers(role("quic_server", python), role("grpc_server", python), seconds=3), lab.tcpdump("quic.pcap"):
        lab.client(role("quic_client", python))
        lab.client(role("grpc_client", python))


# Encapsulations. Each end has a TUN (IP packets) or TAP (Ethernet frames) device, the overlay, whose
# packets a relay process wraps and sends over the wire between the namespaces, and unwraps at the other end.


class Udp:
    """Inside UDP, behind a header of its own."""

    def __init__(self, port, wrap, header_length, device="tun"):
        self.port, self.wrap, self.header_length, self.device = port, wrap, header_length, device

    def open(self, end):
        wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        wire.bind((end.address, self.port))
        return [wire]

    def send(self, wires, end, packet):
        wires[0].sendto(self.wrap(packet), (end.peer_address, self.port))

    def receive(self, wire, end):
        return wire.recv(65535)[self.header_length :]


class Ip:
    """Directly inside IP, by protocol number: one for an inner IPv4 packet, one for an inner IPv6 packet."""

    device = "tun"

    def __init__(self, family, protocols, header=lambda packet: b"", header_length=0):
        self.family, self.protocols, self.header, self.header_length = family, protocols, header, header_length

    def open(self, end):
        wires = [socket.socket(self.family, socket.SOCK_RAW, protocol) for protocol in self.protocols]
        for wire in wires:
            wire.bind((end.address if self.family == socket.AF_INET else end.address6, 0))
        return wires

    def send(self, wires, end, packet):
        wire = wires[-1] if packet[0] >> 4 == 6 else wires[0]
        peer = end.peer_address if self.family == socket.AF_INET else end.peer_address6
        wire.sendto(self.header(packet) + packet, (peer, 0))

    def receive(self, wire, end):
        packet = wire.recv(65535)
        # A raw IPv4 socket delivers the outer header too, a raw IPv6 socket does not.
        outer = (packet[0] & 15) * 4 if self.family == socket.AF_INET else 0
        return packet[outer + self.header_length :]


class Link:
    """Inside Ethernet, by EtherType, behind a header of its own."""

    device = "tun"

    def __init__(self, ethertype, header, header_length):
        self.ethertype, self.header, self.header_length = ethertype, header, header_length

    def open(self, end):
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(self.ethertype))
        wire.bind((end.interface, self.ethertype))
        return [wire]

    def send(self, wires, end, packet):
        address = (end.interface, self.ethertype, 0, 0, end.peer_mac)
        wires[0].sendto(self.header(packet) + packet, address)

    def receive(self, wire, end):
        return wire.recv(65535)[self.header_length :]


class Vlan:
    """Ethernet frames with tags put in front of their EtherType."""

    device = "tap"

    def __init__(self, tags):
        self.tags = tags

    def open(self, end):
        every_type = 3  # ETH_P_ALL: the kernel takes the outermost tag off before a socket for its type would see it
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(every_type))
        wire.bind((end.interface, every_type))
        return [wire]

    def send(self, wires, end, frame):
        wires[0].send(frame[:12] + self.tags + frame[12:])

    def receive(self, wire, end):
        frame = wire.recv(65535)
        if frame[6:12] != end.peer_overlay_mac:
            return None
        while frame[12:14] in (b"\x81\x00", b"\x88\xa8"):
            frame = frame[:12] + frame[16:]
        return frame


def ethertype_of(packet):
    return b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00"


def gtpu(packet):  # 3GPP TS 29.281: version 1, G-PDU, length, TEID
    return struct.pack("!BBHI", 0x30, 0xFF, len(packet), 0x1234) + packet


def vxlan(frame):  # RFC 7348: flags, VNI 42
    return struct.pack("!II", 0x08000000, 42 << 8) + frame


def tzsp(frame):  # version 1, received frame, Ethernet, end of tags
    return b"\x01\x00\x00\x01\x01" + frame


def capwap(packet):  # RFC 5415: 8 bytes of header, 802.11; then a data frame to the distribution system, LLC and SNAP
    station = b"\x02\x00\x00\x00\x01\x01"
    frame = b"\x08\x01\x00\x00" + b"\x02\x00\x00\x00\x00\xaa" + station + b"\x02\x00\x00\x00\x01\x02" + b"\x00\x00"
    return b"\x00\x10\x03\x00\x00\x00\x00\x00" + frame + b"\xaa\xaa\x03\x00\x00\x00" + ethertype_of(packet) + packet


def gre(packet):  # RFC 2784: no checksum, version 0
    return b"\x00\x00" + ethertype_of(packet)


def mpls(packet):  # RFC 3032: label 100, then label 200 at the bottom of the stack, TTL 64
    return struct.pack("!II", 100 << 12 | 64, 200 << 12 | 0x100 | 64)


def pppoe(packet):  # RFC 2516: version 1, session 7, length; RFC 1661: protocol IPv4 or IPv6
    protocol = 0x0057 if packet[0] >> 4 == 6 else 0x0021
    return struct.pack("!BBHHH", 0x11, 0, 7, len(packet) + 2, protocol)


ENCAPSULATIONS = {
    "vlan": Vlan(b"\x81\x00\x00\x2a"),
    "vlan-stacked": Vlan(b"\x81\x00\x00\x64" + b"\x81\x00\x00\x2a"),
    "qinq": Vlan(b"\x88\xa8\x00\x64" + b"\x81\x00\x00\x2a"),
    "mpls": Link(0x8847, mpls, 8),
    "pppoe": Link(0x8864, pppoe, 8),
    "ip-in-ipv4": Ip(socket.AF_INET, (socket.IPPROTO_IPIP, socket.IPPROTO_IPV6)),
    "ip-in-ipv6": Ip(socket.AF_INET6, (socket.IPPROTO_IPIP, socket.IPPROTO_IPV6)),
    "gre": Ip(socket.AF_INET, (socket.IPPROTO_GRE,), gre, 4),
    "vxlan": Udp(4789, vxlan, 8, "tap"),
    "gtpu": Udp(2152, gtpu, 8),
    "capwap": Udp(5247, capwap, 40),
    "tzsp": Udp(37008, tzsp, 5, "tap"),
}


def record_encapsulation(name):
    def record(lab):
        with lab.overlay(name), lab.tcpdump(f"{name}.pcap"):
            overlay_traffic(lab)

    return record


RECORDINGS.update({name: record_encapsulation(name) for name in ENCAPSULATIONS})


# Tunnels of Open vSwitch, whose programs make them without the kernel. Each end has a switch with two bridges, each also a
# device of its name: the overlay, through which the client reaches all servers, and the underlay, which has a second wire
# between the ends, the trunk. What goes through a tunnel is recorded twice: outside, on the trunk, and inside, on the overlay.


class Tunnel:
    """The tunnel's port at each switch: its type and options, and the ids towards the server and towards the client."""

    def __init__(self, kind, ids=(42, 42), options="", carries="frames", ip_version=4, geneve_option=None, flows=()):
        self.kind, self.ids, self.options, self.ip_version = kind, ids, options.split(), ip_version
        self.geneve_option, self.flows = geneve_option, flows or (WRAP, UNWRAP[carries])

    def settings(self, end):
        own, peer = end.trunk_addresses[self.ip_version]
        out_key, in_key = self.ids if end.number == 1 else reversed(self.ids)
        options = f"local_ip={own}", f"remote_ip={peer}", f"out_key={out_key}", f"in_key={in_key}", *self.options
        return [f"type={self.kind}", "ofport_request=1", *(f"options:{option}" for option in options)]


WRAP = "in_port=LOCAL actions=output:1"
ADDRESSED = "set_field:$mac->eth_dst,set_field:$peer_mac->eth_src,output:LOCAL"  # packets come without addresses of Ethernet
UNWRAP = {"frames": "in_port=1 actions=output:LOCAL", "packets": f"in_port=1 actions={ADDRESSED}"}
MPLS = (  # a label for each version of IP
    "in_port=LOCAL,ip actions=push_mpls:0x8847,set_field:100->mpls_label,output:1",
    "in_port=LOCAL,ipv6 actions=push_mpls:0x8847,set_field:200->mpls_label,output:1",
    f"in_port=1,mpls,mpls_label=100 actions=pop_mpls:0x0800,{ADDRESSED}",
    f"in_port=1,mpls,mpls_label=200 actions=pop_mpls:0x86dd,{ADDRESSED}",
)
GENEVE_OPTION = "{class=0x0102,type=0x42,len=8}->tun_metadata0"
WRAP_WITH_OPTION = "in_port=LOCAL actions=set_field:0x1122334455667788->tun_metadata0,output:1"

TUNNELS = {
    "vxlan": Tunnel("vxlan"),
    "vxlan-over-ipv6": Tunnel("vxlan", ip_version=6),
    "vxlan-gpe": Tunnel("vxlan", options="exts=gpe packet_type=legacy_l3 dst_port=4790", carries="packets"),
    "geneve": Tunnel("geneve"),
    "geneve-over-ipv6": Tunnel("geneve", ip_version=6),
    "geneve-options": Tunnel("geneve", geneve_option=GENEVE_OPTION, flows=(WRAP_WITH_OPTION, UNWRAP["frames"])),
    "gre": Tunnel("gre", options="packet_type=legacy_l3", carries="packets"),
    "gre-frames": Tunnel("gre", options="csum=true"),
    "gre-over-ipv6": Tunnel("ip6gre", ids=(1, 2), options="seq=true", ip_version=6),
    "nvgre": Tunnel("gre", ids=(5000 << 8, 5000 << 8)),
    "mpls-in-gre": Tunnel("gre", options="packet_type=legacy_l3", flows=MPLS),
    "erspan-2": Tunnel("erspan", options="erspan_ver=1 erspan_idx=7"),
    "erspan-3": Tunnel("erspan", options="erspan_ver=2 erspan_dir=1 erspan_hwid=4"),
    "erspan-over-ipv6": Tunnel("ip6erspan", ip_version=6, options="erspan_ver=2 erspan_dir=0 erspan_hwid=4"),
}


def record_tunnel(name):
    @needs("ovs-appctl ovs-ofctl ovs-vsctl ovs-vswitchd ovsdb-server ovsdb-tool")
    def record(lab):
        (HERE / "tunnels").mkdir(exist_ok=True)
        outside, inside = f"tunnels/{name}.pcap", f"tunnels/{name}-inside.pcap"
        with lab.tunnel(TUNNELS[name]), lab.tcpdump(outside, "trunk1"), lab.tcpdump(inside, "overlay"):
            lab.client("curl -s -4 http://www.example.org/style.css")
            lab.client("curl -s -6 http://www.example.org/missing")
            lab.client("openssl s_client -connect 10.0.0.3:443 -servername shop.example.com -tls1_2 -ign_eof", GET)
            lab.client("dig +short shop.example.com TXT")
            lab.client("ping -n -q -c 2 -i 0.2 10.0.0.2")

    return record


RECORDINGS.update({f"tunnels/{name}": record_tunnel(name) for name in TUNNELS})


# Servers and clients that are written here, each run as a program of its own by `role`, some in a virtual environment.


def role(name, python=DEBIAN_PYTHON):
    return f"{python} {Path(__file__).resolve()} --role {name}"


ROLES = {}


def program(function):
    """Registers a function that `role` runs, in the folder of the lab."""
    ROLES[function.__name__] = function
    return function


@program
async def websocket_server():
    import websockets

    async def echo(connection):
        async for message in connection:
            await connection.send(message)

    async with websockets.serve(echo, "10.0.0.2", 8082):
        await asyncio.Future()


@program
async def websocket_client():
    import websockets

    async with websockets.connect("ws://10.0.0.2:8082/echo") as connection:
        await connection.send("hello")
        await connection.recv()


@program
def amqp_client():
    import pika

    connection = pika.BlockingConnection(pika.ConnectionParameters("10.0.0.2"))
    channel = connection.channel()
    channel.queue_declare("lamp")
    channel.basic_publish("", "lamp", b"on")
    channel.basic_get("lamp", auto_ack=True)
    connection.close()


@program
def rtsp_server():
    import gi

    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, Gst, GstRtspServer

    Gst.init(None)
    server = GstRtspServer.RTSPServer(address="10.0.0.2")
    tone = GstRtspServer.RTSPMediaFactory()
    tone.set_launch("( audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay name=pay0 )")
    server.get_mount_points().add_factory("/tone", tone)
    server.attach(None)
    GLib.MainLoop().run()


@program
async def quic_server():
    from aioquic.asyncio import serve
    from aioquic.quic.configuration import QuicConfiguration

    configuration = QuicConfiguration(is_client=False, alpn_protocols=["h3"])
    configuration.load_cert_chain("shop.pem", "shop.key")
    await serve("10.0.0.3", 443, configuration=configuration)
    await asyncio.Future()


@program
async def quic_client():
    from aioquic.asyncio import connect
    from aioquic.quic.configuration import QuicConfiguration

    version_1, version_2 = 0x00000001, 0x6B3343CF
    for version in (version_1, version_2):
        configuration = QuicConfiguration(
            alpn_protocols=["h3"],
            server_name="shop.example.com",
            verify_mode=ssl.CERT_NONE,
            original_version=version,
            supported_versions=[version],
        )
        async with connect("10.0.0.3", 443, configuration=configuration) as connection:
            await connection.ping()


@program
def grpc_server():
    import grpc

    handlers = {"Hello": grpc.unary_unary_rpc_method_handler(lambda request, context: request)}
    server = grpc.server(concurrent.futures.ThreadPoolExecutor())
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("example.Greeter", handlers)])
    server.add_insecure_port("10.0.0.2:50051")
    server.start()
    server.wait_for_termination()


@program
def grpc_client():
    import grpc

    with grpc.insecure_channel("10.0.0.2:50051") as channel:
        channel.unary_unary("/example.Greeter/Hello")(b"hello", timeout=5)


@program
async def modbus_server():
    from pymodbus.datastore import ModbusDeviceContext, ModbusSequentialDataBlock, ModbusServerContext
    from pymodbus.server import StartAsyncTcpServer

    registers = ModbusDeviceContext(hr=ModbusSequentialDataBlock(1, list(range(10))))
    await StartAsyncTcpServer(ModbusServerContext(devices=registers, single=True), address=("10.0.0.2", 502))


@program
def modbus_client():
    from pymodbus.client import ModbusTcpClient

    with ModbusTcpClient("10.0.0.2", port=502) as client:
        client.read_holding_registers(0, count=3)
        client.write_register(1, 7)


@program
async def opc_ua_server():
    import asyncua

    server = asyncua.Server()
    await server.init()
    server.set_endpoint("opc.tcp://10.0.0.2:4840/")
    async with server:
        await asyncio.Future()


@program
async def opc_ua_client():
    import asyncua

    async with asyncua.Client("opc.tcp://10.0.0.2:4840/") as client:
        await client.nodes.server_state.read_value()


class End:
    """One end of the wire: number 1 is the client, 2 the server."""

    def __init__(self, number):
        peer = 3 - number
        self.number, self.interface = number, f"wire{number}"
        self.address, self.peer_address = f"10.0.0.{number}", f"10.0.0.{peer}"
        self.address6, self.peer_address6 = f"fd00::{number}", f"fd00::{peer}"
        self.trunk_addresses = {4: (f"10.0.3.{number}", f"10.0.3.{peer}"), 6: (f"fd00:3::{number}", f"fd00:3::{peer}")}
        self.peer_mac = bytes((2, 0, 0, 0, 0, peer))
        self.overlay_mac = bytes((2, 0, 0, 0, 1, number))
        self.peer_overlay_mac = bytes((2, 0, 0, 0, 1, peer))


def relay(name, number):
    """Carries packets between the overlay device and the wire until it is terminated."""
    encapsulation, end = ENCAPSULATIONS[name], End(number)
    set_interface, tun, tap, no_packet_info = 0x400454CA, 1, 2, 0x1000  # linux/if_tun.h
    overlay = os.open("/dev/net/tun", os.O_RDWR)
    kind = tap if encapsulation.device == "tap" else tun
    ioctl(overlay, set_interface, struct.pack("16sH22x", b"overlay", kind | no_packet_info))
    if kind == tap:
        run(f"ip link set overlay address {end.overlay_mac.hex(':')}")
    run(f"ip link set overlay mtu {OVERLAY_MTU} addrgenmode none")
    run(f"ip addr add 10.0.1.{number}/24 dev overlay")
    run(f"ip addr add fd00:1::{number}/64 dev overlay nodad")
    wires = encapsulation.open(end)
    run("ip link set overlay up")
    while True:
        for ready in select.select([overlay, *wires], [], [])[0]:
            if ready is overlay:
                encapsulation.send(wires, end, os.read(overlay, 65535))
            elif packet := encapsulation.receive(ready, end):
                os.write(overlay, packet)


class Lab:
    """The two namespaces, the wire between them and the servers."""

    def __init__(self, folder):
        self.folder = folder
        self.running = contextlib.ExitStack()

    def __enter__(self):
        self.close_namespaces()
        self.running.callback(self.close_namespaces)
        with contextlib.ExitStack() as failed:
            failed.callback(self.running.close)
            self.lay_wire()
            self.start_servers()
            failed.pop_all()
        return self

    def __exit__(self, *exception):
        self.running.close()

    def close_namespaces(self):
        for namespace in (CLIENT, SERVER):
            for left_behind in run(f"ip netns pids {namespace}", check=False).split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(left_behind), signal.SIGKILL)
            run(f"ip netns del {namespace}", check=False)
            shutil.rmtree(f"/etc/netns/{namespace}", ignore_errors=True)
        with contextlib.suppress(OSError):  # the folder of other namespaces, or none
            os.rmdir("/etc/netns")

    def lay_wire(self):
        for namespace in (CLIENT, SERVER):
            resolver = Path(f"/etc/netns/{namespace}/resolv.conf")
            resolver.parent.mkdir(parents=True)
            resolver.write_text("nameserver 10.0.0.53\n")
            run(f"ip netns add {namespace}")
            run(f"ip -n {namespace} link set lo up")
        run(f"ip -n {CLIENT} link add name wire1 type veth peer name wire2 netns {SERVER}")
        for number, namespace in ((1, CLIENT), (2, SERVER)):
            wire = f"wire{number}"
            run(f"ip netns exec {namespace} ethtool -K {wire} tx off tso off gso off gro off")
            run(f"ip -n {namespace} link set {wire} address 02:00:00:00:00:0{number} addrgenmode none")
            run(f"ip -n {namespace} link set {wire} up")
            for host in HOSTS[number]:
                run(f"ip -n {namespace} addr add 10.0.0.{host}/24 dev {wire}")
                run(f"ip -n {namespace} addr add fd00::{host}/64 dev {wire} nodad")
            for host in HOSTS[3 - number]:  # known beforehand: no ARP or neighbour discovery between the conversations
                for address in (f"10.0.0.{host}", f"fd00::{host}"):
                    run(f"ip -n {namespace} neigh add {address} lladdr 02:00:00:00:00:0{3 - number} dev {wire}")
        time.sleep(1)

    def start_servers(self):
        self.make_files()
        os.makedirs("/run/sshd", exist_ok=True)
        records = ["host-record=www.example.org,10.0.0.2,fd00::2", "host-record=shop.example.com,10.0.0.3",
                   "host-record=mail.example.net,10.0.0.4", "txt-record=shop.example.com,v=spf1 -all",
                   "txt-record=long.example.org," + ",".join(str(n % 10) * 250 for n in range(12))]  # fmt: skip
        options = ["no-daemon", "no-resolv", "no-hosts", "conf-file=/dev/null", "pid-file", "user=root", "bind-interfaces",
                   "listen-address=10.0.0.53,fd00::53", "edns-packet-max=4096", "local=/#/"]  # fmt: skip
        servers = (
            ["dnsmasq"] + [f"--{option}" for option in options + records],
            "python3 -m http.server --protocol HTTP/1.1 --bind :: 80".split(),
            "openssl s_server -accept 443 -cert shop.pem -key shop.key -www -quiet".split(),
            f"{SSHD} -D -e -f /dev/null -h {self.folder}/host_key -o UsePAM=no -o StrictModes=no -o PidFile=none "
            f"-o AuthorizedKeysFile={self.folder}/user_key.pub".split(),
        )
        for server in servers:
            self.running.enter_context(self.serve(SERVER, server))

    def make_files(self):
        site = self.folder
        site.chmod(0o755)  # some servers give up being root
        (site / "index.html").write_text("<!doctype html><title>Example</title><link rel=stylesheet href=style.css>\n")
        (site / "style.css").write_text("body { font: 16px/1.5 sans-serif }\n" * 20)
        (site / "photo.bin").write_bytes(bytes(range(256)) * 60)
        run("openssl req -x509 -newkey rsa:2048 -nodes -keyout shop.key -out shop.pem -days 30 -subj /O=Example/CN=shop.example.com "
            "-addext subjectAltName=DNS:shop.example.com,DNS:mail.example.net", cwd=site)  # fmt: skip
        for key in ("host_key", "user_key"):
            run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", key, "-f", key], cwd=site)

    def write(self, name, text):
        """Writes a configuration; $folder in it is the folder of the lab."""
        (self.folder / name).write_text(Template(inspect.cleandoc(text)).substitute(folder=self.folder) + "\n")

    def make_directory(self, name, owner="root"):
        (self.folder / name).mkdir()
        shutil.chown(self.folder / name, owner)

    def python(self, *packages):
        """The interpreter of a new virtual environment with packages of PyPI."""
        folder = tempfile.mkdtemp(dir=self.folder)
        run([sys.executable, "-m", "venv", folder])
        run([f"{folder}/bin/pip", "install", "-q", *packages])
        return f"{folder}/bin/python"

    def multicast(self):
        """Sends what goes to groups over the wire, which has no default route, from addresses of the link too."""
        for number, namespace in ((1, CLIENT), (2, SERVER)):
            run(f"ip -n {namespace} route replace 224.0.0.0/4 dev wire{number}")
            run(f"ip -n {namespace} addr replace fe80::{number}/64 dev wire{number} nodad")

    @contextlib.contextmanager
    def wireguard(self):
        """A WireGuard network between the ends, 10.0.2.1 and 10.0.2.2."""
        keys = {number: run("wg genkey") for number in (1, 2)}
        with contextlib.ExitStack() as networks:
            for number, namespace in ((1, CLIENT), (2, SERVER)):
                peer = 3 - number
                (self.folder / f"wg{number}.key").write_text(keys[number])
                networks.enter_context(self.serve(namespace, f"wireguard-go -f wg{number}"))
                run(f"ip netns exec {namespace} wg set wg{number} listen-port 51820 private-key {self.folder}/wg{number}.key "
                    f"peer {run('wg pubkey', stdin=keys[peer]).strip()} allowed-ips 10.0.2.0/24 endpoint 10.0.0.{peer}:51820")  # fmt: skip
                run(f"ip -n {namespace} addr add 10.0.2.{number}/24 dev wg{number}")
                run(f"ip -n {namespace} link set wg{number} up")
            yield

    @contextlib.contextmanager
    def servers(self, *commands, seconds=1):
        """Runs programs on the server, and waits some seconds after the last."""
        with contextlib.ExitStack() as running:
            for command in commands:
                running.enter_context(self.serve(SERVER, command, seconds if command is commands[-1] else 0))
            yield

    @contextlib.contextmanager
    def serve(self, namespace, command, seconds=1):
        """Runs a program in a namespace for as long as the context lasts."""
        words = command.split() if isinstance(command, str) else command
        log = open(self.folder / "servers.log", "ab")
        program = subprocess.Popen(
            ["ip", "netns", "exec", namespace, *words], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            time.sleep(seconds)
            yield program
        finally:
            program.terminate()
            program.wait()
            log.close()

    @contextlib.contextmanager
    def overlay(self, name):
        with contextlib.ExitStack() as relays:
            for number, namespace in ((1, CLIENT), (2, SERVER)):
                relays.enter_context(self.serve(namespace, [sys.executable, __file__, "--relay", name, str(number)]))
            yield

    @contextlib.contextmanager
    def tunnel(self, tunnel):
        """The switches of both ends and a tunnel between them, through which the client reaches the servers."""
        run(f"ip -n {CLIENT} link add name trunk1 type veth peer name trunk2 netns {SERVER}")
        with contextlib.ExitStack() as switches:
            switches.callback(run, f"ip -n {CLIENT} link del trunk1")
            for number, namespace in ((1, CLIENT), (2, SERVER)):
                switches.enter_context(self.switch(tunnel, End(number), namespace))
            for host in HOSTS[2]:
                run(f"ip -n {CLIENT} route add 10.0.0.{host} via 10.0.1.2 dev overlay")
                run(f"ip -n {CLIENT} route add fd00::{host} via fd00:1::2 dev overlay src fd00:1::1")
            time.sleep(3)  # until the multicast listener reports are over
            yield

    @contextlib.contextmanager
    def switch(self, tunnel, end, namespace):
        """Runs Open vSwitch with the two bridges and the tunnel of one end."""
        trunk, peer = f"trunk{end.number}", 3 - end.number
        bridges = ("underlay", trunk, 3, 1500, []), ("overlay", "tunnel", 1, OVERLAY_MTU, tunnel.settings(end))
        run(f"ip netns exec {namespace} ethtool -K {trunk} tx off tso off gso off gro off")
        run(f"ip -n {namespace} link set {trunk} addrgenmode none")
        run(f"ip -n {namespace} link set {trunk} up")
        with contextlib.ExitStack() as running:
            folder = running.enter_context(tempfile.TemporaryDirectory(dir=self.folder))
            own = f"env OVS_RUNDIR={folder} OVS_DBDIR={folder} OVS_LOGDIR={folder}"
            for bridge, *_ in bridges:  # Open vSwitch leaves its devices behind
                running.callback(run, f"ip -n {namespace} link del {bridge}", check=False)
            run(f"{own} ovsdb-tool create")
            running.enter_context(self.serve(namespace, f"{own} ovsdb-server --remote=punix:{folder}/db.sock --unixctl={folder}/db.ctl"))
            running.enter_context(self.serve(namespace, f"{own} ovs-vswitchd --unixctl={folder}/switch.ctl"))
            for bridge, port, network, mtu, settings in bridges:
                mac, peer_mac = (f"02:00:00:00:0{network}:0{number}" for number in (end.number, peer))
                run([*f"{own} ovs-vsctl add-br {bridge} -- set bridge {bridge} datapath_type=netdev other_config:hwaddr={mac} "
                     f"-- add-port {bridge} {port} -- set interface {port} ofport_request=1".split(), *settings])  # fmt: skip
                run(f"ip -n {namespace} link set {bridge} addrgenmode none mtu {mtu}")
                run(f"ip -n {namespace} link set {bridge} up")
                for prefix, length in ((f"10.0.{network}.", "24"), (f"fd00:{network}::", "64 nodad")):
                    run(f"ip -n {namespace} addr add {prefix}{end.number}/{length} dev {bridge}")
                    if bridge == "overlay":
                        run(f"ip -n {namespace} neigh add {prefix}{peer} lladdr {peer_mac} dev {bridge}")
                    else:
                        run(f"{own} ovs-appctl -t {folder}/switch.ctl tnl/neigh/set {bridge} {prefix}{peer} {peer_mac}")
            if tunnel.geneve_option:
                run(f"{own} ovs-ofctl add-tlv-map overlay {tunnel.geneve_option}")
            run(f"{own} ovs-ofctl del-flows overlay")
            for flow in tunnel.flows:
                macs = {"mac": end.overlay_mac.hex(":"), "peer_mac": end.peer_overlay_mac.hex(":")}
                run([*f"{own} ovs-ofctl add-flow overlay".split(), Template(flow).substitute(macs)])
            yield

    @contextlib.contextmanager
    def tcpdump(self, file, interface="wire1", *options):
        """Records an interface of the client into a file of this folder while the context lasts."""
        command = ["ip", "netns", "exec", CLIENT, "tcpdump", "-Z", "root", "-U", "--immediate-mode", "-i", interface, *options]
        recorder = subprocess.Popen(command + ["-w", HERE / file], stderr=subprocess.PIPE, text=True)
        for line in recorder.stderr:
            if "listening on" in line:
                break
        else:
            raise SystemExit(f"tcpdump did not start on {interface}")
        yield
        time.sleep(0.5)
        recorder.send_signal(signal.SIGINT)
        recorder.communicate()
        print(f"{file}: {(HERE / file).stat().st_size} bytes")

    def client(self, command, stdin=""):
        """Runs a program on the client; a refused connection is part of the traffic, so its exit status is not looked at."""
        words = command.split() if isinstance(command, str) else command
        done = subprocess.run(
            ["ip", "netns", "exec", CLIENT, *words], cwd=self.folder, input=stdin.encode(), capture_output=True, timeout=30, check=False
        )
        with open(self.folder / "clients.log", "ab") as log:
            log.write(f"{command}: {done.returncode}\n".encode() + done.stdout + done.stderr)


def make_containers():
    """Puts http.pcap into other containers, whole, cut and damaged."""
    source, folder = HERE / "http.pcap", HERE / "containers"
    folder.mkdir(exist_ok=True)
    run(f"editcap -F pcapng {source} {folder}/http.pcapng")
    run(f"editcap -F nsecpcap {source} {folder}/http-nanosecond.pcap")
    run(f"editcap -F pcap -s 96 {source} {folder}/http-snaplen-96.pcap")
    run(f"mergecap -F pcapng -w {folder}/two-link-types.pcapng {source} {HERE}/raw-ip.pcap")
    for suffix, program in (("gz", "gzip -9n"), ("zst", "zstd -q -19"), ("xz", "xz -9")):
        with open(source, "rb") as original, open(folder / f"http.pcap.{suffix}", "wb") as packed:
            subprocess.run([*program.split(), "-c"], stdin=original, stdout=packed, check=True)
    little = source.read_bytes()
    (folder / "http-big-endian.pcap").write_bytes(big_endian(little))
    (folder / "http-truncated.pcap").write_bytes(little[: len(little) * 2 // 3])
    packed = (folder / "http.pcap.gz").read_bytes()
    (folder / "http-truncated.pcap.gz").write_bytes(packed[: len(packed) * 2 // 3])


def big_endian(little):
    """The same classic pcap with its own headers, not the packets, in the other byte order."""
    out = bytearray(struct.pack(">IHHIIII", *struct.unpack_from("<IHHIIII", little)))
    at = 24
    while at < len(little):
        record = struct.unpack_from("<IIII", little, at)
        out += struct.pack(">IIII", *record) + little[at + 16 : at + 16 + record[2]]
        at += 16 + record[2]
    return bytes(out)


def run(command, check=True, cwd=None, stdin=None):
    words = command.split() if isinstance(command, str) else command
    done = subprocess.run(words, cwd=cwd, input=stdin, capture_output=True, text=True)
    if check and done.returncode:
        raise SystemExit(f"{command}: {done.stderr.strip()}")
    return done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--relay", nargs=2, metavar=("ENCAPSULATION", "END"), help=argparse.SUPPRESS)
    parser.add_argument("--role", choices=ROLES, help=argparse.SUPPRESS)
    parser.add_argument("name", nargs="*", help=f"recordings to make (default: all): {' '.join(RECORDINGS)}")
    arguments = parser.parse_args()
    if arguments.relay:
        return relay(arguments.relay[0], int(arguments.relay[1]))
    if arguments.role:
        running = ROLES[arguments.role]()
        return asyncio.run(running) if inspect.iscoroutine(running) else None
    if unknown := [name for name in arguments.name if name not in RECORDINGS]:
        parser.error(f"no recording is called {' or '.join(unknown)}; there are: {' '.join(RECORDINGS)}")
    if os.geteuid() != 0:
        raise SystemExit("record.py: network namespaces need root; run it with sudo")
    names = arguments.name or list(RECORDINGS)
    wanted = [*PROGRAMS.split(), SSHD] + [program for name in names for program in getattr(RECORDINGS[name], "programs", ())]
    missing = [program for program in wanted if not shutil.which(program)]
    if missing:
        raise SystemExit(f"record.py: not installed: {' '.join(missing)}; the packages are named in the first lines of record.py")
    with tempfile.TemporaryDirectory(prefix="nfstream-record-") as folder, Lab(Path(folder)) as lab:
        for name in names:
            RECORDINGS[name](lab)
    make_containers()


if __name__ == "__main__":
    main()
