using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>A kernel that decodes weights once and sums tiles of outputs.</summary>
public abstract class TiledKernel : IGemmKernel
{
    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public string? Refuses(DatapathSpec spec, ReductionOrder order, int k) =>
        order.Nested is not null ? "sums in equal chunks of k ascending" : spec.Dot is not null && !SumsDotUnits ? "sums product by product, not in a dot unit"
        : spec.InexactMultiplier is not null && !TakesMultipliers ? "multiplies exactly" : RefusesSteps(spec, order, k);

    /// <summary>Whether the kernel asks for a dot unit itself; every other one must leave datapaths with one alone.</summary>
    private protected virtual bool SumsDotUnits => false;

    /// <summary>Whether the kernel asks for the multiplier itself; every other one must leave datapaths with one alone.</summary>
    private protected virtual bool TakesMultipliers => false;

    /// <summary>As <see cref="Refuses"/>, for a datapath whose parts beside the operands and the accumulator are those that the kernel
    /// knows.</summary>
    private protected abstract string? RefusesSteps(DatapathSpec spec, ReductionOrder order, int k);

    /// <summary>Whether a kernel that gave up one tile does better to hand over all rows to come than to ask again for each tile.</summary>
    internal virtual bool TakesOver => false;

    /// <summary>Decodes N×K row-major weight codes; <paramref name="zeroPoints"/> is empty or holds N values.</summary>
    public abstract PackedWeights Pack(DatapathSpec spec, ReductionOrder order, int n, int k, ReadOnlySpan<uint> codes,
        ReadOnlySpan<int> zeroPoints);

    /// <inheritdoc/>
    public void Run(DatapathSpec spec, ReductionOrder order, in GemmOperands operands, Span<long> result, ref GemmEvents events)
    {
        PackedWeights weights = GemmRunner.Pack(spec, order, operands.N, operands.K, operands.B, operands.ZeroPointsB, this);
        weights.Run(operands.M, operands.A, operands.ZeroPointA, result, ref events);
        weights.Release();
    }
}

/// <summary>Weights of a <see cref="TilePlan{T}"/>.</summary>
internal sealed class TiledWeights<T> : PackedWeights
    where T : unmanaged
{
    // Broadcast rows packed together: enough that a lane panel is read from the cache several times, few enough that they stay there.
    private const int GroupRows = 64;

    private readonly TilePlan<T> _plan;
    private readonly IGemmKernel? _fallback;
    private readonly Func<IGemmKernel>? _later;
    private readonly Lazy<PackedWeights>? _successor;
    private readonly Panels<T> _weights;
    private readonly bool _activationsInLanes;

    public TiledWeights(string kernel, TilePlan<T> plan, IGemmKernel? fallback, DatapathSpec spec, ReductionOrder order, int n, int k,
        ReadOnlySpan<uint> codes, ReadOnlySpan<int> zeroPoints, Func<IGemmKernel>? later = null)
        : base(spec, order, n, k, Copy(codes), zeroPoints.ToArray(), kernel)
    {
        if (codes.Length != checked(n * k)) throw new ArgumentException($"{n}×{k} weights do not fit a span of {codes.Length}",
            nameof(codes));
        if (zeroPoints.Length != 0 && zeroPoints.Length
            != n) throw new ArgumentException($"{zeroPoints.Length} weight zero points for {n} outputs", nameof(zeroPoints));
        (_plan, _fallback, _later) = (plan, fallback, later);
        if (fallback is TiledKernel { TakesOver: true } next) _successor =
            new(() => next.Pack(spec, order, n, k, Codes.AsSpan(0, n * k), ZeroPoints));
        // Products commute, so the longer side takes the lanes; few output columns (a depthwise layer) would leave most lanes empty.
        _activationsInLanes = n <= plan.Rows;
        _weights = Panels<T>.Pack(n, plan.Steps(k), _activationsInLanes ? plan.Rows : plan.Width, (row, values) =>
            _plan.DecodeWeights(Codes.AsSpan(row * K, K), ZeroPoints.Length == 0 ? 0 : ZeroPoints[row], values), _plan.Bounds,
                weights: true);
    }

    internal override void Release()
    {
        _weights.Release();
        Scratch<uint>.Return(Codes);
        if (_successor is { IsValueCreated: true } next) next.Value.Release();
    }

    public override unsafe void Run(int m, ReadOnlySpan<uint> a, int zeroPointA, Span<long> result, ref GemmEvents events)
    {
        if (a.Length != checked(m * K)) throw new ArgumentException($"{m}×{K} activations do not fit a span of {a.Length}", nameof(a));
        if (result.Length != checked(m * N)) throw new ArgumentException($"{m}×{N} results do not fit a span of {result.Length}",
            nameof(result));
        if (!Kernels.ZeroPoints.Fit(Spec.Activation, zeroPointA))
        {
            var operands = new GemmOperands { M = m, N = N, K = K, A = a, B = Codes.AsSpan(0, N * K), ZeroPointA = zeroPointA,
                ZeroPointsB = ZeroPoints };
            new ReferenceKernel().Run(Spec, Order, operands, result, ref events);
            return;
        }
        int group = _activationsInLanes ? Math.Max(_plan.Width, GroupRows / _plan.Width * _plan.Width) : GroupRows;
        var tile = new long[_plan.Rows * _plan.Width];
        fixed (uint* codes = a)
        {
            uint* activations = codes;
            for (int first = 0; first < m; first += group)
            {
                int start = first, here = Math.Min(group, m - first);
                Panels<T> panels = Panels<T>.Pack(here, _plan.Steps(K), _activationsInLanes ? _plan.Width : _plan.Rows, (row, values) =>
                    _plan.DecodeActivations(new ReadOnlySpan<uint>(activations + (long)(start + row) * K, K), zeroPointA, values),
                        _plan.Bounds, weights: false);
                GemmEvents before = events;
                bool done = Group(panels, first, a, zeroPointA, tile, result, ref events);
                panels.Release();
                if (done) continue;
                events = before;
                _successor!.Value.Run(m - first, a[(first * K)..], zeroPointA, result[(first * N)..], ref events);
                return;
            }
        }
    }

    private static uint[] Copy(ReadOnlySpan<uint> codes)
    {
        uint[] copy = Scratch<uint>.Rent(codes.Length);
        codes.CopyTo(copy);
        return copy;
    }

    // false: a tile was given up and the successor shall do the rest.
    private bool Group(Panels<T> panels, int first, ReadOnlySpan<uint> a, int zeroPointA, long[] tile, Span<long> result,
        ref GemmEvents events)
    {
        for (int w = 0; w < _weights.Count; w++)
        {
            for (int p = 0; p < panels.Count; p++)
            {
                if (!Tile(panels, p, w, first, a, zeroPointA, tile, result, ref events)) return false;
            }
        }
        events.Outputs += (long)panels.Rows * N;
        return true;
    }

    private bool Tile(Panels<T> activations, int p, int w, int first, ReadOnlySpan<uint> a, int zeroPointA, long[] tile, Span<long> result,
        ref GemmEvents events)
    {
        int row = first + p * activations.Width, rows = Math.Min(activations.Width, activations.Rows - p * activations.Width);
        int column = w * _weights.Width, columns = Math.Min(_weights.Width, N - column);
        bool done = _activationsInLanes
            ? _plan.Sum(_weights.Panel(w), activations.Panel(p), activations.Bounds(p), _weights.Bounds(w), columns, rows, tile, ref events)
            : _plan.Sum(activations.Panel(p), _weights.Panel(w), activations.Bounds(p), _weights.Bounds(w), rows, columns, tile,
                ref events);
        int down = _activationsInLanes ? 1 : _plan.Width, across = _activationsInLanes ? _plan.Width : 1;
        if (!done)
        {
            if (_successor is not null) return false;
            Again(row, rows, column, columns, a, zeroPointA, tile, ref events);
            (down, across) = (columns, 1);
        }
        for (int r = 0; r < rows; r++)
        {
            Span<long> line = result.Slice((row + r) * N + column, columns);
            if (across == 1 && columns == 32) Copy32(tile.AsSpan(r * down, columns), line);
            else if (across == 1) tile.AsSpan(r * down, columns).CopyTo(line);
            else for (int c = 0; c < columns; c++) line[c] = tile[r + c * across];
        }
        return true;
    }

    // A call to copy four vectors costs more than they do.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy32(ReadOnlySpan<long> from, Span<long> to)
    {
        Vector512<long> v0 = Vector512.Create(from), v1 = Vector512.Create(from[8..]), v2 = Vector512.Create(from[16..]),
            v3 = Vector512.Create(from[24..]);
        v0.CopyTo(to);
        v1.CopyTo(to[8..]);
        v2.CopyTo(to[16..]);
        v3.CopyTo(to[24..]);
    }

    private void Again(int row, int rows, int column, int columns, ReadOnlySpan<uint> a, int zeroPointA, long[] tile, ref GemmEvents events)
    {
        var operands = new GemmOperands
        {
            M = rows,
            N = columns,
            K = K,
            A = a.Slice(row * K, rows * K),
            B = Codes.AsSpan(column * K, columns * K),
            ZeroPointA = zeroPointA,
            ZeroPointsB = ZeroPoints.Length == 0 ? [] : ZeroPoints.AsSpan(column, columns),
        };
        var once = new GemmEvents();
        IGemmKernel kernel = _fallback ?? _later?.Invoke()
            ?? throw new InvalidOperationException($"kernel {Kernel} gave a tile up and names no fallback");
        kernel.Run(Spec, Order, operands, tile.AsSpan(0, rows * columns), ref once);
        events.OverflowedOutputs += once.OverflowedOutputs;
        events.NaNOutputs += once.NaNOutputs;
    }
}
