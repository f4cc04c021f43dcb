using Sim.Workloads.Graph;

namespace Sim.Tests;

/// <summary>Random tensors and attributes in few words.</summary>
internal sealed class OracleData(int seed)
{
    private readonly Random _random = new(seed);

    internal int Next(int from, int to) => _random.Next(from, to);

    internal Tensor Floats(params int[] shape) => Tensor.OfFloats(Values(shape, () => _random.NextSingle() * 4 - 2), shape);

    /// <summary>Multiples of 1/8 below 4: their sums and products are exact in float32.</summary>
    internal Tensor Eighths(params int[] shape) => Tensor.OfFloats(Values(shape, () => _random.Next(-32, 33) / 8f), shape);

    internal Tensor Halves(params int[] shape) => new(ElementType.Float16, shape, Values(shape, () => _random.Next(-32, 33) / 8f));

    internal Tensor Between(ElementType type, long low, long high, params int[] shape) =>
        Tensor.OfIntegers(type, Values(shape, () => _random.NextInt64(low, high + 1)), shape);

    internal Tensor Integers(ElementType type, params int[] shape) =>
        Between(type, Math.Max(type.Range().Minimum, int.MinValue), Math.Min(type.Range().Maximum, int.MaxValue), shape);

    internal Tensor Bools(params int[] shape) => Between(ElementType.Bool, 0, 1, shape);

    private static T[] Values<T>(int[] shape, Func<T> next) => [.. Enumerable.Range(0, Shapes.Count(shape)).Select(_ => next())];

    internal static Tensor F(params float[] values) => Tensor.OfFloats(values, values.Length);

    internal static Tensor Scalar(float value) => Tensor.OfFloats([value]);

    internal static Tensor Scalar(ElementType type, long value) => Tensor.OfIntegers(type, [value]);

    internal static Tensor L(params long[] values) => Tensor.OfIntegers(ElementType.Int64, values, values.Length);

    internal static NodeAttribute I(string name, long value) => new(name, Integer: value);

    internal static NodeAttribute R(string name, float value) => new(name, Real: value);

    internal static NodeAttribute S(string name, string value) => new(name, Text: value);

    internal static NodeAttribute Ints(string name, params long[] values) => new(name, Integers: [.. values]);
}
