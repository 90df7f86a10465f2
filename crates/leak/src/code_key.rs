//! Keys of version control, package registries and build systems.

use super::text::{
    is_alnum, is_dashed, is_dotted, is_hex, is_lower_or_digit, is_padded, is_underscored, is_url_safe,
};
use super::{Detector, Format, Group, Trigger};

pub(super) const DETECTOR: Detector = Detector {
    class: "code-key",
    group: Group::Credential,
    triggers: &[Trigger::Formats(FORMATS)],
    doc: DOC,
};

const FORMATS: &[Format] = &[
    Format::new("ghp_", is_alnum, 36, 251),
    Format::new("gho_", is_alnum, 36, 251),
    Format::new("ghu_", is_alnum, 36, 251),
    Format::new("ghs_", is_alnum, 36, 251),
    Format::new("ghr_", is_alnum, 36, 251),
    Format::new("github_pat_", is_underscored, 60, 100),
    Format::new("glpat-", is_dotted, 20, 64),
    Format::new("gldt-", is_url_safe, 20, 64),
    Format::new("glrt-", is_dotted, 20, 64),
    Format::new("glptt-", is_alnum, 40, 40),
    Format::new("glft-", is_url_safe, 20, 64),
    Format::new("glsoat-", is_url_safe, 20, 64),
    Format::new("glcbt-", is_url_safe, 20, 64),
    Format::new("glimt-", is_url_safe, 20, 64),
    Format::new("glagent-", is_url_safe, 40, 64),
    Format::new("gloas-", is_alnum, 64, 64),
    Format::new("GR1348941", is_url_safe, 20, 64),
    Format::new("ATATT3", is_padded, 60, 300),
    Format::new("ATCTT3", is_padded, 60, 300),
    Format::new("ATBB", is_alnum, 24, 40),
    Format::new("npm_", is_alnum, 36, 36),
    Format::new("pypi-AgE", is_url_safe, 50, 1000),
    Format::new("rubygems_", is_hex, 48, 48),
    Format::new("cio", is_alnum, 32, 32),
    Format::new("oy2", is_lower_or_digit, 43, 43),
    Format::new("dckr_pat_", is_url_safe, 26, 40),
    Format::new("dckr_oat_", is_url_safe, 26, 40),
    Format::new("AKCp", is_alnum, 60, 75),
    Format::new("cmVmdGtuO", is_alnum, 50, 60),
    Format::new("sqp_", is_hex, 40, 40),
    Format::new("squ_", is_hex, 40, 40),
    Format::new("sqa_", is_hex, 40, 40),
    Format::new("sgp_", is_underscored, 40, 70),
    Format::new("sourcegraph_", is_hex, 40, 40),
    Format::new("slk_", is_hex, 64, 64),
    Format::new("CCIPAT_", is_underscored, 40, 80),
    Format::new("ctp_", is_alnum, 32, 60),
    Format::new("PMAK-", is_dashed, 59, 64),
    Format::new("lin_api_", is_alnum, 40, 40),
    Format::new("lin_oauth_", is_hex, 64, 64),
    Format::new("figd_", is_url_safe, 38, 60),
    Format::new("figu_", is_url_safe, 38, 60),
    Format::new("shrt_", is_alnum, 30, 60),
    Format::new("tfp_", is_url_safe, 40, 70),
    Format::new("dtrack", is_alnum, 32, 40),
    Format::new("odt_", is_alnum, 32, 60),
    Format::new("ion_", is_alnum, 42, 42),
    Format::new("vrc_", is_alnum, 24, 40),
    Format::new("sl.", is_url_safe, 130, 200),
];

const DOC: &str = r#"
Tokens of GitHub, GitLab, Atlassian, npm, PyPI, RubyGems, crates, NuGet, Docker, Artifactory, Sonar, Sourcegraph, CircleCI,
Postman, Linear, Figma and others, by their prefix, alphabet and length.

~~~found
{"token":"ghp_Qw3rTyUiOpAsDfGhJkLzXcVbNm1234567890"}
~~~
~~~found
npm_Qw3rTyUiOpAsDfGhJkLzXcVbNm1234567890
~~~
~~~found
glpat-Qw3rTyUiOpAsDfGhJkLz
~~~
~~~clean
{"branch":"ghp_feature","package":"npm_run_script","word":"xghp_Qw3rTyUiOpAsDfGhJkLzXcVbNm1234567890"}
~~~
"#;
