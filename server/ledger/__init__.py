"""The ledger: what was decided about texts, in a chain that shows when somebody changed it afterwards."""
