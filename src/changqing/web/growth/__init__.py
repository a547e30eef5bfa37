"""Growth and effort: what stays, what follows the first sale, cohorts, hands, and what effort brings."""
