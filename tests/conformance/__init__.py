"""What the conformance suite shares: the cases, drawn from the op records, and its numerics."""
