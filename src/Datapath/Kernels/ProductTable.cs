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

    private ProductTable(MultiplierSpec multiplier, INumberFormat activation, INumberFormat weight)
    {
        WeightBits = weight.Bits;
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
                IsSingle &= double.IsNaN(value) || Singles[index] == value;
                AreIntegers &= Math.Abs(value) <= 1 << 30 && value == Math.Floor(value);
                if (!AreIntegers) continue;
                Integers[index] = (int)value;
                Largest = Math.Max(Largest, Math.Abs(Integers[index]));
            }
    }

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

    /// <summary>The table of a datapath; null when its codes are too long for one or it multiplies exactly.</summary>
    public static ProductTable? Of(DatapathSpec spec) => spec.InexactMultiplier is { } multiplier && spec.Activation.Bits <= MaximumBits && spec.Weight.Bits <= MaximumBits
        && multiplier.Refuses(spec.Activation, spec.Weight) is null
        ? Cache.GetOrAdd((multiplier, spec.Activation, spec.Weight), key => new(key.Item1, key.Item2, key.Item3)) : null;
}
