namespace Sim.Workloads.Graph;

/// <summary>Arithmetic on tensor shapes.</summary>
public static class Shapes
{
    /// <summary>Elements that one tensor may have: a bound on memory, so that a damaged size is an error and not the end of the
    /// machine.</summary>
    public const int MaximumElements = 1 << 30;

    /// <summary>"[1,3,224,224]".</summary>
    public static string Text(IEnumerable<int> shape) => $"[{string.Join(',', shape)}]";

    /// <summary>Elements of a shape; throws <see cref="NetworkException"/> when a dimension is negative or the product exceeds
    /// <see cref="MaximumElements"/>.</summary>
    public static int Count(ReadOnlySpan<int> shape)
    {
        long count = 1;
        bool empty = false;
        foreach (int d in shape)
        {
            if (d < 0) throw new NetworkException($"shape {Text(shape.ToArray())} has a negative dimension");
            empty |= d == 0;
            if (d == 0) continue;
            count *= d;
            if (count > MaximumElements) throw new NetworkException($"shape {Text(shape.ToArray())} has more than {MaximumElements} elements");
        }
        return empty ? 0 : (int)count;
    }

    /// <summary>Row-major strides in elements.</summary>
    public static int[] Strides(ReadOnlySpan<int> shape)
    {
        var strides = new int[shape.Length];
        int step = 1;
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = step;
            step *= Math.Max(1, shape[i]);
        }
        return strides;
    }

    /// <summary>The shape that two shapes broadcast to by numpy's rule, or null when they do not.</summary>
    public static int[]? Broadcast(ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        var result = new int[Math.Max(a.Length, b.Length)];
        for (int i = 1; i <= result.Length; i++)
        {
            int da = i <= a.Length ? a[^i] : 1, db = i <= b.Length ? b[^i] : 1;
            if (da != db && da != 1 && db != 1) return null;
            result[^i] = da == 1 ? db : da;
        }
        return result;
    }

    /// <summary>Strides of a shape seen as a wider broadcast shape: 0 where it repeats.</summary>
    public static int[] BroadcastStrides(ReadOnlySpan<int> shape, int rank, ReadOnlySpan<int> target)
    {
        int[] own = Strides(shape);
        var strides = new int[rank];
        for (int i = 1; i <= shape.Length; i++) strides[^i] = shape[^i] == 1 && target[^i] != 1 ? 0 : own[^i];
        return strides;
    }
}
