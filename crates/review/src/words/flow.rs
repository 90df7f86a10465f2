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

/// Whether the last word of a path is one of such a flow.
pub(crate) fn ends_in_flow(words: &[String]) -> bool {
    words.last().is_some_and(|word| FLOWS.contains(&&**word))
}
