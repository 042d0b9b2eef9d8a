"""What a governed case costs, beside a bare workflow that does the same work."""
