"""What the books say: orders, invoices, receipts, costs and opening balances.

Facts are immutable Parquet segments; PostgreSQL holds the catalogue of imports in force and the rollups."""
