using Sim.Datapath.Nonlinear;
using Sim.Tests;

namespace Sim.Datapath.Tests.Nonlinear;

/// <summary>The elementwise functions, correctly rounded: grids of fp16, bf16 and fp32 codes against exact rational series.</summary>
public class CorrectRoundingTests
{
    private static readonly (string Name, VectorFunctionKind Kind, Func<Fraction, Fraction> Value)[] Functions =
    [
        ("exp", VectorFunctionKind.Exp, Fraction.Exp),
        ("sigmoid", VectorFunctionKind.Sigmoid, x => 1 / (1 + Fraction.Exp(-x))),
        ("tanh", VectorFunctionKind.Tanh, x => 1 - 2 / (1 + Fraction.Exp(2 * x))),
        ("erf", VectorFunctionKind.Erf, Fraction.Erf),
        ("silu", VectorFunctionKind.Silu, x => x / (1 + Fraction.Exp(-x))),
        ("gelu", VectorFunctionKind.Gelu, x => x * (1 + Fraction.Erf(x / Fraction.RootTwo)) / 2),
    ];

    private static IEnumerable<TestCaseData> Cases() =>
        from function in Functions
        from format in new[] { (SmallFloat.Half, 5u, 16), (SmallFloat.Bfloat, 11u, 16), (SmallFloat.Single, 5_000_011u, 12) }
        select new TestCaseData(function.Name, format.Item1.Name, format.Item2, format.Item3)
            .SetArgDisplayNames(function.Name, format.Item1.Name);

    [TestCaseSource(nameof(Cases))]
    public void NearestEven(string name, string formatName, uint step, int bound)
    {
        SmallFloat format = new[] { SmallFloat.Half, SmallFloat.Bfloat, SmallFloat.Single }.First(f => f.Name == formatName);
        (_, VectorFunctionKind kind, Func<Fraction, Fraction> value) = Functions.First(f => f.Name == name);
        VectorFunction unit = VectorFunctionCatalogue.Parse(kind, $"exact format={formatName}", out string problem)!;
        Assert.That(problem, Is.Empty);
        int checkedCodes = 0;
        uint[] result = new uint[1];
        for (ulong c = 1; c < 2ul * format.Sign; c += step)
        {
            uint code = (uint)c;
            if (!format.IsFinite(code) || (code & format.Sign - 1) == 0) continue;
            Fraction x = format.Value(code);
            if (x.Absolute > bound) continue;
            // The oracle's series are exact to 2^-700 of their terms: numbers that small would need more.
            if (x.Absolute < Fraction.Power(-150)) continue;
            uint expected = format.Code(value(x));
            if ((expected & format.Sign - 1) == 0 && (code & format.Sign) != 0
                && kind is not (VectorFunctionKind.Exp or VectorFunctionKind.Sigmoid)) expected = format.Sign;
            unit.Apply([code], result);
            Assert.That(result[0], Is.EqualTo(expected), $"{name}({x.ToDouble():R}) of {formatName} code {code:x}");
            checkedCodes++;
        }
        Assert.That(checkedCodes, Is.GreaterThan(200));
        Truth.Checked("Numbers", $"vector unit {name} in {formatName}", "Maclaurin series in exact rational arithmetic", checkedCodes,
            "equal (correctly rounded)");
    }

    [Test]
    public void LimitsAndSpecialCodes()
    {
        (VectorFunctionKind, uint X, uint Y)[] rows =
        [
            (VectorFunctionKind.Exp, 0x0000, 0x3c00), (VectorFunctionKind.Exp, 0x7c00, 0x7c00), (VectorFunctionKind.Exp, 0xfc00, 0x0000),
            (VectorFunctionKind.Exp, 0x7bff, 0x7c00), (VectorFunctionKind.Exp, 0xfbff, 0x0000),
                (VectorFunctionKind.Sigmoid, 0x8000, 0x3800),
            (VectorFunctionKind.Sigmoid, 0x7bff, 0x3c00), (VectorFunctionKind.Sigmoid, 0xfbff, 0x0000),
                (VectorFunctionKind.Tanh, 0x8000, 0x8000),
            (VectorFunctionKind.Tanh, 0xfc00, 0xbc00), (VectorFunctionKind.Tanh, 0x7bff, 0x3c00), (VectorFunctionKind.Erf, 0xfbff, 0xbc00),
            (VectorFunctionKind.Gelu, 0x7bff, 0x7bff), (VectorFunctionKind.Gelu, 0xfbff, 0x8000), (VectorFunctionKind.Gelu, 0xfc00, 0x8000),
            (VectorFunctionKind.Silu, 0xfbff, 0x8000), (VectorFunctionKind.Silu, 0x7c00, 0x7c00),
        ];
        uint[] y = new uint[1];
        foreach ((VectorFunctionKind kind, uint x, uint expected) in rows)
        {
            VectorFunctionCatalogue.Parse(kind, "exact format=fp16", out _)!.Apply([x], y);
            Assert.That(y[0], Is.EqualTo(expected), $"{kind} of {x:x4}");
        }
        foreach ((_, VectorFunctionKind kind, _) in Functions)
        {
            VectorFunctionCatalogue.Parse(kind, "exact format=fp16", out _)!.Apply([0x7d01u], y);
            Assert.That(y[0] & 0x7fff, Is.GreaterThan(0x7c00u), $"{kind} of NaN");
        }
    }

    [Test]
    public void TanhOfEveryHalfIsOddAndNeverFalls()
    {
        VectorFunction tanh = VectorFunctionCatalogue.Parse(VectorFunctionKind.Tanh, "exact format=fp16", out _)!;
        uint[] up = [.. Enumerable.Range(0, 0x7c01).Select(c => (uint)c)], down = [.. up.Select(c => c | 0x8000)], y = new uint[up.Length],
            z = new uint[up.Length];
        tanh.Apply(up, y);
        tanh.Apply(down, z);
        for (int i = 0; i < y.Length; i++)
        {
            Assert.That(z[i], Is.EqualTo(y[i] | 0x8000));
            if (i > 0) Assert.That(y[i], Is.GreaterThanOrEqualTo(y[i - 1]));
        }
    }
}
