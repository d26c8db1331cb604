//! Expressions of many terms, compiled in parts.
//!
//! This module handles `and`, `or`, `not` and parentheses. libpcap compiles the terms between them, a few at a time. The programs
//! follow each other in one. If a program would refuse a frame, the next runs (`or`); if it would take the frame, the next runs
//! (`and`).
//!
//! Two things change what later terms mean: a qualifier (`host a or b`), and a keyword such as `vlan`, which moves the place where
//! all later terms look. Each part repeats those that concern it.
//!
//! A frame that holds all that the expression reads is judged as libpcap judges it. If a frame was cut before what a term reads,
//! libpcap refuses the frame, unless its optimiser has found that the term does not matter. Here, too, terms do not matter beside a
//! part that is always true or always false. libpcap may find more of them, because it sees all terms at once.

use std::mem;
use std::net::Ipv6Addr;
use std::ops::Range;

use crate::bpf::{Encoded, JUMP, RETURN_A, RETURN_CONSTANT};

/// Most keywords that move later terms: every part repeats all of them.
const MOST_MOVES: usize = 16;

/// The words that may come before the name, address or number of a term.
const QUALIFIERS: &str = "aarp addr1 addr2 addr3 addr4 address1 address2 address3 address4 ah arp atalk carp clnp csnp decnet dst \
                          es-is esis esp ether fddi gateway host icmp icmp6 igmp igrp iih ip ip6 ipx is-is isis iso l1 l2 lat \
                          link lsp mopdl moprc net netbeui pim port portrange ppp proto protochain psnp ra radio rarp sca sctp \
                          slip snp src stp ta tcp tr udp vrrp wlan";

/// Other words that terms begin with.
const OTHERS: &str = "action bcc broadcast byte connectmsg dir direction dpc fisu greater hdpc hfisu hlssu hmsu hopc hsio hsls \
                      ifindex ifname ilmic inbound len length less lssu lsu metac metaconnect msu multicast oam oamf4 oamf4ec \
                      oamf4sc on opc outbound pppoed reason rnr rset rulenum ruleset sc sio sls srnr subrulenum subtype type vci \
                      vpi";

/// Its number is set at the end.
const RETURN: Encoded = Encoded { code: RETURN_CONSTANT, jump_true: 0, jump_false: 0, k: 0 };

/// The words that move all later terms by a number of bytes that is known beforehand.
const MOVES: &str = "lane llc mpls pppoes vlan";

/// The words that move all later terms by a number of bytes that depends on the frame.
const MOVES_BY_FRAME: &str = "geneve vxlan";

/// Compiles an expression with at most `together` terms in a part. `None` if it cannot be taken apart, or if `compile` has no program
/// for a part.
pub(crate) fn compile(
    expression: &str,
    together: usize,
    compile: impl Fn(&str) -> Option<Vec<Encoded>>,
) -> Option<Vec<Encoded>> {
    let tokens = tokens(expression)?;
    let closings = closings(&tokens)?;
    let (moves, program) = (Vec::new(), Vec::new());
    Compiler { expression, tokens, closings, next: 0, moves, program, together, compile }.whole()
}

/// Whether an expression has more than a number of terms.
pub(crate) fn are_more_than(number: usize, expression: &str) -> bool {
    tokens(expression)
        .is_some_and(|tokens| tokens.iter().filter(|(token, _)| token.is_joint()).count() >= number)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    And,
    Or,
    Not,
    Open,
    Close,
    /// Everything else: a word, number or address, or a sign.
    Word,
}

impl Token {
    fn is_joint(self) -> bool {
        matches!(self, Token::And | Token::Or)
    }
}

/// The tokens of an expression as libpcap reads them; `None` if it has no token for a character.
fn tokens(expression: &str) -> Option<Vec<(Token, Range<usize>)>> {
    let mut tokens = Vec::new();
    let mut begin = 0;
    while let Some(rest) = expression.get(begin..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with([' ', '\r', '\n', '\t']) {
            begin += 1;
            continue;
        }
        let length = token(rest)?;
        let token = match &rest[..length] {
            "and" | "&&" => Token::And,
            "or" | "||" => Token::Or,
            "not" | "!" => Token::Not,
            "(" => Token::Open,
            ")" => Token::Close,
            _ => Token::Word,
        };
        tokens.push((token, begin..begin + length));
        begin += length;
    }
    Some(tokens)
}

/// The length of the token that a text begins with.
fn token(text: &str) -> Option<usize> {
    let span = |is_in: fn(u8) -> bool| text.bytes().take_while(|byte| is_in(*byte)).count();
    match text.as_bytes() {
        [b'\\', ..] => {
            Some(text.find([' ', '!', '(', ')', '\n', '\t']).unwrap_or(text.len())).filter(|end| *end > 1)
        }
        [b'$', rest @ ..] => Some(1 + byte(rest)).filter(|end| *end > 1),
        [b'&', b'&', ..] | [b'|', b'|', ..] | [b'<' | b'>' | b'!' | b'=', b'=', ..] => Some(2),
        [b'<', b'<', ..] | [b'>', b'>', ..] => Some(2),
        [first, ..] if first.is_ascii_alphanumeric() || *first == b':' => {
            let word = span(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
            let word = text[..word].trim_end_matches(['-', '_']).len();
            let address = span(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'));
            let address = address_of(&text[..address]);
            Some(word.max(address).max(usize::from(*first == b':')))
        }
        [sign, ..] => b"+-*/%[]!<>()&|^=".contains(sign).then_some(1),
        [] => None,
    }
}

/// The length of the address with colons that a text begins with, of IPv6 or Ethernet.
fn address_of(text: &str) -> usize {
    const LONGEST: usize = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255".len();
    if !text.contains(':') {
        return 0;
    }
    let is_ipv6 = |end: &usize| text[..*end].parse::<Ipv6Addr>().is_ok();
    let ipv6 = (2..=text.len().min(LONGEST)).rev().find(is_ipv6).unwrap_or(0);
    let mut ethernet = byte(text.as_bytes());
    for _ in 1..6 {
        let next = match text.as_bytes().get(ethernet..) {
            Some([b':', rest @ ..]) => byte(rest),
            _ => 0,
        };
        if next == 0 {
            return ipv6;
        }
        ethernet += 1 + next;
    }
    ipv6.max(ethernet)
}

/// The length of the byte, in one or two hexadecimal digits, that a text begins with.
fn byte(text: &[u8]) -> usize {
    text.iter().take(2).take_while(|digit| digit.is_ascii_hexdigit()).count()
}

/// For each token that opens a parenthesis, the token that closes it; `None` if the parentheses do not match.
fn closings(tokens: &[(Token, Range<usize>)]) -> Option<Vec<usize>> {
    let (mut closings, mut open) = (vec![0; tokens.len()], Vec::new());
    for (at, (token, _)) in tokens.iter().enumerate() {
        match token {
            Token::Open => open.push(at),
            Token::Close => closings[open.pop()?] = at,
            _ => {}
        }
    }
    open.is_empty().then_some(closings)
}

/// Terms, joined; a term may be a chain in parentheses. `and` and `or` have the same precedence, from the left.
#[derive(Default)]
struct Chain<'a> {
    /// The qualifiers of a term that is only a name, address or number: those of the term before it.
    qualifiers: Option<&'a str>,
    /// The qualifiers before the parenthesis.
    outer: Option<&'a str>,
    is_negated: bool,
    /// Whether the first term is only a name, address or number; `None` before it.
    begins_bare: Option<bool>,
    /// The operator before the next term.
    joint: Option<Token>,
    begin: usize,
    /// The exits of the program so far.
    exits: Option<Exits>,
    part: Part,
}

/// Terms that are compiled together.
#[derive(Default)]
struct Part {
    texts: Vec<String>,
    /// The operator before each term; `None` if the first term of a chain is alone.
    joint: Option<Token>,
    /// Number of words before them that move them.
    moves: usize,
}

/// The instructions with which a program takes or refuses a frame.
#[derive(Default)]
struct Exits {
    takes: Vec<usize>,
    refuses: Vec<usize>,
}

struct Compiler<'a, F> {
    expression: &'a str,
    tokens: Vec<(Token, Range<usize>)>,
    closings: Vec<usize>,
    next: usize,
    /// For each word that moves later terms, an expression that is always true and moves them.
    moves: Vec<String>,
    program: Vec<Encoded>,
    together: usize,
    compile: F,
}

impl<'a, F: Fn(&str) -> Option<Vec<Encoded>>> Compiler<'a, F> {
    fn whole(mut self) -> Option<Vec<Encoded>> {
        let mut chains = vec![Chain::default()];
        loop {
            if let Some(inner) = self.term(chains.last_mut()?)? {
                chains.push(inner);
                continue;
            }
            loop {
                let mut chain = chains.pop()?;
                let token = self.peek();
                self.next += 1;
                match token {
                    Some(joint @ (Token::And | Token::Or)) => {
                        chain.joint = Some(joint);
                        chains.push(chain);
                        break;
                    }
                    Some(Token::Close) => self.close(chain, chains.last_mut()?)?,
                    None if chains.is_empty() => return self.end(chain),
                    _ => return None,
                }
            }
        }
    }

    /// Parses a term, or the beginning of one in parentheses, which is returned.
    fn term(&mut self, chain: &mut Chain<'a>) -> Option<Option<Chain<'a>>> {
        let mut is_negated = false;
        while self.peek() == Some(Token::Not) {
            is_negated = !is_negated;
            self.next += 1;
        }
        let begin = self.next;
        while self.peek() == Some(Token::Word) || self.is_joint_of_directions() {
            self.next += 1;
        }
        let words = begin..self.next;
        if self.peek() == Some(Token::Open) {
            let behind = self.tokens.get(self.closings[self.next] + 1);
            let is_last = !matches!(behind, Some((Token::Word | Token::Open | Token::Not, _)));
            if is_last && words.clone().all(|word| self.is_qualifier(word)) {
                let outer = (!words.is_empty()).then(|| self.text(words));
                self.compile_part(chain)?;
                self.next += 1;
                let (qualifiers, begin) = (outer.or(chain.qualifiers), self.program.len());
                return Some(Some(Chain { qualifiers, outer, is_negated, begin, ..Chain::default() }));
            }
            // Parentheses of arithmetic.
            while matches!(self.peek(), Some(Token::Word | Token::Open)) {
                self.next =
                    if self.peek() == Some(Token::Open) { self.closings[self.next] } else { self.next } + 1;
            }
        }
        let all = begin..self.next;
        if all.is_empty() {
            return None;
        }
        let text = self.text(all.clone());
        let first = self.text(begin..begin + 1);
        let is_bare = words == all && self.is_identifier(all.clone()) && !is_keyword(first);
        chain.accept(is_bare)?;
        let text = if is_bare {
            format!("{} {text}", chain.qualifiers?)
        } else if is_keyword(first) || all.clone().any(|word| self.is_relation(word)) {
            let identifier = all.clone().find(|word| !self.is_qualifier(*word)).unwrap_or(all.end);
            let is_qualified = words == all && self.is_identifier(identifier..all.end);
            chain.qualifiers = (is_qualified && identifier > begin).then(|| self.text(begin..identifier));
            text.to_owned()
        } else {
            return None;
        };
        self.add(chain, if is_negated { format!("not {text}") } else { text.clone() })?;
        if is_one_of(MOVES, first) {
            self.moves.push(format!("(len >= 0 or {text})"));
        } else if is_one_of(MOVES_BY_FRAME, first) {
            // The instructions of this word store by how much, if they run: only the first term runs for every frame.
            if !self.tokens[..begin].iter().all(|(token, _)| matches!(token, Token::Open | Token::Not)) {
                return None;
            }
            self.moves.push(format!("({text} or len >= 0)"));
        }
        (self.moves.len() <= MOST_MOVES).then_some(None)
    }

    /// Adds a term to those that are compiled together.
    fn add(&mut self, chain: &mut Chain<'a>, text: String) -> Option<()> {
        let joint = chain.joint;
        let is_joined = chain.part.joint.is_none_or(|of| Some(of) == joint);
        if chain.part.texts.len() == self.together || !is_joined {
            self.compile_part(chain)?;
        }
        if chain.part.texts.is_empty() {
            chain.part.moves = self.moves.len();
        }
        chain.part.joint = joint;
        chain.part.texts.push(text);
        Some(())
    }

    fn compile_part(&mut self, chain: &mut Chain<'a>) -> Option<()> {
        let Part { texts, joint, moves } = mem::take(&mut chain.part);
        if texts.is_empty() {
            return Some(());
        }
        let mut text = texts.join(if joint == Some(Token::And) { " and " } else { " or " });
        if moves > 0 {
            text = format!("{} and ({text})", self.moves[..moves].join(" and "));
        }
        let part = (self.compile)(&text)?;
        let (begin, mut exits) = (self.program.len(), Exits::default());
        for (at, instruction) in (begin..).zip(&part) {
            match instruction.code {
                RETURN_A => return None,
                RETURN_CONSTANT if instruction.k == 0 => exits.refuses.push(at),
                RETURN_CONSTANT => exits.takes.push(at),
                _ => {}
            }
        }
        self.program.extend(part);
        self.join(chain, joint, begin, exits)
    }

    /// Lets the program that begins at an instruction run if the program of the chain does not decide about a frame.
    fn join(&mut self, chain: &mut Chain<'a>, joint: Option<Token>, begin: usize, next: Exits) -> Option<()> {
        let Some(first) = chain.exits.take() else {
            chain.exits = Some(next);
            return Some(());
        };
        let joint = joint?;
        let decides = |exits: &Exits| match joint {
            Token::And => exits.takes.is_empty(),
            _ => exits.refuses.is_empty(),
        };
        if decides(&first) {
            self.program.truncate(begin);
            chain.exits = Some(first);
            return Some(());
        }
        if decides(&next) {
            self.program.truncate(chain.begin);
            self.program.push(RETURN);
            let (takes, refuses) =
                if joint == Token::And { (vec![], vec![chain.begin]) } else { (vec![chain.begin], vec![]) };
            chain.exits = Some(Exits { takes, refuses });
            return Some(());
        }
        let (undecided, exits) = if joint == Token::And {
            let refuses = joined(first.refuses, next.refuses);
            (first.takes, Exits { refuses, takes: next.takes })
        } else {
            let takes = joined(first.takes, next.takes);
            (first.refuses, Exits { takes, refuses: next.refuses })
        };
        for at in undecided {
            let k = u32::try_from(begin - at - 1).ok()?;
            self.program[at] = Encoded { code: JUMP, jump_true: 0, jump_false: 0, k };
        }
        chain.exits = Some(exits);
        Some(())
    }

    /// Makes a term of the outer chain from a chain in parentheses.
    fn close(&mut self, mut chain: Chain<'a>, outer: &mut Chain<'a>) -> Option<()> {
        self.compile_part(&mut chain)?;
        let mut exits = chain.exits?;
        if chain.is_negated {
            mem::swap(&mut exits.takes, &mut exits.refuses);
        }
        let is_bare = chain.begins_bare == Some(true);
        if chain.outer.is_some() {
            if !is_bare {
                return None;
            }
            outer.qualifiers = chain.outer;
        }
        outer.accept(is_bare && chain.outer.is_none())?;
        self.join(outer, outer.joint, chain.begin, exits)
    }

    fn end(mut self, mut chain: Chain<'a>) -> Option<Vec<Encoded>> {
        self.compile_part(&mut chain)?;
        let exits = chain.exits.filter(|exits| !exits.takes.is_empty())?;
        exits.takes.into_iter().for_each(|at| self.program[at].k = u32::MAX);
        exits.refuses.into_iter().for_each(|at| self.program[at].k = 0);
        Some(self.program)
    }

    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.next).map(|(token, _)| *token)
    }

    fn text(&self, tokens: Range<usize>) -> &'a str {
        let (first, last) = (&self.tokens[tokens.start].1, &self.tokens[tokens.end - 1].1);
        &self.expression[first.start..last.end]
    }

    /// Whether the current token does not join terms: `src or dst` is one qualifier.
    fn is_joint_of_directions(&self) -> bool {
        let is_direction =
            |at: usize| at < self.tokens.len() && matches!(self.text(at..at + 1), "src" | "dst");
        self.peek().is_some_and(Token::is_joint)
            && self.next.checked_sub(1).is_some_and(is_direction)
            && is_direction(self.next + 1)
    }

    fn is_qualifier(&self, token: usize) -> bool {
        self.tokens[token].0.is_joint() || is_one_of(QUALIFIERS, self.text(token..token + 1))
    }

    fn is_relation(&self, token: usize) -> bool {
        is_one_of("= == != < > <= >=", self.text(token..token + 1))
    }

    /// Whether the tokens can be one name, address or number.
    fn is_identifier(&self, tokens: Range<usize>) -> bool {
        let middle = tokens.start + 1;
        tokens.len() == 1 || (tokens.len() == 3 && matches!(self.text(middle..middle + 1), "/" | "mask"))
    }
}

impl Chain<'_> {
    /// Accepts a term by its kind: in parentheses, if the first term has no qualifiers of its own, no term has.
    fn accept(&mut self, is_bare: bool) -> Option<()> {
        let begins_bare = *self.begins_bare.get_or_insert(is_bare);
        (is_bare || !begins_bare).then_some(())
    }
}

/// Puts two lists together in any order, at the cost of the shorter.
fn joined(one: Vec<usize>, other: Vec<usize>) -> Vec<usize> {
    let (mut longer, shorter) = if one.len() < other.len() { (other, one) } else { (one, other) };
    longer.extend(shorter);
    longer
}

/// Whether a word names the subject of a term.
fn is_keyword(word: &str) -> bool {
    [QUALIFIERS, OTHERS, MOVES, MOVES_BY_FRAME].iter().any(|words| is_one_of(words, word))
}

fn is_one_of(words: &str, word: &str) -> bool {
    words.split_ascii_whitespace().any(|one| one == word)
}
