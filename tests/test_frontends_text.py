"""Expression text: what is accepted gives the graph that Python would build; the rest is refused."""

import functools
import operator
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import graphcomp as gc
from graphcomp.errors import GraphcompError, InputError, NamingError, ParseError, ShapeError
from graphcomp.evaluate import evaluate
from graphcomp.frontends import Limits, from_string
from graphcomp.frontends.folding import combine
from graphcomp.frontends.vocabulary import ALIASES, CONSTANTS, FUNCTIONS
from graphcomp.graph import GraphData
from graphcomp.node import Node
from graphcomp.ops.leaves import LET

TENSORS = {"A": "m n", "B": "m n", "v": "n", "w": "n", "S": (2, 3)}


def parse(text: str, **options) -> GraphData:
    return from_string(text, graph_class=GraphData, **options)


def formula(text: str, **options) -> Node:
    """The one output, without the name of its step."""
    (node,) = parse(text, **options).outputs
    return node.args[0] if node.op is LET else node


def number(text: str) -> float:
    graph = parse(text)
    return evaluate(graph.outputs, {}, {})[graph.outputs[0]].item()


def message(text: str, **options) -> str:
    with pytest.raises(GraphcompError) as caught:
        parse(text, **options)
    return str(caught.value)


x, a, y = gc.scalars("x a y")
A, B, v, w = gc.array("A", "m n"), gc.array("B", "m n"), gc.array("v", "n"), gc.array("w", "n")
S = gc.array("S", (2, 3))


class TestAccepted:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("1/(1+exp(-a*x))", 1 / (1 + gc.exp(-a * x))),
            ("x - a - y", x - a - y),
            ("x - (a - y)", x - (a - y)),
            ("x/a/y", x / a / y),
            ("-x**2", -(x**2)),
            ("x**-1", x**-1),
            ("x**a**y", x ** (a**y)),
            ("2*x + 2.0*x", 2 * x + 2 * x),
            ("x % 2 // a", x % 2 // a),
            ("+x", x),
            ("pi*x", 3.141592653589793 * x),
            ("e**x", gc.exp(x)),
            ("2*3 + x", 6 + x),
            ("x if x > 0 else a", gc.where(x > 0, x, a)),
            (
                "x if x > 0 else a if x > 1 else y",
                gc.where(x > 0, x, gc.where(x > 1, a, y)),
            ),
            ("x if 1 < 2 else a", x),
            ("x < a <= y", gc.logical_and(x < a, a <= y)),
            ("x == a", gc.equal(x, a)),
            ("x != a", gc.not_equal(x, a)),
            ("x > 0 and not a > 0", gc.logical_and(x > 0, gc.logical_not(a > 0))),
            ("x > 0 or a > 0 or y > 0", gc.logical_or(gc.logical_or(x > 0, a > 0), y > 0)),
            ("True and x > 0", x > 0),
            ("False and x > 0", gc.constant(False)),
            ("ln(x) + asin(a) + atan2(y, x)", gc.log(x) + gc.arcsin(a) + gc.arctan2(y, x)),
            ("abs(x)*sgn(x)", gc.absolute(x) * gc.sign(x)),
            ("max(x, a)", gc.maximum(x, a)),
            ("min(x, a, 0)", gc.minimum(gc.minimum(x, a), 0)),
            ("power(x, 3) + pow(x, a)", x**3 + x**a),
            ("where(x > 0, 1, 2)", gc.where(x > 0, 1.0, 2.0)),
            ("squared_loss(x, a)", gc.squared_loss(x, a)),
            ("x\t*\ta", x * a),
            ("( x +  # the first\r\n  a )", x + a),
            ("x * a ;", x * a),
        ],
    )
    def test_scalars(self, text, expected):
        assert formula(text) is expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("A @ v", A @ v),
            ("A.T @ (B @ v)", A.T @ (B @ v)),
            ("A.mT", A.mT),
            ("A[0]", A[0]),
            ("A[0, 1:]", A[0, 1:]),
            ("A[..., None]", A[..., None]),
            ("S[:, ::-1][1-2]", S[:, ::-1][-1]),
            ("v[:n]", v[: A.shape[1]]),
            ("sum(A)", A.sum()),
            ("sum(A, axis=0)", A.sum(axis=0)),
            ("sum(A, (0, 1), keepdims=True)", A.sum(axis=(0, 1), keepdims=True)),
            ("mean(A, axis=-1)", A.mean(axis=-1)),
            ("max(A) + min(v)", A.max() + v.min()),
            ("max(A, axis=1)", A.max(axis=1)),
            ("A.sum(axis=1).max()", A.sum(axis=1).max()),
            ("S.reshape(3, 2)", S.reshape((3, 2))),
            ("reshape(S, (3, -1))", S.reshape((3, -1))),
            ("reshape(A, (n, m))", A.reshape("n m")),
            ("transpose(S, (1, 0))", S.T),
            ("dot(v, w) * outer(v, w)", gc.dot(v, w) * gc.outer(v, w)),
            ("concatenate([v, w])", gc.concatenate([v, w])),
            ("stack((v, w), axis=1)", gc.stack([v, w], axis=1)),
            ("[v[0], w[1]]", gc.stack([v[0], w[1]])),
            ("S @ [1, 2, 3]", S @ gc.constant([1.0, 2.0, 3.0])),
            ("S * [[1], [-2]]", S * gc.constant([[1.0], [-2.0]])),
            ("A + broadcast_to(v, (m, n))", A + v.broadcast_to("m n")),
            ("matmul(A, v)", A @ v),
        ],
    )
    def test_arrays(self, text, expected):
        assert formula(text, shapes={k: s for k, s in TENSORS.items() if k in text}) is expected

    def test_a_dimension_is_a_number_in_formulas(self):
        assert repr(formula("sum(v)/n", shapes={"v": "n"})) == "<node sum(v)/n float64 ()>"

    @pytest.mark.parametrize(
        "text",
        ["2*3 - 7/4", "7 // 2 + 7 % 3", "-2**2", "2**-1", "2**0.5", "1e3", ".5", "5.", "1.5E-3"],
    )
    def test_numbers_fold_in_float64(self, text):
        assert number(text) == float(eval(text))

    def test_dtype_is_that_of_the_inputs(self):
        graph = parse("2*x + sqrt(2)", dtype="float32")
        assert graph.outputs[0].dtype == "float32"


class TestNames:
    def test_inputs_come_in_order_of_appearance(self):
        assert parse("1/(1+exp(-a*x))").input_names == ("a", "x")
        assert parse("z = b*a; q = z*c").input_names == ("b", "a", "c")
        assert parse("p if q > 0 else r").input_names == ("p", "q", "r")

    def test_a_header_gives_the_order(self):
        graph = parse("y(x, a, unused) = 1/(1+exp(-a*x))")
        assert (graph.input_names, graph.name, graph.step_names) == (
            ("x", "a", "unused"),
            "y",
            ("y",),
        )
        assert parse("w3 = -x*a; y(x, a) = 1/(1 + exp(w3))").input_names == ("x", "a")
        assert parse("one() = 1").inputs == ()

    @pytest.mark.parametrize("inputs", [["x", "a"], "x a", "x, a", {"x": "n", "a": ()}])
    def test_the_caller_gives_the_order(self, inputs):
        assert parse("a*x", inputs=inputs).input_names == ("x", "a")

    def test_a_mapping_gives_shapes_and_scalars_may_follow(self):
        graph = parse("b*(W @ x) + c", inputs={"W": "m n", "x": "n", "unused": ""})
        assert graph.input_names == ("W", "x", "unused", "b", "c")

    def test_inputs_that_nothing_needs_are_left_out(self):
        assert parse("unused = b; y = a").input_names == ("a",)

    def test_statements_are_named_steps(self):
        graph = parse("w3 = -x*a\n\n# then\nw4 = 1 + exp(w3); y = 1/w4", name="sigmoid")
        w3 = gc.let("w3", -x * a)
        w4 = gc.let("w4", 1 + gc.exp(w3))
        assert graph.outputs == (gc.let("y", 1 / w4),)
        assert (graph.name, graph.output_names) == ("sigmoid", ("y",))

    def test_the_last_statement_may_be_without_a_name(self):
        graph = parse("h = x*a; h**2", name="loss")
        assert graph.output_names == ("loss",)

    def test_outputs_can_be_chosen(self):
        graph = parse("p = x; q = 2*p; r = q + 1", outputs=["r", "p"])
        assert graph.output_names == ("r", "p")
        assert parse("p = x; q = 2*p", outputs="p q").output_names == ("p", "q")

    def test_the_name_of_a_bare_expression_avoids_inputs(self):
        assert parse("x").output_names == ("y",)
        assert parse("x*y").output_names == ("z",)
        assert parse("y*z*f").output_names == ("y_2",)

    def test_named_numbers_are_steps_and_still_numbers(self):
        graph = parse("n = 2 + 1; y = x**n + n*x")
        n = gc.let("n", gc.constant(3.0))
        assert graph.find("y").args[0] is x**3 + n * x

    def test_text_defines_its_own_names_over_ours(self):
        assert formula("g(e, pi) = e*pi") is gc.scalar("e") * gc.scalar("pi")
        assert parse("mean = x; y = mean").input_names == ("x",)
        assert "can't be called" in message("mean = x; y = mean(mean)")

    def test_graph_class(self):
        class Mine(GraphData):
            __slots__ = ()

        assert type(from_string("x", graph_class=Mine)) is Mine


class TestErrors:
    @pytest.mark.parametrize(
        ("text", "parts"),
        [
            ("x^2", ["**", "column 2"]),
            ("y = 1 + sgimoid(x)", ["'sgimoid'", "'sigmoid'", "in 'y', line 1, column 9"]),
            ("a = 1\n\n  y= x $ 3", ["'$'", "line 3, column 8", "\n      y= x $ 3\n"]),
            ("9**9**9", ["out of the range"]),
            ("10**400", ["out of the range"]),
            ("1e308*10", ["out of the range"]),
            ("1e400", ["out of the range"]),
            ("1e-400", ["out of the range"]),
            ("9" * 5000, ["5000 characters"]),
            ("1/0", ["division by zero"]),
            ("1 % 0", ["division by zero"]),
            ("0**-1", ["division by zero"]),
            ("(-8)**0.5", ["complex"]),
            ("2 @ 3", ["matrix product"]),
            ("3j", ["complex"]),
            ("0x10", ["decimal"]),
            ("1_000", ["underscores"]),
            ("007", ["start with 0"]),
            ("2x", ["2*x"]),
            ("a b", ["operator is missing"]),
            ("2(x)", ["operator is missing"]),
            ("(x)(y)", ["operator is missing"]),
            ("x 2", ["operator is missing"]),
            ("(x", ["never closed"]),
            ("x)", ["closes nothing"]),
            ("(x]", ["closes nothing"]),
            ("y =", ["nothing follows"]),
            ("= x", ["before the ="]),
            ("2 = x", ["left of the ="]),
            ("f(2) = x", ["left of the ="]),
            ("a = b = x", ["one = only"]),
            ("x += 1", ["no +="]),
            ("x := 1", ["no :="]),
            ("(y := x)", ["no meaning"]),
            ("x +", ["follow '+'"]),
            ("x + * y", ["before '*'"]),
            ("(x +)", ["follow '+'"]),
            ("x + not y", ["'not'"]),
            ("x if y", ["no formula"]),
            ("x[]", ["no formula"]),
            ("x is y", ["=="]),
            ("x in y", ["'in'"]),
            ("lambda x: x", ["no functions to define"]),
            ("[i for i in x]", ["no loops"]),
            ("import os", ["'import'"]),
            ("'x'", ["quoted"]),
            ('f"{x}"', ["quoted"]),
            ("{x}", ["braces"]),
            ("x & y", ["'and'"]),
            ("x | y", ["'or'"]),
            ("x \\\n + y", ["parentheses"]),
            ("x − 1", ["write -"]),
            ("x² + 1", ["**2"]),
            ("x·y", ["write *"]),
            ("½*x", ["ASCII"]),
            ("x；y", ["write ;"]),
            ("x\0", ["U+0000"]),
            ("x\ud800", ["U+D800"]),
            ("x\u202e", ["U+202E"]),
            ("exp(x, 2)", ["exp(x)", "2 arguments"]),
            ("exp()", ["0 arguments"]),
            ("sum(x, axs=0)", ["'axs'", "'axis'"]),
            ("sum(x, axis=0, axis=1)", ["'axis'"]),
            ("sum(x, axis=a)", ["not a formula"]),
            ("sum(x, 0.5)", ["whole number"]),
            ("exp(*x)", ["before '*'"]),
            ("sum", ["is a function"]),
            ("concatenate(x)", ["takes a list"]),
            ("x.foo", [".foo", ".T"]),
            ("x.foo()", [".foo()", ".sum"]),
            ("x.T()", [".T()"]),
            ("None", ["formula"]),
            ("x[None:]", ["getitem"]),
            ("x and y", ["x != 0"]),
            ("1 if x else 2", ["x != 0"]),
            ("not x", ["condition"]),
            ("[[1, 2], [3]]", ["differ in length"]),
            ("[]", ["empty"]),
            ("", ["no expression"]),
            (" # nothing\n;;", ["no expression"]),
            ("x; y", ["only the last"]),
            ("f(x) = x; g = f", ["header"]),
            ("f(x, x) = x", ["twice"]),
            ("f(x) = x*b", ["'b'", "(x)"]),
            ("f(x) = 2; f", ["header"]),
            ("y = x; y = 2", ["'y' is assigned twice", "column 8"]),
            ("z = w + 1; w = x", ["'w' is used before"]),
            ("z = z + 1", ["own definition"]),
            ("x.__class__", ["two underscores"]),
            ("__import__(x)", ["two underscores"]),
            ("α*x", ["ASCII"]),
            ("ｅxp(x)", ["ASCII"]),
            ("x" * 200, ["longer than"]),
        ],
    )
    def test_says_what_and_where(self, text, parts):
        said = message(text)
        assert [part for part in (*parts, "line ", "^") if part not in said] == []

    def test_the_kind_of_an_error_stays(self):
        with pytest.raises(ShapeError, match=r"(?s)matmul: inner .* in 'h', line 2, column 5\n"):
            parse("b = W\nh = b @ x", shapes={"W": "m n", "x": "k"})
        with pytest.raises(NamingError):
            parse("α")
        with pytest.raises(ParseError):
            parse("?")

    def test_the_caret_stands_under_the_culprit(self):
        _, _, line, caret = message("h = 2*x\ny = 1 + sgimoid(h) * 3").splitlines()
        assert line[caret.index("^") : caret.rindex("^") + 1] == "sgimoid(h)"

    def test_a_long_line_is_cut_around_the_caret(self):
        said = message("+".join(["x"] * 500) + "+ foo(x) +" + "+".join(["y"] * 500))
        line, caret = said.splitlines()[2:]
        assert line[caret.index("^") : caret.rindex("^") + 1] == "foo(x)"
        assert max(map(len, said.splitlines())) < 100

    @pytest.mark.parametrize(
        ("options", "part"),
        [
            ({"inputs": ["x"]}, "'a' is not among the inputs"),
            ({"inputs": ["x", "x"]}, "twice"),
            ({"inputs": ["x", "a", "1"]}, "identifier"),
            ({"shapes": {"xx": "n"}}, "did you mean 'x'"),
            ({"name": "x"}, "choose another name"),
            ({"name": "not a name"}, "identifier"),
            ({"outputs": ["q"]}, "no step 'q'"),
            ({"dtype": "complex128"}, "complex"),
            ({"shapes": {"x": "m*"}}, "dimension"),
        ],
    )
    def test_arguments_beside_the_text(self, options, part):
        assert part in message("x + a", **options)

    def test_header_and_inputs(self):
        assert "twice" in message("f(x) = x", inputs=["x"])
        assert "can't be assigned" in message("x = 2; y = x", inputs=["x"])
        with pytest.raises(InputError, match="text, not int"):
            parse(3)  # type: ignore[arg-type]


class TestSize:
    def test_long_sums_and_products(self):
        terms = [gc.scalar(f"x{i % 5}") * i for i in range(5000)]
        total = functools.reduce(operator.add, terms)
        assert formula("+".join(f"x{i % 5}*{i}" for i in range(5000))) is total
        assert formula("exp(" + "*".join(["x"] * 5000) + ")").op is gc.exp(x).op

    @given(st.lists(st.sampled_from(["+", "+", "-", "*", "*", "/", "//", "%", "**"]), max_size=150))
    def test_chains_agree_with_python(self, operators):
        names = ["x", "a", "y", "-x", "x**2", "(x-a)"]
        text = "x" + "".join(f"{op}{names[i % 6]}" for i, op in enumerate(operators))
        nested = max(map(len, re.findall(r"(?:\*\*1)+", re.sub("[^*]+", "1", text))), default=0)
        if nested < 20:
            assert formula(text) is eval(text, {"x": x, "a": a, "y": y})

    def test_a_chain_of_statements_is_linear(self):
        def seconds(count: int) -> float:
            text = "\n".join(["w0 = x", *(f"w{i + 1} = sin(w{i})*x" for i in range(count))])
            begin = time.process_time()
            assert len(parse(text).step_names) == count + 1
            return time.process_time() - begin

        seconds(500)
        assert seconds(16_000) < 20 * max(seconds(2_000), 0.05)

    def test_sharing_is_kept(self):
        steps = "\n".join(["w0 = x", *(f"w{i + 1} = w{i}*w{i}" for i in range(60))])
        assert len(parse(steps).nodes) == 1 + 61 + 60

    @pytest.mark.parametrize(
        "text",
        [
            "(" * 5000 + "x" + ")" * 5000,
            "exp(" * 101 + "x" + ")" * 101,
            "[" * 300 + "]" * 300,
            "-" * 5000 + "x",
            "not " * 5000 + "x",
            "**".join(["x"] * 500),
            "x if x > 0 else " * 500 + "x",
            "x" + ".T" * 500,
            "x" + "[0]" * 500,
            "x" + "()" * 500,
            "(" * 5000,
            "+0" * 300_000,
        ],
    )
    def test_what_would_hurt_the_parser_is_refused(self, text):
        begin = time.process_time()
        message(text)
        assert time.process_time() - begin < 20

    def test_nesting_within_the_limits_works(self):
        assert formula("exp(" * 100 + "x" + ")" * 100).op is gc.exp(x).op
        assert formula("1/(1+2*-exp(x if a > 0 else " * 48 + "x" + "))" * 48) is not None

    def test_limits_can_be_set(self):
        assert "5 characters" in message("x + 1", limits=Limits(characters=4))
        assert "at most 2" in message("x + 1", limits=Limits(tokens=2))
        assert "more than 1 " in message("((x))", limits=Limits(depth=1))
        with pytest.raises(InputError):
            Limits(depth=1000)


PIECES = st.sampled_from(
    [
        *"xay+-*/%@()[],.:=;<>!^&|~{}\\'\"#$?_ \t\n\r\0",
        *["**", "//", "==", "!=", "<=", ":=", "...", "exp", "sum(", "where(", "axis=", "reshape("],
        *["if", "else", " and ", " or ", "not ", "None", "True", "lambda", "for", "in", "import"],
        *["0", "1", "2.5", "1e9", "1e400", "0x1", "1j", ".T", ".sum()", "__class__", "e", "pi"],
        *["α", "²", "ｘ", "\u202e", "\ud800", "𝐱", "ⅷ", "\x85", "\u2028", "y = ", "f(x) = "],
    ]
)


class TestAttack:
    @given(st.lists(PIECES, max_size=30).map("".join))
    def test_pieces(self, text):
        self.check(text)

    @given(st.text(max_size=60))
    def test_any_text(self, text):
        self.check(text)

    @given(
        st.lists(
            st.sampled_from(
                [
                    "x",
                    "a",
                    "2",
                    "+",
                    "-",
                    "*",
                    "/",
                    "**",
                    "(",
                    ")",
                    "[",
                    "]",
                    ",",
                    ".",
                    ":",
                    "if",
                    "else",
                ]
            ),
            max_size=40,
        )
    )
    def test_tokens(self, tokens):
        self.check(" ".join(tokens))

    @staticmethod
    def check(text: str) -> None:
        """A graph or a clear error, soon, that can be printed."""
        begin = time.process_time()
        try:
            parse(text, shapes={"x": (2, 2)} if "x" in text else None)
        except GraphcompError as error:
            str(error).encode()
        assert time.process_time() - begin < 20


#: What is no function of vectors of any length.
CALLED = {
    **dict.fromkeys(
        ("cholesky", "det", "eigvalsh", "svdvals", "diagonal", "inv", "pinv", "trace"), "M"
    ),
    **dict.fromkeys(("fliplr", "tril", "triu", "rot90", "matrix_norm", "matrix_transpose"), "M"),
    "matvec": "M, v",
    "percentile": "p, 50",
    "quantile": "p, 0.25",
    "rollaxis": "M, 1",
    "vander": "v, 3",
    "vecmat": "v, M",
    "swapaxes": "M, 0, 1",
    "take": "v, 0",
    "take_along_axis": "v, argsort(v)",
    "interp": "v, [0, 1, 2], p",
    "convolve": "v, p",
    "moveaxis": "M, 0, 1",
    "expand_dims": "v, 0",
    "tile": "v, 2",
    "repeat": "v, 2",
    "roll": "v, 1",
    "pad": "v, 1",
    "full_like": "v, 2",
    "cross": "p, p",
    "matrix_power": "M, 3",
    "solve": "M, v",
    "tensordot": "M, M",
}


class TestVocabulary:
    def test_every_function_on_formulas_is_in_the_language(self):
        outside = {"array", "constant", "let", "scalar", "scalars", "scope"}
        outside |= {
            "array_split",
            "astype",
            "block",
            "broadcast_arrays",
            "dsplit",
            "eigh",
            "einsum",
            "gradient",
            "hsplit",
            "meshgrid",
            "modf",
            "polyval",
            "qr",
            "svd",
            "piecewise",
            "select",
            "slogdet",
            "split",
            "unstack",
            "vsplit",
        }
        assert set(gc.functions.__all__) - outside <= set(FUNCTIONS)

    def test_aliases_do_not_hide_functions(self):
        assert set(ALIASES) & set(gc.functions.__all__) == set()
        assert set(CONSTANTS) & set(FUNCTIONS) == set()

    @pytest.mark.parametrize("name", sorted(FUNCTIONS))
    def test_every_function_can_be_called(self, name):
        function = FUNCTIONS[name]
        operands = ", ".join(["v", "w", "v"][: function.least])
        if function.sequence:
            operands = "[v, w]"
        if function.name == "where":
            operands = "v > 0, v, w"
        if function.name.startswith("logical"):
            operands = ", ".join(["v > 0"] * function.least)
        required = {"reshape": ", (n, 1)", "broadcast_to": ", (2, n)"}.get(name, "")
        text = f"{name}({CALLED.get(name, operands + required)})"
        graph = parse(text, shapes={"v": "n", "w": "n", "M": "n n", "p": 3}, inputs="v w M p")
        assert graph.outputs

    def test_the_page_lists_every_function(self):
        page = Path(__file__).parent.parent / "docs" / "expressions.md"
        table = page.read_text(encoding="utf-8").partition("## Functions")[2].partition("##")[0]
        assert set(FUNCTIONS) - set(re.findall(r"\w+", table)) == set()

    def test_folding_is_checked(self):
        assert combine("*", 2.0, 3.0, "float64") == 6.0
