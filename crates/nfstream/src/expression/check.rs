//! From a tree to nodes: looks up names, checks types, collects functions of packets.

use super::aggregate::{Aggregate, Cell, FUNCTIONS, Kept};
use super::error::Mistake;
use super::field::FIELDS;
use super::node::{Binary, Node, Nodes, Type, Unary, word};
use super::syntax::{Call, Operator, Term, Tree};
use crate::column::{Column, Kind, Unit};
use crate::unknown_column::{hint, parameter_that_adds, suggestion};

/// The nodes and cells that the features of a run compute packet by packet.
#[derive(Debug, Default)]
pub(super) struct OfPackets {
    pub(super) nodes: Nodes,
    pub(super) cells: Vec<Cell>,
}

/// The source of a value of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The cell with this index.
    Cell(usize),
    /// The column with this index.
    Column(usize),
}

/// A feature that has been checked.
pub(super) struct Checked {
    pub(super) nodes: Box<[Node]>,
    pub(super) sources: Box<[Source]>,
    pub(super) result: u16,
    pub(super) kind: Type,
    pub(super) unit: Unit,
}

/// Checks an expression. Adds the nodes and cells of packets that it needs to those of other
/// expressions.
pub(super) fn check(tree: &Tree, columns: &[Column], packets: &mut OfPackets) -> Result<Checked, Mistake> {
    let mut checker =
        Checker { columns, packets, flow: Nodes::default(), sources: Vec::new(), function: None };
    let Quantity { place, kind, unit } = checker.check(tree)?;
    let nodes = checker.flow.as_slice().into();
    Ok(Checked { nodes, sources: checker.sources.into(), result: place, kind, unit })
}

struct Checker<'a> {
    columns: &'a [Column],
    packets: &'a mut OfPackets,
    flow: Nodes,
    sources: Vec<Source>,
    /// The function of packets that is being checked.
    function: Option<&'static str>,
}

/// The value of a part of an expression.
#[derive(Clone, Copy)]
struct Quantity {
    /// The node: one of the packets inside a function, else one of the flow.
    place: u16,
    kind: Type,
    unit: Unit,
}

type Result<T, E = Mistake> = std::result::Result<T, E>;

impl Checker<'_> {
    fn nodes(&mut self) -> &mut Nodes {
        if self.function.is_some() { &mut self.packets.nodes } else { &mut self.flow }
    }

    fn check(&mut self, tree: &Tree) -> Result<Quantity> {
        let at = tree.at;
        match &tree.term {
            Term::Int(number) => self.constant(at, Type::Int, *number),
            Term::Float(number) => self.constant(at, Type::Float, word(*number)),
            Term::Name { name, is_of_flow } => self.name(at, name, *is_of_flow),
            Term::Not(negated) => {
                let negated = self.condition(negated)?;
                let place = self.nodes().unary(at, Unary::Not, negated.place)?;
                Ok(Quantity { place, ..negated })
            }
            Term::Negative(negated) => {
                let number = self.check(negated)?;
                let (unary, kind) = match number.kind {
                    Type::Float => (Unary::NegateFloat, Type::Float),
                    Type::Int | Type::Bool => (Unary::NegateInt, Type::Int),
                };
                let place = self.nodes().unary(at, unary, number.place)?;
                Ok(Quantity { place, kind, unit: number.unit })
            }
            Term::Binary(operator @ (Operator::And | Operator::Or), operands) => {
                let [a, b] = [self.condition(&operands[0])?, self.condition(&operands[1])?];
                let binary = if *operator == Operator::And { Binary::And } else { Binary::Or };
                self.truth(at, binary, a.place, b.place)
            }
            Term::Binary(operator, operands) => {
                let [a, b] = [self.check(&operands[0])?, self.check(&operands[1])?];
                self.arithmetic(at, *operator, a, b)
            }
            Term::Chain(first, links) => self.chain(at, first, links),
            Term::Call(call) => self.call(at, call),
        }
    }

    fn constant(&mut self, at: usize, kind: Type, word: i64) -> Result<Quantity> {
        Ok(Quantity { place: self.nodes().place(at, Node::Constant(word))?, kind, unit: Unit::None })
    }

    fn condition(&mut self, tree: &Tree) -> Result<Quantity> {
        let checked = self.check(tree)?;
        if checked.kind == Type::Bool {
            return Ok(checked);
        }
        let reason = format!(
            "expected a condition, such as {}; this is a number",
            if self.function.is_some() { "syn or raw_size > 100" } else { "sum(syn) > 1" }
        );
        Err(Mistake::new(tree.at, reason))
    }

    fn truth(&mut self, at: usize, binary: Binary, a: u16, b: u16) -> Result<Quantity> {
        let place = self.nodes().binary(at, binary, a, b)?;
        Ok(Quantity { place, kind: Type::Bool, unit: Unit::None })
    }

    /// Converts two numbers to one type.
    fn alike(&mut self, at: usize, a: Quantity, b: Quantity, floats: bool) -> Result<(bool, u16, u16)> {
        let is_float = floats || a.kind == Type::Float || b.kind == Type::Float;
        if !is_float {
            return Ok((false, a.place, b.place));
        }
        Ok((true, to_float(self.nodes(), at, a)?, to_float(self.nodes(), at, b)?))
    }

    fn arithmetic(&mut self, at: usize, operator: Operator, a: Quantity, b: Quantity) -> Result<Quantity> {
        let (is_float, left, right) = self.alike(at, a, b, operator == Operator::Divide)?;
        let binary = match (operator, is_float) {
            (Operator::Add, false) => Binary::AddInt,
            (Operator::Add, true) => Binary::AddFloat,
            (Operator::Subtract, false) => Binary::SubtractInt,
            (Operator::Subtract, true) => Binary::SubtractFloat,
            (Operator::Multiply, false) => Binary::MultiplyInt,
            (Operator::Multiply, true) => Binary::MultiplyFloat,
            (Operator::FloorDivide, false) => Binary::FloorDivideInt,
            (Operator::FloorDivide, true) => Binary::FloorDivideFloat,
            (Operator::Remainder, false) => Binary::RemainderInt,
            (Operator::Remainder, true) => Binary::RemainderFloat,
            _ => Binary::DivideFloat,
        };
        let unit = match operator {
            Operator::Add => unit_of_sum(a.unit, b.unit),
            Operator::Subtract => unit_of_difference(a.unit, b.unit),
            _ => Unit::None,
        };
        let kind = if is_float { Type::Float } else { Type::Int };
        Ok(Quantity { place: self.nodes().binary(at, binary, left, right)?, kind, unit })
    }

    fn chain(&mut self, at: usize, first: &Tree, links: &[(Operator, Tree)]) -> Result<Quantity> {
        let mut left = self.check(first)?;
        let mut chain: Option<Quantity> = None;
        for (operator, right) in links {
            let right = self.check(right)?;
            let link = self.comparison(at, *operator, left, right)?;
            chain = Some(match chain {
                Some(chain) => self.truth(at, Binary::And, chain.place, link.place)?,
                None => link,
            });
            left = right;
        }
        Ok(chain.unwrap_or(left))
    }

    fn comparison(&mut self, at: usize, operator: Operator, a: Quantity, b: Quantity) -> Result<Quantity> {
        let (is_float, a, b) = self.alike(at, a, b, false)?;
        let (binary, a, b) = match (operator, is_float) {
            (Operator::Less, false) => (Binary::LessInt, a, b),
            (Operator::Less, true) => (Binary::LessFloat, a, b),
            (Operator::Greater, false) => (Binary::LessInt, b, a),
            (Operator::Greater, true) => (Binary::LessFloat, b, a),
            (Operator::LessOrEqual, false) => (Binary::LessOrEqualInt, a, b),
            (Operator::LessOrEqual, true) => (Binary::LessOrEqualFloat, a, b),
            (Operator::GreaterOrEqual, false) => (Binary::LessOrEqualInt, b, a),
            (Operator::GreaterOrEqual, true) => (Binary::LessOrEqualFloat, b, a),
            (_, false) => (Binary::EqualInt, a, b),
            (_, true) => (Binary::EqualFloat, a, b),
        };
        let truth = self.truth(at, binary, a, b)?;
        if operator != Operator::NotEqual {
            return Ok(truth);
        }
        Ok(Quantity { place: self.nodes().unary(at, Unary::Not, truth.place)?, ..truth })
    }

    fn name(&mut self, at: usize, name: &str, is_of_flow: bool) -> Result<Quantity> {
        match self.function {
            Some(function) => self.field(at, name, is_of_flow, function),
            None => self.column(at, name, is_of_flow),
        }
    }

    fn field(&mut self, at: usize, name: &str, is_of_flow: bool, function: &str) -> Result<Quantity> {
        let found = FIELDS.iter().position(|field| field.name == name && !is_of_flow);
        if let Some(index) = found {
            let place = self.packets.nodes.place(at, Node::Input(index as u16))?;
            return Ok(Quantity { place, kind: FIELDS[index].kind, unit: FIELDS[index].unit });
        }
        let is_column = self.columns.iter().any(|column| column.name == name);
        let reason = if is_of_flow || is_column || parameter_that_adds(name).is_some() {
            format!(
                "the column `{name}` is known only at the end of the flow: {function}() takes fields of packets"
            )
        } else {
            let near = suggestion(name, FIELDS.iter().map(|field| field.name));
            format!("packets have no field `{name}`{near}")
        };
        Err(Mistake::new(at, reason))
    }

    fn column(&mut self, at: usize, name: &str, is_of_flow: bool) -> Result<Quantity> {
        let column = self.columns.iter().position(|column| column.name == name);
        if !is_of_flow && FIELDS.iter().any(|field| field.name == name) {
            let or = if column.is_some() {
                format!("; the column of the flow is flow.{name}")
            } else {
                String::new()
            };
            let reason =
                format!("`{name}` is a field of packets: put it into a function, as in max({name}){or}");
            return Err(Mistake::new(at, reason));
        }
        let Some(index) = column else {
            let hint = hint(name, self.columns);
            return Err(Mistake::new(
                at,
                format!("flows have no column `{name}` with these parameters{hint}"),
            ));
        };
        let Column { kind, unit, .. } = self.columns[index];
        let kind = match kind {
            Kind::UInt8 | Kind::UInt16 | Kind::Int32 | Kind::Int64 => Type::Int,
            Kind::Float64 => Type::Float,
            Kind::Text | Kind::Int64List | Kind::TextList | Kind::TextStruct(_) => {
                return Err(Mistake::new(at, format!("the column `{name}` is {kind}, not a number")));
            }
        };
        Ok(Quantity { place: self.source(at, Source::Column(index))?, kind, unit })
    }

    fn source(&mut self, at: usize, source: Source) -> Result<u16> {
        let known = self.sources.iter().position(|other| *other == source);
        let index = known.unwrap_or_else(|| {
            self.sources.push(source);
            self.sources.len() - 1
        });
        self.flow.place(at, Node::Input(index as u16))
    }

    fn call(&mut self, at: usize, call: &Call) -> Result<Quantity> {
        let name = call.function.as_str();
        let Some(function) = FUNCTIONS.iter().find(|function| function.name == name) else {
            let names: Vec<_> = FUNCTIONS.iter().map(|function| function.name).collect();
            let near = match suggestion(name, names.iter().copied()) {
                near if near.is_empty() => format!("; the functions are {}", names.join(", ")),
                near => near,
            };
            return Err(Mistake::new(at, format!("`{name}` is not a function{near}")));
        };
        if let Some(outer) = self.function {
            let reason = format!(
                "{name}() cannot stand inside {outer}(): functions take fields of packets, not functions"
            );
            return Err(Mistake::new(at, reason));
        }
        self.function = Some(function.name);
        let argument = call.argument.as_ref().map(|argument| self.check(argument)).transpose()?;
        let filter = call.filter.as_ref().map(|filter| self.condition(filter)).transpose()?;
        self.function = None;
        let filter = filter.map(|filter| filter.place);
        match (function.aggregate, argument) {
            (Aggregate::Count, argument) => self.count(at, argument, filter),
            (aggregate, Some(argument)) => self.aggregate(at, aggregate, argument, filter),
            (_, None) => Err(Mistake::new(
                at,
                format!("{name}() needs an argument: write, for example, {name}(raw_size)"),
            )),
        }
    }

    /// The number of packets that pass a filter. For a condition, only those for which it holds.
    fn count(&mut self, at: usize, of: Option<Quantity>, filter: Option<u16>) -> Result<Quantity> {
        let place = match (of, filter) {
            (Some(condition), _) if condition.kind == Type::Bool => {
                self.cell(at, Kept::SumInt, condition.place, filter)?
            }
            (_, Some(filter)) => self.cell(at, Kept::SumInt, filter, None)?,
            (_, None) => {
                match self.columns.iter().position(|column| column.name == "bidirectional_packets") {
                    Some(packets) => self.source(at, Source::Column(packets))?,
                    None => {
                        let one = self.packets.nodes.place(at, Node::Constant(1))?;
                        self.cell(at, Kept::SumInt, one, None)?
                    }
                }
            }
        };
        Ok(Quantity { place, kind: Type::Int, unit: Unit::Packets })
    }

    fn aggregate(
        &mut self,
        at: usize,
        aggregate: Aggregate,
        of: Quantity,
        filter: Option<u16>,
    ) -> Result<Quantity> {
        let is_float = of.kind == Type::Float;
        let quantity = |place, kind, unit| Ok(Quantity { place, kind, unit });
        let number = if is_float { Type::Float } else { Type::Int };
        match aggregate {
            Aggregate::Sum | Aggregate::Count => {
                let kept = if is_float { Kept::SumFloat } else { Kept::SumInt };
                let unit = match (of.kind, of.unit) {
                    (Type::Bool, _) => Unit::Packets,
                    (_, Unit::EpochMilliseconds) => Unit::None,
                    (_, unit) => unit,
                };
                quantity(self.cell(at, kept, of.place, filter)?, number, unit)
            }
            Aggregate::Min => {
                let kept = if is_float { Kept::MinFloat } else { Kept::MinInt };
                quantity(self.cell(at, kept, of.place, filter)?, of.kind, of.unit)
            }
            Aggregate::Max => {
                let kept = if is_float { Kept::MaxFloat } else { Kept::MaxInt };
                quantity(self.cell(at, kept, of.place, filter)?, of.kind, of.unit)
            }
            Aggregate::First => quantity(self.cell(at, Kept::First, of.place, filter)?, of.kind, of.unit),
            Aggregate::Last => quantity(self.cell(at, Kept::Last, of.place, filter)?, of.kind, of.unit),
            Aggregate::Unique => {
                quantity(self.cell(at, Kept::Unique, of.place, filter)?, Type::Int, Unit::None)
            }
            Aggregate::Mean => {
                let sum = self.aggregate(at, Aggregate::Sum, of, filter)?;
                let count = self.count(at, None, filter)?;
                let (sum, count) = (to_float(&mut self.flow, at, sum)?, to_float(&mut self.flow, at, count)?);
                quantity(self.flow.binary(at, Binary::DivideFloat, sum, count)?, Type::Float, of.unit)
            }
            Aggregate::Var | Aggregate::Std => {
                let value = to_float(&mut self.packets.nodes, at, of)?;
                let variance = self.cell(at, Kept::Variance, value, filter)?;
                if aggregate == Aggregate::Var {
                    return quantity(variance, Type::Float, Unit::None);
                }
                let unit = if of.unit == Unit::EpochMilliseconds { Unit::Milliseconds } else { of.unit };
                quantity(self.flow.unary(at, Unary::SquareRoot, variance)?, Type::Float, unit)
            }
        }
    }

    /// The node of the flow with the result of a cell, which other expressions may share.
    fn cell(&mut self, at: usize, kept: Kept, value: u16, filter: Option<u16>) -> Result<u16> {
        let cell = Cell { kept, value, filter };
        let known = self.packets.cells.iter().position(|other| *other == cell);
        let index = known.unwrap_or_else(|| {
            self.packets.cells.push(cell);
            self.packets.cells.len() - 1
        });
        self.source(at, Source::Cell(index))
    }
}

fn to_float(nodes: &mut Nodes, at: usize, number: Quantity) -> Result<u16> {
    match number.kind {
        Type::Float => Ok(number.place),
        Type::Int | Type::Bool => nodes.unary(at, Unary::ToFloat, number.place),
    }
}

fn unit_of_sum(a: Unit, b: Unit) -> Unit {
    match (a, b) {
        (Unit::EpochMilliseconds, Unit::Milliseconds) | (Unit::Milliseconds, Unit::EpochMilliseconds) => {
            Unit::EpochMilliseconds
        }
        (Unit::EpochMilliseconds, Unit::EpochMilliseconds) => Unit::None,
        (a, b) if a == b => a,
        _ => Unit::None,
    }
}

fn unit_of_difference(a: Unit, b: Unit) -> Unit {
    match (a, b) {
        (Unit::EpochMilliseconds, Unit::EpochMilliseconds) => Unit::Milliseconds,
        (Unit::EpochMilliseconds, Unit::Milliseconds) => Unit::EpochMilliseconds,
        (a, b) if a == b => a,
        _ => Unit::None,
    }
}
