using Sim.Datapath.Arithmetic;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>One step of a short register, for every register and product. A register is its code with the events that happened beside
/// it.</summary>
internal sealed class StepTable
{
    /// <summary>Events beside a code.</summary>
    public const int Overflowed = 0x100, LostNaN = 0x200;

    private readonly ushort[] _products, _steps, _sums;
    private readonly bool[] _isNaN = new bool[256];

    private StepTable(DatapathSpec spec, ushort[] products, List<(Exact A, Exact B)> pairs)
    {
        (_products, Count) = (products, pairs.Count);
        int registers = 1 << ((FloatAccumulator)spec.Accumulator).Format.Bits;
        (_steps, _sums) = (new ushort[registers * Count], new ushort[registers * registers]);
        ReferenceRegister register = ReferenceRegister.For(spec), other = ReferenceRegister.For(spec);
        for (int code = 0; code < registers; code++)
        {
            for (int p = 0; p < Count; p++)
            {
                Start(register, code);
                register.MultiplyAdd(pairs[p].A, pairs[p].B);
                _steps[code * Count + p] = Result(register);
            }
            for (int part = 0; part < registers; part++)
            {
                Start(register, code);
                Start(other, part);
                register.Add(other);
                _sums[code * registers + part] = Result(register);
            }
            Start(register, code);
            _isNaN[code] = register.IsNaN;
        }
        Registers = registers;
    }

    /// <summary>Distinct products.</summary>
    public int Count { get; }

    /// <summary>Number of a product, by activation code · 256 + weight code.</summary>
    public ReadOnlySpan<ushort> Products => _products;

    /// <summary>The next register, by code · Count + product.</summary>
    public ReadOnlySpan<ushort> Steps => _steps;

    private int Registers { get; }

    /// <summary>The table of a datapath; null when it has more distinct products.</summary>
    public static StepTable? Of(DatapathSpec spec, int mostProducts)
    {
        var numbers = new Dictionary<Exact, ushort>();
        List<(Exact, Exact)> pairs = [];
        var products = new ushort[1 << 16];
        for (uint a = 0; a >> spec.Activation.Bits == 0; a++)
        {
            for (uint b = 0; b >> spec.Weight.Bits == 0; b++)
            {
                (Exact x, Exact y) = (spec.Activation.Decode(a), spec.Weight.Decode(b));
                RoundingFlags flags = RoundingFlags.None;
                Exact product = Canonical(ExactArithmetic.Multiply(x, y, ref flags));
                if (!numbers.TryGetValue(product, out ushort number))
                {
                    if (pairs.Count == mostProducts) return null;
                    numbers[product] = number = (ushort)pairs.Count;
                    pairs.Add((x, y));
                }
                products[a << 8 | b] = number;
            }
        }
        return new StepTable(spec, products, pairs);
    }

    /// <summary>A register with the value of another added; events of both stay.</summary>
    public int Add(int register, int part) => (register | part) & ~0xFF | _sums[(register & 0xFF) * Registers + (part & 0xFF)];

    /// <summary>Whether a finished register counts as NaN.</summary>
    public bool IsNaN(int register) => (register & LostNaN) != 0 || _isNaN[register & 0xFF];

    // Equal numbers have one significand.
    private static Exact Canonical(in Exact value)
    {
        if (value.Class != NumberClass.Finite) return value;
        int trailing = (int)UInt128.TrailingZeroCount(value.Significand);
        return value with { Exponent = value.Exponent + trailing, Significand = value.Significand >> trailing };
    }

    private static void Start(ReferenceRegister register, int code)
    {
        register.Clear();
        register.Load((ulong)code);
    }

    private static ushort Result(ReferenceRegister register) =>
        (ushort)(register.Finish() | (register.Overflowed ? Overflowed : 0L) | (register.LostNaN ? LostNaN : 0L));
}
