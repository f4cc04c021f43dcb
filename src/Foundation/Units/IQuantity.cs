using System.Numerics;

namespace Sim.Foundation.Units;

/// <summary>
/// A physical quantity: `default` is zero, values of one dimension add, subtract, compare and scale. The unit is named by every property
/// and factory that holds a bare number.
/// </summary>
public interface IQuantity<TSelf> : IComparable<TSelf>, IAdditionOperators<TSelf, TSelf, TSelf>, ISubtractionOperators<TSelf, TSelf, TSelf>,
    IUnaryNegationOperators<TSelf, TSelf>, IComparisonOperators<TSelf, TSelf, bool>, IEquatable<TSelf>
    where TSelf : struct, IQuantity<TSelf>;

/// <summary>A quantity measured by a real number; it also scales by real factors and divides into a plain ratio.</summary>
public interface IRealQuantity<TSelf> : IQuantity<TSelf>, IMultiplyOperators<TSelf, double, TSelf>, IDivisionOperators<TSelf, TSelf, double>
    where TSelf : struct, IRealQuantity<TSelf>
{
    /// <summary>The quantity that measures <paramref name="value"/> in the base unit of the type.</summary>
    static abstract TSelf FromBaseUnit(double value);
}

/// <summary>A quantity that is counted: whole numbers, checked arithmetic (OverflowException rather than a wrong count).</summary>
public interface ICountQuantity<TSelf> : IQuantity<TSelf>, IMultiplyOperators<TSelf, long, TSelf>
    where TSelf : struct, ICountQuantity<TSelf>
{
    /// <summary>The quantity of <paramref name="count"/> units.</summary>
    static abstract TSelf FromCount(long count);
}
