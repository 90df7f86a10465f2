//! Words of paths that begin or end a flow of business.

/// What machines do too often: OWASP API6:2023.
const FLOWS: &[&str] = &[
    "checkout",
    "checkouts",
    "purchase",
    "purchases",
    "coupon",
    "coupons",
    "voucher",
    "vouchers",
    "redeem",
    "redemption",
    "redemptions",
    "signup",
    "register",
    "registration",
    "registrations",
    "transfer",
    "transfers",
    "withdraw",
    "withdrawal",
    "withdrawals",
    "payout",
    "payouts",
    "booking",
    "bookings",
    "reservation",
    "reservations",
    "referral",
    "referrals",
    "comment",
    "comments",
    "invitation",
    "invitations",
    "vote",
    "votes",
];

/// Words after or before `password` by which somebody who forgot it has a message sent.
const RECOVERY: &[&str] = &["forgot", "forgotten", "reset", "recover", "recovery"];

/// Whether the words of a path end in one of such a flow, or are of a password that somebody forgot.
pub(crate) fn ends_in_flow(words: &[String]) -> bool {
    let is_last = |known: &[&str]| words.last().is_some_and(|word| known.contains(&&**word));
    let has = |known: &[&str]| words.iter().any(|word| known.contains(&&**word));
    is_last(FLOWS) || has(&["password"]) && has(RECOVERY)
}
