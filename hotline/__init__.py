"""The weekly bulletin of a 12345 government-service hotline."""
