"""Templates of one notation written in the other, as far as it can say the same."""
