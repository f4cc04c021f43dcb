using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>Registers that sum the products of an output in a <see cref="ReductionOrder"/>, by the book; used for any number of
/// outputs.</summary>
internal sealed class ReferenceSum
{
    private readonly ReductionOrder _order;
    private readonly ReferenceRegister[] _registers;
    private readonly Exact[] _a, _b;

    public ReferenceSum(DatapathSpec spec, ReductionOrder order)
    {
        _order = order;
        _registers = new ReferenceRegister[2 + (order.Nested?.Depth ?? 0)];
        for (int i = 0; i < _registers.Length; i++) _registers[i] = ReferenceRegister.For(spec);
        (_a, _b) = order.Nested is { } nested ? (new Exact[nested.Lanes], new Exact[nested.Lanes]) : ([], []);
    }

    /// <summary>The register that holds the total.</summary>
    public ReferenceRegister Total => _registers[0];

    /// <summary>Sums one output.</summary>
    public void Run(ReadOnlySpan<Exact> a, ReadOnlySpan<Exact> b)
    {
        Total.Clear();
        if (_order.Nested is { } nested) Nested(nested, a, b);
        else Chunks(a, b);
    }

    private void Chunks(ReadOnlySpan<Exact> a, ReadOnlySpan<Exact> b)
    {
        int first = _order.Chunk == 0 ? a.Length : _order.Chunk;
        Total.MultiplyAdd(a[..first], b[..first]);
        for (int start = first; start < a.Length; start += _order.Chunk)
        {
            int length = Math.Min(_order.Chunk, a.Length - start);
            _registers[1].Clear();
            _registers[1].MultiplyAdd(a.Slice(start, length), b.Slice(start, length));
            Total.Add(_registers[1]);
        }
    }

    private void Nested(NestedOrder order, ReadOnlySpan<Exact> a, ReadOnlySpan<Exact> b)
    {
        int open = 0;
        for (int i = 0, step; i < order.Sequence.Length; i += step)
        {
            for (int o = order.Opens(i); o > 0; o--) _registers[++open].Clear();
            step = 0;
            do
            {
                (_a[step], _b[step]) = (a[order.Sequence[i + step]], b[order.Sequence[i + step]]);
                step++;
            }
            while (i + step < order.Sequence.Length && order.Joins(i + step));
            _registers[open].MultiplyAdd(_a.AsSpan(0, step), _b.AsSpan(0, step));
            for (int c = order.Closes(i + step - 1); c > 0; c--, open--) _registers[open - 1].Add(_registers[open]);
        }
    }
}
