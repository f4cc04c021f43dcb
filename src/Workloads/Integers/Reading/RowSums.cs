namespace Sim.Workloads.Integers.Reading;

/// <summary>What the finished sums of a layer can be, bias included, for inputs within their boxes: both ends are reached.</summary>
public static class RowSums
{
    /// <summary>The range of every row.</summary>
    public static Interval[] Of(IntegerLayer layer)
    {
        var sums = new Interval[layer.Rows];
        if (layer.Weights.Length == 0)
        {
            for (int row = 0; row < sums.Length; row++) sums[row] = Free(layer, row);
            return sums;
        }
        (long[] Low, long[] High)[] groups = [.. Enumerable.Range(0, layer.Inputs.Length == 1 ? 1 : layer.Shape.Groups)
            .Select(g => Bounds(layer, g))];
        Parallel.For(0, sums.Length, row => sums[row] = Of(layer, row, groups[groups.Length == 1 ? 0 : row / layer.Shape.N]));
        return sums;
    }

    /// <summary>The range of one row.</summary>
    public static Interval Of(IntegerLayer layer, int row) =>
        layer.Weights.Length == 0 ? Free(layer, row) : Of(layer, row, Bounds(layer, row / layer.Shape.N));

    private static Interval Of(IntegerLayer layer, int row, (long[] Low, long[] High) inputs)
    {
        Int128 bias = layer.Bias.Length == 0 ? 0 : layer.Bias[row];
        int run = layer.K / inputs.Low.Length;
        Int128 least = 0, largest = 0;
        // Short runs element by element, long ones by the sums of their positive and negative weights.
        if (run == 1) (least, largest) = Sum(layer.Row(row, ZeroPoints.Folded), inputs.Low, inputs.High, run);
        else
        {
            for (int c = 0; c < inputs.Low.Length; c++)
            {
                (long positive, long negative) = layer.Signed(row, c * run, (c + 1) * run, ZeroPoints.Folded);
                least += (Int128)positive * inputs.Low[c] - (Int128)negative * inputs.High[c];
                largest += (Int128)positive * inputs.High[c] - (Int128)negative * inputs.Low[c];
            }
        }
        return new(least + bias, largest + bias);
    }

    // Of the input channels of a group.
    private static (long[] Low, long[] High) Bounds(IntegerLayer layer, int group)
    {
        int channels = layer.Inputs.Length == 1 ? 1 : layer.Inputs.Length / layer.Shape.Groups, run = layer.K / channels;
        long[] low = new long[channels], high = new long[channels];
        for (int c = 0; c < channels; c++)
        {
            Interval box = layer.Input(group * layer.Shape.N, c * run, ZeroPoints.Folded);
            (low[c], high[c]) = ((long)box.Low, (long)box.High);
        }
        return (low, high);
    }

    // Products of 64 bits; their sums are collected wide once a channel, or once a block of channels too short for overflow.
    private static (Int128 Low, Int128 High) Sum(ReadOnlySpan<int> weights, ReadOnlySpan<long> low, ReadOnlySpan<long> high, int run)
    {
        Int128 least = 0, largest = 0;
        if (run == 1 && Narrow(low) && Narrow(high))
        {
            // |w| ≤ 2^31 and |x| ≤ 2^20: 2048 products stay below 2^62.
            for (int first = 0; first < weights.Length; first += 2048)
            {
                long down = 0, up = 0;
                for (int k = first; k < Math.Min(weights.Length, first + 2048); k++)
                {
                    long w = weights[k];
                    (long a, long b) = w > 0 ? (low[k], high[k]) : (high[k], low[k]);
                    down += w * a;
                    up += w * b;
                }
                (least, largest) = (least + down, largest + up);
            }
            return (least, largest);
        }
        for (int c = 0; c < low.Length; c++)
        {
            long positive = 0, negative = 0;
            foreach (int w in weights.Slice(c * run, run))
            {
                if (w > 0) positive += w;
                else negative -= w;
            }
            least += (Int128)positive * low[c] - (Int128)negative * high[c];
            largest += (Int128)positive * high[c] - (Int128)negative * low[c];
        }
        return (least, largest);
    }

    private static bool Narrow(ReadOnlySpan<long> values)
    {
        foreach (long v in values)
            if (v is < -(1 << 20) or > 1 << 20) return false;
        return true;
    }

    // Weights that are known by their range only.
    private static Interval Free(IntegerLayer layer, int row)
    {
        Interval w = layer.WeightRange.Plus(layer.WeightZeroPoints.Length == 0 ? 0 : -layer.WeightZeroPoints[row]), all = default;
        for (int k = 0; k < layer.K; k++)
        {
            Interval x = layer.Input(row, k, ZeroPoints.Folded);
            all += x.Times(w.Low).Hull(x.Times(w.High));
        }
        return all.Plus(layer.Bias.Length == 0 ? 0 : layer.Bias[row]);
    }
}
