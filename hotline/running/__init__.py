"""How a notebook runs in a warm process, and what an issue was made from and lies in."""
