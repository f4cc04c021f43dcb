using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution.Operators;

/// <summary>Functions of one real number, computed in double and rounded once, so that float32 results do not depend on vector
/// libraries.</summary>
internal static class UnaryOperators
{
    /// <summary>An operator that applies f to every element of a real tensor.</summary>
    internal static OperatorBody Of(Func<double, double> f) => call => [Apply(call, f)];

    /// <summary>An operator whose function takes parameters from the node's attributes.</summary>
    internal static OperatorBody With(Func<OperatorCall, Func<double, double>> make) => call => [Apply(call, make(call))];

    /// <summary>An operator that also takes integers.</summary>
    internal static OperatorBody Of(Func<double, double> real, Func<long, long> integer) => call =>
    {
        Tensor x = call.Input(0);
        return x.Type.IsReal() ? [Apply(call, real)] : [Casting.Wrapped(x.Type, x.Shape, Array.ConvertAll(x.Integers, v => integer(v)))];
    };

    private static Tensor Apply(OperatorCall call, Func<double, double> f)
    {
        Tensor x = call.Input(0);
        switch (x.Type)
        {
            case ElementType.Float64: return new Tensor(x.Type, x.Shape, Array.ConvertAll(x.Doubles, v => f(v)));
            case ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16:
                float[] from = x.Floats, to = new float[from.Length];
                for (int i = 0; i < to.Length; i++) to[i] = (float)f(from[i]);
                return Casting.Rounded(x.Type, x.Shape, to);
            default: throw call.Fail($"takes a real tensor, found {x.Type}");
        }
    }
}
