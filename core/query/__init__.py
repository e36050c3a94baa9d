"""The query stage: from a definition to typed rows and everything that explains them."""
