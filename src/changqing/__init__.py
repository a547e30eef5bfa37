"""Changqing (常青): key account relationships over their whole life."""

__version__ = "0.1.0"
