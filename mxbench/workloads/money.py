"""Amounts of money as whole cents: read exactly, written exactly, never a float in between."""

import re
from decimal import Decimal

MAX_DIGITS = 12  # before the point; a float of so many digits and two decimals still shows the text it was read from
_AMOUNT = re.compile(r"\+?(\d+)(?:\.(\d*))?", re.ASCII)
_NEGATIVE = re.compile(r"-(\d+)(?:\.(\d*))?", re.ASCII)


def parse_money(value: object) -> int:
    """Return the cents of an amount: `10`, `10.00`, or the text '10.00'. Raise ValueError for anything but whole cents.

    A float, which is what YAML makes of 10.00, stands for the shortest decimal that reads back as the same float: the
    one that was written, up to MAX_DIGITS digits before the point.
    """
    text = _text(value)
    match = _AMOUNT.fullmatch(text)
    if match is None:
        if _NEGATIVE.fullmatch(text):
            raise ValueError(f"'{value}' is negative; an amount of money is not")
        raise ValueError(f"'{value}' is not an amount of money; write digits and up to two decimals, like 10.00")
    whole, fraction = match[1].lstrip("0"), (match[2] or "").rstrip("0")
    if len(fraction) > 2:
        raise ValueError(f"'{value}' has fractions of a cent; write at most two decimals, like 10.00")
    if len(whole) > MAX_DIGITS:
        raise ValueError(f"'{value}' is more than {'9' * MAX_DIGITS}.99")
    return int(whole or "0") * 100 + int(fraction.ljust(2, "0"))


def format_money(cents: int) -> str:
    """Return the amount with two decimals, like '10.00' or '-0.05'."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def _text(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int) and not isinstance(value, bool):
        # Digits beyond the limit are all the same to the caller, and Python refuses to write millions of them.
        return str(max(min(value, 10**20), -(10**20)))
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    return repr(value)
