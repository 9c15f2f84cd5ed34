"""The file of transfers, the amounts in it, and the experiments that come with mxbench."""

import random
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from plans import run

import mxbench_experiments
from mxbench.checkers.ledger import Ledger
from mxbench.core.workload import OptionError
from mxbench.workloads.bank import Bank, BankOptions
from mxbench.workloads.money import format_money, parse_money
from mxbench.workloads.transfers import read_transfers
from mxbench_plugins.lamport import Lamport

SHIPPED = Path(mxbench_experiments.__file__).parent


def read(folder: Path, text: str | bytes, n: int = 3) -> Any:
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data" / "t.csv").write_bytes(text.encode() if isinstance(text, str) else text)
    return read_transfers("data/t.csv", n, folder)


# ---- money ---------------------------------------------------------------------------------------------------------


@given(st.integers(0, 10**14 - 1))
@example(10**14 - 1)
@example(29)
def test_an_amount_survives_text_and_the_float_that_yaml_makes_of_it(cents: int) -> None:
    text = format_money(cents)
    assert parse_money(text) == cents
    assert parse_money(yaml.safe_load(text)) == cents
    assert parse_money(float(text)) == cents


@given(st.integers(0, 10**11), st.integers(1, 999).filter(lambda thousandths: thousandths % 10))
def test_fractions_of_a_cent_are_never_rounded(whole: int, thousandths: int) -> None:
    text = f"{whole}.{thousandths:03d}"
    for value in (text, float(text)):
        with pytest.raises(ValueError, match="has fractions of a cent"):
            parse_money(value)


@given(st.one_of(st.text(), st.floats(), st.integers(), st.none(), st.booleans(), st.lists(st.integers())))
@example(True)
@example("1e3")
@example("٣")
@example("1_000")
@example(1e308)
@example(10**5000)
@example(-0.0)
def test_whatever_is_given_becomes_whole_cents_or_a_value_error(value: Any) -> None:
    try:
        cents = parse_money(value)
    except ValueError:
        return
    assert not isinstance(value, bool)
    assert 0 <= cents < 10**14
    assert parse_money(format_money(cents)) == cents


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1.005", "'1.005' has fractions of a cent; write at most two decimals"),
        ("-1", "'-1' is negative"),
        (-0.5, "'-0.5' is negative"),
        ("nan", "'nan' is not an amount of money"),
        (float("inf"), "'inf' is not an amount of money"),
        ("1e3", "'1e3' is not an amount of money"),
        ("1,50", "'1,50' is not an amount of money"),
        (True, "'True' is not an amount of money"),
        ("1000000000000", "'1000000000000' is more than 999999999999.99"),
    ],
)
def test_what_is_no_money_is_said_to_be_none(value: Any, text: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_money(value)
    assert text in str(caught.value)


# ---- the file ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "client,payee,amount\n0,2,1.50\n2,,\n2,1,0.75\n",
        "client,payee,amount\r\n0,2,1.50\r\n2,,\r\n2,1,0.75\r\n",
        b"\xef\xbb\xbfclient,payee,amount\n0,2,1.50\n2,,\n2,1,0.75\n",
        "client,payee,amount\n0,2,1.50\n\n2,,\n2,1,0.75",
        "Amount, Client ,PAYEE\n1.50, 0 ,2\n,2,\n.75,2,1\n".replace(",2,\n.75", ",2,\n0.75"),
        'client,payee,amount\n"0","2","1.50\n"\n2,,\n2,1,0.75\n',
    ],
    ids=["plain", "windows", "byte-order-mark", "blank-lines", "other-columns", "quoted-newline"],
)
def test_a_file_is_read_however_it_was_written(tmp_path: Path, text: str | bytes) -> None:
    assert read(tmp_path, text) == ((0, 2, 150), (2,), (2, 1, 75))


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ("0,1,1.005", "amount: '1.005' has fractions of a cent; write at most two decimals"),
        ("0,1,-5", "amount: '-5' is negative"),
        ("0,1,0.00", "amount: '0.00' is nothing; transfer at least 0.01"),
        ("0,1,NaN", "amount: 'NaN' is not an amount of money"),
        ("0,1,five", "amount: 'five' is not an amount of money"),
        ("0,1,", "amount: '' is not an amount of money"),
        ("0,,1", "payee: '' is no client; clients are 0 to 2"),
        ("0,3,1", "payee: '3' is no client; clients are 0 to 2"),
        ("-1,2,1", "client: '-1' is no client; clients are 0 to 2"),
        (",2,1", "client: '' is no client"),
        ("1.0,2,1", "client: '1.0' is no client"),
        ("1,1,1", "payee: client 1 transfers to itself"),
        ("1,2", "2 values; the header names 3"),
        ("1,2,3,4", "4 values; the header names 3"),
        ('1,2,"3', "not CSV: unexpected end of data"),
    ],
)
def test_a_line_that_cannot_be_is_named_with_what_it_says(tmp_path: Path, row: str, text: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        read(tmp_path, f'client,payee,amount\n0,1,"1.00\n\n"\n\n{row}\n')
    assert str(caught.value).startswith(f"data/t.csv:6: {text}"), caught.value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0,1,5\n", "data/t.csv:1: the header is '0,1,5'; the first line must be 'client,payee,amount'"),
        ("client,payee\n", "data/t.csv:1: the header is 'client,payee'"),
        ("", "data/t.csv: empty; its first line must be 'client,payee,amount'"),
        ("client,payee,amount\n", "data/t.csv: no transfer in it"),
        (b"client,payee,amount\n0,1,\xff\n", "data/t.csv: not UTF-8 text (byte 24)"),
    ],
)
def test_a_file_that_cannot_be_is_named(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        read(tmp_path, text)
    assert str(caught.value).startswith(message)


def test_a_file_is_looked_for_beside_the_experiment(tmp_path: Path) -> None:
    with pytest.raises(OptionError) as caught:
        Bank.parse_options({"transfers": "data/none.csv"}, 3, tmp_path)
    assert caught.value.key == "transfers"
    assert f"data/none.csv: cannot be read (No such file or directory); it is looked for in {tmp_path}" in str(
        caught.value
    )


def test_a_single_client_pays_an_account_without_a_node(tmp_path: Path) -> None:
    assert read(tmp_path, "client,payee,amount\n0,1,5\n", n=1) == ((0, 1, 500),)
    with pytest.raises(ValueError, match="client: '1' is no client; the only client is 0"):
        read(tmp_path, "client,payee,amount\n1,0,5\n", n=1)


def test_each_client_gets_its_own_lines_in_their_order(tmp_path: Path) -> None:
    lines = read(tmp_path, "client,payee,amount\n1,,\n1,0,1\n0,1,2\n1,,\n1,,\n1,2,3\n2,,\n")
    options = BankOptions(transfers=lines)
    assert Bank.entries_of(options, 3) == [1, 2, 0]
    shares = Bank.shares(options, 3, [1, 2, 0], random.Random(1))
    assert shares == [[0, [[1, 200, 0]]], [1, [[0, 100, 2], [2, 300, 0]]], [1, []]]


# ---- what is shipped -----------------------------------------------------------------------------------------------


def options_of(name: str) -> tuple[dict[str, Any], BankOptions]:
    document = yaml.safe_load((SHIPPED / f"{name}.yaml").read_text())
    own = {key: value for key, value in document["workload"].items() if key in Bank.option_type.__struct_fields__}
    return document, Bank.parse_options(own, document["nodes"], SHIPPED)


def test_the_shipped_file_has_transfers_queries_and_overdrafts_that_nobody_can_pay() -> None:
    document, options = options_of("bank_from_file")
    assert isinstance(options.opening_balance, tuple)
    assert options.transfers is not None
    assert len(options.transfers) == 300
    assert sum(len(line) == 1 for line in options.transfers) == 32
    assert sum(len(line) == 3 and line[2] > sum(options.opening_balance) for line in options.transfers) == 5
    assert document["expect"]["entries"] == sum(Bank.entries_of(options, 5) or [])


def test_five_nodes_agree_on_what_became_of_the_shipped_file() -> None:
    document, options = options_of("bank_from_file")
    entries = Bank.entries_of(options, 5) or []
    shares = tuple(Bank.shares(options, 5, [*entries], random.Random(document["seed"])))
    history = run(Lamport, 5, entries=entries, workload=Bank, shares=shares, options=msgspec.to_builtins(options))
    finding = Ledger().check(history)
    assert finding.outcome == "valid", finding
    assert len(history.entries) == document["expect"]["entries"]
    aborted = sum(isinstance(d, tuple) and d[0] == "aborted" for node in history.nodes for d in node.details)
    assert 5 < aborted < 100
    assert finding.text.endswith("32 queries answered; 400.00 in all at every height")


def test_the_first_experiment_reads_as_the_readme_shows_it() -> None:
    document, options = options_of("lamport_bank")
    assert options == BankOptions(opening_balance=1000)
    assert document["question"].endswith("?")
