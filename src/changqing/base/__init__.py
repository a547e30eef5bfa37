"""What every room stands on: money, days, tables in and out, refusals in a sentence. No tables of its own."""
