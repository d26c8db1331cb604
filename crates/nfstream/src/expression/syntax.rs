//! From tokens to a tree.
//!
//! ```text
//! expression  = conjunction { "or" conjunction }
//! conjunction = negation { "and" negation }
//! negation    = "not" negation | comparison
//! comparison  = sum { ("<" | "<=" | ">" | ">=" | "==" | "!=") sum }
//! sum         = product { ("+" | "-") product }
//! product     = factor { ("*" | "/" | "//" | "%") factor }
//! factor      = ("-" | "+") factor | number | "(" expression ")" | [ "flow" "." ] name
//!             | name "(" [ expression ] [ "where" expression ] ")"
//! ```

use super::error::Mistake;
use super::token::{MOST_NEGATIVE, Token, Tokens, too_large};

/// Most levels of nested operators. The parser and the later steps recurse as deep.
const MOST_NESTED: u16 = 200;

/// Most bytes of an expression.
const LONGEST: usize = 10_000;

/// An expression or a part of one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tree {
    /// The offset at which the part begins.
    pub(super) at: usize,
    pub(super) term: Term,
    depth: u16,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Term {
    Int(i64),
    Float(f64),
    /// A field of packets, or a column of the flow.
    Name {
        name: String,
        /// Written as `flow.name`.
        is_of_flow: bool,
    },
    Not(Box<Tree>),
    Negative(Box<Tree>),
    Binary(Operator, Box<[Tree; 2]>),
    /// Comparisons in a chain: all of them have to hold.
    Chain(Box<Tree>, Vec<(Operator, Tree)>),
    Call(Box<Call>),
}

/// `function(argument where filter)`
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    pub(super) function: String,
    pub(super) argument: Option<Tree>,
    pub(super) filter: Option<Tree>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Remainder,
}

const COMPARISONS: [(&str, Operator); 6] = [
    ("<", Operator::Less),
    ("<=", Operator::LessOrEqual),
    (">", Operator::Greater),
    (">=", Operator::GreaterOrEqual),
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
];
const SUMS: [(&str, Operator); 2] = [("+", Operator::Add), ("-", Operator::Subtract)];
const PRODUCTS: [(&str, Operator); 4] = [
    ("*", Operator::Multiply),
    ("/", Operator::Divide),
    ("//", Operator::FloorDivide),
    ("%", Operator::Remainder),
];

/// Words that are not names.
const WORDS: [&str; 4] = ["and", "or", "not", "where"];

/// Reads a whole expression.
pub(super) fn parse(text: &str) -> Result<Tree, Mistake> {
    if text.len() > LONGEST {
        return Err(Mistake::new(LONGEST, format!("an expression may have at most {LONGEST} bytes")));
    }
    let mut parser = Parser { tokens: Tokens::new(text)?, depth: 0 };
    let tree = parser.expression()?;
    match parser.tokens.token() {
        Token::End => Ok(tree),
        Token::Sign(")") => Err(parser.mistake("there is no `(` for this `)`")),
        Token::Name("where") => {
            Err(parser.mistake("`where` filters packets inside a function, as in max(raw_size where syn)"))
        }
        _ => Err(parser.expected("an operator")),
    }
}

struct Parser<'a> {
    tokens: Tokens<'a>,
    depth: u16,
}

type Parsed = Result<Tree, Mistake>;

impl Parser<'_> {
    fn expression(&mut self) -> Parsed {
        let mut left = self.conjunction()?;
        while self.tokens.take_word("or")? {
            left = binary(Operator::Or, left, self.conjunction()?)?;
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> Parsed {
        let mut left = self.negation()?;
        while self.tokens.take_word("and")? {
            left = binary(Operator::And, left, self.negation()?)?;
        }
        Ok(left)
    }

    fn negation(&mut self) -> Parsed {
        let at = self.tokens.at();
        if !self.tokens.take_word("not")? {
            return self.comparison();
        }
        let negated = self.nested(Self::negation)?;
        tree(at, 1 + negated.depth, Term::Not(Box::new(negated)))
    }

    fn comparison(&mut self) -> Parsed {
        let first = self.sum()?;
        let mut links = Vec::new();
        while let Some(operator) = self.take_operator(&COMPARISONS)? {
            links.push((operator, self.sum()?));
        }
        if links.is_empty() {
            return Ok(first);
        }
        let depth = links.iter().map(|(_, tree)| tree.depth).fold(first.depth, u16::max);
        tree(first.at, 1 + depth, Term::Chain(Box::new(first), links))
    }

    fn sum(&mut self) -> Parsed {
        let mut left = self.product()?;
        while let Some(operator) = self.take_operator(&SUMS)? {
            left = binary(operator, left, self.product()?)?;
        }
        Ok(left)
    }

    fn product(&mut self) -> Parsed {
        let mut left = self.factor()?;
        while let Some(operator) = self.take_operator(&PRODUCTS)? {
            left = binary(operator, left, self.factor()?)?;
        }
        Ok(left)
    }

    fn factor(&mut self) -> Parsed {
        let at = self.tokens.at();
        match self.tokens.token() {
            Token::Int(number) => match i64::try_from(number) {
                Ok(number) => self.number(at, Term::Int(number)),
                Err(_) => Err(too_large(at, self.tokens.word())),
            },
            Token::Float(number) => self.number(at, Term::Float(number)),
            Token::Name(name) if !WORDS.contains(&name) => self.name(at, name),
            Token::Sign("(") => {
                self.tokens.advance()?;
                let inner = self.nested(Self::expression)?;
                self.close()?;
                Ok(Tree { at, ..inner })
            }
            Token::Sign("-") => {
                self.tokens.advance()?;
                if self.tokens.token() == Token::Int(MOST_NEGATIVE) {
                    return self.number(at, Term::Int(i64::MIN));
                }
                let negated = self.nested(Self::factor)?;
                tree(at, 1 + negated.depth, Term::Negative(Box::new(negated)))
            }
            Token::Sign("+") => {
                self.tokens.advance()?;
                self.nested(Self::factor)
            }
            Token::Name("not") => Err(self.mistake("put parentheses around `not` and what it negates")),
            _ => Err(self.expected("a number, a name or `(`")),
        }
    }

    fn number(&mut self, at: usize, term: Term) -> Parsed {
        self.tokens.advance()?;
        tree(at, 0, term)
    }

    fn name(&mut self, at: usize, name: &str) -> Parsed {
        self.tokens.advance()?;
        if self.tokens.take_sign("(")? {
            return self.call(at, name);
        }
        if !self.tokens.take_sign(".")? {
            return tree(at, 0, Term::Name { name: name.to_owned(), is_of_flow: false });
        }
        if name != "flow" {
            let reason = format!("`.` may follow only `flow`, as in flow.dst_port, not `{name}`");
            return Err(Mistake::new(at, reason));
        }
        let Token::Name(column) = self.tokens.token() else {
            return Err(self.expected("the name of a column"));
        };
        self.tokens.advance()?;
        tree(at, 0, Term::Name { name: column.to_owned(), is_of_flow: true })
    }

    fn call(&mut self, at: usize, function: &str) -> Parsed {
        let is_empty = matches!(self.tokens.token(), Token::Sign(")") | Token::Name("where"));
        let argument = if is_empty { None } else { Some(self.nested(Self::expression)?) };
        let filter =
            if self.tokens.take_word("where")? { Some(self.nested(Self::expression)?) } else { None };
        match self.tokens.token() {
            Token::Sign(",") => {
                return Err(self.mistake(
                    "a function takes one argument; write a filter after `where`, as in max(raw_size where syn)",
                ));
            }
            Token::Name("where") => {
                return Err(self.mistake("one `where` is enough: join conditions with `and`"));
            }
            _ => self.close()?,
        }
        let depth = |tree: &Option<Tree>| tree.as_ref().map_or(0, |tree| tree.depth);
        let depth = 1 + depth(&argument).max(depth(&filter));
        tree(at, depth, Term::Call(Box::new(Call { function: function.to_owned(), argument, filter })))
    }

    fn take_operator(&mut self, operators: &[(&str, Operator)]) -> Result<Option<Operator>, Mistake> {
        let Token::Sign(sign) = self.tokens.token() else { return Ok(None) };
        let found = operators.iter().find(|(written, _)| *written == sign);
        if found.is_some() {
            self.tokens.advance()?;
        }
        Ok(found.map(|(_, operator)| *operator))
    }

    fn close(&mut self) -> Result<(), Mistake> {
        if self.tokens.take_sign(")")? { Ok(()) } else { Err(self.expected("`)` or an operator")) }
    }

    fn nested(&mut self, parse: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        self.depth += 1;
        if self.depth > MOST_NESTED {
            return Err(too_deep(self.tokens.at()));
        }
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn expected(&self, what: &str) -> Mistake {
        self.mistake(format!("expected {what} instead of {}", self.tokens.shown()))
    }

    fn mistake(&self, reason: impl Into<String>) -> Mistake {
        Mistake::new(self.tokens.at(), reason)
    }
}

fn binary(operator: Operator, left: Tree, right: Tree) -> Parsed {
    tree(left.at, 1 + left.depth.max(right.depth), Term::Binary(operator, Box::new([left, right])))
}

fn tree(at: usize, depth: u16, term: Term) -> Parsed {
    if depth > MOST_NESTED { Err(too_deep(at)) } else { Ok(Tree { at, term, depth }) }
}

fn too_deep(at: usize) -> Mistake {
    Mistake::new(
        at,
        format!("more than {MOST_NESTED} operators are nested here: split this into two features"),
    )
}
