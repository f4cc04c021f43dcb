using System.Collections.Immutable;
using System.Numerics;
using Sim.Datapath.Structures;

namespace Sim.ArchModel.Technologies;

/// <summary>What a coefficient of a law is multiplied by, as a function of a primitive's widths n and m in bits.</summary>
public enum LawBasis : byte
{
    /// <summary>1.</summary>
    Constant,
    /// <summary>n.</summary>
    Width,
    /// <summary>n + m.</summary>
    WidthSum,
    /// <summary>n · m.</summary>
    Product,
    /// <summary>n · m · log2(n · m).</summary>
    ProductLog,
    /// <summary>Stages of a shifter: m where it is given, else ⌈log2 n⌉.</summary>
    Stages,
    /// <summary>n · stages.</summary>
    WidthStages,
    /// <summary>2^n · m: bits of a table.</summary>
    TableBits,
}

/// <summary>A linear law over <see cref="LawBasis"/> values: what fits to synthesis give and a technology file states.</summary>
public sealed record CostLaw(ImmutableArray<KeyValuePair<LawBasis, double>> Terms)
{
    /// <summary>The law's value for a primitive; may be negative for widths far below those it was fitted to.</summary>
    public double At(Primitive primitive)
    {
        double sum = 0;
        foreach ((LawBasis basis, double coefficient) in Terms) sum += coefficient * Value(basis, primitive);
        return sum;
    }

    /// <summary>The value of a basis for a primitive.</summary>
    public static double Value(LawBasis basis, Primitive primitive)
    {
        double n = primitive.Width, m = primitive.Width2;
        return basis switch
        {
            LawBasis.Constant => 1,
            LawBasis.Width => n,
            LawBasis.WidthSum => n + m,
            LawBasis.Product => n * m,
            LawBasis.ProductLog => n * m * Math.Log2(n * m),
            LawBasis.Stages => StagesOf(primitive),
            LawBasis.WidthStages => n * StagesOf(primitive),
            LawBasis.TableBits => Math.ScaleB(m, primitive.Width),
            _ => throw new ArgumentOutOfRangeException(nameof(basis), basis, "not a basis"),
        };
    }

    private static int StagesOf(Primitive p) => p.Width2 > 0 ? p.Width2 : p.Width <= 1 ? 1 : BitOperations.Log2((uint)(p.Width - 1)) + 1;
}
