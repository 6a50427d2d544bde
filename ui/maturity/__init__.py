"""The page Maturity: how far, and what holds back."""
