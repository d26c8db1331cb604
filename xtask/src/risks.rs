//! `docs/risks.md`: every risk, and when it is raised.

use nfstream::dpi::{Risk, Severity};

const INTRODUCTION: &str = "\
# Risks

With `risks`, records say what is dangerous or wrong about a flow. `risks` lists the names, `risk_score` adds up the points: 10
for a low risk, 50 for a medium, 100 for a high, 250 for a severe one. The client has 10, 50 or 90 percent of a risk's points, the
server has the rest. With `l7_metadata`, `l7` has the evidence as `risk_evidence`. Ids and names are those of nDPI. This page is
generated from the code: `cargo xtask generate`.

A risk is a hint, no proof. Only what inspection sees counts (`n_dissections`).
";

/// The page.
pub(crate) fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    for risk in Risk::all() {
        let severity = match risk.severity() {
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Severe => "severe",
        };
        let accountable = format!("{:?}", risk.accountable()).to_lowercase();
        let (id, name, points, share) =
            (risk.id(), risk.name(), risk.severity().points(), risk.share().percent());
        page.push_str(&format!("\n## {name}\n\n{}\n\n", risk.doc()));
        page.push_str(&format!(
            "Id {id}; {severity}, {points} points, {share} percent of them the client's; accountable: {accountable}.\n\n"
        ));
        page.push_str(&match risk.detection() {
            "" => "Not detected.\n".to_owned(),
            detection => format!("Raised: {detection}\n"),
        });
        if !risk.detection().is_empty() && !risk.evidence().is_empty() {
            page.push_str(&format!("\nEvidence: {}.\n", risk.evidence()));
        }
        if !risk.limits().is_empty() {
            page.push_str(&format!("\nLimits: {}\n", risk.limits()));
        }
    }
    page
}
