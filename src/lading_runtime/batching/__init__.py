"""What waits, and how much of it goes together: a bounded line and the policy of gathering."""
