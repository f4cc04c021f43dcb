using System.Collections.Concurrent;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>Every product of a multiplier of short codes, made once: row by activation code, column by weight code.</summary>
internal sealed class ProductTable
{
    /// <summary>Most bits of a code.</summary>
    public const int MaximumBits = 8;

    private static readonly ConcurrentDictionary<(MultiplierSpec, INumberFormat, INumberFormat), ProductTable> Cache = new();

    private readonly Lazy<SinglePlanes> _planes, _turned;
    private readonly float _largestFinite;

    private ProductTable(MultiplierSpec multiplier, INumberFormat activation, INumberFormat weight)
    {
        WeightBits = weight.Bits;
        _planes = new(() => new(this, activation.Bits, turned: false));
        _turned = new(() => new(this, activation.Bits, turned: true));
        Singles = GC.AllocateArray<float>(1 << activation.Bits + weight.Bits, pinned: true);
        Integers = GC.AllocateArray<int>(Singles.Length, pinned: true);
        IsSingle = AreIntegers = true;
        for (uint a = 0; a >> activation.Bits == 0; a++)
            for (uint w = 0; w >> weight.Bits == 0; w++)
            {
                Exact product = multiplier.Multiply(activation, weight, a, w);
                double value = product.ToDouble();
                int index = (int)(a << weight.Bits | w);
                Singles[index] = (float)value;
                // A NaN or Inf is a binary32 number too; a number that is rounded is not.
                if (float.IsFinite(Singles[index])) _largestFinite = Math.Max(_largestFinite, Math.Abs(Singles[index]));
                IsSingle &= double.IsNaN(value) || Singles[index] == value;
                AreIntegers &= Math.Abs(value) <= 1 << 30 && value == Math.Floor(value);
                if (!AreIntegers) continue;
                Integers[index] = (int)value;
                Largest = Math.Max(Largest, Math.Abs(Integers[index]));
            }
    }

    /// <summary>What <see cref="Exact.NaN"/> is in binary32.</summary>
    public static long NaN { get; } = BitConverter.SingleToUInt32Bits(float.NaN);

    /// <summary>Bits of a weight code.</summary>
    public int WeightBits { get; }

    /// <summary>The products as binary32 numbers, in memory that does not move.</summary>
    public float[] Singles { get; }

    /// <summary>Whether every product is a binary32 number.</summary>
    public bool IsSingle { get; }

    /// <summary>The products as integers, in memory that does not move.</summary>
    public int[] Integers { get; }

    /// <summary>Whether every product is an integer up to 2^30.</summary>
    public bool AreIntegers { get; }

    /// <summary>Largest magnitude of integer products.</summary>
    public int Largest { get; }

    /// <summary>The products in planes of bytes; <paramref name="turned"/>: activations fill the lanes.</summary>
    public SinglePlanes Planes(bool turned) => (turned ? _turned : _planes).Value;

    /// <summary>Whether finite products, <paramref name="k"/> of them, never overflow fp32, so that only an infinite product makes a sum
    /// infinite, and raises nothing.</summary>
    public bool NeverOverflows(FloatAccumulator accumulator, int k) =>
        accumulator.Overflow == OverflowPolicy.Ieee && (double)_largestFinite * k < 1e38;

    /// <summary>Whether sums of <paramref name="k"/> products are integers of 32 bits.</summary>
    public bool Fits(int k) => AreIntegers && (Int128)Largest * k <= int.MaxValue;

    /// <summary>The table of a datapath; null when its codes are too long for one or it multiplies exactly.</summary>
    public static ProductTable? Of(DatapathSpec spec) =>
        spec.InexactMultiplier is { } multiplier && spec.Activation.Bits <= MaximumBits && spec.Weight.Bits <= MaximumBits
        && multiplier.Refuses(spec.Activation, spec.Weight) is null
        ? Cache.GetOrAdd((multiplier, spec.Activation, spec.Weight), key => new(key.Item1, key.Item2, key.Item3)) : null;
}
