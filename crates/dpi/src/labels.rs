//! The labels by name. Generated from `data/labels.csv`: `cargo xtask generate`.

use crate::label::{Label, LabelEntry};

/// `Unknown`.
pub const UNKNOWN: Label = Label(0);
/// `FTP_CONTROL`.
pub const FTP_CONTROL: Label = Label(1);
/// `POP3`.
pub const POP3: Label = Label(2);
/// `SMTP`.
pub const SMTP: Label = Label(3);
/// `IMAP`.
pub const IMAP: Label = Label(4);
/// `DNS`.
pub const DNS: Label = Label(5);
/// `IPP`.
pub const IPP: Label = Label(6);
/// `HTTP`.
pub const HTTP: Label = Label(7);
/// `MDNS`.
pub const MDNS: Label = Label(8);
/// `NTP`.
pub const NTP: Label = Label(9);
/// `NetBIOS`.
pub const NETBIOS: Label = Label(10);
/// `NFS`.
pub const NFS: Label = Label(11);
/// `SSDP`.
pub const SSDP: Label = Label(12);
/// `BGP`.
pub const BGP: Label = Label(13);
/// `SNMP`.
pub const SNMP: Label = Label(14);
/// `XDMCP`.
pub const XDMCP: Label = Label(15);
/// `SMBv1`.
pub const SMBV1: Label = Label(16);
/// `Syslog`.
pub const SYSLOG: Label = Label(17);
/// `DHCP`.
pub const DHCP: Label = Label(18);
/// `PostgreSQL`.
pub const POSTGRESQL: Label = Label(19);
/// `MySQL`.
pub const MYSQL: Label = Label(20);
/// `Outlook`.
pub const OUTLOOK: Label = Label(21);
/// `VK`.
pub const VK: Label = Label(22);
/// `POPS`.
pub const POPS: Label = Label(23);
/// `Tailscale`.
pub const TAILSCALE: Label = Label(24);
/// `Yandex`.
pub const YANDEX: Label = Label(25);
/// `ntop`.
pub const NTOP: Label = Label(26);
/// `COAP`.
pub const COAP: Label = Label(27);
/// `VMware`.
pub const VMWARE: Label = Label(28);
/// `SMTPS`.
pub const SMTPS: Label = Label(29);
/// `DTLS`.
pub const DTLS: Label = Label(30);
/// `UBNTAC2`.
pub const UBNTAC2: Label = Label(31);
/// `BFCP`.
pub const BFCP: Label = Label(32);
/// `YandexMail`.
pub const YANDEXMAIL: Label = Label(33);
/// `YandexMusic`.
pub const YANDEXMUSIC: Label = Label(34);
/// `Gnutella`.
pub const GNUTELLA: Label = Label(35);
/// `eDonkey`.
pub const EDONKEY: Label = Label(36);
/// `BitTorrent`.
pub const BITTORRENT: Label = Label(37);
/// `TeamsCall`.
pub const TEAMSCALL: Label = Label(38);
/// `Signal`.
pub const SIGNAL: Label = Label(39);
/// `Memcached`.
pub const MEMCACHED: Label = Label(40);
/// `SMBv23`.
pub const SMBV23: Label = Label(41);
/// `Mining`.
pub const MINING: Label = Label(42);
/// `NestLogSink`.
pub const NESTLOGSINK: Label = Label(43);
/// `Modbus`.
pub const MODBUS: Label = Label(44);
/// `WhatsAppCall`.
pub const WHATSAPPCALL: Label = Label(45);
/// `DataSaver`.
pub const DATASAVER: Label = Label(46);
/// `Xbox`.
pub const XBOX: Label = Label(47);
/// `QQ`.
pub const QQ: Label = Label(48);
/// `TikTok`.
pub const TIKTOK: Label = Label(49);
/// `RTSP`.
pub const RTSP: Label = Label(50);
/// `IMAPS`.
pub const IMAPS: Label = Label(51);
/// `IceCast`.
pub const ICECAST: Label = Label(52);
/// `CPHA`.
pub const CPHA: Label = Label(53);
/// `iQIYI`.
pub const IQIYI: Label = Label(54);
/// `Zattoo`.
pub const ZATTOO: Label = Label(55);
/// `YandexMarket`.
pub const YANDEXMARKET: Label = Label(56);
/// `YandexDisk`.
pub const YANDEXDISK: Label = Label(57);
/// `Discord`.
pub const DISCORD: Label = Label(58);
/// `AdobeConnect`.
pub const ADOBECONNECT: Label = Label(59);
/// `MongoDB`.
pub const MONGODB: Label = Label(60);
/// `Pluralsight`.
pub const PLURALSIGHT: Label = Label(61);
/// `YandexCloud`.
pub const YANDEXCLOUD: Label = Label(62);
/// `OCSP`.
pub const OCSP: Label = Label(63);
/// `VXLAN`.
pub const VXLAN: Label = Label(64);
/// `IRC`.
pub const IRC: Label = Label(65);
/// `MerakiCloud`.
pub const MERAKICLOUD: Label = Label(66);
/// `Jabber`.
pub const JABBER: Label = Label(67);
/// `Nats`.
pub const NATS: Label = Label(68);
/// `AmongUs`.
pub const AMONGUS: Label = Label(69);
/// `Yahoo`.
pub const YAHOO: Label = Label(70);
/// `DisneyPlus`.
pub const DISNEYPLUS: Label = Label(71);
/// `HART-IP`.
pub const HART_IP: Label = Label(72);
/// `VRRP`.
pub const VRRP: Label = Label(73);
/// `Steam`.
pub const STEAM: Label = Label(74);
/// `MELSEC`.
pub const MELSEC: Label = Label(75);
/// `WorldOfWarcraft`.
pub const WORLDOFWARCRAFT: Label = Label(76);
/// `Telnet`.
pub const TELNET: Label = Label(77);
/// `STUN`.
pub const STUN: Label = Label(78);
/// `IPSec`.
pub const IPSEC: Label = Label(79);
/// `GRE`.
pub const GRE: Label = Label(80);
/// `ICMP`.
pub const ICMP: Label = Label(81);
/// `IGMP`.
pub const IGMP: Label = Label(82);
/// `EGP`.
pub const EGP: Label = Label(83);
/// `SCTP`.
pub const SCTP: Label = Label(84);
/// `IP_OSPF`.
pub const IP_OSPF: Label = Label(85);
/// `IP_in_IP`.
pub const IP_IN_IP: Label = Label(86);
/// `RTP`.
pub const RTP: Label = Label(87);
/// `RDP`.
pub const RDP: Label = Label(88);
/// `VNC`.
pub const VNC: Label = Label(89);
/// `Tumblr`.
pub const TUMBLR: Label = Label(90);
/// `TLS`.
pub const TLS: Label = Label(91);
/// `SSH`.
pub const SSH: Label = Label(92);
/// `Usenet`.
pub const USENET: Label = Label(93);
/// `MGCP`.
pub const MGCP: Label = Label(94);
/// `IAX`.
pub const IAX: Label = Label(95);
/// `TFTP`.
pub const TFTP: Label = Label(96);
/// `AFP`.
pub const AFP: Label = Label(97);
/// `YandexMetrika`.
pub const YANDEXMETRIKA: Label = Label(98);
/// `YandexDirect`.
pub const YANDEXDIRECT: Label = Label(99);
/// `SIP`.
pub const SIP: Label = Label(100);
/// `TruPhone`.
pub const TRUPHONE: Label = Label(101);
/// `ICMPV6`.
pub const ICMPV6: Label = Label(102);
/// `DHCPV6`.
pub const DHCPV6: Label = Label(103);
/// `Armagetron`.
pub const ARMAGETRON: Label = Label(104);
/// `Crossfire`.
pub const CROSSFIRE: Label = Label(105);
/// `Dofus`.
pub const DOFUS: Label = Label(106);
/// `Blacknut`.
pub const BLACKNUT: Label = Label(107);
/// `Boosteroid`.
pub const BOOSTEROID: Label = Label(108);
/// `GuildWars2`.
pub const GUILDWARS2: Label = Label(109);
/// `AmazonAlexa`.
pub const AMAZONALEXA: Label = Label(110);
/// `Kerberos`.
pub const KERBEROS: Label = Label(111);
/// `LDAP`.
pub const LDAP: Label = Label(112);
/// `Nexon`.
pub const NEXON: Label = Label(113);
/// `MsSQL-TDS`.
pub const MSSQL_TDS: Label = Label(114);
/// `PPTP`.
pub const PPTP: Label = Label(115);
/// `AH`.
pub const AH: Label = Label(116);
/// `ESP`.
pub const ESP: Label = Label(117);
/// `Slack`.
pub const SLACK: Label = Label(118);
/// `Facebook`.
pub const FACEBOOK: Label = Label(119);
/// `Twitter`.
pub const TWITTER: Label = Label(120);
/// `Dropbox`.
pub const DROPBOX: Label = Label(121);
/// `GMail`.
pub const GMAIL: Label = Label(122);
/// `GoogleMaps`.
pub const GOOGLEMAPS: Label = Label(123);
/// `YouTube`.
pub const YOUTUBE: Label = Label(124);
/// `Mozilla`.
pub const MOZILLA: Label = Label(125);
/// `Google`.
pub const GOOGLE: Label = Label(126);
/// `MS-RPCH`.
pub const MS_RPCH: Label = Label(127);
/// `NetFlow`.
pub const NETFLOW: Label = Label(128);
/// `sFlow`.
pub const SFLOW: Label = Label(129);
/// `HTTP_Connect`.
pub const HTTP_CONNECT: Label = Label(130);
/// `HTTP_Proxy`.
pub const HTTP_PROXY: Label = Label(131);
/// `Citrix`.
pub const CITRIX: Label = Label(132);
/// `NetFlix`.
pub const NETFLIX: Label = Label(133);
/// `LastFM`.
pub const LASTFM: Label = Label(134);
/// `Waze`.
pub const WAZE: Label = Label(135);
/// `YouTubeUpload`.
pub const YOUTUBEUPLOAD: Label = Label(136);
/// `Hulu`.
pub const HULU: Label = Label(137);
/// `CHECKMK`.
pub const CHECKMK: Label = Label(138);
/// `AJP`.
pub const AJP: Label = Label(139);
/// `Apple`.
pub const APPLE: Label = Label(140);
/// `Webex`.
pub const WEBEX: Label = Label(141);
/// `WhatsApp`.
pub const WHATSAPP: Label = Label(142);
/// `AppleiCloud`.
pub const APPLEICLOUD: Label = Label(143);
/// `Viber`.
pub const VIBER: Label = Label(144);
/// `AppleiTunes`.
pub const APPLEITUNES: Label = Label(145);
/// `Radius`.
pub const RADIUS: Label = Label(146);
/// `WindowsUpdate`.
pub const WINDOWSUPDATE: Label = Label(147);
/// `TeamViewer`.
pub const TEAMVIEWER: Label = Label(148);
/// `EthernetGlobalData`.
pub const ETHERNETGLOBALDATA: Label = Label(149);
/// `HCL_Notes`.
pub const HCL_NOTES: Label = Label(150);
/// `SAP`.
pub const SAP: Label = Label(151);
/// `GTP`.
pub const GTP: Label = Label(152);
/// `WSD`.
pub const WSD: Label = Label(153);
/// `LLMNR`.
pub const LLMNR: Label = Label(154);
/// `TocaBoca`.
pub const TOCABOCA: Label = Label(155);
/// `Spotify`.
pub const SPOTIFY: Label = Label(156);
/// `FacebookMessenger`.
pub const FACEBOOKMESSENGER: Label = Label(157);
/// `H323`.
pub const H323: Label = Label(158);
/// `OpenVPN`.
pub const OPENVPN: Label = Label(159);
/// `NOE`.
pub const NOE: Label = Label(160);
/// `CiscoVPN`.
pub const CISCOVPN: Label = Label(161);
/// `TeamSpeak`.
pub const TEAMSPEAK: Label = Label(162);
/// `Tor`.
pub const TOR: Label = Label(163);
/// `CiscoSkinny`.
pub const CISCOSKINNY: Label = Label(164);
/// `RTCP`.
pub const RTCP: Label = Label(165);
/// `RSYNC`.
pub const RSYNC: Label = Label(166);
/// `Oracle`.
pub const ORACLE: Label = Label(167);
/// `Corba`.
pub const CORBA: Label = Label(168);
/// `Canonical`.
pub const CANONICAL: Label = Label(169);
/// `Whois-DAS`.
pub const WHOIS_DAS: Label = Label(170);
/// `SD-RTN`.
pub const SD_RTN: Label = Label(171);
/// `SOCKS`.
pub const SOCKS: Label = Label(172);
/// `Nintendo`.
pub const NINTENDO: Label = Label(173);
/// `RTMP`.
pub const RTMP: Label = Label(174);
/// `FTP_DATA`.
pub const FTP_DATA: Label = Label(175);
/// `Wikipedia`.
pub const WIKIPEDIA: Label = Label(176);
/// `ZeroMQ`.
pub const ZEROMQ: Label = Label(177);
/// `Amazon`.
pub const AMAZON: Label = Label(178);
/// `eBay`.
pub const EBAY: Label = Label(179);
/// `CNN`.
pub const CNN: Label = Label(180);
/// `Megaco`.
pub const MEGACO: Label = Label(181);
/// `RESP`.
pub const RESP: Label = Label(182);
/// `Pinterest`.
pub const PINTEREST: Label = Label(183);
/// `OSPF`.
pub const OSPF: Label = Label(184);
/// `Telegram`.
pub const TELEGRAM: Label = Label(185);
/// `CoD_Mobile`.
pub const COD_MOBILE: Label = Label(186);
/// `Pandora`.
pub const PANDORA: Label = Label(187);
/// `QUIC`.
pub const QUIC: Label = Label(188);
/// `Zoom`.
pub const ZOOM: Label = Label(189);
/// `EAQ`.
pub const EAQ: Label = Label(190);
/// `Ookla`.
pub const OOKLA: Label = Label(191);
/// `AMQP`.
pub const AMQP: Label = Label(192);
/// `KakaoTalk`.
pub const KAKAOTALK: Label = Label(193);
/// `KakaoTalk_Voice`.
pub const KAKAOTALK_VOICE: Label = Label(194);
/// `Twitch`.
pub const TWITCH: Label = Label(195);
/// `DoH_DoT`.
pub const DOH_DOT: Label = Label(196);
/// `WeChat`.
pub const WECHAT: Label = Label(197);
/// `MPEG_TS`.
pub const MPEG_TS: Label = Label(198);
/// `Snapchat`.
pub const SNAPCHAT: Label = Label(199);
/// `Sina`.
pub const SINA: Label = Label(200);
/// `GoogleMeet`.
pub const GOOGLEMEET: Label = Label(201);
/// `IFLIX`.
pub const IFLIX: Label = Label(202);
/// `Github`.
pub const GITHUB: Label = Label(203);
/// `BJNP`.
pub const BJNP: Label = Label(204);
/// `Reddit`.
pub const REDDIT: Label = Label(205);
/// `WireGuard`.
pub const WIREGUARD: Label = Label(206);
/// `SMPP`.
pub const SMPP: Label = Label(207);
/// `DNScrypt`.
pub const DNSCRYPT: Label = Label(208);
/// `TINC`.
pub const TINC: Label = Label(209);
/// `Deezer`.
pub const DEEZER: Label = Label(210);
/// `Instagram`.
pub const INSTAGRAM: Label = Label(211);
/// `Microsoft`.
pub const MICROSOFT: Label = Label(212);
/// `Blizzard`.
pub const BLIZZARD: Label = Label(213);
/// `Teredo`.
pub const TEREDO: Label = Label(214);
/// `HotspotShield`.
pub const HOTSPOTSHIELD: Label = Label(215);
/// `IMO`.
pub const IMO: Label = Label(216);
/// `GoogleDrive`.
pub const GOOGLEDRIVE: Label = Label(217);
/// `OCS`.
pub const OCS: Label = Label(218);
/// `Microsoft365`.
pub const MICROSOFT365: Label = Label(219);
/// `Cloudflare`.
pub const CLOUDFLARE: Label = Label(220);
/// `MS_OneDrive`.
pub const MS_ONEDRIVE: Label = Label(221);
/// `MQTT`.
pub const MQTT: Label = Label(222);
/// `RX`.
pub const RX: Label = Label(223);
/// `AppleStore`.
pub const APPLESTORE: Label = Label(224);
/// `OpenDNS`.
pub const OPENDNS: Label = Label(225);
/// `Git`.
pub const GIT: Label = Label(226);
/// `DRDA`.
pub const DRDA: Label = Label(227);
/// `PlayStore`.
pub const PLAYSTORE: Label = Label(228);
/// `SOMEIP`.
pub const SOMEIP: Label = Label(229);
/// `FIX`.
pub const FIX: Label = Label(230);
/// `Playstation`.
pub const PLAYSTATION: Label = Label(231);
/// `Pastebin`.
pub const PASTEBIN: Label = Label(232);
/// `LinkedIn`.
pub const LINKEDIN: Label = Label(233);
/// `SoundCloud`.
pub const SOUNDCLOUD: Label = Label(234);
/// `SteamDatagramRelay`.
pub const STEAMDATAGRAMRELAY: Label = Label(235);
/// `LISP`.
pub const LISP: Label = Label(236);
/// `Diameter`.
pub const DIAMETER: Label = Label(237);
/// `ApplePush`.
pub const APPLEPUSH: Label = Label(238);
/// `GoogleServices`.
pub const GOOGLESERVICES: Label = Label(239);
/// `AmazonVideo`.
pub const AMAZONVIDEO: Label = Label(240);
/// `GoogleDocs`.
pub const GOOGLEDOCS: Label = Label(241);
/// `WhatsAppFiles`.
pub const WHATSAPPFILES: Label = Label(242);
/// `TargusDataspeed`.
pub const TARGUSDATASPEED: Label = Label(243);
/// `DNP3`.
pub const DNP3: Label = Label(244);
/// `IEC60870`.
pub const IEC60870: Label = Label(245);
/// `Bloomberg`.
pub const BLOOMBERG: Label = Label(246);
/// `CAPWAP`.
pub const CAPWAP: Label = Label(247);
/// `Zabbix`.
pub const ZABBIX: Label = Label(248);
/// `S7Comm`.
pub const S7COMM: Label = Label(249);
/// `Teams`.
pub const TEAMS: Label = Label(250);
/// `WebSocket`.
pub const WEBSOCKET: Label = Label(251);
/// `AnyDesk`.
pub const ANYDESK: Label = Label(252);
/// `SOAP`.
pub const SOAP: Label = Label(253);
/// `AppleSiri`.
pub const APPLESIRI: Label = Label(254);
/// `SnapchatCall`.
pub const SNAPCHATCALL: Label = Label(255);
/// `HP_VIRTGRP`.
pub const HP_VIRTGRP: Label = Label(256);
/// `GenshinImpact`.
pub const GENSHINIMPACT: Label = Label(257);
/// `Activision`.
pub const ACTIVISION: Label = Label(258);
/// `FortiClient`.
pub const FORTICLIENT: Label = Label(259);
/// `Z3950`.
pub const Z3950: Label = Label(260);
/// `Likee`.
pub const LIKEE: Label = Label(261);
/// `GitLab`.
pub const GITLAB: Label = Label(262);
/// `AVASTSecureDNS`.
pub const AVASTSECUREDNS: Label = Label(263);
/// `Cassandra`.
pub const CASSANDRA: Label = Label(264);
/// `AmazonAWS`.
pub const AMAZONAWS: Label = Label(265);
/// `Salesforce`.
pub const SALESFORCE: Label = Label(266);
/// `Vimeo`.
pub const VIMEO: Label = Label(267);
/// `FacebookVoip`.
pub const FACEBOOKVOIP: Label = Label(268);
/// `SignalVoip`.
pub const SIGNALVOIP: Label = Label(269);
/// `Fuze`.
pub const FUZE: Label = Label(270);
/// `GTP_U`.
pub const GTP_U: Label = Label(271);
/// `GTP_C`.
pub const GTP_C: Label = Label(272);
/// `GTP_PRIME`.
pub const GTP_PRIME: Label = Label(273);
/// `Alibaba`.
pub const ALIBABA: Label = Label(274);
/// `Crashlytics`.
pub const CRASHLYTICS: Label = Label(275);
/// `Azure`.
pub const AZURE: Label = Label(276);
/// `iCloudPrivateRelay`.
pub const ICLOUDPRIVATERELAY: Label = Label(277);
/// `EthernetIP`.
pub const ETHERNETIP: Label = Label(278);
/// `Badoo`.
pub const BADOO: Label = Label(279);
/// `AccuWeather`.
pub const ACCUWEATHER: Label = Label(280);
/// `GoogleClassroom`.
pub const GOOGLECLASSROOM: Label = Label(281);
/// `HSRP`.
pub const HSRP: Label = Label(282);
/// `Cybersec`.
pub const CYBERSEC: Label = Label(283);
/// `GoogleCloud`.
pub const GOOGLECLOUD: Label = Label(284);
/// `Tencent`.
pub const TENCENT: Label = Label(285);
/// `RakNet`.
pub const RAKNET: Label = Label(286);
/// `Xiaomi`.
pub const XIAOMI: Label = Label(287);
/// `Edgecast`.
pub const EDGECAST: Label = Label(288);
/// `Cachefly`.
pub const CACHEFLY: Label = Label(289);
/// `Softether`.
pub const SOFTETHER: Label = Label(290);
/// `MpegDash`.
pub const MPEGDASH: Label = Label(291);
/// `Dazn`.
pub const DAZN: Label = Label(292);
/// `GoTo`.
pub const GOTO: Label = Label(293);
/// `RSH`.
pub const RSH: Label = Label(294);
/// `1kxun`.
pub const _1KXUN: Label = Label(295);
/// `PGM`.
pub const PGM: Label = Label(296);
/// `IP_PIM`.
pub const IP_PIM: Label = Label(297);
/// `collectd`.
pub const COLLECTD: Label = Label(298);
/// `TunnelBear`.
pub const TUNNELBEAR: Label = Label(299);
/// `CloudflareWarp`.
pub const CLOUDFLAREWARP: Label = Label(300);
/// `i3D`.
pub const I3D: Label = Label(301);
/// `RiotGames`.
pub const RIOTGAMES: Label = Label(302);
/// `Psiphon`.
pub const PSIPHON: Label = Label(303);
/// `UltraSurf`.
pub const ULTRASURF: Label = Label(304);
/// `Threema`.
pub const THREEMA: Label = Label(305);
/// `AliCloud`.
pub const ALICLOUD: Label = Label(306);
/// `AVAST`.
pub const AVAST: Label = Label(307);
/// `TiVoConnect`.
pub const TIVOCONNECT: Label = Label(308);
/// `Kismet`.
pub const KISMET: Label = Label(309);
/// `FastCGI`.
pub const FASTCGI: Label = Label(310);
/// `FTPS`.
pub const FTPS: Label = Label(311);
/// `NAT-PMP`.
pub const NAT_PMP: Label = Label(312);
/// `Syncthing`.
pub const SYNCTHING: Label = Label(313);
/// `CryNetwork`.
pub const CRYNETWORK: Label = Label(314);
/// `Line`.
pub const LINE: Label = Label(315);
/// `LineCall`.
pub const LINECALL: Label = Label(316);
/// `AppleTVPlus`.
pub const APPLETVPLUS: Label = Label(317);
/// `DirecTV`.
pub const DIRECTV: Label = Label(318);
/// `HBO`.
pub const HBO: Label = Label(319);
/// `Vudu`.
pub const VUDU: Label = Label(320);
/// `Showtime`.
pub const SHOWTIME: Label = Label(321);
/// `Dailymotion`.
pub const DAILYMOTION: Label = Label(322);
/// `Livestream`.
pub const LIVESTREAM: Label = Label(323);
/// `Tencentvideo`.
pub const TENCENTVIDEO: Label = Label(324);
/// `IHeartRadio`.
pub const IHEARTRADIO: Label = Label(325);
/// `Tidal`.
pub const TIDAL: Label = Label(326);
/// `TuneIn`.
pub const TUNEIN: Label = Label(327);
/// `SiriusXMRadio`.
pub const SIRIUSXMRADIO: Label = Label(328);
/// `Munin`.
pub const MUNIN: Label = Label(329);
/// `Elasticsearch`.
pub const ELASTICSEARCH: Label = Label(330);
/// `TuyaLP`.
pub const TUYALP: Label = Label(331);
/// `TPLINK_SHP`.
pub const TPLINK_SHP: Label = Label(332);
/// `Source_Engine`.
pub const SOURCE_ENGINE: Label = Label(333);
/// `BACnet`.
pub const BACNET: Label = Label(334);
/// `OICQ`.
pub const OICQ: Label = Label(335);
/// `Heroes_of_the_Storm`.
pub const HEROES_OF_THE_STORM: Label = Label(336);
/// `FbookReelStory`.
pub const FBOOKREELSTORY: Label = Label(337);
/// `SRTP`.
pub const SRTP: Label = Label(338);
/// `OperaVPN`.
pub const OPERAVPN: Label = Label(339);
/// `EpicGames`.
pub const EPICGAMES: Label = Label(340);
/// `GeForceNow`.
pub const GEFORCENOW: Label = Label(341);
/// `Nvidia`.
pub const NVIDIA: Label = Label(342);
/// `BITCOIN`.
pub const BITCOIN: Label = Label(343);
/// `ProtonVPN`.
pub const PROTONVPN: Label = Label(344);
/// `Thrift`.
pub const THRIFT: Label = Label(345);
/// `Roblox`.
pub const ROBLOX: Label = Label(346);
/// `Service_Location_Protocol`.
pub const SERVICE_LOCATION_PROTOCOL: Label = Label(347);
/// `Mullvad`.
pub const MULLVAD: Label = Label(348);
/// `HTTP2`.
pub const HTTP2: Label = Label(349);
/// `HAProxy`.
pub const HAPROXY: Label = Label(350);
/// `RMCP`.
pub const RMCP: Label = Label(351);
/// `Controller_Area_Network`.
pub const CONTROLLER_AREA_NETWORK: Label = Label(352);
/// `Protobuf`.
pub const PROTOBUF: Label = Label(353);
/// `ETHEREUM`.
pub const ETHEREUM: Label = Label(354);
/// `TelegramVoip`.
pub const TELEGRAMVOIP: Label = Label(355);
/// `SinaWeibo`.
pub const SINAWEIBO: Label = Label(356);
/// `TeslaServices`.
pub const TESLASERVICES: Label = Label(357);
/// `PTPv2`.
pub const PTPV2: Label = Label(358);
/// `RTPS`.
pub const RTPS: Label = Label(359);
/// `OPC-UA`.
pub const OPC_UA: Label = Label(360);
/// `S7CommPlus`.
pub const S7COMMPLUS: Label = Label(361);
/// `FINS`.
pub const FINS: Label = Label(362);
/// `EtherSIO`.
pub const ETHERSIO: Label = Label(363);
/// `UMAS`.
pub const UMAS: Label = Label(364);
/// `BeckhoffADS`.
pub const BECKHOFFADS: Label = Label(365);
/// `ISO9506-1-MMS`.
pub const ISO9506_1_MMS: Label = Label(366);
/// `IEEE-C37118`.
pub const IEEE_C37118: Label = Label(367);
/// `Ether-S-Bus`.
pub const ETHER_S_BUS: Label = Label(368);
/// `Monero`.
pub const MONERO: Label = Label(369);
/// `DCERPC`.
pub const DCERPC: Label = Label(370);
/// `PROFINET_IO`.
pub const PROFINET_IO: Label = Label(371);
/// `HiSLIP`.
pub const HISLIP: Label = Label(372);
/// `UFTP`.
pub const UFTP: Label = Label(373);
/// `OpenFlow`.
pub const OPENFLOW: Label = Label(374);
/// `JSON-RPC`.
pub const JSON_RPC: Label = Label(375);
/// `WebDAV`.
pub const WEBDAV: Label = Label(376);
/// `Kafka`.
pub const KAFKA: Label = Label(377);
/// `NoMachine`.
pub const NOMACHINE: Label = Label(378);
/// `IEC62056`.
pub const IEC62056: Label = Label(379);
/// `HL7`.
pub const HL7: Label = Label(380);
/// `Ceph`.
pub const CEPH: Label = Label(381);
/// `GoogleChat`.
pub const GOOGLECHAT: Label = Label(382);
/// `Roughtime`.
pub const ROUGHTIME: Label = Label(383);
/// `PrivateInternetAccess`.
pub const PRIVATEINTERNETACCESS: Label = Label(384);
/// `KCP`.
pub const KCP: Label = Label(385);
/// `Dota2`.
pub const DOTA2: Label = Label(386);
/// `Mumble`.
pub const MUMBLE: Label = Label(387);
/// `Yojimbo`.
pub const YOJIMBO: Label = Label(388);
/// `ElectronicArts`.
pub const ELECTRONICARTS: Label = Label(389);
/// `STOMP`.
pub const STOMP: Label = Label(390);
/// `Radmin`.
pub const RADMIN: Label = Label(391);
/// `Raft`.
pub const RAFT: Label = Label(392);
/// `CIP`.
pub const CIP: Label = Label(393);
/// `Gearman`.
pub const GEARMAN: Label = Label(394);
/// `TencentGames`.
pub const TENCENTGAMES: Label = Label(395);
/// `GaijinEntertainment`.
pub const GAIJINENTERTAINMENT: Label = Label(396);
/// `ANSI_C1222`.
pub const ANSI_C1222: Label = Label(397);
/// `Huawei`.
pub const HUAWEI: Label = Label(398);
/// `HuaweiCloud`.
pub const HUAWEICLOUD: Label = Label(399);
/// `DLEP`.
pub const DLEP: Label = Label(400);
/// `BFD`.
pub const BFD: Label = Label(401);
/// `NetEaseGames`.
pub const NETEASEGAMES: Label = Label(402);
/// `PathofExile`.
pub const PATHOFEXILE: Label = Label(403);
/// `GoogleCall`.
pub const GOOGLECALL: Label = Label(404);
/// `PFCP`.
pub const PFCP: Label = Label(405);
/// `FLUTE`.
pub const FLUTE: Label = Label(406);
/// `LoLWildRift`.
pub const LOLWILDRIFT: Label = Label(407);
/// `TES_Online`.
pub const TES_ONLINE: Label = Label(408);
/// `LDP`.
pub const LDP: Label = Label(409);
/// `KNXnet_IP`.
pub const KNXNET_IP: Label = Label(410);
/// `Bluesky`.
pub const BLUESKY: Label = Label(411);
/// `Mastodon`.
pub const MASTODON: Label = Label(412);
/// `Threads`.
pub const THREADS: Label = Label(413);
/// `ViberVoip`.
pub const VIBERVOIP: Label = Label(414);
/// `ZUG`.
pub const ZUG: Label = Label(415);
/// `JRMI`.
pub const JRMI: Label = Label(416);
/// `RipeAtlas`.
pub const RIPEATLAS: Label = Label(417);
/// `HLS`.
pub const HLS: Label = Label(418);
/// `ClickHouse`.
pub const CLICKHOUSE: Label = Label(419);
/// `Nano`.
pub const NANO: Label = Label(420);
/// `OpenWire`.
pub const OPENWIRE: Label = Label(421);
/// `CNP-IP`.
pub const CNP_IP: Label = Label(422);
/// `ATG`.
pub const ATG: Label = Label(423);
/// `TRDP`.
pub const TRDP: Label = Label(424);
/// `Lustre`.
pub const LUSTRE: Label = Label(425);
/// `NordVPN`.
pub const NORDVPN: Label = Label(426);
/// `SurfShark`.
pub const SURFSHARK: Label = Label(427);
/// `CactusVPN`.
pub const CACTUSVPN: Label = Label(428);
/// `Windscribe`.
pub const WINDSCRIBE: Label = Label(429);
/// `Sonos`.
pub const SONOS: Label = Label(430);
/// `DingTalk`.
pub const DINGTALK: Label = Label(431);
/// `Paltalk`.
pub const PALTALK: Label = Label(432);
/// `Naver`.
pub const NAVER: Label = Label(433);
/// `Shein`.
pub const SHEIN: Label = Label(434);
/// `Temu`.
pub const TEMU: Label = Label(435);
/// `Taobao`.
pub const TAOBAO: Label = Label(436);
/// `Mikrotik`.
pub const MIKROTIK: Label = Label(437);
/// `DICOM`.
pub const DICOM: Label = Label(438);
/// `ParamountPlus`.
pub const PARAMOUNTPLUS: Label = Label(439);
/// `YandexAlice`.
pub const YANDEXALICE: Label = Label(440);
/// `Vivox`.
pub const VIVOX: Label = Label(441);
/// `DigitalOcean`.
pub const DIGITALOCEAN: Label = Label(442);
/// `RUTUBE`.
pub const RUTUBE: Label = Label(443);
/// `LagoFast`.
pub const LAGOFAST: Label = Label(444);
/// `GearUP_Booster`.
pub const GEARUP_BOOSTER: Label = Label(445);
/// `Rumble`.
pub const RUMBLE: Label = Label(446);
/// `Ubiquity`.
pub const UBIQUITY: Label = Label(447);
/// `MSDO`.
pub const MSDO: Label = Label(448);
/// `RockstarGames`.
pub const ROCKSTARGAMES: Label = Label(449);
/// `Kick`.
pub const KICK: Label = Label(450);
/// `Hamachi`.
pub const HAMACHI: Label = Label(451);
/// `GLBP`.
pub const GLBP: Label = Label(452);
/// `EasyWeather`.
pub const EASYWEATHER: Label = Label(453);
/// `Mudfish`.
pub const MUDFISH: Label = Label(454);
/// `TriStation`.
pub const TRISTATION: Label = Label(455);
/// `SamsungSDP`.
pub const SAMSUNGSDP: Label = Label(456);
/// `Matter`.
pub const MATTER: Label = Label(457);
/// `AWS_Cognito`.
pub const AWS_COGNITO: Label = Label(458);
/// `AWS_API_Gateway`.
pub const AWS_API_GATEWAY: Label = Label(459);
/// `AWS_Kinesis`.
pub const AWS_KINESIS: Label = Label(460);
/// `AWS_EC2`.
pub const AWS_EC2: Label = Label(461);
/// `AWS_EMR`.
pub const AWS_EMR: Label = Label(462);
/// `AWS_S3`.
pub const AWS_S3: Label = Label(463);
/// `AWS_Cloudfront`.
pub const AWS_CLOUDFRONT: Label = Label(464);
/// `AWS_DynamoDB`.
pub const AWS_DYNAMODB: Label = Label(465);
/// `Espn`.
pub const ESPN: Label = Label(466);
/// `Akamai`.
pub const AKAMAI: Label = Label(467);
/// `L2TP`.
pub const L2TP: Label = Label(1000);
/// `Geneve`.
pub const GENEVE: Label = Label(1001);
/// `RIP`.
pub const RIP: Label = Label(1002);
/// `EIGRP`.
pub const EIGRP: Label = Label(1003);
/// `gRPC`.
pub const GRPC: Label = Label(1004);

pub(crate) const LABELS: &[LabelEntry] = &[
    LabelEntry { name: "Unknown", category: "Unspecified", breed: "Unrated", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "FTP_CONTROL", category: "Download", breed: "Unsafe", udp_ports: &[], tcp_ports: &[21] },
    LabelEntry { name: "POP3", category: "Email", breed: "Unsafe", udp_ports: &[], tcp_ports: &[110] },
    LabelEntry { name: "SMTP", category: "Email", breed: "Acceptable", udp_ports: &[], tcp_ports: &[25, 587] },
    LabelEntry { name: "IMAP", category: "Email", breed: "Unsafe", udp_ports: &[], tcp_ports: &[143] },
    LabelEntry { name: "DNS", category: "Network", breed: "Acceptable", udp_ports: &[53], tcp_ports: &[53] },
    LabelEntry { name: "IPP", category: "System", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "HTTP", category: "Web", breed: "Acceptable", udp_ports: &[], tcp_ports: &[80] },
    LabelEntry { name: "MDNS", category: "Network", breed: "Acceptable", udp_ports: &[5353, 5354], tcp_ports: &[] },
    LabelEntry { name: "NTP", category: "System", breed: "Acceptable", udp_ports: &[123], tcp_ports: &[] },
    LabelEntry { name: "NetBIOS", category: "System", breed: "Acceptable", udp_ports: &[137, 138, 139], tcp_ports: &[139] },
    LabelEntry { name: "NFS", category: "DataTransfer", breed: "Acceptable", udp_ports: &[2049], tcp_ports: &[2049] },
    LabelEntry { name: "SSDP", category: "System", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "BGP", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[179, 2605] },
    LabelEntry { name: "SNMP", category: "Network", breed: "Acceptable", udp_ports: &[161, 162], tcp_ports: &[] },
    LabelEntry { name: "XDMCP", category: "RemoteAccess", breed: "Acceptable", udp_ports: &[177], tcp_ports: &[177] },
    LabelEntry { name: "SMBv1", category: "System", breed: "Dangerous", udp_ports: &[], tcp_ports: &[445] },
    LabelEntry { name: "Syslog", category: "System", breed: "Acceptable", udp_ports: &[514], tcp_ports: &[514, 601, 6514] },
    LabelEntry { name: "DHCP", category: "Network", breed: "Acceptable", udp_ports: &[67, 68], tcp_ports: &[] },
    LabelEntry { name: "PostgreSQL", category: "Database", breed: "Acceptable", udp_ports: &[], tcp_ports: &[5432] },
    LabelEntry { name: "MySQL", category: "Database", breed: "Acceptable", udp_ports: &[], tcp_ports: &[3306] },
    LabelEntry { name: "Outlook", category: "Email", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "VK", category: "SocialNetwork", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "POPS", category: "Email", breed: "Safe", udp_ports: &[], tcp_ports: &[995] },
    LabelEntry { name: "Tailscale", category: "VPN", breed: "Acceptable", udp_ports: &[41641], tcp_ports: &[] },
    LabelEntry { name: "Yandex", category: "Web", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "ntop", category: "Network", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "COAP", category: "RPC", breed: "Safe", udp_ports: &[5683, 5684], tcp_ports: &[] },
    LabelEntry { name: "VMware", category: "RemoteAccess", breed: "Acceptable", udp_ports: &[902, 903], tcp_ports: &[903] },
    LabelEntry { name: "SMTPS", category: "Email", breed: "Safe", udp_ports: &[], tcp_ports: &[465] },
    LabelEntry { name: "DTLS", category: "Web", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "UBNTAC2", category: "Network", breed: "Safe", udp_ports: &[10001], tcp_ports: &[] },
    LabelEntry { name: "BFCP", category: "Video", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "YandexMail", category: "Email", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "YandexMusic", category: "Music", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Gnutella", category: "Download", breed: "Potentially_Dangerous", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "eDonkey", category: "Download", breed: "Unsafe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "BitTorrent", category: "Download", breed: "Acceptable", udp_ports: &[6771, 51413], tcp_ports: &[51413, 53646] },
    LabelEntry { name: "TeamsCall", category: "VoIP", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Signal", category: "Chat", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Memcached", category: "Network", breed: "Acceptable", udp_ports: &[11211], tcp_ports: &[11211] },
    LabelEntry { name: "SMBv23", category: "System", breed: "Acceptable", udp_ports: &[], tcp_ports: &[445] },
    LabelEntry { name: "Mining", category: "Mining", breed: "Unsafe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "NestLogSink", category: "Cloud", breed: "Acceptable", udp_ports: &[], tcp_ports: &[11095] },
    LabelEntry { name: "Modbus", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[], tcp_ports: &[502] },
    LabelEntry { name: "WhatsAppCall", category: "VoIP", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "DataSaver", category: "Web", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Xbox", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "QQ", category: "Download", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "TikTok", category: "SocialNetwork", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "RTSP", category: "Media", breed: "Fun", udp_ports: &[554], tcp_ports: &[554] },
    LabelEntry { name: "IMAPS", category: "Email", breed: "Safe", udp_ports: &[], tcp_ports: &[993] },
    LabelEntry { name: "IceCast", category: "Media", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "CPHA", category: "Network", breed: "Fun", udp_ports: &[8116], tcp_ports: &[] },
    LabelEntry { name: "iQIYI", category: "Streaming", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Zattoo", category: "Video", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "YandexMarket", category: "Shopping", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "YandexDisk", category: "Cloud", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Discord", category: "Collaborative", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "AdobeConnect", category: "Video", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "MongoDB", category: "Database", breed: "Acceptable", udp_ports: &[], tcp_ports: &[27017] },
    LabelEntry { name: "Pluralsight", category: "Streaming", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "YandexCloud", category: "Cloud", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "OCSP", category: "Network", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "VXLAN", category: "Network", breed: "Acceptable", udp_ports: &[4789], tcp_ports: &[] },
    LabelEntry { name: "IRC", category: "Chat", breed: "Unsafe", udp_ports: &[194], tcp_ports: &[194] },
    LabelEntry { name: "MerakiCloud", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Jabber", category: "Web", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Nats", category: "RPC", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "AmongUs", category: "Game", breed: "Fun", udp_ports: &[22023], tcp_ports: &[] },
    LabelEntry { name: "Yahoo", category: "Email", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "DisneyPlus", category: "Streaming", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "HART-IP", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[], tcp_ports: &[5094] },
    LabelEntry { name: "VRRP", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Steam", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "MELSEC", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "WorldOfWarcraft", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Telnet", category: "RemoteAccess", breed: "Unsafe", udp_ports: &[], tcp_ports: &[23] },
    LabelEntry { name: "STUN", category: "Network", breed: "Acceptable", udp_ports: &[3478], tcp_ports: &[] },
    LabelEntry { name: "IPSec", category: "VPN", breed: "Safe", udp_ports: &[500, 4500], tcp_ports: &[500] },
    LabelEntry { name: "GRE", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "ICMP", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "IGMP", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "EGP", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "SCTP", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "IP_OSPF", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "IP_in_IP", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "RTP", category: "Media", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "RDP", category: "RemoteAccess", breed: "Acceptable", udp_ports: &[3389], tcp_ports: &[3389] },
    LabelEntry { name: "VNC", category: "RemoteAccess", breed: "Acceptable", udp_ports: &[], tcp_ports: &[5900, 5901, 5800] },
    LabelEntry { name: "Tumblr", category: "SocialNetwork", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "TLS", category: "Web", breed: "Safe", udp_ports: &[], tcp_ports: &[443] },
    LabelEntry { name: "SSH", category: "RemoteAccess", breed: "Acceptable", udp_ports: &[], tcp_ports: &[22] },
    LabelEntry { name: "Usenet", category: "Web", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "MGCP", category: "VoIP", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "IAX", category: "VoIP", breed: "Acceptable", udp_ports: &[4569], tcp_ports: &[4569] },
    LabelEntry { name: "TFTP", category: "DataTransfer", breed: "Acceptable", udp_ports: &[69], tcp_ports: &[] },
    LabelEntry { name: "AFP", category: "DataTransfer", breed: "Acceptable", udp_ports: &[548], tcp_ports: &[548] },
    LabelEntry { name: "YandexMetrika", category: "Web", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "YandexDirect", category: "Advertisement", breed: "Tracker_Ads", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "SIP", category: "VoIP", breed: "Acceptable", udp_ports: &[5060, 5061], tcp_ports: &[5060, 5061] },
    LabelEntry { name: "TruPhone", category: "VoIP", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "ICMPV6", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "DHCPV6", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Armagetron", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Crossfire", category: "RPC", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Dofus", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Blacknut", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Boosteroid", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "GuildWars2", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "AmazonAlexa", category: "VirtAssistant", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Kerberos", category: "Network", breed: "Acceptable", udp_ports: &[88], tcp_ports: &[88] },
    LabelEntry { name: "LDAP", category: "System", breed: "Acceptable", udp_ports: &[389], tcp_ports: &[389] },
    LabelEntry { name: "Nexon", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "MsSQL-TDS", category: "Database", breed: "Acceptable", udp_ports: &[], tcp_ports: &[1433, 1434] },
    LabelEntry { name: "PPTP", category: "VPN", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "AH", category: "VPN", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "ESP", category: "VPN", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Slack", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Facebook", category: "SocialNetwork", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Twitter", category: "SocialNetwork", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Dropbox", category: "Cloud", breed: "Acceptable", udp_ports: &[17500], tcp_ports: &[] },
    LabelEntry { name: "GMail", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "GoogleMaps", category: "Web", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "YouTube", category: "Media", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Mozilla", category: "Web", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Google", category: "Web", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "MS-RPCH", category: "RPC", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "NetFlow", category: "Network", breed: "Acceptable", udp_ports: &[2055], tcp_ports: &[] },
    LabelEntry { name: "sFlow", category: "Network", breed: "Acceptable", udp_ports: &[6343], tcp_ports: &[] },
    LabelEntry { name: "HTTP_Connect", category: "Web", breed: "Acceptable", udp_ports: &[], tcp_ports: &[8080] },
    LabelEntry { name: "HTTP_Proxy", category: "Web", breed: "Acceptable", udp_ports: &[], tcp_ports: &[8080, 3128] },
    LabelEntry { name: "Citrix", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[1494, 2598] },
    LabelEntry { name: "NetFlix", category: "Video", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "LastFM", category: "Music", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Waze", category: "Web", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "YouTubeUpload", category: "Media", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Hulu", category: "Streaming", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "CHECKMK", category: "DataTransfer", breed: "Acceptable", udp_ports: &[], tcp_ports: &[6556] },
    LabelEntry { name: "AJP", category: "Web", breed: "Acceptable", udp_ports: &[], tcp_ports: &[8009, 8010] },
    LabelEntry { name: "Apple", category: "Web", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Webex", category: "VoIP", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "WhatsApp", category: "Chat", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "AppleiCloud", category: "Web", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Viber", category: "Chat", breed: "Fun", udp_ports: &[7985, 7987, 5242, 5243, 4244], tcp_ports: &[7985, 5242, 5243, 4244] },
    LabelEntry { name: "AppleiTunes", category: "Network", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Radius", category: "Network", breed: "Acceptable", udp_ports: &[1812, 1813], tcp_ports: &[1812, 1813] },
    LabelEntry { name: "WindowsUpdate", category: "SoftwareUpdate", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "TeamViewer", category: "RemoteAccess", breed: "Acceptable", udp_ports: &[5938], tcp_ports: &[5938] },
    LabelEntry { name: "EthernetGlobalData", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "HCL_Notes", category: "Collaborative", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "SAP", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[3201] },
    LabelEntry { name: "GTP", category: "Network", breed: "Acceptable", udp_ports: &[2152, 2123], tcp_ports: &[] },
    LabelEntry { name: "WSD", category: "Network", breed: "Acceptable", udp_ports: &[3702], tcp_ports: &[] },
    LabelEntry { name: "LLMNR", category: "Network", breed: "Acceptable", udp_ports: &[5355], tcp_ports: &[5355] },
    LabelEntry { name: "TocaBoca", category: "Game", breed: "Fun", udp_ports: &[5055], tcp_ports: &[] },
    LabelEntry { name: "Spotify", category: "Music", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "FacebookMessenger", category: "Chat", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "H323", category: "VoIP", breed: "Acceptable", udp_ports: &[1719, 1720], tcp_ports: &[1719, 1720] },
    LabelEntry { name: "OpenVPN", category: "VPN", breed: "Acceptable", udp_ports: &[1194], tcp_ports: &[1194] },
    LabelEntry { name: "NOE", category: "VoIP", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "CiscoVPN", category: "VPN", breed: "Acceptable", udp_ports: &[10000], tcp_ports: &[10000, 8008] },
    LabelEntry { name: "TeamSpeak", category: "VoIP", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Tor", category: "VPN", breed: "Potentially_Dangerous", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "CiscoSkinny", category: "VoIP", breed: "Acceptable", udp_ports: &[], tcp_ports: &[2000] },
    LabelEntry { name: "RTCP", category: "VoIP", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "RSYNC", category: "DataTransfer", breed: "Acceptable", udp_ports: &[], tcp_ports: &[873] },
    LabelEntry { name: "Oracle", category: "Database", breed: "Acceptable", udp_ports: &[], tcp_ports: &[1521] },
    LabelEntry { name: "Corba", category: "RPC", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Canonical", category: "Cloud", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Whois-DAS", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[43, 4343] },
    LabelEntry { name: "SD-RTN", category: "Media", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "SOCKS", category: "Web", breed: "Acceptable", udp_ports: &[1080], tcp_ports: &[1080] },
    LabelEntry { name: "Nintendo", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "RTMP", category: "Media", breed: "Acceptable", udp_ports: &[], tcp_ports: &[1935] },
    LabelEntry { name: "FTP_DATA", category: "Download", breed: "Acceptable", udp_ports: &[], tcp_ports: &[20] },
    LabelEntry { name: "Wikipedia", category: "Network", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "ZeroMQ", category: "RPC", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Amazon", category: "Web", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "eBay", category: "Shopping", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "CNN", category: "Web", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Megaco", category: "VoIP", breed: "Acceptable", udp_ports: &[2944], tcp_ports: &[] },
    LabelEntry { name: "RESP", category: "Database", breed: "Acceptable", udp_ports: &[], tcp_ports: &[6379] },
    LabelEntry { name: "Pinterest", category: "SocialNetwork", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "OSPF", category: "Network", breed: "Safe", udp_ports: &[], tcp_ports: &[2604] },
    LabelEntry { name: "Telegram", category: "Chat", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "CoD_Mobile", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Pandora", category: "Streaming", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "QUIC", category: "Web", breed: "Acceptable", udp_ports: &[443], tcp_ports: &[] },
    LabelEntry { name: "Zoom", category: "Video", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "EAQ", category: "Network", breed: "Acceptable", udp_ports: &[6000], tcp_ports: &[] },
    LabelEntry { name: "Ookla", category: "Network", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "AMQP", category: "RPC", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "KakaoTalk", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "KakaoTalk_Voice", category: "VoIP", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Twitch", category: "Video", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "DoH_DoT", category: "Network", breed: "Acceptable", udp_ports: &[784, 853], tcp_ports: &[853] },
    LabelEntry { name: "WeChat", category: "Chat", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "MPEG_TS", category: "Media", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Snapchat", category: "SocialNetwork", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Sina", category: "SocialNetwork", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "GoogleMeet", category: "Chat", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "IFLIX", category: "Video", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Github", category: "Collaborative", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "BJNP", category: "System", breed: "Acceptable", udp_ports: &[8612], tcp_ports: &[] },
    LabelEntry { name: "Reddit", category: "SocialNetwork", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "WireGuard", category: "VPN", breed: "Acceptable", udp_ports: &[51820], tcp_ports: &[] },
    LabelEntry { name: "SMPP", category: "Download", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "DNScrypt", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "TINC", category: "VPN", breed: "Acceptable", udp_ports: &[655], tcp_ports: &[655] },
    LabelEntry { name: "Deezer", category: "Music", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Instagram", category: "SocialNetwork", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Microsoft", category: "Network", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Blizzard", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Teredo", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "HotspotShield", category: "VPN", breed: "Potentially_Dangerous", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "IMO", category: "VoIP", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "GoogleDrive", category: "Cloud", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "OCS", category: "Media", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Microsoft365", category: "Collaborative", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Cloudflare", category: "Web", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "MS_OneDrive", category: "Cloud", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "MQTT", category: "RPC", breed: "Acceptable", udp_ports: &[], tcp_ports: &[1883, 8883] },
    LabelEntry { name: "RX", category: "RPC", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "AppleStore", category: "SoftwareUpdate", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "OpenDNS", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Git", category: "Collaborative", breed: "Safe", udp_ports: &[], tcp_ports: &[9418] },
    LabelEntry { name: "DRDA", category: "Database", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "PlayStore", category: "SoftwareUpdate", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "SOMEIP", category: "RPC", breed: "Acceptable", udp_ports: &[30491, 30501, 30490], tcp_ports: &[30491, 30501] },
    LabelEntry { name: "FIX", category: "RPC", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Playstation", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Pastebin", category: "Download", breed: "Potentially_Dangerous", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "LinkedIn", category: "SocialNetwork", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "SoundCloud", category: "Music", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "SteamDatagramRelay", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "LISP", category: "Cloud", breed: "Acceptable", udp_ports: &[4342, 4341], tcp_ports: &[] },
    LabelEntry { name: "Diameter", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[3868] },
    LabelEntry { name: "ApplePush", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "GoogleServices", category: "Web", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "AmazonVideo", category: "Video", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "GoogleDocs", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "WhatsAppFiles", category: "Download", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "TargusDataspeed", category: "Network", breed: "Acceptable", udp_ports: &[5001, 5201], tcp_ports: &[5001, 5201] },
    LabelEntry { name: "DNP3", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[], tcp_ports: &[20000] },
    LabelEntry { name: "IEC60870", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[], tcp_ports: &[2404] },
    LabelEntry { name: "Bloomberg", category: "Cloud", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "CAPWAP", category: "Network", breed: "Acceptable", udp_ports: &[5246, 5247], tcp_ports: &[] },
    LabelEntry { name: "Zabbix", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[10050, 10051] },
    LabelEntry { name: "S7Comm", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Teams", category: "Network", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "WebSocket", category: "Web", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "AnyDesk", category: "RemoteAccess", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "SOAP", category: "RPC", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "AppleSiri", category: "VirtAssistant", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "SnapchatCall", category: "VoIP", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "HP_VIRTGRP", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "GenshinImpact", category: "Game", breed: "Fun", udp_ports: &[22102], tcp_ports: &[] },
    LabelEntry { name: "Activision", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "FortiClient", category: "VPN", breed: "Safe", udp_ports: &[], tcp_ports: &[8013, 8014] },
    LabelEntry { name: "Z3950", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[210] },
    LabelEntry { name: "Likee", category: "SocialNetwork", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "GitLab", category: "Collaborative", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "AVASTSecureDNS", category: "Network", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Cassandra", category: "Database", breed: "Acceptable", udp_ports: &[], tcp_ports: &[7000, 9042] },
    LabelEntry { name: "AmazonAWS", category: "Cloud", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Salesforce", category: "Cloud", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Vimeo", category: "Streaming", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "FacebookVoip", category: "VoIP", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "SignalVoip", category: "VoIP", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Fuze", category: "VoIP", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "GTP_U", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "GTP_C", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "GTP_PRIME", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Alibaba", category: "Web", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Crashlytics", category: "DataTransfer", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Azure", category: "Cloud", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "iCloudPrivateRelay", category: "VPN", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "EthernetIP", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[44818] },
    LabelEntry { name: "Badoo", category: "SocialNetwork", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "AccuWeather", category: "Web", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "GoogleClassroom", category: "Collaborative", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "HSRP", category: "Network", breed: "Acceptable", udp_ports: &[1985], tcp_ports: &[] },
    LabelEntry { name: "Cybersec", category: "Cybersecurity", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "GoogleCloud", category: "Cloud", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Tencent", category: "SocialNetwork", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "RakNet", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Xiaomi", category: "Web", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Edgecast", category: "Cloud", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Cachefly", category: "Cloud", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Softether", category: "VPN", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "MpegDash", category: "Media", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Dazn", category: "Streaming", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "GoTo", category: "VoIP", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "RSH", category: "RemoteAccess", breed: "Unsafe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "1kxun", category: "Streaming", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "PGM", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "IP_PIM", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "collectd", category: "System", breed: "Acceptable", udp_ports: &[25826], tcp_ports: &[] },
    LabelEntry { name: "TunnelBear", category: "VPN", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "CloudflareWarp", category: "VPN", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "i3D", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "RiotGames", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Psiphon", category: "VPN", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "UltraSurf", category: "VPN", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Threema", category: "Chat", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "AliCloud", category: "Cloud", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "AVAST", category: "Network", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "TiVoConnect", category: "Network", breed: "Fun", udp_ports: &[2190], tcp_ports: &[2190] },
    LabelEntry { name: "Kismet", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "FastCGI", category: "Network", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "FTPS", category: "Download", breed: "Unsafe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "NAT-PMP", category: "Network", breed: "Acceptable", udp_ports: &[5351], tcp_ports: &[] },
    LabelEntry { name: "Syncthing", category: "Download", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "CryNetwork", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Line", category: "Chat", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "LineCall", category: "VoIP", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "AppleTVPlus", category: "Streaming", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "DirecTV", category: "Streaming", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "HBO", category: "Streaming", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Vudu", category: "Streaming", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Showtime", category: "Streaming", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Dailymotion", category: "Streaming", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Livestream", category: "Streaming", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Tencentvideo", category: "Streaming", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "IHeartRadio", category: "Music", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Tidal", category: "Music", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "TuneIn", category: "Music", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "SiriusXMRadio", category: "Music", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Munin", category: "System", breed: "Acceptable", udp_ports: &[], tcp_ports: &[4949] },
    LabelEntry { name: "Elasticsearch", category: "System", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "TuyaLP", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[6667], tcp_ports: &[] },
    LabelEntry { name: "TPLINK_SHP", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[9999], tcp_ports: &[9999] },
    LabelEntry { name: "Source_Engine", category: "Game", breed: "Fun", udp_ports: &[27015], tcp_ports: &[] },
    LabelEntry { name: "BACnet", category: "IoT-Scada", breed: "Safe", udp_ports: &[47808], tcp_ports: &[] },
    LabelEntry { name: "OICQ", category: "Chat", breed: "Acceptable", udp_ports: &[8000], tcp_ports: &[] },
    LabelEntry { name: "Heroes_of_the_Storm", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "FbookReelStory", category: "SocialNetwork", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "SRTP", category: "Media", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "OperaVPN", category: "VPN", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "EpicGames", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "GeForceNow", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Nvidia", category: "Web", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "BITCOIN", category: "Crypto_Currency", breed: "Acceptable", udp_ports: &[], tcp_ports: &[8333] },
    LabelEntry { name: "ProtonVPN", category: "VPN", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Thrift", category: "RPC", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Roblox", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Service_Location_Protocol", category: "RPC", breed: "Acceptable", udp_ports: &[427], tcp_ports: &[427] },
    LabelEntry { name: "Mullvad", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "HTTP2", category: "Web", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "HAProxy", category: "Web", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "RMCP", category: "System", breed: "Safe", udp_ports: &[623], tcp_ports: &[] },
    LabelEntry { name: "Controller_Area_Network", category: "System", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Protobuf", category: "Network", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "ETHEREUM", category: "Crypto_Currency", breed: "Acceptable", udp_ports: &[], tcp_ports: &[30303] },
    LabelEntry { name: "TelegramVoip", category: "VoIP", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "SinaWeibo", category: "Network", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "TeslaServices", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "PTPv2", category: "System", breed: "Acceptable", udp_ports: &[319, 320], tcp_ports: &[] },
    LabelEntry { name: "RTPS", category: "RPC", breed: "Acceptable", udp_ports: &[7401], tcp_ports: &[] },
    LabelEntry { name: "OPC-UA", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[], tcp_ports: &[4840] },
    LabelEntry { name: "S7CommPlus", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "FINS", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[9600], tcp_ports: &[9600] },
    LabelEntry { name: "EtherSIO", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[6060], tcp_ports: &[] },
    LabelEntry { name: "UMAS", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "BeckhoffADS", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[], tcp_ports: &[48898] },
    LabelEntry { name: "ISO9506-1-MMS", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "IEEE-C37118", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[4713], tcp_ports: &[4712] },
    LabelEntry { name: "Ether-S-Bus", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[5050], tcp_ports: &[] },
    LabelEntry { name: "Monero", category: "Crypto_Currency", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "DCERPC", category: "RPC", breed: "Acceptable", udp_ports: &[135], tcp_ports: &[135] },
    LabelEntry { name: "PROFINET_IO", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "HiSLIP", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[], tcp_ports: &[4880] },
    LabelEntry { name: "UFTP", category: "Download", breed: "Acceptable", udp_ports: &[1044], tcp_ports: &[] },
    LabelEntry { name: "OpenFlow", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[6653] },
    LabelEntry { name: "JSON-RPC", category: "RPC", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "WebDAV", category: "Collaborative", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Kafka", category: "RPC", breed: "Acceptable", udp_ports: &[], tcp_ports: &[9092] },
    LabelEntry { name: "NoMachine", category: "RemoteAccess", breed: "Acceptable", udp_ports: &[4000], tcp_ports: &[4000] },
    LabelEntry { name: "IEC62056", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[4059], tcp_ports: &[4059] },
    LabelEntry { name: "HL7", category: "Health", breed: "Acceptable", udp_ports: &[], tcp_ports: &[2575] },
    LabelEntry { name: "Ceph", category: "DataTransfer", breed: "Acceptable", udp_ports: &[], tcp_ports: &[3300, 6789] },
    LabelEntry { name: "GoogleChat", category: "Chat", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Roughtime", category: "System", breed: "Acceptable", udp_ports: &[2002], tcp_ports: &[2002] },
    LabelEntry { name: "PrivateInternetAccess", category: "VPN", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "KCP", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Dota2", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Mumble", category: "VoIP", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Yojimbo", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "ElectronicArts", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "STOMP", category: "RPC", breed: "Acceptable", udp_ports: &[], tcp_ports: &[61613] },
    LabelEntry { name: "Radmin", category: "RemoteAccess", breed: "Acceptable", udp_ports: &[], tcp_ports: &[4899] },
    LabelEntry { name: "Raft", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "CIP", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[2222], tcp_ports: &[] },
    LabelEntry { name: "Gearman", category: "RPC", breed: "Acceptable", udp_ports: &[], tcp_ports: &[4730] },
    LabelEntry { name: "TencentGames", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "GaijinEntertainment", category: "Game", breed: "Fun", udp_ports: &[20011], tcp_ports: &[] },
    LabelEntry { name: "ANSI_C1222", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[1153], tcp_ports: &[1153] },
    LabelEntry { name: "Huawei", category: "Web", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "HuaweiCloud", category: "Cloud", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "DLEP", category: "Network", breed: "Acceptable", udp_ports: &[854], tcp_ports: &[854] },
    LabelEntry { name: "BFD", category: "Network", breed: "Acceptable", udp_ports: &[3784, 3785], tcp_ports: &[] },
    LabelEntry { name: "NetEaseGames", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "PathofExile", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "GoogleCall", category: "VoIP", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "PFCP", category: "Network", breed: "Acceptable", udp_ports: &[8805], tcp_ports: &[] },
    LabelEntry { name: "FLUTE", category: "Download", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "LoLWildRift", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "TES_Online", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "LDP", category: "Network", breed: "Acceptable", udp_ports: &[646], tcp_ports: &[646] },
    LabelEntry { name: "KNXnet_IP", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[3671], tcp_ports: &[3671] },
    LabelEntry { name: "Bluesky", category: "SocialNetwork", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Mastodon", category: "SocialNetwork", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Threads", category: "SocialNetwork", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "ViberVoip", category: "VoIP", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "ZUG", category: "Crypto_Currency", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "JRMI", category: "RPC", breed: "Acceptable", udp_ports: &[], tcp_ports: &[1099] },
    LabelEntry { name: "RipeAtlas", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "HLS", category: "Media", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "ClickHouse", category: "Database", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Nano", category: "Crypto_Currency", breed: "Acceptable", udp_ports: &[], tcp_ports: &[7075] },
    LabelEntry { name: "OpenWire", category: "RPC", breed: "Acceptable", udp_ports: &[], tcp_ports: &[61616] },
    LabelEntry { name: "CNP-IP", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "ATG", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "TRDP", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[17224, 17225], tcp_ports: &[17225] },
    LabelEntry { name: "Lustre", category: "DataTransfer", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "NordVPN", category: "VPN", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "SurfShark", category: "VPN", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "CactusVPN", category: "VPN", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Windscribe", category: "VPN", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Sonos", category: "Music", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "DingTalk", category: "Chat", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Paltalk", category: "Chat", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Naver", category: "Web", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Shein", category: "Shopping", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Temu", category: "Shopping", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Taobao", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Mikrotik", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "DICOM", category: "Health", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "ParamountPlus", category: "Streaming", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "YandexAlice", category: "VirtAssistant", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Vivox", category: "VoIP", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "DigitalOcean", category: "Web", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "RUTUBE", category: "Media", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "LagoFast", category: "VPN", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "GearUP_Booster", category: "VPN", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Rumble", category: "Media", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Ubiquity", category: "Cloud", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "MSDO", category: "SoftwareUpdate", breed: "Safe", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "RockstarGames", category: "Game", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Kick", category: "Video", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Hamachi", category: "VPN", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "GLBP", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "EasyWeather", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Mudfish", category: "VPN", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "TriStation", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "SamsungSDP", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Matter", category: "IoT-Scada", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "AWS_Cognito", category: "Cloud", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "AWS_API_Gateway", category: "Cloud", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "AWS_Kinesis", category: "Cloud", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "AWS_EC2", category: "Cloud", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "AWS_EMR", category: "Cloud", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "AWS_S3", category: "Cloud", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "AWS_Cloudfront", category: "Cloud", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "AWS_DynamoDB", category: "Cloud", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Espn", category: "Sport", breed: "Fun", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Akamai", category: "Database", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
];

pub(crate) const OWN_LABELS: &[LabelEntry] = &[
    LabelEntry { name: "L2TP", category: "VPN", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "Geneve", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "RIP", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "EIGRP", category: "Network", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
    LabelEntry { name: "gRPC", category: "RPC", breed: "Acceptable", udp_ports: &[], tcp_ports: &[] },
];
