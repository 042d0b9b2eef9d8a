"""What workflows are given and what they give, on its way to the server: compressed, encrypted, stored elsewhere."""
