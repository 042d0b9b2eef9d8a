"""The rules an invoice is held against: EN 16931, the order, the receipts, the supplier master, earlier bills."""
