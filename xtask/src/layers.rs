//! Checks imports. `docs/architecture.md` says which crates and modules may import which; no modules may import each other
//! in a circle.
//!
//! A module is a file. Its imports are found in its `use` declarations and in the paths of its code, also inside macros.
//! Tests in the file do not count. A name that a module only passes on (`pub use`) is not an import of this module, but of
//! the module that takes it from there.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use serde_json::Value;
use syn::{Attribute, Item, UseTree, Visibility};

use crate::cargo::{self, field};

const PAGE: &str = "docs/architecture.md";

/// Names that are passed on this often are taken to lead nowhere.
const DEEPEST: usize = 16;

/// Checks all crates of the workspace.
pub(crate) fn check(root: &Path) -> Result<(), String> {
    let page = fs::read_to_string(root.join(PAGE)).map_err(|error| format!("{PAGE}: {error}"))?;
    let mut mistakes = Vec::new();
    let crates = cargo::packages(root, &["--no-deps"])?;
    check_crates(&blocks(&page, "crates"), &crates, &mut mistakes)?;
    for package in &crates {
        let source = Path::new(field(package, "manifest_path")?).with_file_name("src");
        let name = source.strip_prefix(root).unwrap_or(&source).display().to_string();
        let modules = Modules::read(&source, &name)?;
        modules.find_circles(&mut mistakes);
        if let [layers] = &blocks(&page, &format!("modules {name}"))[..] {
            modules.check_layers(layers, &mut mistakes);
        }
    }
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes.join("\n")) }
}

/// The contents of the page's code blocks that begin with three backticks and `words`.
fn blocks<'a>(page: &'a str, words: &str) -> Vec<Vec<&'a str>> {
    let mut found = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if line.strip_prefix("```").is_some_and(|info| info.trim() == words) {
            found.push(lines.by_ref().take_while(|line| !line.starts_with("```")).collect());
        }
    }
    found
}

/// Checks the dependencies of crates. Each line of the page's table has a crate, and the crates that it may depend on.
fn check_crates(blocks: &[Vec<&str>], crates: &[Value], mistakes: &mut Vec<String>) -> Result<(), String> {
    let [table] = blocks else {
        mistakes.push(format!("{PAGE}: there must be one block of crates"));
        return Ok(());
    };
    let allowed: BTreeMap<&str, Vec<&str>> = table
        .iter()
        .map(|line| line.split([',', ' ']).filter(|word| !word.is_empty()))
        .filter_map(|mut words| Some((words.next()?, words.collect())))
        .collect();
    let ours = crates.iter().map(|package| field(package, "name")).collect::<Result<BTreeSet<_>, _>>()?;
    for package in crates {
        let name = field(package, "name")?;
        let Some(may) = allowed.get(name) else {
            mistakes.push(format!("{PAGE}: the block of crates lacks {name}"));
            continue;
        };
        let dependencies =
            package["dependencies"].as_array().ok_or("cargo metadata lists no dependencies")?;
        // Dependencies that only tests or the build need have a kind.
        for dependency in dependencies.iter().filter(|dependency| dependency["kind"].is_null()) {
            let dependency = field(dependency, "name")?;
            if ours.contains(dependency) && !may.contains(&dependency) {
                mistakes.push(format!(
                    "{name} depends on {dependency}, which the block of crates in {PAGE} does not allow"
                ));
            }
        }
    }
    Ok(())
}

/// The path of a module in its crate. The path of the crate's root is empty.
type Name = Vec<String>;

struct Module {
    file: PathBuf,
    /// Names that it has from elsewhere.
    names: HashMap<String, Import>,
    /// Paths in its code, as they are written, with their lines.
    paths: Vec<(Vec<String>, usize)>,
    /// All identifiers in its code.
    idents: BTreeSet<String>,
    /// Paths from which it imports everything.
    globs: Vec<(Name, usize)>,
}

/// A name in a `use` declaration.
struct Import {
    target: Name,
    line: usize,
    /// Whether other modules import the name from here.
    is_passed_on: bool,
}

/// The modules of a crate.
struct Modules {
    /// Folder of the source, as the page names it.
    source: String,
    modules: BTreeMap<Name, Module>,
}

impl Modules {
    fn read(source: &Path, name: &str) -> Result<Self, String> {
        let mut modules = BTreeMap::new();
        read_folder(source, &Vec::new(), &mut modules)?;
        let tests: Vec<Name> = modules
            .iter()
            .flat_map(|(name, (_, tests))| {
                tests.iter().map(|test| [&name[..], std::slice::from_ref(test)].concat())
            })
            .collect();
        let modules = modules
            .into_iter()
            .filter(|(name, _)| !tests.iter().any(|test| name.starts_with(test)))
            .map(|(name, (module, _))| (name, module))
            .collect();
        Ok(Self { source: name.to_owned(), modules })
    }

    /// Follows a path from a module. Returns the module that it leads to, and the item in it if any part of the path is
    /// left.
    fn resolve(&self, from: &Name, path: &[String], depth: usize) -> Option<(Name, Option<String>)> {
        // The names lead to each other.
        if depth > DEEPEST {
            return None;
        }
        let (first, mut rest) = path.split_first()?;
        let mut at = match &**first {
            "crate" => Vec::new(),
            "self" => from.clone(),
            "super" => from[..from.len().checked_sub(1)?].to_vec(),
            first => {
                let child = [&from[..], &[first.to_owned()]].concat();
                if self.modules.contains_key(&child) {
                    child
                } else {
                    let Import { target, .. } = self.modules.get(from)?.names.get(first)?;
                    if target.first().is_none_or(|start| start == first) {
                        return None;
                    }
                    let (module, item) = self.resolve(from, target, depth + 1)?;
                    if item.is_some() {
                        return Some((module, item));
                    }
                    module
                }
            }
        };
        while let Some((next, after)) = rest.split_first() {
            if next == "super" {
                at.pop()?;
            } else if next != "self" {
                let child = [&at[..], std::slice::from_ref(next)].concat();
                if !self.modules.contains_key(&child) {
                    let module = self.modules.get(&at)?;
                    // A name that the module has from elsewhere is resolved there.
                    if let Some(Import { target, .. }) = module.names.get(next)
                        && let Some(found) = self.resolve(&at, target, depth + 1)
                    {
                        return Some(found);
                    }
                    let mut of_globs = module.globs.iter().filter_map(|(glob, _)| {
                        let path = [&glob[..], std::slice::from_ref(next)].concat();
                        let (found, item) = self.resolve(&at, &path, depth + 1)?;
                        self.modules[&found].idents.contains(next).then_some((found, item))
                    });
                    if !module.idents.contains(next)
                        && let Some(found) = of_globs.next()
                    {
                        return Some(found);
                    }
                    return Some((at, Some(next.clone())));
                }
                at = child;
            }
            rest = after;
        }
        Some((at, None))
    }

    /// The modules that a module imports, each with a line of an import.
    fn imports(&self, name: &Name) -> BTreeMap<&Name, usize> {
        let module = &self.modules[name];
        let mut paths = module.paths.clone();
        for (known, Import { target, line, is_passed_on }) in &module.names {
            // A name that is passed on and not used here is not an import of this module.
            if !is_passed_on || module.idents.contains(known) {
                paths.push((target.clone(), *line));
            }
        }
        paths.extend(module.globs.iter().cloned());
        let mut imports = BTreeMap::new();
        for (path, line) in paths {
            let Some((target, item)) = self.resolve(name, &path, 0) else { continue };
            // Naming a module means naming something in it, and this has a path of its own.
            if target != *name
                && item.is_some()
                && let Some((target, _)) = self.modules.get_key_value(&target)
            {
                imports.entry(target).or_insert(line);
            }
        }
        imports
    }

    fn place(&self, name: &Name, line: usize) -> String {
        let file = self.modules[name].file.display().to_string();
        let relative = file.find(&self.source).and_then(|begin| file.get(begin..)).unwrap_or(&file);
        format!("{relative}:{line}")
    }

    /// Finds circles. A circle goes through every import whose target leads back.
    fn find_circles(&self, mistakes: &mut Vec<String>) {
        let imports: BTreeMap<&Name, BTreeMap<&Name, usize>> =
            self.modules.keys().map(|name| (name, self.imports(name))).collect();
        let mut told: BTreeSet<&Name> = BTreeSet::new();
        for start in self.modules.keys() {
            let Some(circle) = shortest_circle(&imports, start) else { continue };
            if circle.iter().any(|name| told.contains(name)) {
                continue;
            }
            let mut message = format!("{}: modules import each other in a circle:", self.source);
            for (from, to) in circle.iter().zip(circle.iter().cycle().skip(1)) {
                let place = self.place(from, imports[*from][*to]);
                message.push_str(&format!("\n  {place}: {} imports {}", path(from), path(to)));
            }
            told.extend(circle);
            mistakes.push(message);
        }
    }

    /// Checks the layers. Each line of the page has a module of the crate's root, which may import the modules below it.
    fn check_layers(&self, layers: &[&str], mistakes: &mut Vec<String>) {
        let place = |name: &str| layers.iter().position(|line| line.split_whitespace().next() == Some(name));
        let source = &self.source;
        for name in self.modules.keys().filter(|name| name.len() == 1 && name[0] != "main") {
            if place(&name[0]).is_none() {
                mistakes.push(format!("{PAGE}: the block of modules of {source} lacks {}", name[0]));
            }
        }
        for layer in layers.iter().filter_map(|line| line.split_whitespace().next()) {
            if !self.modules.contains_key(&vec![layer.to_owned()]) {
                mistakes.push(format!("{PAGE}: {source} has no module {layer}"));
            }
        }
        for name in self.modules.keys().filter(|name| !name.is_empty()) {
            let Some(own) = place(&name[0]) else { continue };
            for (target, line) in self.imports(name) {
                let Some(other) = target.first().and_then(|target| place(target)) else { continue };
                if other < own {
                    let at = self.place(name, line);
                    let (from, to) = (path(name), path(target));
                    mistakes.push(format!("{at}: {from} imports {to}, which is above it in {PAGE}"));
                }
            }
        }
    }
}

fn path(name: &Name) -> String {
    if name.is_empty() { "the crate's root".to_owned() } else { name.join("::") }
}

fn shortest_circle<'a>(
    imports: &BTreeMap<&'a Name, BTreeMap<&'a Name, usize>>,
    start: &'a Name,
) -> Option<Vec<&'a Name>> {
    let mut before: BTreeMap<&Name, &Name> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(name) = queue.pop_front() {
        for &next in imports[name].keys() {
            if next == start {
                let mut circle = vec![name];
                while let Some(&previous) = before.get(circle[circle.len() - 1]) {
                    circle.push(previous);
                }
                circle.reverse();
                return Some(circle);
            }
            if !before.contains_key(next) {
                before.insert(next, name);
                queue.push_back(next);
            }
        }
    }
    None
}

/// Reads a folder's modules, each with the names of its test modules.
fn read_folder(
    folder: &Path,
    name: &Name,
    modules: &mut BTreeMap<Name, (Module, Vec<String>)>,
) -> Result<(), String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        if path.is_dir() {
            read_folder(&path, &[&name[..], &[stem]].concat(), modules)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let is_own = matches!(&*stem, "mod" | "lib") || stem == "main" && !folder.join("lib.rs").exists();
            let module = if is_own { name.clone() } else { [&name[..], &[stem]].concat() };
            let (read, tests, elsewhere) = read_file(&path)?;
            for (child, file) in elsewhere {
                let (read, tests, _) = read_file(&folder.join(file))?;
                modules.insert([&module[..], &[child]].concat(), (read, tests));
            }
            modules.insert(module, (read, tests));
        }
    }
    Ok(())
}

/// A module, the names of its test modules, and the modules whose file a `path` attribute names.
type Read = (Module, Vec<String>, Vec<(String, String)>);

fn read_file(path: &Path) -> Result<Read, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let file = syn::parse_file(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut module = Module {
        file: path.to_owned(),
        names: HashMap::new(),
        paths: Vec::new(),
        idents: BTreeSet::new(),
        globs: Vec::new(),
    };
    let (mut tests, mut elsewhere) = (Vec::new(), Vec::new());
    for item in file.items {
        match item {
            Item::Mod(item) if is_for_tests(&item.attrs) => tests.push(item.ident.to_string()),
            Item::Mod(item) if item.content.is_none() => {
                elsewhere.extend(path_attribute(&item.attrs).map(|file| (item.ident.to_string(), file)));
            }
            Item::Use(item) => {
                let is_passed_on = !matches!(item.vis, Visibility::Inherited);
                add_names(&item.tree, &mut Vec::new(), is_passed_on, &mut module);
            }
            item if is_for_tests(attributes(&item)) => {}
            item => add_paths(item.to_token_stream(), &mut module),
        }
    }
    Ok((module, tests, elsewhere))
}

fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("path")).find_map(|attribute| {
        match &attribute.meta.require_name_value().ok()?.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(file), .. }) => Some(file.value()),
            _ => None,
        }
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        _ => &[],
    }
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let text = attribute.to_token_stream().to_string().replace(' ', "");
        text == "#[cfg(test)]" || text.starts_with("#[cfg(all(test,")
    })
}

fn add_names(tree: &UseTree, path: &mut Vec<String>, is_passed_on: bool, module: &mut Module) {
    let mut add = |known: String, target: Vec<String>, line| {
        module.names.insert(known, Import { target, line, is_passed_on });
    };
    match tree {
        UseTree::Path(tree) => {
            path.push(tree.ident.to_string());
            add_names(&tree.tree, path, is_passed_on, module);
            path.pop();
        }
        UseTree::Group(tree) => {
            tree.items.iter().for_each(|tree| add_names(tree, path, is_passed_on, module));
        }
        UseTree::Glob(tree) => module.globs.push((path.clone(), tree.star_token.spans[0].start().line)),
        UseTree::Name(tree) => {
            let line = tree.ident.span().start().line;
            let name = tree.ident.to_string();
            match (&*name, path.last().cloned()) {
                ("self", Some(last)) => add(last, path.clone(), line),
                _ => add(name.clone(), [&path[..], &[name]].concat(), line),
            }
        }
        UseTree::Rename(tree) => {
            let line = tree.ident.span().start().line;
            let target = match tree.ident.to_string() {
                name if name == "self" => path.clone(),
                name => [&path[..], &[name]].concat(),
            };
            add(tree.rename.to_string(), target, line);
        }
    }
}

/// Finds paths such as `a::b::c` in code.
fn add_paths(tokens: TokenStream, module: &mut Module) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_colon =
        |place: usize| matches!(tokens.get(place), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    let mut place = 0;
    while let Some(token) = tokens.get(place) {
        match token {
            TokenTree::Group(group) => add_paths(group.stream(), module),
            TokenTree::Ident(ident) => {
                let line = ident.span().start().line;
                let mut path = vec![ident.to_string()];
                while is_colon(place + 1)
                    && is_colon(place + 2)
                    && let Some(TokenTree::Ident(next)) = tokens.get(place + 3)
                {
                    path.push(next.to_string());
                    place += 3;
                }
                module.idents.extend(path.iter().cloned());
                if path.len() > 1 {
                    module.paths.push((path, line));
                }
            }
            _ => {}
        }
        place += 1;
    }
}
