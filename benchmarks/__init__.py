"""How fast it is, beside the stock tools, in one run: `make bench`."""
