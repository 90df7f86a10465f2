//! Finds examples that look like real credentials.

use model::Severity;

use crate::report::Findings;
use crate::rule::Rule;
use crate::view::View;
use crate::words;

pub(super) const RULE: Rule = Rule {
    id: "secret-in-example",
    title: "an example looks like a real credential",
    severity: Severity::Warning,
    control: "leak",
    owasp: &["API8:2023", "API3:2023"],
    cwe: &["CWE-798", "CWE-540"],
    nist: &["REC-API-25"],
    why: "Examples are copied from what works. Whatever stands under `example`, `examples`, `default` and `const` is looked at for \
          the forms in which well-known services hand out keys, and for private keys; those of the services' own \
          documentation are left out. The value is not shown.",
    fix: "revoke the credential, and write an example that is none",
    bad: "
components:
  schemas:
    Key: { type: string, example: ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8 }
#                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
---
asyncapi: 3.0.0
info: { title: Orders, version: '1' }
servers: { broker: { host: broker.example, protocol: amqps } }
components:
  schemas:
    Key: { type: string, examples: [ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8] }
#                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
",
    good: "
components:
  schemas:
    Key: { type: string, example: ghp_your-token }
    Id: { type: string, example: AKIAIOSFODNN7EXAMPLE }
",
    check,
};

fn check<'l>(view: &View<'l>, findings: &mut Findings<'_, 'l>) {
    for spot in view.examples() {
        if spot.node.as_str().is_some_and(words::is_secret) {
            findings.add_hidden(spot, "the example looks like a real credential");
        }
    }
}
