"""The reading of YAML: nothing is misread, and whatever cannot be read is told with file and line."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mxbench.errors import ExperimentError
from mxbench.experiment.source import MAX_BYTES, dump, explain, parse, read, scalar


def told(text: str) -> str:
    """Return what is said of a text that is no experiment."""
    with pytest.raises(ExperimentError) as caught:
        parse(text, "x.yaml")
    return str(caught.value)


REFUSED = {
    "empty": ("", "x.yaml: it is empty; an experiment needs at least name, algorithm, nodes and workload"),
    "comment": ("# nothing yet\n", "x.yaml: it is empty"),
    "list": ("- a\n- b\n", "x.yaml:1: it holds a list; an experiment is a mapping of keys: 'name: ...'"),
    "word": ("lamport\n", "x.yaml:1: it holds the single value 'lamport'"),
    "duplicate": ("a: 1\nb: 2\na: 3\n", "x.yaml:3: a: given twice, first in line 1; keep one"),
    "inner-duplicate": ("w:\n  a: 1\n  a: 2\n", "x.yaml:3: w.a: given twice, first in line 2"),
    "alias": ("a: &x [1]\nb: *x\n", "x.yaml:2: the alias '*x' is not allowed; write the value out"),
    "merge": ("a: {}\n<<: {b: 1}\n", "x.yaml:2: merging with '<<' is not allowed"),
    "python": ("a: !!python/object/apply:os.system ['true']\n", "x.yaml:1: the tag '!!python/object/apply:os.system'"),
    "tag": ("a: !!int '3'\n", "x.yaml:1: the tag '!!int' is not allowed; an experiment is plain data"),
    "deep-flow": ("a: " + "[" * 1000 + "]" * 1000, "x.yaml:1: nested over 50 deep"),
    "deep-block": ("".join("  " * level + "a:\n" for level in range(80)), "x.yaml:51: nested over 50 deep"),
    "tab": ("a:\n\tb: 1\n", "x.yaml:2: broken YAML: a tab; use spaces"),
    "colon": ("question: which: this\n", "x.yaml:1: broken YAML: a ':' where none can be; put text that holds ': '"),
    "open-bracket": (
        "a: [1, 2\nb: 3\n",
        "x.yaml:2: broken YAML: the '[' of line 1 is not closed before this; is a ']' or a ',' missing?",
    ),
    "open-brace": ("a: {b: 1\n\n", "x.yaml:3: broken YAML: the '{' of line 1 is not closed before this; is a '}'"),
    "open-quote": ("a: 'x\nb: 3\n", "broken YAML"),
    "two-documents": ("a: 1\n---\nb: 2\n", "x.yaml:2: a second document begins here ('---')"),
    "key-list": ("? [a]\n: 1\n", "x.yaml:1: a key must be a word"),
    "escape": ('name: "\\e[31mred"\n', "x.yaml:1: the value '\\x1b[31mred' holds a control character"),
    "bell-key": ('"a\\ab": 1\n', "x.yaml:1: the key 'a\\x07b' holds a control character"),
    "nul": ("a: 1\nb: \x00\n", "x.yaml:2: the character \\x00 is not allowed in YAML"),
    "impossible-character": ('a: "\\Uffffffff"\n', "x.yaml:1: broken YAML"),
}


@pytest.mark.parametrize(("text", "says"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_an_experiment_is_told_with_its_line(text: str, says: str) -> None:
    assert says in told(text)


def test_an_anchor_bomb_is_refused_and_not_expanded() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40))
    assert told(bomb).startswith("x.yaml:1: the anchor '&a0' is not allowed; write each value out\n")


def test_all_mistakes_are_told_a_line_each_and_not_without_end() -> None:
    assert len(told("a: &x 1\n" * 3).splitlines()) == 5
    assert told("a: &x 1\n" * 100).splitlines()[-1] == "x.yaml: and 179 more mistakes"


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3), ("-3", -3), ("+3", 3), ("0", 0), ("0.5", 0.5), (".5", 0.5), ("1e3", 1000.0), ("true", True),
     ("False", False), ("null", None), ("~", None), ("", None)],
)  # fmt: skip
def test_a_plain_scalar_is_read_as_everybody_would(text: str, value: Any) -> None:
    read_value = scalar(text)
    assert read_value == value
    assert type(read_value) is type(value)


@pytest.mark.parametrize(
    ("text", "hint"),
    [("017", "write 17, or 15 if it was meant as octal"), ("089", "write 89"), ("0x1f", "write 31"),
     ("0o17", "write 15"), ("0b11", "write 3"), ("1_000", "write 1000"),
     ("1:30", "YAML 1.1 reads that as 90; write 90, or 90s for a time"), ("on", "write true"), ("No", "write false"),
     (".nan", "write a number"), ("-.inf", "write a number"), ("2026-11-22", ""), ("1e999", "")],
)  # fmt: skip
def test_what_yaml_1_1_would_misread_stays_text_and_is_explained(text: str, hint: str) -> None:
    assert parse(f"a: {text}", "x").data["a"] == text
    assert explain(text) == hint


def test_a_number_too_long_to_be_one_stays_text() -> None:
    assert scalar("1" * 19) == "1" * 19
    assert scalar("9" * 5000) == "9" * 5000


def test_quoted_text_is_text_whatever_it_looks_like() -> None:
    assert parse("{a: '3', b: \"true\", c: ''}", "x").data == {"a": "3", "b": "true", "c": ""}


def test_lines_and_texts_of_keys_are_kept() -> None:
    document = parse("a: 1e3\nb:\n  - x\n  - {c: 017}\n", "x.yaml")
    assert document.where(("b", 1, "c")) == "x.yaml:4"
    assert document.where(("b", 0, "nowhere")) == "x.yaml:3"
    assert document.texts[("a",)] == "1e3"
    assert document.texts[("b", 1, "c")] == "017"


def test_a_file_is_read_with_a_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: two\r\n")
    assert read(file).data == {"a": 1, "b": "two"}


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes(b"# " + b"x" * 10_000_000)
    with pytest.raises(ExperimentError, match=r"x\.yaml: 10,000,002 bytes; an experiment has at most 1,000,000"):
        read(file)


def test_a_file_that_is_not_text_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes(b"a: 1\nb: \xff\xfe\n")
    with pytest.raises(ExperimentError, match=r"x\.yaml:2: not UTF-8 text"):
        read(file)


def test_a_folder_or_a_missing_file_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.yaml"):
        with pytest.raises(ExperimentError, match="cannot be read"):
            read(path)


def test_a_text_of_the_greatest_size_is_refused_in_time() -> None:
    assert "nested" in told("[" * MAX_BYTES)


@given(st.text(alphabet=st.sampled_from("ab: -\n[]{},'\"&*!#|>?%@`017.e\t\\~<"), max_size=60) | st.text(max_size=60))
@example('"\\x')
@example("%YAML 9.9\n---\na: 1")
@example("a: !<\x85")
def test_any_text_is_an_experiment_or_a_mistake_in_one(text: str) -> None:
    said = ""
    try:
        assert isinstance(parse(text, "x.yaml").data, dict)
    except ExperimentError as error:
        said = str(error)
    assert all(line.startswith("x.yaml:") for line in said.split("\n") if line)


@given(st.binary(max_size=40))
def test_any_bytes_are_an_experiment_or_a_mistake_in_one(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "bytes.yaml"
    file.write_bytes(content)
    said = str(file)
    try:
        read(file)
    except ExperimentError as error:
        said = str(error)
    assert said.startswith(str(file))


WORDS = st.sampled_from(
    ["017", "1e3", "0x1", "on", "null", "1:30", "12e03", "", "~", "=", "<<", "- a", "a: b", "1" * 20]
)
PLAIN = st.text(st.characters(blacklist_categories=("Cc", "Cs", "Co", "Cn", "Zl", "Zp"), blacklist_characters="\ufeff"))
SCALARS = st.none() | st.booleans() | st.integers(-(10**18) + 1, 10**18 - 1) | WORDS | PLAIN | st.floats(-1e300, 1e300)
KEYS = st.text(st.sampled_from("abcdef_-.017e"), min_size=1)


@pytest.mark.slow
@settings(max_examples=40)
@given(
    st.dictionaries(
        KEYS, st.recursive(SCALARS, lambda v: st.lists(v) | st.dictionaries(KEYS, v), max_leaves=8), min_size=1
    )
)
def test_what_is_stored_is_read_as_it_was(data: dict[str, Any]) -> None:
    assert parse(dump(data), "x.yaml").data == data
