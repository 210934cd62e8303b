"""Vectors for kernels: Python that runs while Numba compiles and emits LLVM's instructions.

Numba has no vector types, and LLVM leaves a loop alone in which many pointers might overlap. Here a :class:`Value`
stands for a number or a vector in the compiled code; its operators emit instructions, and LLVM picks the registers that
the processor has for vectors of any length. :func:`emitted` turns a function over such values into one that jitted code
can call. Python's own ``if`` and ``for`` in it run while compiling: they choose and unroll.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from inspect import Parameter, Signature
from inspect import signature as signature_of
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils as _cgutils
from numba.extending import intrinsic
from numba.np import arrayobj

cgutils: Any = _cgutils  # without types
make_array: Any = arrayobj.make_array

F32, F64 = ir.FloatType(), ir.DoubleType()
I1, I8, I16, I32, I64 = (ir.IntType(bits) for bits in (1, 8, 16, 32, 64))

_NAMES = {F32: "f32", F64: "f64"}


class Value:
    """A number, or a vector of numbers, in the compiled code; integers are signed."""

    __slots__ = ("builder", "ir")

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder = builder
        self.ir = value

    @property
    def count(self) -> int:
        """How many numbers it has; 0: not a vector."""
        return self.ir.type.count if isinstance(self.ir.type, ir.VectorType) else 0

    @property
    def element(self) -> Any:
        """The type of each number."""
        return self.ir.type.element if self.count else self.ir.type

    @property
    def is_float(self) -> bool:
        return self.element in (F32, F64)

    def like(self, other: Value | float) -> Any:
        """Return what LLVM knows the other operand by: a Python number is repeated in every lane."""
        if isinstance(other, Value):
            return other.ir
        return ir.Constant(self.ir.type, [other] * self.count if self.count else other)

    def _emit(self, floats: str, integers: str, other: Value | float) -> Value:
        instruction = getattr(self.builder, floats if self.is_float else integers)
        return Value(self.builder, instruction(self.ir, self.like(other)))

    def __add__(self, other: Value | float) -> Value:
        return self._emit("fadd", "add", other)

    def __sub__(self, other: Value | float) -> Value:
        return self._emit("fsub", "sub", other)

    def __mul__(self, other: Value | float) -> Value:
        return self._emit("fmul", "mul", other)

    def __truediv__(self, other: Value | float) -> Value:
        return self._emit("fdiv", "", other)

    def __neg__(self) -> Value:
        return Value(self.builder, self.builder.fneg(self.ir) if self.is_float else self.builder.neg(self.ir))

    def __floordiv__(self, other: Value | int) -> Value:
        return self._emit("", "sdiv", other)  # of numbers that are not negative

    def __lshift__(self, other: Value | int) -> Value:
        return self._emit("", "shl", other)

    def __rshift__(self, other: Value | int) -> Value:
        return self._emit("", "ashr", other)

    def __and__(self, other: Value | int) -> Value:
        return self._emit("", "and_", other)

    def __or__(self, other: Value | int) -> Value:
        return self._emit("", "or_", other)

    def __xor__(self, other: Value | int) -> Value:
        return self._emit("", "xor", other)

    def compare(self, operator: str, other: Value | float) -> Value:
        """Return a boolean, or one for each lane."""
        compare = self.builder.fcmp_ordered if self.is_float else self.builder.icmp_signed
        return Value(self.builder, compare(operator, self.ir, self.like(other)))

    def choose(self, yes: Value, no: Value | float) -> Value:
        """Of a boolean: take ``yes`` where it holds."""
        return Value(self.builder, self.builder.select(self.ir, yes.ir, yes.like(no)))

    def at_least(self, low: float) -> Value:
        """Raise what is lower; no number stays none."""
        return self.compare("<", low).choose(self.same(low), self)

    def at_most(self, high: float) -> Value:
        """Lower what is higher; no number stays none."""
        return self.compare(">", high).choose(self.same(high), self)

    def same(self, number: float) -> Value:
        """Return a Python number in this one's type, in every lane."""
        return Value(self.builder, self.like(number))

    def call(self, name: str, *others: Value | float, to: Any = None) -> Value:
        """Call one of LLVM's functions that are defined for every type, such as ``llvm.floor``."""
        result = self._type(to or self.element)
        arguments = [self.ir, *(self.like(other) for other in others)]
        kinds = [self.ir.type] if to is None else [result, self.ir.type]
        full = ".".join([name, *(_name(kind) for kind in kinds)])
        signature = ir.FunctionType(result, [argument.type for argument in arguments])
        function = cgutils.get_or_insert_function(self.builder.module, signature, full)
        return Value(self.builder, self.builder.call(function, arguments))

    def times_plus(self, factor: Value | float, term: Value | float) -> Value:
        """Return self * factor + term, rounded once where the processor can."""
        return self.call("llvm.fmuladd", factor, term)

    def to(self, element: Any, unsigned: bool = False) -> Value:
        """Convert each number; float64 to float32 rounds, floats lose their fraction, integers what is too high."""
        if element == self.element:
            return self
        if self.is_float and element in (F32, F64):
            instruction = self.builder.fpext if element == F64 else self.builder.fptrunc
        elif self.is_float:
            instruction = self.builder.fptosi
        elif element in (F32, F64):
            instruction = self.builder.uitofp if unsigned else self.builder.sitofp
        elif element.width < self.element.width:
            instruction = self.builder.trunc
        else:
            instruction = self.builder.zext if unsigned else self.builder.sext
        return Value(self.builder, instruction(self.ir, self._type(element)))

    def bits(self, element: Any, count: int) -> Value:
        """Take the same bits as a vector of other numbers."""
        return Value(self.builder, self.builder.bitcast(self.ir, ir.VectorType(element, count)))

    def pick(self, indices: Sequence[int], other: Value | None = None) -> Value:
        """Return the lanes of these numbers; those of ``other`` are counted on."""
        second = self.ir if other is None else other.ir
        mask = ir.Constant(ir.VectorType(I32, len(indices)), list(indices))
        return Value(self.builder, self.builder.shuffle_vector(self.ir, second, mask))

    def repeat(self, count: int) -> Value:
        """Return a vector with this number in every lane."""
        undefined = ir.Constant(ir.VectorType(self.ir.type, count), ir.Undefined)
        return Value(self.builder, self.builder.insert_element(undefined, self.ir, I32(0))).pick([0] * count)

    @classmethod
    def counting(cls, builder: Any, count: int) -> Value:
        """Return 0, 1, 2, … as 64-bit integers."""
        return cls(builder, ir.Constant(ir.VectorType(I64, count), list(range(count))))

    def lane(self, index: int) -> Value:
        return Value(self.builder, self.builder.extract_element(self.ir, I32(index)))

    def folded(self, join: Callable[[Value, Value], Value]) -> Value:
        """Join a vector's lanes, the far half with the near one until one is left."""
        v = self
        while v.count > 1:
            half = v.count // 2
            v = join(v.pick(range(half)), v.pick(range(half, v.count)))
        return v.lane(0)

    @contextmanager
    def then(self) -> Iterator[None]:
        """Of a boolean: what is emitted within is only run where it holds."""
        with self.builder.if_then(self.ir):
            yield

    @contextmanager
    def loop(self) -> Iterator[Value]:
        """Of a count: what is emitted within is run that often, with the number of the turn."""
        with cgutils.for_range(self.builder, self.ir) as loop:
            yield Value(self.builder, loop.index)

    def _type(self, element: Any) -> Any:
        return ir.VectorType(element, self.count) if self.count else element


def _name(kind: Any) -> str:
    element = kind.element if isinstance(kind, ir.VectorType) else kind
    name = _NAMES.get(element) or f"i{element.width}"
    return f"v{kind.count}{name}" if isinstance(kind, ir.VectorType) else name


class Memory:
    """Numbers of one type behind each other."""

    __slots__ = ("builder", "element", "pointer")

    def __init__(self, builder: Any, pointer: Any, element: Any) -> None:
        self.builder = builder
        self.pointer = pointer
        self.element = element

    @classmethod
    def at(cls, address: Value, element: Any) -> Memory:
        """Take what an address, a plain number, points to."""
        return cls(address.builder, address.builder.inttoptr(address.ir, ir.PointerType(element)), element)

    @classmethod
    def local(cls, builder: Any, element: Any, count: int) -> Memory:
        """Return zeros on the stack."""
        memory = cgutils.alloca_once_value(builder, ir.Constant(ir.VectorType(element, count), None))
        return cls(builder, builder.bitcast(memory, ir.PointerType(element)), element)

    @property
    def bytes(self) -> int:
        """The size of a number."""
        return ({F32: 32, F64: 64}.get(self.element) or self.element.width) // 8

    def _place(self, index: Value | int, kind: Any) -> Any:
        number = index.ir if isinstance(index, Value) else I64(index)
        return self.builder.bitcast(self.builder.gep(self.pointer, [number]), ir.PointerType(kind))

    def load(self, index: Value | int, count: int = 0) -> Value:
        """Return the number there, or a vector of that many from there on."""
        kind = ir.VectorType(self.element, count) if count else self.element
        return Value(self.builder, self.builder.load(self._place(index, kind), align=self.bytes))

    def store(self, index: Value | int, value: Value) -> None:
        """Write a number or a vector from there on."""
        self.builder.store(value.ir, self._place(index, value.ir.type), align=self.bytes)

    def address(self) -> Value:
        """Return where it begins."""
        return Value(self.builder, self.builder.ptrtoint(self.pointer, I64))

    def fetch(self, index: Value | int, behind: int, size: int) -> None:
        """Ask for the cache lines of ``size`` bytes, so many behind a number: any place will do, also one that is no memory."""
        place = self.builder.gep(self._place(index, I8), [I64(behind)])
        fetch = self.builder.module.declare_intrinsic(
            "llvm.prefetch", (place.type,), ir.FunctionType(ir.VoidType(), [place.type, I32, I32, I32])
        )
        for line in range(0, size, 64):
            self.builder.call(fetch, [self.builder.gep(place, [I64(line)]), I32(0), I32(3), I32(1)])

    def copy(self, index: Value | int, source: Memory, source_index: Value | int, count: Value) -> None:
        """Copy that many numbers from a memory of the same type, which may be this one."""
        to, origin = self._place(index, self.element), source._place(source_index, self.element)
        cgutils.raw_memmove(self.builder, to, origin, count.ir, self.bytes)


def emitted(
    function: Callable[..., Value | None], returns: Any = types.none, *, name: str, constants: bool = False
) -> Any:
    """Make a function that jitted code can call: arrays arrive as Memory, integers as 64-bit ones.

    ``returns`` is Numba's type of the result, or a function that tells it from those of the arguments. With
    ``constants`` integers that are known while compiling arrive as Python's. It becomes a function of its own in each
    compiled module that calls it, so several calls share its code.
    """

    def typed(_context: Any, *arguments: Any) -> Any:
        result_type = returns if isinstance(returns, types.Type) else returns(*arguments)
        return result_type(*arguments), generate

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        pairs = [pair for pair in zip(signature.args, values, strict=True) if not isinstance(pair[0], types.Literal)]
        given = [_plain(context, builder, *pair) for pair in pairs]
        nothing = signature.return_type is types.none
        result_type = ir.VoidType() if nothing else context.get_value_type(signature.return_type)
        full_name = f"paceline.{name}.{'.'.join(map(str, signature.args))}"
        known = builder.module.globals.get(full_name)
        if known is None:
            kind = ir.FunctionType(result_type, [value.type for value in given])
            known = ir.Function(builder.module, kind, full_name)
            known.linkage = "internal"
            inner = ir.IRBuilder(known.append_basic_block())
            passed = iter(known.args)
            result = function(*(_known(context, inner, kind, passed) for kind in signature.args))
            inner.ret_void() if result is None else inner.ret(result.ir)
        called = builder.call(known, given)
        return context.get_dummy_value() if nothing else called

    context = Parameter("context", Parameter.POSITIONAL_OR_KEYWORD)
    typed.__signature__ = Signature([context, *signature_of(function).parameters.values()])  # type: ignore[attr-defined]
    return intrinsic(prefer_literal=constants)(typed)


def _plain(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """Return what is passed for an argument: of an array its address, 64 bits of an integer."""
    if isinstance(kind, types.Array):
        return make_array(kind)(context, builder, value).data
    return context.cast(builder, value, kind, types.int64) if isinstance(kind, types.Integer) else value


def _known(context: Any, builder: Any, kind: Any, passed: Iterator[Any]) -> Any:
    if isinstance(kind, types.Literal):
        return kind.literal_value
    value = next(passed)
    if isinstance(kind, types.Array):
        return Memory(builder, value, context.get_data_type(kind.dtype))
    return Value(builder, value)


address = emitted(lambda memory: memory.address(), types.int64, name="address")
"""Where an array begins."""


def on_stack(kind: Any, count: int) -> Any:
    """Make a function that returns a pointer to that many numbers of the caller's own, from a cache line on."""

    def typed(_context: Any) -> Any:
        return types.CPointer(kind)(), generate  # type: ignore[no-untyped-call]

    def generate(context: Any, builder: Any, _signature: Any, _values: Any) -> Any:
        with builder.goto_entry_block():  # Numba's own helper would fill it with zeros
            memory = builder.alloca(ir.ArrayType(context.get_data_type(kind), count))
        memory.align = 64
        return builder.bitcast(memory, ir.PointerType(context.get_data_type(kind)))

    return intrinsic(typed)


def together(values: Sequence[Value]) -> Value:
    """Return several numbers of one type at once, as Numba's UniTuple."""
    builder = values[0].builder
    return Value(builder, cgutils.pack_array(builder, [value.ir for value in values]))
