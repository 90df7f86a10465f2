//! The fingerprint of RSA keys that can be factored because of how their primes were made (CVE-2017-15361).

/// The small primes of the fingerprint: the vulnerable library made primes of the form `k * M + (65537^a mod M)`,
/// where `M` is the product of the first primes, so modulo each of them the modulus is a power of 65537.
const PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103,
    107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/// Whether `modulus` (big-endian) has the fingerprint; a sound key has it with a chance below 2^-27.
pub(super) fn is_weak(modulus: &[u8]) -> bool {
    PRIMES.iter().all(|prime| {
        let rest = modulus.iter().fold(0, |rest, byte| (rest << 8 | u32::from(*byte)) % prime);
        is_power_of_65537(rest, *prime)
    })
}

fn is_power_of_65537(rest: u32, prime: u32) -> bool {
    std::iter::successors(Some(1), |power| Some(power * (65537 % prime) % prime))
        .take(prime as usize)
        .any(|power| power == rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_of_vulnerable_primes_has_the_fingerprint() {
        // 65537 to the power of anything is one of itself modulo every prime.
        assert!(is_weak(&65537u32.to_be_bytes()));
        assert!(is_weak(&[1]));
        assert!(!is_weak(&65539u32.to_be_bytes()));
        assert!(!is_weak(&[0xff; 256]));
    }
}
