//! Expressions of many terms, compiled in parts.
//!
//! This module handles `and`, `or`, `not` and parentheses. If a program would refuse a frame, the next program runs (`or`); if it
//! would take the frame, the next program runs (`and`). libpcap compiles the text between them. Terms that depend on each other
//! are not taken apart, for example those after `vlan`. The only exception is a qualifier that later terms share (`host a or b`).

use std::ops::Range;

use crate::bpf::{Encoded, JUMP, RETURN_A, RETURN_CONSTANT};

/// Number of terms that are compiled together.
const TOGETHER: usize = 20;

/// Most levels of nested parentheses.
const MOST_NESTED: usize = 50;

/// The words that may come before the name, address or number of a term.
const QUALIFIERS: [&str; 17] = [
    "arp",
    "dst",
    "ether",
    "host",
    "icmp",
    "icmp6",
    "ip",
    "ip6",
    "net",
    "port",
    "portrange",
    "proto",
    "rarp",
    "sctp",
    "src",
    "tcp",
    "udp",
];

/// Other words that terms begin with, and that mean the same at any place.
const OTHERS: [&str; 8] = ["ah", "esp", "greater", "igmp", "inbound", "len", "less", "outbound"];

/// Compiles an expression of more than a few terms. `None` if it has few, if it cannot be taken apart, or if `compile` has no
/// program for a part.
pub(crate) fn compile(
    expression: &str,
    compile: impl Fn(&str) -> Option<Vec<Encoded>>,
) -> Option<Vec<Encoded>> {
    let tokens = tokens(expression)?;
    if tokens.iter().filter(|(token, _)| token.is_joint()).count() < TOGETHER {
        return None;
    }
    let mut parser = Parser { expression, tokens, next: 0, depth: 0 };
    let chain = parser.chain(None)?;
    if parser.peek().is_some() {
        return None;
    }
    program(&chain, &compile)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    And,
    Or,
    Not,
    Open,
    Close,
    /// Everything else, with brackets and the text between them.
    Word,
}

impl Token {
    fn is_joint(self) -> bool {
        matches!(self, Token::And | Token::Or)
    }
}

fn tokens(expression: &str) -> Option<Vec<(Token, Range<usize>)>> {
    let mut tokens = Vec::new();
    let mut begin = 0;
    while let Some(rest) = expression.get(begin..).filter(|rest| !rest.is_empty()) {
        let (token, length) = match rest.as_bytes() {
            [first, ..] if first.is_ascii_whitespace() => {
                begin += 1;
                continue;
            }
            [b'(', ..] => (Token::Open, 1),
            [b')', ..] => (Token::Close, 1),
            [b'&', b'&', ..] => (Token::And, 2),
            [b'|', b'|', ..] => (Token::Or, 2),
            [b'!', next, ..] if *next != b'=' => (Token::Not, 1),
            _ => {
                let length = word(rest)?;
                let token = match &rest[..length] {
                    "and" => Token::And,
                    "or" => Token::Or,
                    "not" => Token::Not,
                    _ => Token::Word,
                };
                (token, length)
            }
        };
        tokens.push((token, begin..begin + length));
        begin += length;
    }
    Some(tokens)
}

/// The end of the word that a text begins with; `None` if its brackets are not closed.
fn word(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut open = 0_usize;
    for (at, byte) in bytes.iter().enumerate() {
        let is_double = bytes.get(at + 1) == Some(byte);
        let is_end = match byte {
            b'[' => {
                open += 1;
                false
            }
            b']' => {
                open = open.checked_sub(1)?;
                false
            }
            b'(' | b')' => true,
            b'&' | b'|' => is_double,
            b'!' => bytes.get(at + 1) != Some(&b'='),
            _ => byte.is_ascii_whitespace(),
        };
        if is_end && open == 0 && at > 0 {
            return Some(at);
        }
    }
    (open == 0).then_some(bytes.len())
}

/// Terms with the operator that joins each to those before it; `and` and `or` have the same precedence, from the left.
type Chain = Vec<(Token, Term)>;

struct Term {
    is_negated: bool,
    is_bare: bool,
    what: What,
}

enum What {
    /// Text for libpcap.
    Text(String),
    Group(Chain),
}

struct Parser<'a> {
    expression: &'a str,
    tokens: Vec<(Token, Range<usize>)>,
    next: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.next).map(|(token, _)| *token)
    }

    fn take(&mut self, wanted: Token) -> bool {
        let is_there = self.peek() == Some(wanted);
        self.next += usize::from(is_there);
        is_there
    }

    fn text(&self, tokens: Range<usize>) -> &'a str {
        let (first, last) = (&self.tokens[tokens.start].1, &self.tokens[tokens.end - 1].1);
        &self.expression[first.start..last.end]
    }

    /// Parses terms up to the end or a closing parenthesis. A term that is only a name, address or number has the qualifiers of
    /// the term before it. In parentheses, if the first term is bare, all terms are.
    fn chain(&mut self, mut qualifiers: Option<&'a str>) -> Option<Chain> {
        let mut chain = Chain::new();
        let mut joint = Token::Or;
        loop {
            let term = self.term(&mut qualifiers)?;
            let first_is_bare = chain.first().is_some_and(|(_, first)| first.is_bare);
            if first_is_bare && self.depth > 0 && !term.is_bare {
                return None;
            }
            chain.push((joint, term));
            match self.peek() {
                Some(token) if token.is_joint() => joint = token,
                _ => break,
            }
            self.next += 1;
        }
        // The first term has the operator of the second, so that they can be put together.
        if let [(joint, _), (second, _), ..] = &mut chain[..] {
            *joint = *second;
        }
        Some(chain)
    }

    fn term(&mut self, qualifiers: &mut Option<&'a str>) -> Option<Term> {
        let mut is_negated = false;
        while self.take(Token::Not) {
            is_negated = !is_negated;
        }
        let begin = self.next;
        while self.peek() == Some(Token::Word) || self.is_joint_of_directions() {
            self.next += 1;
        }
        let words = begin..self.next;
        if self.peek() == Some(Token::Open) {
            let end = self.closing()?;
            let is_last =
                !matches!(self.tokens.get(end + 1), Some((Token::Word | Token::Open | Token::Not, _)));
            if is_last && words.clone().all(|word| self.is_qualifier(word)) {
                let inherited = if words.is_empty() { *qualifiers } else { Some(self.text(words.clone())) };
                let group = self.group(inherited)?;
                let is_bare = group.first().is_some_and(|(_, first)| first.is_bare);
                if !words.is_empty() && !is_bare {
                    return None;
                }
                *qualifiers = None;
                return Some(Term {
                    is_negated,
                    is_bare: is_bare && words.is_empty(),
                    what: What::Group(group),
                });
            }
            // Parentheses of arithmetic.
            while matches!(self.peek(), Some(Token::Word | Token::Open)) {
                self.next =
                    if self.peek() == Some(Token::Open) { self.closing()? + 1 } else { self.next + 1 };
            }
        }
        let all = begin..self.next;
        if all.is_empty() || self.peek() == Some(Token::Not) {
            return None;
        }
        let text = self.text(all.clone());
        if is_keyword(text.trim_start_matches(['(', ' '])) {
            let last = all.end - 1;
            let is_qualified = all.len() > 1
                && words == all
                && (begin..last).all(|word| self.is_qualifier(word))
                && !self.is_qualifier(last);
            *qualifiers = is_qualified.then(|| self.text(begin..last));
            return Some(Term { is_negated, is_bare: false, what: What::Text(text.to_owned()) });
        }
        // libpcap has no program for a keyword after a qualifier if this module does not know the keyword.
        let qualifiers = qualifiers.filter(|_| all.len() == 1)?;
        Some(Term { is_negated, is_bare: true, what: What::Text(format!("{qualifiers} {text}")) })
    }

    fn group(&mut self, inherited: Option<&'a str>) -> Option<Chain> {
        if self.depth == MOST_NESTED || !self.take(Token::Open) {
            return None;
        }
        self.depth += 1;
        let chain = self.chain(inherited)?;
        self.depth -= 1;
        self.take(Token::Close).then_some(chain)
    }

    /// The token that closes the current parenthesis.
    fn closing(&self) -> Option<usize> {
        let mut open = 0;
        for (at, (token, _)) in self.tokens.iter().enumerate().skip(self.next) {
            match token {
                Token::Open => open += 1,
                Token::Close => open -= 1,
                _ => {}
            }
            if open == 0 {
                return Some(at);
            }
        }
        None
    }

    /// Whether the current token does not join terms: `src or dst` is one qualifier.
    fn is_joint_of_directions(&self) -> bool {
        let is_direction = |at: usize| {
            self.tokens
                .get(at)
                .is_some_and(|(_, place)| matches!(&self.expression[place.clone()], "src" | "dst"))
        };
        self.peek().is_some_and(Token::is_joint)
            && self.next.checked_sub(1).is_some_and(is_direction)
            && is_direction(self.next + 1)
    }

    fn is_qualifier(&self, token: usize) -> bool {
        let (token, place) = &self.tokens[token];
        token.is_joint() || QUALIFIERS.contains(&&self.expression[place.clone()])
    }
}

/// Whether a text begins with a word that names the subject of a term.
fn is_keyword(text: &str) -> bool {
    let end = text.find(|character: char| !character.is_ascii_alphanumeric()).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let is_whole = rest.is_empty() || rest.starts_with(['[', '<', '>', '=', '!', ' ', '\t', '\n']);
    is_whole && (QUALIFIERS.contains(&word) || OTHERS.contains(&word))
}

fn program(chain: &[(Token, Term)], compile: &impl Fn(&str) -> Option<Vec<Encoded>>) -> Option<Vec<Encoded>> {
    let mut whole: Option<Vec<Encoded>> = None;
    let mut rest = chain;
    while let [(joint, first), behind @ ..] = rest {
        let next = match &first.what {
            What::Group(group) => {
                rest = behind;
                let program = program(group, compile)?;
                if first.is_negated { negated(program)? } else { program }
            }
            What::Text(_) => {
                let texts = rest.iter().take(TOGETHER).map_while(|(of, term)| match &term.what {
                    What::Text(text) if of == joint => Some((term.is_negated, text)),
                    _ => None,
                });
                let texts: Vec<String> = texts
                    .map(|(is_negated, text)| if is_negated { format!("not {text}") } else { text.clone() })
                    .collect();
                rest = &rest[texts.len()..];
                compile(&texts.join(if *joint == Token::And { " and " } else { " or " }))?
            }
        };
        whole = Some(match whole {
            Some(whole) => joined(whole, *joint, &next)?,
            None => next,
        });
    }
    whole
}

/// The program that runs the second if the first does not decide about a frame.
fn joined(mut first: Vec<Encoded>, joint: Token, second: &[Encoded]) -> Option<Vec<Encoded>> {
    let end = first.len();
    for (at, instruction) in first.iter_mut().enumerate() {
        match instruction.code {
            RETURN_A => return None,
            RETURN_CONSTANT if (instruction.k == 0) == (joint == Token::Or) => {
                let k = u32::try_from(end - at - 1).ok()?;
                *instruction = Encoded { code: JUMP, jump_true: 0, jump_false: 0, k };
            }
            _ => {}
        }
    }
    first.extend_from_slice(second);
    Some(first)
}

/// The program that takes the frames that the other refuses.
fn negated(mut program: Vec<Encoded>) -> Option<Vec<Encoded>> {
    for instruction in &mut program {
        match instruction.code {
            RETURN_A => return None,
            RETURN_CONSTANT => instruction.k = if instruction.k == 0 { u32::MAX } else { 0 },
            _ => {}
        }
    }
    Some(program)
}
