"""Secrets that people read out, copy from paper and type."""

import secrets

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none looks like another


def readable_code() -> str:
    """Such as k7mq-2xtp-9hvb: 12 of 31 letters at random, 59 bits."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))
