//! Dialogues in lines of text, that TLS may take over: what FTP, IMAP, NNTP, POP3 and SMTP have in common.

use crate::dissect::lines::is_text;
use crate::dissect::{Dissector, Found, Segment, Short, Then, Verdict};
use crate::dissectors::tls::Tls;
use crate::vocabulary::Label;

/// Longest line that is waited for.
const LONGEST_LINE: usize = 1024;

/// Most lines of a payload that are looked at.
const MOST_LINES: usize = 32;

/// What a line says of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// It is not of this protocol.
    Foreign,
    /// It may be of this protocol and of others.
    Neutral,
    /// It fits. When both sides have said something that fits, the protocol is recognised.
    Fits,
    /// Only this protocol has such a line.
    Proof,
    /// It fits, and asks for TLS.
    AsksForTls,
    /// It fits, and is a consent, should TLS have been asked for.
    Consents,
    /// It fits, and what follows is not worth looking at.
    Last,
}

/// How far a dialogue is.
#[derive(Default)]
pub(crate) struct Dialogue {
    /// Which side has said something that fits, the source first.
    fits: [bool; 2],
    /// Which side has said anything.
    heard: [bool; 2],
    recognised: bool,
    /// Which side has asked for TLS and has no answer yet.
    asked_by: Option<usize>,
    tls: Tunnel,
}

/// TLS within another protocol.
#[derive(Default)]
pub(crate) enum Tunnel {
    #[default]
    Closed,
    AskedFor,
    Open(Box<<Tls as Dissector>::State>),
}

impl Tunnel {
    /// What follows is TLS.
    pub(crate) fn open(&mut self) {
        *self = Self::Open(Box::default());
    }

    /// Where it is open: shows a payload to TLS. The protocol is named as told.
    pub(crate) fn inspect(
        &mut self,
        segment: &Segment<'_>,
        found: &mut Found<'_>,
        protocol: Label,
    ) -> Option<Verdict> {
        let Self::Open(state) = self else { return None };
        let verdict = Tls::inspect(state, segment, found);
        found.protocol(protocol);
        Some(match verdict {
            Verdict::More => Verdict::Matched(Then::More),
            Verdict::Wait => Verdict::Matched(Then::Wait),
            Verdict::Excluded => Verdict::DONE,
            matched @ Verdict::Matched(_) => matched,
        })
    }
}

/// TLS within a protocol that is named alone, whatever the server's name: what TLS tells is kept as metadata.
pub(crate) fn inspect_within(
    tunnel: &mut Tunnel,
    segment: &Segment<'_>,
    found: &mut Found<'_>,
    protocol: Label,
) -> Option<Verdict> {
    let verdict = tunnel.inspect(segment, found, protocol)?;
    found.application(Label::UNKNOWN);
    Some(verdict)
}

impl Dialogue {
    /// Hears a payload. What each line says is for `judge` to tell, which is told whether it is from a side's first payload; the
    /// protocol over TLS has a label of its own.
    pub(crate) fn hear<'a>(
        &mut self,
        segment: &Segment<'a>,
        found: &mut Found<'_>,
        over_tls: Label,
        mut judge: impl FnMut(&'a [u8], bool, &mut Found<'_>) -> Said,
    ) -> Verdict {
        if let Some(verdict) = self.tls.inspect(segment, found, over_tls) {
            return verdict;
        }
        let side = usize::from(!segment.from_source);
        // What was asked or consented comes late, or was lost: the hello says that there was a consent.
        let is_hello = matches!(segment.payload, [0x16, 0x03, _, _, _, 0x01 | 0x02, ..]);
        let is_awaited = self.asked_by == Some(side) && segment.payload.starts_with(&[0x16, 0x03]);
        if is_awaited || self.recognised && is_hello {
            self.tls.open();
            return self.tls.inspect(segment, found, over_tls).unwrap_or(Verdict::Wait);
        }
        let is_first = self.heard.get(side) == Some(&false);
        let mut reader = segment.reader();
        for number in 0..MOST_LINES {
            if reader.is_empty() {
                break;
            }
            let line = match reader.line() {
                Ok(line) => line,
                Err(Short) if number == 0 && !is_text(segment.payload.trim_ascii_end()) => {
                    return self.verdict(Verdict::Excluded);
                }
                Err(Short) if segment.payload.len() < LONGEST_LINE => return self.verdict(Verdict::More),
                Err(Short) => {
                    return self.verdict(if number == 0 { Verdict::Excluded } else { Verdict::Wait });
                }
            };
            let said = judge(line, is_first, found);
            if said != Said::Consents && self.asked_by.is_some_and(|asker| asker != side) {
                self.asked_by = None;
            }
            match said {
                Said::Foreign if number == 0 => return self.verdict(Verdict::Excluded),
                Said::Foreign | Said::Neutral => continue,
                Said::Proof => self.recognised = true,
                Said::AsksForTls => self.asked_by = Some(side),
                Said::Consents if self.asked_by.is_some_and(|asker| asker != side) => self.tls.open(),
                Said::Fits | Said::Consents | Said::Last => {}
            }
            if let Some(fits) = self.fits.get_mut(side) {
                *fits = true;
            }
            self.recognised |= self.fits == [true; 2];
            if self.recognised && said == Said::Last {
                return Verdict::DONE;
            }
        }
        if let Some(heard) = self.heard.get_mut(side) {
            *heard = true;
        }
        self.verdict(Verdict::Wait)
    }

    /// What is recognised is not excluded any more.
    fn verdict(&self, verdict: Verdict) -> Verdict {
        match verdict {
            verdict if !self.recognised => verdict,
            Verdict::More => Verdict::Matched(Then::More),
            _ => Verdict::Matched(Then::Wait),
        }
    }
}
