//! Dialogues in lines of text that may switch to TLS: the common part of FTP, IMAP, NNTP, POP3 and SMTP.

use crate::dissect::lines::is_text;
use crate::dissect::{Dissector, Found, Segment, Short, Then, Verdict};
use crate::dissectors::tls::Tls;
use crate::vocabulary::Label;

/// Greatest length of a line whose end is awaited.
const LONGEST_LINE: usize = 1024;

/// Greatest number of lines of a payload that are inspected.
const MOST_LINES: usize = 32;

/// The evidence of a line for a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// The line is not of this protocol.
    Foreign,
    /// The line may be of this protocol or of others.
    Neutral,
    /// The line fits. The protocol is recognised when both sides have sent a line that fits.
    Fits,
    /// Only this protocol has such a line.
    Proof,
    /// The line fits, and requests TLS.
    AsksForTls,
    /// The line fits, and is a consent if TLS was requested.
    Consents,
    /// The line fits, and the rest need not be inspected.
    Last,
}

/// The progress of a dialogue.
#[derive(Default)]
pub(crate) struct Dialogue {
    /// The sides that have sent a line that fits, the source first.
    fits: [bool; 2],
    /// The sides that have sent anything.
    heard: [bool; 2],
    recognised: bool,
    /// The side that has requested TLS and has no answer yet.
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
    /// TLS follows.
    pub(crate) fn open(&mut self) {
        *self = Self::Open(Box::default());
    }

    /// If it is open, inspects a payload as TLS. The protocol gets the given label.
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

/// TLS within a protocol that is named without an application, whatever the server's name. The findings of TLS are kept as metadata.
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
    /// Takes in a payload. `judge` decides about each line, and is told whether the line is in a side's first payload. The protocol over
    /// TLS has its own label.
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
        // The request or the consent is late or lost: the hello shows that there was a consent.
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

    /// A recognised protocol is not excluded any more.
    fn verdict(&self, verdict: Verdict) -> Verdict {
        match verdict {
            verdict if !self.recognised => verdict,
            Verdict::More => Verdict::Matched(Then::More),
            _ => Verdict::Matched(Then::Wait),
        }
    }
}
