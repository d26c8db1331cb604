//! Files, lists of files, FIFOs and pipes.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use nfstream_capture::{Block, Captures, Error, Input, Reason, Source};

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
    assert_eq!(told(&file("empty", b"")), invalid(": is empty, not a capture file"));
    assert_eq!(
        told(&file("text", b"hello")),
        invalid(
            ": is not a capture file: it begins with 68 65 6c 6c, which is neither pcap nor pcapng, plain or \
             compressed with gzip, zstd or xz"
        )
    );
    let version = Pcap::with("", false, MICROSECONDS, (2, 5), 0, 1).written.bytes;
    assert_eq!(told(&file("version", &version)), invalid(": is pcap version 2.5; known is version 2.4"));
    assert_eq!(told(&folder.path().join("missing")), (io::ErrorKind::NotFound, ": no such file".to_owned()));
    assert_eq!(
        told(folder.path()),
        (io::ErrorKind::IsADirectory, ": is a directory, not a capture file".to_owned())
    );
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(file.path()).is_ok() {
        return nfstream_skip::skip("root may read everything");
    }
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
