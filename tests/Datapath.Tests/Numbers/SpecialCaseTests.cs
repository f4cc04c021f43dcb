using Sim.Datapath.Formats;

namespace Sim.Datapath.Tests.Numbers;

/// <summary>Zeros, infinities and NaNs as IEEE 754-2019 words them: §6.1 and §6.2 (Inf, NaN), §6.3 (sign of zero), §7.2 (invalid), §7.3
/// (division by zero).</summary>
public sealed class SpecialCaseTests
{
    private const uint Zero = 0x0000, MinusZero = 0x8000, One = 0x3c00, MinusOne = 0xbc00, Inf = 0x7c00, MinusInf = 0xfc00, Quiet = 0x7e00,
        Signalling = 0x7d00, NaN = 0xfe00;

    private static readonly INumberFormat Fp16 = FormatCatalogue.Parse("fp16");

    [Test]
    public void ExactZeroSumsArePositiveUnlessRoundingDown([Values] RoundingMode mode)
    {
        uint zero = mode == RoundingMode.Down ? MinusZero : Zero;
        var rounding = new Rounding(mode);
        Assert.Multiple(() =>
        {
            Assert.That(Fp16.Add(One, MinusOne, rounding, out _), Is.EqualTo(zero));
            Assert.That(Fp16.Subtract(0x0001, 0x0001, rounding, out _), Is.EqualTo(zero));
            Assert.That(Fp16.Add(Zero, MinusZero, rounding, out _), Is.EqualTo(zero));
            Assert.That(Fp16.MultiplyAdd(One, MinusOne, One, rounding, out RoundingFlags flags), Is.EqualTo(zero));
            Assert.That(flags, Is.EqualTo(RoundingFlags.None));
            Assert.That(Fp16.Add(Zero, Zero, rounding, out _), Is.EqualTo(Zero));
            Assert.That(Fp16.Add(MinusZero, MinusZero, rounding, out _), Is.EqualTo(MinusZero));
            Assert.That(Fp16.MultiplyAdd(MinusZero, One, MinusZero, rounding, out _), Is.EqualTo(MinusZero));
        });
    }

    // §6.3: the sign of a product or quotient is the exclusive or of the operands' signs, of zeros too.
    [TestCase("mul", MinusZero, One, MinusZero, RoundingFlags.None)]
    [TestCase("mul", MinusZero, MinusOne, Zero, RoundingFlags.None)]
    [TestCase("div", Zero, MinusOne, MinusZero, RoundingFlags.None)]
    [TestCase("div", One, MinusInf, MinusZero, RoundingFlags.None)]
    [TestCase("mul", MinusInf, MinusOne, Inf, RoundingFlags.None)]
    [TestCase("div", MinusInf, One, MinusInf, RoundingFlags.None)]
    [TestCase("add", Inf, MinusOne, Inf, RoundingFlags.None)]
    [TestCase("add", Inf, Inf, Inf, RoundingFlags.None)]
    // §7.2: invalid operations.
    [TestCase("add", Inf, MinusInf, NaN, RoundingFlags.Invalid)]
    [TestCase("sub", Inf, Inf, NaN, RoundingFlags.Invalid)]
    [TestCase("mul", Zero, Inf, NaN, RoundingFlags.Invalid)]
    [TestCase("div", Zero, MinusZero, NaN, RoundingFlags.Invalid)]
    [TestCase("div", Inf, MinusInf, NaN, RoundingFlags.Invalid)]
    [TestCase("add", Signalling, One, NaN, RoundingFlags.Invalid)]
    [TestCase("mul", Quiet, Signalling, NaN, RoundingFlags.Invalid)]
    [TestCase("add", Quiet, One, NaN, RoundingFlags.None)]
    [TestCase("div", Zero, Quiet, NaN, RoundingFlags.None)]
    // §7.3: an exact infinity from finite operands.
    [TestCase("div", One, Zero, Inf, RoundingFlags.DivideByZero)]
    [TestCase("div", MinusOne, Zero, MinusInf, RoundingFlags.DivideByZero)]
    [TestCase("div", One, MinusZero, MinusInf, RoundingFlags.DivideByZero)]
    public void SpecialOperandsFollowTheStandard(string op, uint a, uint b, uint expected, RoundingFlags raised)
    {
        RoundingFlags flags;
        uint actual = op switch
        {
            "add" => Fp16.Add(a, b, Rounding.NearestEven, out flags),
            "sub" => Fp16.Subtract(a, b, Rounding.NearestEven, out flags),
            "mul" => Fp16.Multiply(a, b, Rounding.NearestEven, out flags),
            _ => Fp16.Divide(a, b, Rounding.NearestEven, out flags),
        };
        Assert.That((actual, flags), Is.EqualTo((expected, raised)));
    }

    [TestCase("e4m3", NumberClass.Infinity, OverflowPolicy.Ieee, 0x7fu, RoundingFlags.Overflow | RoundingFlags.Inexact)]
    [TestCase("e4m3", NumberClass.Infinity, OverflowPolicy.SaturateInfinity, 0x7eu, RoundingFlags.Overflow | RoundingFlags.Inexact)]
    [TestCase("e5m2", NumberClass.Infinity, OverflowPolicy.Saturate, 0x7cu, RoundingFlags.None)]
    [TestCase("e5m2", NumberClass.Infinity, OverflowPolicy.SaturateInfinity, 0x7bu, RoundingFlags.Overflow | RoundingFlags.Inexact)]
    [TestCase("e2m1", NumberClass.NaN, OverflowPolicy.Ieee, 0x8u, RoundingFlags.Invalid)]
    [TestCase("int8", NumberClass.NaN, OverflowPolicy.Saturate, 0x00u, RoundingFlags.Invalid)]
    [TestCase("int8", NumberClass.Infinity, OverflowPolicy.Ieee, 0x7fu, RoundingFlags.Overflow | RoundingFlags.Inexact)]
    [TestCase("uint8", NumberClass.Infinity, OverflowPolicy.Ieee, 0xffu, RoundingFlags.Overflow | RoundingFlags.Inexact)]
    public void WhatHasNoCodeRaisesAFlag(string name, NumberClass kind, OverflowPolicy policy, uint expected, RoundingFlags raised)
    {
        uint code = FormatCatalogue.Parse(name)
            .Encode(new Exact(kind, false, 0, 0), new Rounding(RoundingMode.NearestEven, policy), out RoundingFlags flags);
        Assert.That((code, flags), Is.EqualTo((expected, raised)));
    }

    [TestCase(-1.5, "uint8", RoundingMode.NearestEven, 0x00u, RoundingFlags.Overflow | RoundingFlags.Inexact)]
    [TestCase(-0.25, "uint8", RoundingMode.NearestEven, 0x00u, RoundingFlags.Inexact)]
    [TestCase(127.5, "int8", RoundingMode.NearestEven, 0x7fu, RoundingFlags.Overflow | RoundingFlags.Inexact)]
    [TestCase(127.5, "int8", RoundingMode.ToZero, 0x7fu, RoundingFlags.Inexact)]
    [TestCase(-128.5, "int8", RoundingMode.NearestEven, 0x80u, RoundingFlags.Inexact)]
    [TestCase(-129.0, "int8", RoundingMode.NearestEven, 0x80u, RoundingFlags.Overflow | RoundingFlags.Inexact)]
    [TestCase(1e300, "int32", RoundingMode.NearestEven, 0x7fffffffu, RoundingFlags.Overflow | RoundingFlags.Inexact)]
    [TestCase(2.5, "int4", RoundingMode.NearestEven, 0x2u, RoundingFlags.Inexact)]
    [TestCase(-2.5, "int4", RoundingMode.NearestAway, 0xdu, RoundingFlags.Inexact)]
    [TestCase(0.0029296875, "q8.8", RoundingMode.Up, 0x0001u, RoundingFlags.Inexact)]
    public void FixedPointStopsAtItsEnds(double value, string name, RoundingMode mode, uint expected, RoundingFlags raised)
    {
        uint code = FormatCatalogue.Parse(name).Encode(Exact.FromDouble(value), new Rounding(mode), out RoundingFlags flags);
        Assert.That((code, flags), Is.EqualTo((expected, raised)));
    }
}
