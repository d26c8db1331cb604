//! Files, lists of files, FIFOs and pipes.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Cursor, Read, Write};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use nfstream_capture::{Block, Captures, Error, Input, Opener, Reason, Source, named};

use crate::writer::{self, MICROSECONDS, Pcap, Written};
use crate::{Packet, drain};

fn open(paths: &[&Path]) -> Result<Captures, Error> {
    Captures::open(paths.iter().map(|path| Input::from(*path)))
}

#[test]
fn a_list_is_read_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let kinds = writer::every_kind();
    let paths: Vec<_> = (0..kinds.len()).map(|number| folder.path().join(number.to_string())).collect();
    for (path, Written { bytes, .. }) in paths.iter().zip(&kinds) {
        fs::write(path, bytes).unwrap();
    }
    let mut captures = Captures::open(paths.into_iter().map(Input::from)).unwrap();
    let (progress, total) = (captures.progress(), kinds.iter().map(|kind| kind.bytes.len() as u64).sum());
    assert_eq!((progress.read_bytes(), progress.total_bytes()), (0, Some(total)));
    let packets: Vec<Packet> = kinds.into_iter().flat_map(|kind| kind.packets).collect();
    assert_eq!(drain(&mut captures), packets);
    assert_eq!((progress.read_bytes(), progress.total_bytes()), (total, Some(total)));
}

#[test]
fn reading_goes_on_after_a_damaged_file() {
    let folder = tempfile::tempdir().unwrap();
    let [cut, whole] = ["cut.pcap", "whole.pcap"].map(|name| folder.path().join(name));
    let written = &writer::every_kind()[0];
    fs::write(&cut, &written.bytes[..written.bytes.len() - 1]).unwrap();
    fs::write(&whole, &written.bytes).unwrap();
    let mut captures = open(&[&cut, &whole, &cut]).unwrap();
    let kept = &written.packets[..written.packets.len() - 1];
    assert_eq!(drain(&mut captures), [kept, &written.packets, kept].concat());
    let told: Vec<_> =
        captures.damages().iter().map(|damage| (damage.input.as_str(), &damage.reason)).collect();
    assert_eq!(told, [(cut.to_str().unwrap(), &Reason::CutShort); 2]);
}

#[test]
fn mistakes_are_told_before_anything_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let good = file("good", &writer::every_kind()[0].bytes);
    let told = |path: &Path| {
        let error = open(&[&good, path]).unwrap_err();
        assert_eq!(error.input(), path.to_str().unwrap());
        (error.kind(), error.to_string().strip_prefix(error.input()).unwrap().to_owned())
    };
    let invalid = |text: &str| (io::ErrorKind::InvalidData, text.to_owned());
    assert_eq!(
        told(&file("text", b"hello")),
        invalid(
            " is not a capture file: it begins with 68 65 6c 6c, which is neither pcap nor pcapng, plain or \
             compressed with gzip, zstd or xz"
        )
    );
    let version = Pcap::with("", false, MICROSECONDS, (2, 5), 0, 1).written.bytes;
    assert_eq!(
        told(&file("version", &version)),
        invalid(" is pcap version 2.5; only version 2.4 is supported")
    );
    assert_eq!(told(&folder.path().join("missing")), (io::ErrorKind::NotFound, ": no such file".to_owned()));
    assert_eq!(
        told(folder.path()),
        (io::ErrorKind::IsADirectory, " is a directory, not a capture file".to_owned())
    );
}

/// Takes from this thread what root may do beyond what permissions say (capabilities(7)).
#[cfg(unix)]
fn read_no_more_than_permitted() {
    #[cfg(target_os = "linux")]
    {
        use rustix::thread::{CapabilitySet, capabilities, set_capabilities};
        let mut own = capabilities(None).unwrap();
        own.effective -= CapabilitySet::DAC_OVERRIDE | CapabilitySet::DAC_READ_SEARCH;
        set_capabilities(None, own).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o000)).unwrap();
    read_no_more_than_permitted();
    let error = open(&[file.path()]).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    assert_eq!(error.to_string(), format!("{}: no permission to read it", file.path().display()));
}

#[cfg(unix)]
#[test]
fn a_fifo_is_opened_only_when_its_turn_comes() {
    let folder = tempfile::tempdir().unwrap();
    let [fifo, file] = ["fifo", "file"].map(|name| folder.path().join(name));
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let written = writer::many_packets(300);
    fs::write(&file, &written.bytes).unwrap();
    let mut captures = open(&[&fifo, &file]).unwrap();
    assert_eq!(captures.progress().total_bytes(), None);
    let bytes = written.bytes.clone();
    let writer = thread::spawn(move || fs::write(fifo, bytes).unwrap());
    assert_eq!(drain(&mut captures), [&written.packets[..], &written.packets].concat());
    assert_eq!(captures.damages(), []);
    writer.join().unwrap();
}

type Sink = fn(io::PipeWriter) -> Box<dyn Write>;

/// A plain and two compressed ways into a pipe.
const SINKS: [Sink; 3] = [
    |pipe| Box::new(pipe),
    |pipe| Box::new(flate2::write::GzEncoder::new(pipe, flate2::Compression::default())),
    |pipe| Box::new(zstd::Encoder::new(pipe, 1).unwrap()),
];

/// A frame is delivered when it is written, not when the buffer is full or the pipe is closed.
#[test]
fn frames_from_a_pipe_come_at_once() {
    let written = writer::many_packets(40);
    for into in SINKS {
        let (reader, pipe) = io::pipe().unwrap();
        let mut sink = into(pipe);
        let (frames, arrived) = mpsc::channel();
        thread::spawn(move || {
            let mut captures = Captures::from_reader("pipe", reader).unwrap();
            let mut block = Block::default();
            while captures.fill(&mut block).unwrap() {
                block.frames().for_each(|frame| frames.send(Packet::from(frame)).unwrap());
            }
        });
        let mut start = 0;
        // The file header comes together with the first packet.
        for (packet, (boundary, _)) in written.packets.iter().zip(&written.boundaries[1..]) {
            sink.write_all(&written.bytes[start..*boundary]).unwrap();
            sink.flush().unwrap();
            start = *boundary;
            assert_eq!(arrived.recv_timeout(Duration::from_secs(120)).as_ref(), Ok(packet));
        }
    }
}

/// Gives bytes, says between them that nothing has come, and fails in the end.
struct Fails(Cursor<Vec<u8>>, bool);

impl Read for Fails {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1 = !self.1;
        if self.1 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let most = buffer.len().min(100);
        match self.0.read(&mut buffer[..most])? {
            0 => Err(io::Error::other("no more of this")),
            length => Ok(length),
        }
    }
}

#[test]
fn readers_among_files_are_opened_when_their_turn_comes() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let written = writer::many_packets(40);
    fs::write(file.path(), &written.bytes).unwrap();
    let bytes = written.bytes.clone();
    let opener =
        Opener::new("memory", move || Ok(Box::new(Cursor::new(bytes.clone())) as Box<dyn Read + Send>));
    let inputs = [Input::from(file.path()), Input::Reader(opener.clone()), Input::Reader(opener)];
    for _ in 0..2 {
        let mut captures = Captures::open(inputs.iter().cloned()).unwrap();
        assert_eq!(captures.progress().total_bytes(), None);
        assert_eq!(drain(&mut captures), [&written.packets[..]; 3].concat());
    }
    let missing = Opener::new("missing", || Err(io::ErrorKind::NotFound.into()));
    let error = Captures::open([Input::Reader(missing)]).unwrap().fill(&mut Block::default());
    assert_eq!(error.unwrap_err().to_string(), "missing: no such file");
}

/// A capture that was only begun, or not even that, does not keep the others from being read.
#[test]
fn what_ends_before_its_first_record_is_damage_beside_others() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let written = &writer::every_kind()[0];
    let good = file("good", &written.bytes);
    let empty = file("empty", b"");
    let begun = file("begun", &written.bytes[..10]);
    let packed = zstd::encode_all(&written.bytes[..], 1).unwrap();
    let packed = file("packed", &packed[..6]);
    let mut captures = open(&[&empty, &good, &begun, &packed, &good]).unwrap();
    assert_eq!(captures.progress().total_bytes(), Some(2 * written.bytes.len() as u64));
    assert_eq!(drain(&mut captures), [&written.packets[..]; 2].concat());
    let told: Vec<String> = captures.damages().iter().map(ToString::to_string).collect();
    let name = |path: &Path| path.display().to_string();
    assert_eq!(
        told,
        [
            format!("{} is empty, not a capture file; the other captures are read", name(&empty)),
            format!(
                "{}: damaged at byte 10: the file ends inside the pcap file header; flows up to there are kept",
                name(&begun)
            ),
            format!(
                "{}: damaged at byte 0 of the decompressed capture: the compressed data cannot be read further: it ends too early; \
                 flows up to there are kept",
                name(&packed)
            ),
        ]
    );
    // Where there is nothing else, there is nothing to go on with.
    let alone = |paths: &[&Path]| open(paths).unwrap_err().to_string();
    assert_eq!(alone(&[&empty]), format!("{} is empty, not a capture file", name(&empty)));
    assert_eq!(
        alone(&[&begun, &empty]),
        format!("{} ends after 10 bytes, inside the pcap file header", name(&begun))
    );
}

/// What a reader says is no damage of a capture, compressed or not: who gave it wants to hear of it, after the frames before.
#[test]
fn an_error_of_a_reader_is_told_as_it_is() {
    let written = writer::many_packets(40);
    for into in [|bytes: &[u8]| bytes.to_vec(), |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap()] {
        let bytes = into(&written.bytes);
        for length in [0, 3, 10, bytes.len() / 2, bytes.len()] {
            let bytes = bytes[..length].to_vec();
            let open = move || Ok(Box::new(Fails(Cursor::new(bytes.clone()), false)) as Box<dyn Read + Send>);
            let mut captures = Captures::open([Input::Reader(Opener::new("reader", open))]).unwrap();
            let (mut block, mut packets) = (Block::default(), Vec::new());
            let error = loop {
                match captures.fill(&mut block) {
                    Ok(more) => assert!(more),
                    Err(error) => break error,
                }
                packets.extend(block.frames().map(Packet::from));
            };
            assert_eq!(error.to_string(), "reader cannot be read: no more of this");
            assert!(matches!(error, Error::Read { .. }) && captures.damages().is_empty());
            assert!(written.packets.starts_with(&packets));
            assert_eq!(packets.len() == 40, length == into(&written.bytes).len(), "{length}");
        }
    }
}

#[test]
fn names_of_directories_and_patterns() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("in")).unwrap();
    for name in ["b.pcap", "a.cap.gz", ".hidden.pcap", "notes.txt", "in/c.pcap"] {
        fs::write(path(name), "no capture").unwrap();
    }
    fs::write(path("d"), &writer::every_kind()[0].bytes).unwrap();
    let found = |name: &str| named(path(name).as_os_str());
    assert_eq!(found("").unwrap(), ["a.cap.gz", "b.pcap", "d"].map(path));
    assert_eq!(found("*.pcap").unwrap(), ["b.pcap"].map(path));
    assert_eq!(found("**/*.pcap").unwrap(), ["b.pcap", "in/c.pcap"].map(path));
    assert_eq!(found("i?").unwrap(), ["in/c.pcap"].map(path));
    assert_eq!(found("missing").unwrap(), ["missing"].map(path));
    fs::write(path("*.pcap"), "").unwrap();
    assert_eq!(found("*.pcap").unwrap(), ["*.pcap"].map(path));
    fs::remove_file(path("in/c.pcap")).unwrap();
    assert!(matches!(found("in"), Err(Error::NoCapture { .. })));
    assert!(matches!(found("*.nothing"), Err(Error::NoMatch { .. })));
    assert_eq!(found("[a").unwrap(), [path("[a")], "not a pattern");
}

#[cfg(unix)]
#[test]
fn patterns_meet_names_that_are_not_utf_8() {
    use std::os::unix::ffi::OsStrExt;

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &[u8]| folder.path().join(OsStr::from_bytes(name));
    fs::create_dir(path(b"d\xff")).unwrap();
    for name in [&b"a\xfe.pcap"[..], b"b.pcap", b"d\xff/c\xfe\xfe.pcap", b"d\xff/notes"] {
        fs::write(path(name), "no capture").unwrap();
    }
    let found = |name: &[u8]| named(path(name).as_os_str());
    let paths = |names: &[&[u8]]| names.iter().map(|name| path(name)).collect::<Vec<_>>();
    assert_eq!(found(b"*.pcap").unwrap(), paths(&[b"a\xfe.pcap", b"b.pcap"]));
    assert_eq!(found(b"a?.pcap").unwrap(), paths(&[b"a\xfe.pcap"]));
    assert_eq!(found(b"d\xff/*").unwrap(), paths(&[b"d\xff/c\xfe\xfe.pcap", b"d\xff/notes"]));
    assert_eq!(found(b"**/*.pcap").unwrap(), paths(&[b"a\xfe.pcap", b"b.pcap", b"d\xff/c\xfe\xfe.pcap"]));
    assert!(matches!(found(b"*.zzz"), Err(Error::NoMatch { .. })));
}

#[cfg(unix)]
#[test]
fn patterns_end_where_links_lead_back() {
    use std::os::unix::fs::symlink;

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir_all(path("in/.hidden")).unwrap();
    for name in ["in/a.pcap", "in/.hidden/b.pcap"] {
        fs::write(path(name), "no capture").unwrap();
    }
    symlink("..", path("in/back")).unwrap();
    symlink("in", path("link")).unwrap();
    symlink("round", path("round")).unwrap();
    symlink("nowhere", path("lost")).unwrap();
    let found = |name: &str| named(path(name).as_os_str()).unwrap();
    assert_eq!(found("**/*.pcap"), ["in/a.pcap"].map(path));
    assert_eq!(found("in/**/**/a*"), ["in/a.pcap"].map(path));
    // Who names a link, or a pattern that it matches, means it.
    assert_eq!(found("l*/*.pcap"), ["link/a.pcap"].map(path));
    assert_eq!(found("*/*.pcap"), ["in/a.pcap", "link/a.pcap"].map(path));
    assert_eq!(found("link/**/*.pcap"), ["link/a.pcap"].map(path));
    assert_eq!(found("l*/"), ["link/a.pcap"].map(path));
}

#[cfg(unix)]
#[test]
fn a_directory_that_a_pattern_may_not_look_into_is_told() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    read_no_more_than_permitted();
    for pattern in ["**/*.pcap", "c*/*.pcap"] {
        let error = named(folder.path().join(pattern).as_os_str()).unwrap_err();
        assert_eq!(error.to_string(), format!("{} cannot be listed: permission denied", closed.display()));
    }
}
