using System.Numerics;
using Sim.Checker.Files;
using Sim.Checker.Model;

namespace Sim.Checker.Claims;

/// <summary>Runs an input of the network through layers that are linked to each other, in integers, up to the operands of a
/// layer.</summary>
internal static class Replay
{
    private const long MostProducts = 1 << 28;

    /// <summary>What each register of a channel reaches, over all places of the layer's output.</summary>
    internal static Func<int, bool, BigInteger> Of(Layer layer, int row, bool raw, Channel channel, byte[] input)
    {
        long products = 0;
        long[] stored = Stored(layer, input, ref products);
        List<BigInteger[]> operands = [];
        Window? g = layer.Window;
        for (int place = 0; place < layer.Places; place++)
        {
            if ((products += layer.K) > MostProducts) throw new Untied("the network is too large to be run here");
            operands.Add([.. Enumerable.Range(0, layer.K)
                .Select(k => (BigInteger)(At(layer, stored, row, k, place) - (raw ? 0 : layer.InputZero)))]);
        }
        return (register, high) => operands.Select(x => channel.Reached(x, register, high))
            .Aggregate((a, b) => high ? BigInteger.Max(a, b) : BigInteger.Min(a, b));
    }

    // The stored inputs of a layer: channel, y, x.
    private static long[] Stored(Layer layer, byte[] input, ref long products)
    {
        if (layer.Link is not { } link)
        {
            InputSource source = layer.Source ?? throw new Untied("what feeds the layers behind is not understood here");
            long[] values = Npy.Read(input, "the network's input", source.Scale is null ? source.IsSigned ? "i1" : "u1" : "f4",
                source.Shape);
            if (source.Scale is not { } scale) return values;
            return [.. values.Select(v => BitConverter.Int32BitsToSingle((int)v) / scale is var q && float.IsNaN(q) ? (long)source.Low
                : (long)Math.Clamp(Math.Round((double)q, MidpointRounding.ToEven) + source.Zero, source.Low, source.High))];
        }
        Layer maker = link.Maker;
        if (maker.Stored is null) throw new Untied("a layer behind has no constant weights");
        long[] behind = Stored(maker, input, ref products), made = new long[maker.Rows * maker.Places];
        if ((products += (long)made.Length * maker.K) > MostProducts) throw new Untied("the network is too large to be run here");
        for (int row = 0; row < maker.Rows; row++)
        {
            for (int place = 0; place < maker.Places; place++)
            {
                BigInteger sum = maker.Bias[row];
                for (int k = 0; k < maker.K; k++) sum += (BigInteger)maker.Weight(row, k, raw: false)
                    * (At(maker, behind, row, k, place) - maker.InputZero);
                made[row * maker.Places + place] = (long)Rounding.Of(link, row, sum);
            }
        }
        return made;
    }

    // The stored value that product k of a row takes at a place; padding is the zero point.
    private static long At(Layer layer, long[] stored, int row, int k, int place)
    {
        if (layer.Window is not { } g) return stored[k];
        int window = g.KernelY * g.KernelX, channel = row / (layer.Rows / layer.Groups) * (layer.K / window) + k / window;
        int y = place / g.Columns * g.StrideY - g.Top + k % window / g.KernelX * g.DilationY, x = place % g.Columns * g.StrideX - g.Left
            + k % g.KernelX * g.DilationX;
        return y < 0 || y >= g.Height || x < 0 || x >= g.Width ? layer.InputZero : stored[(channel * g.Height + y) * g.Width + x];
    }
}
