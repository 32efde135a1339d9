# pyright: strict, reportUnnecessaryTypeIgnoreComment=true, reportUnusedExpression=false
"""What a type checker says of layers: each ignored line is wrong, and its ignore would be reported were it not."""

from typing import assert_type

from graphnet import ArrayLayer, PerUnit, Positive, Seconds, SeriesType, Size, Span, State, TSContinuous, positional


class LowPass(ArrayLayer, register=False):
    size: Size = positional()
    tau: Positive[Seconds] = 0.02
    bias: PerUnit[float] = 0.0
    input_type: SeriesType = TSContinuous

    def initial(self) -> State:
        return {}

    def advance(self, state: State, block: object, span: Span) -> tuple[State, object]:
        return state, span.empty((span.steps, self.size))


class Slow(LowPass, register=False):
    tau: Positive[Seconds] = 2.0
    order: int = 1


layer = LowPass(3, tau=0.1, dt=1e-3, noise_std=0.1, name="x")
LowPass(size=3, seed=1, dtype="float32", input_type=TSContinuous)
Slow(3, order=2, tau=1, name="slow")

assert_type(layer.dt, float)
assert_type(layer.size, int)
assert_type(layer.tau, float)
assert_type(layer.name, str)
assert_type(layer.noise_std, float)
assert_type(layer.t, float)
assert_type(Slow(3).order, int)


def wrong() -> None:
    LowPass()  # pyright: ignore[reportCallIssue]
    LowPass(3, 0.1)  # pyright: ignore[reportCallIssue]
    LowPass(3, taw=0.1)  # pyright: ignore[reportCallIssue]
    LowPass("3")  # pyright: ignore[reportArgumentType]
    LowPass(3, dt="1 ms")  # pyright: ignore[reportArgumentType]
    LowPass(3, name=3)  # pyright: ignore[reportArgumentType]
    LowPass(3, dtype="float16")  # pyright: ignore[reportArgumentType]
    Slow(3, ordre=2)  # pyright: ignore[reportCallIssue]
