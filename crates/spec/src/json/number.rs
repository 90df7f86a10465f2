//! The grammar of numbers (RFC 8259, section 6).

/// How a run of characters reads as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// It is one, and a double can hold it.
    Number,
    /// It is one, of a magnitude that no double can hold.
    OutOfRange,
    /// It is none.
    Other,
}

/// How all of `text` reads.
pub(crate) fn reading(text: &str) -> Reading {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let rest = unsigned.trim_start_matches(|digit: char| digit.is_ascii_digit());
    let integer = unsigned.len() - rest.len();
    if integer == 0 || integer > 1 && unsigned.starts_with('0') {
        return Reading::Other;
    }
    if rest.is_empty() && integer <= INTEGER_DIGITS_SAFE {
        return Reading::Number;
    }
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => match fraction.trim_start_matches(|digit: char| digit.is_ascii_digit()) {
            after if after.len() < fraction.len() => after,
            _ => return Reading::Other,
        },
        None => rest,
    };
    let well_formed = match rest.strip_prefix(['e', 'E']) {
        Some(exponent) => {
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        }
        None if !rest.is_empty() => false,
        // Without an exponent only the integer part makes a number large.
        None if integer <= INTEGER_DIGITS_SAFE => return Reading::Number,
        None => true,
    };
    if !well_formed {
        return Reading::Other;
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Reading::Number,
        Ok(_) | Err(_) => Reading::OutOfRange,
    }
}

/// Integers of so many digits are within the doubles, whose largest has 309.
const INTEGER_DIGITS_SAFE: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_grammar_of_the_rfc_is_a_number() {
        for text in ["0", "-0", "1", "-12", "0.5", "10.25e-3", "1E+9", "1e300", "0.0e0", "0e999999"] {
            assert_eq!(reading(text), Reading::Number, "{text}");
        }
        for text in
            ["", "-", "01", "-01", "+1", ".5", "1.", "1.e3", "1e", "1e+", "1x", "0x1", "1.5.5", "--1", "1_0"]
        {
            assert_eq!(reading(text), Reading::Other, "{text}");
        }
        for text in ["1e309", "-1e999", "1e99999999999999999999"] {
            assert_eq!(reading(text), Reading::OutOfRange, "{text}");
        }
        assert_eq!(reading(&"9".repeat(309)), Reading::OutOfRange);
        assert_eq!(reading(&"9".repeat(308)), Reading::Number);
    }
}
