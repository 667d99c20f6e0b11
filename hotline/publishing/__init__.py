"""One issue: made, checked, put out whole, compared."""
