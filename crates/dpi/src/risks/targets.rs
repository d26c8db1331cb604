//! Attacks in the targets of HTTP requests: CWE-22, CWE-78, CWE-79, CWE-89, CWE-94.

use memchr::memmem;

use crate::dissect::Found;
use crate::vocabulary::Risk;

/// Longest target that is judged, in bytes.
const LONGEST: usize = 4096;

/// Commands by which an injection is recognised behind a shell's separator.
const COMMANDS: [&str; 15] = [
    "cat /",
    "wget ",
    "curl ",
    "nc ",
    "bash ",
    "sh ",
    "/bin/",
    "chmod ",
    "rm -",
    "uname",
    "whoami",
    "ping -",
    "id;",
    "powershell",
    "cmd.exe",
];

/// Functions of PHP that run code or commands.
const FUNCTIONS: [&str; 9] = [
    "shell_exec(",
    "passthru(",
    "system(",
    "base64_decode(",
    "popen(",
    "proc_open(",
    "eval(",
    "phpinfo(",
    "call_user_func_array",
];

/// Files that a server must not give away.
const FILES: [&str; 8] = [
    "/etc/passwd",
    "/etc/shadow",
    "winnt/system32",
    "windows/system32",
    "/proc/self/environ",
    "/.git/config",
    "/.env",
    "boot.ini",
];

/// Judges the target of a request.
pub(crate) fn judge(target: &[u8], found: &mut Found<'_>) {
    let target = target.get(..LONGEST).unwrap_or(target);
    // The plain characters of a target are common; what an attack needs is not.
    if !target.iter().any(|byte| {
        matches!(byte, b'%' | b'.' | b'\'' | b'"' | b'<' | b';' | b'|' | b'`' | b'$' | b'(' | b'+')
    }) {
        return;
    }
    let once = decoded(target);
    let twice = decoded(&once);
    for text in [&once, &twice] {
        let text = String::from_utf8_lossy(text).to_ascii_lowercase();
        let query = text.split_once('?').map(|(_, query)| query).unwrap_or_default();
        let risks = [
            (Risk::URL_POSSIBLE_XSS, scripting(&text)),
            (Risk::URL_POSSIBLE_SQL_INJECTION, sql(query)),
            (Risk::URL_POSSIBLE_RCE_INJECTION, command(&text, query)),
            (Risk::HTTP_SUSPICIOUS_URL, traversal(&text)),
        ];
        for (risk, at) in risks {
            if let Some(at) = at {
                found.risk(risk, at);
            }
        }
    }
}

/// RFC 3986, section 2.1, and the plus of forms.
fn decoded(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        let byte = match (first, after) {
            (b'%', [high, low, ..]) => {
                hexadecimal(*high).zip(hexadecimal(*low)).map(|(high, low)| high << 4 | low)
            }
            _ => None,
        };
        rest = if byte.is_some() { after.get(2..).unwrap_or_default() } else { after };
        bytes.push(byte.unwrap_or(if *first == b'+' { b' ' } else { *first }));
    }
    bytes
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|digit| digit as u8)
}

/// The text from the first of some words on.
fn from<'a>(text: &'a str, words: &[&str]) -> Option<&'a str> {
    let at = words.iter().filter_map(|word| memmem::find(text.as_bytes(), word.as_bytes())).min()?;
    text.get(at..)
}

fn scripting(text: &str) -> Option<&str> {
    let handler = || {
        let element = from(text, &["<img", "<svg", "<body", "<iframe", "<input", "<a ", "<div"])?;
        from(element, &["onerror=", "onload=", "onclick=", "onmouseover=", "onfocus=", "javascript:"])
    };
    from(text, &["<script", "</script", "=javascript:"]).or_else(handler)
}

fn sql(query: &str) -> Option<&str> {
    let union = || {
        let union = from(query, &["union select ", "union all select ", "union/**/select"])?;
        from(union, &["from ", "null", ",", "--", "char("]).map(|_| union)
    };
    let quoted = || {
        let mut pieces = query.match_indices(['\'', '"']);
        pieces.find_map(|(at, _)| {
            let behind = query.get(at + 1..)?.trim_start();
            let is_condition = ["or ", "and ", "|| "].iter().any(|word| {
                behind.strip_prefix(word).is_some_and(|condition| is_always_true(condition.trim_start()))
            });
            let is_statement =
                ["; drop ", ";drop ", "; insert ", "; delete from", "; update ", ";delete from", "; exec "];
            (is_condition || is_statement.iter().any(|word| behind.starts_with(word)))
                .then(|| query.get(at..))
                .flatten()
        })
    };
    union().or_else(quoted).or_else(|| {
        from(
            query,
            &["waitfor delay '", "sleep(5)", "benchmark(", "pg_sleep(", "xp_cmdshell", "information_schema."],
        )
    })
}

/// `1=1`, `'1'='1`, `'a'='a`.
fn is_always_true(condition: &str) -> bool {
    let plain: String =
        condition.chars().filter(|c| !matches!(c, '\'' | '"' | ' ' | '(' | ')')).take(24).collect();
    plain
        .split_once('=')
        .is_some_and(|(left, right)| !left.is_empty() && left.len() <= 8 && right.starts_with(left))
}

fn command<'a>(text: &'a str, query: &'a str) -> Option<&'a str> {
    let separated = || {
        query.match_indices([';', '|', '`', '\n']).find_map(|(at, _)| {
            let behind = query.get(at + 1..)?.trim_start_matches(['|', ' ', '&']);
            COMMANDS.iter().any(|command| behind.starts_with(command)).then(|| query.get(at..)).flatten()
        })
    };
    let substituted = || {
        let at = from(query, &["$("])?;
        let inner = at.get(2..)?;
        COMMANDS.iter().any(|command| inner.starts_with(command)).then_some(at)
    };
    let of_php = || {
        let at = FUNCTIONS.iter().filter_map(|name| from(query, &[name])).max_by_key(|rest| rest.len())?;
        let before = query.len() - at.len();
        // A word that only ends alike is none.
        let is_word = query
            .get(..before)
            .and_then(|before| before.chars().next_back())
            .is_none_or(|c| !c.is_alphanumeric() && c != '_');
        is_word.then_some(at)
    };
    separated()
        .or_else(substituted)
        .or_else(of_php)
        .or_else(|| from(text, &["<?php", "allow_url_include", "auto_prepend_file=", "invokefunction&"]))
}

fn traversal(text: &str) -> Option<&str> {
    let path = text.split('?').next().unwrap_or_default();
    let mut depth = 0_i32;
    let mut climbs = false;
    for part in path.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".") {
        depth += if part == ".." { -1 } else { 1 };
        climbs |= depth < 0;
    }
    let queries = || text.split_once('?').and_then(|(_, query)| from(query, &["../../", "..\\..\\"]));
    if climbs && path.starts_with('/') { Some(path) } else { from(text, &FILES).or_else(queries) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Exchange;

    fn risks(target: &str) -> String {
        let outcome = Exchange::tcp(80)
            .client(format!(
                "GET {target} HTTP/1.1\r\nHost: a.example\r\nUser-Agent: Mozilla/5.0 (X11)\r\n\r\n"
            ))
            .outcome();
        let attacks = [
            Risk::URL_POSSIBLE_XSS,
            Risk::URL_POSSIBLE_SQL_INJECTION,
            Risk::URL_POSSIBLE_RCE_INJECTION,
            Risk::HTTP_SUSPICIOUS_URL,
        ];
        let names: Vec<_> =
            outcome.risks().into_iter().filter(|risk| attacks.contains(risk)).map(Risk::name).collect();
        names.join(",")
    }

    #[test]
    fn attacks_are_seen_through_their_encoding() {
        for (target, name) in [
            ("/a?q=<script>alert(1)</script>", "url_possible_xss"),
            ("/a?q=%3Cscript%3Ealert(1)%3C/script%3E", "url_possible_xss"),
            ("/a?q=%253Csvg%2520onload%253Dalert(1)%253E", "url_possible_xss"),
            ("/a?u=javascript:alert(1)", "url_possible_xss"),
            ("/a?id=1%27%20OR%20%271%27=%271", "url_possible_sql_injection"),
            ("/a?id=-1+union+select+1,2,3--", "url_possible_sql_injection"),
            ("/a?id=1';%20DROP%20TABLE%20users", "url_possible_sql_injection"),
            ("/a?id=1;waitfor%20delay%20'0:0:5'", "url_possible_sql_injection"),
            ("/ping?host=127.0.0.1;cat%20/tmp/x", "url_possible_rce_injection"),
            ("/ping?host=$(whoami)", "url_possible_rce_injection"),
            ("/a.php?x=system(%27ls%27)", "url_possible_rce_injection"),
            ("/msadc/..%255c../..%255c../..%255c../winnt/x", "http_suspicious_url"),
            ("/a?file=../../x", "http_suspicious_url"),
            ("/x/.env", "http_suspicious_url"),
        ] {
            assert_eq!(risks(target), name, "{target}");
        }
    }

    #[test]
    fn ordinary_targets_are_none() {
        for target in [
            "/",
            "/a/b/../c.html",
            "/search?q=select+a+union+of+workers",
            "/search?q=rock+%27n%27+roll+or+jazz",
            "/a?description=it%27s+5=5",
            "/a.js?cb=1;2;3",
            "/a?path=a/../b",
            "/w?q=%D0%BF%D1%80",
            "/f(x).html?y=mysystem(1)",
            "/a?json=%7B%22a%22:%22b%22%7D",
            "/a?next=/login%3Fa%3Db",
            "/a?q=javascript+the+good+parts",
        ] {
            assert_eq!(risks(target), "", "{target}");
        }
    }
}
