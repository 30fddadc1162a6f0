"""The data of the example `train_mlp`: CSV files, Friedman's formula, split, standardisation."""

from pathlib import Path

import numpy as np
import pytest

from examples.mlp.data import prepare, split
from examples.mlp.friedman import friedman
from examples.mlp.tables import Table, read_table
from graphcomp.errors import InputError


@pytest.fixture
def csv_file(tmp_path):
    """A function that writes a CSV file."""

    def write(content: str | bytes) -> Path:
        path = tmp_path / "data.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


# ---------------------------------------------------------------- CSV files


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_delimiter_is_found(csv_file, delimiter, end):
    text = end.join(delimiter.join(row) for row in (["a b", "c"], ["1", "-2e3"]))
    table = read_table(csv_file(text))
    assert table.names == ("a b", "c")
    assert table.values.tolist() == [[1.0, -2000.0]]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('"fixed; acidity",pH\n1,2\n', ("fixed; acidity", "pH")),
        ('"fixed, acidity";pH\n1;2\n', ("fixed, acidity", "pH")),
        ("alcohol, by volume;pH, measured\n1;2\n", ("alcohol, by volume", "pH, measured")),
        ("\ufeffa,b\n1,2\n", ("a", "b")),
        ("\n\na,b\n\n1,2\n\n", ("a", "b")),
        (" a , b \n 1 , 2 \n", ("a", "b")),
        (",b\n1,2\n", ("1", "b")),
        ("1,2\n", ("1", "2")),
    ],
)
def test_headers(csv_file, text, names):
    table = read_table(csv_file(text))
    assert table.names == names
    assert table.values.tolist() == [[1.0, 2.0]]


def test_a_file_without_header_keeps_its_first_row(csv_file):
    table = read_table(csv_file("1;2;3\n4;5;6\n"))
    assert table.names == ("1", "2", "3")
    assert table.values.tolist() == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "data.csv is empty"),
        (" \n\n", "data.csv is empty"),
        ("a,b\n", "has a header, but no rows"),
        ("a\n1\n2\n", "has a single column"),
        ("a,b\n1,2\n3,\n", "line 3, column 'b': no value; fill it in"),
        ("a,b\n1,2\nNA,4\n", r"line 3, column 'a': no value \('NA'\)"),
        ("1,nan\n3,4\n", r"line 1, column '2': no value \('nan'\)"),
        ("a,b\n1,2\n\n3,red\n", "line 4, column 'b': 'red' is no number; leave out"),
        (
            "a;b\n1;2\n3,5;4\n",
            "line 3, column 'a': '3,5' is no number; write decimals with a point",
        ),
        ("a,b\n1,1_000\n", "line 2, column 'b': '1_000' is no number"),
        ("a,b\n1,-inf\n", "line 2, column 'b': '-inf' is not finite"),
        ("a,b\n1,1e999\n", "line 2, column 'b': '1e999' is not finite"),
        ("a,b\n1,2\n3,4,5\n", "line 3: 3 values, but line 1 has 2"),
        ("a,b\n1,2\n3\n", "line 3: 1 values, but line 1 has 2"),
        ("a,b,a\n1,2,3\n", "several columns called 'a'"),
        (b"a,b\n1,\xff\n", "is no text in UTF-8"),
        ("a,b\n" + "1" * 200_000 + ",2\n", "line 2: field larger than field limit"),
    ],
)
def test_what_is_no_table_of_numbers_is_refused(csv_file, content, message):
    with pytest.raises(InputError, match=message) as error:
        read_table(csv_file(content))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["missing.csv", ".", "a\0b"])
def test_files_that_cannot_be_read(tmp_path, name):
    with pytest.raises(InputError, match="can't read"):
        read_table(tmp_path / name)


# ---------------------------------------------------------------- Friedman #1


def test_friedmans_formula():
    table = friedman(rows=200, seed=4, noise=0.0)
    assert table.values.shape == (200, 11)
    for row in table.values[:20]:
        x1, x2, x3, x4, x5 = row[:5]
        expected = 10 * np.sin(np.pi * x1 * x2) + 20 * (x3 - 0.5) ** 2 + 10 * x4 + 5 * x5
        assert row[-1] == pytest.approx(expected, rel=1e-14)
    assert table.values[:, :10].min() >= 0
    assert table.values[:, :10].max() < 1


def test_friedmans_noise_is_normal_with_the_given_deviation():
    exact, noisy = friedman(20_000, seed=1, noise=0.0), friedman(20_000, seed=1, noise=2.0)
    np.testing.assert_array_equal(exact.values[:, :10], noisy.values[:, :10])
    noise = noisy.values[:, 10] - exact.values[:, 10]
    assert abs(noise.mean()) < 0.06
    assert noise.std() == pytest.approx(2.0, rel=0.03)


def test_the_seed_decides():
    np.testing.assert_array_equal(friedman(5, seed=2).values, friedman(5, seed=2).values)
    assert not np.array_equal(friedman(5, seed=2).values, friedman(5, seed=3).values)


# ---------------------------------------------------------------- split and scale


@pytest.mark.parametrize(("rows", "tests"), [(3, 1), (100, 33), (1599, 528)])
def test_every_row_is_in_one_part_of_the_split(rows, tests):
    train, test = split(rows, seed=0)
    assert len(test) == tests
    assert sorted([*train, *test]) == list(range(rows))
    assert list(split(rows, seed=0)[0]) == list(train)
    if rows > 3:
        assert list(split(rows, seed=1)[0]) != list(train)


def table_of(columns: dict[str, list[float]]) -> Table:
    return Table("a table", tuple(columns), np.array(list(columns.values()), dtype=float).T)


def test_scaling_goes_by_the_training_rows_alone():
    rng = np.random.default_rng(3)
    values = rng.uniform(-5, 30, (50, 3))
    data = prepare(Table("a table", ("a", "y", "b"), values), "y", seed=7)
    train, test = split(50, seed=7)
    features = values[:, [0, 2]]
    mean, deviation = features[train].mean(axis=0), features[train].std(axis=0)
    np.testing.assert_allclose(data.x_train, (features[train] - mean) / deviation, rtol=1e-12)
    np.testing.assert_allclose(data.x_test, (features[test] - mean) / deviation, rtol=1e-12)
    np.testing.assert_allclose(data.x_train.mean(axis=0), 0, atol=1e-14)
    np.testing.assert_allclose(data.x_train.std(axis=0), 1, rtol=1e-12)
    y_mean = values[train, 1].mean()
    np.testing.assert_allclose(data.y_train, values[train, 1:2] - y_mean, rtol=1e-12)
    np.testing.assert_allclose(data.y_test, values[test, 1:2] - y_mean, rtol=1e-12)
    assert (data.target, data.features, data.left_out) == ("y", ("a", "b"), ())


def test_the_last_column_is_the_target_by_default():
    assert prepare(table_of({"a": [1, 2, 3], "b": [4, 5, 7]}), None, seed=0).target == "b"


def test_constant_features_are_left_out():
    # 0.1 adds up to something whose mean is not 0.1: the deviation alone would not tell
    columns = {"a": [*range(30)], "c": [0.1] * 30, "y": [i * i for i in range(30)]}
    data = prepare(table_of(columns), "y", seed=0)
    assert (data.features, data.left_out) == (("a",), ("c",))
    assert data.x_train.shape == (20, 1)


@pytest.mark.parametrize(
    ("columns", "target", "message"),
    [
        ({"a": [1, 2, 3], "y": [1, 2, 3]}, "z", "a table has no column 'z'; it has a, y"),
        ({"a": [1], "y": [1]}, "y", "has 1 row; at least 3"),
        ({"a": [1, 2], "y": [1, 2]}, "y", "has 2 rows; at least 3"),
        ({"a": [1, 2, 3], "y": [5, 5, 5]}, "y", "target 'y' is constant"),
        ({"a": [5, 5, 5], "y": [1, 2, 3]}, "y", "every feature is constant"),
        ({"a": [1e308, -1e308, 1], "y": [1, 2, 3]}, "y", "numbers in column 'a' are too large"),
        ({"a": [1e-320, 3e-320, 2e-320], "y": [1, 2, 3]}, "y", "column 'a' are too large or too"),
    ],
)
def test_what_nothing_can_be_learned_from_is_refused(columns, target, message):
    with pytest.raises(InputError, match=message):
        prepare(table_of(columns), target, seed=0)
