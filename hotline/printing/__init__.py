"""How an executed notebook becomes a page, a paper and a Word document."""
