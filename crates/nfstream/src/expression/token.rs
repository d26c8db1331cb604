//! From text to words, numbers and signs.

use std::num::IntErrorKind;

use super::error::Mistake;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token<'a> {
    /// At most [`MOST_NEGATIVE`].
    Int(u64),
    Float(f64),
    Name(&'a str),
    Sign(&'static str),
    End,
}

/// The number that is an integer only after a minus sign.
pub(super) const MOST_NEGATIVE: u64 = i64::MIN.unsigned_abs();

impl Token<'_> {
    /// The token in messages.
    pub(super) fn shown(&self, text: &str) -> String {
        match self {
            Token::End => "the end of the expression".to_owned(),
            _ => format!("`{text}`"),
        }
    }
}

/// Of two signs that begin alike, the longer one comes first.
const SIGNS: [&str; 17] =
    ["<=", ">=", "==", "!=", "//", "**", "(", ")", ",", ".", "+", "-", "*", "/", "%", "<", ">"];

/// Signs of other languages, and what they are here.
const FOREIGN: [(&str, &str); 8] = [
    ("&&", "and"),
    ("||", "or"),
    ("&", "and"),
    ("|", "or"),
    ("!", "not"),
    ("~", "not"),
    ("=", "=="),
    ("<>", "!="),
];

/// Goes through a text, token by token.
pub(super) struct Tokens<'a> {
    text: &'a str,
    /// Where the current token begins, and where it ends.
    begin: usize,
    end: usize,
    token: Token<'a>,
}

impl<'a> Tokens<'a> {
    /// Begins with the first token as the current one.
    pub(super) fn new(text: &'a str) -> Result<Self, Mistake> {
        let mut tokens = Self { text, begin: 0, end: 0, token: Token::End };
        tokens.advance()?;
        Ok(tokens)
    }

    pub(super) fn token(&self) -> Token<'a> {
        self.token
    }

    /// Where the current token begins.
    pub(super) fn at(&self) -> usize {
        self.begin
    }

    /// The current token in messages.
    pub(super) fn shown(&self) -> String {
        self.token.shown(self.word())
    }

    /// The current token as it is written.
    pub(super) fn word(&self) -> &'a str {
        self.text.get(self.begin..self.end).unwrap_or_default()
    }

    /// Advances if the current token is this sign.
    pub(super) fn take_sign(&mut self, sign: &str) -> Result<bool, Mistake> {
        let found = matches!(self.token, Token::Sign(found) if found == sign);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    /// Advances if the current token is this word.
    pub(super) fn take_word(&mut self, word: &str) -> Result<bool, Mistake> {
        let found = self.token == Token::Name(word);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    pub(super) fn advance(&mut self) -> Result<(), Mistake> {
        let rest = self.text.get(self.end..).unwrap_or_default();
        let trimmed = rest.trim_start();
        self.begin = self.text.len() - trimmed.len();
        let (length, token) = self.read(trimmed)?;
        self.end = self.begin + length;
        self.token = token;
        Ok(())
    }

    fn read(&self, rest: &'a str) -> Result<(usize, Token<'a>), Mistake> {
        let mut characters = rest.chars();
        let Some(first) = characters.next() else { return Ok((0, Token::End)) };
        let second = characters.next();
        if first.is_ascii_digit() || first == '.' && second.is_some_and(|c| c.is_ascii_digit()) {
            return self.number(rest);
        }
        if is_of_name(first) {
            let name = rest.split(|c| !is_of_name(c)).next().unwrap_or_default();
            return Ok((name.len(), Token::Name(name)));
        }
        let foreign = FOREIGN.iter().find(|(sign, _)| rest.starts_with(sign));
        let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
        match (sign, foreign) {
            (Some(sign), None) => Ok((sign.len(), Token::Sign(sign))),
            (Some(sign), Some((foreign, _))) if sign.len() >= foreign.len() => {
                Ok((sign.len(), Token::Sign(sign)))
            }
            (_, Some((foreign, ours))) => {
                Err(Mistake::new(self.begin, format!("`{foreign}` is written `{ours}`")))
            }
            (None, None) => {
                // Quotes and letters are shown as they are.
                let shown =
                    if first.is_control() { first.escape_debug().to_string() } else { first.to_string() };
                Err(Mistake::new(self.begin, format!("`{shown}` has no meaning in an expression")))
            }
        }
    }

    fn number(&self, rest: &'a str) -> Result<(usize, Token<'a>), Mistake> {
        let is_hexadecimal = rest.starts_with("0x") || rest.starts_with("0X");
        let mut before = ' ';
        let belongs = |c: char| {
            let is_exponent_sign = matches!(c, '+' | '-') && matches!(before, 'e' | 'E') && !is_hexadecimal;
            before = c;
            is_of_name(c) || c == '.' || is_exponent_sign
        };
        let length = rest.chars().map_while({
            let mut belongs = belongs;
            move |c| belongs(c).then(|| c.len_utf8())
        });
        let word = rest.get(..length.sum()).unwrap_or_default();
        let digits = word.replace('_', "");
        let no_number = || Mistake::new(self.begin, format!("`{word}` is not a number"));
        let integer = |digits: &str, radix| match u64::from_str_radix(digits, radix) {
            Ok(number) if number <= MOST_NEGATIVE => Ok(Token::Int(number)),
            Err(error) if *error.kind() != IntErrorKind::PosOverflow => Err(no_number()),
            Ok(_) | Err(_) => Err(too_large(self.begin, word)),
        };
        let token = if is_hexadecimal {
            integer(digits.get(2..).unwrap_or_default(), 16)?
        } else if digits.bytes().all(|byte| byte.is_ascii_digit()) {
            integer(&digits, 10)?
        } else {
            let number: f64 = digits.parse().map_err(|_| no_number())?;
            if number.is_infinite() {
                return Err(Mistake::new(self.begin, format!("`{word}` is larger than a float64 can be")));
            }
            Token::Float(number)
        };
        Ok((word.len(), token))
    }
}

/// A mistake: the word is larger than any integer.
pub(super) fn too_large(at: usize, word: &str) -> Mistake {
    Mistake::new(at, format!("`{word}` is larger than {}", i64::MAX))
}

fn is_of_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}
