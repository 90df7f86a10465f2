//! Whether the sender of a token holds what the token is bound to (RFC 7800, RFC 8705, RFC 9449).

use http::{HeaderName, HeaderValue};
use identity::proof::{ProofError, Request};
use identity::{Thumbprint, Verified};
use model::Redacted;

use super::{Constrained, Jwt, KIND, Scheme, Sent};
use crate::denial::{Challenge, Denial, DpopError, Reason, Verdict};
use crate::policy::{AnswerField, Context};

const DPOP: HeaderName = HeaderName::from_static("dpop");
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// Seconds after which some of the proofs that take up all room have aged.
const ROOM_RETRY_SECS: u64 = 5;

impl Jwt {
    /// Asks for the proof of everything that the token is bound to.
    pub(super) fn check_possession(
        &self,
        verified: &Verified,
        sent: Sent<'_>,
        cx: &mut Context<'_>,
    ) -> Verdict {
        let refused = |detail| Err(sent.scheme.invalid_token(Redacted::fixed(detail)));
        let Some(bound) = &verified.claims.confirmation else {
            if sent.scheme == Scheme::Dpop {
                return refused("a token that is bound to no key, sent as one that is");
            }
            if self.constrained == Constrained::Required {
                return Err(dpop(Reason::InvalidToken, DpopError::InvalidToken, "a token bound to nothing"));
            }
            return Ok(());
        };
        if !bound.is_provable() {
            return refused("a token that is bound in a way that cannot be proven here");
        }
        if let Some(own) = bound.certificate
            && cx.certificate.is_none_or(|certificate| certificate.thumbprint != own)
        {
            return refused("a token that is bound to another certificate than that of the connection");
        }
        match (bound.key, sent.scheme) {
            (None, Scheme::Bearer) => Ok(()),
            (None, Scheme::Dpop) => refused("a token that is bound to no key, sent as one that is"),
            (Some(_), Scheme::Bearer) => Err(dpop(
                Reason::InvalidToken,
                DpopError::InvalidToken,
                "a token bound to a key, sent without its proof",
            )),
            (Some(key), Scheme::Dpop) => self.check_proof(key, sent.token, cx),
        }
    }

    fn check_proof(&self, key: Thumbprint, token: &[u8], cx: &mut Context<'_>) -> Verdict {
        let invalid = |detail| Err(dpop(Reason::InvalidProof, DpopError::InvalidProof, detail));
        let mut fields = cx.headers.get_all(DPOP).iter();
        let proof = match (fields.next(), fields.next()) {
            (Some(proof), None) => proof.as_bytes(),
            (None, _) => return invalid("no proof"),
            (Some(_), Some(_)) => return invalid("several proofs"),
        };
        let request = Request {
            method: cx.method.as_str(),
            scheme: cx.scheme.as_str(),
            host: cx.host,
            path: cx.path,
            token,
            key,
        };
        match self.proofs.verify(proof, &request, cx.now) {
            Ok(renewed) => {
                cx.answer_fields.extend(renewed.as_deref().and_then(nonce));
                Ok(())
            }
            Err(ProofError::NonceWanted) => {
                cx.answer_fields.extend(nonce(&self.proofs.nonce(cx.now)));
                let detail = "the proof holds no current nonce";
                Err(dpop(Reason::NonceRequired, DpopError::UseNonce, detail))
            }
            Err(ProofError::NoRoom) => {
                let mut denial = Denial::fixed(Reason::Overloaded, KIND.id, "no room to remember the proof");
                denial.retry_after_secs = Some(ROOM_RETRY_SECS);
                Err(denial)
            }
            Err(error) => {
                let mut denial = dpop(Reason::InvalidProof, DpopError::InvalidProof, "");
                // The texts of proof errors are fixed, but for the names of members and claims.
                denial.detail = Redacted::vouched(error.to_string());
                Err(denial)
            }
        }
    }
}

/// The nonce that the next proof is to hold (RFC 9449 section 8.2).
fn nonce(nonce: &str) -> Option<AnswerField> {
    HeaderValue::from_str(nonce).ok().map(|value| AnswerField::Set(DPOP_NONCE, value))
}

fn dpop(reason: Reason, error: DpopError, detail: &'static str) -> Denial {
    let mut denial = Denial::fixed(reason, KIND.id, detail);
    denial.challenges.push(Challenge::Dpop { error: Some(error) });
    denial
}
